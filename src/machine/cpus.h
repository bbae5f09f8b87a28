/* SPDX-License-Identifier: BSD-3-Clause */
/* The number of CPUs that the program may use. */
#ifndef MACHINE_CPUS_H
#define MACHINE_CPUS_H

#include <stddef.h>

/*
 * Return the number of CPUs that the calling thread may use, at least 1: the lesser of the CPUs in
 * its affinity mask and the CPU quota of its process, rounded up. An unknown quota does not limit
 * the number. Thread-safe. Reads files. errno does not change. Not a cancellation point.
 */
size_t machine_cpus(void);

/* Return `cpus`, at least 1, or the CPU quota of the process if that is less. See machine_cpus().
 */
size_t machine_quota_cpus(size_t cpus);

#endif /* MACHINE_CPUS_H */
