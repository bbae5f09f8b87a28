/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plans of copies by user coordinates. Two layouts of one order have the same native dimensions.
 * Two layouts of different orders have each other's native dimensions in reverse.
 */
#include <aml/utils/error.h>

#include "layout/shape.h"
#include "plan/make.h"
#include "plan/orders.h"

int copy_plan_user(union copy_plan_room *room, struct aml_layout *dst, const struct aml_layout *src)
{
	size_t permutation[NDIMS_MAX];
	struct shape shape;
	int to, from, err = layout_shape(dst, &shape);

	if (err == AML_SUCCESS && src == NULL)
		err = -AML_EINVAL;
	if (err != AML_SUCCESS)
		return err;
	to = aml_layout_order(dst);
	from = aml_layout_order(src);
	if (to < 0 || from < 0)
		return to < 0 ? to : from;
	if (AML_LAYOUT_ORDER(to) == AML_LAYOUT_ORDER(from))
		return copy_plan_layouts(room, dst, src, NULL);
	for (size_t i = 0; i < shape.ndims; i++)
		permutation[i] = shape.ndims - 1 - i;
	return copy_plan_layouts(room, dst, src, permutation);
}
