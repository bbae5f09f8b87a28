/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels for x86-64 with AVX2. */
#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA kernels_avx2
#define NAME "avx2"
#define TARGET __attribute__((target("avx2")))
#define WIDTH 32
#define VECTORS 8
typedef __m256i vec;
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define STREAM(p, v) _mm256_stream_si256((__m256i *)(void *)(p), v)
#define LOW_1 _mm256_unpacklo_epi8
#define HIGH_1 _mm256_unpackhi_epi8
#define LOW_2 _mm256_unpacklo_epi16
#define HIGH_2 _mm256_unpackhi_epi16
#define LOW_4 _mm256_unpacklo_epi32
#define HIGH_4 _mm256_unpackhi_epi32
#define LOW_8 _mm256_unpacklo_epi64
#define HIGH_8 _mm256_unpackhi_epi64

#define ROW(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define ROWS(p, step) _mm256_inserti128_si256(_mm256_castsi128_si256(ROW(p)), ROW((p) + (step)), 1)
TARGET static inline vec place(vec v, int lane, const char *p)
{
	return lane == 0 ? _mm256_castsi128_si256(ROW(p)) : _mm256_inserti128_si256(v, ROW(p), 1);
}
#define PLACE place

#define SHUFFLE _mm256_shuffle_epi8
#define OR _mm256_or_si256
#define EACH_LANE(p) _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(p)))
TARGET static inline void store_lanes(char *p, ptrdiff_t step, vec v)
{
	_mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(v));
	_mm_storeu_si128((__m128i *)(void *)(p + step), _mm256_extracti128_si256(v, 1));
}
#define STORE_LANES store_lanes

#include "kernels/x86/tile.inc"
#endif
