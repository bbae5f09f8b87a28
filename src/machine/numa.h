/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NUMA nodes of the machine, and on which one a thread or a page is. No library is needed: the
 * nodes are read from files, and the system is asked by system calls. In a sandbox, calls and files
 * may be refused. What is not known is not an error.
 */
#ifndef MACHINE_NUMA_H
#define MACHINE_NUMA_H

#include "machine/affinity.h"

/* A node that has CPUs. */
struct numa_node {
	int id;               /* the system's number */
	struct affinity all;  /* its CPUs */
	struct affinity mine; /* those that the thread may use that has read the nodes; not empty */
};

struct numa {
	size_t count; /* at least 1 */
	struct numa_node nodes[];
};

/*
 * Read the nodes that have a CPU in the affinity mask of the calling thread, in the order of their
 * numbers. If they cannot be read, there is one node, with the CPUs of the mask. Return 0 or an
 * errno: ENOMEM, or that of sched_getaffinity(). The caller releases the result by numa_release().
 * Reads files. Not a cancellation point.
 */
int numa_read(struct numa **numa);

/* NULL is allowed. */
void numa_release(struct numa *numa);

/* Return the index of the node that the calling thread runs on; 0 if that is none of the nodes. */
size_t numa_of_thread(const struct numa *numa);

/*
 * Return the index of the node of the page at an address. If the page has no memory yet, and its
 * memory may only come from one node, it is that node. `count`: it is not known, or it is none of
 * the nodes.
 */
size_t numa_of_page(const struct numa *numa, const void *address);

#endif /* MACHINE_NUMA_H */
