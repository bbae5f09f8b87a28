/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every fault of posting with attributes: prerequisites, chains, AFTER_ALL, callbacks, completions,
 * labels, and plans of several sizes. Requests are posted alone and in a batch. They are posted
 * outside and inside of operators. After a failure nothing is posted, and the engine continues. The
 * other tests are of the descriptor, and of the calls of aml/dma/completion.h that need no memory.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <aml/dma/completion.h>

#include "exhaust.h"
#include "made.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

/* The value of an output before it is stored. */
#define UNTOUCHED ((void *)(uintptr_t)0x5a5a)

/* The elements of a batch, more than a post drafts at once; and the bytes that each copy moves. */
enum { POSTS_MAX = 44, NEEDS = 4, COPIED_BYTES = 24, SOURCE_BYTES = 60, CODE = -AML_EDOM };

/* What an element does: the kinds take turns. */
enum element_kind {
	ELEMENT_AFTER,  /* a program's operator with prerequisites and a callback */
	ELEMENT_ALL,    /* a copy in three loops after everything before it, with a callback */
	ELEMENT_KEPT,   /* a copy of layouts that the engine duplicates, in a chain */
	ELEMENT_REAPED, /* a program's operator with a completion, in a chain with prerequisites */
	ELEMENT_JOIN,   /* nothing, with a label, in a chain */
	ELEMENT_DETACHED, /* a plain copy without a handle */
	ELEMENT_KINDS
};

static struct aml_dma *dma;
static size_t workers, nposts;
/* Elements have the kinds from this one on. */
static unsigned first_kind;
/* How many requests the call itself makes, whether or not its post fails. */
static uint64_t own_requests;

/* Two requests, the prerequisites of others. With workers, a gate holds the first one. */
static struct gate gate;
static struct job needed_jobs[2];
static struct aml_dma_request *needed[2], *after[NEEDS];

static struct aml_dma_post_attr posts[POSTS_MAX];
static struct aml_dma_request *handles[POSTS_MAX];
static struct job jobs[POSTS_MAX];
static int calls[POSTS_MAX], results[POSTS_MAX];
static unsigned char from[SOURCE_BYTES], to[POSTS_MAX][COPIED_BYTES];

static enum element_kind kind_of(size_t i)
{
	return (enum element_kind)((first_kind + i) % ELEMENT_KINDS);
}

static void note_call(int result, void *place)
{
	results[(int *)place - calls] = result;
	++*(int *)place;
}

/* A layout of COPIED_BYTES bytes in one dimension, made of a table of addresses. */
static struct aml_layout *new_table(unsigned char *at)
{
	size_t n = COPIED_BYTES;
	struct aml_layout *layout;
	struct oracle oracle;

	oracle_dense(&oracle, at, AML_LAYOUT_ORDER_FORTRAN, 1, 1, &n, NULL, NULL);
	layout = &user_layout_create(&oracle, AML_LAYOUT_ORDER_FORTRAN, USER_DUPLICATE, NULL)
			  ->layout;
	oracle_destroy(&oracle);
	return layout;
}

static void make_layouts(struct aml_dma_post_attr *attr, unsigned char *at, enum element_kind kind)
{
	static const size_t dims[] = {2, 3, 4}, pitches[] = {3, 4, 5};
	size_t n = COPIED_BYTES;

	if (kind == ELEMENT_ALL) {
		attr->dest = new_dense(at, AML_LAYOUT_ORDER_FORTRAN, 1, 3, dims, NULL, NULL);
		attr->src = new_dense(from, AML_LAYOUT_ORDER_FORTRAN, 1, 3, dims, NULL, pitches);
	} else if (kind == ELEMENT_KEPT) {
		attr->dest = new_table(at);
		attr->src = new_table(from);
	} else {
		attr->dest = new_dense(at, AML_LAYOUT_ORDER_FORTRAN, 1, 1, &n, NULL, NULL);
		attr->src = new_dense(from, AML_LAYOUT_ORDER_FORTRAN, 1, 1, &n, NULL, NULL);
	}
}

static void describe(size_t i)
{
	struct aml_dma_post_attr *attr = &posts[i];
	enum element_kind kind = kind_of(i);

	*attr = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
	attr->tag = i;
	if (kind == ELEMENT_AFTER || kind == ELEMENT_REAPED) {
		attr->op = job_operator;
		attr->op_arg = &jobs[i];
		attr->after = after;
		attr->nafter = NEEDS;
	} else if (kind != ELEMENT_JOIN) {
		make_layouts(attr, to[i], kind);
	}
	if (kind == ELEMENT_AFTER || kind == ELEMENT_ALL) {
		attr->callback = note_call;
		attr->callback_arg = &calls[i];
	}
	if (kind == ELEMENT_ALL)
		attr->flags |= AML_DMA_POST_AFTER_ALL;
	if (kind == ELEMENT_REAPED)
		attr->flags |= AML_DMA_POST_REAP;
	if (kind == ELEMENT_DETACHED)
		attr->flags |= AML_DMA_POST_DETACH;
	if (kind == ELEMENT_JOIN)
		attr->label = "a join";
	if (i > 0 && kind >= ELEMENT_KEPT && kind <= ELEMENT_JOIN)
		attr->flags |= AML_DMA_POST_CHAIN;
}

static void create_needed(void)
{
	memset(needed_jobs, 0, sizeof(needed_jobs));
	gate_init(&gate);
	if (workers > 0)
		needed_jobs[0].gate = &gate;
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(job_post(dma, &needed[i], &needed_jobs[i]), 0);
	if (workers > 0)
		gate_await(&gate);
	after[0] = after[3] = needed[0];
	after[1] = NULL;
	after[2] = needed[1];
}

static int prepare_post(void)
{
	memset(jobs, 0, sizeof(jobs));
	memset(calls, 0, sizeof(calls));
	memset(to, 0xEE, sizeof(to));
	for (size_t i = 0; i < SOURCE_BYTES; i++)
		from[i] = (unsigned char)i;
	dma = new_engine(workers);
	create_needed();
	for (size_t i = 0; i < nposts; i++) {
		describe(i);
		handles[i] = UNTOUCHED;
	}
	return 0;
}

static int call_post(void)
{
	return aml_dma_post(dma, nposts, posts, handles);
}

/* Nothing was posted, and nothing has run. */
static int nothing_posted(void)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	size_t count = 7;

	NEED(aml_dma_linux_statistics(dma, &stats) == 0);
	NEED(stats.posted == 2 + own_requests && stats.held == 0 && stats.cancelled == 0);
	NEED(aml_dma_reap(dma, 0, NULL, 0, 0, &count) == 0 && count == 0);
	for (size_t i = 0; i < nposts; i++) {
		NEED(handles[i] == UNTOUCHED);
		NEED(calls[i] == 0 && jobs[i].runs == 0 && to[i][0] == 0xEE);
	}
	return 0;
}

static bool is_copied(size_t i)
{
	for (size_t at = 0; at < COPIED_BYTES; at++) {
		/* The source of three loops has pitches of 3 and 4. */
		size_t there = at % 2 + at / 2 % 3 * 3 + at / 6 * 12;

		if (to[i][at] != from[kind_of(i) == ELEMENT_ALL ? there : at])
			return false;
	}
	return true;
}

/* Take the completions: one for each element that is reaped. */
static int reap_all(void)
{
	struct aml_dma_completion out[POSTS_MAX];
	size_t reaped = 0, count;

	for (size_t i = 0; i < nposts; i++)
		reaped += kind_of(i) == ELEMENT_REAPED;
	NEED(aml_dma_reap(dma, POSTS_MAX, out, reaped, AML_DMA_NO_DEADLINE, &count) == 0);
	NEED(count == reaped);
	for (size_t i = 0; i < count; i++) {
		size_t tag = (size_t)out[i].tag;

		NEED(kind_of(tag) == ELEMENT_REAPED && out[i].result == 0);
		NEED(jobs[tag].runs++ == 1);
	}
	return 0;
}

/* All elements were posted, and run. */
static int all_posted(void)
{
	int err;

	if (workers > 0)
		gate_open(&gate);
	NEED(aml_dma_wait_all(dma, nposts, handles, NULL) == 0);
	NEED(aml_dma_barrier(dma) == 0);
	err = reap_all();
	if (err < 0)
		return err;
	for (size_t i = 0; i < nposts; i++) {
		enum element_kind kind = kind_of(i);

		NEED(handles[i] == NULL);
		NEED(calls[i] == (kind == ELEMENT_AFTER || kind == ELEMENT_ALL));
		NEED(calls[i] == 0 || results[i] == 0);
		if (posts[i].op != NULL)
			NEED(jobs[i].runs == (kind == ELEMENT_REAPED ? 2 : 1));
		else if (kind != ELEMENT_JOIN)
			NEED(is_copied(i));
	}
	return 0;
}

static int clean_post(void)
{
	NEED(aml_dma_wait_all(dma, 2, needed, NULL) == 0);
	NEED(aml_dma_linux_destroy(&dma) == 0);
	for (size_t i = 0; i < nposts; i++) {
		if (posts[i].dest == NULL)
			continue;
		aml_layout_destroy(&posts[i].dest);
		aml_layout_destroy(&posts[i].src);
	}
	gate_destroy(&gate);
	return 0;
}

static const struct act post_with_attributes = {
	.name = "aml_dma_post",
	.prepare = prepare_post,
	.call = call_post,
	.untouched = nothing_posted,
	.done = all_posted,
	.clean = clean_post,
	.error = -AML_ENOMEM,
	.may_keep = true,
};

/* Contract: ERROR-5, POST-1. */
START_TEST(a_batch_without_memory)
{
	nposts = POSTS_MAX;
	own_requests = 0;
	for (workers = 0; workers <= 2; workers += 2) {
		/* Each kept copy duplicates two layouts; others need edges. */
		ck_assert_uint_ge(exhaust(&post_with_attributes, FAULT_MEMORY), POSTS_MAX / 2);
	}
}
END_TEST

/* Contract: ERROR-5. */
START_TEST(each_kind_of_element_without_memory)
{
	/*
	 * A block of slots, and edges, the entry for AFTER_ALL, or two layouts. Plain requests
	 * without a plan lie in the block of the prerequisites.
	 */
	static const unsigned long faults[ELEMENT_KINDS] = {
		[ELEMENT_AFTER] = 2,  [ELEMENT_ALL] = 2,  [ELEMENT_KEPT] = 3,
		[ELEMENT_REAPED] = 2, [ELEMENT_JOIN] = 0, [ELEMENT_DETACHED] = 0};

	nposts = 1;
	own_requests = 0;
	for (workers = 0; workers <= 2; workers += 2)
		for (first_kind = 0; first_kind < ELEMENT_KINDS; first_kind++)
			ck_assert_uint_ge(exhaust(&post_with_attributes, FAULT_MEMORY),
					  faults[first_kind]);
}
END_TEST

/* A label is copied only while a trace, or the statistics of times, are on. */
/* Contract: ERROR-5. */
START_TEST(labels_without_memory)
{
	ck_assert_int_eq(setenv("AML_DMA_STATS", "1", 1), 0);
	own_requests = 0;
	first_kind = ELEMENT_JOIN;
	for (workers = 0; workers <= 2; workers += 2) {
		nposts = 1;
		ck_assert_uint_ge(exhaust(&post_with_attributes, FAULT_MEMORY), 2);
		nposts = POSTS_MAX;
		ck_assert_uint_ge(exhaust(&post_with_attributes, FAULT_MEMORY), POSTS_MAX / 2);
	}
}
END_TEST

/* Post inside of an operator inside of an operator: AFTER_ALL passes over both. */

static int post_here(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	(void)arg;
	return aml_dma_post(dma, nposts, posts, handles);
}

static int post_deeper(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	return aml_dma_copy_custom(dma, &any_layout, &any_layout, post_here, arg);
}

static int call_nested(void)
{
	return aml_dma_copy_custom(dma, &any_layout, &any_layout, post_deeper, NULL);
}

/* Contract: ERROR-5. */
START_TEST(posting_inside_of_operators_without_memory)
{
	struct act act = post_with_attributes;

	act.name = "aml_dma_post inside of operators";
	act.call = call_nested;
	own_requests = 2;
	for (workers = 0; workers <= 2; workers += 2) {
		nposts = POSTS_MAX;
		ck_assert_uint_ge(exhaust(&act, FAULT_MEMORY), POSTS_MAX / 2);
		nposts = 1;
		for (first_kind = 0; first_kind < ELEMENT_KINDS; first_kind++)
			exhaust(&act, FAULT_MEMORY);
		first_kind = 0;
	}
}
END_TEST

/* Contract: MEMORY-2. */
START_TEST(posting_with_attributes_acquires_only_memory)
{
	static const enum fault_kind kinds[] = {FAULT_THREAD, FAULT_ATFORK, FAULT_MUTEX, FAULT_COND,
						FAULT_FILE};

	nposts = POSTS_MAX;
	own_requests = 0;
	workers = 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		ck_assert_uint_eq(exhaust(&post_with_attributes, kinds[i]), 0);
}
END_TEST

/* Waits for any request of a list remember the list. Without memory, they do without. */

static int prepare_list(void)
{
	dma = new_engine(workers);
	for (size_t i = 0; i < nposts; i++) {
		jobs[i] = (struct job){.result = i % 3 == 0 ? CODE : 0};
		ck_assert_int_eq(job_post(dma, &handles[i], &jobs[i]), 0);
	}
	return 0;
}

static int wait_for_each(void)
{
	for (size_t n = 0; n <= nposts; n++) {
		size_t index = 777;
		int code = 7, err = aml_dma_wait_any(dma, nposts, handles, &index, &code);

		NEED(err == 0);
		NEED(index == nposts || handles[index] == NULL);
		NEED(n < nposts
			     ? index < nposts && code == jobs[index].result && jobs[index].n++ == 0
			     : index == nposts && code == 0);
	}
	return 0;
}

static int destroy_list(void)
{
	NEED(aml_dma_barrier(dma) == 0);
	NEED(aml_dma_linux_destroy(&dma) == 0);
	return 0;
}

/* Contract: ERROR-6. */
START_TEST(wait_any_does_without_memory)
{
	static const struct act act = {.name = "aml_dma_wait_any",
				       .prepare = prepare_list,
				       .call = wait_for_each,
				       .clean = destroy_list,
				       .error = 1,
				       .may_succeed = true};

	nposts = 20;
	for (workers = 0; workers <= 2; workers++)
		ck_assert_uint_ge(exhaust(&act, FAULT_MEMORY), 1);
}
END_TEST

/* The other calls acquire nothing. */

static struct aml_dma_completion completions[POSTS_MAX];

static int call_all_waits(void)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	size_t count, indices[POSTS_MAX];
	int codes[POSTS_MAX], code;

	while (aml_dma_test(dma, &handles[0], &code) == -AML_EBUSY)
		;
	NEED(code == CODE && handles[0] == NULL);
	NEED(aml_dma_wait_until(dma, &handles[1], AML_DMA_NO_DEADLINE, &code) == 0 && code == 0);
	NEED(aml_dma_progress(dma, 1, &count) == 0 && count <= 1);
	NEED(aml_dma_wait_some(dma, 6, handles, 2, AML_DMA_NO_DEADLINE, &count, indices, codes) ==
	     0);
	NEED(count >= 2);
	NEED(aml_dma_reap(dma, 2, completions, 2, AML_DMA_NO_DEADLINE, &count) == 0 && count == 2);
	NEED(aml_dma_wait_all(dma, 9, handles, codes) != 1);
	NEED(aml_dma_barrier_until(dma, AML_DMA_NO_DEADLINE, &code) == 0);
	NEED(aml_dma_linux_statistics(dma, &stats) == 0 && stats.posted == nposts + 2);
	NEED(aml_dma_cancel_all(dma, &count) == 0 && count == 0);
	return 0;
}

/* Contract: ERROR-6. */
START_TEST(waits_beyond_aml_acquire_nothing)
{
	struct aml_dma_post_attr reaped[2] = {AML_DMA_POST_ATTR_INIT, AML_DMA_POST_ATTR_INIT};
	unsigned long fired;
	int line;

	reaped[0].flags = AML_DMA_POST_REAP;
	reaped[1].flags = AML_DMA_POST_REAP | AML_DMA_POST_CHAIN;
	nposts = 12;
	for (workers = 0; workers <= 2; workers++) {
		long before = faults_blocks();

		prepare_list();
		ck_assert_int_eq(aml_dma_post(dma, 2, reaped, NULL), 0);
		faults_arm(FAULT_ANY, 1, true);
		line = call_all_waits();
		fired = faults_disarm();
		ck_assert_int_eq(line, 0);
		ck_assert_uint_eq(fired, 0);
		destroy_engine(&dma);
		ck_assert_int_eq(faults_blocks(), before);
	}
}
END_TEST

/* The descriptor. */

static int fd;

static int prepare_completions(void)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	attr.flags = AML_DMA_POST_REAP;
	dma = new_engine(workers);
	for (int i = 0; i < 3; i++)
		NEED(aml_dma_post(dma, 1, &attr, NULL) == 0);
	NEED(aml_dma_barrier(dma) == 0);
	return 0;
}

static int call_eventfd(void)
{
	fd = aml_dma_linux_eventfd(dma);
	return fd < 0 ? fd : 0;
}

static int descriptor_counts(void)
{
	uint64_t n = 0;
	size_t count;

	NEED(aml_dma_linux_eventfd(dma) == fd);
	NEED(read(fd, &n, sizeof(n)) == sizeof(n) && n == 3);
	NEED(aml_dma_reap(dma, 3, completions, 3, 0, &count) == 0 && count == 3);
	return 0;
}

static int close_descriptor(void)
{
	NEED(aml_dma_linux_destroy(&dma) == 0);
	NEED(fcntl(fd, F_GETFD) < 0);
	return 0;
}

/* Contract: ERROR-5, REAP-7. */
START_TEST(a_descriptor_that_cannot_be_had_leaves_the_engine_as_it_was)
{
	static const struct act act = {.name = "aml_dma_linux_eventfd",
				       .prepare = prepare_completions,
				       .call = call_eventfd,
				       .done = descriptor_counts,
				       .clean = close_descriptor,
				       .error = -AML_ENOMEM};

	for (workers = 0; workers <= 1; workers++) {
		ck_assert_uint_eq(exhaust(&act, FAULT_FILE), 1);
		ck_assert_uint_eq(exhaust(&act, FAULT_MEMORY), 0);
	}
}
END_TEST

SUITE("faults/post", a_batch_without_memory, each_kind_of_element_without_memory,
      labels_without_memory, posting_inside_of_operators_without_memory,
      posting_with_attributes_acquires_only_memory, wait_any_does_without_memory,
      waits_beyond_aml_acquire_nothing, a_descriptor_that_cannot_be_had_leaves_the_engine_as_it_was)
