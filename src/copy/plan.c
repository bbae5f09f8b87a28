/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From two layouts to a copy plan.
 *
 * Both layouts are lowered to views. Where both can be, the loops over the common refinement of
 * their factors are brought into a normal form, which changes the order in which elements are
 * moved, never which goes where:
 *
 *  1. no loop has one iteration only, as no factor of a merged view has;
 *  2. the destination's steps are positive (a loop may run backwards instead);
 *  3. the loops stand in the order of the destination's steps, the smallest innermost;
 *  4. no two neighbours could be one loop, and the innermost is not a contiguous run.
 *
 * A transposition's loops are then put into another order: see choose() and order_planes().
 *
 * Two dense layouts need no views: their dimensions are the loops.
 *
 * Without a common refinement, both sides are walked along, each by its own factors. Where a
 * side cannot be lowered, the loops are the destination's dimensions, and each element's
 * address is asked for.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/machine.h"
#include "copy/plan.h"
#include "layout/dense.h"
#include "layout/kind.h"
#include "layout/shape.h"
#include "layout/view.h"

static bool is_permutation(size_t n, const size_t *permutation)
{
	bool seen[NDIMS_MAX] = {false};

	for (size_t i = 0; i < n; i++) {
		if (permutation[i] >= n || seen[permutation[i]])
			return false;
		seen[permutation[i]] = true;
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

/* A plan that does nothing yet. */
static struct copy_plan *start(union copy_plan_room *room, size_t size)
{
	room->plan = (struct copy_plan){.kind = COPY_EMPTY, .size = size};
	return &room->plan;
}

/* The next piece of `n` of a factor; false: n does not divide what is left of it. */
static bool take(struct factor *rest, size_t n)
{
	/* The usual case, without a division. */
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
 * Loops over both views at once, whose extents are the common refinement of the two
 * factorisations. False: there is none. Both are merged and have as many elements: neither ends
 * before the other, and each loop ends a factor of 2 or more, so that the plan has room for all.
 */
static bool refine(struct copy_plan *plan, const struct view *dst, const struct view *src)
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
		if (!take(&d, loop.extent) || !take(&s, loop.extent))
			return false;
		plan->loops[plan->nloops++] = loop;
	}
}

/* Both views as they are, one after the other. */
static void plan_walk(struct copy_plan *plan, const struct view *dst, const struct view *src)
{
	plan->kind = COPY_WALK;
	plan->count = (uint8_t)dst->nfactors;
	plan->nloops = (uint8_t)(dst->nfactors + src->nfactors);
	for (size_t i = 0; i < dst->nfactors; i++)
		plan->loops[i] =
			(struct copy_loop){dst->factors[i].extent, dst->factors[i].step, 0};
	for (size_t i = 0; i < src->nfactors; i++)
		plan->loops[dst->nfactors + i] =
			(struct copy_loop){src->factors[i].extent, 0, src->factors[i].step};
}

/* Rule 2. */
static void flip(struct copy_plan *plan)
{
	for (uint8_t i = 0; i < plan->nloops; i++) {
		struct copy_loop *loop = &plan->loops[i];

		if (loop->dst_step >= 0)
			continue;
		plan->dst.base += (ptrdiff_t)(loop->extent - 1) * loop->dst_step;
		plan->src.base += (ptrdiff_t)(loop->extent - 1) * loop->src_step;
		loop->dst_step = -loop->dst_step;
		loop->src_step = -loop->src_step;
	}
}

/* Rule 3, by insertion: there are few loops, and most layouts have them in order. */
static void sort(struct copy_plan *plan)
{
	for (uint8_t i = 1; i < plan->nloops; i++) {
		struct copy_loop loop = plan->loops[i];
		uint8_t j = i;

		while (j > 0 && plan->loops[j - 1].dst_step > loop.dst_step) {
			plan->loops[j] = plan->loops[j - 1];
			j--;
		}
		plan->loops[j] = loop;
	}
}

/* Does a loop with this step go on where `extent` steps of the last one end? */
static bool follows(ptrdiff_t step, ptrdiff_t last_step, size_t extent)
{
	/* Unsigned, since the end of the last loop may be out of ptrdiff_t's range. */
	return (size_t)step == (size_t)last_step * extent;
}

/* Rule 4. */
static void merge(struct copy_plan *plan)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < plan->nloops; i++) {
		const struct copy_loop *loop = &plan->loops[i];
		struct copy_loop *last = n > 0 ? &plan->loops[n - 1] : NULL;
		ptrdiff_t size = (ptrdiff_t)plan->size;

		if (last == NULL && loop->dst_step == size && loop->src_step == size)
			plan->size *= loop->extent;
		else if (last != NULL && follows(loop->dst_step, last->dst_step, last->extent) &&
			 follows(loop->src_step, last->src_step, last->extent))
			last->extent *= loop->extent;
		else
			plan->loops[n++] = *loop;
	}
	plan->nloops = n;
}

/*
 * The kind of a plan in normal form; a transposition's loop over the source's runs becomes
 * number 1.
 */
static enum copy_kind choose(struct copy_plan *plan)
{
	ptrdiff_t size = (ptrdiff_t)plan->size;

	if (plan->nloops == 0)
		return COPY_FLAT;
	for (uint8_t i = 1; i < plan->nloops && plan->loops[0].dst_step == size; i++) {
		struct copy_loop loop = plan->loops[i];

		if (loop.src_step != size)
			continue;
		memmove(&plan->loops[2], &plan->loops[1], (i - 1u) * sizeof(loop));
		plan->loops[1] = loop;
		return COPY_TRANSPOSE;
	}
	return COPY_STRIDED;
}

/*
 * From memory, planes follow each other as they stand in the source, whose lines are read ahead;
 * those of the destination are written whole anywhere.
 */
static void order_planes(struct copy_plan *plan)
{
	for (uint8_t i = 3; i < plan->nloops; i++) {
		struct copy_loop loop = plan->loops[i];
		uint8_t j = i;

		while (j > 2 && magnitude(plan->loops[j - 1].src_step) > magnitude(loop.src_step)) {
			plan->loops[j] = plan->loops[j - 1];
			j--;
		}
		plan->loops[j] = loop;
	}
}

static void normalise(struct copy_plan *plan)
{
	flip(plan);
	sort(plan);
	merge(plan);
	plan->kind = (uint8_t)choose(plan);
	plan->stream = copy_plan_payload(plan) >= machine()->cache / 2;
	if (plan->kind == COPY_TRANSPOSE && plan->stream) {
		order_planes(plan);
		copy_staged_order(plan);
	}
}

/* The number of elements; 0 if it is none that can be. */
static size_t count(const struct view *view)
{
	size_t n = 1;

	for (size_t i = 0; i < view->nfactors; i++)
		if (__builtin_mul_overflow(n, view->factors[i].extent, &n))
			return 0;
	return n;
}

int copy_plan_views(union copy_plan_room *room, struct view *dst, struct view *src, size_t size)
{
	struct copy_plan *plan = start(room, size);

	/* Loops over one side only would never end. */
	if (count(dst) == 0 || count(dst) != count(src))
		return -AML_EINVAL;
	plan->dst.base = dst->base;
	plan->src.base = src->base;
	view_merge(dst);
	view_merge(src);
	if (refine(plan, dst, src))
		normalise(plan);
	else
		plan_walk(plan, dst, src);
	return AML_SUCCESS;
}

/*
 * Two dense layouts: both have the same dimensions, and these are the loops, without views. What
 * is said of them by themselves has been checked when they were made.
 */
static int plan_dense(union copy_plan_room *room, const struct aml_layout_dense *dst,
		      const struct aml_layout_dense *src, const size_t *permutation)
{
	struct copy_plan *plan = start(room, dst->cpitch[0]);
	bool empty = false, writable = true;

	if (dst->ndims != src->ndims || dst->cpitch[0] != src->cpitch[0] ||
	    (permutation != NULL && !is_permutation(dst->ndims, permutation)))
		return -AML_EINVAL;
	for (size_t i = 0; i < dst->ndims; i++) {
		size_t j = permutation != NULL ? permutation[i] : i, extent = dst->dims[i];
		struct copy_loop loop = {extent, (ptrdiff_t)dense_step(dst, i),
					 (ptrdiff_t)dense_step(src, j)};

		if (extent != src->dims[j])
			return -AML_EINVAL;
		empty |= extent == 0;
		if (extent == 1)
			continue;
		writable &= loop.dst_step != 0;
		plan->loops[plan->nloops++] = loop;
	}
	if (empty) {
		plan->nloops = 0;
		return AML_SUCCESS;
	}
	if (!writable)
		return -AML_EINVAL;
	plan->dst.base = dst->ptr;
	plan->src.base = src->ptr;
	normalise(plan);
	return AML_SUCCESS;
}

/* The source's factors in the order of the destination's dimensions. */
static void permute(struct view *src, const size_t *permutation)
{
	const struct view old = *src;

	for (size_t i = 0; i < old.nfactors; i++)
		src->factors[i] = old.factors[permutation[i]];
}

/* A layout and, if it could be lowered, its view. */
struct end {
	const struct aml_layout *layout;
	struct shape shape;
	struct outline outline; /* of the shape */
	struct view view;
	bool lowered;
};

static int look_at(struct end *end, const struct aml_layout *layout)
{
	int err = layout_shape(layout, &end->shape);

	end->layout = layout;
	end->outline = outline_of(&end->shape);
	return err == AML_SUCCESS ? layout_check_targets(layout, &end->outline) : err;
}

static int lower(struct end *end)
{
	int err = layout_view(end->layout, &end->outline, &end->view);

	end->lowered = err == AML_SUCCESS;
	return err == -AML_ENOTSUP ? AML_SUCCESS : err;
}

/* A side of a copy by elements: its address and steps, or the layout and its dimensions' numbers.
 */
static int plan_side(const struct end *end, bool is_written, union copy_side *side, bool *is_layout,
		     ptrdiff_t *steps)
{
	*is_layout = !end->lowered || !end->view.by_dims;
	if (*is_layout)
		/* The field is not const for a destination's sake; a source is only read. */
		side->layout = (struct aml_layout *)(uintptr_t)end->layout;
	else
		side->base = end->view.base;
	for (size_t i = 0; i < end->shape.ndims; i++)
		steps[i] = *is_layout ? (ptrdiff_t)i : end->view.factors[i].step;
	return *is_layout ? layout_check_elements(end->layout, &end->outline, is_written)
			  : AML_SUCCESS;
}

/* Plan a copy element by element. */
static int plan_deref(union copy_plan_room *room, const struct end *dst, const struct end *src,
		      const size_t *permutation)
{
	struct copy_plan *plan = start(room, dst->shape.element_size);
	ptrdiff_t dst_steps[NDIMS_MAX], src_steps[NDIMS_MAX];
	int err = plan_side(dst, true, &plan->dst, &plan->dst_is_layout, dst_steps);

	if (err == AML_SUCCESS)
		err = plan_side(src, false, &plan->src, &plan->src_is_layout, src_steps);
	if (err != AML_SUCCESS)
		return err;
	plan->kind = COPY_DEREF;
	plan->nloops = (uint8_t)dst->shape.ndims;
	for (size_t i = 0; i < dst->shape.ndims; i++)
		plan->loops[i] = (struct copy_loop){dst->shape.dims[i], dst_steps[i],
						    src_steps[permutation ? permutation[i] : i]};
	return AML_SUCCESS;
}

/* Any other two layouts, and NULL. */
__attribute__((noinline)) static int plan_any(union copy_plan_room *room, struct aml_layout *dst,
					      const struct aml_layout *src,
					      const size_t *permutation)
{
	struct end to, from;
	int err = look_at(&to, dst);

	if (err == AML_SUCCESS)
		err = look_at(&from, src);
	if (err != AML_SUCCESS)
		return err;
	if (!shapes_match(&to.shape, &from.shape, permutation))
		return -AML_EINVAL;
	start(room, to.shape.element_size);
	if (any_zero(to.shape.ndims, to.shape.dims))
		return AML_SUCCESS;
	err = lower(&to);
	if (err == AML_SUCCESS && to.lowered && !view_is_writable(&to.view))
		return -AML_EINVAL;
	if (err == AML_SUCCESS)
		err = lower(&from);
	if (err != AML_SUCCESS)
		return err;
	if (to.lowered && from.lowered && (permutation == NULL || from.view.by_dims)) {
		if (permutation != NULL)
			permute(&from.view, permutation);
		return copy_plan_views(room, &to.view, &from.view, to.shape.element_size);
	}
	if (permutation == NULL && (layout_pad(dst) != NULL || layout_pad(src) != NULL)) {
		err = copy_plan_boxes(room, dst, src, &to.outline);
		if (err != -AML_ENOTSUP)
			return err;
	}
	return plan_deref(room, &to, &from, permutation);
}

int copy_plan_layouts(union copy_plan_room *room, struct aml_layout *dst,
		      const struct aml_layout *src, const size_t *permutation)
{
	const struct aml_layout_dense *to = layout_dense(dst), *from = layout_dense(src);

	if (to != NULL && from != NULL)
		return plan_dense(room, to, from, permutation);
	return plan_any(room, dst, src, permutation);
}

/* The address of a contiguous layout of one dimension. */
static int flat_base(const struct aml_layout *layout, const struct shape *shape, void **base)
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
		err = flat_base(dst, &dst_shape, &to);
	if (err == AML_SUCCESS)
		err = flat_base(src, &src_shape, &from);
	if (err != AML_SUCCESS)
		return err;
	if (!shapes_match(&dst_shape, &src_shape, NULL))
		return -AML_EINVAL;
	return copy_plan_bytes(room, to, from, dst_shape.dims[0] * dst_shape.element_size);
}

int copy_plan_bytes(union copy_plan_room *room, void *dst, const void *src, size_t size)
{
	struct copy_plan *plan = start(room, size);

	if (size == 0)
		return AML_SUCCESS;
	if (dst == NULL || src == NULL)
		return -AML_EINVAL;
	plan->kind = COPY_FLAT;
	plan->dst.base = dst;
	plan->src.base = (char *)(uintptr_t)src;
	plan->stream = size >= machine()->cache / 2;
	return AML_SUCCESS;
}

const char *copy_kind_name(uint8_t kind)
{
	static const char *const names[] = {
		[COPY_EMPTY] = "empty",         [COPY_FLAT] = "flat", [COPY_STRIDED] = "strided",
		[COPY_TRANSPOSE] = "transpose", [COPY_WALK] = "walk", [COPY_BOXES] = "boxes",
		[COPY_DEREF] = "deref",
	};

	return names[kind];
}

size_t copy_plan_size(const struct copy_plan *plan)
{
	if (plan->kind == COPY_BOXES)
		return plan->size;
	return sizeof(*plan) + plan->nloops * sizeof(*plan->loops);
}

uint64_t copy_loops_payload(const struct copy_plan *plan)
{
	uint64_t bytes = plan->kind == COPY_EMPTY || plan->kind == COPY_BOXES ? 0 : plan->size;
	uint8_t n = plan->kind == COPY_WALK ? plan->count : plan->nloops;
	const struct copy_plan *box = NULL;

	for (uint8_t i = 0; i < n; i++)
		bytes *= plan->loops[i].extent;
	for (uint8_t i = 0; plan->kind == COPY_BOXES && i < plan->count; i++) {
		box = copy_box(plan, box);
		bytes += copy_plan_payload(box);
	}
	return bytes;
}
