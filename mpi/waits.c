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

/* Give back the requests of the first n slots, all of which this call has claimed. */
static void group_unclaim(struct wait_group *group, size_t n)
{
	lock_acquire(&group->engine->lock);
	for (size_t i = 0; i < n; i++)
		if (group->reqs[i] != NULL)
			request_unclaim_locked(group->engine, request_at(group, i));
	lock_release(&group->engine->lock);
}

/* Does a slot have a request of this engine? */
static bool group_has(const struct wait_group *group, size_t i)
{
	return group->reqs[i] != NULL && request_at(group, i)->engine == group->engine;
}

/*
 * Pin the requests of the list: until all are claimed, other waits may end and release some.
 * Returns -AML_EINVAL, and pins none, if a request stands in the list twice.
 */
static int group_pin(struct wait_group *group)
{
	size_t i;
	bool twice = false;

	lock_acquire(&group->engine->lock);
	for (i = 0; i < group->n && !twice; i++) {
		struct mpi_request *r = request_at(group, i);

		if (!group_has(group, i))
			continue;
		twice = r->listed == group;
		r->listed = group;
		r->pins++;
	}
	while (i-- > 0) {
		if (!group_has(group, i))
			continue;
		request_at(group, i)->listed = NULL;
		if (twice)
			request_at(group, i)->pins--;
	}
	lock_release(&group->engine->lock);
	return twice ? -AML_EINVAL : AML_SUCCESS;
}

static void group_unpin(struct wait_group *group)
{
	for (size_t i = 0; i < group->n; i++)
		if (group_has(group, i))
			request_unpin(group->engine, request_at(group, i));
}

/* Claim the request of a slot, which is pinned. */
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
	err = request_claim_locked(group->engine, r, CLAIM_WAIT);
	lock_release(&group->engine->lock);
	if (err != AML_SUCCESS)
		return -AML_EPERM;
	r->index = i;
	return AML_SUCCESS;
}

/* Claim all requests of the list, or none. */
static int group_begin(struct wait_group *group, struct mpi_engine *engine, size_t n,
		       struct aml_dma_request **reqs)
{
	int err;

	*group = (struct wait_group){.engine = engine, .n = n, .reqs = reqs};
	if (n > UINT_MAX)
		return -AML_EINVAL;
	err = group_pin(group);
	if (err != AML_SUCCESS)
		return err;
	for (size_t i = 0; i < n; i++) {
		struct mpi_request *r = request_at(group, i);

		if (r == NULL)
			continue;
		err = group_claim_slot(group, i);
		if (err != AML_SUCCESS) {
			group_unclaim(group, i);
			break;
		}
		group->handles++;
		if (r->done)
			group_note(group, r);
	}
	group_unpin(group);
	return err;
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

/* A list of which some requests may not be waited for. */
struct wait_all {
	struct wait_group
		group; /* `first` to `last`: what it has claimed, in the order of the list */
	int *results;  /* or NULL */
	size_t place;  /* the lowest slot with a code that is not 0, or n */
	int code;      /* of that slot */
};

/* Store the code of a slot. */
static void all_note(struct wait_all *all, size_t i, int code)
{
	if (all->results != NULL)
		all->results[i] = code;
	if (code == AML_SUCCESS || i >= all->place)
		return;
	all->place = i;
	all->code = code;
}

/* Claim all requests that may be waited for, and store the codes of the other slots. */
static int all_begin(struct wait_all *all, struct mpi_engine *engine, size_t n,
		     struct aml_dma_request **reqs, int *results)
{
	struct wait_group *group = &all->group;
	int err;

	*all = (struct wait_all){.results = results, .place = n};
	*group = (struct wait_group){.engine = engine, .n = n, .reqs = reqs};
	if (n > UINT_MAX)
		return -AML_EINVAL;
	err = group_pin(group);
	if (err != AML_SUCCESS)
		return err;
	for (size_t i = 0; i < n; i++) {
		struct mpi_request *r = request_at(group, i);
		int code = r != NULL ? group_claim_slot(group, i) : AML_SUCCESS;

		if (r == NULL || code != AML_SUCCESS) {
			all_note(all, i, code);
			continue;
		}
		r->after = NULL;
		*(group->last != NULL ? &group->last->after : &group->first) = r;
		group->last = r;
	}
	group_unpin(group);
	return AML_SUCCESS;
}

/* Wait for a request that the call has claimed, and return its code. */
static int all_wait(struct wait_all *all, struct mpi_request *r)
{
	struct mpi_engine *engine = all->group.engine;
	int code = r->done ? AML_SUCCESS : request_complete(r);

	if (code != AML_SUCCESS) {
		lock_acquire(&engine->lock);
		request_unclaim_locked(engine, r);
		lock_release(&engine->lock);
		return code == -AML_EBUSY ? -AML_EPERM : code;
	}
	code = r->result;
	all->group.reqs[r->index] = NULL;
	request_release(r);
	return code;
}

/* Slots that are not claimed are not looked at: other waits may have released their requests. */
int mpi_wait_all(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs, int *results)
{
	struct mpi_request *r, *after;
	struct wait_all all;
	int err = all_begin(&all, (struct mpi_engine *)data, n, reqs, results);

	if (err != AML_SUCCESS)
		return err;
	for (r = all.group.first; r != NULL; r = after) {
		const size_t i = r->index;

		after = r->after;
		all_note(&all, i, all_wait(&all, r));
	}
	return all.code;
}
