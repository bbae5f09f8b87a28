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
#define WIDTH 32
#define VEC __m256i
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define STREAM(p, v) _mm256_stream_si256((__m256i *)(void *)(p), v)

#define LOAD_LANE(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define LOAD_ROWS(p, step) \
	_mm256_inserti128_si256(_mm256_castsi128_si256(LOAD_LANE(p)), LOAD_LANE((p) + (step)), 1)
#include "kernels/vector/vector.inc"

#define VECTORS 8
#define LOW_1 _mm256_unpacklo_epi8
#define HIGH_1 _mm256_unpackhi_epi8
#define LOW_2 _mm256_unpacklo_epi16
#define HIGH_2 _mm256_unpackhi_epi16
#define LOW_4 _mm256_unpacklo_epi32
#define HIGH_4 _mm256_unpackhi_epi32
#define LOW_8 _mm256_unpacklo_epi64
#define HIGH_8 _mm256_unpackhi_epi64

TARGET static inline __m256i avx2_set_lane(__m256i v, int lane, const char *p)
{
	return lane == 0 ? _mm256_castsi128_si256(LOAD_LANE(p))
			 : _mm256_inserti128_si256(v, LOAD_LANE(p), 1);
}
#define SET_LANE avx2_set_lane
#include "kernels/vector/transpose.inc"

#define DRAIN _mm_sfence
#include "kernels/vector/stream.inc"

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
