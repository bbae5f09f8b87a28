/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels for x86-64 with SSE2, which every x86-64 CPU has. */
#ifdef __x86_64__
#include <emmintrin.h>
#include <string.h>

#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA_NAME "sse2"
#define ISA(name) sse2_##name
#define TARGET
#define WIDTH 16
#define VEC __m128i
#define LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define STREAM(p, v) _mm_stream_si128((__m128i *)(void *)(p), v)
#define LOAD_ROWS(p, step) ((void)(step), LOAD(p))
#include "kernels/vector/vector.inc"

#define VECTORS 8
#define LOW_1 _mm_unpacklo_epi8
#define HIGH_1 _mm_unpackhi_epi8
#define LOW_2 _mm_unpacklo_epi16
#define HIGH_2 _mm_unpackhi_epi16
#define LOW_4 _mm_unpacklo_epi32
#define HIGH_4 _mm_unpackhi_epi32
#define LOW_8 _mm_unpacklo_epi64
#define HIGH_8 _mm_unpackhi_epi64
#define SET_LANE(v, lane, p) ((void)(v), (void)(lane), LOAD(p))
#include "kernels/vector/transpose.inc"

#define DRAIN _mm_sfence
#include "kernels/vector/stream.inc"

#define XOR _mm_xor_si128
#define OR _mm_or_si128
#define IS_ZERO(v) (_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128())) == 0xffff)
#include "kernels/vector/equal.inc"

#include "kernels/vector/rows.inc"

#define SPLAT_1(p) _mm_set1_epi8(*(p))
#define SPLAT_2(p) _mm_set1_epi16((short)repeat_load_2(p))
#define SPLAT_4(p) _mm_set1_epi32((int)repeat_load_4(p))
#define SPLAT_8(p) _mm_set1_epi64x((long long)repeat_load_8(p))
#define SPLAT_16(p) LOAD(p)
#include "kernels/vector/repeat.inc"

#include "kernels/vector/pad.inc"

const struct kernels kernels_sse2 = {
	.name = ISA_NAME,
	.width = WIDTH,
	.stream = sse2_stream,
	.drain = sse2_drain,
	.rows = sse2_rows,
	.looped = sse2_looped,
	.equal = sse2_equal,
	.repeat = sse2_repeat,
	.pad = sse2_pad,
	.near = {sse2_near_1, sse2_near_2, sse2_near_4, sse2_near_8, sse2_near_16},
	.far = {sse2_far_1, sse2_far_2, sse2_far_4, sse2_far_8, sse2_far_16},
	.staged = {sse2_staged_1, sse2_staged_2, sse2_staged_4, sse2_staged_8, sse2_staged_16},
	.listed = {sse2_listed_1, sse2_listed_2, sse2_listed_4, sse2_listed_8, sse2_listed_16},
	.planes = {sse2_planes_1, sse2_planes_2, sse2_planes_4, sse2_planes_8, sse2_planes_16},
};

#include "kernels/vector/vector_end.inc"
#endif
