/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Barriers: which requests they wait for, which failures they report and how often, and what they
 * leave unchanged.
 */
#include "gate.h"
#include "made.h"
#include "suite.h"

static void post(struct aml_dma *dma, struct aml_dma_request **req, struct job *job)
{
	ck_assert_int_eq(job_post(dma, req, job), 0);
}

/* Run a job. On an engine with one worker, all requests posted before have then finished. */
static void flush(struct aml_dma *dma)
{
	struct job job = {.result = 0};

	ck_assert_int_eq(job_copy(dma, &job), 0);
}

/* Contract: BARRIER-1. */
START_TEST(a_barrier_with_nothing_posted_returns)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);

		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: BARRIER-1. */
START_TEST(a_barrier_waits_for_requests_with_a_handle_and_without)
{
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job jobs[60];
		struct aml_dma_request *reqs[30];

		for (int i = 0; i < 60; i++) {
			jobs[i] = (struct job){.result = 0};
			post(dma, i % 2 == 0 ? &reqs[i / 2] : NULL, &jobs[i]);
		}
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		for (int i = 0; i < 60; i++)
			ck_assert_int_eq(jobs[i].runs, 1);
		for (int i = 0; i < 30; i++)
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* The barrier lasts until the operator has returned, for every kind of request. */
static void expect_barrier_to_last(struct aml_dma *dma, struct gate *gate)
{
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_await(gate);
	call_begin(&barrier);
	call_settle(&barrier);
	ck_assert_int_eq(atomic_load(&barrier.ended), 0);
	gate_open(gate);
	ck_assert_int_eq(call_end(&barrier), 0);
}

/* Contract: BARRIER-1. */
START_TEST(a_barrier_lasts_until_what_runs_has_finished)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_dma_request *req = NULL;

	gate_init(&gate);
	post(dma, NULL, &job);
	expect_barrier_to_last(dma, &gate);
	ck_assert_int_eq(job.runs, 1);
	post(dma, &req, &job);
	expect_barrier_to_last(dma, &gate);
	ck_assert_int_eq(job.runs, 2);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: BARRIER-1. */
START_TEST(a_barrier_counts_synchronous_copies_while_they_run)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct gate gate;
		struct job job = {.gate = &gate};
		struct call copy = {.fn = call_copy, .dma = dma, .job = &job};

		gate_init(&gate);
		call_begin(&copy);
		expect_barrier_to_last(dma, &gate);
		ck_assert_int_eq(call_end(&copy), 0);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

START_TEST(a_barrier_goes_on_waiting_for_a_copy_when_something_else_has_finished)
{
	struct aml_dma *dma = new_engine(2);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct call copy = {.fn = call_copy, .dma = dma, .job = &job};
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	call_begin(&copy);
	gate_await(&gate);
	call_begin(&barrier);
	call_settle(&barrier);
	for (int i = 0; i < 3; i++) {
		flush(dma);
		yield_a_while();
		call_settle(&barrier);
	}
	ck_assert_int_eq(atomic_load(&barrier.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&copy), 0);
	ck_assert_int_eq(call_end(&barrier), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: BARRIER-1. */
START_TEST(a_barrier_waits_for_other_threads_requests)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job held = {.gate = &gate}, job = {.result = 0};
	struct call copy = {.fn = call_copy, .dma = dma, .job = &job};

	gate_init(&gate);
	post(dma, NULL, &held);
	call_begin(&copy);
	expect_barrier_to_last(dma, &gate);
	ck_assert_int_eq(call_end(&copy), 0);
	ck_assert_int_eq(job.runs, 1);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Job body: post job->other without a handle. */
static int post_other(struct job *job)
{
	return job_post(job->dma, NULL, job->other);
}

/*
 * Without workers, the barrier runs the queue itself. What its operators post comes after the
 * barrier.
 */
/* Contract: BARRIER-2. */
START_TEST(requests_posted_meanwhile_do_not_prolong_a_barrier)
{
	struct aml_dma *dma = new_engine(0);
	struct job late = {.result = -AML_EDOM};
	struct job early = {.body = post_other, .dma = dma, .other = &late};

	post(dma, NULL, &early);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(early.runs, 1);
	ck_assert_int_eq(late.runs, 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(late.runs, 1);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
}
END_TEST

/* Job body: wait for job->req on job->dma. */
static int wait_inside(struct job *job)
{
	return aml_dma_wait(job->dma, &job->req);
}

/* Contract: BARRIER-2. */
START_TEST(a_barrier_does_not_report_a_failure_of_what_was_posted_after_it)
{
	/*
	 * The barrier runs A, which waits for X on another engine. So the barrier has begun when
	 * `failing` is posted. A synchronous copy then runs `failing` before A finishes.
	 */
	struct aml_dma *dma = new_engine(0), *other = new_engine(1);
	struct gate gate, inside;
	struct job x = {.gate = &gate}, failing = {.result = -AML_EDOM}, last = {.result = 0};
	struct job a = {.gate = &inside, .body = wait_inside, .dma = other};
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	gate_init(&inside);
	post(other, &a.req, &x);
	gate_await(&gate);
	post(dma, NULL, &a);
	call_begin(&barrier);
	gate_await(&inside);
	gate_open(&inside);
	post(dma, NULL, &failing);
	ck_assert_int_eq(job_copy(dma, &last), 0);
	ck_assert_int_eq(failing.runs, 1);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&barrier), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
	destroy_engine(&other);
	gate_destroy(&gate);
	gate_destroy(&inside);
}
END_TEST

/* Contract: BARRIER-3. */
START_TEST(a_failure_ends_a_barrier_at_once)
{
	/* A stays at the gate until the barrier has returned the code of B. */
	struct aml_dma *dma = new_engine(2);
	struct gate gate;
	struct job a = {.gate = &gate}, b = {.result = -AML_EDOM};

	gate_init(&gate);
	post(dma, NULL, &a);
	gate_await(&gate);
	post(dma, NULL, &b);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(a.runs, 1);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: BARRIER-3. */
START_TEST(a_barrier_that_sleeps_is_told_of_a_failure)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job a = {.gate = &gate, .result = -AML_EPERM}, rest = {.result = 0};
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	post(dma, NULL, &a);
	for (int i = 0; i < 10; i++)
		post(dma, NULL, &rest);
	gate_await(&gate);
	call_begin(&barrier);
	call_settle(&barrier);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&barrier), -AML_EPERM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(rest.runs, 10);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: BARRIER-4. */
START_TEST(each_failure_is_reported_once_in_the_order_of_finishing)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job jobs[8];
		struct aml_dma_request *reqs[4];

		for (int i = 0; i < 8; i++) {
			jobs[i] = (struct job){.result = i % 2 == 0 ? -10 - i : 0};
			post(dma, i % 4 == 0 ? &reqs[i / 4] : NULL, &jobs[i]);
		}
		for (int i = 0; i < 8; i += 2)
			ck_assert_int_eq(aml_dma_barrier(dma), -10 - i);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		for (int i = 0; i < 8; i++)
			ck_assert_int_eq(jobs[i].runs, 1);
		/* The handles stay valid, and their waits return the same codes. */
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), -10);
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), -14);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: BARRIER-3. */
START_TEST(the_first_to_finish_is_not_the_first_posted)
{
	struct aml_dma *dma = new_engine(2);
	struct gate gate;
	struct job first = {.gate = &gate, .result = -11}, second = {.result = -12};

	gate_init(&gate);
	post(dma, NULL, &first);
	gate_await(&gate);
	post(dma, NULL, &second);
	flush(dma);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), -12);
	ck_assert_int_eq(aml_dma_barrier(dma), -11);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: BARRIER-4. */
START_TEST(of_several_barriers_one_reports_a_failure)
{
	enum { BARRIERS = 4 };
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job job = {.gate = &gate, .result = -AML_EDOM};
	struct call barriers[BARRIERS];
	int reported = 0;

	gate_init(&gate);
	for (int round = 0; round < 50; round++) {
		post(dma, NULL, &job);
		gate_await(&gate);
		for (int i = 0; i < BARRIERS; i++) {
			barriers[i] = (struct call){.fn = call_barrier, .dma = dma};
			call_begin(&barriers[i]);
		}
		if (round % 2 == 0)
			call_settle(&barriers[BARRIERS - 1]);
		gate_open(&gate);
		for (int i = 0; i < BARRIERS; i++) {
			int err = call_end(&barriers[i]);

			ck_assert(err == 0 || err == -AML_EDOM);
			reported += err != 0;
		}
		ck_assert_int_eq(reported, round + 1);
	}
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: BARRIER-5. */
START_TEST(a_failure_without_a_handle_is_kept_until_a_barrier)
{
	struct aml_dma *dma = new_engine(1);
	struct job failing = {.result = -AML_EDOM}, fine = {.result = 0};

	post(dma, NULL, &failing);
	for (int i = 0; i < 100; i++)
		post(dma, NULL, &fine);
	flush(dma);
	flush(dma);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(fine.runs, 100);
	destroy_engine(&dma);
}
END_TEST

/* Contract: BARRIER-5. */
START_TEST(failures_that_no_barrier_reported_go_with_the_engine)
{
	struct aml_dma *dma = new_engine(1);
	struct job failing = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL;

	for (int i = 0; i < 20; i++)
		post(dma, NULL, &failing);
	post(dma, &req, &failing);
	destroy_engine(&dma);
	ck_assert_int_eq(failing.runs, 21);
}
END_TEST

/* Contract: BARRIER-6. */
START_TEST(a_failure_that_a_wait_returned_is_not_reported)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job failing = {.result = -AML_EDOM};
		struct aml_dma_request *req = NULL;

		post(dma, &req, &failing);
		ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EDOM);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: BARRIER-6. */
START_TEST(a_failure_that_finished_before_its_wait_is_not_reported_after_it)
{
	struct aml_dma *dma = new_engine(1);
	struct job failing = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL;

	post(dma, &req, &failing);
	flush(dma);
	ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
}
END_TEST

/* Contract: BARRIER-6. */
START_TEST(a_failure_goes_to_who_waits_for_it_and_not_to_a_barrier)
{
	/* The waiter runs the operator itself, so it is inside its wait when the operator fails. */
	struct aml_dma *dma = new_engine(0);
	struct gate gate;
	struct job failing = {.gate = &gate, .result = -AML_EDOM};
	struct aml_dma_request *req = NULL;
	struct call wait = {.fn = call_wait, .dma = dma, .req = &req};
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	post(dma, &req, &failing);
	call_begin(&wait);
	gate_await(&gate);
	call_begin(&barrier);
	call_settle(&barrier);
	ck_assert_int_eq(atomic_load(&barrier.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&wait), -AML_EDOM);
	ck_assert_int_eq(call_end(&barrier), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: BARRIER-6. */
START_TEST(a_failure_that_a_synchronous_copy_returned_is_not_reported)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct gate gate;
		struct job failing = {.gate = &gate, .result = -AML_EDOM};
		struct call copy = {.fn = call_copy, .dma = dma, .job = &failing};
		struct call barrier = {.fn = call_barrier, .dma = dma};

		gate_init(&gate);
		call_begin(&copy);
		gate_await(&gate);
		call_begin(&barrier);
		call_settle(&barrier);
		gate_open(&gate);
		ck_assert_int_eq(call_end(&copy), -AML_EDOM);
		ck_assert_int_eq(call_end(&barrier), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

/* Contract: BARRIER-6. */
START_TEST(a_failure_that_was_cancelled_is_not_reported)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job failing = {.result = -AML_EDOM};
	struct job running = {.gate = &gate, .result = -AML_EDOM};
	struct aml_dma_request *req = NULL;
	struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req};

	gate_init(&gate);
	/* The request has finished when it is cancelled. */
	post(dma, &req, &failing);
	flush(dma);
	ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);

	/*
	 * The running request may fail before or after the cancel begins to wait. Both must work.
	 */
	post(dma, &req, &running);
	gate_await(&gate);
	call_begin(&cancel);
	call_settle(&cancel);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&cancel), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: BARRIER-7. */
START_TEST(handles_stay_valid_after_a_barrier)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job jobs[] = {{.result = 0}, {.result = -AML_EDOM}, {.result = -AML_EDOM}};
		struct aml_dma_request *reqs[4];

		for (int i = 0; i < 3; i++)
			post(dma, &reqs[i], &jobs[i]);
		ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
		ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		post(dma, &reqs[3], &jobs[0]);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		for (int i = 0; i < 4; i++)
			ck_assert_ptr_nonnull(reqs[i]);
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), -AML_EDOM);
		ck_assert_int_eq(aml_dma_cancel(dma, &reqs[2]), 0);
		ck_assert_int_eq(aml_dma_cancel(dma, &reqs[3]), 0);
		for (int i = 0; i < 4; i++)
			ck_assert_ptr_null(reqs[i]);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Job body: call a barrier on job->dma. */
static int barrier_inside(struct job *job)
{
	return aml_dma_barrier(job->dma);
}

/* Job body: run job->other on job->dma. */
static int run_other(struct job *job)
{
	return job_copy(job->dma, job->other);
}

/* Contract: BARRIER-8. */
START_TEST(a_barrier_inside_an_operator_of_the_same_engine_is_told)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job job = {.body = barrier_inside, .dma = dma};
		struct job above = {.body = run_other, .dma = dma, .other = &job};
		struct aml_dma_request *req = NULL;

		ck_assert_int_eq(job_copy(dma, &job), -AML_EBUSY);
		post(dma, &req, &job);
		ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EBUSY);
		ck_assert_int_eq(job_copy(dma, &above), -AML_EBUSY);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: BARRIER-8. */
START_TEST(a_barrier_above_an_operator_of_the_same_engine_is_told)
{
	/*
	 * Without workers, the other engine's operator runs on the stack of this engine's operator.
	 */
	struct aml_dma *dma = new_engine(0), *other = new_engine(0);
	struct job barrier = {.body = barrier_inside, .dma = dma};
	struct job a = {.body = run_other, .dma = other, .other = &barrier};

	ck_assert_int_eq(job_copy(dma, &a), -AML_EBUSY);
	destroy_engine(&dma);
	destroy_engine(&other);
}
END_TEST

/* Contract: RUN-4. */
START_TEST(a_barrier_never_runs_other_people_s_operators)
{
	/*
	 * The worker is blocked in a wait, so the slot is free, and B is the head of the queue. The
	 * barrier must leave B to the worker, since B might wait for the barrier's thread.
	 */
	struct aml_dma *dma = new_engine(1), *other = new_engine(1);
	struct gate gate, inside;
	struct job x = {.gate = &gate}, b = {.result = 0}, probe = {.result = 0};
	struct job a = {.gate = &inside, .body = wait_inside, .dma = other};
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	gate_init(&inside);
	post(other, &a.req, &x);
	gate_await(&gate);
	post(dma, NULL, &a);
	gate_await(&inside);
	gate_open(&inside);
	/* Only this thread can run the probe, and only when the slot is free. */
	ck_assert_int_eq(job_copy(dma, &probe), 0);
	post(dma, NULL, &b);
	call_begin(&barrier);
	call_settle(&barrier);
	ck_assert_int_eq(atomic_load(&barrier.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&barrier), 0);
	ck_assert_int_eq(b.runs, 1);
	ck_assert_int_eq(b.tid, a.tid);
	destroy_engine(&dma);
	destroy_engine(&other);
	gate_destroy(&gate);
	gate_destroy(&inside);
}
END_TEST

/* Contract: BARRIER-1. */
START_TEST(barriers_of_several_threads_all_return)
{
	enum { BARRIERS = 5 };

	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct crowd crowd = {.most = 0};
		struct job jobs[20];
		struct call barriers[BARRIERS];

		for (int round = 0; round < 20; round++) {
			for (int i = 0; i < 20; i++) {
				jobs[i] = (struct job){.crowd = &crowd};
				post(dma, NULL, &jobs[i]);
				if (i % 4 == 0) {
					barriers[i / 4] =
						(struct call){.fn = call_barrier, .dma = dma};
					call_begin(&barriers[i / 4]);
				}
			}
			for (int i = 0; i < BARRIERS; i++)
				ck_assert_int_eq(call_end(&barriers[i]), 0);
			ck_assert_int_eq(aml_dma_barrier(dma), 0);
			for (int i = 0; i < 20; i++)
				ck_assert_int_eq(jobs[i].runs, 1);
		}
		ck_assert_int_le(crowd.most, threads == 0 ? 1 : (int)threads);
		destroy_engine(&dma);
	}
}
END_TEST

SUITE("dma/barrier", a_barrier_with_nothing_posted_returns,
      a_barrier_waits_for_requests_with_a_handle_and_without,
      a_barrier_lasts_until_what_runs_has_finished,
      a_barrier_counts_synchronous_copies_while_they_run,
      a_barrier_goes_on_waiting_for_a_copy_when_something_else_has_finished,
      a_barrier_waits_for_other_threads_requests,
      requests_posted_meanwhile_do_not_prolong_a_barrier,
      a_barrier_does_not_report_a_failure_of_what_was_posted_after_it,
      a_failure_ends_a_barrier_at_once, a_barrier_that_sleeps_is_told_of_a_failure,
      each_failure_is_reported_once_in_the_order_of_finishing,
      the_first_to_finish_is_not_the_first_posted, of_several_barriers_one_reports_a_failure,
      a_failure_without_a_handle_is_kept_until_a_barrier,
      failures_that_no_barrier_reported_go_with_the_engine,
      a_failure_that_a_wait_returned_is_not_reported,
      a_failure_that_finished_before_its_wait_is_not_reported_after_it,
      a_failure_goes_to_who_waits_for_it_and_not_to_a_barrier,
      a_failure_that_a_synchronous_copy_returned_is_not_reported,
      a_failure_that_was_cancelled_is_not_reported, handles_stay_valid_after_a_barrier,
      a_barrier_inside_an_operator_of_the_same_engine_is_told,
      a_barrier_above_an_operator_of_the_same_engine_is_told,
      a_barrier_never_runs_other_people_s_operators, barriers_of_several_threads_all_return)
