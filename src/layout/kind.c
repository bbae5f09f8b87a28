/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What kind of layout one is. A table of operators may be a copy of one of the library's in which
 * a program replaced some: then the layout is of the library's kind no longer.
 */
#include <stdint.h>
#include <string.h>

#include <aml/layout/dense.h>
#include <aml/utils/error.h>

#include "layout/kind.h"
#include "layout/nest.h"
#include "layout/shape.h"

/*
 * Does a table that has an operator of one of the library's own still describe the same data? Not
 * if it is a copy in which one of these operators was replaced.
 */
static bool speaks_for(const struct aml_layout_ops *ops, const struct aml_layout_ops *own)
{
	return ops->deref_native == own->deref_native && ops->ndims == own->ndims &&
	       ops->dims_native == own->dims_native && ops->element_size == own->element_size;
}

const struct aml_layout_data_reshape *layout_reshape(const struct aml_layout *layout)
{
	if (!speaks_for(layout->ops, &aml_layout_reshape_row_ops))
		return NULL;
	return (const struct aml_layout_data_reshape *)layout->data;
}

const struct aml_layout_pad *layout_pad(const struct aml_layout *layout)
{
	if (!speaks_for(layout->ops, &aml_layout_pad_row_ops))
		return NULL;
	return (const struct aml_layout_pad *)layout->data;
}

/* Do the elements lie within reach of each other, as those of one object do? */
static bool elements_in_reach(const struct outline *outline, const ptrdiff_t *steps)
{
	size_t span = outline->element_size, reach;

	for (size_t i = 0; i < outline->ndims; i++)
		if (__builtin_mul_overflow(outline->dims[i] - 1, magnitude(steps[i]), &reach) ||
		    __builtin_add_overflow(span, reach, &span))
			return false;
	return span <= PTRDIFF_MAX;
}

int layout_steps(const struct aml_layout *layout, const struct outline *outline, void **base,
		 ptrdiff_t *steps)
{
	const struct aml_layout_ops *ops = layout->ops;
	const struct aml_layout_ops *own = &aml_layout_column_ops;

	if (ops->steps_native == NULL)
		return -AML_ENOTSUP;
	if (ops->steps_native == own->steps_native && !speaks_for(ops, own))
		return -AML_ENOTSUP;
	/* What it leaves out is nothing. */
	*base = NULL;
	memset(steps, 0, outline->ndims * sizeof(*steps));
	if (ops->steps_native(layout->data, base, steps) != AML_SUCCESS)
		return -AML_ENOTSUP;
	if (any_zero(outline->ndims, outline->dims))
		return AML_SUCCESS;
	return *base != NULL && elements_in_reach(outline, steps) ? AML_SUCCESS : -AML_EINVAL;
}

/*
 * Has a reshape layout of this shape as many elements as its target? A table in which dims_native
 * was replaced may tell of fewer or of more, but the coordinates in a target without any would be
 * remainders of a division by 0.
 */
static bool has_as_many_elements(const struct aml_layout *layout, const struct outline *outline,
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
		if (!has_as_many_elements(layout, &own, &inner))
			return -AML_EINVAL;
		layout = target;
		own = inner;
	}
	return AML_SUCCESS;
}
