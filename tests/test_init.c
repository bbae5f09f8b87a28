/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml_init() and aml_finalize(): counted calls, the lifetime of the engine, and its number of
 * workers.
 */
#include <sched.h>

#include "gate.h"
#include "suite.h"

#define THREADS_MAX 64

static void set_threads(const char *number)
{
	if (number == NULL)
		ck_assert_int_eq(unsetenv("AML_DMA_NUM_THREADS"), 0);
	else
		ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", number, 1), 0);
}

/* Contract: INIT-1. */
START_TEST(init_makes_the_engine_and_finalize_takes_it_away)
{
	struct job job = {.result = 0};

	ck_assert_ptr_null(aml_dma_linux);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_ptr_nonnull(aml_dma_linux);
	ck_assert_ptr_eq(aml_dma_linux->ops, &aml_dma_linux_ops);
	ck_assert_int_eq(job_copy(aml_dma_linux, &job), 0);
	ck_assert_int_eq(job.runs, 1);
	ck_assert_int_eq(aml_finalize(), 0);
	ck_assert_ptr_null(aml_dma_linux);
}
END_TEST

/* Contract: INIT-1. */
START_TEST(init_works_again_after_the_last_finalize)
{
	for (int i = 0; i < 3; i++) {
		struct job job = {.result = 0};

		ck_assert_int_eq(aml_init(NULL, NULL), 0);
		ck_assert_int_eq(job_copy(aml_dma_linux, &job), 0);
		ck_assert_int_eq(job.runs, 1);
		ck_assert_int_eq(aml_finalize(), 0);
		ck_assert_ptr_null(aml_dma_linux);
	}
}
END_TEST

/* Contract: INIT-1. */
START_TEST(init_changes_neither_argc_nor_argv)
{
	char name[] = "program", option[] = "--option";
	char *args[] = {name, option, NULL};
	char **argv = args;
	int argc = 2;

	ck_assert_int_eq(aml_init(&argc, &argv), 0);
	ck_assert_int_eq(argc, 2);
	ck_assert_ptr_eq(argv, args);
	ck_assert_ptr_eq(args[0], name);
	ck_assert_ptr_eq(args[1], option);
	ck_assert_ptr_null(args[2]);
	ck_assert_str_eq(name, "program");
	ck_assert_str_eq(option, "--option");
	ck_assert_int_eq(aml_finalize(), 0);

	ck_assert_int_eq(aml_init(&argc, NULL), 0);
	ck_assert_int_eq(aml_finalize(), 0);
	ck_assert_int_eq(aml_init(NULL, &argv), 0);
	ck_assert_int_eq(aml_finalize(), 0);
}
END_TEST

/* Contract: INIT-1. */
START_TEST(the_engine_lives_from_the_first_init_to_the_last_finalize)
{
	struct aml_dma *engine;

	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	engine = aml_dma_linux;
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_ptr_eq(aml_dma_linux, engine);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_ptr_eq(aml_dma_linux, engine);
	for (int left = 2; left > 0; left--) {
		struct job job = {.result = 0};

		ck_assert_int_eq(aml_finalize(), 0);
		ck_assert_ptr_eq(aml_dma_linux, engine);
		ck_assert_int_eq(job_copy(aml_dma_linux, &job), 0);
		ck_assert_int_eq(job.runs, 1);
	}
	ck_assert_int_eq(aml_finalize(), 0);
	ck_assert_ptr_null(aml_dma_linux);
}
END_TEST

/* Contract: INIT-3. */
START_TEST(finalize_without_its_init_is_an_error)
{
	ck_assert_int_eq(aml_finalize(), -AML_EINVAL);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(aml_finalize(), 0);
	ck_assert_int_eq(aml_finalize(), -AML_EINVAL);
	ck_assert_int_eq(aml_finalize(), -AML_EINVAL);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_ptr_nonnull(aml_dma_linux);
	ck_assert_int_eq(aml_finalize(), 0);
}
END_TEST

static int init_here(struct call *call)
{
	(void)call;
	return aml_init(NULL, NULL);
}

static int finalize_here(struct call *call)
{
	(void)call;
	return aml_finalize();
}

/* Contract: INIT-2. */
START_TEST(any_thread_may_init_and_any_other_may_finalize)
{
	struct call init = {.fn = init_here}, finalize = {.fn = finalize_here};

	call_begin(&init);
	ck_assert_int_eq(call_end(&init), 0);
	ck_assert_ptr_nonnull(aml_dma_linux);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(aml_finalize(), 0);
	call_begin(&finalize);
	ck_assert_int_eq(call_end(&finalize), 0);
	ck_assert_ptr_null(aml_dma_linux);
}
END_TEST

/* Contract: INIT-2. */
START_TEST(threads_that_init_and_finalize_at_once_are_counted)
{
	enum { CALLS = 8 };
	struct call calls[CALLS];

	set_threads("2");
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < CALLS; i++) {
			calls[i] = (struct call){.fn = init_here};
			call_begin(&calls[i]);
		}
		for (int i = 0; i < CALLS; i++)
			ck_assert_int_eq(call_end(&calls[i]), 0);
		ck_assert_ptr_nonnull(aml_dma_linux);
		for (int i = 0; i < CALLS; i++) {
			calls[i].fn = finalize_here;
			call_begin(&calls[i]);
		}
		for (int i = 0; i < CALLS; i++)
			ck_assert_int_eq(call_end(&calls[i]), 0);
		ck_assert_ptr_null(aml_dma_linux);
		ck_assert_int_eq(aml_finalize(), -AML_EINVAL);
	}
}
END_TEST

/* Contract: INIT-4. */
START_TEST(finalize_finishes_what_is_queued)
{
	struct gate gate;
	struct job first = {.gate = &gate}, rest[10];
	struct call finalize = {.fn = finalize_here};

	set_threads("1");
	gate_init(&gate);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(job_post(aml_dma_linux, NULL, &first), 0);
	for (int i = 0; i < 10; i++) {
		rest[i] = (struct job){.result = -AML_EDOM};
		ck_assert_int_eq(job_post(aml_dma_linux, NULL, &rest[i]), 0);
	}
	gate_await(&gate);
	call_begin(&finalize);
	call_settle(&finalize);
	ck_assert_int_eq(atomic_load(&finalize.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&finalize), 0);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(rest[i].runs, 1);
	gate_destroy(&gate);
}
END_TEST

static int finalize_inside(struct job *job)
{
	(void)job;
	return aml_finalize();
}

/* Contract: INIT-3. */
START_TEST(the_last_finalize_inside_an_operator_is_busy_and_changes_nothing)
{
	const char *const threads[] = {"0", "1", "2"};

	for (int i = 0; i < 3; i++) {
		struct job inside = {.body = finalize_inside}, after = {.result = 0};
		struct aml_dma *engine;

		set_threads(threads[i]);
		ck_assert_int_eq(aml_init(NULL, NULL), 0);
		engine = aml_dma_linux;
		ck_assert_int_eq(job_copy(aml_dma_linux, &inside), -AML_EBUSY);
		ck_assert_ptr_eq(aml_dma_linux, engine);
		ck_assert_int_eq(job_copy(aml_dma_linux, &after), 0);
		ck_assert_int_eq(after.runs, 1);
		ck_assert_int_eq(aml_finalize(), 0);
		ck_assert_int_eq(aml_finalize(), -AML_EINVAL);
	}
}
END_TEST

/* Contract: INIT-3. */
START_TEST(a_finalize_inside_an_operator_that_is_not_the_last_one_counts)
{
	struct job inside = {.body = finalize_inside}, again = {.body = finalize_inside};

	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(job_copy(aml_dma_linux, &inside), 0);
	ck_assert_int_eq(job_copy(aml_dma_linux, &again), -AML_EBUSY);
	ck_assert_int_eq(aml_finalize(), 0);
	ck_assert_ptr_null(aml_dma_linux);
}
END_TEST

/* Contract: INIT-3. */
START_TEST(the_last_finalize_inside_another_engine_s_operator_works)
{
	struct job inside = {.body = finalize_inside};
	struct aml_dma *other = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&other, 1), 0);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(job_copy(other, &inside), 0);
	ck_assert_ptr_null(aml_dma_linux);
	ck_assert_int_eq(aml_dma_linux_destroy(&other), 0);
}
END_TEST

/* Contract: INIT-5. */
START_TEST(there_is_a_worker_for_each_cpu_that_the_thread_may_use)
{
	cpu_set_t all, one;
	size_t cpu = 0;

	set_threads(NULL);
	/* No quota may limit the number of workers. */
	ck_assert_int_eq(setenv("AML_TEST_ROOT", "/dev/null", 1), 0);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	if (CPU_COUNT(&all) <= THREADS_MAX) {
		ck_assert_int_eq(aml_init(NULL, NULL), 0);
		expect_workers((size_t)CPU_COUNT(&all));
		ck_assert_int_eq(aml_finalize(), 0);
	}

	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	expect_workers(1);
	ck_assert_int_eq(aml_finalize(), 0);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
}
END_TEST

/* In a thread of its own: call aml_init() with a mask of one CPU, which only this thread has. */
static int init_pinned(struct call *call)
{
	cpu_set_t all, one;
	size_t cpu = 0;

	(void)call;
	NEED(sched_getaffinity(0, sizeof(all), &all) == 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	NEED(sched_setaffinity(0, sizeof(one), &one) == 0);
	return aml_init(NULL, NULL);
}

/* Contract: INIT-5. */
START_TEST(the_mask_is_the_calling_thread_s_and_not_the_process_s)
{
	struct call init = {.fn = init_pinned};

	set_threads(NULL);
	call_begin(&init);
	ck_assert_int_eq(call_end(&init), 0);
	expect_workers(1);
	ck_assert_int_eq(aml_finalize(), 0);
}
END_TEST

/* Contract: ENV-1. */
START_TEST(the_environment_sets_the_number_of_workers)
{
	const struct {
		const char *text;
		size_t n;
	} numbers[] = {{"0", 0}, {"1", 1}, {"2", 2}, {"5", 5}, {"33", 33}, {"007", 7}};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		set_threads(numbers[i].text);
		ck_assert_int_eq(aml_init(NULL, NULL), 0);
		expect_workers(numbers[i].n);
		ck_assert_int_eq(aml_finalize(), 0);
	}
}
END_TEST

/* Contract: ENV-1. */
START_TEST(the_engine_works_with_no_worker)
{
	struct job job = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL;

	set_threads("0");
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(job_post(aml_dma_linux, &req, &job), 0);
	ck_assert_int_eq(aml_dma_wait(aml_dma_linux, &req), -AML_EDOM);
	ck_assert_int_eq(job.tid, gettid());
	ck_assert_int_eq(aml_finalize(), 0);
}
END_TEST

/* Contract: ENV-1. */
START_TEST(an_environment_that_is_no_number_is_an_error)
{
	const char *const texts[] = {"",
				     "x",
				     "-1",
				     "-0x1",
				     "2x",
				     "x2",
				     "2 ",
				     "2,3",
				     "1.5",
				     "0x10",
				     "1e2",
				     "four",
				     "99999999999999999999999999",
				     "18446744073709551616",
				     "-18446744073709551615"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		set_threads(texts[i]);
		ck_assert_msg(aml_init(NULL, NULL) == -AML_EINVAL, "\"%s\"", texts[i]);
		ck_assert_ptr_null(aml_dma_linux);
		ck_assert_int_eq(aml_finalize(), -AML_EINVAL);
	}
	set_threads("1");
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(aml_finalize(), 0);
}
END_TEST

/* Contract: ENV-1. */
START_TEST(more_workers_than_can_be_had_is_an_error_that_leaves_nothing)
{
	char most[32];

	snprintf(most, sizeof(most), "%zu", SIZE_MAX);
	set_threads(most);
	ck_assert_int_eq(aml_init(NULL, NULL), -AML_ENOMEM);
	ck_assert_ptr_null(aml_dma_linux);
	ck_assert_int_eq(aml_finalize(), -AML_EINVAL);
	set_threads("2");
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	expect_workers(2);
	ck_assert_int_eq(aml_finalize(), 0);
}
END_TEST

SUITE("init", init_makes_the_engine_and_finalize_takes_it_away,
      init_works_again_after_the_last_finalize, init_changes_neither_argc_nor_argv,
      the_engine_lives_from_the_first_init_to_the_last_finalize,
      finalize_without_its_init_is_an_error, any_thread_may_init_and_any_other_may_finalize,
      threads_that_init_and_finalize_at_once_are_counted, finalize_finishes_what_is_queued,
      the_last_finalize_inside_an_operator_is_busy_and_changes_nothing,
      a_finalize_inside_an_operator_that_is_not_the_last_one_counts,
      the_last_finalize_inside_another_engine_s_operator_works,
      there_is_a_worker_for_each_cpu_that_the_thread_may_use,
      the_mask_is_the_calling_thread_s_and_not_the_process_s,
      the_environment_sets_the_number_of_workers, the_engine_works_with_no_worker,
      an_environment_that_is_no_number_is_an_error,
      more_workers_than_can_be_had_is_an_error_that_leaves_nothing)
