/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Selects the kernels when the library is loaded: the fastest set that the machine supports.
 *
 * For debugging, the environment variable AML_DMA_ISA (portable, sse2, avx2, avx512, avx512vbmi,
 * neon) selects another set. An unknown name, and a set that the machine does not support, are
 * ignored.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "util/environment.h"

/*
 * The portable kernels are valid until select_kernels() has run. Other constructors may copy before
 * that.
 */
const struct kernels *kernels_selected = &kernels_portable;
const struct kernels *kernels_selected_narrow = &kernels_portable;
const struct kernels *kernels_selected_for[KERNEL_WIDTHS] = {&kernels_portable, &kernels_portable,
							     &kernels_portable};

size_t kernels_list(const struct kernels *list[KERNEL_SETS_MAX])
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
	table->masks = table->masks || set->masks;
	table->base = set->base;
	if (set->stream != NULL)
		table->stream = set->stream;
	if (set->drain != NULL)
		table->drain = set->drain;
	if (set->rows != NULL)
		table->rows = set->rows;
	if (set->looped != NULL)
		table->looped = set->looped;
	if (set->equal != NULL)
		table->equal = set->equal;
	if (set->stepped != NULL) {
		table->stepped = set->stepped;
		memcpy(table->stepped_vectors, set->stepped_vectors,
		       sizeof(table->stepped_vectors));
	}
	if (set->repeat != NULL)
		table->repeat = set->repeat;
	if (set->pad != NULL)
		table->pad = set->pad;
	for (size_t i = 0; i < KERNEL_SIZES; i++) {
		if (set->near[i] != NULL)
			table->near[i] = set->near[i];
		if (set->far[i] != NULL)
			table->far[i] = set->far[i];
		if (set->staged[i] != NULL)
			table->staged[i] = set->staged[i];
		if (set->listed[i] != NULL)
			table->listed[i] = set->listed[i];
		if (set->planes[i] != NULL)
			table->planes[i] = set->planes[i];
	}
	if (set->shuffle != NULL) {
		table->shuffle = set->shuffle;
		table->joint = set->joint;
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

/* The first set of `list` whose kernels `listed` accept rows of `bytes` bytes, else the last set.
 */
static size_t first_for_rows(const struct kernels *const *list, size_t n, size_t bytes)
{
	size_t i = 0;

	while (i + 1 < n && list[i]->width > bytes &&
	       !(list[i]->masks && list[i]->width < 2 * bytes))
		i++;
	return i;
}

/* Runs when the library is loaded, so that kernels() needs no check. */
__attribute__((constructor)) static void select_kernels(void)
{
	static const size_t rows[KERNEL_WIDTHS] = {16, 32, 33}; /* see kernels_for_rows() */
	static struct kernels tables[KERNEL_SETS_MAX];
	const struct kernels *sets[KERNEL_SETS_MAX], **list = sets;
	const char *name = environment_get("AML_DMA_ISA");
	size_t n = kernels_list(sets), selected = 0, narrow = 0;

	for (size_t i = 0; name != NULL && i < n; i++)
		if (strcmp(name, sets[i]->name) == 0)
			selected = i;
	list += selected;
	n -= selected;
	for (size_t i = 0; i < n; i++) {
		kernels_fill(&tables[i], list[i]);
		if (list[i]->width < list[narrow]->width)
			narrow = i;
	}
	kernels_selected = &tables[0];
	kernels_selected_narrow = &tables[narrow];
	for (size_t i = 0; i < KERNEL_WIDTHS; i++)
		kernels_selected_for[i] = &tables[first_for_rows(list, n, rows[i])];
}
