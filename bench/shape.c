/* SPDX-License-Identifier: BSD-3-Clause */
/* Shapes of copies, see shape.h. */
#include <string.h>

#include <aml.h>
#include <aml/layout/dense.h>

#include "shape.h"

struct shape shape_flat(size_t bytes)
{
	return (struct shape){.element_size = 8,
			      .ndims = 1,
			      .dims = {bytes / 8},
			      .dst_step = {1},
			      .src_step = {1}};
}

struct shape shape_block(size_t rows, size_t row_bytes, size_t pitch)
{
	return (struct shape){.element_size = 8,
			      .ndims = 2,
			      .dims = {row_bytes / 8, rows},
			      .dst_step = {1, row_bytes / 8},
			      .src_step = {1, pitch / 8}};
}

struct shape shape_take(size_t element_size, size_t count, size_t step)
{
	return (struct shape){.element_size = element_size,
			      .ndims = 1,
			      .dims = {count},
			      .dst_step = {1},
			      .src_step = {step}};
}

struct shape shape_permuted(size_t element_size, size_t ndims, const size_t *dims,
			    const size_t *order)
{
	struct shape shape = {.element_size = element_size, .ndims = ndims};
	size_t src_step = 1, dst_step = 1;

	for (size_t i = 0; i < ndims; i++) {
		shape.dims[i] = dims[i];
		shape.src_step[i] = src_step;
		src_step *= dims[i];
	}
	for (size_t i = 0; i < ndims; i++) {
		shape.dst_step[order[i]] = dst_step;
		dst_step *= dims[order[i]];
	}
	return shape;
}

struct shape shape_planes(size_t parts, size_t pixels)
{
	return shape_permuted(1, 2, (const size_t[]){parts, pixels}, (const size_t[]){1, 0});
}

struct shape shape_back(const struct shape *shape)
{
	struct shape back = *shape;

	memcpy(back.dst_step, shape->src_step, sizeof(back.dst_step));
	memcpy(back.src_step, shape->dst_step, sizeof(back.src_step));
	return back;
}

static void exchange(size_t *values, size_t i, size_t j)
{
	size_t value = values[i];

	values[i] = values[j];
	values[j] = value;
}

struct shape shape_sorted(const struct shape *shape)
{
	struct shape sorted = *shape;

	for (size_t i = 1; i < sorted.ndims; i++) {
		for (size_t j = i; j > 0 && sorted.dst_step[j] < sorted.dst_step[j - 1]; j--) {
			exchange(sorted.dims, j, j - 1);
			exchange(sorted.dst_step, j, j - 1);
			exchange(sorted.src_step, j, j - 1);
		}
	}
	return sorted;
}

size_t shape_payload(const struct shape *shape)
{
	size_t bytes = shape->element_size;

	for (size_t i = 0; i < shape->ndims; i++)
		bytes *= shape->dims[i];
	return bytes;
}

size_t shape_extent(const struct shape *shape, const size_t *step)
{
	size_t last = 0;

	for (size_t i = 0; i < shape->ndims; i++)
		last += (shape->dims[i] - 1) * step[i];
	return (last + 1) * shape->element_size;
}

int shape_is_dense(const struct shape *shape, const size_t *step)
{
	size_t dense = 1;

	for (size_t i = 0; i < shape->ndims; i++) {
		if (step[i] != dense)
			return 0;
		dense *= shape->dims[i];
	}
	return 1;
}

int shape_layout(const struct shape *shape, const size_t *step, void *base,
		 struct aml_layout **layout)
{
	/* With every pitch 1, a stride is a step in elements. */
	static const size_t pitch[SHAPE_NDIMS] = {1, 1, 1, 1};

	return aml_layout_dense_create(layout, base, AML_LAYOUT_ORDER_COLUMN_MAJOR,
				       shape->element_size, shape->ndims, shape->dims, step, pitch);
}

void shape_reference(const struct shape *shape, void *dst, const void *src)
{
	size_t coords[SHAPE_NDIMS] = {0};
	size_t i;

	do {
		size_t to = 0, from = 0;

		for (i = 0; i < shape->ndims; i++) {
			to += coords[i] * shape->dst_step[i];
			from += coords[i] * shape->src_step[i];
		}
		memcpy((char *)dst + to * shape->element_size,
		       (const char *)src + from * shape->element_size, shape->element_size);
		for (i = 0; i < shape->ndims && ++coords[i] == shape->dims[i]; i++)
			coords[i] = 0;
	} while (i < shape->ndims);
}
