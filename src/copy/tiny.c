/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies few elements one by one, in the order of the plan's loops. The element size is a constant,
 * so that an element is a load and a store. No call of a function and no table costs more than the
 * elements themselves.
 */
#include <string.h>

#include "copy/tiny.h"
#include "kernels/count.h"

/* Copy `n` elements, at least one. No address beyond the last element is computed. */
__attribute__((always_inline)) static inline void move_line(char *dst, ptrdiff_t dst_step,
							    const char *src, ptrdiff_t src_step,
							    size_t n, size_t size)
{
	for (; n > 4; n -= 4) {
		memcpy(dst, src, size);
		memcpy(dst + dst_step, src + src_step, size);
		memcpy(dst + 2 * dst_step, src + 2 * src_step, size);
		memcpy(dst + 3 * dst_step, src + 3 * src_step, size);
		dst += 4 * dst_step;
		src += 4 * src_step;
	}
	for (;;) {
		memcpy(dst, src, size);
		if (--n == 0)
			return;
		dst += dst_step;
		src += src_step;
	}
}

/* Copy the elements of two loops, `row` inside of `outer`. */
__attribute__((always_inline)) static inline void move_plane(const struct copy_plan *plan,
							     const struct copy_loop *row,
							     const struct copy_loop *outer,
							     size_t size)
{
	char *dst = plan->run.dst;
	const char *src = plan->run.src;

	for (size_t left = outer->extent;;) {
		move_line(dst, row->dst_step, src, row->src_step, row->extent, size);
		if (--left == 0)
			return;
		dst += outer->dst_step;
		src += outer->src_step;
	}
}

__attribute__((always_inline)) static inline void move_elements(const struct copy_plan *plan,
								size_t size)
{
	const struct copy_loop *loop = &plan->loops[0];
	struct copy_place place;

	if (plan->nloops == 2) {
		bool first = loop[0].extent >= loop[1].extent;

		move_plane(plan, &loop[first ? 0 : 1], &loop[first ? 1 : 0], size);
		return;
	}
	if (plan->nloops == 1) {
		move_line(plan->run.dst, loop->dst_step, plan->run.src, loop->src_step,
			  loop->extent, size);
		return;
	}
	copy_first_place(plan, 1, &place);
	do
		move_line(place.dst, loop->dst_step, place.src, loop->src_step, loop->extent, size);
	while (copy_next_place(plan, 1, &place));
}

#define TINY_CASE(size)                    \
	case size:                         \
		move_elements(plan, size); \
		break;

/* Apart from the usual sizes: a jump by a table takes longer than an element. */
static void copy_tiny_odd(const struct copy_plan *plan)
{
	switch (plan->run.bytes) {
		TINY_CASE(3)
		TINY_CASE(6)
		TINY_CASE(12)
	default:
		move_elements(plan, COPY_TINY_ELEMENT_BYTES_MAX);
		break;
	}
}

void copy_tiny(const struct copy_plan *plan)
{
	COUNT(true, "", "few elements");
	switch (plan->run.bytes) {
		TINY_CASE(1)
		TINY_CASE(2)
		TINY_CASE(4)
		TINY_CASE(8)
		TINY_CASE(16)
	default:
		copy_tiny_odd(plan);
		break;
	}
}
