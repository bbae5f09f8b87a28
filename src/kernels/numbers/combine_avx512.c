/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for x86-64 with AVX-512 that combine a transposed source with the destination. */
#ifdef __x86_64__
#define NUMBERS_TILES
#include "kernels/numbers/begin.h"

#include <immintrin.h>

#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA(name) numbers_avx512_##name
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,f16c")))

#include "kernels/numbers/avx512.inc"

#include "kernels/x86/avx512.inc"

#include "kernels/vector/vector.inc"

#include "kernels/vector/tile.inc"

#define SET1_4 _mm512_set1_epi32
#define SET1_8 _mm512_set1_epi64
#define CHEAP_MASKS true
#define STORE_LAST_4(p, v, n) _mm512_mask_storeu_epi32(p, (__mmask16)(0xffffU << (n)), v)
#define STORE_LAST_8(p, v, n) _mm512_mask_storeu_epi64(p, (__mmask8)(0xffU << (n)), v)
#define OF_PS _mm512_castsi512_ps
#define OF_PD _mm512_castsi512_pd
#define ADD_F32(y, x) _mm512_castps_si512(_mm512_add_ps(OF_PS(y), OF_PS(x)))
#define ADD_F64(y, x) _mm512_castpd_si512(_mm512_add_pd(OF_PD(y), OF_PD(x)))
#define ADD_U32 _mm512_add_epi32
#define ADD_U64 _mm512_add_epi64
#define MULTIPLY_F32(y, x) _mm512_castps_si512(_mm512_mul_ps(OF_PS(y), OF_PS(x)))
#define MULTIPLY_F64(y, x) _mm512_castpd_si512(_mm512_mul_pd(OF_PD(y), OF_PD(x)))
#define HALF __m256i
#define STORE_HALF(p, h) _mm256_storeu_si256((__m256i *)(void *)(p), h)
#define STREAM_HALF(p, h) _mm256_stream_si256((__m256i *)(void *)(p), h)
#define LOW_HALF _mm512_castsi512_si256
#define HIGH_HALF(v) _mm512_extracti64x4_epi64(v, 1)
#define F32_FROM_F64(v) _mm256_castps_si256(_mm512_cvtpd_ps(OF_PD(v)))
#define F64_FROM_F32(h) _mm512_castpd_si512(_mm512_cvtps_pd(_mm256_castsi256_ps(h)))
#define F32_FROM_I32(v) _mm512_castps_si512(_mm512_cvtepi32_ps(v))
#define BF16_FROM_F32(v) \
	_mm512_cvtepi32_epi16(_mm512_srli_epi32(ISA(vector_round_bf16)(OF_PS(v)), 16))
#define F32_FROM_BF16 ISA(vector_f32_bf16)
#define F16_FROM_F32(v) ISA(vector_f16_f32)(OF_PS(v))
#define F32_FROM_F16 ISA(vector_f32_f16)
#define NARROWER numbers_avx2_combine
#include "kernels/numbers/combine.inc"
#endif
