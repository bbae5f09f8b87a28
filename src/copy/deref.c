/* SPDX-License-Identifier: BSD-3-Clause */
/* Element by element, the address of each asked of the layouts that have no fast path. */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/plan.h"

/* Where one side of the copy stands: an address, or a layout and coordinates. */
struct cursor {
	const struct aml_layout *layout; /* NULL: the address counts */
	char *address;
	size_t coords[NDIMS_MAX];
};

static void start(struct cursor *cursor, const union copy_side *side, bool is_layout)
{
	cursor->layout = is_layout ? side->layout : NULL;
	cursor->address = is_layout ? NULL : side->base;
	memset(cursor->coords, 0, sizeof(cursor->coords));
}

/* Go `n` iterations of a loop on, n negative: back. */
static void move(struct cursor *cursor, ptrdiff_t step, ptrdiff_t n)
{
	if (cursor->layout != NULL)
		cursor->coords[step] += (size_t)n;
	else
		cursor->address += step * n;
}

/* Copy the element where the cursors stand, unless it falls outside of a pad. */
static int copy_element(const struct cursor *dst, const struct cursor *src, size_t size)
{
	void *to = dst->address;
	const void *from = src->address;

	if (dst->layout != NULL && !layout_place(dst->layout, dst->coords, &to))
		return AML_SUCCESS;
	if (src->layout != NULL)
		from = src->layout->ops->deref_native(src->layout->data, src->coords);
	if (to == NULL || from == NULL)
		return -AML_FAILURE;
	memcpy(to, from, size);
	return AML_SUCCESS;
}

int copy_deref(const struct copy_plan *plan)
{
	const struct copy_loop *loops = plan->loops;
	struct cursor dst, src;
	size_t index[NDIMS_MAX] = {0};
	uint8_t i;

	start(&dst, &plan->dst, plan->dst_is_layout);
	start(&src, &plan->src, plan->src_is_layout);
	do {
		int err = copy_element(&dst, &src, plan->size);

		if (err != AML_SUCCESS)
			return err;
		for (i = 0; i < plan->nloops; i++) {
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
