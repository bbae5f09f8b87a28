/* SPDX-License-Identifier: BSD-3-Clause */
/* Selects the kernels for numbers. */
#include "kernels/numbers.h"

#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include <aml/dma/operators.h>

#include "kernels/kernels.h"
#include "kernels/numbers/set.h"

size_t number_bytes(int type)
{
	static const unsigned char bytes[NUMBER_TYPES] = {
#define BYTES(type, place) [AML_DMA_##place] = sizeof(number_##type),
		NUMBERS_EACH(BYTES)
#undef BYTES
	};

	return type >= 0 && type < NUMBER_TYPES ? bytes[type] : 0;
}

bool number_is_float(int type)
{
	return type == AML_DMA_F16 || type == AML_DMA_BF16 || type == AML_DMA_F32 ||
	       type == AML_DMA_F64;
}

#ifdef __x86_64__
/* Whether the CPU converts between float and binary16. */
static bool cpu_has_f16c(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C) != 0;
}
#endif

/* Find the set for the instruction set of kernels(), which the system supports. */
static const struct numbers_set *find_numbers(void)
{
#ifdef __x86_64__
	const char *name = kernels()->name;

	if (strncmp(name, "avx512", strlen("avx512")) == 0)
		return &numbers_avx512_set;
	if (strcmp(name, "avx2") == 0 && cpu_has_f16c())
		return &numbers_avx2_set;
#endif
	return &numbers_portable_set;
}

static const struct numbers_set *numbers_selected(void)
{
	static const struct numbers_set *found;
	const struct numbers_set *set = __atomic_load_n(&found, __ATOMIC_RELAXED);

	if (set == NULL) {
		set = find_numbers();
		__atomic_store_n(&found, set, __ATOMIC_RELAXED);
	}
	return set;
}

/* No kernels. */
static const struct combine_kernels combine_none;

/* The kernels for a transposed source. `op` may be COMBINATIONS, for which there are none. */
static struct combine_kernels combine_selected(enum numbers_combination op)
{
	const struct combine_kernels *table = numbers_selected()->combine;

	return op == COMBINATIONS || table == NULL ? combine_none : table[op];
}

convert_fn numbers_convert(int dst_type, int src_type)
{
	if (number_bytes(dst_type) == 0 || number_bytes(src_type) == 0)
		return NULL;
	return numbers_selected()->convert[dst_type][src_type];
}

reduce_fn numbers_reduce(int type, int operation, bool overwrites)
{
	if (number_bytes(type) == 0 || operation < 0 || operation > AML_DMA_REDUCE_AXPBY)
		return NULL;
	if (overwrites && operation == AML_DMA_REDUCE_AXPBY)
		operation = NUMBER_REDUCTIONS - 1;
	return numbers_selected()->reduce[type][operation];
}

struct combine_kernels combine_convert(int dst_type, int src_type)
{
	static const struct {
		int dst, src;
		enum numbers_combination op;
	} known[] = {
		{AML_DMA_F32, AML_DMA_F64, COMBINE_F32_FROM_F64},
		{AML_DMA_F64, AML_DMA_F32, COMBINE_F64_FROM_F32},
		{AML_DMA_F32, AML_DMA_I32, COMBINE_F32_FROM_I32},
		{AML_DMA_BF16, AML_DMA_F32, COMBINE_BF16_FROM_F32},
		{AML_DMA_F32, AML_DMA_BF16, COMBINE_F32_FROM_BF16},
		{AML_DMA_F16, AML_DMA_F32, COMBINE_F16_FROM_F32},
		{AML_DMA_F32, AML_DMA_F16, COMBINE_F32_FROM_F16},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].dst == dst_type && known[i].src == src_type)
			return combine_selected(known[i].op);
	return combine_none;
}

struct combine_kernels combine_reduce(int type, int operation, bool overwrites)
{
	static const struct {
		unsigned char sum, axpby, scale; /* enum numbers_combination */
	} known[NUMBER_TYPES] = {
		[AML_DMA_I32] = {COMBINE_SUM_U32, COMBINATIONS, COMBINATIONS},
		[AML_DMA_U32] = {COMBINE_SUM_U32, COMBINATIONS, COMBINATIONS},
		[AML_DMA_I64] = {COMBINE_SUM_U64, COMBINATIONS, COMBINATIONS},
		[AML_DMA_U64] = {COMBINE_SUM_U64, COMBINATIONS, COMBINATIONS},
		[AML_DMA_F32] = {COMBINE_SUM_F32, COMBINE_AXPBY_F32, COMBINE_SCALE_F32},
		[AML_DMA_F64] = {COMBINE_SUM_F64, COMBINE_AXPBY_F64, COMBINE_SCALE_F64},
	};

	/* Other types have no sum here. */
	if (number_bytes(type) == 0 || known[type].sum == 0)
		return combine_none;
	switch (operation) {
	case AML_DMA_REDUCE_SUM:
		return combine_selected(known[type].sum);
	case AML_DMA_REDUCE_AXPBY:
		return combine_selected(overwrites ? known[type].scale : known[type].axpby);
	default:
		return combine_none;
	}
}

struct combine_kernels combine_equal(size_t bytes)
{
	switch (bytes) {
	case 1:
		return combine_selected(COMBINE_EQUAL_1);
	case 2:
		return combine_selected(COMBINE_EQUAL_2);
	case 4:
		return combine_selected(COMBINE_EQUAL_4);
	case 8:
		return combine_selected(COMBINE_EQUAL_8);
	default:
		return combine_none;
	}
}
