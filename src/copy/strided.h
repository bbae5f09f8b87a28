/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops over runs. */
#ifndef COPY_STRIDED_H
#define COPY_STRIDED_H

#include <stddef.h>

#include "plan/plan.h"

/* Copies the runs of a loop, each of `size` bytes. */
typedef void (*row_fn)(char *dst, const char *src, size_t size, const struct copy_loop *loop);

/* The fastest function for runs of `size` bytes. */
row_fn copy_row(size_t size);

/* Run the innermost loop of a strided plan, from the addresses `dst` and `src`. */
void copy_strided(const struct copy_plan *plan, char *dst, const char *src);

#endif /* COPY_STRIDED_H */
