/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waits for all requests of a multiplexer: the barrier, the end, and the release of requests
 * without a handle.
 *
 * The oldest unfinished request is waited for again and again, until it is newer than the call.
 * Requests that another thread waits for are left to that thread. An owner may wait for or test a
 * request during the barrier. So the barrier waits for joins, and where it gets none, it looks at
 * the request after each slice of time.
 */
#include "dma/multiplex_barrier.h"

#include <stdlib.h>

#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "async/queue_run.h"
#include "dma/multiplex_claim.h"
#include "dma/multiplex_operator.h"
#include "dma/multiplex_wait.h"
#include "util/clock.h"

/* How many requests a sweep looks at. */
enum { SWEEP_REQUESTS = 2 };

/* Report a failure that was found before. A request without a handle is released. False: none. */
static bool report_failure_locked(struct multiplex *m, int *result) REQUIRES(m)
{
	struct multiplex_request *r = multiplex_list_pop(&m->failed);

	if (r == NULL)
		return false;
	*result = r->code;
	r->filed = false;
	if (r->detached)
		free(r);
	else
		multiplex_list_push(&m->done, r);
	return true;
}

/* A request that was claimed has FINISHED. Returns the result that a barrier reports. */
static int settle_finished_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m)
{
	int code = r->orphan ? AML_SUCCESS : r->code;

	if (r->detached) {
		multiplex_take_locked(m, r);
		free(r);
	}
	return code;
}

/* A barrier, or the end of a multiplexer. */
struct multiplex_barrier {
	uint64_t limit; /* the number of the last request that it covers */
	uint64_t deadline;
	bool reports;   /* it ends with the first failure */
	uint64_t slice; /* how long it sleeps between two tests of a request */
};

static void bar_locked(struct multiplex *m, struct multiplex_request *r,
		       enum multiplex_request_state state) REQUIRES(m)
{
	(void)m;
	r->state = state;
	r->user = pthread_self();
}

/*
 * Claim a request in `state`, wait for its parts until the deadline, and give it back. `*result` is
 * its code if it has finished.
 */
static int await_barred_locked(struct multiplex *m, struct multiplex_request *r,
			       enum multiplex_request_state state, uint64_t deadline, int *result)
	REQUIRES(m)
{
	int err;

	bar_locked(m, r, state);
	multiplex_release(m);
	err = multiplex_await_parts(r, deadline);
	multiplex_acquire(m);
	multiplex_unclaim_locked(m, r);
	if (r->state == MULTIPLEX_FINISHED)
		*result = settle_finished_locked(m, r);
	return err;
}

/* Do the engines of the parts that are not done satisfy a condition? */
static bool engines_are(const struct multiplex_request *r,
			bool (*condition)(const struct aml_dma *))
{
	for (size_t i = 0; i < r->pub.count; i++)
		if (!r->parts[i].done && !condition(r->pub.dmas[i]))
			return false;
	return true;
}

/*
 * Advance a request without a wait for it. Outside of operators, and if the library can see whether
 * the request has finished, nobody claims it: its owner may. -AML_EBUSY: nothing was done, and it
 * has not finished.
 */
static int advance_oldest_locked(struct multiplex *m, struct multiplex_request *r, int *result)
	REQUIRES(m)
{
	struct aml_dma *unserved;
	size_t ran = 0;

	if (queue_frame != NULL || !engines_are(r, multiplex_engine_is_own))
		return await_barred_locked(m, r, MULTIPLEX_AWAITED, 0, result);
	unserved = multiplex_unserved_engine_locked(m, r);
	if (unserved == NULL)
		return -AML_EBUSY;
	multiplex_release(m);
	(void)aml_dma_progress(unserved, 1, &ran);
	multiplex_acquire(m);
	return ran > 0 ? AML_SUCCESS : -AML_EBUSY;
}

/* Advance a request, and else sleep for a slice of time. AML_SUCCESS: look again. */
static int await_slice_locked(struct multiplex *m, struct multiplex_request *r,
			      struct multiplex_barrier *b, int *result) REQUIRES(m)
{
	int err = advance_oldest_locked(m, r, result);

	if (err != -AML_EBUSY && err != AML_SUCCESS)
		return err;
	if (*result != AML_SUCCESS)
		return AML_SUCCESS;
	if (clock_ns() >= b->deadline)
		return -AML_EBUSY;
	if (err == AML_SUCCESS)
		return AML_SUCCESS;
	(void)multiplex_sleep_locked(m, multiplex_end_of_slice(&b->slice, b->deadline));
	return AML_SUCCESS;
}

/*
 * Wait for the oldest request, which no other thread uses. AML_SUCCESS: look again. `*result` is
 * its code if it has finished.
 */
static int await_oldest_locked(struct multiplex *m, struct multiplex_barrier *b, int *result)
	REQUIRES(m)
{
	struct multiplex_request *r = m->unfinished.first;
	struct multiplex_joins joins = {.n = 0};
	int err;

	/* No other thread may wait for it. */
	if (r->detached)
		return await_barred_locked(m, r, MULTIPLEX_AWAITED, b->deadline, result);
	bar_locked(m, r, MULTIPLEX_BARRED);
	multiplex_release(m);
	multiplex_join_parts(r, &joins);
	multiplex_acquire(m);
	multiplex_unclaim_locked(m, r);
	if (joins.n > 0) {
		/* The owner may release the request meanwhile. */
		multiplex_release(m);
		err = multiplex_await_joins(&joins, b->deadline);
		multiplex_acquire(m);
		return err;
	}
	/* Its parts have finished. */
	if (!joins.incomplete)
		return await_barred_locked(m, r, MULTIPLEX_BARRED, b->deadline, result);
	if (!engines_are(r, multiplex_engine_tests))
		return await_barred_locked(m, r, MULTIPLEX_AWAITED, b->deadline, result);
	return await_slice_locked(m, r, b, result);
}

/*
 * Wait for all requests that the barrier covers. -AML_EBUSY: the deadline has passed. -AML_EPERM:
 * the calling thread is inside the post or the wait of a request.
 */
static int await_all_locked(struct multiplex *m, struct multiplex_barrier *b, int *result)
	REQUIRES(m)
{
	int err = AML_SUCCESS;

	*result = AML_SUCCESS;
	while (!b->reports || (*result == AML_SUCCESS && !report_failure_locked(m, result))) {
		struct multiplex_request *r = m->unfinished.first;

		if (r == NULL || r->seq > b->limit)
			return AML_SUCCESS;
		if (r->state == MULTIPLEX_POSTED) {
			err = await_oldest_locked(m, b, result);
			if (err != AML_SUCCESS)
				return err == -AML_EBUSY && b->deadline == AML_DMA_NO_DEADLINE
					       ? -AML_EPERM
					       : err;
		} else if (pthread_equal(r->user, pthread_self())) {
			return -AML_EPERM;
		} else if (!multiplex_sleep_locked(m, b->deadline)) {
			return -AML_EBUSY;
		}
	}
	return AML_SUCCESS;
}

/*
 * Is the calling thread inside an operator of the multiplexer or of one of its inner engines? What
 * the barrier waits for may be queued at that engine behind other requests, and the workers that
 * must run these may all be in such operators. The engine's own wait runs what it waits for, but
 * the barrier cannot use it for a request that another thread waits for.
 */
static bool is_inside_engines(const struct multiplex *m)
{
	if (multiplex_is_inside(m))
		return true;
	if (queue_frame == NULL)
		return false;
	for (size_t i = 0; i < m->data.count; i++) {
		struct aml_dma *dma = m->engines[i].dma;

		if (multiplex_is_multiplexer(dma) ? is_inside_engines(multiplex_of(dma->data))
						  : aml_dma_progress(dma, 0, NULL) == -AML_EPERM)
			return true;
	}
	return false;
}

int multiplex_await_all(struct multiplex *m, uint64_t deadline, int *result)
{
	struct multiplex_barrier b = {
		.deadline = deadline, .reports = true, .slice = MULTIPLEX_SLICE_NS};
	int err;

	if (is_inside_engines(m))
		return -AML_EPERM;
	multiplex_acquire(m);
	multiplex_enter_locked(m);
	b.limit = m->seq;
	err = await_all_locked(m, &b, result);
	multiplex_leave_locked(m);
	multiplex_release(m);
	return err;
}

int multiplex_drain(struct multiplex *m)
{
	struct multiplex_barrier b = {
		.limit = UINT64_MAX, .deadline = AML_DMA_NO_DEADLINE, .slice = MULTIPLEX_SLICE_NS};
	int err, result;

	if (is_inside_engines(m))
		return -AML_EPERM;
	multiplex_acquire(m);
	err = await_all_locked(m, &b, &result);
	if (err == AML_SUCCESS)
		multiplex_await_callers_locked(m);
	multiplex_release(m);
	return err;
}

/* Release a request without a handle that has finished, or keep its failure. */
static void sweep_request_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m)
{
	bar_locked(m, r, MULTIPLEX_BARRED);
	multiplex_release(m);
	(void)multiplex_await_parts(r, AML_DMA_NO_DEADLINE);
	multiplex_acquire(m);
	multiplex_unclaim_locked(m, r);
	if (r->state != MULTIPLEX_FINISHED)
		return;
	if (r->code != AML_SUCCESS && !r->orphan)
		multiplex_file_failure_locked(m, r);
	else
		(void)settle_finished_locked(m, r);
}

void multiplex_sweep_locked(struct multiplex *m)
{
	for (size_t n = 0; n < SWEEP_REQUESTS && m->owned.first != NULL; n++) {
		struct multiplex_request *r = m->owned.first;

		multiplex_owned_list_unlink(&m->owned, r);
		multiplex_owned_list_push(&m->owned, r);
		if (r->state == MULTIPLEX_POSTED && multiplex_has_finished_locked(m, r))
			sweep_request_locked(m, r);
	}
}

int aml_dma_multiplex_barrier(struct aml_dma_data *data)
{
	int err, result;

	if (data == NULL)
		return -AML_EINVAL;
	err = multiplex_await_all(multiplex_of(data), AML_DMA_NO_DEADLINE, &result);
	if (err == -AML_EPERM)
		return -AML_EBUSY;
	return err == AML_SUCCESS ? result : err;
}
