/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops over runs. */
#ifndef COPY_STRIDED_H
#define COPY_STRIDED_H

#include <stddef.h>

#include "plan/plan.h"

/* Copies the runs of a loop, each of `size` bytes. The loop has at least one iteration. */
typedef void (*row_fn)(char *dst, const char *src, size_t size, const struct copy_loop *loop);

/* The fastest function for runs of `size` bytes, for any steps. */
row_fn copy_row(size_t size);

/* Run a strided plan whose method is not COPY_BY_SHUFFLE. */
void copy_strided(const struct copy_plan *plan);

#endif /* COPY_STRIDED_H */
