/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Other libraries that do the same work. Each library has its own file, which is compiled only if
 * configure found the library. configure then defines BENCH_…. All of them are optional. None is
 * linked to libaml-dma itself.
 */
#ifndef PEERS_H
#define PEERS_H

#include <stddef.h>

#include "shape.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A library that copies shapes. */
struct copy_peer {
	const char *name;
	/*
	 * Prepare a copy between the elements 0 at `dst` and `src`. NULL if the library cannot
	 * express this shape. The function may write to both buffers. A library with threads of
	 * its own uses `threads` of them, with the calling thread.
	 */
	void *(*prepare)(const struct bench_shape *shape, void *dst, void *src, unsigned threads);
	int (*run)(void *plan); /* not 0: it failed */
	void (*release)(void *plan);
};

/* Choices of the user. */
extern struct peer_options {
	int estimates; /* HPTT estimates the best way instead of measuring it */
} peer_options;

/* The size of the copy that a task makes. */
#define TASK_BYTES 64

/* `count` copies of TASK_BYTES bytes each, one after the other in memory. */
struct task_copies {
	char *dst;
	const char *src;
	size_t count;
};

/* Tasks that run one by one use this many places in turn, which fit into the L1 cache. */
#define TASK_PLACES 16

/* A library that runs tasks on a pool of threads. */
struct task_peer {
	const char *name;
	/* Start a pool of `workers` threads, for bursts of up to `most` tasks. Not 0: failed. */
	int (*start)(unsigned workers, size_t most);
	/* Run the copies one by one, and wait for each; copy i uses place i % TASK_PLACES. */
	void (*one_by_one)(const struct task_copies *copies);
	/* Post all copies, then wait for them. */
	void (*burst)(const struct task_copies *copies);
	void (*stop)(void);
};

/* The libraries that were compiled in; NULL ends each list. */
extern const struct copy_peer *const copy_peers[];
extern const struct task_peer *const task_peers[];

/*
 * Libraries that do not copy: their shapes are those of sums (destination + source), and of scaled
 * sums (SCALE_SOURCE x source + SCALE_DESTINATION x destination). The products are exact, so the
 * result does not depend on how often it is rounded. It stays finite, however often it is computed.
 */
extern const struct copy_peer *const sum_peers[], *const scaled_sum_peers[];
#define SCALE_SOURCE 2.0
#define SCALE_DESTINATION 0.5

extern const struct copy_peer peer_fftw, peer_mpi, peer_onednn, peer_hptt;
extern const struct copy_peer peer_openblas, peer_hptt_scaled;
extern const struct task_peer peer_openmp, peer_tbb, peer_glib, peer_uv;

/* The names of the yardsticks. */
#define PEER_HPTT "HPTT"
#define PEER_OPENBLAS "OpenBLAS axpy"
#define PEER_ONEDNN "oneDNN reorder"
#define PEER_TBB "TBB task_group"
#define PEER_OPENMP "OpenMP task"
#define PEER_UV "libuv uv_queue_work"

#ifdef __cplusplus
}
#endif
#endif /* PEERS_H */
