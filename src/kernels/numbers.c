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

/* The set for the instruction set of kernels(), which the system supports. */
static const struct numbers_set *numbers_selected(void)
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
