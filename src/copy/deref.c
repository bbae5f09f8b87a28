/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Element by element, the address of each asked of the layouts that have no fast path: one
 * indirect call per element and side, and little else.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/deref.h"
#include "layout/nest.h"

/* How a side's addresses are found. */
enum mode {
	BY_STEP,  /* from the one before */
	BY_DEREF, /* by the layout's deref_native */
	BY_PLACE, /* by layout_place(): what is written to a pad may be dropped */
};

typedef void *(*deref_fn)(const struct aml_layout_data *data, const size_t *coords);

/* Where one side of the copy stands: at an address, or at coordinates of a layout. */
struct cursor {
	enum mode mode;
	const struct aml_layout *layout;
	const struct aml_layout_data *data; /* the layout's, and its operator */
	deref_fn deref;
	char *address;
	size_t coords[NDIMS_MAX];
};

static void start(struct cursor *cursor, const union copy_side *side, bool is_layout,
		  bool is_written)
{
	struct outline outline;

	*cursor = (struct cursor){.mode = BY_STEP};
	if (!is_layout) {
		cursor->address = side->base;
		return;
	}
	cursor->mode =
		is_written && layout_target(side->layout, &outline) != NULL ? BY_PLACE : BY_DEREF;
	cursor->layout = side->layout;
	cursor->data = side->layout->data;
	cursor->deref = side->layout->ops->deref_native;
}

/* Go `n` iterations of a loop on, n negative: back. */
static void move(struct cursor *cursor, ptrdiff_t step, ptrdiff_t n)
{
	if (cursor->mode == BY_STEP)
		cursor->address += step * n;
	else
		cursor->coords[step] += (size_t)n;
}

/* The address of element i of the innermost loop; false: it is to be dropped. */
static inline bool locate(struct cursor *cursor, ptrdiff_t step, size_t i, void **address)
{
	if (cursor->mode == BY_STEP) {
		*address = cursor->address + (ptrdiff_t)i * step;
		return true;
	}
	cursor->coords[step] = i;
	if (cursor->mode == BY_PLACE)
		return layout_place(cursor->layout, cursor->coords, address);
	*address = cursor->deref(cursor->data, cursor->coords);
	return true;
}

__attribute__((always_inline)) static inline int row_mixed(struct cursor *dst, struct cursor *src,
							   size_t size,
							   const struct copy_loop *loop)
{
	for (size_t i = 0; i < loop->extent; i++) {
		void *to = NULL, *from = NULL;

		if (!locate(dst, loop->dst_step, i, &to))
			continue;
		(void)locate(src, loop->src_step, i, &from);
		if (to == NULL || from == NULL)
			return -AML_FAILURE;
		memcpy(to, from, size);
	}
	return AML_SUCCESS;
}

/* Two calls for each element: what the loop needs is held in registers across them. */
__attribute__((always_inline)) static inline int row_deref(struct cursor *dst, struct cursor *src,
							   size_t size,
							   const struct copy_loop *loop)
{
	const struct aml_layout_data *dst_data = dst->data, *src_data = src->data;
	const deref_fn dst_deref = dst->deref, src_deref = src->deref;
	size_t *dst_coord = &dst->coords[loop->dst_step];
	size_t *src_coord = &src->coords[loop->src_step];
	const size_t extent = loop->extent;

	for (size_t i = 0; i < extent; i++) {
		void *to, *from;

		*dst_coord = i;
		to = dst_deref(dst_data, dst->coords);
		*src_coord = i;
		from = src_deref(src_data, src->coords);
		if (to == NULL || from == NULL)
			return -AML_FAILURE;
		memcpy(to, from, size);
	}
	return AML_SUCCESS;
}

__attribute__((always_inline)) static inline int row(struct cursor *dst, struct cursor *src,
						     size_t size, const struct copy_loop *loop)
{
	if (dst->mode == BY_DEREF && src->mode == BY_DEREF)
		return row_deref(dst, src, size, loop);
	return row_mixed(dst, src, size, loop);
}

/*
 * The innermost loop, by the size of the elements: a small one is a load and a store. Not inlined,
 * so that its loops have the registers to themselves.
 */
__attribute__((noinline)) static int row_by_size(struct cursor *dst, struct cursor *src,
						 size_t size, const struct copy_loop *loop)
{
	switch (size) {
	case 1:
		return row(dst, src, 1, loop);
	case 2:
		return row(dst, src, 2, loop);
	case 4:
		return row(dst, src, 4, loop);
	case 8:
		return row(dst, src, 8, loop);
	case 16:
		return row(dst, src, 16, loop);
	default:
		return row(dst, src, size, loop);
	}
}

int copy_deref(const struct copy_plan *plan)
{
	const struct copy_loop *loops = plan->loops;
	struct cursor dst, src;
	size_t index[NDIMS_MAX] = {0};
	uint8_t i;

	start(&dst, &plan->dst, plan->dst_is_layout, true);
	start(&src, &plan->src, plan->src_is_layout, false);
	do {
		int err = row_by_size(&dst, &src, plan->size, &loops[0]);

		if (err != AML_SUCCESS)
			return err;
		for (i = 1; i < plan->nloops; i++) {
			ptrdiff_t n = ++index[i] < loops[i].extent ? 1 : 1 - (ptrdiff_t)index[i];

			move(&dst, loops[i].dst_step, n);
			move(&src, loops[i].src_step, n);
			if (n == 1)
				break;
			index[i] = 0;
		}
	} while (i < plan->nloops);
	return AML_SUCCESS;
}
