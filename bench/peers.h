/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Other libraries that do the same work. Each is in a file of its own, which is compiled where
 * configure found the library and then defines BENCH_…; none is needed, and none is ever linked
 * to the library itself.
 */
#ifndef PEERS_H
#define PEERS_H

#include <stddef.h>

#include "shape.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A library that copies shapes in the calling thread. */
struct copy_peer {
	const char *name;
	/*
	 * Get ready to copy. NULL if the library has no way to say this shape. It may write to
	 * both buffers.
	 */
	void *(*prepare)(const struct shape *shape, void *dst, void *src);
	int (*run)(void *plan); /* not 0: it failed */
	void (*release)(void *plan);
};

/* What a task copies. */
#define TASK_BYTES 64

/* `count` copies of TASK_BYTES bytes each, side by side. */
struct task_copies {
	char *dst;
	const char *src;
	size_t count;
};

/* Tasks done one by one go around in so many places, which the nearest cache holds. */
#define TASK_PLACES 16

/* A library that runs tasks on a pool of threads. */
struct task_peer {
	const char *name;
	/* Start a pool of so many threads, for bursts of at most `most`. Not 0: it failed. */
	int (*start)(unsigned workers, size_t most);
	/* Run one copy after the other, each waited for; copy i is at place i % TASK_PLACES. */
	void (*one_by_one)(const struct task_copies *copies);
	/* Post all copies, then wait until they are done. */
	void (*burst)(const struct task_copies *copies);
	void (*stop)(void);
};

/* Those that were compiled in, up to a NULL. */
extern const struct copy_peer *const copy_peers[];
extern const struct task_peer *const task_peers[];

extern const struct copy_peer peer_fftw, peer_mpi;
extern const struct task_peer peer_openmp, peer_tbb, peer_glib, peer_uv;

/* The yardsticks among them, by name. */
#define PEER_TBB "TBB task_group"
#define PEER_OPENMP "OpenMP task"

#ifdef __cplusplus
}
#endif
#endif /* PEERS_H */
