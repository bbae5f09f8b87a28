/* SPDX-License-Identifier: BSD-3-Clause */
/* The caches of the CPU. */
#ifndef MACHINE_CACHES_H
#define MACHINE_CACHES_H

/* The size of a cache line. A wrong value costs speed only. */
enum { CACHE_LINE_BYTES = 64 };

#endif /* MACHINE_CACHES_H */
