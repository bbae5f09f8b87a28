/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorts the axes of a shape, and cuts it into sections. */
#include <string.h>

#include "shape.h"

/* Put an axis at its place among those before it. The order of equal steps stays. */
static void axis_insert(struct far_shape *shape, const struct shape_axis *axis)
{
	size_t i = shape->n++;

	for (; i > 0 && shape->axes[i - 1].far > axis->far; i--)
		shape->axes[i] = shape->axes[i - 1];
	shape->axes[i] = *axis;
}

void shape_make(struct far_shape *shape, size_t element_size, size_t ndims, const size_t *dims,
		size_t at, const ptrdiff_t *steps, const struct near_steps *near)
{
	shape->element_size = element_size;
	shape->at = at;
	shape->near = near != NULL ? near->base : NULL;
	shape->n = 0;
	for (size_t i = 0; i < ndims; i++) {
		struct shape_axis axis = {dims[i], steps[i], near != NULL ? near->steps[i] : 0, i,
					  steps[i] < 0};

		if (axis.extent == 1)
			continue;
		if (axis.reversed) {
			/* The last element becomes the first one. */
			shape->at += (size_t)((ptrdiff_t)(axis.extent - 1) * axis.far);
			axis.far = -axis.far;
			if (shape->near != NULL)
				shape->near += (ptrdiff_t)(axis.extent - 1) * axis.near;
			axis.near = -axis.near;
		}
		axis_insert(shape, &axis);
	}
}

size_t shape_bytes(const struct far_shape *shape)
{
	size_t bytes = shape->element_size;

	for (size_t i = 0; i < shape->n; i++)
		bytes *= shape->axes[i].extent;
	return bytes;
}

size_t shape_span(const struct far_shape *shape)
{
	size_t span = shape->element_size;

	for (size_t i = 0; i < shape->n; i++)
		span += (shape->axes[i].extent - 1) * (size_t)shape->axes[i].far;
	return span;
}

void shape_cut_make(struct shape_cut *cut, const struct far_shape *shape, size_t bytes,
		    bool by_span)
{
	size_t inner = shape->element_size;

	*cut = (struct shape_cut){.split = shape->n};
	for (size_t i = 0; i < shape->n; i++) {
		const struct shape_axis *axis = &shape->axes[i];
		const size_t step = by_span ? (size_t)axis->far : inner;

		/* All of the axis fits if (extent - 1) * step + inner is at most `bytes`. */
		if (inner > bytes || (bytes - inner) / step < axis->extent - 1) {
			cut->split = i;
			cut->block = inner >= bytes ? 1 : (bytes - inner) / step + 1;
			return;
		}
		inner += (axis->extent - 1) * step;
	}
}

/* Move to the next section: as the wheels of a counter, of which the split axis is the first. */
static void cut_advance(struct shape_cut *cut, const struct far_shape *shape)
{
	for (size_t i = cut->split; i < shape->n; i++) {
		cut->next[i] += i == cut->split ? cut->block : 1;
		if (cut->next[i] < shape->axes[i].extent)
			return;
		cut->next[i] = 0;
	}
	cut->done = true;
}

bool shape_next(struct shape_cut *cut, const struct far_shape *shape, struct far_shape *section,
		size_t *from)
{
	if (cut->done)
		return false;
	*section = *shape;
	memset(from, 0, shape->n * sizeof(*from));
	for (size_t i = cut->split; i < shape->n; i++) {
		const size_t left = shape->axes[i].extent - cut->next[i];
		const size_t most = i == cut->split ? cut->block : 1;

		from[i] = cut->next[i];
		section->axes[i].extent = left < most ? left : most;
		section->at += from[i] * (size_t)shape->axes[i].far;
		if (section->near != NULL)
			section->near += (ptrdiff_t)from[i] * shape->axes[i].near;
	}
	cut_advance(cut, shape);
	return true;
}
