/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of a block: see rows.h. */
#include "ops/rows.h"

/* A loop around the rows. */
struct row_loop {
	size_t extent, index;
	ptrdiff_t dst_step, src_step;
	size_t linear;
};

/*
 * Fill in the first row of a block, and the loops around it. Returns their number, at least 1.
 */
static uint8_t make_row_loops(const struct op_nest *nest, const struct op_block *block, bool joins,
			      struct op_line *line, struct row_loop *loops)
{
	size_t staged = block->size[0];
	uint8_t n = 0;

	line->n = staged;
	for (uint8_t i = 1; i < nest->n; i++) {
		const struct op_loop *from = &nest->loops[i];
		struct row_loop loop = {
			.extent = block->size[i],
			.dst_step = nest->dst.direct ? from->dst_step
						     : (ptrdiff_t)(staged * nest->dst.bytes),
			.src_step = nest->src.direct ? from->src_step
						     : (ptrdiff_t)(staged * nest->src.bytes),
			.linear = from->linear,
		};

		staged *= loop.extent;
		if (loop.extent == 1)
			continue;
		if (joins && n == 0 && (size_t)loop.dst_step == line->n * nest->dst.bytes &&
		    (size_t)loop.src_step == line->n * nest->src.bytes)
			line->n *= loop.extent;
		else
			loops[n++] = loop;
	}
	if (n == 0)
		loops[n++] = (struct row_loop){.extent = 1};
	return n;
}

bool op_each_line(const struct op_nest *nest, const struct op_block *block, char *dst,
		  const char *src, bool joins, op_line_fn fn, void *arg)
{
	struct row_loop loops[OP_LOOPS_MAX];
	struct op_line line = {
		.dst = nest->dst.direct ? (char *)(uintptr_t)block->dst : dst,
		.src = nest->src.direct ? block->src : src,
		.linear = block->linear,
	};
	uint8_t n = make_row_loops(nest, block, joins, &line, loops), i;

	line.count = loops[0].extent;
	line.dst_step = loops[0].dst_step;
	line.src_step = loops[0].src_step;
	line.step = loops[0].linear;
	do {
		if (!fn(arg, &line))
			return false;
		for (i = 1; i < n; i++) {
			struct row_loop *loop = &loops[i];
			size_t steps = ++loop->index < loop->extent ? 1 : 1 - loop->index;

			line.dst += (ptrdiff_t)steps * loop->dst_step;
			line.src += (ptrdiff_t)steps * loop->src_step;
			line.linear += steps * loop->linear;
			if (steps == 1)
				break;
			loop->index = 0;
		}
	} while (i < n);
	return true;
}
