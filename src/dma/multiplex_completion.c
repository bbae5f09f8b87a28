/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The multiplexer's operations beyond AML.
 *
 * A call that waits for several requests claims all of them, so that no other thread waits for one.
 * It tests them in turn. The requests may lie on several inner engines. If the thread needs only
 * some of them, it posts joins to these engines (multiplex_wait.h), whose callbacks wake it. Where
 * an engine has no joins or no workers, and inside of operators, which must not sleep in their
 * slots, it sleeps for one request for a slice of time, tests all, and then sleeps for the next
 * one. At its end it gives back what it does not release.
 */
#include "dma/multiplex_completion.h"

#include <stdlib.h>

#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "async/queue_run.h"
#include "dma/multiplex_barrier.h"
#include "dma/multiplex_claim.h"
#include "dma/multiplex_operator.h"
#include "dma/multiplex_wait.h"
#include "util/clock.h"

/* A call that waits for several requests. */
struct multiplex_call {
	struct multiplex *m;
	size_t n;
	struct aml_dma_request **reqs; /* a slot of a released request is NULL */
	size_t left;                   /* handles that are claimed and not released */
	size_t found;                  /* requests that have finished and are released */
	size_t least;                  /* how many must finish */
	size_t turn;                   /* the slot that the thread slept for last */
	uint64_t deadline, slice;
	size_t *indices; /* of the found ones; may be NULL */
	int *results;    /* of the found ones; may be NULL */
	bool only_one;   /* release one at most */
	bool late;       /* the deadline had passed before all requests were claimed */
	bool joined;     /* it has tried to post joins */
	bool called;     /* a callback of a join has come. Guarded by the lock of `m` */
	struct multiplex_joins joins;
};

/* Have the inner engines that get requests the operations to test and to wait until a deadline? */
static bool engines_have_tests(const struct multiplex *m)
{
	return multiplex_engine_tests(&m->dma);
}

static struct multiplex_request *request_at(const struct multiplex_call *call, size_t i)
{
	return (struct multiplex_request *)call->reqs[i];
}

/* Check that all handles are of the multiplexer, if `own`, and that none stands twice in the list.
 */
static int check_list_locked(struct multiplex *m, const struct multiplex_call *call, bool own)
	REQUIRES(m)
{
	int err = AML_SUCCESS;
	size_t i = 0;

	for (; err == AML_SUCCESS && i < call->n; i++) {
		struct multiplex_request *r = request_at(call, i);

		if (r == NULL)
			continue;
		if (r->owner == m ? r->listed : own)
			err = -AML_EINVAL;
		else if (r->owner == m)
			r->listed = true;
	}
	while (i-- > 0) {
		struct multiplex_request *r = request_at(call, i);

		if (r != NULL && r->owner == m)
			r->listed = false;
	}
	return err;
}

/* Give back the claimed requests of the first `n` slots. */
static void give_back_locked(struct multiplex *m, const struct multiplex_call *call, size_t n)
	REQUIRES(m)
{
	for (size_t i = 0; i < n; i++) {
		struct multiplex_request *r = request_at(call, i);

		if (r == NULL)
			continue;
		multiplex_unclaim_locked(m, r);
		if (r->state == MULTIPLEX_FINISHED && r->code != AML_SUCCESS)
			multiplex_file_failure_locked(m, r);
	}
}

/* Check and claim all requests of the list. On an error, none is claimed. */
static int claim_list_locked(struct multiplex *m, struct multiplex_call *call) REQUIRES(m)
{
	int err = check_list_locked(m, call, true);

	for (size_t i = 0; err == AML_SUCCESS && i < call->n; i++) {
		struct multiplex_request *r = request_at(call, i);

		if (r == NULL)
			continue;
		err = multiplex_claim_handle_locked(m, r, call->deadline);
		if (err == -AML_EBUSY) {
			/* It is late: the call ends with the slots before this one. */
			call->n = i;
			call->late = true;
			return AML_SUCCESS;
		}
		if (err != AML_SUCCESS)
			give_back_locked(m, call, i);
		call->left++;
	}
	return err;
}

/* Have all parts of the request in slot i finished, as far as it was tested? */
static bool slot_is_done(const struct multiplex_call *call, size_t i)
{
	const struct multiplex_request *r = request_at(call, i);

	for (size_t part = 0; part < r->pub.count; part++)
		if (!r->parts[part].done)
			return false;
	return true;
}

/* Test the claimed requests, up to the first one that has finished if one is enough. */
static int test_slots(struct multiplex_call *call)
{
	for (size_t i = 0; i < call->n; i++) {
		int err = AML_SUCCESS;

		if (call->reqs[i] == NULL)
			continue;
		err = multiplex_await_parts(request_at(call, i), 0);
		if (err == AML_SUCCESS && call->only_one)
			return AML_SUCCESS;
		if (err != AML_SUCCESS && err != -AML_EBUSY)
			return err;
	}
	return AML_SUCCESS;
}

/* Release the request in slot i, which is done. */
static void release_slot(struct multiplex_call *call, size_t i)
{
	struct multiplex_request *r = request_at(call, i);

	multiplex_acquire(call->m);
	multiplex_unclaim_locked(call->m, r);
	multiplex_take_locked(call->m, r);
	multiplex_release(call->m);
	if (call->indices != NULL)
		call->indices[call->found] = i;
	if (call->results != NULL)
		call->results[call->found] = r->code;
	call->reqs[i] = NULL;
	call->found++;
	call->left--;
	free(r);
}

static void release_slots(struct multiplex_call *call)
{
	for (size_t i = 0; i < call->n && !(call->only_one && call->found > 0); i++)
		if (call->reqs[i] != NULL && slot_is_done(call, i))
			release_slot(call, i);
}

/* The callback of the joins: wake the call. */
static void wake_call(int result, void *arg)
{
	struct multiplex_call *call = arg;

	(void)result;
	multiplex_acquire(call->m);
	call->called = true;
	multiplex_wake_locked(call->m);
	multiplex_release(call->m);
}

/* Post joins for all requests of the call. Those that have finished meanwhile are tested next. */
static void join_slots(struct multiplex_call *call)
{
	call->joined = true;
	call->called = true;
	call->joins.callback = wake_call;
	call->joins.arg = call;
	call->joins.incomplete = queue_frame != NULL;
	for (size_t i = 0; i < call->n && !call->joins.incomplete; i++)
		if (call->reqs[i] != NULL)
			multiplex_join_parts(request_at(call, i), &call->joins);
}

/* Sleep until a join has called, or the deadline has passed. */
static void sleep_for_join(struct multiplex_call *call)
{
	struct multiplex *m = call->m;

	multiplex_acquire(m);
	while (!call->called && multiplex_sleep_locked(m, call->deadline))
		;
	call->called = false;
	multiplex_release(m);
}

/* Sleep for the request in the next slot until it has finished or the time is over. */
static int sleep_for_slot(struct multiplex_call *call, uint64_t until)
{
	int err;

	do
		call->turn = call->turn + 1 < call->n ? call->turn + 1 : 0;
	while (call->reqs[call->turn] == NULL);
	err = multiplex_await_parts(request_at(call, call->turn), until);
	if (err == -AML_EBUSY)
		return until == AML_DMA_NO_DEADLINE ? -AML_EPERM : AML_SUCCESS;
	return err;
}

/* Sleep until another request may have finished. */
static int sleep_for_some(struct multiplex_call *call)
{
	if (call->least - call->found == call->left)
		return sleep_for_slot(call, call->deadline);
	if (!call->joined)
		join_slots(call);
	if (!call->joins.incomplete && !call->joins.unserved) {
		sleep_for_join(call);
		return AML_SUCCESS;
	}
	return sleep_for_slot(call, multiplex_end_of_slice(&call->slice, call->deadline));
}

/* Wait until enough of the claimed requests have finished. -AML_EBUSY: the deadline has passed. */
static int await_slots(struct multiplex_call *call)
{
	int err;

	if (call->least > call->left && !call->late)
		call->least = call->left;
	for (;;) {
		err = test_slots(call);
		if (err != AML_SUCCESS)
			return err;
		release_slots(call);
		if (call->found >= call->least)
			return AML_SUCCESS;
		if (call->deadline != AML_DMA_NO_DEADLINE && clock_ns() >= call->deadline)
			return -AML_EBUSY;
		err = sleep_for_some(call);
		if (err != AML_SUCCESS)
			return err;
	}
}

/* Claim the list, wait, and give back what is not released. */
static int run_call(struct multiplex_call *call)
{
	struct multiplex *m = call->m;
	int err;

	if (!engines_have_tests(m))
		return -AML_ENOTSUP;
	multiplex_acquire(m);
	multiplex_enter_locked(m);
	err = claim_list_locked(m, call);
	if (err == AML_SUCCESS) {
		multiplex_release(m);
		err = await_slots(call);
		multiplex_release_joins(&call->joins);
		multiplex_acquire(m);
		give_back_locked(m, call, call->n);
	}
	multiplex_leave_locked(m);
	multiplex_release(m);
	return err;
}

int multiplex_wait_until(struct aml_dma_data *data, struct aml_dma_request **req, uint64_t deadline,
			 int *result)
{
	struct multiplex *m = multiplex_of(data);
	int err, code;

	if (!engines_have_tests(m))
		return -AML_ENOTSUP;
	err = multiplex_end_request(m, req, MULTIPLEX_WAITS, deadline, &code);
	if (err == -AML_EBUSY && deadline == AML_DMA_NO_DEADLINE)
		return -AML_EPERM;
	if (err == AML_SUCCESS && result != NULL)
		*result = code;
	return err;
}

int multiplex_test(struct aml_dma_data *data, struct aml_dma_request **req, int *result)
{
	return multiplex_wait_until(data, req, 0, result);
}

int multiplex_wait_any(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
		       size_t *index, int *result)
{
	size_t place = n;
	int code = AML_SUCCESS, err;
	struct multiplex_call call = {.m = multiplex_of(data),
				      .n = n,
				      .reqs = reqs,
				      .least = 1,
				      .deadline = AML_DMA_NO_DEADLINE,
				      .slice = MULTIPLEX_SLICE_NS,
				      .indices = &place,
				      .results = &code,
				      .only_one = true};

	err = run_call(&call);
	if (err != AML_SUCCESS)
		return err;
	*index = place;
	if (result != NULL)
		*result = code;
	return AML_SUCCESS;
}

/* Store a code of wait_all. The first one that is not 0 is the result of the call. */
static void note_code(int *results, size_t i, int code, int *first)
{
	if (results != NULL)
		results[i] = code;
	if (*first == AML_SUCCESS)
		*first = code;
}

int multiplex_wait_all(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
		       int *results)
{
	struct multiplex_call call = {.m = multiplex_of(data), .n = n, .reqs = reqs};
	int first = AML_SUCCESS, err;

	multiplex_acquire(call.m);
	err = check_list_locked(call.m, &call, false);
	multiplex_release(call.m);
	if (err != AML_SUCCESS)
		return err;
	for (size_t i = 0; i < n; i++) {
		int code = AML_SUCCESS;

		err = AML_SUCCESS;
		if (reqs[i] != NULL)
			err = multiplex_end_request(call.m, &reqs[i], MULTIPLEX_WAITS,
						    AML_DMA_NO_DEADLINE, &code);
		if (err == -AML_EBUSY)
			err = -AML_EPERM;
		note_code(results, i, err == AML_SUCCESS ? code : err, &first);
	}
	return first;
}

int multiplex_wait_some(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			size_t least, uint64_t deadline, size_t *count, size_t *indices,
			int *results)
{
	struct multiplex_call call = {.m = multiplex_of(data),
				      .n = n,
				      .reqs = reqs,
				      .least = least,
				      .deadline = deadline,
				      .slice = MULTIPLEX_SLICE_NS,
				      .indices = indices,
				      .results = results};
	int err = run_call(&call);

	if (count != NULL && (err == AML_SUCCESS || err == -AML_EBUSY))
		*count = call.found;
	return err;
}

/* Report whether the inner engines that get requests have aml_dma_progress(). */
static bool engines_have_progress(const struct multiplex *m)
{
	for (size_t i = 0; i < m->data.count; i++)
		if (multiplex_uses_engine(m, i) &&
		    aml_dma_progress(m->engines[i].dma, 0, NULL) == -AML_ENOTSUP)
			return false;
	return true;
}

/* An inner engine runs nothing inside its own operators, which others may have posted. */
int multiplex_progress(struct aml_dma_data *data, size_t most, size_t *ran)
{
	struct multiplex *m = multiplex_of(data);
	size_t n, total = 0;

	if (!engines_have_progress(m))
		return -AML_ENOTSUP;
	if (multiplex_is_inside(m))
		return -AML_EPERM;
	for (size_t i = 0; i < m->data.count && total < most; i++)
		if (multiplex_uses_engine(m, i) &&
		    aml_dma_progress(m->engines[i].dma, most - total, &n) == AML_SUCCESS)
			total += n;
	if (ran != NULL)
		*ran = total;
	return AML_SUCCESS;
}

int multiplex_barrier_until(struct aml_dma_data *data, uint64_t deadline, int *result)
{
	struct multiplex *m = multiplex_of(data);
	int err, code;

	if (!engines_have_tests(m))
		return -AML_ENOTSUP;
	err = multiplex_await_all(m, deadline, &code);
	if (err == AML_SUCCESS && result != NULL)
		*result = code;
	return err;
}
