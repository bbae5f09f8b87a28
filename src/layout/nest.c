/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pads and reshape layouts over each other. Each keeps the extents that its target had when it was
 * made, and these are what copies are planned with: the target is only asked whether it still has
 * them. A nest is no deeper than AML_LAYOUT_DEPTH_MAX wherever layout_shape() has been asked, so
 * that going through it, which is done by recursion, takes a bounded stack.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "layout/layout.h"

struct aml_layout *layout_target(const struct aml_layout *layout, struct outline *outline)
{
	if (layout == NULL || layout->ops == NULL)
		return NULL;
	if (layout->ops->deref_native == pad_deref_native) {
		const struct aml_layout_pad *pad = (const struct aml_layout_pad *)layout->data;

		outline->ndims = pad->ndims;
		outline->dims = pad->target_dims;
		return pad->target;
	}
	if (layout->ops->deref_native == reshape_deref_native) {
		const struct aml_layout_data_reshape *reshape =
			(const struct aml_layout_data_reshape *)layout->data;

		outline->ndims = reshape->target_ndims;
		outline->dims = reshape->target_dims;
		return reshape->target;
	}
	return NULL;
}

unsigned layout_depth(const struct aml_layout *layout)
{
	struct outline outline;
	unsigned depth = 0;

	while (depth <= AML_LAYOUT_DEPTH_MAX && (layout = layout_target(layout, &outline)) != NULL)
		depth++;
	return depth;
}

/* Not inlined: what it takes of the stack is not to add up where layouts duplicate theirs. */
__attribute__((noinline)) int layout_is(const struct aml_layout *layout,
					const struct outline *outline)
{
	struct shape shape;
	int err = layout_shape(layout, &shape);

	if (err != AML_SUCCESS)
		return err;
	if (shape.ndims != outline->ndims || shape.element_size != outline->element_size ||
	    memcmp(shape.dims, outline->dims, shape.ndims * sizeof(*shape.dims)) != 0)
		return -AML_EINVAL;
	return AML_SUCCESS;
}

/*
 * Has a reshape layout of this shape as many elements as its target? A table in which dims_native
 * was replaced may tell of fewer or of more, but the coordinates in a target without any would be
 * remainders of a division by 0.
 */
static bool as_many(const struct aml_layout *layout, const struct outline *outline,
		    const struct outline *target)
{
	size_t count = 0, target_count = 0;

	if (layout->ops->deref_native != reshape_deref_native)
		return true;
	/* Neither overflows: layout_shape() has looked. */
	(void)layout_count(outline->ndims, outline->dims, &count);
	(void)layout_count(target->ndims, target->dims, &target_count);
	return count == target_count || (target_count > 0 && layout_reshape(layout) == NULL);
}

int layout_check_targets(const struct aml_layout *layout, const struct outline *outline)
{
	struct outline own = *outline, inner = own;
	const struct aml_layout *target;

	while ((target = layout_target(layout, &inner)) != NULL) {
		int err = layout_is(target, &inner);

		if (err != AML_SUCCESS)
			return err;
		if (!as_many(layout, &own, &inner))
			return -AML_EINVAL;
		layout = target;
		own = inner;
	}
	return AML_SUCCESS;
}

int layout_duplicate_as(const struct aml_layout *layout, const struct outline *outline,
			struct aml_layout **out, void *ptr)
{
	struct aml_layout *copy;
	int err = aml_layout_duplicate(layout, &copy, ptr);

	if (err != AML_SUCCESS)
		return err;
	if (layout_is(copy, outline) != AML_SUCCESS) {
		aml_layout_destroy(&copy);
		return -AML_EINVAL;
	}
	*out = copy;
	return AML_SUCCESS;
}

bool layout_place(const struct aml_layout *layout, const size_t *coords, void **place)
{
	if (layout->ops->deref_native == pad_deref_native)
		return pad_place(layout->data, coords, place);
	if (layout->ops->deref_native == reshape_deref_native)
		return reshape_place(layout->data, coords, place);
	*place = layout->ops->deref_native(layout->data, coords);
	return true;
}
