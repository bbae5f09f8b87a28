/* SPDX-License-Identifier: BSD-3-Clause */
/* What the figures were taken on, for reports. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stddef.h>

/* The processor's name. */
const char *machine_processor(void);

/* The CPUs that this process may run on. */
int machine_cpus(void);

/* The size of the second level of cache and of the last, in bytes; 0: not known. */
long machine_l2(void);
long machine_last_cache(void);

/* The system, its release, and the compiler of the bench. */
const char *machine_system(void);
const char *machine_compiler(void);

/* The other libraries that the bench was built with, listed. */
const char *machine_peers(void);

#endif /* MACHINE_H */
