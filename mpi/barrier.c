/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Barriers. A barrier looks at the requests that were posted before it, again and again, until all
 * have finished or one has failed. It advances the transfers that nobody has claimed. For inner
 * requests it may not wait itself, since their owners may: it posts a request to `local` that does
 * nothing and runs after them, a *join*, for each of them, and waits for the joins.
 *
 * An engine without aml_dma_post(), such as a multiplexer, has no joins, and another engine may
 * have no room for them. There the barrier claims the requests, waits for some of them for a slice
 * of time, and gives them back. Otherwise an owner inside an operator would sleep, without giving
 * up its slot, for a barrier that needs this slot. If the engine has no aml_dma_wait_some() either,
 * the barrier claims the requests one by one.
 */
#include <sched.h>
#include <time.h>

#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "barrier.h"
#include "fork.h"
#include "guard.h"
#include "request.h"
#include "util/clock.h"

/* The most joins of one barrier at a time. */
#define BARRIER_JOINS_MAX 256
/* How long a barrier without joins keeps its claims, and how long it then leaves the requests. */
#define BARRIER_SLICE_NS 1000000
#define BARRIER_PAUSE_NS 50000

/* A barrier. It is on the stack of its thread. */
struct barrier {
	struct mpi_engine *engine;
	uint64_t end; /* the number of the first request that it does not cover */
	uint64_t deadline;
	int result;
	int err;       /* what ends the barrier: `local` cannot wait for a request */
	size_t njoins; /* 0 between rounds */
	struct mpi_request *joined[BARRIER_JOINS_MAX];    /* pinned, or claimed for a slice */
	struct aml_dma_request *joins[BARRIER_JOINS_MAX]; /* or their inner requests */
};

static bool deadline_has_passed(uint64_t deadline)
{
	return deadline != AML_DMA_NO_DEADLINE && clock_ns() >= deadline;
}

/* Remove a finished request without a handle, and free it. Called without the lock, with the claim.
 */
static void drop_detached(struct mpi_request *r)
{
	if (r->inner != NULL)
		(void)aml_dma_wait(r->engine->local, &r->inner);
	request_release(r);
}

/*
 * Look for what is next: a failure that nobody has reported, or else a request that has not
 * finished and satisfies `wanted`. NULL: there is neither; `*open` says if something has not
 * finished.
 */
static struct mpi_request *find_locked(struct mpi_engine *engine, struct barrier *b,
				       bool (*wanted)(const struct mpi_request *), bool *open)
	REQUIRES(&engine->lock)
{
	struct mpi_request *failed = NULL, *found = NULL;

	*open = false;
	for (struct mpi_request *r = engine->posted.first; r != NULL && r->number < b->end;
	     r = r->next) {
		if (r->done && r->result != AML_SUCCESS && !r->reported && r->claim == CLAIM_NONE &&
		    (failed == NULL || r->finish < failed->finish))
			failed = r;
		if (r->done)
			continue;
		*open = true;
		if (found == NULL && wanted(r))
			found = r;
	}
	return failed != NULL ? failed : found;
}

static bool is_free_request(const struct mpi_request *r)
{
	return r->claim == CLAIM_NONE;
}

/* Report whether a request that nobody has claimed has an inner one that may not have finished. */
static bool is_free_inner(const struct mpi_request *r)
{
	return !r->done && r->claim == CLAIM_NONE && r->inner != NULL;
}

/* Does the engine have what joins need? */
static bool has_joins(const struct mpi_engine *engine)
{
	return engine->posts && engine->waits_for_some;
}

/* Post joins of inner requests that nobody has claimed. False: `local` has no room for one. */
static bool join_locked(struct mpi_engine *engine, struct barrier *b) REQUIRES(&engine->lock)
{
	for (struct mpi_request *r = engine->posted.first;
	     r != NULL && r->number < b->end && b->njoins < BARRIER_JOINS_MAX; r = r->next) {
		struct aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;

		if (!is_free_inner(r))
			continue;
		post.nafter = 1;
		post.after = &r->inner;
		if (aml_dma_post(engine->local, 1, &post, &b->joins[b->njoins]) != AML_SUCCESS)
			return false;
		r->pins++;
		b->joined[b->njoins++] = r;
	}
	return true;
}

/* Give back the handle of a request whose join has finished: it has finished, too. */
static void settle(struct barrier *b, struct mpi_request *r)
{
	bool claimed;
	int result = AML_SUCCESS;

	lock_acquire(&b->engine->lock);
	claimed = !r->released && is_free_inner(r) &&
		  request_claim_locked(b->engine, r, CLAIM_BARRIER) == AML_SUCCESS;
	lock_release(&b->engine->lock);
	if (!claimed)
		return;
	claimed = request_test_inner(r, &result);
	lock_acquire(&b->engine->lock);
	if (claimed)
		request_finish_locked(b->engine, r, result);
	request_unclaim_locked(b->engine, r);
	lock_release(&b->engine->lock);
}

/* Release the joins. Those that have finished are NULL. */
static void release_joins(struct barrier *b)
{
	for (size_t i = 0; i < b->njoins; i++) {
		if (b->joins[i] == NULL)
			settle(b, b->joined[i]);
		else
			(void)aml_dma_cancel(b->engine->local, &b->joins[i]);
		request_unpin(b->engine, b->joined[i]);
	}
	b->njoins = 0;
}

/* Wait until a join has finished, or the deadline has passed. */
static void wait_for_joins(struct barrier *b)
{
	(void)aml_dma_wait_some(b->engine->local, b->njoins, b->joins, 1, b->deadline, NULL, NULL,
				NULL);
	release_joins(b);
}

/* Sleep until a request has changed, or the deadline has passed. */
static void wait_for_change_locked(struct mpi_engine *engine, uint64_t deadline)
	REQUIRES(&engine->lock)
{
	struct timespec until;

	if (deadline == AML_DMA_NO_DEADLINE) {
		pthread_cond_wait(&engine->changed, &engine->lock.mutex);
		return;
	}
	until.tv_sec = (time_t)(deadline / 1000000000);
	until.tv_nsec = (long)(deadline % 1000000000);
	pthread_cond_timedwait(&engine->changed, &engine->lock.mutex, &until);
}

/* Claim inner requests that nobody has claimed. */
static void claim_slice_locked(struct mpi_engine *engine, struct barrier *b) REQUIRES(&engine->lock)
{
	for (struct mpi_request *r = engine->posted.first;
	     r != NULL && r->number < b->end && b->njoins < BARRIER_JOINS_MAX; r = r->next) {
		if (!is_free_inner(r) ||
		    request_claim_locked(engine, r, CLAIM_BARRIER) != AML_SUCCESS)
			continue;
		b->joined[b->njoins] = r;
		b->joins[b->njoins++] = r->inner;
	}
}

/*
 * Without joins, or room for them: see which inner requests have finished. Unless `polls`, wait for
 * a slice of time until one has, and then let the owners have them.
 */
static void wait_for_slice(struct barrier *b, bool polls)
{
	struct mpi_engine *engine = b->engine;
	uint64_t end = polls ? 0 : clock_ns() + BARRIER_SLICE_NS;
	size_t indices[BARRIER_JOINS_MAX], count = 0;
	int results[BARRIER_JOINS_MAX];

	lock_acquire(&engine->lock);
	claim_slice_locked(engine, b);
	lock_release(&engine->lock);
	if (b->njoins > 0)
		(void)aml_dma_wait_some(engine->local, b->njoins, b->joins, !polls,
					end < b->deadline ? end : b->deadline, &count, indices,
					results);
	lock_acquire(&engine->lock);
	for (size_t i = 0; i < count; i++) {
		b->joined[indices[i]]->inner = NULL;
		request_finish_locked(engine, b->joined[indices[i]], results[i]);
	}
	for (size_t i = 0; i < b->njoins; i++)
		request_unclaim_locked(engine, b->joined[i]);
	b->njoins = 0;
	if (count == 0 && !polls)
		wait_for_change_locked(engine, clock_ns() + BARRIER_PAUSE_NS);
	lock_release(&engine->lock);
}

/* Wait for a claimed inner request of an engine that has only what AML has: no deadlines. */
static void barrier_complete(struct barrier *b, struct mpi_request *r)
{
	b->err = b->deadline == AML_DMA_NO_DEADLINE ? request_complete(r) : -AML_ENOTSUP;
	lock_acquire(&b->engine->lock);
	request_unclaim_locked(b->engine, r);
	lock_release(&b->engine->lock);
}

/* Take the result of a request that failed. The barrier has claimed it. */
static int barrier_report(struct barrier *b, struct mpi_request *r)
{
	lock_acquire(&b->engine->lock);
	b->result = r->result;
	r->reported = true;
	if (!r->detached)
		request_unclaim_locked(b->engine, r);
	lock_release(&b->engine->lock);
	if (r->detached)
		drop_detached(r);
	return AML_SUCCESS;
}

/* Advance what the barrier waits for by a round. Returns whether the barrier is over. */
static bool barrier_round(struct barrier *b)
{
	struct mpi_engine *engine = b->engine;
	struct mpi_request *r;
	const bool joins = has_joins(engine), slices = !joins && engine->waits_for_some;
	bool open, slice;

	lock_acquire(&engine->lock);
	r = find_locked(engine, b,
			engine->waits_for_some ? request_is_free_transfer : is_free_request, &open);
	if (r != NULL && request_claim_locked(engine, r, CLAIM_BARRIER) == AML_SUCCESS) {
		const bool done = r->done, is_inner = r->inner != NULL;

		lock_release(&engine->lock);
		if (done)
			(void)barrier_report(b, r);
		else if (is_inner)
			barrier_complete(b, r);
		else
			request_advance(r);
		if (!done && slices)
			wait_for_slice(b, true);
		return done;
	}
	slice = open && (slices || (joins && !join_locked(engine, b)));
	if (open && !slice && b->njoins == 0)
		wait_for_change_locked(engine, b->deadline);
	lock_release(&engine->lock);
	if (slice) {
		release_joins(b);
		wait_for_slice(b, false);
	} else if (b->njoins > 0) {
		wait_for_joins(b);
	}
	return !open;
}

/* Release the requests without a handle that have succeeded. */
static void release_detached(struct barrier *b)
{
	struct mpi_request *r;

	do {
		lock_acquire(&b->engine->lock);
		r = b->engine->posted.first;
		while (r != NULL && !(r->number < b->end && r->detached && r->done &&
				      r->result == AML_SUCCESS && r->claim == CLAIM_NONE))
			r = r->next;
		if (r != NULL) {
			r->claim = CLAIM_BARRIER;
			r->claimer = pthread_self();
		}
		lock_release(&b->engine->lock);
		if (r != NULL)
			drop_detached(r);
	} while (r != NULL);
}

static int run_barrier(struct mpi_engine *engine, uint64_t deadline, int inside, int *result)
{
	struct barrier b = {.engine = engine, .deadline = deadline};
	int err = engine_may_call(engine);
	bool over;

	if (err != AML_SUCCESS)
		return err;
	if (engine_is_inside(engine))
		return inside;
	lock_acquire(&engine->lock);
	b.end = engine->next_number;
	lock_release(&engine->lock);
	while (!(over = barrier_round(&b)) && b.err == AML_SUCCESS &&
	       !deadline_has_passed(deadline))
		;
	/* A wait inside the operator of the request is -AML_EBUSY. */
	if (b.err != AML_SUCCESS)
		return b.err == -AML_EBUSY ? inside : b.err;
	if (!over)
		return -AML_EBUSY;
	release_detached(&b);
	*result = b.result;
	return AML_SUCCESS;
}

int mpi_barrier(struct aml_dma_data *data)
{
	int result = AML_SUCCESS;
	int err = run_barrier((struct mpi_engine *)data, AML_DMA_NO_DEADLINE, -AML_EBUSY, &result);

	return err == AML_SUCCESS ? result : err;
}

int mpi_barrier_until(struct aml_dma_data *data, uint64_t deadline, int *result)
{
	int code = AML_SUCCESS;
	int err = run_barrier((struct mpi_engine *)data, deadline, -AML_EPERM, &code);

	if (err == AML_SUCCESS && result != NULL)
		*result = code;
	return err;
}
