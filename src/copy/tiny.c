/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies few elements one by one, in the order of the plan's loops. The element size is a constant,
 * so that an element is a load and a store. No call of a function and no table costs more than the
 * elements themselves.
 */
#include <string.h>

#include "copy/tiny.h"
#include "kernels/count.h"

__attribute__((always_inline)) static inline void move_elements(const struct copy_plan *plan,
								size_t size)
{
	const struct copy_loop *loop = &plan->loops[0];
	struct copy_place place;

	copy_first_place(plan, 1, &place);
	do {
		char *dst = place.dst;
		const char *src = place.src;

		for (size_t left = loop->extent;;) {
			memcpy(dst, src, size);
			if (--left == 0)
				break;
			dst += loop->dst_step;
			src += loop->src_step;
		}
	} while (copy_next_place(plan, 1, &place));
}

void copy_tiny(const struct copy_plan *plan)
{
	COUNT(true, "", "few elements");
	switch (plan->run.bytes) {
	case 1:
		move_elements(plan, 1);
		break;
	case 2:
		move_elements(plan, 2);
		break;
	case 4:
		move_elements(plan, 4);
		break;
	case 8:
		move_elements(plan, 8);
		break;
	default:
		move_elements(plan, COPY_TINY_ELEMENT_BYTES_MAX);
		break;
	}
}
