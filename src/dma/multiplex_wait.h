/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for the parts of requests, and questions about the requests of inner engines. None of
 * the functions below needs the lock, unless its name says so; a request of a multiplexer must be
 * claimed.
 */
#ifndef DMA_MULTIPLEX_WAIT_H
#define DMA_MULTIPLEX_WAIT_H

#include "dma/multiplex_state.h"

/*
 * Register the operations of multiplexers, once, when the library is loaded: they use the functions
 * below, which cannot name them.
 */
void multiplex_register_ops(const struct aml_dma_ops *ops);

/*
 * Is this an engine of linux.c, with all of its operations? It takes over plans, and has
 * aml_dma_post(). A program's table with other operations beside those of linux.c is another
 * engine.
 */
bool multiplex_is_linux(const struct aml_dma *dma);

/* Is this a multiplexer, with all of its operations? It takes over plans, too. */
bool multiplex_is_multiplexer(const struct aml_dma *dma);

/*
 * Has a request of the multiplexer finished, as far as its engines are of the library? `r` is
 * POSTED or FINISHED.
 */
bool multiplex_has_finished_locked(struct multiplex *m, const struct multiplex_request *r)
	REQUIRES(m);

/*
 * Wait for a part until the deadline. AML_SUCCESS: it is `done`. -AML_EBUSY: the deadline has
 * passed, or without a deadline, the part may not be waited for. Else the error of the engine.
 */
int multiplex_await_part(struct multiplex_request *r, size_t i, uint64_t deadline);

/*
 * Has an inner engine aml_dma_test() and aml_dma_wait_until()? A multiplexer needs them of its own
 * inner engines, but for those that get no requests.
 */
bool multiplex_engine_tests(const struct aml_dma *dma);

/* Is an inner engine one of linux.c, or a multiplexer over such engines? */
bool multiplex_engine_is_own(const struct aml_dma *dma);

/*
 * Return an engine of linux.c without workers that must run a part of the request, which is POSTED:
 * only a thread that waits runs the part. NULL: there is none.
 */
struct aml_dma *multiplex_unserved_engine_locked(struct multiplex *m,
						 const struct multiplex_request *r) REQUIRES(m);

/* Wait for the parts in turn. The result is that of the first one that is not done. */
int multiplex_await_parts(struct multiplex_request *r, uint64_t deadline);

/*
 * Cancel the parts that are not done, in turn. An error is that of the first engine that refused
 * it: the parts after this one are as before, and those that were cancelled have failed.
 */
int multiplex_cancel_parts(struct multiplex_request *r);

/* Cancel all parts that are not done, and wait for those whose engines refuse it. */
void multiplex_withdraw_parts(struct multiplex_request *r);

/*
 * A call that is not woken looks at its requests after slices of time, each twice as long as the
 * one before, up to a limit. Return the end of the next slice, or the deadline if that is sooner.
 * `*slice` is MULTIPLEX_SLICE_NS at first.
 */
uint64_t multiplex_end_of_slice(uint64_t *slice, uint64_t deadline);

enum { MULTIPLEX_SLICE_NS = 20000 };

enum multiplex_ending { MULTIPLEX_WAITS, MULTIPLEX_CANCELS };

/*
 * Claim a request for a call of the program, as multiplex_claim_locked() does. One whose operator
 * is on the stack is refused with -AML_EPERM at once: it may still be POSTING, and would be waited
 * for.
 */
int multiplex_claim_handle_locked(struct multiplex *m, struct multiplex_request *r,
				  uint64_t deadline) REQUIRES(m);

/*
 * Wait for the request of a handle until the deadline, or cancel it, and release it. AML_SUCCESS:
 * `*code` is its result. -AML_EINVAL: it belongs to another multiplexer. -AML_EPERM: it may not be
 * waited for. -AML_EBUSY: the deadline has passed, or an engine refused. Else the error of an
 * inner engine. The lock must not be held.
 */
int multiplex_end_request(struct multiplex *m, struct aml_dma_request **req,
			  enum multiplex_ending how, uint64_t deadline, int *code);

/* A request on an inner engine, of a call that waits: it finishes after a part of another request.
 */
struct multiplex_join {
	struct aml_dma *dma;
	struct aml_dma_request *req;
};

enum { MULTIPLEX_JOINS_MAX = 32 };

struct multiplex_joins {
	size_t n;
	/* Of each join; may be NULL. `arg` must stay until the joins are released. */
	void (*callback)(int result, void *arg);
	void *arg;
	bool incomplete; /* a part has no join */
	bool unserved; /* the engine of a join has no workers, so that only a wait runs the part */
	struct multiplex_join joins[MULTIPLEX_JOINS_MAX];
};

/*
 * Post joins for the parts of a request that have not finished, where the engines have joins, and
 * as many as there is room for. The calling thread has claimed the request.
 */
void multiplex_join_parts(struct multiplex_request *r, struct multiplex_joins *joins);

/*
 * Wait for the joins and release them. -AML_EBUSY: the deadline has passed, or without a deadline,
 * an operator on the stack of the calling thread is needed.
 */
int multiplex_await_joins(struct multiplex_joins *joins, uint64_t deadline);

/* Release joins that nobody waits for. Their callbacks have returned then. */
void multiplex_release_joins(struct multiplex_joins *joins);

#endif /* DMA_MULTIPLEX_WAIT_H */
