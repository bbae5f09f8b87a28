/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels for x86-64 with AVX-512 (F, BW, DQ, VL). */
#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA kernels_avx512
#define NAME "avx512"
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2")))
#define WIDTH 64
#define VECTORS 16
typedef __m512i vec;
#define LOAD(p) _mm512_loadu_si512(p)
#define STORE(p, v) _mm512_storeu_si512(p, v)
#define STREAM(p, v) _mm512_stream_si512((void *)(p), v)
#define LOW_1 _mm512_unpacklo_epi8
#define HIGH_1 _mm512_unpackhi_epi8
#define LOW_2 _mm512_unpacklo_epi16
#define HIGH_2 _mm512_unpackhi_epi16
#define LOW_4 _mm512_unpacklo_epi32
#define HIGH_4 _mm512_unpackhi_epi32
#define LOW_8 _mm512_unpacklo_epi64
#define HIGH_8 _mm512_unpackhi_epi64

#define ROW(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
TARGET static inline vec rows(const char *p, ptrdiff_t step)
{
	__m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(ROW(p)), ROW(p + step), 1);
	__m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(ROW(p + 2 * step)),
					       ROW(p + 3 * step), 1);

	return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}
#define ROWS(p, step) rows(p, step)

/*
 * With masks, each load after the other. It leaves the shuffling units to what comes next, which
 * counts unless all waits for memory.
 */
TARGET static inline vec place(vec v, int lane, const char *p)
{
	return lane == 0 ? _mm512_castsi128_si512(ROW(p))
			 : _mm512_mask_broadcast_i32x4(v, (__mmask16)(0xf << 4 * lane), ROW(p));
}
#define PLACE place

TARGET static inline vec rows_cached(const char *p, ptrdiff_t step)
{
	vec v = _mm512_castsi128_si512(ROW(p));

	v = place(v, 1, p + step);
	v = place(v, 2, p + 2 * step);
	return place(v, 3, p + 3 * step);
}
#define ROWS_CACHED rows_cached

#define ROW_PAIR(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
TARGET static inline vec place_pair(vec v, int half, const char *p)
{
	return half == 0 ? _mm512_castsi256_si512(ROW_PAIR(p))
			 : _mm512_inserti64x4(v, ROW_PAIR(p), 1);
}
#define PLACE_PAIR place_pair
#define EVEN(a, b) _mm512_shuffle_i64x2(a, b, 0x88)
#define ODD(a, b) _mm512_shuffle_i64x2(a, b, 0xdd)

#define SHUFFLE _mm512_shuffle_epi8
#define OR _mm512_or_si512
#define EACH_LANE(p) _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)(p)))
TARGET static inline void store_lanes(char *p, ptrdiff_t step, vec v)
{
	_mm_storeu_si128((__m128i *)(void *)p, _mm512_castsi512_si128(v));
	_mm_storeu_si128((__m128i *)(void *)(p + step), _mm512_extracti32x4_epi32(v, 1));
	_mm_storeu_si128((__m128i *)(void *)(p + 2 * step), _mm512_extracti32x4_epi32(v, 2));
	_mm_storeu_si128((__m128i *)(void *)(p + 3 * step), _mm512_extracti32x4_epi32(v, 3));
}
#define STORE_LANES store_lanes

#include "kernels/x86/tile.inc"
#endif
