/* SPDX-License-Identifier: BSD-3-Clause */
/* Posting with attributes: arguments, batches, order, handles, labels and what runs at once. */
#include <aml/layout/dense.h>
#include <string.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

/* An element that copies one int. */
static struct aml_dma_post_attr of_int(int *to, const int *from)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	attr.dest = (struct aml_layout *)(void *)to;
	attr.src = (struct aml_layout *)(void *)(uintptr_t)from;
	attr.op = aml_dma_linux_memcpy_op;
	attr.op_arg = (void *)sizeof(int);
	return attr;
}

/* Contract: AFTER-3, POST-2. */
START_TEST(arguments_are_checked)
{
	struct aml_dma *dma = new_engine(1), *other = new_engine(1);
	struct job job = {.result = 0};
	struct aml_dma_post_attr two[2] = {job_attr(&job), job_attr(&job)}, bad;
	struct aml_dma_request *req = NULL, *foreign, *reqs[2] = {NULL, NULL};

	ck_assert_int_eq(aml_dma_post(dma, 0, NULL, NULL), 0);
	ck_assert_int_eq(aml_dma_post(dma, 1, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_post(NULL, 1, two, NULL), -AML_EINVAL);
	bad = two[0];
	bad.size = sizeof(bad) - sizeof(void *);
	ck_assert_int_eq(aml_dma_post(dma, 1, &bad, &req), -AML_EINVAL);
	bad = two[0];
	bad.reserved = 1;
	ck_assert_int_eq(aml_dma_post(dma, 1, &bad, &req), -AML_EINVAL);
	bad = two[0];
	bad.flags = 0x20;
	ck_assert_int_eq(aml_dma_post(dma, 1, &bad, &req), -AML_EINVAL);
	bad = two[0];
	bad.flags = AML_DMA_POST_CHAIN;
	ck_assert_int_eq(aml_dma_post(dma, 1, &bad, &req), -AML_EINVAL);
	bad = two[0];
	bad.nafter = 1;
	ck_assert_int_eq(aml_dma_post(dma, 1, &bad, &req), -AML_EINVAL);
	ck_assert_int_eq(job_post(other, &foreign, &job), 0);
	bad.after = &foreign;
	ck_assert_int_eq(aml_dma_post(dma, 1, &bad, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait(other, &foreign), 0);
	ck_assert_ptr_null(req);
	/* An operator of the library needs both sides; one of the program's own does not. */
	two[1].op = aml_dma_linux_copy_generic;
	ck_assert_int_eq(aml_dma_post(dma, 2, two, reqs), -AML_EINVAL);
	ck_assert_ptr_null(reqs[0]);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(job.runs, 1);
	destroy_engine(&dma);
	destroy_engine(&other);
}
END_TEST

/* Contract: POST-2. */
START_TEST(a_larger_structure_is_read_by_its_own_stride)
{
	struct larger {
		struct aml_dma_post_attr known;
		uint64_t unknown;
	} posts[3];
	struct aml_dma *dma = new_engine(1);
	struct trail trail = {.length = 0};
	struct job jobs[3];

	for (int i = 0; i < 3; i++) {
		jobs[i] = (struct job){.name = (char)('a' + i), .trail = &trail};
		posts[i] = (struct larger){.known = job_attr(&jobs[i])};
		posts[i].known.size = sizeof(posts[i]);
	}
	ck_assert_int_eq(aml_dma_post(dma, 3, &posts[0].known, NULL), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_str_eq(trail.text, "abc");
	posts[2].unknown = 1;
	ck_assert_int_eq(aml_dma_post(dma, 3, &posts[0].known, NULL), -AML_ENOTSUP);
	posts[2].unknown = 0;
	posts[1].known.size = sizeof(posts[1].known);
	ck_assert_int_eq(aml_dma_post(dma, 3, &posts[0].known, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_str_eq(trail.text, "abc");
	destroy_engine(&dma);
}
END_TEST

/* Contract: POST-1. */
START_TEST(a_batch_is_posted_in_order_or_not_at_all)
{
	enum { N = 100 };
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_post_attr posts[N];
	struct aml_dma_request *reqs[N];
	int from[N], to[N];

	for (int i = 0; i < N; i++) {
		from[i] = i + 1;
		to[i] = 0;
		posts[i] = of_int(&to[i], &from[i]);
		if (i % 3 == 0)
			posts[i].flags = AML_DMA_POST_DETACH;
		reqs[i] = (struct aml_dma_request *)(void *)&reqs[i];
	}
	posts[N - 1].reserved = 1;
	ck_assert_int_eq(aml_dma_post(dma, N, posts, reqs), -AML_EINVAL);
	for (int i = 0; i < N; i++)
		ck_assert_ptr_eq(reqs[i], (struct aml_dma_request *)(void *)&reqs[i]);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(to[0], 0);
	posts[N - 1].reserved = 0;
	ck_assert_int_eq(aml_dma_post(dma, N, posts, reqs), 0);
	for (int i = 0; i < N; i++) {
		if (i % 3 == 0)
			ck_assert_ptr_null(reqs[i]);
		else
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	}
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(memcmp(from, to, sizeof(to)), 0);
	destroy_engine(&dma);
}
END_TEST

/* Contract: POST-7. */
START_TEST(layouts_and_plans_of_all_sizes_may_be_mixed)
{
	enum { N = 70 };
	struct aml_dma *dma = new_engine(2);
	struct aml_dma_post_attr posts[N];
	struct aml_layout *layouts[2 * N];
	static int from[N][64], to[N][64];
	const size_t dims[][6] = {{64}, {8, 8}, {4, 4, 4}, {2, 2, 2, 2, 2, 2}};
	const size_t ndims[] = {1, 2, 3, 6};

	for (size_t i = 0; i < N; i++) {
		size_t kind = i % 4;

		for (int k = 0; k < 64; k++) {
			from[i][k] = (int)i * 64 + k + 1;
			to[i][k] = 0;
		}
		layouts[2 * i] = new_dense(to[i], AML_LAYOUT_ORDER_C, sizeof(int), ndims[kind],
					   dims[kind], NULL, NULL);
		layouts[2 * i + 1] = new_dense(from[i], AML_LAYOUT_ORDER_C, sizeof(int),
					       ndims[kind], dims[kind], NULL, NULL);
		posts[i] = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
		posts[i].dest = layouts[2 * i];
		posts[i].src = layouts[2 * i + 1];
		if (i % 5 == 1)
			posts[i].flags = AML_DMA_POST_CHAIN;
	}
	ck_assert_int_eq(aml_dma_post(dma, N, posts, NULL), 0);
	for (size_t i = 0; i < 2 * N; i++)
		destroy_layout(layouts[i]);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(memcmp(from, to, sizeof(to)), 0);
	destroy_engine(&dma);
}
END_TEST

static void note_thread(int result, void *arg)
{
	(void)result;
	*(pthread_t *)arg = pthread_self();
}

/* Contract: POST-5. */
START_TEST(extended_requests_do_not_run_in_the_posting_call)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_post_attr attr;
	pthread_t thread = pthread_self();
	int from = 1, to = 0;

	attr = of_int(&to, &from);
	attr.callback = note_thread;
	attr.callback_arg = &thread;
	attr.flags = AML_DMA_POST_DETACH;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, NULL), 0);
	destroy_engine(&dma);
	ck_assert(!pthread_equal(thread, pthread_self()));
	ck_assert_int_eq(to, 1);
}
END_TEST

/* Contract: POST-4. */
START_TEST(a_request_of_nothing_joins)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;
	struct aml_dma_request *req;

	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, &req), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	destroy_engine(&dma);
}
END_TEST

/* An operator that reports whether the handles of its batch are stored. */
static int see_handles(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct aml_dma_request **reqs = arg;

	(void)dst;
	(void)src;
	return reqs[0] != NULL && reqs[1] == NULL && reqs[2] != NULL ? 0 : -AML_EDOM;
}

/* Contract: POST-3. */
START_TEST(all_handles_are_stored_before_the_first_request_starts)
{
	for (int round = 0; round < 200; round++) {
		struct aml_dma *dma = new_engine(2);
		struct aml_dma_request *reqs[3] = {NULL, (struct aml_dma_request *)&any_layout,
						   NULL};
		struct aml_dma_post_attr posts[3];

		for (int i = 0; i < 3; i++) {
			posts[i] = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
			posts[i].op = see_handles;
			posts[i].op_arg = reqs;
		}
		posts[1].flags = AML_DMA_POST_DETACH;
		ck_assert_int_eq(aml_dma_post(dma, 3, posts, reqs), 0);
		ck_assert_ptr_null(reqs[1]);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(aml_dma_wait_all(dma, 3, reqs, NULL), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* The place of the slot of a request without a handle, and what its operator found there. */
struct slot_seen {
	struct aml_dma_request *slot, *found;
	sem_t seen;
};

static int see_slot(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct slot_seen *s = arg;

	(void)dst;
	(void)src;
	s->found = s->slot;
	sem_post(&s->seen);
	return 0;
}

/* In a thread that posts to `posts_to`: wait until the request that was posted has run. */
static __thread struct aml_dma *posts_to;
static struct slot_seen *posts_for;

/* The library calls this before it takes its lock and after it has released it. */
void queue_shake(void);

void queue_shake(void)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	struct aml_dma *dma = posts_to;

	if (dma == NULL)
		return;
	posts_to = NULL;
	if (aml_dma_linux_statistics(dma, &stats) == 0 && stats.posted == 0)
		posts_to = dma;
	else
		sem_wait(&posts_for->seen);
}

/* Contract: POST-3. */
START_TEST(the_slot_of_a_detached_request_is_null_before_it_starts)
{
	struct aml_dma *dma = new_engine(1);
	struct slot_seen seen = {.slot = (struct aml_dma_request *)&any_layout};
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	ck_assert_int_eq(sem_init(&seen.seen, 0, 0), 0);
	attr.dest = attr.src = &any_layout;
	attr.op = see_slot;
	attr.op_arg = &seen;
	attr.flags = AML_DMA_POST_DETACH;
	posts_for = &seen;
	posts_to = dma;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, &seen.slot), 0);
	ck_assert_ptr_null(posts_to);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_ptr_null(seen.found);
	ck_assert_ptr_null(seen.slot);
	sem_destroy(&seen.seen);
	destroy_engine(&dma);
}
END_TEST

static int see_no_sides(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	return dst == NULL && src == NULL && arg == (void *)7 ? 0 : -AML_EDOM;
}

/* Contract: POST-4. */
START_TEST(a_custom_operator_needs_no_layouts)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;
	struct aml_dma_request *req = NULL;

	attr.op = see_no_sides;
	attr.op_arg = (void *)7;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, &req), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	/* The library's operators need both, and so does NULL with one layout. */
	attr.op = aml_dma_linux_copy_1D;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, &req), -AML_EINVAL);
	attr.op = NULL;
	attr.dest = &any_layout;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, &req), -AML_EINVAL);
	ck_assert_ptr_null(req);
	destroy_engine(&dma);
}
END_TEST

SUITE("dma/post", arguments_are_checked, a_larger_structure_is_read_by_its_own_stride,
      a_batch_is_posted_in_order_or_not_at_all, layouts_and_plans_of_all_sizes_may_be_mixed,
      extended_requests_do_not_run_in_the_posting_call, a_request_of_nothing_joins,
      all_handles_are_stored_before_the_first_request_starts,
      the_slot_of_a_detached_request_is_null_before_it_starts, a_custom_operator_needs_no_layouts)
