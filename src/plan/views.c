/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes plans from two views. The loops are the common refinement of the views' factors, in normal
 * form. If there is no common refinement, the plan is a walk: each side keeps its own factors.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "plan/normal.h"
#include "plan/views.h"

/* Take `n` iterations off a factor. Returns false if `n` does not divide its remaining extent. */
static bool take_piece(struct factor *rest, size_t n)
{
	/* The common case avoids a division. */
	if (rest->extent == n) {
		rest->extent = 1;
		return true;
	}
	if (rest->extent % n != 0)
		return false;
	rest->extent /= n;
	if (rest->extent > 1)
		rest->step *= (ptrdiff_t)n;
	return true;
}

/*
 * Make loops over both views. Their extents are the common refinement of the views' factors.
 * Returns false if there is none. Both views are merged and have the same number of elements, so
 * they end together. Each loop ends at least one factor, so the loops of the two views fit the
 * plan.
 */
static bool refine_views(struct copy_plan *plan, const struct view *dst, const struct view *src)
{
	struct factor d = {1, 0}, s = {1, 0};
	size_t i = 0, j = 0;

	plan->nloops = 0;
	for (;;) {
		struct copy_loop loop;

		if (d.extent == 1 && i < dst->nfactors)
			d = dst->factors[i++];
		if (s.extent == 1 && j < src->nfactors)
			s = src->factors[j++];
		if (d.extent == 1)
			return true;
		loop = (struct copy_loop){min(d.extent, s.extent), d.step, s.step};
		if (!take_piece(&d, loop.extent) || !take_piece(&s, loop.extent))
			return false;
		plan->loops[plan->nloops++] = loop;
	}
}

/* Combine n elements of a walk into one. They are contiguous, and n divides the first factor. */
static void combine_elements(struct view *view, size_t n, ptrdiff_t bytes)
{
	struct factor *first = &view->factors[0];

	first->extent /= n;
	first->step = (ptrdiff_t)n * bytes;
	if (first->extent > 1)
		return;
	view->nfactors--;
	memmove(first, first + 1, view->nfactors * sizeof(*first));
}

/*
 * Make the loops of a walk: the factors of the destination, then the factors of the source. The
 * elements that are contiguous at the start of each row of both sides are one element of the walk.
 */
static void fill_in_walk(struct copy_plan *plan, struct view *dst, struct view *src)
{
	ptrdiff_t bytes = (ptrdiff_t)plan->run.bytes;
	size_t n = 1;

	if (dst->factors[0].step == bytes && src->factors[0].step == bytes)
		n = common_divisor(dst->factors[0].extent, src->factors[0].extent);
	if (n > 1) {
		combine_elements(dst, n, bytes);
		combine_elements(src, n, bytes);
		plan->run.bytes *= n;
	}
	plan->kind = COPY_WALK;
	plan->walk.dst_loops = (uint8_t)dst->nfactors;
	plan->nloops = (uint8_t)(dst->nfactors + src->nfactors);
	for (size_t i = 0; i < dst->nfactors; i++)
		plan->loops[i] =
			(struct copy_loop){dst->factors[i].extent, dst->factors[i].step, 0};
	for (size_t i = 0; i < src->nfactors; i++)
		plan->loops[dst->nfactors + i] =
			(struct copy_loop){src->factors[i].extent, 0, src->factors[i].step};
}

/* The number of elements. 0 if there are none, or if the number overflows. */
static size_t elements_of_view(const struct view *view)
{
	size_t n = 1;

	for (size_t i = 0; i < view->nfactors; i++)
		if (__builtin_mul_overflow(n, view->factors[i].extent, &n))
			return 0;
	return n;
}

/* Is the number of elements of both views the same, and not 0? If not, refine_views() may hang. */
static bool counts_match(const struct view *dst, const struct view *src)
{
	return elements_of_view(dst) > 0 && elements_of_view(dst) == elements_of_view(src);
}

/* Merge the factors of both views, whose counts match, and make loops over both. */
static bool merge_and_refine(struct copy_plan *plan, struct view *dst, struct view *src)
{
	view_merge(dst);
	view_merge(src);
	return refine_views(plan, dst, src);
}

bool copy_pair_views(struct copy_plan *plan, struct view *dst, struct view *src)
{
	return counts_match(dst, src) && merge_and_refine(plan, dst, src);
}

int copy_plan_views(union copy_plan_room *room, struct view *dst, struct view *src, size_t size)
{
	struct copy_plan *plan = copy_plan_start(room, size);

	if (!counts_match(dst, src))
		return -AML_EINVAL;
	plan->run.dst = dst->base;
	plan->run.src = src->base;
	if (merge_and_refine(plan, dst, src))
		copy_plan_normalise(plan);
	else
		fill_in_walk(plan, dst, src);
	return AML_SUCCESS;
}
