/* SPDX-License-Identifier: BSD-3-Clause */
/* Lowers layouts to views, and checks layouts that have no view. */
#include <aml/utils/error.h>

#include "layout/kind.h"
#include "layout/nest.h"
#include "layout/plain.h"
#include "layout/view.h"

/* Make the view of a layout by its fast path. */
static int view_by_steps(const struct aml_layout *layout, const struct outline *outline,
			 struct view *view)
{
	ptrdiff_t steps[NDIMS_MAX];
	void *base;
	int err = layout_steps(layout, outline, &base, steps);

	if (err != AML_SUCCESS)
		return err;
	view->base = base;
	for (size_t i = 0; i < outline->ndims; i++)
		view->factors[i] = (struct factor){outline->dims[i], steps[i]};
	return AML_SUCCESS;
}

int layout_view(const struct aml_layout *layout, const struct outline *outline, struct view *view)
{
	struct outline own = *outline;
	struct plain_layout plain;

	view->by_dims = true;
	while (layout_reshape(layout) != NULL) {
		layout = layout_target(layout, &own);
		view->by_dims = false;
	}
	view->nfactors = own.ndims;
	if (!layout_plain(layout, &plain))
		return view_by_steps(layout, &own, view);
	view->base = plain.ptr;
	for (size_t i = 0; i < own.ndims; i++)
		view->factors[i] = (struct factor){own.dims[i], plain_step(&plain, i)};
	return view->base != NULL ? AML_SUCCESS : -AML_EINVAL;
}

bool view_is_writable(const struct view *view)
{
	for (size_t i = 0; i < view->nfactors; i++)
		if (view->factors[i].step == 0 && view->factors[i].extent > 1)
			return false;
	return true;
}

/* Does a layout without the fast path have the operator rawptr, and does rawptr return NULL? */
static bool lies_nowhere(const struct aml_layout *layout, const struct outline *outline)
{
	return layout->ops->rawptr != NULL && !any_zero(outline->ndims, outline->dims) &&
	       layout->ops->rawptr(layout->data) == NULL;
}

/* Does a step of 0 give several of the elements at these coordinates the same address? */
static bool writes_repeat(size_t ndims, const struct interval *reached, const ptrdiff_t *steps)
{
	bool repeat = false;

	for (size_t i = 0; i < ndims; i++) {
		if (reached[i].from >= reached[i].to)
			return false;
		repeat |= steps[i] == 0 && reached[i].to - reached[i].from > 1;
	}
	return repeat;
}

int layout_check_elements(const struct aml_layout *layout, const struct outline *outline,
			  bool is_written)
{
	struct outline own = *outline;
	const struct aml_layout *target;
	struct interval reached[NDIMS_MAX]; /* the coordinates that the copy reaches */
	ptrdiff_t steps[NDIMS_MAX];
	void *base;
	int err;

	for (size_t i = 0; i < own.ndims; i++)
		reached[i] = (struct interval){0, own.dims[i]};
	while ((target = layout_target(layout, &own)) != NULL) {
		const size_t *offsets = layout_offsets(layout);

		for (size_t i = 0; i < own.ndims; i++)
			reached[i] = offsets != NULL
					     ? crop_to_target(reached[i], offsets[i], own.dims[i])
					     : (struct interval){0, own.dims[i]};
		layout = target;
	}
	err = layout_steps(layout, &own, &base, steps);
	if (err == -AML_ENOTSUP)
		return lies_nowhere(layout, &own) ? -AML_EINVAL : AML_SUCCESS;
	if (err != AML_SUCCESS || !is_written)
		return err;
	return writes_repeat(own.ndims, reached, steps) ? -AML_EINVAL : AML_SUCCESS;
}

/* Unsigned, because the end of a factor can exceed the range of ptrdiff_t. */
static bool factor_continues(const struct factor *next, const struct factor *last)
{
	return (size_t)next->step == (size_t)last->step * last->extent;
}

void view_permute(struct view *view, const size_t *permutation)
{
	const struct view old = *view;

	for (size_t i = 0; i < old.nfactors; i++)
		view->factors[i] = old.factors[permutation[i]];
}

void view_merge(struct view *view)
{
	size_t n = 0;

	for (size_t i = 0; i < view->nfactors; i++) {
		const struct factor factor = view->factors[i];

		if (factor.extent == 1)
			continue;
		if (n > 0 && factor_continues(&factor, &view->factors[n - 1]))
			view->factors[n - 1].extent *= factor.extent;
		else
			view->factors[n++] = factor;
	}
	view->nfactors = n;
}
