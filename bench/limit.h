/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory's limit: as fast as threads of their own can copy, each a contiguous share. No
 * engine has to give them work, and nothing is in their way.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stddef.h>

struct limit;

/* How a thread copies its share. */
typedef void (*limit_fn)(void *dst, const void *src, size_t bytes);

/* Start `threads` - 1 threads; the caller is the last one. NULL without memory or threads. */
struct limit *limit_create(unsigned threads, limit_fn copy, void *dst, const void *src,
			   size_t bytes);

/* Copy once; the argument is a struct limit. Returns 0. */
int limit_run(void *limit);

void limit_destroy(struct limit *limit);

#endif /* LIMIT_H */
