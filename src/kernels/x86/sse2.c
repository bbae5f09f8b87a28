/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels for any x86-64, which has SSE2. */
#ifdef __x86_64__
#include <emmintrin.h>
#include <string.h>

#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA kernels_sse2
#define NAME "sse2"
#define TARGET
#define WIDTH 16
#define VECTORS 8
typedef __m128i vec;
#define LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define STREAM(p, v) _mm_stream_si128((__m128i *)(void *)(p), v)
#define LOW_1 _mm_unpacklo_epi8
#define HIGH_1 _mm_unpackhi_epi8
#define LOW_2 _mm_unpacklo_epi16
#define HIGH_2 _mm_unpackhi_epi16
#define LOW_4 _mm_unpacklo_epi32
#define HIGH_4 _mm_unpackhi_epi32
#define LOW_8 _mm_unpacklo_epi64
#define HIGH_8 _mm_unpackhi_epi64
#define PLACE(v, lane, p) ((void)(v), (void)(lane), LOAD(p))
#define ROWS(p, step) ((void)(step), LOAD(p))

#include "kernels/x86/tile.inc"
#endif
