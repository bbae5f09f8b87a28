/* SPDX-License-Identifier: BSD-3-Clause */
/* Shapes of copies, see shape.h. */
#include <stdlib.h>
#include <string.h>

#include <aml.h>
#include <aml/layout/dense.h>
#include <aml/layout/steps.h>

#include "shape.h"

/* A size as a step. */
static ptrdiff_t step_of(size_t bytes)
{
	return (ptrdiff_t)bytes;
}

static size_t magnitude(ptrdiff_t step)
{
	return step < 0 ? 0 - (size_t)step : (size_t)step;
}

struct bench_shape shape_flat(size_t bytes)
{
	return (struct bench_shape){.element_size = 8,
				    .ndims = 1,
				    .dims = {bytes / 8},
				    .dst_step = {8},
				    .src_step = {8}};
}

struct bench_shape shape_block(size_t rows, size_t row_bytes, size_t pitch)
{
	return (struct bench_shape){.element_size = 8,
				    .ndims = 2,
				    .dims = {row_bytes / 8, rows},
				    .dst_step = {8, step_of(row_bytes)},
				    .src_step = {8, step_of(pitch)}};
}

struct bench_shape shape_take(size_t element_size, size_t count, size_t step)
{
	return (struct bench_shape){.element_size = element_size,
				    .ndims = 1,
				    .dims = {count},
				    .dst_step = {step_of(element_size)},
				    .src_step = {step_of(step * element_size)}};
}

struct bench_shape shape_permuted(size_t element_size, size_t ndims, const size_t *dims,
				  const size_t *order)
{
	struct bench_shape shape = {.element_size = element_size, .ndims = ndims};
	size_t src_step = element_size, dst_step = element_size;

	for (size_t i = 0; i < ndims; i++) {
		shape.dims[i] = dims[i];
		shape.src_step[i] = step_of(src_step);
		src_step *= dims[i];
	}
	for (size_t i = 0; i < ndims; i++) {
		shape.dst_step[order[i]] = step_of(dst_step);
		dst_step *= dims[order[i]];
	}
	return shape;
}

struct bench_shape shape_planes(size_t parts, size_t pixels)
{
	return shape_permuted(1, 2, (const size_t[]){parts, pixels}, (const size_t[]){1, 0});
}

struct bench_shape shape_back(const struct bench_shape *shape)
{
	struct bench_shape back = *shape;

	memcpy(back.dst_step, shape->src_step, sizeof(back.dst_step));
	memcpy(back.src_step, shape->dst_step, sizeof(back.src_step));
	back.dst_shift = shape->src_shift;
	back.src_shift = shape->dst_shift;
	return back;
}

static void exchange(ptrdiff_t *values, size_t i, size_t j)
{
	ptrdiff_t value = values[i];

	values[i] = values[j];
	values[j] = value;
}

static void exchange_dims(struct bench_shape *shape, size_t i, size_t j)
{
	size_t extent = shape->dims[i];

	shape->dims[i] = shape->dims[j];
	shape->dims[j] = extent;
	exchange(shape->dst_step, i, j);
	exchange(shape->src_step, i, j);
}

struct bench_shape shape_sorted(const struct bench_shape *shape)
{
	struct bench_shape sorted = *shape;
	const ptrdiff_t *step = sorted.dst_step;

	for (size_t i = 1; i < sorted.ndims; i++) {
		for (size_t j = i; j > 0 && magnitude(step[j]) < magnitude(step[j - 1]); j--)
			exchange_dims(&sorted, j, j - 1);
	}
	return sorted;
}

/* True if dimension `outer` continues dimension `inner` on both sides. */
static int continues(const struct bench_shape *shape, size_t inner, size_t outer)
{
	ptrdiff_t count = (ptrdiff_t)shape->dims[inner];

	return shape->dst_step[outer] == count * shape->dst_step[inner] &&
	       shape->src_step[outer] == count * shape->src_step[inner];
}

struct bench_shape shape_merged(const struct bench_shape *shape)
{
	struct bench_shape merged = *shape;
	size_t kept = 0;

	for (size_t i = 0; i < shape->ndims; i++) {
		if (shape->dims[i] == 1)
			continue;
		merged.dims[kept] = shape->dims[i];
		merged.dst_step[kept] = shape->dst_step[i];
		merged.src_step[kept] = shape->src_step[i];
		if (kept > 0 && continues(&merged, kept - 1, kept))
			merged.dims[kept - 1] *= shape->dims[i];
		else
			kept++;
	}
	merged.ndims = kept > 0 ? kept : 1;
	if (kept == 0)
		merged.dims[0] = 1;
	return merged;
}

size_t shape_payload(const struct bench_shape *shape)
{
	size_t bytes = shape->element_size;

	for (size_t i = 0; i < shape->ndims; i++)
		bytes *= shape->dims[i];
	return bytes;
}

size_t shape_extent(const struct bench_shape *shape, const ptrdiff_t *step)
{
	size_t bytes = shape->element_size;

	for (size_t i = 0; i < shape->ndims; i++)
		bytes += (shape->dims[i] - 1) * magnitude(step[i]);
	return bytes;
}

size_t shape_below(const struct bench_shape *shape, const ptrdiff_t *step)
{
	size_t bytes = 0;

	for (size_t i = 0; i < shape->ndims; i++) {
		if (step[i] < 0)
			bytes += (shape->dims[i] - 1) * magnitude(step[i]);
	}
	return bytes;
}

int shape_is_dense(const struct bench_shape *shape, const ptrdiff_t *step)
{
	size_t dense = shape->element_size;

	for (size_t i = 0; i < shape->ndims; i++) {
		if (step[i] != step_of(dense))
			return 0;
		dense *= shape->dims[i];
	}
	return 1;
}

int shape_layout(const struct bench_shape *shape, const ptrdiff_t *step, void *base,
		 struct aml_layout **layout)
{
	/* With every pitch 1, a stride is a step in elements. */
	static const size_t pitch[SHAPE_NDIMS] = {1, 1, 1, 1, 1, 1};
	size_t stride[SHAPE_NDIMS];

	for (size_t i = 0; i < shape->ndims; i++) {
		if (step[i] < 0 || (size_t)step[i] % shape->element_size != 0)
			return aml_layout_steps_create(layout, base, AML_LAYOUT_ORDER_COLUMN_MAJOR,
						       shape->element_size, shape->ndims,
						       shape->dims, step);
		stride[i] = (size_t)step[i] / shape->element_size;
	}
	return aml_layout_dense_create(layout, base, AML_LAYOUT_ORDER_COLUMN_MAJOR,
				       shape->element_size, shape->ndims, shape->dims, stride,
				       pitch);
}

void shape_reference(const struct bench_shape *shape, void *dst, const void *src)
{
	size_t coords[SHAPE_NDIMS] = {0};
	size_t i;

	do {
		char *to = dst;
		const char *from = src;

		for (i = 1; i < shape->ndims; i++) {
			to += (ptrdiff_t)coords[i] * shape->dst_step[i];
			from += (ptrdiff_t)coords[i] * shape->src_step[i];
		}
		for (size_t j = 0; j < shape->dims[0]; j++)
			memcpy(to + (ptrdiff_t)j * shape->dst_step[0],
			       from + (ptrdiff_t)j * shape->src_step[0], shape->element_size);
		for (i = 1; i < shape->ndims && ++coords[i] == shape->dims[i]; i++)
			coords[i] = 0;
	} while (i < shape->ndims);
}
