/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for numbers for x86-64 with AVX2 and F16C. */
#ifdef __x86_64__
#include "kernels/numbers/begin.h"

#include <immintrin.h>

#define ISA(name) numbers_avx2_##name
#define TARGET __attribute__((target("avx2,f16c")))

TARGET static void numbers_avx2_f32_from_f16(void *to, const void *from, size_t n)
{
	any_f32 *dst = to;
	const any_f16 *src = from;
	__m128i few = _mm_setzero_si128();
	float widened[8];

	for (; n >= 8; n -= 8, dst += 8, src += 8)
		_mm256_storeu_ps((float *)dst, _mm256_cvtph_ps(_mm_loadu_si128(
						       (const __m128i *)(const void *)src)));
	if (n == 0)
		return;
	memcpy(&few, src, n * sizeof(*src));
	_mm256_storeu_ps(widened, _mm256_cvtph_ps(few));
	memcpy(dst, widened, n * sizeof(*dst));
}

TARGET static void numbers_avx2_f16_from_f32(void *to, const void *from, size_t n)
{
	any_f16 *dst = to;
	const any_f32 *src = from;
	float few[8] = {0};
	__m128i narrowed;

	for (; n >= 8; n -= 8, dst += 8, src += 8)
		_mm_storeu_si128((__m128i *)(void *)dst,
				 _mm256_cvtps_ph(_mm256_loadu_ps((const float *)src),
						 _MM_FROUND_TO_NEAREST_INT));
	if (n == 0)
		return;
	memcpy(few, src, n * sizeof(*src));
	narrowed = _mm256_cvtps_ph(_mm256_loadu_ps(few), _MM_FROUND_TO_NEAREST_INT);
	memcpy(dst, &narrowed, n * sizeof(*dst));
}

#define OWN_HALF

#define LANES_PS 8
#define VEC_PS __m256
#define VEC_PD __m256d
#define PS(name) _mm256_##name##_ps
#define PD(name) _mm256_##name##_pd
#define COMPARISON_ord _CMP_ORD_Q
#define COMPARISON_unord _CMP_UNORD_Q
#define COMPARISON_ge _CMP_GE_OQ
#define CMP_PS(v, w, name) _mm256_cmp_ps(v, w, COMPARISON_##name)
#define CMP_PD(v, w, name) _mm256_cmp_pd(v, w, COMPARISON_##name)
#define CVTT_PS _mm256_cvttps_epi32
#define CVTT_PD _mm256_cvttpd_epi32
#define AS_I32 _mm256_castps_si256
#define XOR_I32 _mm256_xor_si256
#define STORE_I32(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define STORE_I32_HALF(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#include "kernels/numbers/sse.inc"

#define COMBINE numbers_avx2_combine
#include "kernels/numbers/numbers.inc"
#endif
