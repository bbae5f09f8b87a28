/* SPDX-License-Identifier: BSD-3-Clause */
/* Units whose offsets have 15 bits: their vectors are computed, without a list of elements. */
#ifndef COPY_NEAR_H
#define COPY_NEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"
#include "plan/plan.h"

/* The bytes that a unit spans: from its first element on, and before it in the source. */
struct unit_span {
	size_t count; /* of elements */
	ptrdiff_t dst_end, src_begin, src_end;
};

/* Store the span of a unit of a shuffled plan. */
void copy_unit_span(const struct copy_plan *plan, struct unit_span *span);

/* Describe a unit with this span. Returns false if it is too large, or has too many loops. */
bool copy_near_unit(const struct copy_plan *plan, const struct unit_span *span,
		    struct near_unit *unit);

/* Make a vector by the kernel `lay`, or by C. See lay_fn. */
unsigned copy_lay_near(struct shuffle_vector *v, const struct near_unit *unit, int32_t last,
		       int32_t grid);

#endif /* COPY_NEAR_H */
