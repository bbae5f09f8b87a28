/* SPDX-License-Identifier: BSD-3-Clause */
/* Fill rows with equal runs. */
#ifndef COPY_FILL_H
#define COPY_FILL_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"

/* Are the rows of a strided plan filled? */
bool copy_row_is_filled(const struct copy_plan *plan);

/* Fill a contiguous row of `loop->extent` runs of `size` bytes with the run at `src`: a row_fn. */
void copy_fill_row(char *dst, const char *src, size_t size, const struct copy_loop *loop);

/* Run a strided plan whose rows are filled, and which has several: loop 1 has the rows. */
void copy_fill_rows(const struct copy_plan *plan);

#endif /* COPY_FILL_H */
