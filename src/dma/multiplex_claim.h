/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of a multiplexer: their memory, their states, and the threads that wait for a change. */
#ifndef DMA_MULTIPLEX_CLAIM_H
#define DMA_MULTIPLEX_CLAIM_H

#include "dma/multiplex_state.h"

/*
 * Initialise a request of `count` parts. It is followed by them, and by two arrays of pointers.
 */
void multiplex_request_init(struct multiplex *m, struct multiplex_request *r, size_t count);

/*
 * Make a request of `count` parts, with `plan_bytes` bytes for their plans behind it. NULL: out of
 * memory. The caller frees it with free().
 */
struct multiplex_request *multiplex_request_new(struct multiplex *m, size_t count,
						size_t plan_bytes);

/* Return the memory for the plans of a request. */
void *multiplex_plans_of(struct multiplex_request *r);

/* Append a new request, which the calling thread begins to post. */
void multiplex_append_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m);

/* Wake all threads that wait for a change. */
void multiplex_wake_locked(struct multiplex *m) REQUIRES(m);

/* Sleep until something may have changed. False: the deadline has passed. */
bool multiplex_sleep_locked(struct multiplex *m, uint64_t deadline) REQUIRES(m);

/*
 * Enter and leave a call that may claim or sleep. The end of the multiplexer waits until all
 * threads have left. After that, they do not touch the multiplexer, but to release its lock.
 */
void multiplex_enter_locked(struct multiplex *m) REQUIRES(m);
void multiplex_leave_locked(struct multiplex *m) REQUIRES(m);

/* Sleep until all threads have left. */
void multiplex_await_callers_locked(struct multiplex *m) REQUIRES(m);

/*
 * Claim a request, which the caller has the right to use, in `state`. Sleeps while it is POSTING,
 * BARRED or AWAITED. A FINISHED request stays FINISHED. -AML_EPERM: another thread has claimed it
 * to wait, or the calling thread is inside its post or inside a barrier that has claimed it.
 * -AML_EBUSY: the deadline has passed.
 */
int multiplex_claim_locked(struct multiplex *m, struct multiplex_request *r,
			   enum multiplex_request_state state, uint64_t deadline) REQUIRES(m);

/*
 * Give back a request that the calling thread has claimed, or has posted. If all its parts are
 * done, it is FINISHED, on the list `done`.
 */
void multiplex_unclaim_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m);

/* Take a FINISHED request off its list, to release it. */
void multiplex_take_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m);

/* If a FINISHED request has failed, move it to `failed`, so that a barrier reports it. */
void multiplex_file_failure_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m);

#endif /* DMA_MULTIPLEX_CLAIM_H */
