/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls that test and wait for lists of requests.
 *
 * A call claims all requests of its list, advances them in rounds until enough have finished, and
 * gives back the others. In a round it advances each transfer by one section, and calls
 * aml_dma_wait_some() of the engine `local` for up to WAIT_BLOCK inner requests. If there are no
 * more, and no transfers, that call sleeps; otherwise the rounds spin. No memory is allocated.
 */
#include <limits.h>
#include <sched.h>

#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "request.h"
#include "util/clock.h"
#include "waits.h"

#define WAIT_BLOCK 64

/* A call that waits. It is on the stack of its thread, which alone changes it. */
struct wait_group {
	struct mpi_engine *engine;
	size_t n;
	struct aml_dma_request **reqs;
	size_t handles; /* slots that are not NULL */
	size_t done;    /* of these */
	/* What has finished, in the order of finishing, linked by `after`. */
	struct mpi_request *first, *last;
	size_t turn; /* the slot at which the next round begins */
};

static struct mpi_request *request_at(const struct wait_group *group, size_t i)
{
	return (struct mpi_request *)group->reqs[i];
}

/* Put a request that is done in the list of the group. */
static void group_note(struct wait_group *group, struct mpi_request *r)
{
	struct mpi_request **at = &group->first;

	group->done++;
	/* Requests that finish during the call come last. */
	if (group->last != NULL && group->last->finish < r->finish)
		at = &group->last->after;
	while (*at != NULL && (*at)->finish < r->finish)
		at = &(*at)->after;
	r->after = *at;
	*at = r;
	if (r->after == NULL)
		group->last = r;
}

/* Give back the requests of the first n slots that this call has claimed. */
static void group_unclaim(struct wait_group *group, size_t n)
{
	lock_acquire(&group->engine->lock);
	for (size_t i = 0; i < n; i++) {
		struct mpi_request *r = request_at(group, i);

		if (r != NULL && r->group == group)
			request_unclaim_locked(group->engine, r);
	}
	lock_release(&group->engine->lock);
}

/* Claim the request of a slot. -AML_EINVAL also if it stands in the list twice. */
static int group_claim_slot(struct wait_group *group, size_t i)
{
	struct mpi_request *r = request_at(group, i);
	int err;

	if (r->engine != group->engine)
		return -AML_EINVAL;
	err = request_may_wait(r);
	if (err != AML_SUCCESS)
		return err;
	lock_acquire(&group->engine->lock);
	if (r->claim == CLAIM_WAIT && r->group == group)
		err = -AML_EINVAL;
	else if (request_claim_locked(group->engine, r, CLAIM_WAIT) != AML_SUCCESS)
		err = -AML_EPERM;
	if (err == AML_SUCCESS) {
		r->group = group;
		r->index = i;
		group->handles++;
		if (r->done)
			group_note(group, r);
	}
	lock_release(&group->engine->lock);
	return err;
}

static int group_begin(struct wait_group *group, struct mpi_engine *engine, size_t n,
		       struct aml_dma_request **reqs)
{
	*group = (struct wait_group){.engine = engine, .n = n, .reqs = reqs};
	if (n > UINT_MAX)
		return -AML_EINVAL;
	for (size_t i = 0; i < n; i++) {
		int err = reqs[i] != NULL ? group_claim_slot(group, i) : AML_SUCCESS;

		if (err != AML_SUCCESS) {
			group_unclaim(group, i);
			return err;
		}
	}
	return AML_SUCCESS;
}

static void group_finish(struct wait_group *group, struct mpi_request *r, int result)
{
	lock_acquire(&group->engine->lock);
	request_finish_locked(group->engine, r, result);
	lock_release(&group->engine->lock);
	group_note(group, r);
}

/* Wait for inner requests by the engine `local`, and note which have finished. */
static int group_wait_inner(struct wait_group *group, size_t n, struct mpi_request **block,
			    size_t least, uint64_t deadline)
{
	struct aml_dma_request *inner[WAIT_BLOCK];
	size_t indices[WAIT_BLOCK], count = 0;
	int results[WAIT_BLOCK], err;

	for (size_t i = 0; i < n; i++)
		inner[i] = block[i]->inner;
	err = aml_dma_wait_some(group->engine->local, n, inner, least, deadline, &count, indices,
				results);
	if (err != AML_SUCCESS && err != -AML_EBUSY)
		return err;
	for (size_t i = 0; i < count; i++) {
		block[indices[i]]->inner = NULL;
		group_finish(group, block[indices[i]], results[i]);
	}
	return AML_SUCCESS;
}

/* Advance what has not finished by one round, which may sleep until `least` have finished. */
static int group_round(struct wait_group *group, size_t least, uint64_t deadline)
{
	struct mpi_request *block[WAIT_BLOCK];
	size_t nblock = 0, n = group->n, begin = group->turn, before = group->done;
	bool spins = false;

	for (size_t k = 0; k < n; k++) {
		const size_t i = begin + k < n ? begin + k : begin + k - n;
		struct mpi_request *r = request_at(group, i);

		if (r == NULL || r->done)
			continue;
		if (r->inner == NULL) {
			spins = true;
			if (transfer_advance(r->transfer))
				group_finish(group, r, transfer_result(r->transfer));
		} else if (nblock < WAIT_BLOCK) {
			block[nblock++] = r;
		} else {
			spins = true;
			group->turn = i;
			break;
		}
	}
	if (nblock > 0) {
		const size_t more = least > group->done ? least - group->done : 0;

		return spins ? group_wait_inner(group, nblock, block, 0, 0)
			     : group_wait_inner(group, nblock, block, more, deadline);
	}
	if (group->done == before)
		(void)sched_yield();
	return AML_SUCCESS;
}

/* Advance requests until `least` have finished, or the deadline has passed: then -AML_EBUSY. */
static int group_run(struct wait_group *group, size_t least, uint64_t deadline)
{
	bool first = true;

	if (least > group->handles)
		least = group->handles;
	while (group->done < least || (first && group->done < group->handles && least == 0)) {
		int err;

		if (!first && deadline != AML_DMA_NO_DEADLINE && clock_ns() >= deadline)
			return -AML_EBUSY;
		first = false;
		err = group_round(group, least, deadline);
		if (err != AML_SUCCESS)
			return err;
	}
	return AML_SUCCESS;
}

/* Release the request that finished first, and return its index. */
static size_t group_take(struct wait_group *group, int *result)
{
	struct mpi_request *r = group->first;
	size_t index = r->index;

	*result = r->result;
	group->first = r->after;
	if (group->first == NULL)
		group->last = NULL;
	group->reqs[index] = NULL;
	request_release(r);
	return index;
}

int mpi_wait_some(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs, size_t least,
		  uint64_t deadline, size_t *count, size_t *indices, int *results)
{
	struct wait_group group;
	size_t taken = 0;
	int err = group_begin(&group, (struct mpi_engine *)data, n, reqs);

	if (err != AML_SUCCESS)
		return err;
	err = group_run(&group, least, deadline);
	if (err == AML_SUCCESS || err == -AML_EBUSY) {
		for (; group.first != NULL; taken++) {
			int result;
			size_t index = group_take(&group, &result);

			if (indices != NULL)
				indices[taken] = index;
			if (results != NULL)
				results[taken] = result;
		}
		if (count != NULL)
			*count = taken;
	}
	group_unclaim(&group, n);
	return err;
}

int mpi_wait_any(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs, size_t *index,
		 int *result)
{
	struct wait_group group;
	int err = group_begin(&group, (struct mpi_engine *)data, n, reqs), code = 0;
	size_t taken = n;

	if (err != AML_SUCCESS)
		return err;
	err = group_run(&group, 1, AML_DMA_NO_DEADLINE);
	if (err == AML_SUCCESS && group.first != NULL)
		taken = group_take(&group, &code);
	group_unclaim(&group, n);
	if (err != AML_SUCCESS)
		return err;
	*index = taken;
	if (result != NULL)
		*result = code;
	return AML_SUCCESS;
}

int mpi_wait_until(struct aml_dma_data *data, struct aml_dma_request **req, uint64_t deadline,
		   int *result)
{
	int code = 0, err = mpi_wait_some(data, 1, req, 1, deadline, NULL, NULL, &code);

	if (err == AML_SUCCESS && result != NULL)
		*result = code;
	return err;
}

int mpi_wait_test(struct aml_dma_data *data, struct aml_dma_request **req, int *result)
{
	size_t count = 0;
	int code = 0, err = mpi_wait_some(data, 1, req, 0, 0, &count, NULL, &code);

	if (err != AML_SUCCESS)
		return err;
	if (count == 0)
		return -AML_EBUSY;
	if (result != NULL)
		*result = code;
	return AML_SUCCESS;
}

/* Claim all requests that may be waited for, and store the codes of the others. */
static int group_begin_all(struct wait_group *group, struct mpi_engine *engine, size_t n,
			   struct aml_dma_request **reqs)
{
	*group = (struct wait_group){.engine = engine, .n = n, .reqs = reqs};
	if (n > UINT_MAX)
		return -AML_EINVAL;
	for (size_t i = 0; i < n; i++) {
		int err = reqs[i] != NULL ? group_claim_slot(group, i) : AML_SUCCESS;

		/* Of another engine: only this slot is wrong. */
		if (err != -AML_EINVAL || request_at(group, i)->engine != engine)
			continue;
		group_unclaim(group, n);
		return err;
	}
	return AML_SUCCESS;
}

/* Wait for the request of a slot that the group has claimed, and return its code. */
static int group_wait_slot(struct wait_group *group, size_t i)
{
	struct mpi_request *r = request_at(group, i);
	int code;

	if (r->engine != group->engine)
		return -AML_EINVAL;
	if (r->group != group)
		return -AML_EPERM;
	code = r->done ? AML_SUCCESS : request_complete(r);
	if (code != AML_SUCCESS)
		return code == -AML_EBUSY ? -AML_EPERM : code;
	code = r->result;
	group->reqs[i] = NULL;
	request_release(r);
	return code;
}

int mpi_wait_all(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs, int *results)
{
	struct wait_group group;
	int err = group_begin_all(&group, (struct mpi_engine *)data, n, reqs);

	if (err != AML_SUCCESS)
		return err;
	for (size_t i = 0; i < n; i++) {
		int code = reqs[i] != NULL ? group_wait_slot(&group, i) : AML_SUCCESS;

		if (results != NULL)
			results[i] = code;
		if (err == AML_SUCCESS)
			err = code;
	}
	group_unclaim(&group, n);
	return err;
}
