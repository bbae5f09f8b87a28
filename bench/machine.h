/* SPDX-License-Identifier: BSD-3-Clause */
/* A description of the machine, for reports. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stddef.h>

/* The processor's name. */
const char *machine_processor(void);

/* The CPUs that this process may run on. */
int machine_cpu_count(void);

/* The sizes of the L2 cache and of the last-level cache, in bytes; 0: not known. */
long machine_l2(void);
long machine_last_cache(void);

/* The system with its release; the compiler of the benchmark. */
const char *machine_system(void);
const char *machine_compiler(void);

/* A list of the other libraries that the benchmark was built with. */
const char *machine_peers(void);

#endif /* MACHINE_H */
