/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waits for one request of a multiplexer, and its cancel. The parts are waited for in turn, by the
 * inner engines' own operations.
 *
 * An inner engine refuses a wait if the operator of the request is on the stack of the calling
 * thread. The handle of the part then stays, and the request is given back as it was.
 */
#include "dma/multiplex_wait.h"

#include <stdlib.h>

#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "async/queue_wait.h"
#include "dma/completion.h"
#include "dma/linux_request.h"
#include "dma/multiplex_claim.h"
#include "dma/multiplex_operator.h"
#include "util/clock.h"

/* The operations of multiplexers. Constant once the library is loaded. */
static struct aml_dma_ops own_ops;

void multiplex_register_ops(const struct aml_dma_ops *ops)
{
	own_ops = *ops;
}

bool multiplex_is_linux(const struct aml_dma *dma)
{
	return dma->ops->create_request == aml_dma_linux_request_create &&
	       dma->ops->destroy_request == aml_dma_linux_request_destroy &&
	       dma->ops->wait_request == aml_dma_linux_request_wait &&
	       dma->ops->barrier == aml_dma_linux_barrier &&
	       dma->ops->extension == aml_dma_linux_ops.extension;
}

bool multiplex_is_multiplexer(const struct aml_dma *dma)
{
	return dma->ops->create_request == own_ops.create_request &&
	       dma->ops->destroy_request == own_ops.destroy_request &&
	       dma->ops->wait_request == own_ops.wait_request &&
	       dma->ops->barrier == own_ops.barrier;
}

bool multiplex_engine_tests(const struct aml_dma *dma)
{
	const struct multiplex *m;

	if (!multiplex_is_multiplexer(dma))
		return dma_has_tests(dma);
	m = multiplex_of(dma->data);
	for (size_t i = 0; i < m->data.count; i++)
		if (multiplex_uses_engine(m, i) && !multiplex_engine_tests(m->engines[i].dma))
			return false;
	return true;
}

bool multiplex_engine_is_own(const struct aml_dma *dma)
{
	const struct multiplex *m;

	if (!multiplex_is_multiplexer(dma))
		return multiplex_is_linux(dma);
	m = multiplex_of(dma->data);
	for (size_t i = 0; i < m->data.count; i++)
		if (multiplex_uses_engine(m, i) && !multiplex_engine_is_own(m->engines[i].dma))
			return false;
	return true;
}

/* Has a request of an inner engine finished? False: no, or it is not known. */
static bool inner_has_finished(const struct aml_dma *dma, const struct aml_dma_request *req)
{
	const struct multiplex_request *r = (const void *)req;
	struct multiplex *m;
	bool finished;

	if (req == NULL)
		return true;
	if (multiplex_is_linux(dma))
		return queue_has_finished(linux_queue(dma->data),
					  (const struct aml_task *)(const void *)req);
	if (!multiplex_is_multiplexer(dma))
		return false;
	m = multiplex_of(dma->data);
	multiplex_acquire(m);
	finished = multiplex_has_finished_locked(m, r);
	multiplex_release(m);
	return finished;
}

bool multiplex_has_finished_locked(struct multiplex *m, const struct multiplex_request *r)
{
	(void)m;
	if (r->state != MULTIPLEX_POSTED)
		return r->state == MULTIPLEX_FINISHED;
	for (size_t i = 0; i < r->pub.count; i++)
		if (!r->parts[i].done && !inner_has_finished(r->pub.dmas[i], r->pub.reqs[i]))
			return false;
	return true;
}

/*
 * An inner engine has returned `err` for part `i`. Report whether it has released the part's
 * request. `err` is then the result of the operator, or that of the wait.
 */
static bool part_is_released(struct multiplex_request *r, size_t i, int err)
{
	if (r->pub.reqs[i] != NULL &&
	    (err == -AML_EBUSY || err == -AML_EINVAL || err == -AML_EPERM || err == -AML_ENOTSUP))
		return false;
	r->pub.reqs[i] = NULL;
	return true;
}

/* A part has ended. */
static void part_end(struct multiplex_request *r, size_t i, int code)
{
	r->parts[i].code = code;
	r->parts[i].done = true;
}

/* Call the inner engine to wait for a part that is not done. */
static int call_wait(struct multiplex_request *r, size_t i, uint64_t deadline)
{
	int err, code = AML_SUCCESS;

	if (deadline != AML_DMA_NO_DEADLINE) {
		err = deadline == 0 ? aml_dma_test(r->pub.dmas[i], &r->pub.reqs[i], &code)
				    : aml_dma_wait_until(r->pub.dmas[i], &r->pub.reqs[i], deadline,
							 &code);
		if (err == AML_SUCCESS)
			part_end(r, i, code);
		return err;
	}
	err = aml_dma_wait(r->pub.dmas[i], &r->pub.reqs[i]);
	if (!part_is_released(r, i, err))
		return err;
	part_end(r, i, err);
	return AML_SUCCESS;
}

int multiplex_await_part(struct multiplex_request *r, size_t i, uint64_t deadline)
{
	int err;

	if (r->parts[i].done)
		return AML_SUCCESS;
	/* Some engines run a request at once and make no handle. */
	if (r->pub.reqs[i] == NULL) {
		part_end(r, i, AML_SUCCESS);
		return AML_SUCCESS;
	}
	r->parts[i].ending = true;
	err = call_wait(r, i, deadline);
	r->parts[i].ending = false;
	return err;
}

int multiplex_await_parts(struct multiplex_request *r, uint64_t deadline)
{
	int first = AML_SUCCESS;

	for (size_t i = 0; i < r->pub.count; i++) {
		int err = multiplex_await_part(r, i, deadline);

		if (first == AML_SUCCESS)
			first = err;
	}
	return first;
}

/* Cancel a part that is not done. */
static int cancel_part(struct multiplex_request *r, size_t i)
{
	int err = AML_SUCCESS;

	r->parts[i].ending = true;
	if (r->pub.reqs[i] != NULL)
		err = aml_dma_cancel(r->pub.dmas[i], &r->pub.reqs[i]);
	if (err == AML_SUCCESS) {
		part_end(r, i, AML_SUCCESS);
		r->parts[i].cancelled = true;
	}
	r->parts[i].ending = false;
	return err == -AML_ENOTSUP ? multiplex_await_part(r, i, AML_DMA_NO_DEADLINE) : err;
}

/* The request stays, but its first `n` parts were cancelled, if they were not done: it has failed.
 */
static void fail_cancelled(struct multiplex_request *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (r->parts[i].cancelled)
			r->parts[i].code = -AML_FAILURE;
}

int multiplex_cancel_parts(struct multiplex_request *r)
{
	for (size_t i = 0; i < r->pub.count; i++) {
		int err = r->parts[i].done ? AML_SUCCESS : cancel_part(r, i);

		if (err != AML_SUCCESS) {
			fail_cancelled(r, i);
			return err;
		}
	}
	return AML_SUCCESS;
}

void multiplex_withdraw_parts(struct multiplex_request *r)
{
	for (size_t i = 0; i < r->pub.count; i++)
		if (!r->parts[i].done && cancel_part(r, i) != AML_SUCCESS)
			(void)multiplex_await_part(r, i, AML_DMA_NO_DEADLINE);
}

/* Does an engine run requests without a thread that waits? */
static bool has_workers(const struct aml_dma *dma)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;

	return aml_dma_linux_statistics(dma, &stats) == AML_SUCCESS && stats.workers > 0;
}

/* Return the engine without workers that must run a request of `dma`. NULL: there is none. */
static struct aml_dma *unserved_engine(struct aml_dma *dma, const struct aml_dma_request *req)
{
	struct aml_dma *found;
	struct multiplex *m;

	if (req == NULL)
		return NULL;
	if (multiplex_is_linux(dma))
		return has_workers(dma) || inner_has_finished(dma, req) ? NULL : dma;
	if (!multiplex_is_multiplexer(dma))
		return NULL;
	m = multiplex_of(dma->data);
	multiplex_acquire(m);
	found = multiplex_unserved_engine_locked(m, (const void *)req);
	multiplex_release(m);
	return found;
}

struct aml_dma *multiplex_unserved_engine_locked(struct multiplex *m,
						 const struct multiplex_request *r)
{
	struct aml_dma *found = NULL;

	(void)m;
	if (r->state != MULTIPLEX_POSTED)
		return NULL;
	for (size_t i = 0; found == NULL && i < r->pub.count; i++)
		if (!r->parts[i].done)
			found = unserved_engine(r->pub.dmas[i], r->pub.reqs[i]);
	return found;
}

/* Post joins for the parts of a request of an inner multiplexer. */
static void join_nested(struct multiplex *m, struct multiplex_request *r,
			struct multiplex_joins *joins)
{
	bool claimed;

	multiplex_acquire(m);
	claimed = r->state == MULTIPLEX_POSTED;
	if (claimed) {
		r->state = MULTIPLEX_BARRED;
		r->user = pthread_self();
	}
	multiplex_release(m);
	if (!claimed) {
		joins->incomplete = true;
		return;
	}
	multiplex_join_parts(r, joins);
	multiplex_acquire(m);
	multiplex_unclaim_locked(m, r);
	multiplex_release(m);
}

/* Post a join for a request of an inner engine that has not finished, if the engine has joins. */
static void join_inner(struct aml_dma *dma, struct aml_dma_request *req,
		       struct multiplex_joins *joins)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	if (inner_has_finished(dma, req))
		return;
	if (multiplex_is_multiplexer(dma)) {
		join_nested(multiplex_of(dma->data), (struct multiplex_request *)req, joins);
		return;
	}
	attr.after = &req;
	attr.nafter = 1;
	attr.flags = AML_DMA_POST_ALWAYS;
	attr.callback = joins->callback;
	attr.callback_arg = joins->arg;
	if (!has_workers(dma))
		joins->unserved = true;
	if (joins->n < MULTIPLEX_JOINS_MAX &&
	    aml_dma_post(dma, 1, &attr, &joins->joins[joins->n].req) == AML_SUCCESS)
		joins->joins[joins->n++].dma = dma;
	else
		joins->incomplete = true;
}

void multiplex_join_parts(struct multiplex_request *r, struct multiplex_joins *joins)
{
	for (size_t i = 0; i < r->pub.count; i++)
		if (!r->parts[i].done && r->pub.reqs[i] != NULL)
			join_inner(r->pub.dmas[i], r->pub.reqs[i], joins);
}

void multiplex_release_joins(struct multiplex_joins *joins)
{
	while (joins->n > 0) {
		struct multiplex_join *join = &joins->joins[--joins->n];

		(void)aml_dma_cancel(join->dma, &join->req);
	}
}

int multiplex_await_joins(struct multiplex_joins *joins, uint64_t deadline)
{
	int first = AML_SUCCESS;

	while (joins->n > 0) {
		struct multiplex_join *join = &joins->joins[--joins->n];
		int err = AML_SUCCESS;

		if (first == AML_SUCCESS)
			err = deadline == AML_DMA_NO_DEADLINE
				      ? aml_dma_wait(join->dma, &join->req)
				      : aml_dma_wait_until(join->dma, &join->req, deadline, NULL);
		if (join->req != NULL) {
			if (first == AML_SUCCESS)
				first = err;
			(void)aml_dma_cancel(join->dma, &join->req);
		}
	}
	return first;
}

uint64_t multiplex_end_of_slice(uint64_t *slice, uint64_t deadline)
{
	const uint64_t longest = 1000000;
	uint64_t end;

	*slice = *slice < longest ? 2 * *slice : *slice;
	end = clock_ns() + *slice;
	return end < deadline ? end : deadline;
}

int multiplex_claim_handle_locked(struct multiplex *m, struct multiplex_request *r,
				  uint64_t deadline)
{
	if (multiplex_is_on_stack(r))
		return -AML_EPERM;
	return multiplex_claim_locked(m, r, MULTIPLEX_CLAIMED, deadline);
}

int multiplex_end_request(struct multiplex *m, struct aml_dma_request **req,
			  enum multiplex_ending how, uint64_t deadline, int *code)
{
	struct multiplex_request *r = (struct multiplex_request *)*req;
	int err;

	if (r->owner != m)
		return -AML_EINVAL;
	multiplex_acquire(m);
	multiplex_enter_locked(m);
	err = multiplex_claim_handle_locked(m, r, deadline);
	if (err == AML_SUCCESS && r->state == MULTIPLEX_CLAIMED) {
		multiplex_release(m);
		err = how == MULTIPLEX_CANCELS ? multiplex_cancel_parts(r)
					       : multiplex_await_parts(r, deadline);
		multiplex_acquire(m);
		multiplex_unclaim_locked(m, r);
	}
	if (err == AML_SUCCESS)
		multiplex_take_locked(m, r);
	else if (r->state == MULTIPLEX_FINISHED)
		multiplex_file_failure_locked(m, r);
	multiplex_leave_locked(m);
	multiplex_release(m);
	if (err != AML_SUCCESS)
		return err;
	*req = NULL;
	*code = r->code;
	free(r);
	return AML_SUCCESS;
}

int aml_dma_multiplex_request_wait(struct aml_dma_data *dma, struct aml_dma_request **req)
{
	int err, code;

	if (dma == NULL || req == NULL || *req == NULL)
		return -AML_EINVAL;
	err = multiplex_end_request(multiplex_of(dma), req, MULTIPLEX_WAITS, AML_DMA_NO_DEADLINE,
				    &code);
	if (err == -AML_EPERM)
		return -AML_EBUSY;
	return err == AML_SUCCESS ? code : err;
}

int aml_dma_multiplex_request_destroy(struct aml_dma_data *dma, struct aml_dma_request **req)
{
	struct multiplex *m;
	int err, code;

	if (req == NULL || *req == NULL)
		return -AML_EINVAL;
	m = dma != NULL ? multiplex_of(dma) : ((struct multiplex_request *)*req)->owner;
	err = multiplex_end_request(m, req, MULTIPLEX_CANCELS, AML_DMA_NO_DEADLINE, &code);
	return err == -AML_EPERM ? -AML_EBUSY : err;
}
