/* SPDX-License-Identifier: BSD-3-Clause */
/* The caches of the CPU. The library finds them when it is loaded. */
#ifndef MACHINE_CACHES_H
#define MACHINE_CACHES_H

#include <stddef.h>

/* The size of a cache line. A wrong value affects only the speed. */
enum { CACHE_LINE_BYTES = 64 };

struct caches {
	size_t last_bytes;             /* the size of the last-level cache */
	size_t stream_bytes;           /* from this size on, copies are expected to stream */
	size_t first_sets, first_ways; /* of the first-level data cache */
};

/* Only caches.c writes it. Read it with caches(). */
extern struct caches caches_found __attribute__((visibility("hidden")));

/*
 * The caches of CPU 0. No value is 0. A value that the system does not report is a guess.
 * Thread-safe.
 */
static inline const struct caches *caches(void)
{
	return &caches_found;
}

#endif /* MACHINE_CACHES_H */
