/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes copies of layouts for posted requests. In native order, a copy describes the same elements
 * as the original. It does not need the original. The copy of a layout with the fast path is a
 * steps layout, which is plain data. The copy of a pad or a reshape layout has a copy of the
 * target. Any other layout is copied by its operator duplicate.
 */
#include <aml/utils/error.h>

#include "layout/freeze.h"
#include "layout/kind.h"
#include "layout/nest.h"
#include "layout/pad.h"
#include "layout/reshape.h"
#include "layout/shape.h"
#include "layout/steps.h"

static int freeze_strided(const struct aml_layout *layout, const struct outline *outline,
			  struct aml_layout **out)
{
	ptrdiff_t steps[NDIMS_MAX];
	void *base;
	int err = layout_steps(layout, outline, &base, steps);

	if (err != AML_SUCCESS)
		return err;
	return steps_make(AML_LAYOUT_ORDER_COLUMN_MAJOR, outline, base, steps, out);
}

static int freeze_nest(const struct aml_layout *layout, const struct outline *outline,
		       struct aml_layout **out)
{
	const struct aml_layout_data_reshape *reshape = layout_reshape(layout);
	const struct aml_layout_pad *pad = layout_pad(layout);
	struct outline inner = *outline;
	struct aml_layout *target;
	int err;

	if (pad == NULL && reshape == NULL) {
		err = freeze_strided(layout, outline, out);
		return err == -AML_ENOTSUP ? aml_layout_duplicate(layout, out, NULL) : err;
	}
	err = freeze_nest(layout_target(layout, &inner), &inner, &target);
	if (err != AML_SUCCESS)
		return err;
	err = pad != NULL ? pad_over(pad, target, out) : reshape_over(reshape, target, out);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&target);
	return err;
}

int layout_freeze(const struct aml_layout *layout, const struct outline *outline,
		  struct aml_layout **out)
{
	struct aml_layout *frozen;
	int err = freeze_nest(layout, outline, &frozen);

	if (err != AML_SUCCESS)
		return err;
	/* A duplicate operator may have made a different layout, or too deep a nest. */
	if (layout_is(frozen, outline) != AML_SUCCESS ||
	    layout_check_targets(frozen, outline) != AML_SUCCESS) {
		aml_layout_destroy(&frozen);
		return -AML_EINVAL;
	}
	*out = frozen;
	return AML_SUCCESS;
}
