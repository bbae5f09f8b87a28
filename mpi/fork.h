/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether this process is a child that was forked after an engine was created. */
#ifndef MPI_FORK_H
#define MPI_FORK_H

#include <stdbool.h>

/* Begin to watch for forks. Returns false without memory. Any number of calls. */
bool fork_watch(void);

/* Is this a forked child, which must not call MPI? */
bool fork_is_child(void);

#endif /* MPI_FORK_H */
