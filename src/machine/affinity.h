/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of CPUs, of any size. */
#ifndef MACHINE_AFFINITY_H
#define MACHINE_AFFINITY_H

#include <pthread.h>
#include <sched.h>
#include <stddef.h>

/* A set of CPUs. The owner releases it with affinity_release(). */
struct affinity {
	cpu_set_t *cpus; /* NULL: there is no set */
	size_t bytes;    /* of the set; a multiple of the size of a word */
};

/* Read the affinity mask of the calling thread. Return 0 or an errno. */
int affinity_read(struct affinity *mask);

/* Copy a set of any size. Return 0 or ENOMEM. */
int affinity_copy(struct affinity *set, const void *cpus, size_t bytes);

void affinity_release(struct affinity *set);

/* Return the number of CPUs in a set. */
size_t affinity_count(const struct affinity *set);

/* Make `one` contain only the CPU number i of `set`. Both have the same size, and i < count. */
void affinity_pick(const struct affinity *set, size_t i, struct affinity *one);

/*
 * Create a thread with these attributes that runs on `cpus` from its first instruction on, or, if
 * `cpus` is NULL, where the calling thread may run. This changes the attributes. Return 0 or an
 * errno.
 */
int affinity_create_thread(pthread_t *thread, pthread_attr_t *attr, const struct affinity *cpus,
			   void *(*run)(void *), void *arg);

#endif /* MACHINE_AFFINITY_H */
