/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for numbers for any machine. Those of x86-64 use SSE2, which compilers assume there. */
#include "kernels/numbers/begin.h"

#ifdef __x86_64__
#include <emmintrin.h>
#endif

#define ISA(name) numbers_portable_##name
/* The x87 unit would compute with more bits. */
#if defined(__i386__) && !defined(__clang__)
#define TARGET __attribute__((target("sse2,fpmath=sse")))
#elif defined(__i386__)
#define TARGET __attribute__((target("sse2")))
#else
#define TARGET
#endif
#ifdef __x86_64__
#define LANES_PS 4
#define VEC_PS __m128
#define VEC_PD __m128d
#define PS(name) _mm_##name##_ps
#define PD(name) _mm_##name##_pd
#define CMP_PS(v, w, name) _mm_cmp##name##_ps(v, w)
#define CMP_PD(v, w, name) _mm_cmp##name##_pd(v, w)
#define CVTT_PS _mm_cvttps_epi32
#define CVTT_PD _mm_cvttpd_epi32
#define AS_I32 _mm_castps_si128
#define XOR_I32 _mm_xor_si128
#define STORE_I32(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define STORE_I32_HALF(p, v) _mm_storel_epi64((__m128i *)(void *)(p), v)
#include "kernels/numbers/sse.inc"
#endif

#include "kernels/numbers/numbers.inc"
