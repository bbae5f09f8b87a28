/* SPDX-License-Identifier: BSD-3-Clause */
/* Posts, waits for, and cancels requests. See request.h. */
#include <stdlib.h>

#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "guard.h"
#include "layout.h"
#include "request.h"
#include "sides.h"

/* How many finished requests without a handle a post releases at most. */
#define REAP_PER_POST 2
/* At how many of the oldest requests it looks. */
#define REAP_LOOKS 4

void request_unclaim_locked(struct mpi_engine *engine, struct mpi_request *r)
{
	r->claim = CLAIM_NONE;
	pthread_cond_broadcast(&engine->changed);
}

int request_claim_locked(struct mpi_engine *engine, struct mpi_request *r, enum request_claim claim)
{
	while (r->claim != CLAIM_NONE) {
		if (r->claim == CLAIM_WAIT || pthread_equal(r->claimer, pthread_self()))
			return -AML_EBUSY;
		pthread_cond_wait(&engine->changed, &engine->lock.mutex);
	}
	r->claim = claim;
	r->claimer = pthread_self();
	return AML_SUCCESS;
}

int request_may_wait(const struct mpi_request *r)
{
	if (r->window != NULL)
		return engine_may_call(r->engine);
	return AML_SUCCESS;
}

void request_finish_locked(struct mpi_engine *engine, struct mpi_request *r, int result)
{
	/* The callback of an inner request may have come before its wait. */
	if (r->done)
		return;
	r->done = true;
	r->result = result;
	r->finish = engine->next_finish++;
	pthread_cond_broadcast(&engine->changed);
}

void request_release_locked(struct mpi_engine *engine, struct mpi_request *r)
{
	mpi_request_list_unlink(&engine->posted, r);
	if (r->window != NULL)
		r->window->unfinished--;
	r->released = true;
	pthread_cond_broadcast(&engine->changed);
}

void request_free(struct mpi_request *r)
{
	if (r == NULL || r->pins > 0)
		return;
	transfer_destroy(r->transfer);
	free(r);
}

void request_unpin(struct mpi_engine *engine, struct mpi_request *r)
{
	bool is_free;

	lock_acquire(&engine->lock);
	is_free = --r->pins == 0 && r->released;
	lock_release(&engine->lock);
	if (is_free)
		request_free(r);
}

void request_release(struct mpi_request *r)
{
	struct mpi_engine *engine = r->engine;
	bool is_free;

	lock_acquire(&engine->lock);
	request_release_locked(engine, r);
	is_free = r->pins == 0;
	lock_release(&engine->lock);
	if (is_free)
		request_free(r);
}

bool request_test_inner(struct mpi_request *r, int *result)
{
	size_t count = 0;

	(void)aml_dma_wait_some(r->engine->local, 1, &r->inner, 0, 0, &count, NULL, result);
	return count > 0;
}

bool request_is_free_transfer(const struct mpi_request *r)
{
	return !r->done && r->claim == CLAIM_NONE && r->inner == NULL;
}

void request_advance(struct mpi_request *r)
{
	struct mpi_engine *engine = r->engine;
	const bool done = transfer_advance(r->transfer);

	lock_acquire(&engine->lock);
	if (done)
		request_finish_locked(engine, r, transfer_result(r->transfer));
	request_unclaim_locked(engine, r);
	lock_release(&engine->lock);
}

/* Find the first transfer from a number on that nobody has claimed, and claim it. NULL: none. */
static struct mpi_request *claim_transfer_locked(struct mpi_engine *engine, uint64_t from)
	REQUIRES(&engine->lock)
{
	struct mpi_request *r = engine->posted.first;

	while (r != NULL && (r->number < from || !request_is_free_transfer(r)))
		r = r->next;
	if (r != NULL) {
		r->claim = CLAIM_BARRIER;
		r->claimer = pthread_self();
	}
	return r;
}

void requests_advance(struct mpi_engine *engine)
{
	struct mpi_request *r;
	uint64_t from = 0;

	do {
		lock_acquire(&engine->lock);
		r = claim_transfer_locked(engine, from);
		if (r != NULL)
			from = r->number + 1;
		lock_release(&engine->lock);
		if (r != NULL)
			request_advance(r);
	} while (r != NULL);
}

int request_complete(struct mpi_request *r)
{
	int result;

	if (r->inner != NULL) {
		result = aml_dma_wait(r->engine->local, &r->inner);
		if (r->inner != NULL)
			return result != AML_SUCCESS ? result : -AML_FAILURE;
	} else {
		result = transfer_run(NULL, NULL, r->transfer);
	}
	lock_acquire(&r->engine->lock);
	request_finish_locked(r->engine, r, result);
	lock_release(&r->engine->lock);
	return AML_SUCCESS;
}

/*
 * Report whether a request without a handle has succeeded. If the inner request has no callback to
 * tell, it may have, and a test finds out.
 */
static bool may_be_reaped(const struct mpi_request *r, bool tests)
{
	if (!r->detached || r->claim != CLAIM_NONE)
		return false;
	if (r->done)
		return r->result == AML_SUCCESS;
	return tests && r->inner != NULL;
}

/* Find a request without a handle that may be reaped, and claim it. NULL: none of the oldest may.
 */
static struct mpi_request *claim_detached_locked(struct mpi_engine *engine, bool tests)
	REQUIRES(&engine->lock)
{
	struct mpi_request *r = engine->posted.first;

	for (size_t i = 0; r != NULL && i < REAP_LOOKS; i++, r = r->next) {
		if (!may_be_reaped(r, tests))
			continue;
		r->claim = CLAIM_POST;
		r->claimer = pthread_self();
		return r;
	}
	return NULL;
}

/* Release a few requests without a handle that have succeeded. Runs no operator. */
static void reap_detached(struct mpi_engine *engine)
{
	const bool tests = !engine->posts && engine->waits_for_some && engine_tests_quietly(engine);

	for (size_t i = 0; i < REAP_PER_POST; i++) {
		struct mpi_request *r;
		bool ended, is_free;
		int result = AML_SUCCESS;

		lock_acquire(&engine->lock);
		r = claim_detached_locked(engine, tests);
		lock_release(&engine->lock);
		if (r == NULL)
			return;
		/* If its callback has been called, it has ended, or is about to. */
		ended = r->inner == NULL || request_test_inner(r, &result);
		lock_acquire(&engine->lock);
		if (ended && !r->done)
			request_finish_locked(engine, r, result);
		ended = ended && r->result == AML_SUCCESS;
		if (ended)
			request_release_locked(engine, r);
		else
			request_unclaim_locked(engine, r);
		is_free = ended && r->pins == 0;
		lock_release(&engine->lock);
		if (is_free)
			request_free(r);
		if (!ended)
			return;
	}
}

/* The callback of an inner request without a handle. */
static void detached_ended(int result, void *callback_arg)
{
	struct mpi_request *r = callback_arg;
	struct mpi_engine *engine = r->engine;

	lock_acquire(&engine->lock);
	request_finish_locked(engine, r, result);
	lock_release(&engine->lock);
}

/* Post a request to the engine `local`, which may store no handle. */
static int post_to_local(struct mpi_request *r, struct aml_layout *dest, struct aml_layout *src,
			 aml_dma_operator op, void *op_arg)
{
	struct aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;

	if (!r->detached || !r->engine->posts)
		return aml_dma_async_copy_custom(r->engine->local, &r->inner, dest, src, op,
						 op_arg);
	post.dest = dest;
	post.src = src;
	post.op = op;
	post.op_arg = op_arg;
	post.callback = detached_ended;
	post.callback_arg = r;
	return aml_dma_post(r->engine->local, 1, &post, &r->inner);
}

/* Post a request to the engine `local`. */
static int post_inner(struct mpi_request *r, struct aml_layout *dest, struct aml_layout *src,
		      aml_dma_operator op, void *op_arg)
{
	int err = post_to_local(r, dest, src, op, op_arg);

	if (err != AML_SUCCESS || r->inner != NULL)
		return err;
	/* Some engines run a request at once and make no handle. */
	lock_acquire(&r->engine->lock);
	request_finish_locked(r->engine, r,
			      r->transfer != NULL ? transfer_result(r->transfer) : AML_SUCCESS);
	lock_release(&r->engine->lock);
	return AML_SUCCESS;
}

/* Begin a put or get that MPI carries out. */
static int post_transfer(struct mpi_request *r, const struct request_sides *sides,
			 struct aml_layout *dest, struct aml_layout *src)
{
	int err = transfer_make(r->engine, &sides->far, sides->local, sides->is_put, &r->transfer);

	if (err != AML_SUCCESS)
		return err;
	if (!transfer_is_long(r->transfer)) {
		bool done = transfer_advance(r->transfer);

		lock_acquire(&r->engine->lock);
		if (done)
			request_finish_locked(r->engine, r, transfer_result(r->transfer));
		lock_release(&r->engine->lock);
	} else if (r->engine->level == MPI_THREAD_MULTIPLE) {
		return post_inner(r, dest, src, transfer_run, r->transfer);
	}
	return AML_SUCCESS;
}

/* Make a request that the caller has claimed. */
static struct mpi_request *request_new(struct mpi_engine *engine, const struct request_sides *sides,
				       bool detached, enum request_claim claim)
{
	struct mpi_request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->engine = engine;
	r->window = sides != NULL ? sides->far.window : NULL;
	r->detached = detached;
	r->claim = claim;
	r->claimer = pthread_self();
	lock_acquire(&engine->lock);
	r->number = engine->next_number++;
	if (r->window != NULL)
		r->window->unfinished++;
	mpi_request_list_push(&engine->posted, r);
	lock_release(&engine->lock);
	return r;
}

/* Post what the request does. `sides` is NULL if no side is remote. */
static int request_begin(struct mpi_request *r, const struct request_sides *sides,
			 struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			 void *op_arg)
{
	if (sides == NULL || (sides->far.shared && !sides->empty))
		return post_inner(r, dest, src, op, op_arg);
	if (!sides->empty)
		return post_transfer(r, sides, dest, src);
	lock_acquire(&r->engine->lock);
	request_finish_locked(r->engine, r, AML_SUCCESS);
	lock_release(&r->engine->lock);
	return AML_SUCCESS;
}

int mpi_request_create(struct aml_dma_data *data, struct aml_dma_request **req,
		       struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
		       void *op_arg)
{
	struct mpi_engine *engine = (struct mpi_engine *)data;
	const bool is_far =
		sides_are_copied(op) && (layout_is_remote(dest) || layout_is_remote(src));
	struct aml_dma_request *before = req != NULL ? *req : NULL;
	struct request_sides sides;
	struct mpi_request *r;
	int err = is_far ? sides_find(engine, dest, src, op, &sides) : AML_SUCCESS;

	if (err != AML_SUCCESS)
		return err;
	if (req == NULL)
		reap_detached(engine);
	r = request_new(engine, is_far ? &sides : NULL, req == NULL, CLAIM_POST);
	if (r == NULL)
		return -AML_ENOMEM;
	/* The handle is stored before the operator can start. */
	if (req != NULL)
		*req = (struct aml_dma_request *)r;
	err = request_begin(r, is_far ? &sides : NULL, dest, src, op, op_arg);
	lock_acquire(&engine->lock);
	if (err != AML_SUCCESS)
		request_release_locked(engine, r);
	request_unclaim_locked(engine, r);
	lock_release(&engine->lock);
	if (err != AML_SUCCESS) {
		if (req != NULL)
			*req = before;
		request_free(r);
	}
	return err;
}

/* Carry out a put or get in the calling thread. */
static int copy_far(struct mpi_engine *engine, const struct request_sides *sides)
{
	struct mpi_transfer *transfer;
	int err = transfer_make(engine, &sides->far, sides->local, sides->is_put, &transfer);

	if (err != AML_SUCCESS)
		return err;
	err = transfer_run(NULL, NULL, transfer);
	transfer_destroy(transfer);
	return err;
}

int mpi_request_copy(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		     aml_dma_operator op, void *op_arg)
{
	struct mpi_engine *engine = (struct mpi_engine *)data;
	const bool is_far =
		sides_are_copied(op) && (layout_is_remote(dest) || layout_is_remote(src));
	struct request_sides sides;
	struct mpi_request *r;
	int err = is_far ? sides_find(engine, dest, src, op, &sides) : AML_SUCCESS;

	if (err != AML_SUCCESS || (is_far && sides.empty))
		return err;
	/* For barriers. Without memory, none covers the copy. */
	r = request_new(engine, is_far ? &sides : NULL, true, CLAIM_WAIT);
	if (is_far && !sides.far.shared)
		err = copy_far(engine, &sides);
	else
		err = aml_dma_copy_custom(engine->local, dest, src, op, op_arg);
	if (r == NULL)
		return err;
	lock_acquire(&engine->lock);
	request_release_locked(engine, r);
	lock_release(&engine->lock);
	request_free(r);
	return err;
}

/* Claim the request of a handle for a call that releases it. */
static int claim_handle(struct mpi_engine *wanted, struct mpi_request *r)
{
	struct mpi_engine *engine = r->engine;
	int err;

	/* A cancel may have no engine. */
	if (wanted != NULL && engine != wanted)
		return -AML_EINVAL;
	err = request_may_wait(r);
	if (err != AML_SUCCESS)
		return err;
	lock_acquire(&engine->lock);
	r->pins++;
	err = request_claim_locked(engine, r, CLAIM_WAIT);
	lock_release(&engine->lock);
	request_unpin(engine, r);
	return err;
}

static void unclaim_handle(struct mpi_request *r)
{
	lock_acquire(&r->engine->lock);
	request_unclaim_locked(r->engine, r);
	lock_release(&r->engine->lock);
}

/* Release a request that the caller has claimed, and its handle. */
static void release_handle(struct mpi_request *r, struct aml_dma_request **req)
{
	*req = NULL;
	request_release(r);
}

int mpi_request_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct mpi_request *r = (struct mpi_request *)*req;
	int err = claim_handle((struct mpi_engine *)data, r), result;

	if (err != AML_SUCCESS)
		return err;
	if (!r->done) {
		err = request_complete(r);
		if (err != AML_SUCCESS) {
			unclaim_handle(r);
			return err;
		}
	}
	result = r->result;
	release_handle(r, req);
	return result;
}

int mpi_request_cancel(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct mpi_request *r = (struct mpi_request *)*req;
	int err = claim_handle((struct mpi_engine *)data, r);

	if (err != AML_SUCCESS)
		return err;
	if (!r->done && r->inner != NULL)
		err = aml_dma_cancel(r->engine->local, &r->inner);
	else if (!r->done)
		transfer_cancel(r->transfer);
	if (err != AML_SUCCESS) {
		unclaim_handle(r);
		return err;
	}
	release_handle(r, req);
	return AML_SUCCESS;
}

void requests_end(struct mpi_engine *engine)
{
	struct mpi_request *r;

	while ((r = engine->posted.first) != NULL) {
		if (r->inner != NULL)
			(void)aml_dma_wait(engine->local, &r->inner);
		else if (!r->done)
			(void)transfer_run(NULL, NULL, r->transfer);
		lock_acquire(&engine->lock);
		request_release_locked(engine, r);
		lock_release(&engine->lock);
		request_free(r);
	}
}
