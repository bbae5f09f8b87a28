/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels for x86-64 with AVX-512 (F, BW, DQ, VL). */
#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA_NAME "avx512"
#define ISA(name) avx512_##name
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2")))
#define WIDTH 64
#define VEC __m512i
#define LOAD(p) _mm512_loadu_si512(p)
#define STORE(p, v) _mm512_storeu_si512(p, v)
#define STREAM(p, v) _mm512_stream_si512((void *)(p), v)

#define LOAD_LANE(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
TARGET static inline __m512i avx512_load_rows(const char *p, ptrdiff_t step)
{
	__m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(LOAD_LANE(p)),
					      LOAD_LANE(p + step), 1);
	__m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(LOAD_LANE(p + 2 * step)),
					       LOAD_LANE(p + 3 * step), 1);

	return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}
#define LOAD_ROWS(p, step) avx512_load_rows(p, step)
#include "kernels/vector/vector.inc"

#define VECTORS 16
#define LOW_1 _mm512_unpacklo_epi8
#define HIGH_1 _mm512_unpackhi_epi8
#define LOW_2 _mm512_unpacklo_epi16
#define HIGH_2 _mm512_unpackhi_epi16
#define LOW_4 _mm512_unpacklo_epi32
#define HIGH_4 _mm512_unpackhi_epi32
#define LOW_8 _mm512_unpacklo_epi64
#define HIGH_8 _mm512_unpackhi_epi64

/*
 * Masked loads leave the shuffle units free for the interleaving. They are faster unless the copy
 * waits for memory.
 */
TARGET static inline __m512i avx512_set_lane(__m512i v, int lane, const char *p)
{
	return lane == 0
		       ? _mm512_castsi128_si512(LOAD_LANE(p))
		       : _mm512_mask_broadcast_i32x4(v, (__mmask16)(0xf << 4 * lane), LOAD_LANE(p));
}
#define SET_LANE avx512_set_lane

TARGET static inline __m512i avx512_load_rows_cached(const char *p, ptrdiff_t step)
{
	__m512i v = _mm512_castsi128_si512(LOAD_LANE(p));

	v = avx512_set_lane(v, 1, p + step);
	v = avx512_set_lane(v, 2, p + 2 * step);
	return avx512_set_lane(v, 3, p + 3 * step);
}
#define LOAD_ROWS_CACHED avx512_load_rows_cached

#define LOAD_HALF(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
TARGET static inline __m512i avx512_set_half(__m512i v, int half, const char *p)
{
	return half == 0 ? _mm512_castsi256_si512(LOAD_HALF(p))
			 : _mm512_inserti64x4(v, LOAD_HALF(p), 1);
}
#define SET_HALF avx512_set_half
#define EVEN_LANES(a, b) _mm512_shuffle_i64x2(a, b, 0x88)
#define ODD_LANES(a, b) _mm512_shuffle_i64x2(a, b, 0xdd)
#define STORE_FIRST(p, v, n) _mm512_mask_storeu_epi8(p, ((__mmask64)1 << (n)) - 1, v)
#include "kernels/vector/transpose.inc"

#define DRAIN _mm_sfence
#include "kernels/vector/stream.inc"

#define MASK __mmask64
#define MASK_OF(n) ((__mmask64)UINT64_MAX >> (64 - (n)))
#define MOVE_MASKED(dst, src, mask) \
	_mm512_mask_storeu_epi8(dst, mask, _mm512_maskz_loadu_epi8(mask, src))
#include "kernels/vector/rows.inc"

#define VEC16 __m128i
#define LOAD16(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE16(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define OR16 _mm_or_si128
#define LOOK_UP _mm_shuffle_epi8
#include "kernels/vector/shuffle.inc"

const struct kernels kernels_avx512 = {
	.name = ISA_NAME,
	.width = WIDTH,
	.stream = avx512_stream,
	.drain = avx512_drain,
	.rows = avx512_rows,
	.nest = avx512_nest,
	.fill = avx512_fill,
	.near = {avx512_near_1, avx512_near_2, avx512_near_4, avx512_near_8, avx512_near_16},
	.far = {avx512_far_1, avx512_far_2, avx512_far_4, avx512_far_8, avx512_far_16},
	.staged = {avx512_staged_1, avx512_staged_2, avx512_staged_4, avx512_staged_8,
		   avx512_staged_16},
	.listed = {avx512_listed_1, avx512_listed_2, avx512_listed_4, avx512_listed_8,
		   avx512_listed_16},
	.planes = {avx512_planes_1, avx512_planes_2, avx512_planes_4, avx512_planes_8,
		   avx512_planes_16},
	.masks = true,
	.shuffle = avx512_shuffle,
	.shuffle_width = SHUFFLE_WIDTH_MIN,
};

#include "kernels/vector/vector_end.inc"
#endif
