/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memcpy() copies the payload between the memory of the two sides, so that both copies use the same
 * pages. Its last turn is over when the library copies for the last time, and the result of that
 * copy is compared. If a side has less memory than the payload, memcpy() has memory of its own.
 */
#include "bench_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml/dma.h>
#include <aml/dma/operators.h>
#include <aml/layout/native.h>
#include <aml/utils/error.h>

#include "copy_rate.h"
#include "explain_data.h"
#include "explain_layouts.h"
#include "race.h"

struct bench_layouts {
	struct aml_dma *dma;
	struct aml_layout *dst, *src;
	size_t *permutation; /* of the native dimensions; NULL: they are in the same order */
};

struct bench_memory {
	char *dst;
	const char *src;
	size_t bytes;
};

static int copy_layouts(void *arg)
{
	const struct bench_layouts *layouts = arg;

	return aml_dma_copy_custom(layouts->dma, layouts->dst, layouts->src,
				   layouts->permutation != NULL ? aml_dma_linux_transform : NULL,
				   layouts->permutation);
}

/* The compiler must not see what is copied. */
static void *(*volatile copy_memory)(void *, const void *, size_t) = memcpy;

static int copy_bytes(void *arg)
{
	const struct bench_memory *memory = arg;

	(void)copy_memory(memory->dst, memory->src, memory->bytes);
	return 0;
}

/* Write different bytes to all memory of the source, and touch that of the destination. */
static void fill_sides(const struct explain_data *data)
{
	unsigned char *byte = (unsigned char *)data->src.memory;

	for (size_t i = 0; i < data->src.parsed.bytes; i++)
		byte[i] = (unsigned char)((i * 0x9e3779b1u) >> 11);
	memset(data->dst.memory, 0, data->dst.parsed.bytes);
}

static uint64_t payload_of(const struct aml_layout *layout)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX];
	uint64_t bytes = aml_layout_element_size(layout);

	if (aml_layout_dims_native(layout, dims) != AML_SUCCESS)
		return 0;
	for (size_t i = 0; i < aml_layout_ndims(layout); i++)
		bytes *= dims[i];
	return bytes;
}

/* Give memcpy() its memory. *own: what is to be freed. */
static void place_memory(const struct bench_setting *setting, const struct explain_data *data,
			 struct bench_memory *memory, char **own)
{
	*own = NULL;
	memory->dst = data->dst.memory;
	memory->src = data->src.memory;
	if (data->dst.parsed.bytes >= memory->bytes && data->src.parsed.bytes >= memory->bytes)
		return;
	*own = malloc(2 * memory->bytes);
	if (*own == NULL)
		usage_fail(setting->command, TOOL_SKIPPED,
			   "there is not enough memory here for %zu bytes", 2 * memory->bytes);
	memset(*own, 1, 2 * memory->bytes);
	memory->dst = *own;
	memory->src = *own + memory->bytes;
}

static void name_row(struct bench_row *row)
{
	int n = snprintf(row->name, sizeof(row->name), "%s", row->src);

	if (row->dst != NULL && (size_t)n < sizeof(row->name))
		n += snprintf(row->name + n, sizeof(row->name) - (size_t)n, " to %s", row->dst);
	if (row->permute != NULL && (size_t)n < sizeof(row->name))
		(void)snprintf(row->name + n, sizeof(row->name) - (size_t)n, " permuted %s",
			       row->permute);
}

void bench_copy_measure(const struct bench_setting *setting, struct bench_row *row)
{
	struct explain_data data = {
		.command = setting->command, .src.text = row->src, .dst.text = row->dst};
	struct bench_layouts layouts;
	struct bench_memory memory;
	struct race_runner runners[] = {{.run = copy_layouts, .arg = &layouts},
					{.run = copy_bytes, .arg = &memory}};
	char *own;
	int err;

	explain_layouts_create(&data, row->permute, true);
	name_row(row);
	fill_sides(&data);
	row->bytes = payload_of(data.src.layout);
	layouts = (struct bench_layouts){setting->dma, data.dst.layout, data.src.layout,
					 data.permutes ? data.native : NULL};
	memory.bytes = (size_t)row->bytes;
	place_memory(setting, &data, &memory, &own);
	err = race_run(runners, 2, setting->effort.rounds, setting->effort.turn_ns, row->name);
	/* memcpy() may have left what the library should write. */
	memset(data.dst.memory, 0, data.dst.parsed.bytes);
	if (err == AML_SUCCESS)
		err = copy_layouts(&layouts);
	if (err != AML_SUCCESS)
		usage_fail(setting->command, TOOL_FAILED, "%s: the copy failed: %s", row->name,
			   aml_strerror(err));
	row->best_ns = runners[0].best_ns;
	row->median_ns = runners[0].median_ns;
	row->memcpy_best_ns = runners[1].best_ns;
	row->memcpy_median_ns = runners[1].median_ns;
	row->compared = explain_layouts_has_steps(data.dst.layout);
	row->right = row->compared &&
		     copy_rate_is_right(data.dst.layout, data.src.layout, layouts.permutation);
	free(own);
	explain_layouts_release(&data);
}
