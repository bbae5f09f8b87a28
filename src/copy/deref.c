/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs deref plans: copies element by element. A side whose layout has no fast path costs one
 * indirect call for each element.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/deref.h"
#include "layout/nest.h"

enum { ELEMENTS_AT_ONCE = 16 }; /* in a turn of an unrolled loop */

/* How to find the addresses of a side's elements. */
enum element_mode {
	BY_STEP,  /* add a step to the previous address */
	BY_DEREF, /* call the layout's deref_native */
	BY_PLACE, /* call layout_place(): a write to a pad may be dropped */
};

typedef void *(*deref_fn)(const struct aml_layout_data *data, const size_t *coords);

/* The position of a side: an address, or coordinates of a layout. */
struct element_cursor {
	enum element_mode mode;
	const struct aml_layout *layout;
	const struct aml_layout_data *data; /* of the layout, as is `deref` */
	deref_fn deref;
	char *address;
	size_t coords[NDIMS_MAX];
};

/* A row: iterations of the innermost loop. */
struct element_row {
	union copy_pace dst, src;
	size_t from, to;
	size_t origin; /* the iteration at which the addresses of the sides are */
};

static void start_cursor(struct element_cursor *cursor, const union copy_end *end, uint8_t side,
			 bool is_written)
{
	struct outline outline;

	*cursor = (struct element_cursor){.mode = BY_STEP};
	if (side == COPY_SIDE_ADDRESS) {
		cursor->address = end->address;
		return;
	}
	cursor->mode =
		is_written && layout_target(end->layout, &outline) != NULL ? BY_PLACE : BY_DEREF;
	cursor->layout = end->layout;
	cursor->data = end->layout->data;
	cursor->deref = end->layout->ops->deref_native;
}

/* Advance by `n` iterations of a loop. If `n` is negative, go back. */
static void advance_cursor(struct element_cursor *cursor, union copy_pace pace, ptrdiff_t n)
{
	if (cursor->mode == BY_STEP)
		cursor->address += pace.step * n;
	else
		cursor->coords[pace.dim] += (size_t)n;
}

/* Find the address of element i of a row. Returns false if the write is dropped. */
static inline bool locate_element(struct element_cursor *cursor, union copy_pace pace, size_t i,
				  size_t origin, void **address)
{
	if (cursor->mode == BY_STEP) {
		*address = cursor->address + (ptrdiff_t)(i - origin) * pace.step;
		return true;
	}
	cursor->coords[pace.dim] = i;
	if (cursor->mode == BY_PLACE)
		return layout_place(cursor->layout, cursor->coords, address);
	*address = cursor->deref(cursor->data, cursor->coords);
	return true;
}

/* Any two modes. */
static int move_row_mixed(struct element_cursor *dst, struct element_cursor *src, size_t size,
			  const struct element_row *row)
{
	for (size_t i = row->from; i < row->to; i++) {
		void *to = NULL, *from = NULL;

		if (!locate_element(dst, row->dst, i, row->origin, &to))
			continue;
		(void)locate_element(src, row->src, i, row->origin, &from);
		if (to == NULL || from == NULL)
			return -AML_FAILURE;
		memcpy(to, from, size);
	}
	return AML_SUCCESS;
}

/* A side of the loop of move_row_as(). Its members stay in registers across the calls. */
struct element_side {
	enum element_mode mode; /* a constant; BY_STEP or BY_DEREF */
	const struct aml_layout_data *data;
	deref_fn deref;
	size_t *coords, *coord; /* those of the first element; that of the innermost loop */
	char *address;          /* BY_STEP: of the next element */
	size_t step;
};

__attribute__((always_inline)) static inline struct element_side side_of_row(
	enum element_mode mode, struct element_cursor *cursor, union copy_pace pace, size_t from)
{
	if (mode == BY_STEP)
		return (struct element_side){.mode = mode,
					     .address =
						     cursor->address + (ptrdiff_t)from * pace.step,
					     .step = (size_t)pace.step};
	return (struct element_side){.mode = mode,
				     .data = cursor->data,
				     .deref = cursor->deref,
				     .coords = cursor->coords,
				     .coord = cursor->coords + pace.dim};
}

/* Return the address of element i of a row. The elements are asked for in order. */
__attribute__((always_inline)) static inline char *next_of_side(struct element_side *side, size_t i)
{
	char *address = side->address;

	if (side->mode == BY_DEREF) {
		*side->coord = i;
		return side->deref(side->data, side->coords);
	}
	/* After the last element, the address could be outside of any object. */
	side->address = (char *)((uintptr_t)address + side->step);
	return address;
}

__attribute__((always_inline)) static inline bool move_next(struct element_side *dst,
							    struct element_side *src, size_t size,
							    size_t i)
{
	const char *from = next_of_side(src, i);
	char *to = next_of_side(dst, i);

	if (__builtin_expect(to == NULL || from == NULL, 0))
		return false;
	memcpy(to, from, size);
	return true;
}

/* The modes and the size are constants. The loop is unrolled for the same reason as below. */
__attribute__((always_inline)) static inline int move_row_as(
	enum element_mode dst_mode, struct element_cursor *dst, enum element_mode src_mode,
	struct element_cursor *src, size_t size, const struct element_row *row)
{
	struct element_side to = side_of_row(dst_mode, dst, row->dst, row->from - row->origin);
	struct element_side from = side_of_row(src_mode, src, row->src, row->from - row->origin);
	const size_t end = row->to;
	size_t i = row->from;

	for (; end - i >= ELEMENTS_AT_ONCE; i += ELEMENTS_AT_ONCE) {
#pragma GCC unroll 16
		for (size_t k = 0; k < ELEMENTS_AT_ONCE; k++)
			if (!move_next(&to, &from, size, i + k))
				return -AML_FAILURE;
	}
	for (; i < end; i++)
		if (!move_next(&to, &from, size, i))
			return -AML_FAILURE;
	return AML_SUCCESS;
}

__attribute__((always_inline)) static inline int move_row(struct element_cursor *dst,
							  struct element_cursor *src, size_t size,
							  const struct element_row *row)
{
	if (dst->mode == BY_STEP && src->mode == BY_DEREF)
		return move_row_as(BY_STEP, dst, BY_DEREF, src, size, row);
	if (dst->mode == BY_DEREF && src->mode == BY_STEP)
		return move_row_as(BY_DEREF, dst, BY_STEP, src, size, row);
	if (dst->mode == BY_DEREF && src->mode == BY_DEREF)
		return move_row_as(BY_DEREF, dst, BY_DEREF, src, size, row);
	return move_row_mixed(dst, src, size, row);
}

/* Copy element i of a row. Both sides call deref_native with the coordinates of `dst`. */
__attribute__((always_inline)) static inline bool move_shared(struct element_cursor *dst,
							      const struct element_cursor *src,
							      size_t size, size_t i)
{
	void *to, *from;

	dst->coords[0] = i;
	from = src->deref(src->data, dst->coords);
	if (__builtin_expect(from == NULL, 0))
		return false;
	to = dst->deref(dst->data, dst->coords);
	if (__builtin_expect(to == NULL, 0))
		return false;
	memcpy(to, from, size);
	return true;
}

/*
 * Both sides call deref_native with the same coordinates: those of `dst`, whose dimension 0 is the
 * innermost loop. The cursors keep the functions and their data, so that the counter and the first
 * address have registers across the calls. The loop is unrolled far: CPUs predict calls between the
 * library and the program more slowly if few call sites repeat. By four, an element takes 6 % more
 * time.
 */
__attribute__((always_inline)) static inline int move_row_shared(struct element_cursor *dst,
								 struct element_cursor *src,
								 size_t size,
								 const struct element_row *row)
{
	const size_t end = row->to;
	size_t i = row->from;

	for (; end - i >= ELEMENTS_AT_ONCE; i += ELEMENTS_AT_ONCE) {
#pragma GCC unroll 16
		for (size_t k = 0; k < ELEMENTS_AT_ONCE; k++)
			if (!move_shared(dst, src, size, i + k))
				return -AML_FAILURE;
	}
	for (; i < end; i++)
		if (!move_shared(dst, src, size, i))
			return -AML_FAILURE;
	return AML_SUCCESS;
}

/*
 * Run the innermost loop. The element size is a constant, so that copying a small element is a load
 * and a store. The functions are not inlined, so that their loops have all registers.
 */
#define BY_SIZE(move)                                                                \
	__attribute__((noinline)) static int move##_by_size(                         \
		struct element_cursor *dst, struct element_cursor *src, size_t size, \
		const struct element_row *row)                                       \
	{                                                                            \
		switch (size) {                                                      \
		case 1:                                                              \
			return move(dst, src, 1, row);                               \
		case 2:                                                              \
			return move(dst, src, 2, row);                               \
		case 4:                                                              \
			return move(dst, src, 4, row);                               \
		case 8:                                                              \
			return move(dst, src, 8, row);                               \
		case 16:                                                             \
			return move(dst, src, 16, row);                              \
		default:                                                             \
			return move(dst, src, size, row);                            \
		}                                                                    \
	}

BY_SIZE(move_row)
BY_SIZE(move_row_shared)

/* Do both sides call deref_native, with the same coordinates? */
static bool coords_are_shared(const struct copy_plan *plan, const struct element_cursor *dst,
			      const struct element_cursor *src)
{
	const struct copy_dim *dims = copy_const_dims(plan);

	if (dst->mode != BY_DEREF || src->mode != BY_DEREF)
		return false;
	for (uint8_t i = 0; i < plan->nloops; i++)
		if (dims[i].dst.dim != i || dims[i].src.dim != i)
			return false;
	return true;
}

/*
 * Copy from the present places of the cursors on: `row`, and the same row in all iterations of the
 * other dimensions. Dimension `section->dim` has the iterations of the section.
 */
static int move_rows(const struct copy_plan *plan, const struct copy_section *section,
		     const struct element_row *row, struct element_cursor *dst,
		     struct element_cursor *src)
{
	const struct copy_dim *dims = copy_const_dims(plan);
	bool shared = coords_are_shared(plan, dst, src);
	size_t index[NDIMS_MAX] = {0};
	uint8_t i;

	do {
		int err = (shared ? move_row_shared_by_size
				  : move_row_by_size)(dst, src, plan->elements.bytes, row);

		if (err != AML_SUCCESS)
			return err;
		for (i = 1; i < plan->nloops; i++) {
			size_t extent =
				i == section->dim ? section->to - section->from : dims[i].extent;
			ptrdiff_t n = ++index[i] < extent ? 1 : 1 - (ptrdiff_t)index[i];

			advance_cursor(dst, dims[i].dst, n);
			advance_cursor(src, dims[i].src, n);
			if (n == 1)
				break;
			index[i] = 0;
		}
	} while (i < plan->nloops);
	return AML_SUCCESS;
}

int copy_deref(const struct copy_plan *plan, const struct copy_section *section)
{
	const struct copy_dim *dims = copy_const_dims(plan);
	const struct copy_section whole = {0, 0, dims[0].extent};
	const struct copy_section *part = section != NULL ? section : &whole;
	struct element_row row = {dims[0].dst, dims[0].src, 0, dims[0].extent, 0};
	struct element_cursor dst, src;

	start_cursor(&dst, &plan->elements.dst, plan->sides.dst, true);
	start_cursor(&src, &plan->elements.src, plan->sides.src, false);
	if (part->dim == 0) {
		row.from = part->from;
		row.to = part->to;
	} else {
		advance_cursor(&dst, dims[part->dim].dst, (ptrdiff_t)part->from);
		advance_cursor(&src, dims[part->dim].src, (ptrdiff_t)part->from);
	}
	return move_rows(plan, part, &row, &dst, &src);
}

int copy_deref_block(const struct copy_plan *plan, const size_t *from)
{
	const struct copy_dim *dims = copy_const_dims(plan);
	const struct copy_section whole = {0, 0, dims[0].extent};
	struct element_row row = {dims[0].dst, dims[0].src, from[0], from[0] + dims[0].extent,
				  from[0]};
	struct element_cursor dst, src;

	start_cursor(&dst, &plan->elements.dst, plan->sides.dst, true);
	start_cursor(&src, &plan->elements.src, plan->sides.src, false);
	for (uint8_t i = 1; i < plan->nloops; i++) {
		if (dst.mode != BY_STEP)
			advance_cursor(&dst, dims[i].dst, (ptrdiff_t)from[i]);
		if (src.mode != BY_STEP)
			advance_cursor(&src, dims[i].src, (ptrdiff_t)from[i]);
	}
	return move_rows(plan, &whole, &row, &dst, &src);
}
