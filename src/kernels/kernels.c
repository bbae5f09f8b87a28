/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Selects the kernels when the library is loaded: the fastest set that the machine supports.
 *
 * For debugging, the environment variable AML_DMA_ISA (portable, sse2, avx2, avx512, avx512vbmi,
 * neon) selects another set. An unknown name, and a set that the machine does not support, are
 * ignored.
 */
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"

enum { KERNEL_SETS_MAX = 5 };

/*
 * The portable kernels are valid until select_kernels() has run. Other constructors may copy before
 * that.
 */
const struct kernels *kernels_selected = &kernels_portable;
const struct kernels *kernels_selected_narrow = &kernels_portable;

/* Lists the sets that the machine supports, the fastest first. Returns their number. */
static size_t list_kernels(const struct kernels *list[KERNEL_SETS_MAX])
{
	size_t n = 0;

#ifdef __x86_64__
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
		if (__builtin_cpu_supports("avx512vbmi"))
			list[n++] = &kernels_avx512vbmi;
		list[n++] = &kernels_avx512;
	}
	if (__builtin_cpu_supports("avx2"))
		list[n++] = &kernels_avx2;
	list[n++] = &kernels_sse2;
#endif
#ifdef KERNELS_HAVE_NEON
	list[n++] = &kernels_neon;
#endif
	list[n++] = &kernels_portable;
	return n;
}

/* Replaces the members of `table` with those that `set` and its bases have. */
static void overwrite_kernels(struct kernels *table, const struct kernels *set)
{
	if (set->base != NULL)
		overwrite_kernels(table, set->base);
	table->name = set->name;
	table->width = set->width;
	table->base = set->base;
	if (set->stream != NULL)
		table->stream = set->stream;
	if (set->drain != NULL)
		table->drain = set->drain;
	if (set->rows != NULL)
		table->rows = set->rows;
	if (set->fill != NULL)
		table->fill = set->fill;
	for (size_t i = 0; i < KERNEL_SIZES; i++) {
		if (set->near[i] != NULL)
			table->near[i] = set->near[i];
		if (set->far[i] != NULL)
			table->far[i] = set->far[i];
		if (set->staged[i] != NULL)
			table->staged[i] = set->staged[i];
	}
	if (set->shuffle != NULL) {
		table->shuffle = set->shuffle;
		table->shuffle_width = set->shuffle_width;
		table->shuffle_masks = set->shuffle_masks;
		table->lay = set->lay;
	}
}

void kernels_fill(struct kernels *table, const struct kernels *set)
{
	*table = kernels_portable;
	overwrite_kernels(table, set);
}

/* Runs when the library is loaded, so that kernels() needs no check. */
__attribute__((constructor)) static void select_kernels(void)
{
	static struct kernels table, narrow_table;
	const struct kernels *list[KERNEL_SETS_MAX];
	const char *name = getenv("AML_DMA_ISA");
	size_t n = list_kernels(list), selected = 0, narrow;

	for (size_t i = 0; name != NULL && i < n; i++)
		if (strcmp(name, list[i]->name) == 0)
			selected = i;
	narrow = selected;
	for (size_t i = selected + 1; i < n; i++)
		if (list[i]->width < list[narrow]->width)
			narrow = i;
	kernels_fill(&table, list[selected]);
	kernels_fill(&narrow_table, list[narrow]);
	kernels_selected = &table;
	kernels_selected_narrow = &narrow_table;
}
