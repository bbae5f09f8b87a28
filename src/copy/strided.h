/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs of bytes in loops. */
#ifndef COPY_STRIDED_H
#define COPY_STRIDED_H

#include <stddef.h>

#include "plan/plan.h"

/* A loop over runs of `size` bytes; the function for the size. */
typedef void (*row_fn)(char *dst, const char *src, size_t size, const struct copy_loop *loop);
row_fn copy_row(size_t size);

/* Run the innermost loop of a plan from there. */
void copy_strided(const struct copy_plan *plan, char *dst, const char *src);

#endif /* COPY_STRIDED_H */
