/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Determines the kind of a layout. A program may copy one of the library's tables of operators and
 * replace some operators. A layout with such a table is not of the library's kind.
 */
#include <stdint.h>
#include <string.h>

#include <aml/layout/dense.h>
#include <aml/layout/steps.h>
#include <aml/utils/error.h>

#include "layout/kind.h"
#include "layout/nest.h"
#include "layout/shape.h"

/*
 * Does `ops` describe the same data as the library's table `own`? It does not if a program replaced
 * one of these operators.
 */
static bool describes_same_data(const struct aml_layout_ops *ops, const struct aml_layout_ops *own)
{
	return ops->deref_native == own->deref_native && ops->ndims == own->ndims &&
	       ops->dims_native == own->dims_native && ops->element_size == own->element_size;
}

const struct aml_layout_data_reshape *layout_reshape(const struct aml_layout *layout)
{
	if (!describes_same_data(layout->ops, &aml_layout_reshape_row_ops))
		return NULL;
	return (const struct aml_layout_data_reshape *)layout->data;
}

const struct aml_layout_pad *layout_pad(const struct aml_layout *layout)
{
	if (!describes_same_data(layout->ops, &aml_layout_pad_row_ops))
		return NULL;
	return (const struct aml_layout_pad *)layout->data;
}

/* Do all elements lie within PTRDIFF_MAX bytes, like the elements of one object? */
static bool elements_in_reach(const struct outline *outline, const ptrdiff_t *steps)
{
	size_t span = outline->element_size, reach;

	for (size_t i = 0; i < outline->ndims; i++)
		if (__builtin_mul_overflow(outline->dims[i] - 1, magnitude(steps[i]), &reach) ||
		    __builtin_add_overflow(span, reach, &span))
			return false;
	return span <= PTRDIFF_MAX;
}

/*
 * Does the fast path of a table belong to the other operators of the table? If the fast path is
 * one of the library's, a program may have replaced some of these.
 */
static bool fast_path_is_own(const struct aml_layout_ops *ops)
{
	static const struct aml_layout_ops *const owns[] = {&aml_layout_column_ops,
							    &aml_layout_steps_column_ops};

	for (size_t i = 0; i < sizeof(owns) / sizeof(*owns); i++)
		if (ops->steps_native == owns[i]->steps_native)
			return describes_same_data(ops, owns[i]);
	return true;
}

int layout_steps(const struct aml_layout *layout, const struct outline *outline, void **base,
		 ptrdiff_t *steps)
{
	const struct aml_layout_ops *ops = layout->ops;

	if (ops->steps_native == NULL || !fast_path_is_own(ops))
		return -AML_ENOTSUP;
	/* Outputs that the operator does not store are NULL and 0. */
	*base = NULL;
	memset(steps, 0, outline->ndims * sizeof(*steps));
	if (ops->steps_native(layout->data, base, steps) != AML_SUCCESS)
		return -AML_ENOTSUP;
	if (any_zero(outline->ndims, outline->dims))
		return AML_SUCCESS;
	return *base != NULL && elements_in_reach(outline, steps) ? AML_SUCCESS : -AML_EINVAL;
}

/*
 * Does a reshape layout have the same number of elements as its target? If a program replaced
 * dims_native, the numbers may differ. However, the target must not be empty then, because
 * target_coords() would divide by 0.
 */
static bool has_as_many_elements(const struct aml_layout *layout, const struct outline *outline,
				 const struct outline *target)
{
	size_t count = 0, target_count = 0;

	if (layout->ops->deref_native != reshape_deref_native)
		return true;
	/* layout_shape() has checked that neither product overflows. */
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
