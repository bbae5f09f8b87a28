/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A round: engines and the pools of other libraries that run the same requests. An operation is
 * a number of requests. Each request copies its own 64 bytes.
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

/* An engine as a contestant. */
struct engine_entrant {
	struct aml_dma *dma;
	unsigned workers;
	struct task_copies copies;
	struct aml_dma_request **requests; /* room for all copies */
	struct aml_layout *dst, *src;      /* of the transpose */
};

/* Another library as a contestant. */
struct peer {
	const struct task_peer *library;
	struct task_copies copies;
};

/* A running case. */
struct round {
	const struct settings *settings;
	struct results *out;
	struct task_copies copies;
	size_t written; /* bytes of the destination that an operation writes */
	struct engine_entrant engines[ENGINES_MAX];
	size_t engine_count;
	struct peer peers[PEERS_MAX];
	size_t peer_count;
	struct contestant contestants[ENGINES_MAX + PEERS_MAX + 1];
	size_t count;
};

/* Cast an address to the type of a layout, for memcpy_op. */
struct aml_layout *address(const void *at);

/* Create the case's buffers. If not DONE, the note gives the reason. Close the round anyway. */
enum outcome round_open(struct round *round, const struct bench_case *c,
			const struct settings *settings, struct results *out);

/* Add a contestant. An operation is `run(arg)` and makes `requests` requests. */
void round_add(struct round *round, const char *name, int (*run)(void *), void *arg,
	       size_t requests);

/*
 * Add an engine that makes `requests` requests per operation. The argument of `run` is a struct
 * engine. `suffix` is appended to the engine's name. NULL if out of memory or threads; the note
 * says so.
 */
struct engine_entrant *round_add_engine(struct round *round, unsigned workers, size_t requests,
					const char *suffix, int (*run)(void *));

/* Add an engine with the requested number of workers, and an engine with one worker. */
enum outcome round_add_engines(struct round *round, int (*run)(void *));

/* Add the other libraries whose pools start; in a brief run only the yardstick. */
void round_add_peers(struct round *round, const char *yardstick, int (*run)(void *));

/*
 * Check that each operation leaves `expected` in the first `written` bytes of the destination,
 * time all contestants, and add their rows. `yardstick` is a contestant's name, or empty.
 */
enum outcome round_run(struct round *round, const struct bench_case *c, const void *expected,
		       const char *yardstick);

/* Post copy i of the entrant. `request` NULL: without a handle. */
int entrant_post(struct engine_entrant *e, struct aml_dma_request **request, size_t i);

/* An operation: post all copies without handles, then wait by a barrier. */
int entrant_burst(void *entrant);

void round_close(struct round *round);

#endif /* ROUND_H */
