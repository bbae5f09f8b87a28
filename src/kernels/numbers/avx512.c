/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernels for numbers for x86-64 with AVX-512 (F, BW, DQ, VL). Instructions that do what takes
 * several steps in C: conversions to integers that saturate, rounding towards zero, and the order
 * of numbers.
 */
#ifdef __x86_64__
/* A load, an operation and a store of the widest vectors take less time than the rest of a loop. */
#define NUMBERS_UNROLL
#include "kernels/numbers/begin.h"

#include <immintrin.h>

#define ISA(name) numbers_avx512_##name
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,f16c")))

#include "kernels/numbers/avx512.inc"

/* Loads and stores of vectors. The name has the number of lanes and the bytes of a lane. */
#define LOAD_16x2(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define LOAD_16x4(p) _mm512_loadu_ps(p)
#define LOAD_8x4(p) _mm256_loadu_ps((const float *)(const void *)(p))
#define LOAD_8x8(p) _mm512_loadu_pd(p)
#define LOAD_FIRST_16x2(p, mask) _mm256_maskz_loadu_epi16((__mmask16)(mask), p)
#define LOAD_FIRST_16x4(p, mask) _mm512_maskz_loadu_ps((__mmask16)(mask), p)
#define LOAD_FIRST_8x4(p, mask) _mm256_maskz_loadu_ps((__mmask8)(mask), p)
#define LOAD_FIRST_8x8(p, mask) _mm512_maskz_loadu_pd((__mmask8)(mask), p)
#define STORE_16x1(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define STORE_16x2(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define STORE_16x4(p, v) _mm512_storeu_si512(p, v)
#define STORE_8x1(p, v) _mm_storel_epi64((__m128i *)(void *)(p), v)
#define STORE_8x2(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define STORE_8x4(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define STORE_8x8(p, v) _mm512_storeu_si512(p, v)
#define STORE_FIRST_16x1(p, mask, v) _mm_mask_storeu_epi8(p, (__mmask16)(mask), v)
#define STORE_FIRST_16x2(p, mask, v) _mm256_mask_storeu_epi16(p, (__mmask16)(mask), v)
#define STORE_FIRST_16x4(p, mask, v) _mm512_mask_storeu_epi32(p, (__mmask16)(mask), v)
#define STORE_FIRST_8x1(p, mask, v) _mm_mask_storeu_epi8(p, (__mmask16)(mask), v)
#define STORE_FIRST_8x2(p, mask, v) _mm_mask_storeu_epi16(p, (__mmask8)(mask), v)
#define STORE_FIRST_8x4(p, mask, v) _mm256_mask_storeu_epi32(p, (__mmask8)(mask), v)
#define STORE_FIRST_8x8(p, mask, v) _mm512_mask_storeu_epi64(p, (__mmask8)(mask), v)

/* A conversion of `lanes` numbers at a time by vector_`d`_`s`(). */
#define CONVERT_512(d, s, lanes, d_bytes, s_bytes)                                          \
	TARGET static void ISA(d##_from_##s)(void *to, const void *from, size_t n)          \
	{                                                                                   \
		any_##d *dst = to;                                                          \
		const any_##s *src = from;                                                  \
		unsigned int first;                                                         \
                                                                                            \
		INDEPENDENT                                                                 \
		for (; n >= (lanes); n -= (lanes), dst += (lanes), src += (lanes))          \
			STORE_##lanes##x##d_bytes(                                          \
				dst, ISA(vector_##d##_##s)(LOAD_##lanes##x##s_bytes(src))); \
		if (n == 0)                                                                 \
			return;                                                             \
		first = (1U << n) - 1;                                                      \
		STORE_FIRST_##lanes##x##d_bytes(                                            \
			dst, first,                                                         \
			ISA(vector_##d##_##s)(LOAD_FIRST_##lanes##x##s_bytes(src, first))); \
	}

/* Makes NaNs quiet. */
#define QUIET_PD(v) _mm512_fixupimm_pd(v, v, _mm512_set1_epi64(0x22), 0)

CONVERT_512(f32, f16, 16, 4, 2)
CONVERT_512(f16, f32, 16, 2, 4)
CONVERT_512(f32, bf16, 16, 4, 2)

/*
 * A float whose last bit is 1 if it is not the number. Rounded to a shorter type, it gives the same
 * as the number.
 */
INLINE_512 __m256 ISA(vector_odd)(__m512d v)
{
	__m256 cut = _mm512_cvt_roundpd_ps(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
	__mmask8 differs = _mm512_cmp_pd_mask(v, _mm512_cvtps_pd(cut), _CMP_NEQ_UQ);
	__m256i bits = _mm256_castps_si256(cut);

	return _mm256_castsi256_ps(_mm256_mask_or_epi32(bits, differs, bits, _mm256_set1_epi32(1)));
}

INLINE_512 __m128i ISA(vector_f16_f64)(__m512d v)
{
	return _mm256_cvtps_ph(ISA(vector_odd)(v), _MM_FROUND_TO_NEAREST_INT);
}

CONVERT_512(f16, f64, 8, 2, 8)

/* The upper halves of the lanes of two vectors. */
INLINE_512 __m512i ISA(vector_upper_halves)(__m512i low, __m512i high)
{
	__m512i first = _mm512_set1_epi32(0x00030001); /* of the lanes 0 and 1 */
	__m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

	return _mm512_permutex2var_epi16(
		low, _mm512_add_epi32(first, _mm512_mullo_epi32(lanes, _mm512_set1_epi32(0x40004))),
		high);
}

TARGET static void ISA(bf16_from_f32)(void *to, const void *from, size_t n)
{
	any_bf16 *dst = to;
	const any_f32 *src = from;
	unsigned int first;

	INDEPENDENT
	for (; n >= 32; n -= 32, dst += 32, src += 32)
		_mm512_storeu_si512(dst,
				    ISA(vector_upper_halves)(
					    ISA(vector_round_bf16)(_mm512_loadu_ps(src)),
					    ISA(vector_round_bf16)(_mm512_loadu_ps(src + 16))));
	if (n == 0)
		return;
	first = (1U << n) - 1;
	_mm512_mask_storeu_epi16(
		dst, first,
		ISA(vector_upper_halves)(
			ISA(vector_round_bf16)(LOAD_FIRST_16x4(src, first)),
			ISA(vector_round_bf16)(LOAD_FIRST_16x4(src + 16, first >> 16))));
}

INLINE_512 __m256i ISA(vector_narrow)(__m512d low, __m512d high)
{
	__m512 wide = _mm512_castps256_ps512(ISA(vector_odd)(low));
	__m512i rounded =
		ISA(vector_round_bf16)(_mm512_insertf32x8(wide, ISA(vector_odd)(high), 1));

	return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
}

TARGET static void ISA(bf16_from_f64)(void *to, const void *from, size_t n)
{
	any_bf16 *dst = to;
	const any_f64 *src = from;
	unsigned int first;

	INDEPENDENT
	for (; n >= 16; n -= 16, dst += 16, src += 16)
		STORE_16x2(dst, ISA(vector_narrow)(LOAD_8x8(src), LOAD_8x8(src + 8)));
	if (n == 0)
		return;
	first = (1U << n) - 1;
	STORE_FIRST_16x2(dst, first,
			 ISA(vector_narrow)(LOAD_FIRST_8x8(src, first),
					    LOAD_FIRST_8x8(src + 8, first >> 8)));
}

/*
 * To unsigned integers: the maximum with 0 as the second operand is 0 for a NaN. Numbers beyond the
 * range are converted to the integer with all bits set, which is the largest.
 */
#define ABOVE_0_PS(v) _mm512_max_ps(v, _mm512_setzero_ps())
#define ABOVE_0_PD(v) _mm512_max_pd(v, _mm512_setzero_pd())

INLINE_512 __m512i ISA(vector_u32_f32)(__m512 v)
{
	return _mm512_cvttps_epu32(ABOVE_0_PS(v));
}

INLINE_512 __m256i ISA(vector_u16_f32)(__m512 v)
{
	return _mm512_cvtusepi32_epi16(_mm512_cvttps_epu32(ABOVE_0_PS(v)));
}

INLINE_512 __m128i ISA(vector_u8_f32)(__m512 v)
{
	return _mm512_cvtusepi32_epi8(_mm512_cvttps_epu32(ABOVE_0_PS(v)));
}

INLINE_512 __m512i ISA(vector_u64_f32)(__m256 v)
{
	return _mm512_cvttps_epu64(_mm256_max_ps(v, _mm256_setzero_ps()));
}

INLINE_512 __m512i ISA(vector_u64_f64)(__m512d v)
{
	return _mm512_cvttpd_epu64(ABOVE_0_PD(v));
}

INLINE_512 __m256i ISA(vector_u32_f64)(__m512d v)
{
	return _mm512_cvttpd_epu32(ABOVE_0_PD(v));
}

INLINE_512 __m128i ISA(vector_u16_f64)(__m512d v)
{
	return _mm256_cvtusepi32_epi16(_mm512_cvttpd_epu32(ABOVE_0_PD(v)));
}

INLINE_512 __m128i ISA(vector_u8_f64)(__m512d v)
{
	return _mm256_cvtusepi32_epi8(_mm512_cvttpd_epu32(ABOVE_0_PD(v)));
}

CONVERT_512(u8, f32, 16, 1, 4)
CONVERT_512(u16, f32, 16, 2, 4)
CONVERT_512(u32, f32, 16, 4, 4)
CONVERT_512(u64, f32, 8, 8, 4)
CONVERT_512(u8, f64, 8, 1, 8)
CONVERT_512(u16, f64, 8, 2, 8)
CONVERT_512(u32, f64, 8, 4, 8)
CONVERT_512(u64, f64, 8, 8, 8)

/*
 * To signed integers: numbers beyond the range are converted to the smallest integer. That is wrong
 * for NaNs, which a mask leaves out, and for large numbers.
 */
INLINE_512 __m512i ISA(vector_i32_f32)(__m512 v)
{
	__mmask16 numbers = _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q);
	__mmask16 large = _mm512_cmp_ps_mask(v, _mm512_set1_ps(0x1p31F), _CMP_GE_OQ);

	return _mm512_mask_mov_epi32(_mm512_maskz_cvttps_epi32(numbers, v), large,
				     _mm512_set1_epi32(INT32_MAX));
}

/* With large numbers replaced by 2^15, which the conversion to 16 or 8 bits saturates. */
INLINE_512 __m512i ISA(vector_small_f32)(__m512 v)
{
	__mmask16 numbers = _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q);

	return _mm512_maskz_cvttps_epi32(numbers, _mm512_min_ps(v, _mm512_set1_ps(0x1p15F)));
}

INLINE_512 __m256i ISA(vector_i16_f32)(__m512 v)
{
	return _mm512_cvtsepi32_epi16(ISA(vector_small_f32)(v));
}

INLINE_512 __m128i ISA(vector_i8_f32)(__m512 v)
{
	return _mm512_cvtsepi32_epi8(ISA(vector_small_f32)(v));
}

INLINE_512 __m512i ISA(vector_i64_f32)(__m256 v)
{
	__mmask8 numbers = _mm256_cmp_ps_mask(v, v, _CMP_ORD_Q);
	__mmask8 large = _mm256_cmp_ps_mask(v, _mm256_set1_ps(0x1p63F), _CMP_GE_OQ);

	return _mm512_mask_mov_epi64(_mm512_maskz_cvttps_epi64(numbers, v), large,
				     _mm512_set1_epi64(INT64_MAX));
}

INLINE_512 __m512i ISA(vector_i64_f64)(__m512d v)
{
	__mmask8 numbers = _mm512_cmp_pd_mask(v, v, _CMP_ORD_Q);
	__mmask8 large = _mm512_cmp_pd_mask(v, _mm512_set1_pd(0x1p63), _CMP_GE_OQ);

	return _mm512_mask_mov_epi64(_mm512_maskz_cvttpd_epi64(numbers, v), large,
				     _mm512_set1_epi64(INT64_MAX));
}

/* The largest int32_t is a double. */
INLINE_512 __m256i ISA(vector_i32_f64)(__m512d v)
{
	__mmask8 numbers = _mm512_cmp_pd_mask(v, v, _CMP_ORD_Q);

	return _mm512_maskz_cvttpd_epi32(numbers, _mm512_min_pd(v, _mm512_set1_pd(INT32_MAX)));
}

INLINE_512 __m128i ISA(vector_i16_f64)(__m512d v)
{
	return _mm256_cvtsepi32_epi16(ISA(vector_i32_f64)(v));
}

INLINE_512 __m128i ISA(vector_i8_f64)(__m512d v)
{
	return _mm256_cvtsepi32_epi8(ISA(vector_i32_f64)(v));
}

CONVERT_512(i8, f32, 16, 1, 4)
CONVERT_512(i16, f32, 16, 2, 4)
CONVERT_512(i32, f32, 16, 4, 4)
CONVERT_512(i64, f32, 8, 8, 4)
CONVERT_512(i8, f64, 8, 1, 8)
CONVERT_512(i16, f64, 8, 2, 8)
CONVERT_512(i32, f64, 8, 4, 8)
CONVERT_512(i64, f64, 8, 8, 8)

/*
 * The smaller (4) and the larger (5) number: -0 is below +0, and a quiet NaN gives the other
 * operand.
 */
#define ORDER_512(name, f, lanes, bytes, order)                                                 \
	TARGET static void ISA(name)(void *to, const void *from, size_t n, const void *alpha,   \
				     const void *beta)                                          \
	{                                                                                       \
		any_##f *dst = to;                                                              \
		const any_##f *src = from;                                                      \
		unsigned int first;                                                             \
                                                                                                \
		(void)alpha;                                                                    \
		(void)beta;                                                                     \
		INDEPENDENT                                                                     \
		for (; n >= (lanes); n -= (lanes), dst += (lanes), src += (lanes))              \
			STORE_##lanes##x##bytes(dst, order(LOAD_##lanes##x##bytes(dst),         \
							   LOAD_##lanes##x##bytes(src)));       \
		if (n == 0)                                                                     \
			return;                                                                 \
		first = (1U << n) - 1;                                                          \
		STORE_FIRST_##lanes##x##bytes(dst, first,                                       \
					      order(LOAD_FIRST_##lanes##x##bytes(dst, first),   \
						    LOAD_FIRST_##lanes##x##bytes(src, first))); \
	}
#define MIN_PS(a, b) _mm512_castps_si512(_mm512_range_ps(QUIET_PS(a), QUIET_PS(b), 4))
#define MAX_PS(a, b) _mm512_castps_si512(_mm512_range_ps(QUIET_PS(a), QUIET_PS(b), 5))
#define MIN_PD(a, b) _mm512_castpd_si512(_mm512_range_pd(QUIET_PD(a), QUIET_PD(b), 4))
#define MAX_PD(a, b) _mm512_castpd_si512(_mm512_range_pd(QUIET_PD(a), QUIET_PD(b), 5))
ORDER_512(min_f32, f32, 16, 4, MIN_PS)
ORDER_512(max_f32, f32, 16, 4, MAX_PS)
ORDER_512(min_f64, f64, 8, 8, MIN_PD)
ORDER_512(max_f64, f64, 8, 8, MAX_PD)

#define OWN_HALF
#define OWN_SPECIAL
#define COMBINE numbers_avx512_combine
#include "kernels/numbers/numbers.inc"
#endif
