/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine's instruction sets and caches. The cache's size is the kernel's word for it: what
 * libc tells is off by an order of magnitude on some machines.
 *
 * AML_DMA_ISA in the environment (portable, sse2, avx2, avx512) asks for kernels that are not
 * the fastest, for debugging; what the machine does not have, or no such name, is ignored.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy/machine.h"

/* What holds before look(), should another constructor copy something. */
struct machine machine_found = {&kernels_portable, &kernels_portable, (size_t)8 << 20, 64, 8};

/* What the kernel says of cache number `index` of CPU 0, number 0 being its first for data; or 0.
 */
static size_t cache_number(int index, const char *name)
{
	char path[80];
	size_t number = 0;
	char unit = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%zu%c", &number, &unit) == 2)
		number <<= unit == 'M' ? 20 : unit == 'K' ? 10 : 0;
	fclose(file);
	return number;
}

/* The largest of them is the last one. Tests build with a size of their own. */
static size_t last_cache(void)
{
	size_t largest = 0, size;

#ifdef COPY_CACHE
	return COPY_CACHE;
#endif
	for (int index = 0; (size = cache_number(index, "size")) > 0; index++)
		if (size > largest)
			largest = size;
#ifdef _SC_LEVEL3_CACHE_SIZE
	if (largest == 0 && sysconf(_SC_LEVEL3_CACHE_SIZE) > 0)
		largest = (size_t)sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
	return largest > 0 ? largest : (size_t)8 << 20;
}

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
	size_t n = list_kernels(list), sets, ways;

	machine_found.kernels = list[0];
	for (size_t i = 0; name != NULL && i < n; i++)
		if (strcmp(name, list[i]->name) == 0)
			machine_found.kernels = list[i];
	machine_found.narrow = machine_found.kernels;
#ifdef __x86_64__
	if (machine_found.kernels != &kernels_portable)
		machine_found.narrow = &kernels_sse2;
#endif
	machine_found.cache = last_cache();
	sets = cache_number(0, "number_of_sets");
	ways = cache_number(0, "ways_of_associativity");
	if (sets > 0 && ways > 0) {
		machine_found.sets = sets;
		machine_found.ways = ways;
	}
}
