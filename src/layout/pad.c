/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pad layouts: a target with other extents, filled up with a neutral element. All data is in native
 * order; the target may have either order.
 *
 * A pad owns its target from its creation on. The neutral element is only read: copies that write
 * to a pad call layout_place(), which returns no address outside of the target.
 */
#include <stdlib.h>
#include <string.h>

#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/utils/error.h>

#include "layout/nest.h"
#include "layout/pad.h"
#include "layout/shape.h"
#include "layout/sizes.h"

/* A layout in one block. `arrays` has dims, target_dims, offsets, then the neutral element. */
struct pad_memory {
	struct aml_layout layout;
	struct aml_layout_pad data;
	size_t arrays[];
};

static const struct aml_layout_pad *pad_data(const struct aml_layout_data *data)
{
	return (const struct aml_layout_pad *)data;
}

/* Create a pad over the target `inner` of the shape `target`. NULL: out of memory. */
static struct aml_layout *pad_allocate(struct aml_layout_ops *ops, int order,
				       struct aml_layout *inner, const struct outline *target,
				       const size_t *dims, const void *neutral,
				       const size_t *offsets)
{
	size_t sizes = target->ndims * sizeof(size_t), bytes;
	struct pad_memory *memory;

	if (__builtin_add_overflow(sizeof(*memory) + 3 * sizes, target->element_size, &bytes))
		return NULL;
	memory = malloc(bytes);
	if (memory == NULL)
		return NULL;
	memory->layout.ops = ops;
	memory->layout.data = (struct aml_layout_data *)&memory->data;
	memory->data.tags = AML_LAYOUT_ORDER(order);
	memory->data.target = inner;
	memory->data.ndims = target->ndims;
	memory->data.element_size = target->element_size;
	memory->data.dims = memory->arrays;
	memory->data.target_dims = memory->arrays + target->ndims;
	memory->data.offsets = memory->arrays + 2 * target->ndims;
	memory->data.neutral = memory->arrays + 3 * target->ndims;
	memcpy(memory->data.dims, dims, sizes);
	memcpy(memory->data.target_dims, target->dims, sizes);
	memcpy(memory->data.offsets, offsets, sizes);
	memcpy(memory->data.neutral, neutral, target->element_size);
	return &memory->layout;
}

static void *pad_row_deref(const struct aml_layout_data *data, const size_t *coords)
{
	size_t native[NDIMS_MAX];

	layout_reorder(AML_LAYOUT_ORDER_C, pad_data(data)->ndims, native, coords);
	return pad_deref_native(data, native);
}

static void *pad_rawptr(const struct aml_layout_data *data)
{
	return aml_layout_rawptr(pad_data(data)->target);
}

static int pad_order(const struct aml_layout_data *data)
{
	return AML_LAYOUT_ORDER(pad_data(data)->tags);
}

static int pad_dims(const struct aml_layout_data *data, size_t *user)
{
	layout_reorder(pad_order(data), pad_data(data)->ndims, user, pad_data(data)->dims);
	return AML_SUCCESS;
}

static int pad_dims_native(const struct aml_layout_data *data, size_t *native)
{
	memcpy(native, pad_data(data)->dims, pad_data(data)->ndims * sizeof(*native));
	return AML_SUCCESS;
}

static size_t pad_ndims(const struct aml_layout_data *data)
{
	return pad_data(data)->ndims;
}

static size_t pad_element_size(const struct aml_layout_data *data)
{
	return pad_data(data)->element_size;
}

static int pad_print(const struct aml_layout_data *data, FILE *stream, const char *prefix)
{
	const struct aml_layout_pad *p = pad_data(data);
	int err = layout_print_kind(stream, prefix, "pad", pad_order(data));

	if (err == AML_SUCCESS)
		err = layout_print_line(stream, prefix, "  element size: %zu", p->element_size);
	if (err == AML_SUCCESS)
		err = layout_print_sizes(stream, prefix, "  dims", p->tags, p->ndims, p->dims);
	if (err == AML_SUCCESS)
		err = layout_print_sizes(stream, prefix, "  target dims", p->tags, p->ndims,
					 p->target_dims);
	if (err == AML_SUCCESS)
		err = layout_print_sizes(stream, prefix, "  offsets", p->tags, p->ndims,
					 p->offsets);
	if (err == AML_SUCCESS)
		err = layout_print_line(stream, prefix, "  target:");
	return err == AML_SUCCESS ? aml_layout_fprintf(stream, prefix, p->target) : err;
}

/* Create a pad like `p` over another target. */
static int make_pad_like(const struct aml_layout_pad *p, struct aml_layout_ops *ops,
			 struct aml_layout *target, struct aml_layout **output)
{
	const struct outline inner = {p->ndims, p->element_size, p->target_dims};
	struct aml_layout *copy =
		pad_allocate(ops, p->tags, target, &inner, p->dims, p->neutral, p->offsets);

	if (copy == NULL)
		return -AML_ENOMEM;
	*output = copy;
	return AML_SUCCESS;
}

int pad_over(const struct aml_layout_pad *pad, struct aml_layout *target, struct aml_layout **out)
{
	return make_pad_like(pad, &aml_layout_pad_column_ops, target, out);
}

static int pad_duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	const struct aml_layout_pad *p = pad_data(layout->data);
	const struct outline inner = {p->ndims, p->element_size, p->target_dims};
	struct aml_layout *target;
	int err = layout_duplicate_as(p->target, &inner, &target, ptr);

	if (err != AML_SUCCESS)
		return err;
	err = make_pad_like(p, layout->ops, target, output);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&target);
	return err;
}

void aml_layout_pad_destroy(struct aml_layout *layout)
{
	if (layout == NULL)
		return;
	aml_layout_destroy(&((struct aml_layout_pad *)layout->data)->target);
	free(layout);
}

/* Create a pad; all arrays are in user order. `offsets` NULL: 0 in each dimension. */
static int create_pad(struct aml_layout **layout, int order, struct aml_layout *target,
		      const size_t *dims, void *neutral, const size_t *offsets)
{
	struct outline outline;
	struct shape inner;
	size_t native[NDIMS_MAX], native_offsets[NDIMS_MAX] = {0}, count, size;
	struct aml_layout *made;
	int err;

	if (layout == NULL || target == NULL || dims == NULL || neutral == NULL)
		return -AML_EINVAL;
	err = layout_shape(target, &inner);
	if (err != AML_SUCCESS)
		return err;
	if (layout_depth(target) >= AML_LAYOUT_DEPTH_MAX)
		return -AML_EINVAL;
	layout_reorder(order, inner.ndims, native, dims);
	if (offsets != NULL)
		layout_reorder(order, inner.ndims, native_offsets, offsets);
	err = layout_count(inner.ndims, native, &count);
	if (err != AML_SUCCESS || __builtin_mul_overflow(count, inner.element_size, &size))
		return -AML_EINVAL;
	outline = outline_of(&inner);
	made = pad_allocate(AML_LAYOUT_ORDER(order) == AML_LAYOUT_ORDER_C
				    ? &aml_layout_pad_row_ops
				    : &aml_layout_pad_column_ops,
			    order, target, &outline, native, neutral, native_offsets);
	if (made == NULL)
		return -AML_ENOMEM;
	*layout = made;
	return AML_SUCCESS;
}

int aml_layout_pad_create(struct aml_layout **layout, const int order, struct aml_layout *target,
			  const size_t *dims, void *neutral)
{
	return create_pad(layout, order, target, dims, neutral, NULL);
}

int aml_layout_pad_create_at(struct aml_layout **layout, const int order, struct aml_layout *target,
			     const size_t *dims, void *neutral, const size_t *offsets)
{
	if (offsets == NULL)
		return -AML_EINVAL;
	return create_pad(layout, order, target, dims, neutral, offsets);
}

struct aml_layout_ops aml_layout_pad_row_ops = {
	.deref = pad_row_deref,
	.deref_native = pad_deref_native,
	.rawptr = pad_rawptr,
	.order = pad_order,
	.dims = pad_dims,
	.dims_native = pad_dims_native,
	.ndims = pad_ndims,
	.element_size = pad_element_size,
	.fprintf = pad_print,
	.duplicate = pad_duplicate,
	.destroy = aml_layout_pad_destroy,
	.concurrent = pad_concurrent,
};

struct aml_layout_ops aml_layout_pad_column_ops = {
	.deref = pad_deref_native,
	.deref_native = pad_deref_native,
	.rawptr = pad_rawptr,
	.order = pad_order,
	.dims = pad_dims,
	.dims_native = pad_dims_native,
	.ndims = pad_ndims,
	.element_size = pad_element_size,
	.fprintf = pad_print,
	.duplicate = pad_duplicate,
	.destroy = aml_layout_pad_destroy,
	.concurrent = pad_concurrent,
};
