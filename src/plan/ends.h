/* SPDX-License-Identifier: BSD-3-Clause */
/* The two layouts of a plan, and plans that ask them for the address of each element. */
#ifndef PLAN_ENDS_H
#define PLAN_ENDS_H

#include <aml/layout.h>

#include "layout/shape.h"
#include "layout/view.h"
#include "plan/plan.h"

/* A layout of a copy, and its view if it has one. */
struct layout_end {
	const struct aml_layout *layout;
	struct shape shape;
	struct outline outline; /* refers to `shape` */
	struct view view;
	bool has_view;
};

/*
 * Ask a layout for its shape. Returns -AML_EINVAL if it is invalid, or the error of an operator.
 */
int layout_end_ask(struct layout_end *end, const struct aml_layout *layout);

/* Find the view of a layout that is not empty. The errors are those of layout_view(). */
int layout_end_view(struct layout_end *end);

/*
 * Plan a copy element by element. Dimension i of `dst` is dimension `permutation[i]` of `src` or,
 * if `permutation` is NULL, dimension i. `is_written`: the destination is written. The errors are
 * those of layout_check_elements().
 */
int copy_plan_deref(union copy_plan_room *room, const struct layout_end *dst,
		    const struct layout_end *src, const size_t *permutation, bool is_written);

#endif /* PLAN_ENDS_H */
