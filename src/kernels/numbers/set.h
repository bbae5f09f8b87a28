/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of kernels for numbers: one for each instruction set that makes them faster. */
#ifndef KERNELS_NUMBERS_SET_H
#define KERNELS_NUMBERS_SET_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/numbers.h"

/* The numbers of types, and of operations with the overwriting AXPBY as the last one. */
enum { NUMBER_TYPES = 12, NUMBER_REDUCTIONS = 9 };

struct numbers_set {
	convert_fn convert[NUMBER_TYPES][NUMBER_TYPES];    /* by destination and source */
	reduce_fn reduce[NUMBER_TYPES][NUMBER_REDUCTIONS]; /* NULL: not valid */
	const struct combine_kernels *combine;             /* by enum below; NULL: none */
};

/* What kernels do with a transposed source. Integers are combined as unsigned ones. */
enum numbers_combination {
	COMBINE_EQUAL_1,
	COMBINE_EQUAL_2,
	COMBINE_EQUAL_4,
	COMBINE_EQUAL_8,
	COMBINE_F32_FROM_F64,
	COMBINE_F64_FROM_F32,
	COMBINE_F32_FROM_I32,
	COMBINE_BF16_FROM_F32,
	COMBINE_F32_FROM_BF16,
	COMBINE_F16_FROM_F32,
	COMBINE_F32_FROM_F16,
	COMBINE_SUM_F32,
	COMBINE_SUM_F64,
	COMBINE_SUM_U32,
	COMBINE_SUM_U64,
	COMBINE_AXPBY_F32,
	COMBINE_AXPBY_F64,
	COMBINE_SCALE_F32,
	COMBINE_SCALE_F64,
	COMBINATIONS
};

extern const struct numbers_set numbers_portable_set;
#ifdef __x86_64__
extern const struct numbers_set numbers_avx2_set, numbers_avx512_set;
extern const struct combine_kernels numbers_avx2_combine[COMBINATIONS],
	numbers_avx512_combine[COMBINATIONS];
#endif

/* The types of single numbers. F16 and BF16 have their bits. */
typedef int8_t number_i8;
typedef int16_t number_i16;
typedef int32_t number_i32;
typedef int64_t number_i64;
typedef uint8_t number_u8;
typedef uint16_t number_u16;
typedef uint32_t number_u32;
typedef uint64_t number_u64;
typedef uint16_t number_f16;
typedef uint16_t number_bf16;
typedef float number_f32;
typedef double number_f64;

/* The same types in memory, at any alignment. */
#define NUMBER_ANY __attribute__((aligned(1), may_alias))
typedef number_i8 any_i8 NUMBER_ANY;
typedef number_i16 any_i16 NUMBER_ANY;
typedef number_i32 any_i32 NUMBER_ANY;
typedef number_i64 any_i64 NUMBER_ANY;
typedef number_u8 any_u8 NUMBER_ANY;
typedef number_u16 any_u16 NUMBER_ANY;
typedef number_u32 any_u32 NUMBER_ANY;
typedef number_u64 any_u64 NUMBER_ANY;
typedef number_f16 any_f16 NUMBER_ANY;
typedef number_bf16 any_bf16 NUMBER_ANY;
typedef number_f32 any_f32 NUMBER_ANY;
typedef number_f64 any_f64 NUMBER_ANY;

/* The types and their numbers in enum aml_dma_type. */
#define NUMBERS_EACH_INTEGER(X) \
	X(i8, I8) X(i16, I16) X(i32, I32) X(i64, I64) X(u8, U8) X(u16, U16) X(u32, U32) X(u64, U64)
#define NUMBERS_EACH(X) NUMBERS_EACH_INTEGER(X) X(f16, F16) X(bf16, BF16) X(f32, F32) X(f64, F64)

#endif /* KERNELS_NUMBERS_SET_H */
