/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A round: engines and the pools of other libraries that do the same requests. An operation is
 * a number of requests, each of which copies 64 bytes of its own.
 *
 *     outcome = round_open(&round, c, settings, out);
 *     round_add_…(&round, …);
 *     outcome = round_run(&round, c, expected, yardstick);
 *     round_close(&round);
 */
#ifndef ROUND_H
#define ROUND_H

#include <aml.h>

#include "measure.h"
#include "peers.h"

#define ENGINES_MAX 3
#define PEERS_MAX 8

/* An engine at work. */
struct engine {
	struct aml_dma *dma;
	unsigned workers;
	struct task_copies copies;
	struct aml_dma_request **requests; /* room for all copies */
	struct aml_layout *dst, *src;      /* of the transpose */
};

/* Another library at work. */
struct peer {
	const struct task_peer *library;
	struct task_copies copies;
};

/* A case while it runs. */
struct round {
	const struct settings *settings;
	struct results *out;
	struct task_copies copies;
	size_t written; /* bytes of the destination that an operation writes */
	struct engine engines[ENGINES_MAX];
	size_t engine_count;
	struct peer peers[PEERS_MAX];
	size_t peer_count;
	struct contestant contestants[ENGINES_MAX + PEERS_MAX + 1];
	size_t count;
};

/* memcpy_op takes addresses as layouts. */
struct aml_layout *address(const void *at);

/* Buffers for the case's requests. If it is not DONE, the note says why; close it all the same. */
enum outcome round_open(struct round *round, const struct bench_case *c,
			const struct settings *settings, struct results *out);

/* Add anybody who runs `run(arg)`, so many requests at a time. */
void round_add(struct round *round, const char *name, int (*run)(void *), void *arg,
	       size_t requests);

/*
 * Add an engine that makes so many requests in an operation; `run` gets a struct engine, and
 * `suffix` follows its name. NULL without memory or threads, which the note says.
 */
struct engine *round_add_engine(struct round *round, unsigned workers, size_t requests,
				const char *suffix, int (*run)(void *));

/* Add one with the number of workers that was asked for, and one with one worker. */
enum outcome round_add_engines(struct round *round, int (*run)(void *));

/* Add the other libraries that start; in a brief run only the one that is the yardstick. */
void round_add_peers(struct round *round, const char *yardstick, int (*run)(void *));

/*
 * Check that each operation leaves `expected` in the first `written` bytes of the destination,
 * time all, and add the rows. `yardstick` is a contestant's name, or empty.
 */
enum outcome round_run(struct round *round, const struct bench_case *c, const void *expected,
		       const char *yardstick);

void round_close(struct round *round);

#endif /* ROUND_H */
