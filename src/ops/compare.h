/* SPDX-License-Identifier: BSD-3-Clause */
/* Comparisons of rows of elements. */
#ifndef OPS_COMPARE_H
#define OPS_COMPARE_H

#include "ops/context.h"

/* What a thread has found in a part. */
struct compare_tally {
	size_t count; /* of elements that differ */
	size_t first; /* the number of the first one in native linear order; SIZE_MAX: none */
	size_t done;  /* elements that were compared */
};

/* A row of elements of `bytes` bytes, contiguous on both sides. */
struct compare_row {
	const char *dst, *src;
	size_t bytes, n;
	size_t linear, step; /* the number of the first element, and from element to element */
};

/* Compare a row. */
void compare_row(struct compare_tally *tally, const struct compare_row *row);

/* Add what a part has found. Returns -AML_FAILURE if this is the result of the comparison. */
int compare_add(struct compare_context *context, const struct compare_tally *tally);

/*
 * All parts have ended with the result `code`. Report the differences if all elements of the plan
 * were compared. Returns the result of the comparison.
 */
int compare_end(struct copy_plan *plan, int code);

#endif /* OPS_COMPARE_H */
