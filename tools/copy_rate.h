/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures how fast a copy is on this machine, now. */
#ifndef TOOLS_COPY_RATE_H
#define TOOLS_COPY_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aml/layout.h>

struct copy_rate {
	unsigned copies;             /* that were timed */
	uint64_t best_ns, median_ns; /* of a copy */
	size_t stack_bytes;          /* that a thread took for a copy by itself; 0: not measured */
};

/*
 * In the following, native dimension i of the destination is dimension `permutation[i]` of the
 * source or, if `permutation` is NULL, dimension i.
 */

/*
 * Copy a few times with an engine of `workers` workers: about half a second, but at least three
 * times after the first copy, which is not counted. Returns 0 or the error of a call.
 */
int copy_rate_measure(struct copy_rate *rate, size_t workers, struct aml_layout *dst,
		      struct aml_layout *src, const size_t *permutation);

/*
 * Compare elements of two layouts after a copy: all, or some millions that are far apart. The
 * layouts match, and no element of the destination is that of a pad around it.
 */
bool copy_rate_is_right(const struct aml_layout *dst, const struct aml_layout *src,
			const size_t *permutation);

#endif /* TOOLS_COPY_RATE_H */
