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

/* The elements of one loop. `size` is a constant. */
__attribute__((always_inline)) static inline void move_one_loop(const struct copy_plan *plan,
								size_t size)
{
	const struct copy_loop *loop = &plan->loops[0];

	move_line(plan->run.dst, loop->dst_step, plan->run.src, loop->src_step, loop->extent, size);
}

/* The elements of two loops, the longer one inside. */
__attribute__((always_inline)) static inline void move_two_loops(const struct copy_plan *plan,
								 size_t size)
{
	bool first = plan->loops[0].extent >= plan->loops[1].extent;
	const struct copy_loop *row = &plan->loops[first ? 0 : 1];
	const struct copy_loop *outer = &plan->loops[first ? 1 : 0];
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

/* The elements of any loops. */
__attribute__((always_inline)) static inline void move_loops(const struct copy_plan *plan,
							     size_t size)
{
	const struct copy_loop *loop = &plan->loops[0];
	struct copy_place place;

	copy_first_place(plan, 1, &place);
	do
		move_line(place.dst, loop->dst_step, place.src, loop->src_step, loop->extent, size);
	while (copy_next_place(plan, 1, &place));
}

/*
 * Define a function for each number of loops, because a frame with a place takes long to set up.
 * The odd sizes are apart: a jump by a table takes longer than an element.
 */
#define TINY(name, move)                                                               \
	__attribute__((noinline)) static void name##_odd(const struct copy_plan *plan) \
	{                                                                              \
		switch (plan->run.bytes) {                                             \
		case 3:                                                                \
			move(plan, 3);                                                 \
			break;                                                         \
		case 6:                                                                \
			move(plan, 6);                                                 \
			break;                                                         \
		case 12:                                                               \
			move(plan, 12);                                                \
			break;                                                         \
		default:                                                               \
			move(plan, COPY_TINY_ELEMENT_BYTES_MAX);                       \
		}                                                                      \
	}                                                                              \
                                                                                       \
	__attribute__((noinline)) static void name(const struct copy_plan *plan)       \
	{                                                                              \
		switch (plan->run.bytes) {                                             \
		case 1:                                                                \
			move(plan, 1);                                                 \
			break;                                                         \
		case 2:                                                                \
			move(plan, 2);                                                 \
			break;                                                         \
		case 4:                                                                \
			move(plan, 4);                                                 \
			break;                                                         \
		case 8:                                                                \
			move(plan, 8);                                                 \
			break;                                                         \
		case 16:                                                               \
			move(plan, 16);                                                \
			break;                                                         \
		default:                                                               \
			name##_odd(plan);                                              \
		}                                                                      \
	}

TINY(copy_one_loop, move_one_loop)
TINY(copy_two_loops, move_two_loops)
TINY(copy_loops, move_loops)

void copy_tiny(const struct copy_plan *plan)
{
	COUNT(true, "", "few elements");
	if (plan->nloops == 1)
		copy_one_loop(plan);
	else if (plan->nloops == 2)
		copy_two_loops(plan);
	else
		copy_loops(plan);
}
