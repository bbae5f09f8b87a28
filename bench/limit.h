/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limit of the memory: the speed at which dedicated threads copy, each one a contiguous
 * share. No engine is involved.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stddef.h>

struct limit;

/* How a thread copies its share. */
typedef void (*limit_fn)(void *dst, const void *src, size_t bytes);

/* Start `threads` - 1 threads; the caller is one more. NULL if out of memory or threads. */
struct limit *limit_create(unsigned threads, limit_fn copy, void *dst, const void *src,
			   size_t bytes);

/* Copy once. The argument is a struct limit. Returns 0. */
int limit_run(void *limit);

void limit_destroy(struct limit *limit);

#endif /* LIMIT_H */
