/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waits for all requests of a multiplexer: the barrier, the end, and the release of requests
 * without a handle.
 *
 * The oldest unfinished request is waited for again and again, until it is newer than the call.
 * Requests that another thread waits for are left to that thread.
 */
#include "dma/multiplex_barrier.h"

#include <stdlib.h>

#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "dma/multiplex_claim.h"
#include "dma/multiplex_operator.h"
#include "dma/multiplex_wait.h"

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

/*
 * Wait for a claimed request by joins. The request is given back before the wait, so that its owner
 * may wait for it. False: it has no joins, and is still claimed.
 */
static bool await_by_joins_locked(struct multiplex *m, struct multiplex_request *r,
				  uint64_t deadline, int *err) REQUIRES(m)
{
	struct multiplex_joins joins = {.n = 0};

	*err = AML_SUCCESS;
	multiplex_release(m);
	multiplex_join_parts(r, &joins);
	multiplex_acquire(m);
	if (joins.n == 0)
		return false;
	multiplex_unclaim_locked(m, r);
	multiplex_release(m);
	*err = multiplex_await_joins(&joins, deadline);
	multiplex_acquire(m);
	return true;
}

/*
 * Wait for the oldest request, which no other thread uses. `*settled` is the number of the last
 * request that was waited for by joins: its parts have finished. AML_SUCCESS: look again. `*result`
 * is its code if it has finished.
 */
static int await_oldest_locked(struct multiplex *m, uint64_t deadline, uint64_t *settled,
			       int *result) REQUIRES(m)
{
	struct multiplex_request *r = m->unfinished.first;
	int err;

	r->state = MULTIPLEX_BARRED;
	r->user = pthread_self();
	if (!r->detached && *settled != r->seq) {
		*settled = r->seq;
		if (await_by_joins_locked(m, r, deadline, &err))
			return err;
	}
	multiplex_release(m);
	err = multiplex_await_parts(r, deadline);
	multiplex_acquire(m);
	multiplex_unclaim_locked(m, r);
	if (r->state == MULTIPLEX_FINISHED)
		*result = settle_finished_locked(m, r);
	return err;
}

/*
 * Wait for all requests up to number `limit`. `reports`: end with the first failure. -AML_EBUSY:
 * the deadline has passed. -AML_EPERM: the calling thread is inside the post or the wait of a
 * request.
 */
static int await_all_locked(struct multiplex *m, uint64_t limit, uint64_t deadline, bool reports,
			    int *result) REQUIRES(m)
{
	uint64_t settled = 0;
	int err = AML_SUCCESS;

	*result = AML_SUCCESS;
	while (!reports || (*result == AML_SUCCESS && !report_failure_locked(m, result))) {
		struct multiplex_request *r = m->unfinished.first;

		if (r == NULL || r->seq > limit)
			return AML_SUCCESS;
		if (r->state == MULTIPLEX_POSTED) {
			err = await_oldest_locked(m, deadline, &settled, result);
			if (err != AML_SUCCESS)
				return err == -AML_EBUSY && deadline == AML_DMA_NO_DEADLINE
					       ? -AML_EPERM
					       : err;
		} else if (pthread_equal(r->user, pthread_self())) {
			return -AML_EPERM;
		} else if (!multiplex_sleep_locked(m, deadline)) {
			return -AML_EBUSY;
		}
	}
	return AML_SUCCESS;
}

int multiplex_await_all(struct multiplex *m, uint64_t deadline, int *result)
{
	int err;

	if (multiplex_is_inside(m))
		return -AML_EPERM;
	multiplex_acquire(m);
	multiplex_enter_locked(m);
	err = await_all_locked(m, m->seq, deadline, true, result);
	multiplex_leave_locked(m);
	multiplex_release(m);
	return err;
}

int multiplex_drain(struct multiplex *m)
{
	int err, result;

	if (multiplex_is_inside(m))
		return -AML_EPERM;
	multiplex_acquire(m);
	err = await_all_locked(m, UINT64_MAX, AML_DMA_NO_DEADLINE, false, &result);
	if (err == AML_SUCCESS)
		multiplex_await_callers_locked(m);
	multiplex_release(m);
	return err;
}

/* Release a request without a handle that has finished, or keep its failure. */
static void sweep_request_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m)
{
	r->state = MULTIPLEX_BARRED;
	r->user = pthread_self();
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
