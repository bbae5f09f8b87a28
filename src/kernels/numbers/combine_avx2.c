/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for x86-64 with AVX2 and F16C that combine a transposed source with the destination. */
#ifdef __x86_64__
#define NUMBERS_TILES
#include "kernels/numbers/begin.h"

#include <immintrin.h>

#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA(name) numbers_avx2_##name
#define TARGET __attribute__((target("avx2,f16c")))

#include "kernels/x86/avx2.inc"

#include "kernels/vector/vector.inc"

#include "kernels/vector/tile.inc"

#define SET1_4 _mm256_set1_epi32
#define SET1_8 _mm256_set1_epi64x
#define CHEAP_MASKS false
#define STORE_LAST_4(p, v, n)                                                                \
	_mm256_maskstore_epi32((int *)(void *)(p),                                           \
			       _mm256_cmpgt_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), \
						  _mm256_set1_epi32((int)(n)-1)),            \
			       v)
#define STORE_LAST_8(p, v, n)                                                      \
	_mm256_maskstore_epi64((long long *)(void *)(p),                           \
			       _mm256_cmpgt_epi64(_mm256_setr_epi64x(0, 1, 2, 3),  \
						  _mm256_set1_epi64x((int)(n)-1)), \
			       v)
#define OF_PS _mm256_castsi256_ps
#define OF_PD _mm256_castsi256_pd
#define ADD_F32(y, x) _mm256_castps_si256(_mm256_add_ps(OF_PS(y), OF_PS(x)))
#define ADD_F64(y, x) _mm256_castpd_si256(_mm256_add_pd(OF_PD(y), OF_PD(x)))
#define ADD_U32 _mm256_add_epi32
#define ADD_U64 _mm256_add_epi64
#define MULTIPLY_F32(y, x) _mm256_castps_si256(_mm256_mul_ps(OF_PS(y), OF_PS(x)))
#define MULTIPLY_F64(y, x) _mm256_castpd_si256(_mm256_mul_pd(OF_PD(y), OF_PD(x)))
#define HALF __m128i
#define STORE_HALF(p, h) _mm_storeu_si128((__m128i *)(void *)(p), h)
#define STREAM_HALF(p, h) _mm_stream_si128((__m128i *)(void *)(p), h)
#define LOW_HALF _mm256_castsi256_si128
#define HIGH_HALF(v) _mm256_extracti128_si256(v, 1)
#define F32_FROM_F64(v) _mm_castps_si128(_mm256_cvtpd_ps(OF_PD(v)))
#define F64_FROM_F32(h) _mm256_castpd_si256(_mm256_cvtps_pd(_mm_castsi128_ps(h)))
#define F32_FROM_I32(v) _mm256_castps_si256(_mm256_cvtepi32_ps(v))
#define BF16_FROM_F32 ISA(vector_bf16_f32)
#define F32_FROM_BF16 ISA(vector_f32_bf16)
#define F16_FROM_F32(v) _mm256_cvtps_ph(OF_PS(v), _MM_FROUND_TO_NEAREST_INT)
#define F32_FROM_F16(h) _mm256_castps_si256(_mm256_cvtph_ps(h))

/* Floats whose quiet bit is set if they are NaNs. */
INLINE __m256i ISA(vector_quiet)(__m256i v)
{
	__m256i nan = _mm256_castps_si256(_mm256_cmp_ps(OF_PS(v), OF_PS(v), _CMP_UNORD_Q));

	return _mm256_or_si256(v, _mm256_and_si256(nan, _mm256_set1_epi32(0x400000)));
}

INLINE __m256i ISA(vector_f32_bf16)(__m128i v)
{
	return ISA(vector_quiet)(_mm256_slli_epi32(_mm256_cvtepu16_epi32(v), 16));
}

/* Rounds to even. The last bits of NaNs are 0, so that adding to them changes nothing. */
INLINE __m128i ISA(vector_bf16_f32)(__m256i v)
{
	__m256i nan = _mm256_castps_si256(_mm256_cmp_ps(OF_PS(v), OF_PS(v), _CMP_UNORD_Q));
	__m256i bits = _mm256_andnot_si256(_mm256_and_si256(nan, _mm256_set1_epi32(0xffff)),
					   ISA(vector_quiet)(v));
	__m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
	__m256i up = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
	__m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, up), 16);
	__m256i packed = _mm256_packus_epi32(rounded, rounded);

	return _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08));
}
#include "kernels/numbers/combine.inc"
#endif
