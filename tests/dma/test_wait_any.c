/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls of wait_any on a list that changes between the calls. */
#include <aml/dma/completion.h>
#include <stdlib.h>

#include "gate.h"
#include "made.h"
#include "random.h"
#include "suite.h"

/*
 * A list for wait_any that changes between the calls in every way. With at most one worker,
 * requests finish in the order of posting: so the oldest request of the list is the one to be
 * returned.
 */
enum { LIST_PLACES = 40, LIST_STEPS = 600, LIST_CASES = 40, LIST_SHIFTS = 8 };

struct changing_list {
	struct aml_dma *dma;
	struct aml_dma_request *room[LIST_PLACES + LIST_SHIFTS];
	struct aml_dma_request **reqs; /* in `room`: the list may begin anywhere in a line */
	struct aml_dma_request *pocket;
	struct job *jobs[LIST_PLACES], *pocket_job; /* job->n: the number of the post */
	struct rng *rng;
	int posts;
};

static size_t below(struct changing_list *l, size_t n)
{
	return rng_below(l->rng, n);
}

/* Post to place i, which is empty. */
static void list_post(struct changing_list *l, size_t i)
{
	struct job *job = calloc(1, sizeof(*job));

	ck_assert_ptr_nonnull(job);
	job->n = ++l->posts;
	job->result = job->n % 3 == 0 ? -job->n : 0;
	l->jobs[i] = job;
	ck_assert_int_eq(job_post(l->dma, &l->reqs[i], job), 0);
}

static void list_drop(struct changing_list *l, size_t i)
{
	ck_assert_ptr_null(l->reqs[i]);
	free(l->jobs[i]);
	l->jobs[i] = NULL;
}

/* Wait for any of the first n places. */
static void list_wait(struct changing_list *l, size_t n)
{
	size_t oldest = n, index = SIZE_MAX;
	int result = 1;

	for (size_t i = 0; i < n; i++)
		if (l->reqs[i] != NULL && (oldest == n || l->jobs[i]->n < l->jobs[oldest]->n))
			oldest = i;
	ck_assert_int_eq(aml_dma_wait_any(l->dma, n, l->reqs, &index, &result), 0);
	ck_assert_uint_eq(index, oldest);
	if (oldest == n) {
		ck_assert_int_eq(result, 0);
		return;
	}
	ck_assert_int_eq(result, l->jobs[oldest]->result);
	list_drop(l, oldest);
}

/* Exchange a place with the pocket, which is not in the list. */
static void list_exchange(struct changing_list *l, size_t i)
{
	struct aml_dma_request *req = l->pocket;
	struct job *job = l->pocket_job;

	l->pocket = l->reqs[i];
	l->pocket_job = l->jobs[i];
	l->reqs[i] = req;
	l->jobs[i] = job;
}

/* A list with a handle twice is refused, and works again without the second one. */
static void list_repeat(struct changing_list *l, size_t i, size_t j)
{
	size_t index = SIZE_MAX;

	if (l->reqs[i] == NULL || l->reqs[j] != NULL)
		return;
	l->reqs[j] = l->reqs[i];
	ck_assert_int_eq(aml_dma_wait_any(l->dma, LIST_PLACES, l->reqs, &index, NULL), -AML_EINVAL);
	ck_assert_uint_eq(index, SIZE_MAX);
	l->reqs[j] = NULL;
}

static void list_step(struct changing_list *l)
{
	size_t i = below(l, LIST_PLACES);
	int code;

	switch (below(l, 12)) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (l->reqs[i] == NULL)
			list_post(l, i);
		break;
	case 4:
		list_wait(l, below(l, LIST_PLACES + 1));
		break;
	case 5:
		list_exchange(l, i);
		list_exchange(l, below(l, LIST_PLACES));
		break;
	case 6:
		list_repeat(l, i, below(l, LIST_PLACES));
		break;
	case 7:
		if (l->reqs[i] != NULL && below(l, 4) == 0) {
			ck_assert_int_eq(aml_dma_wait(l->dma, &l->reqs[i]), l->jobs[i]->result);
			list_drop(l, i);
		}
		break;
	case 8:
		if (l->reqs[i] != NULL && below(l, 4) == 0) {
			ck_assert_int_eq(aml_dma_cancel(l->dma, &l->reqs[i]), 0);
			list_drop(l, i);
		}
		break;
	case 9:
		if (l->reqs[i] != NULL && aml_dma_test(l->dma, &l->reqs[i], &code) == 0) {
			ck_assert_int_eq(code, l->jobs[i]->result);
			list_drop(l, i);
		}
		break;
	default:
		list_wait(l, LIST_PLACES);
	}
}

START_TEST(wait_any_is_exact_whatever_happens_to_the_list_between_the_calls)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, LIST_CASES)) {
		struct changing_list l = {.dma = new_engine(rng.number % 2), .rng = &rng};

		l.reqs = &l.room[rng.number / 2 % LIST_SHIFTS];
		for (int step = 0; step < LIST_STEPS; step++)
			list_step(&l);
		for (size_t i = 0; i < LIST_PLACES; i++) {
			if (l.reqs[i] != NULL) {
				aml_dma_wait(l.dma, &l.reqs[i]);
				list_drop(&l, i);
			}
		}
		if (l.pocket != NULL)
			aml_dma_wait(l.dma, &l.pocket);
		free(l.pocket_job);
		destroy_engine(&l.dma);
	}
}
END_TEST

SUITE("dma/wait_any", wait_any_is_exact_whatever_happens_to_the_list_between_the_calls)
