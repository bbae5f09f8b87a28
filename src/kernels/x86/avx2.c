/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels for x86-64 with AVX2. */
#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA_NAME "avx2"
#define ISA(name) avx2_##name
#define TARGET __attribute__((target("avx2")))
#include "kernels/x86/avx2.inc"

#include "kernels/vector/vector.inc"

#include "kernels/vector/transpose.inc"

#define DRAIN _mm_sfence
#include "kernels/vector/stream.inc"

#include "kernels/vector/equal.inc"

#include "kernels/vector/rows.inc"

#define SPLAT_1(p) _mm256_set1_epi8(*(p))
#define SPLAT_2(p) _mm256_set1_epi16((short)repeat_load_2(p))
#define SPLAT_4(p) _mm256_set1_epi32((int)repeat_load_4(p))
#define SPLAT_8(p) _mm256_set1_epi64x((long long)repeat_load_8(p))
#define SPLAT_16(p) _mm256_broadcastsi128_si256(LOAD_LANE(p))
#define LOOK_UP _mm256_shuffle_epi8
#define LANES(low, high) \
	_mm256_broadcastsi128_si256(_mm_set_epi64x((long long)(high), (long long)(low)))
#include "kernels/vector/repeat.inc"

#include "kernels/vector/pad.inc"

#define VEC16 __m128i
#define LOAD16(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE16(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define OR16 _mm_or_si128
#define LOOK_UP _mm_shuffle_epi8
#define WINDOW_OF(from, w) \
	_mm_adds_epu8(_mm_sub_epi8(from, _mm_set1_epi8((char)(16 * (w)))), _mm_set1_epi8(0x70))
#include "kernels/vector/shuffle.inc"

#include "kernels/x86/stepped_avx2.inc"

const struct kernels kernels_avx2 = {
	.name = ISA_NAME,
	.width = WIDTH,
	.stream = avx2_stream,
	.drain = avx2_drain,
	.rows = avx2_rows,
	.looped = avx2_looped,
	.equal = avx2_equal,
	.repeat = avx2_repeat,
	.pad = avx2_pad,
	.near = {avx2_near_1, avx2_near_2, avx2_near_4, avx2_near_8, avx2_near_16},
	.far = {avx2_far_1, avx2_far_2, avx2_far_4, avx2_far_8, avx2_far_16},
	.staged = {avx2_staged_1, avx2_staged_2, avx2_staged_4, avx2_staged_8, avx2_staged_16},
	.listed = {avx2_listed_1, avx2_listed_2, avx2_listed_4, avx2_listed_8, avx2_listed_16},
	.planes = {avx2_planes_1, avx2_planes_2, avx2_planes_4, avx2_planes_8, avx2_planes_16},
	.shuffle = avx2_shuffle,
	.joint = avx2_joint,
	.shuffle_width = SHUFFLE_WIDTH_MIN,
	.stepped = avx2_stepped,
	.stepped_vectors = {{32, 16}, {32, 16}, {32, 32}},
};

#include "kernels/vector/vector_end.inc"
#endif
