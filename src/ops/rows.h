/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of a block, of which each side is in memory or in a buffer. */
#ifndef OPS_ROWS_H
#define OPS_ROWS_H

#include <stdbool.h>

#include "ops/nest.h"

/* A line: rows with the same distance from each to the next, on both sides. */
struct op_line {
	char *dst;
	const char *src;
	size_t n;                     /* elements of a row, which are contiguous */
	size_t count;                 /* of rows */
	ptrdiff_t dst_step, src_step; /* from row to row, in bytes */
	size_t linear, step;          /* the number of the first element; from row to row */
};

/* Called for a line. Returns false to end the walk. */
typedef bool (*op_line_fn)(void *arg, const struct op_line *line);

/*
 * Call `fn` for each line of a block. Sides that are not direct are at `dst` and `src`, in the
 * order of the loops. `joins`: rows that follow each other on both sides are one row, whatever
 * their linear numbers. Returns false if a call did.
 */
bool op_each_line(const struct op_nest *nest, const struct op_block *block, char *dst,
		  const char *src, bool joins, op_line_fn fn, void *arg);

#endif /* OPS_ROWS_H */
