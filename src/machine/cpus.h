/* SPDX-License-Identifier: BSD-3-Clause */
/* How many CPUs there are for the program. */
#ifndef MACHINE_CPUS_H
#define MACHINE_CPUS_H

#include <stddef.h>

/*
 * The CPUs that the calling thread may use: those of its affinity mask, or those of the CPU quota
 * of its process, rounded up, if these are fewer. At least 1; what cannot be known does not limit
 * them. Leaves errno as it is. Any thread may call it, and it is no cancellation point.
 */
size_t machine_cpus(void);

#endif /* MACHINE_CPUS_H */
