/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes a copy plan from two layouts or two addresses.
 *
 * The planner lowers both layouts to views, and makes loops from the views. Two dense or steps
 * layouts need no views: their dimensions are the loops. If a side has no view, the plan has the
 * destination's dimensions, and the copy queries the layout for the address of each element.
 */
#include <aml/utils/error.h>

#include "layout/kind.h"
#include "layout/nest.h"
#include "layout/plain.h"
#include "layout/shape.h"
#include "layout/view.h"
#include "plan/boxes.h"
#include "plan/choose.h"
#include "plan/ends.h"
#include "plan/make.h"
#include "plan/method.h"
#include "plan/normal.h"
#include "plan/padded.h"
#include "plan/views.h"

static bool is_permutation(size_t n, const size_t *permutation)
{
	uint64_t seen = 0;

	_Static_assert(NDIMS_MAX <= 64, "each dimension has a bit");
	for (size_t i = 0; i < n; i++) {
		if (permutation[i] >= n || (seen >> permutation[i] & 1) != 0)
			return false;
		seen |= (uint64_t)1 << permutation[i];
	}
	return true;
}

static bool shapes_match(const struct shape *dst, const struct shape *src,
			 const size_t *permutation)
{
	if (dst->ndims != src->ndims || dst->element_size != src->element_size)
		return false;
	if (permutation != NULL && !is_permutation(dst->ndims, permutation))
		return false;
	for (size_t i = 0; i < dst->ndims; i++)
		if (dst->dims[i] != src->dims[permutation ? permutation[i] : i])
			return false;
	return true;
}

/*
 * Plan a copy between two plain layouts. Both have the same dimensions, which are the loops. Their
 * addresses and steps were checked when the layouts were created.
 */
__attribute__((always_inline)) static inline int plan_plain(union copy_plan_room *room,
							    const struct plain_layout *dst,
							    const struct plain_layout *src,
							    const size_t *permutation)
{
	struct copy_plan *plan = copy_plan_start(room, dst->element_size);
	bool writable = true;
	size_t count = 1;

	if (dst->ndims != src->ndims || dst->element_size != src->element_size ||
	    (permutation != NULL && !is_permutation(dst->ndims, permutation)))
		return -AML_EINVAL;
	for (size_t i = 0; i < dst->ndims; i++) {
		size_t j = permutation != NULL ? permutation[i] : i, extent = dst->dims[i];
		struct copy_loop loop = {extent, plain_step(dst, i), plain_step(src, j)};

		if (extent != src->dims[j])
			return -AML_EINVAL;
		/* It does not overflow, which was checked when the layouts were created. */
		count *= extent;
		if (extent == 1)
			continue;
		writable &= loop.dst_step != 0;
		plan->loops[plan->nloops++] = loop;
	}
	if (count == 0) {
		plan->nloops = 0;
		return AML_SUCCESS;
	}
	if (!writable)
		return -AML_EINVAL;
	plan->run.dst = dst->ptr;
	plan->run.src = src->ptr;
	copy_plan_complete(plan, count);
	return AML_SUCCESS;
}

/* The common case: the compiler knows that neither layout has steps. */
static int plan_dense(union copy_plan_room *room, const struct aml_layout_dense *dst,
		      const struct aml_layout_dense *src, const size_t *permutation)
{
	const struct plain_layout to = plain_of_dense(dst), from = plain_of_dense(src);

	return plan_plain(room, &to, &from, permutation);
}

/* The general case. Also rejects NULL. */
__attribute__((noinline)) static int plan_any(union copy_plan_room *room, struct aml_layout *dst,
					      const struct aml_layout *src,
					      const size_t *permutation)
{
	struct layout_end to, from;
	int err = layout_end_ask(&to, dst);

	if (err == AML_SUCCESS)
		err = layout_end_ask(&from, src);
	if (err != AML_SUCCESS)
		return err;
	if (!shapes_match(&to.shape, &from.shape, permutation))
		return -AML_EINVAL;
	copy_plan_start(room, to.shape.element_size);
	if (any_zero(to.shape.ndims, to.shape.dims))
		return AML_SUCCESS;
	err = layout_end_view(&to);
	if (err == AML_SUCCESS && to.has_view && !view_is_writable(&to.view))
		return -AML_EINVAL;
	if (err == AML_SUCCESS)
		err = layout_end_view(&from);
	if (err != AML_SUCCESS)
		return err;
	if (to.has_view && from.has_view && (permutation == NULL || from.view.by_dims)) {
		if (permutation != NULL)
			view_permute(&from.view, permutation);
		return copy_plan_views(room, &to.view, &from.view, to.shape.element_size);
	}
	if (layout_pad(dst) != NULL || layout_pad(src) != NULL) {
		err = copy_plan_boxes(room, dst, src, &to.outline, &from.outline, permutation);
		if (err != -AML_ENOTSUP)
			return err;
	}
	return copy_plan_deref(room, &to, &from, permutation, true);
}

int copy_plan_elements(union copy_plan_room *room, struct aml_layout *dst,
		       const struct aml_layout *src)
{
	struct layout_end to, from;
	int err = layout_end_ask(&to, dst);

	if (err == AML_SUCCESS)
		err = layout_end_ask(&from, src);
	if (err == AML_SUCCESS)
		err = layout_end_view(&to);
	if (err == AML_SUCCESS)
		err = layout_end_view(&from);
	return err == AML_SUCCESS ? copy_plan_deref(room, &to, &from, NULL, true) : err;
}

/* Not inlined, so that a copy between two dense layouts does not pay for it. */
__attribute__((noinline)) static int plan_others(union copy_plan_room *room, struct aml_layout *dst,
						 const struct aml_layout *src,
						 const size_t *permutation)
{
	struct plain_layout to, from;

	if (layout_plain(dst, &to) && layout_plain(src, &from))
		return plan_plain(room, &to, &from, permutation);
	return plan_any(room, dst, src, permutation);
}

int copy_plan_layouts(union copy_plan_room *room, struct aml_layout *dst,
		      const struct aml_layout *src, const size_t *permutation)
{
	const struct aml_layout_dense *to = layout_dense(dst), *from = layout_dense(src);

	if (to != NULL && from != NULL)
		return plan_dense(room, to, from, permutation);
	if (to != NULL && src != NULL && permutation == NULL && copy_plan_padded(room, to, src))
		return AML_SUCCESS;
	if (permutation == NULL && dst != NULL && src != NULL &&
	    copy_plan_dense_boxes(room, dst, src))
		return AML_SUCCESS;
	return plan_others(room, dst, src, permutation);
}

/* Get the address of a layout. -AML_EINVAL if it is not contiguous or has several dimensions. */
static int contiguous_base(const struct aml_layout *layout, const struct shape *shape, void **base)
{
	const struct outline outline = outline_of(shape);
	ptrdiff_t steps[NDIMS_MAX];

	if (shape->ndims != 1 || layout_steps(layout, &outline, base, steps) != AML_SUCCESS ||
	    steps[0] != (ptrdiff_t)shape->element_size)
		return -AML_EINVAL;
	return AML_SUCCESS;
}

int copy_plan_1d(union copy_plan_room *room, struct aml_layout *dst, const struct aml_layout *src)
{
	struct shape dst_shape, src_shape;
	void *to, *from;
	int err = layout_shape(dst, &dst_shape);

	if (err == AML_SUCCESS)
		err = layout_shape(src, &src_shape);
	if (err == AML_SUCCESS)
		err = contiguous_base(dst, &dst_shape, &to);
	if (err == AML_SUCCESS)
		err = contiguous_base(src, &src_shape, &from);
	if (err != AML_SUCCESS)
		return err;
	if (!shapes_match(&dst_shape, &src_shape, NULL))
		return -AML_EINVAL;
	return copy_plan_bytes(room, to, from, dst_shape.dims[0] * dst_shape.element_size);
}

/* Apart from copy_plan_bytes(), so that small copies do not pay for it. */
__attribute__((noinline)) static void choose_for_bytes(struct copy_plan *plan, size_t size)
{
	copy_choose_route(plan, size);
	copy_choose_variant(plan, size);
	copy_plan_choose_method(plan);
}

int copy_plan_bytes(union copy_plan_room *room, void *dst, const void *src, size_t size)
{
	struct copy_plan *plan = copy_plan_start(room, size);

	if (size == 0)
		return AML_SUCCESS;
	if (dst == NULL || src == NULL)
		return -AML_EINVAL;
	plan->kind = COPY_FLAT;
	plan->run.dst = dst;
	plan->run.src = src;
	if (size >= copy_choice_bytes(COPY_FLAT))
		choose_for_bytes(plan, size);
	return AML_SUCCESS;
}
