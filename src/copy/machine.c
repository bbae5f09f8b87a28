/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine's instruction sets.
 *
 * AML_DMA_ISA in the environment (portable, sse2, avx2, avx512) asks for kernels that are not
 * the fastest, for debugging; what the machine does not have, or no such name, is ignored.
 */
#include <stdlib.h>
#include <string.h>

#include "copy/machine.h"

/* What holds before look(), should another constructor copy something. */
struct machine machine_found = {&kernels_portable, &kernels_portable};

/* The kernels that the machine has, the fastest first. */
static size_t list_kernels(const struct kernels **list)
{
	size_t n = 0;

#ifdef __x86_64__
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
		list[n++] = &kernels_avx512;
	if (__builtin_cpu_supports("avx2"))
		list[n++] = &kernels_avx2;
	list[n++] = &kernels_sse2;
#endif
	list[n++] = &kernels_portable;
	return n;
}

/* When the library is loaded: no copy needs to ask whether it has been done. */
__attribute__((constructor)) static void look(void)
{
	const struct kernels *list[4];
	const char *name = getenv("AML_DMA_ISA");
	size_t n = list_kernels(list);

	machine_found.kernels = list[0];
	for (size_t i = 0; name != NULL && i < n; i++)
		if (strcmp(name, list[i]->name) == 0)
			machine_found.kernels = list[i];
	machine_found.narrow = machine_found.kernels;
#ifdef __x86_64__
	if (machine_found.kernels != &kernels_portable)
		machine_found.narrow = &kernels_sse2;
#endif
}
