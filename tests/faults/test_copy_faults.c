/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every fault of posting a copy: plans of every size, plans that keep duplicates of layouts, every
 * operator, with and without a handle, outside and inside an operator. Waiting, cancelling and
 * destroying need no memory.
 */
#include <aml/layout/dense.h>
#include <limits.h>

#include "exhaust.h"
#include "sample.h"
#include "suite.h"
#include "user_layout.h"

/* The value of an output before it is stored. */
#define UNTOUCHED ((void *)(uintptr_t)0x5a5a)

/* The layouts of the copy, new for each run, and the engine. */
static struct sample dst, src;
static struct rng rng;
static struct aml_dma *dma;
static size_t workers;

/* How the copy is posted. */
static bool with_handle, synchronous;
static aml_dma_operator operator_;
static struct aml_dma_request *handle;

/* The layouts, or the addresses that memcpy_op gets in their place. */
static struct aml_layout *to(void)
{
	return operator_ == aml_dma_linux_memcpy_op ? (void *)dst.memory.data : dst.layout;
}

static struct aml_layout *from(void)
{
	return operator_ == aml_dma_linux_memcpy_op ? (void *)src.memory.data : src.layout;
}

static void *argument(void)
{
	return operator_ == aml_dma_linux_memcpy_op ? (void *)dst.memory.size : NULL;
}

/* Copies like the library's copy_generic, but counts as a custom operator. */
static int custom(struct aml_layout *d, const struct aml_layout *s, void *arg)
{
	return aml_dma_linux_copy_generic(d, s, arg);
}

static int post(void)
{
	if (synchronous)
		return aml_dma_copy_custom(dma, to(), from(), operator_, argument());
	return aml_dma_async_copy_custom(dma, with_handle ? &handle : NULL, to(), from(), operator_,
					 argument());
}

static int untouched(void)
{
	NEED(handle == UNTOUCHED);
	NEED(guard_intact(&dst.memory));
	NEED(guard_intact(&src.memory));
	return 0;
}

/* Destroy the layouts as soon as the contract allows it. */
static void release_layouts(void)
{
	if (operator_ == custom || dst.must_stay || src.must_stay)
		return;
	aml_layout_destroy(&dst.layout);
	aml_layout_destroy(&src.layout);
}

static int copied(void)
{
	release_layouts();
	if (with_handle && !synchronous) {
		NEED(handle != UNTOUCHED && handle != NULL);
		NEED(aml_dma_wait(dma, &handle) == AML_SUCCESS);
		NEED(handle == NULL);
		handle = UNTOUCHED;
	} else {
		NEED(handle == UNTOUCHED);
		NEED(aml_dma_barrier(dma) == AML_SUCCESS);
	}
	oracle_copy(&dst.oracle, &src.oracle, &dst.memory);
	return untouched();
}

static void create_engine(void)
{
	handle = UNTOUCHED;
	ck_assert_int_eq(aml_dma_linux_create(&dma, workers), AML_SUCCESS);
}

static int clean(void)
{
	sample_destroy(&dst);
	sample_destroy(&src);
	NEED(aml_dma_linux_destroy(&dma) == AML_SUCCESS);
	return 0;
}

static const struct act post_one = {
	.call = post,
	.untouched = untouched,
	.done = copied,
	.clean = clean,
	.error = -AML_ENOMEM,
};

/* Random layouts of all kinds. Sources may repeat elements. */

static int prepare_random(void)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], ndims, element_size;

	rng_start(&rng, rng.number);
	ndims = sample_dims(&rng, dims);
	element_size = sample_element_size(&rng);
	sample_create(&dst, &rng, SAMPLE_NESTED, element_size, ndims, dims);
	sample_create(&src, &rng, SAMPLE_NESTED | SAMPLE_SOURCE, element_size, ndims, dims);
	create_engine();
	return 0;
}

/*
 * Exhaust all ways: with and without a handle, posted and synchronous, each with no worker and with
 * two.
 */
static unsigned long exhaust_ways(struct act *act)
{
	unsigned long least = ULONG_MAX;

	for (unsigned i = 0; i < 6; i++) {
		unsigned long faults;

		workers = i % 2 ? 2 : 0;
		with_handle = i / 2 == 1;
		synchronous = i / 2 == 2;
		faults = exhaust(act, FAULT_MEMORY);
		/*
		 * The posting call may make a small copy without a handle itself, without a
		 * request.
		 */
		if (!synchronous && (with_handle || workers == 0) && faults < least)
			least = faults;
	}
	return least;
}

/* Contract: ERROR-5. */
START_TEST(random_copies_without_memory)
{
	struct act act = post_one;

	act.name = "random copy";
	act.prepare = prepare_random;
	operator_ = NULL;
	while (rng_next_case(&rng, 40))
		ck_assert_msg(exhaust_ways(&act) >= 1, RNG_FORMAT "nothing has failed",
			      RNG_ARGS(&rng));
}
END_TEST

/* Plans with `loops` loops: no two dimensions can be merged. */

static size_t loops;

static void create_sample(struct sample *sample, size_t pitch)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], pitches[AML_LAYOUT_NDIMS_MAX], size = 4;

	memset(sample, 0, sizeof(*sample));
	for (size_t i = 0; i < loops; i++) {
		dims[i] = 2;
		pitches[i] = pitch;
		size *= pitch;
	}
	/* 0 loops: 100 elements in one run. */
	if (loops == 0) {
		dims[0] = pitches[0] = 100;
		size *= 100;
	}
	guard_create(&sample->memory, size, &rng);
	ck_assert_int_eq(aml_layout_dense_create(&sample->layout, sample->memory.data,
						 AML_LAYOUT_ORDER_C, 4, loops ? loops : 1, dims,
						 NULL, pitches),
			 AML_SUCCESS);
	oracle_dense(&sample->oracle, sample->memory.data, AML_LAYOUT_ORDER_C, 4, loops ? loops : 1,
		     dims, NULL, pitches);
}

static int prepare_loops(void)
{
	rng_start(&rng, loops);
	create_sample(&dst, 2);
	create_sample(&src, 3);
	create_engine();
	return 0;
}

/* Contract: ERROR-5. */
START_TEST(plans_of_every_size_without_memory)
{
	struct act act = post_one;
	char name[40];

	act.name = name;
	act.prepare = prepare_loops;
	operator_ = NULL;
	for (loops = 0; loops <= 10; loops++) {
		snprintf(name, sizeof(name), "copy in %zu dimensions", loops);
		ck_assert_uint_ge(exhaust_ways(&act), 1);
	}
}
END_TEST

/* Contract: ERROR-5. */
START_TEST(every_operator_without_memory)
{
	static const aml_dma_operator operators[] = {
		aml_dma_linux_copy_generic,
		aml_dma_linux_copy_1D,
		aml_dma_linux_memcpy_op,
		custom,
	};
	static const char *const names[] = {"copy_generic", "copy_1D", "memcpy_op",
					    "custom operator"};
	struct act act = post_one;

	act.prepare = prepare_loops;
	loops = 0;
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		operator_ = operators[i];
		act.name = names[i];
		ck_assert_uint_ge(exhaust_ways(&act), 1);
	}
}
END_TEST

/* Plans that ask for each element keep duplicates of the layouts, with up to 64 dimensions. */

static size_t user_ndims;
static bool user_dst, user_src;

/* Replace the dense layout by a custom one that the engine can duplicate. */
static void make_user(struct sample *sample)
{
	aml_layout_destroy(&sample->layout);
	sample->layout =
		&user_layout_create(&sample->oracle, AML_LAYOUT_ORDER_FORTRAN, USER_DUPLICATE, NULL)
			 ->layout;
}

static void create_thin(struct sample *sample)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX];

	memset(sample, 0, sizeof(*sample));
	/* Keep the number of elements small for every number of dimensions. */
	for (size_t i = 0; i < user_ndims; i++)
		dims[i] = i % 16 == 0 ? 3 : 1;
	guard_create(&sample->memory, 8 * product(user_ndims, dims), &rng);
	ck_assert_int_eq(aml_layout_dense_create(&sample->layout, sample->memory.data,
						 AML_LAYOUT_ORDER_C, 8, user_ndims, dims, NULL,
						 NULL),
			 AML_SUCCESS);
	oracle_dense(&sample->oracle, sample->memory.data, AML_LAYOUT_ORDER_C, 8, user_ndims, dims,
		     NULL, NULL);
}

static int prepare_user(void)
{
	rng_start(&rng, user_ndims);
	create_thin(&dst);
	create_thin(&src);
	if (user_dst)
		make_user(&dst);
	if (user_src)
		make_user(&src);
	create_engine();
	return 0;
}

/* Contract: ERROR-5. */
START_TEST(kept_layouts_without_memory)
{
	static const size_t ndims[] = {1, 4, 5, 8, 9, 64};
	struct act act = post_one;
	char name[60];

	act.name = name;
	act.prepare = prepare_user;
	operator_ = NULL;
	for (size_t i = 0; i < sizeof(ndims) / sizeof(*ndims); i++) {
		for (unsigned sides = 1; sides < 4; sides++) {
			user_ndims = ndims[i];
			user_dst = sides & 1;
			user_src = sides & 2;
			snprintf(name, sizeof(name), "copy of kept layouts, %u of 3, %zu-D", sides,
				 ndims[i]);
			/* One fault for the request, and one for each custom layout. */
			ck_assert_uint_ge(exhaust_ways(&act), sides == 3 ? 3 : 2);
		}
	}
}
END_TEST

/* A custom table for the engine, with its own way to wait, so that a synchronous copy needs a
 * request. */

static struct aml_dma_ops own_ops;

static int wait_for_request(struct aml_dma_data *data, struct aml_dma_request **req)
{
	return aml_dma_linux_request_wait(data, req);
}

static int prepare_own_table(void)
{
	prepare_loops();
	own_ops = *dma->ops;
	own_ops.wait_request = wait_for_request;
	dma->ops = &own_ops;
	return 0;
}

START_TEST(a_synchronous_copy_by_way_of_a_request_without_memory)
{
	struct act act = post_one;

	act.name = "aml_dma_copy, a table of one's own";
	act.prepare = prepare_own_table;
	operator_ = NULL;
	synchronous = true;
	for (workers = 0; workers <= 2; workers++)
		ck_assert_uint_ge(exhaust(&act, FAULT_MEMORY), 1);
}
END_TEST

static int create_request(void)
{
	return aml_dma_linux_request_create(dma->data, with_handle ? &handle : NULL, dst.layout,
					    src.layout, NULL, NULL);
}

/* Contract: ERROR-5. */
START_TEST(request_create_without_memory)
{
	struct act act = post_one;

	act.name = "aml_dma_linux_request_create";
	act.prepare = prepare_loops;
	act.call = create_request;
	operator_ = NULL;
	synchronous = false;
	loops = 3;
	for (int i = 0; i < 2; i++) {
		with_handle = i;
		ck_assert_uint_ge(exhaust(&act, FAULT_MEMORY), 1);
	}
}
END_TEST

/* Posting inside an operator. */

static int post_and_wait(struct aml_layout *d, const struct aml_layout *s, void *arg)
{
	struct aml_dma_request *nested = UNTOUCHED;
	int err = aml_dma_async_copy(dma, &nested, d, (struct aml_layout *)(uintptr_t)s);

	(void)arg;
	if (err != AML_SUCCESS)
		return nested == UNTOUCHED ? err : -AML_EPERM;
	return aml_dma_wait(dma, &nested);
}

static int copy_in_operator(void)
{
	return aml_dma_copy_custom(dma, dst.layout, src.layout, post_and_wait, NULL);
}

static int copied_in_operator(void)
{
	oracle_copy(&dst.oracle, &src.oracle, &dst.memory);
	return untouched();
}

/* Contract: ERROR-5. */
START_TEST(posting_inside_an_operator_without_memory)
{
	struct act act = post_one;

	act.name = "aml_dma_async_copy inside an operator";
	act.prepare = prepare_user;
	act.call = copy_in_operator;
	act.done = copied_in_operator;
	user_ndims = 3;
	user_dst = user_src = true;
	for (workers = 0; workers <= 2; workers++)
		ck_assert_uint_ge(exhaust(&act, FAULT_MEMORY), 3);
}
END_TEST

/* Posting acquires neither threads nor locks. */
/* Contract: MEMORY-2. */
START_TEST(posting_acquires_memory_alone)
{
	static const enum fault_kind kinds[] = {FAULT_THREAD, FAULT_ATFORK, FAULT_MUTEX,
						FAULT_COND};
	struct act act = post_one;

	act.name = "copy of kept layouts";
	act.prepare = prepare_user;
	operator_ = NULL;
	synchronous = false;
	with_handle = true;
	user_ndims = 3;
	user_dst = user_src = true;
	workers = 1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		ck_assert_uint_eq(exhaust(&act, kinds[i]), 0);
}
END_TEST

/* Many copies at once: a post that fails returns the error, and the other copies are made. */

#define MANY 40

static int post_many(unsigned long n, unsigned *refused)
{
	struct aml_dma_request *handles[MANY];
	int results[MANY];

	faults_arm(FAULT_MEMORY, n, false);
	for (int i = 0; i < MANY; i++) {
		handles[i] = UNTOUCHED;
		results[i] = aml_dma_async_copy(dma, &handles[i], dst.layout, src.layout);
	}
	faults_disarm();
	*refused = 0;
	for (int i = 0; i < MANY; i++) {
		if (results[i] == AML_SUCCESS) {
			NEED(aml_dma_wait(dma, &handles[i]) == AML_SUCCESS);
		} else {
			NEED(results[i] == -AML_ENOMEM && handles[i] == UNTOUCHED);
			++*refused;
		}
	}
	return 0;
}

/* Contract: ERROR-5. */
START_TEST(one_of_many_without_memory)
{
	unsigned refused;
	unsigned long n = 0;

	user_ndims = 2;
	user_dst = false;
	user_src = true;
	/* The copies have the same destination, so one worker runs them one at a time. */
	workers = 1;
	do {
		long before = faults_blocks();

		n++;
		prepare_user();
		ck_assert_int_eq(post_many(n, &refused), 0);
		ck_assert_uint_le(refused, 1);
		ck_assert_int_eq(clean(), 0);
		ck_assert_int_eq(faults_blocks(), before);
	} while (refused);
	printf("faults: %d copies at once: memory: %lu one at a time\n", MANY, n - 1);
	/* A duplicate for each copy, and at least one block for the requests. */
	ck_assert_uint_gt(n - 1, MANY);
}
END_TEST

/* A wait acquires nothing. */

static int fail_with(struct aml_layout *d, const struct aml_layout *s, void *code)
{
	(void)d;
	(void)s;
	return (int)(intptr_t)code;
}

/*
 * Make calls while nothing can be acquired. Return 0, or the negative line of a failed check.
 * Check's assertions are not used meanwhile, since they allocate.
 */
static int starve(int (*calls)(void))
{
	int err;

	faults_arm(FAULT_ANY, 1, true);
	err = calls();
	NEED(faults_disarm() == 0);
	return err;
}

static struct aml_dma_request *requests[6];

static int wait_and_cancel(void)
{
	NEED(aml_dma_wait(dma, &requests[1]) == AML_SUCCESS);
	NEED(aml_dma_cancel(dma, &requests[3]) == AML_SUCCESS);
	NEED(aml_dma_wait(dma, &requests[4]) == -AML_EDOM);
	NEED(aml_dma_barrier(dma) == -AML_EDOM);
	NEED(aml_dma_barrier(dma) == AML_SUCCESS);
	/* Destroy releases the other handles. */
	NEED(aml_dma_linux_destroy(&dma) == AML_SUCCESS);
	return 0;
}

/* Contract: ERROR-6. */
START_TEST(waits_and_cancels_acquire_nothing)
{
	user_ndims = 2;
	user_dst = user_src = true;
	/* All copies have the same destination, so they run one at a time. */
	for (workers = 0; workers <= 1; workers++) {
		long before = faults_blocks();

		prepare_user();
		for (int i = 0; i < 4; i++)
			ck_assert_int_eq(
				aml_dma_async_copy(dma, &requests[i], dst.layout, src.layout),
				AML_SUCCESS);
		for (int i = 4; i < 6; i++)
			ck_assert_int_eq(aml_dma_async_copy_custom(dma, &requests[i], &any_layout,
								   &any_layout, fail_with,
								   (void *)-AML_EDOM),
					 AML_SUCCESS);
		ck_assert_int_eq(starve(wait_and_cancel), 0);
		sample_destroy(&dst);
		sample_destroy(&src);
		ck_assert_int_eq(faults_blocks(), before);
	}
}
END_TEST

static int post_without_handles(void)
{
	for (int i = 0; i < 500; i++) {
		NEED(aml_dma_async_copy(dma, NULL, dst.layout, src.layout) == AML_SUCCESS);
		NEED(aml_dma_barrier(dma) == AML_SUCCESS);
		NEED(aml_dma_async_copy_custom(dma, NULL, &any_layout, &any_layout, fail_with,
					       (void *)-AML_EDOM) == AML_SUCCESS);
		NEED(aml_dma_barrier(dma) == -AML_EDOM);
	}
	return 0;
}

/*
 * The first requests of each kind are enough: a request is reused once it has finished, or once its
 * failure was reported.
 */
/* Contract: MEMORY-1. */
START_TEST(requests_without_a_handle_are_released_by_the_engine)
{
	loops = 2;
	for (workers = 0; workers <= 2; workers++) {
		long before = faults_blocks();

		prepare_loops();
		ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst.layout, src.layout),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_dma_async_copy_custom(dma, NULL, &any_layout, &any_layout,
							   fail_with, NULL),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
		ck_assert_int_eq(starve(post_without_handles), 0);
		ck_assert_int_eq(clean(), 0);
		ck_assert_int_eq(faults_blocks(), before);
	}
}
END_TEST

static int copy_by_custom(void)
{
	return aml_dma_copy_custom(dma, dst.layout, src.layout, custom, NULL);
}

/* Contract: ERROR-6. */
START_TEST(a_synchronous_copy_of_ones_own_operator_acquires_nothing)
{
	loops = 2;
	for (workers = 0; workers <= 2; workers++) {
		prepare_loops();
		ck_assert_int_eq(starve(copy_by_custom), 0);
		ck_assert_int_eq(copied_in_operator(), 0);
		ck_assert_int_eq(clean(), 0);
	}
}
END_TEST

static struct aml_sched *sched;

static int run_tasks(void)
{
	struct job job = {.result = 1};
	struct aml_task tasks[3];

	for (int i = 0; i < 3; i++) {
		tasks[i] = job_task(&job, NULL);
		NEED(aml_sched_submit_task(sched, &tasks[i]) == AML_SUCCESS);
		if (i == 0)
			NEED(aml_sched_wait_task(sched, &tasks[0]) == AML_SUCCESS);
	}
	NEED(aml_sched_wait_any(sched) != NULL);
	aml_queue_sched_destroy(&sched);
	NEED(job.runs == 3);
	return 0;
}

/* Contract: ERROR-6. */
START_TEST(tasks_acquire_nothing)
{
	/* The tasks share a job, so they run one at a time. */
	for (workers = 0; workers <= 1; workers++) {
		sched = aml_queue_sched_create(workers);
		ck_assert_ptr_nonnull(sched);
		ck_assert_int_eq(starve(run_tasks), 0);
	}
}
END_TEST

SUITE("faults/copy", random_copies_without_memory, plans_of_every_size_without_memory,
      every_operator_without_memory, kept_layouts_without_memory,
      a_synchronous_copy_by_way_of_a_request_without_memory, request_create_without_memory,
      posting_inside_an_operator_without_memory, posting_acquires_memory_alone,
      one_of_many_without_memory, waits_and_cancels_acquire_nothing,
      requests_without_a_handle_are_released_by_the_engine,
      a_synchronous_copy_of_ones_own_operator_acquires_nothing, tasks_acquire_nothing)
