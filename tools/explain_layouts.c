/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The layouts of aml-dma explain. Both get memory of their own, which is touched only if the copy
 * is measured: otherwise it is a range of addresses without access, and any size will do. On an
 * error, the process ends, so nothing is released then.
 */
#include "explain_layouts.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <aml/layout/native.h>
#include <aml/utils/error.h>

#include "layout/kind.h"

static void parse_side(const struct explain_data *data, struct explain_side *side,
		       const char *option)
{
	char error[TEXT_ERROR_BYTES];

	if (!layout_text_parse(&side->parsed, side->text, error))
		usage_refuse(data->command, "--%s '%s': %s", option, side->text, error);
}

/* The memory that is free for programs. SIZE_MAX: the system does not say. */
static size_t available_bytes(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	size_t kib = 0;
	char line[128];
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
		found = sscanf(line, "MemAvailable: %zu kB", &kib) == 1;
	if (file != NULL)
		(void)fclose(file);
	return found && kib <= SIZE_MAX / 1024 ? kib * 1024 : SIZE_MAX;
}

/*
 * Memory that is not there would be noticed only when it is touched, by the end of the process.
 */
static void check_memory(const struct explain_data *data)
{
	size_t available = available_bytes(), wanted;

	if (__builtin_add_overflow(data->src.parsed.bytes, data->dst.parsed.bytes, &wanted) ||
	    wanted > available / 8 * 7)
		usage_fail(
			data->command, TOOL_SKIPPED,
			"there is not enough free memory here: %zu bytes are wanted for the source, "
			"%zu for the destination, %zu are free",
			data->src.parsed.bytes, data->dst.parsed.bytes, available);
}

/* Reserve memory for a side, and create its layout there. */
static void create_side(const struct explain_data *data, struct explain_side *side,
			const char *option, bool measure)
{
	size_t bytes = side->parsed.bytes > 0 ? side->parsed.bytes : 1;
	char error[TEXT_ERROR_BYTES];

	side->memory = mmap(NULL, bytes, measure ? PROT_READ | PROT_WRITE : PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (side->memory == MAP_FAILED)
		usage_fail(data->command, TOOL_SKIPPED, "%s: there %s here: %zu bytes are wanted",
			   side->text,
			   measure ? "is not enough free memory" : "are not enough addresses",
			   bytes);
	if (!layout_text_create(&side->parsed, side->memory, &side->layout, error))
		usage_refuse(data->command, "--%s '%s': %s", option, side->text, error);
}

static void release_side(struct explain_side *side)
{
	aml_layout_destroy(&side->layout);
	munmap(side->memory, side->parsed.bytes > 0 ? side->parsed.bytes : 1);
}

static void parse_permutation(struct explain_data *data, const char *text)
{
	struct text_span span = {text, text + strlen(text)};
	size_t n, ndims = aml_layout_ndims(data->src.layout);
	bool seen[AML_LAYOUT_NDIMS_MAX] = {false};
	char error[TEXT_ERROR_BYTES];

	if (!text_numbers(span, ',', "permute", AML_LAYOUT_NDIMS_MAX, data->permutation, &n, error))
		usage_refuse(data->command, "--%s", error);
	if (n != ndims)
		usage_refuse(
			data->command,
			"--permute '%s': one number for each dimension is needed: %zu, not %zu",
			text, ndims, n);
	for (size_t i = 0; i < n; i++) {
		if (data->permutation[i] >= n || seen[data->permutation[i]])
			usage_refuse(data->command,
				     "--permute '%s': each number from 0 to %zu must be there once",
				     text, n - 1);
		seen[data->permutation[i]] = true;
	}
	data->permutes = true;
}

/* Write the text of a contiguous destination. */
static void derive_dst(struct explain_data *data)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = aml_layout_ndims(data->src.layout), n = 0;
	bool row = aml_layout_order(data->src.layout) == AML_LAYOUT_ORDER_ROW_MAJOR;
	const struct text_span *type = &data->src.parsed.type;

	if (aml_layout_dims(data->src.layout, dims) != AML_SUCCESS)
		usage_fail(data->command, TOOL_FAILED, "the source has no extents");
	for (size_t i = 0; i < ndims; i++)
		n += (size_t)snprintf(data->derived + n, sizeof(data->derived) - n, "%s%zu",
				      i > 0 ? "x" : "",
				      dims[data->permutes ? data->permutation[i] : i]);
	(void)snprintf(data->derived + n, sizeof(data->derived) - n, ":%.*s%s", text_length(type),
		       type->at, row ? "" : "/order=column");
	data->dst.text = data->derived;
}

/* The native dimension of a dimension in user order. */
static size_t native_dim(const struct aml_layout *layout, size_t dim)
{
	return aml_layout_order(layout) == AML_LAYOUT_ORDER_ROW_MAJOR
		       ? aml_layout_ndims(layout) - 1 - dim
		       : dim;
}

bool explain_layouts_has_steps(const struct aml_layout *layout)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX];
	const struct outline outline = {aml_layout_ndims(layout), aml_layout_element_size(layout),
					dims};
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
	void *base;

	return aml_layout_dims_native(layout, dims) == AML_SUCCESS &&
	       layout_steps(layout, &outline, &base, steps) == AML_SUCCESS;
}

/* Convert the permutation to native dimensions, as the library takes it. */
static void permute_native(struct explain_data *data)
{
	const struct aml_layout *dst = data->dst.layout, *src = data->src.layout;

	for (size_t i = 0; i < aml_layout_ndims(dst); i++)
		data->native[native_dim(dst, i)] = native_dim(src, data->permutation[i]);
}

/* Refuse layouts that do not match, and say why. */
static void check_match(const struct explain_data *data)
{
	size_t dst_dims[AML_LAYOUT_NDIMS_MAX], src_dims[AML_LAYOUT_NDIMS_MAX];
	const struct aml_layout *dst = data->dst.layout, *src = data->src.layout;
	bool same_order = aml_layout_order(dst) == aml_layout_order(src);

	if (aml_layout_element_size(dst) != aml_layout_element_size(src))
		usage_refuse(data->command,
			     "elements of the destination have %zu bytes, of the source %zu",
			     aml_layout_element_size(dst), aml_layout_element_size(src));
	if (aml_layout_dims_native(dst, dst_dims) != AML_SUCCESS ||
	    aml_layout_dims_native(src, src_dims) != AML_SUCCESS)
		usage_fail(data->command, TOOL_FAILED, "a layout has no extents");
	for (size_t i = 0; i < aml_layout_ndims(dst); i++) {
		size_t of_src = data->permutes ? data->native[i] : i;

		if (dst_dims[i] != src_dims[of_src])
			usage_refuse(data->command,
				     "dimension %zu of the destination has %zu elements, dimension "
				     "%zu of the source %zu%s",
				     native_dim(dst, i), dst_dims[i], native_dim(src, of_src),
				     src_dims[of_src],
				     same_order || data->permutes
					     ? ""
					     : "; the orders differ, so native "
					       "coordinates count");
	}
}

/* Refuse layouts of different numbers of dimensions. */
static void check_dimensions(const struct explain_data *data)
{
	size_t dst = aml_layout_ndims(data->dst.layout), src = aml_layout_ndims(data->src.layout);

	if (dst != src)
		usage_refuse(data->command,
			     "the numbers of dimensions differ: %zu in the destination, %zu in the "
			     "source",
			     dst, src);
}

void explain_layouts_create(struct explain_data *data, const char *permutation, bool measure)
{
	parse_side(data, &data->src, "src");
	create_side(data, &data->src, "src", measure);
	if (permutation != NULL)
		parse_permutation(data, permutation);
	if (data->dst.text == NULL)
		derive_dst(data);
	parse_side(data, &data->dst, "dst");
	create_side(data, &data->dst, "dst", measure);
	check_dimensions(data);
	if (data->permutes)
		permute_native(data);
	check_match(data);
	if (measure)
		check_memory(data);
}

void explain_layouts_release(struct explain_data *data)
{
	release_side(&data->dst);
	release_side(&data->src);
}
