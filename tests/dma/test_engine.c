/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine: create, destroy, its table and its functions, engines without workers, and fprintf.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

/* Contract: ENGINE-1. */
START_TEST(create_makes_an_engine_and_destroy_takes_it_away)
{
	for (size_t threads = 0; threads < 6; threads++) {
		struct aml_dma *dma = NULL;
		struct job job = {.result = 0};

		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
		ck_assert_ptr_nonnull(dma);
		ck_assert_ptr_eq(dma->ops, &aml_dma_linux_ops);
		ck_assert_ptr_nonnull(((struct aml_dma_linux_data *)dma->data)->sched);
		ck_assert_int_eq(job_copy(dma, &job), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
		ck_assert_ptr_null(dma);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), -AML_EINVAL);
	}
	ck_assert_int_eq(aml_dma_linux_create(NULL, 1), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_destroy(NULL), -AML_EINVAL);
}
END_TEST

/* Contract: ENGINE-7. */
START_TEST(the_table_names_the_engine_s_functions)
{
	ck_assert(aml_dma_linux_ops.create_request == aml_dma_linux_request_create);
	ck_assert(aml_dma_linux_ops.destroy_request == aml_dma_linux_request_destroy);
	ck_assert(aml_dma_linux_ops.wait_request == aml_dma_linux_request_wait);
	ck_assert(aml_dma_linux_ops.barrier == aml_dma_linux_barrier);
	ck_assert(aml_dma_linux_ops.fprintf != NULL);
}
END_TEST

/* Contract: ENGINE-1. */
START_TEST(more_threads_than_can_be_had_is_an_error)
{
	const size_t numbers[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 8 + 1, SIZE_MAX / 64};
	struct aml_dma *const untouched = (struct aml_dma *)&any_layout;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct aml_dma *dma = untouched;

		ck_assert_int_eq(aml_dma_linux_create(&dma, numbers[i]), -AML_ENOMEM);
		ck_assert_ptr_eq(dma, untouched);
	}
}
END_TEST

/* The size of the process's mapped memory, in bytes. */
static rlim_t mapped(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	ck_assert_ptr_nonnull(statm);
	ck_assert_int_eq(fscanf(statm, "%lu", &pages), 1);
	fclose(statm);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* Whether the limit of mapped memory has an effect. It has none in emulators of other machines. */
static bool memory_can_be_limited(void)
{
	const size_t size = (size_t)64 << 20;
	struct rlimit before, limit;
	void *extra;

	ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
	limit = before;
	limit.rlim_cur = mapped();
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	extra = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
	if (extra != MAP_FAILED)
		munmap(extra, size);
	return extra == MAP_FAILED;
}

/* Contract: ENGINE-1. */
START_TEST(no_room_for_a_thread_is_an_error_with_everything_undone)
{
	struct aml_dma *const untouched = (struct aml_dma *)&any_layout;
	struct rlimit before, limit;
	pthread_attr_t attr;
	size_t stack;
	pid_t tid;

	/* Skip under tools that map memory of their own for each thread: they fail at the limit. */
	if (under_sanitizer() || under_valgrind() || !memory_can_be_limited())
		return;
	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_getstacksize(&attr, &stack), 0);
	pthread_attr_destroy(&attr);
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
	/* Leave room for `room` stacks and no more. 40 threads do not fit. */
	for (size_t room = 0; room < 5; room++) {
		struct aml_dma *dma = untouched;
		int err;

		limit = before;
		limit.rlim_cur = mapped() + room * stack + stack / 2;
		ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
		err = aml_dma_linux_create(&dma, 40);
		ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
		ck_assert_int_eq(err, -AML_ENOMEM);
		ck_assert_ptr_eq(dma, untouched);
		while (threads_named("", &tid, 1) > 1)
			sched_yield();
	}
	struct aml_dma *dma = new_engine(40);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Contract: ENGINE-2. */
START_TEST(destroy_finishes_what_was_posted)
{
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job jobs[50];
		struct aml_dma_request *reqs[50];

		for (int i = 0; i < 50; i++) {
			jobs[i] = (struct job){.result = i % 3 == 0 ? -AML_EDOM : 0};
			ck_assert_int_eq(job_post(dma, i % 2 == 0 ? NULL : &reqs[i], &jobs[i]), 0);
		}
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
		for (int i = 0; i < 50; i++)
			ck_assert_int_eq(jobs[i].runs, 1);
	}
}
END_TEST

/* Contract: ENGINE-2. */
START_TEST(destroy_waits_for_what_runs)
{
	struct aml_dma *dma = new_engine(2);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct call destroy = {.fn = call_destroy, .dma = dma};

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, NULL, &job), 0);
	gate_await(&gate);
	call_begin(&destroy);
	call_settle(&destroy);
	ck_assert_int_eq(atomic_load(&destroy.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&destroy), 0);
	ck_assert_ptr_null(destroy.dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: ENGINE-3. */
START_TEST(destroy_lets_those_who_are_in_a_call_return)
{
	/* Without workers, a thread that runs the operator is inside its call. */
	int (*const calls[])(struct call *) = {call_wait, call_barrier, call_copy};

	for (int i = 0; i < 3; i++) {
		struct aml_dma *dma = new_engine(0);
		struct gate gate;
		struct job job = {.gate = &gate, .result = -AML_EDOM};
		struct aml_dma_request *req = NULL;
		struct call inside = {.fn = calls[i], .dma = dma, .req = &req, .job = &job};
		struct call destroy = {.fn = call_destroy, .dma = dma};

		gate_init(&gate);
		if (calls[i] != call_copy)
			ck_assert_int_eq(job_post(dma, &req, &job), 0);
		call_begin(&inside);
		gate_await(&gate);
		call_begin(&destroy);
		call_settle(&destroy);
		ck_assert_int_eq(atomic_load(&destroy.ended), 0);
		gate_open(&gate);
		ck_assert_int_eq(call_end(&inside), -AML_EDOM);
		ck_assert_int_eq(call_end(&destroy), 0);
		gate_destroy(&gate);
	}
}
END_TEST

/* Job body: post two copies to job->dma, wait for one of them, and make a synchronous copy. */
static int post_more(struct job *job)
{
	struct aml_dma_request *req = NULL;

	NEED(job_post(job->dma, NULL, &job->other[0]) == 0);
	NEED(job_post(job->dma, &req, &job->other[1]) == 0);
	NEED(aml_dma_wait(job->dma, &req) == 0);
	NEED(job_copy(job->dma, &job->other[2]) == 0);
	return 0;
}

/* Contract: ENGINE-4. */
START_TEST(operators_that_are_drained_may_post_and_wait)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct gate gate;
		struct job more[3] = {{.result = 0}, {.result = 0}, {.result = 0}};
		struct job job = {.gate = &gate, .body = post_more, .dma = dma, .other = more};
		struct aml_dma_request *req = NULL;
		struct call destroy = {.fn = call_destroy, .dma = dma};

		gate_init(&gate);
		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		call_begin(&destroy);
		gate_await(&gate);
		call_settle(&destroy);
		gate_open(&gate);
		ck_assert_int_eq(call_end(&destroy), 0);
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(more[i].runs, 1);
		gate_destroy(&gate);
	}
}
END_TEST

/* Job body: destroy job->dma. */
static int destroy_inside(struct job *job)
{
	struct aml_dma *dma = job->dma;
	int err = aml_dma_linux_destroy(&dma);

	NEED(err != AML_SUCCESS || dma == NULL);
	NEED(err == AML_SUCCESS || dma == job->dma);
	return err;
}

/* Contract: ENGINE-5. */
START_TEST(destroy_inside_an_operator_of_the_engine_is_busy)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job job = {.body = destroy_inside, .dma = dma}, after = {.result = 0};
		struct aml_dma_request *req = NULL;

		ck_assert_int_eq(job_copy(dma, &job), -AML_EBUSY);
		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EBUSY);
		ck_assert_int_eq(job_copy(dma, &after), 0);
		ck_assert_int_eq(after.runs, 1);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

/* Contract: ENGINE-5. */
START_TEST(destroy_inside_another_engine_s_operator_works)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads), *other = new_engine(threads);
		struct job posted = {.result = 0}, job = {.body = destroy_inside, .dma = other};

		ck_assert_int_eq(job_post(other, NULL, &posted), 0);
		ck_assert_int_eq(job_copy(dma, &job), 0);
		ck_assert_int_eq(posted.runs, 1);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

/* Contract: ENGINE-7. */
START_TEST(the_engine_s_functions_may_be_called_directly)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct aml_layout *any = &any_layout;
		struct job job = {.result = -AML_EDOM};
		struct aml_dma_request *req = NULL;

		ck_assert_int_eq(
			aml_dma_linux_request_create(dma->data, &req, any, any, job_operator, &job),
			0);
		ck_assert_ptr_nonnull(req);
		ck_assert_int_eq(aml_dma_linux_request_wait(dma->data, &req), -AML_EDOM);
		ck_assert_ptr_null(req);
		ck_assert_int_eq(
			aml_dma_linux_request_create(dma->data, NULL, any, any, job_operator, &job),
			0);
		ck_assert_int_eq(aml_dma_linux_barrier(dma->data), -AML_EDOM);
		ck_assert_int_eq(aml_dma_linux_barrier(dma->data), 0);
		ck_assert_int_eq(
			aml_dma_linux_request_create(dma->data, &req, any, any, job_operator, &job),
			0);
		ck_assert_int_eq(aml_dma_linux_request_destroy(dma->data, &req), 0);
		ck_assert_ptr_null(req);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

/* Contract: ENGINE-7. */
START_TEST(a_request_may_be_destroyed_without_its_engine_s_data)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job held = {.gate = &gate}, job = {.result = -AML_EDOM};
	struct aml_dma_request *queued = NULL, *finished = NULL;

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &finished, &job), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_linux_request_destroy(NULL, &finished), 0);
	ck_assert_ptr_null(finished);

	ck_assert_int_eq(job_post(dma, NULL, &held), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &queued, &job), 0);
	ck_assert_int_eq(aml_dma_linux_request_destroy(NULL, &queued), 0);
	ck_assert_ptr_null(queued);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	ck_assert_int_eq(job.runs, 1);
	gate_destroy(&gate);
}
END_TEST

/* Contract: ERROR-3. */
START_TEST(the_engine_s_functions_take_no_null)
{
	struct aml_dma *dma = new_engine(0);
	struct aml_layout *any = &any_layout;
	struct aml_dma_request *none = NULL;

	ck_assert_int_eq(aml_dma_linux_request_create(NULL, &none, any, any, job_operator, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(
		aml_dma_linux_request_create(dma->data, &none, NULL, any, job_operator, NULL),
		-AML_EINVAL);
	ck_assert_int_eq(
		aml_dma_linux_request_create(dma->data, &none, any, NULL, job_operator, NULL),
		-AML_EINVAL);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(aml_dma_linux_request_wait(dma->data, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_request_wait(dma->data, &none), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_request_wait(NULL, &none), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_request_destroy(dma->data, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_request_destroy(dma->data, &none), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_request_destroy(NULL, &none), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_barrier(NULL), -AML_EINVAL);
	ck_assert_int_eq(dma->ops->copy(NULL, any, any, aml_dma_linux_memcpy_op, (void *)1),
			 -AML_EINVAL);
	ck_assert_int_eq(dma->ops->copy(dma->data, NULL, any, aml_dma_linux_memcpy_op, (void *)1),
			 -AML_EINVAL);
	ck_assert_int_eq(dma->ops->copy(dma->data, any, NULL, aml_dma_linux_memcpy_op, (void *)1),
			 -AML_EINVAL);
	ck_assert_int_eq(dma->ops->copy(dma->data, NULL, any, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(dma->ops->copy(dma->data, any, NULL, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Contract: WAIT-6. */
START_TEST(wait_any_on_the_engine_s_scheduler_never_returns_its_requests)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct aml_sched *sched = ((struct aml_dma_linux_data *)dma->data)->sched;
		struct job job = {.result = 0}, own = {.result = 0};
		struct aml_task task = job_task(&own, NULL);
		struct aml_dma_request *finished = NULL, *queued = NULL;

		ck_assert_int_eq(job_post(dma, &finished, &job), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(job_post(dma, &queued, &job), 0);
		aml_errno = AML_EDOM;
		ck_assert_ptr_null(aml_sched_wait_any(sched));
		ck_assert_int_eq(aml_errno, AML_EDOM);
		/*
		 * wait_any returns a task that the program has submitted to the engine's scheduler.
		 */
		ck_assert_int_eq(aml_sched_submit_task(sched, &task), 0);
		ck_assert_ptr_eq(aml_sched_wait_any(sched), &task);
		ck_assert_int_eq(own.runs, 1);
		ck_assert_int_eq(aml_dma_wait(dma, &finished), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &queued), 0);
		ck_assert_int_eq(job.runs, 2);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

/* Contract: RUN-6. */
START_TEST(without_workers_waits_and_barriers_run_the_requests_in_order)
{
	struct aml_dma *dma = new_engine(0);
	struct trail trail = {.length = 0};
	struct job jobs[6];
	struct aml_dma_request *reqs[6];
	pid_t tid;

	ck_assert_uint_eq(threads_named("aml-dma/", &tid, 1), 0);
	for (int i = 0; i < 6; i++) {
		jobs[i] = (struct job){.name = (char)('A' + i), .trail = &trail};
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	}
	yield_a_while();
	ck_assert_uint_eq(atomic_load(&trail.length), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), 0);
	ck_assert_str_eq(trail.text, "AB");
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_str_eq(trail.text, "AB");
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_str_eq(trail.text, "ABCDEF");
	for (int i = 2; i < 6; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(jobs[i].tid, gettid());
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Contract: RUN-7. */
START_TEST(without_workers_a_waiter_that_leaves_wakes_a_barrier)
{
	struct aml_dma *dma = new_engine(0);
	struct gate gate;
	struct job first = {.gate = &gate}, rest = {.result = 0};
	struct aml_dma_request *req = NULL;
	struct call wait = {.fn = call_wait, .dma = dma, .req = &req};
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &req, &first), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(job_post(dma, NULL, &rest), 0);
	call_begin(&wait);
	gate_await(&gate);
	call_begin(&barrier);
	call_settle(&barrier);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&wait), 0);
	ck_assert_int_eq(call_end(&barrier), 0);
	ck_assert_int_eq(rest.runs, 5);
	ck_assert_int_eq(rest.tid, barrier.tid);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}
END_TEST

/* Contract: RUN-7. */
START_TEST(without_workers_a_barrier_that_leaves_at_a_failure_wakes_a_waiter)
{
	struct aml_dma *dma = new_engine(0);
	struct gate gate;
	struct job failing = {.gate = &gate, .result = -AML_EDOM}, last = {.result = 0};
	struct aml_dma_request *req = NULL;
	struct call wait = {.fn = call_wait, .dma = dma, .req = &req};
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, NULL, &failing), 0);
	ck_assert_int_eq(job_post(dma, &req, &last), 0);
	call_begin(&barrier);
	gate_await(&gate);
	call_begin(&wait);
	call_settle(&wait);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&barrier), -AML_EDOM);
	ck_assert_int_eq(call_end(&wait), 0);
	ck_assert_int_eq(last.tid, wait.tid);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}
END_TEST

/* Return what aml_dma_fprintf() writes. The caller frees it. */
static char *printed(const struct aml_dma *dma, const char *prefix)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(aml_dma_fprintf(stream, prefix, dma), 0);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

/* Is there a line that contains the word and the number as a whole? */
static bool tells(const char *text, const char *word, size_t number)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%zu", number);
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n");
		const char *found = memmem(line, length, word, strlen(word));

		if (found == NULL)
			continue;
		for (const char *at = line; at < line + length; at++)
			if (strspn(at, "0123456789") == strlen(digits) &&
			    (at == line || strchr("0123456789", at[-1]) == NULL) &&
			    strncmp(at, digits, strlen(digits)) == 0)
				return true;
	}
	return false;
}

/* Contract: ENGINE-9. */
START_TEST(fprintf_tells_workers_requests_and_bytes)
{
	struct aml_dma *dma = new_engine(3);
	struct gate gate;
	struct job held[3], queued = {.result = 0};
	char from[12345] = {0}, to[12345];
	struct aml_dma_request *reqs[4];
	char *text;

	gate_init(&gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(aml_dma_copy_custom(dma, (struct aml_layout *)(void *)to,
						     (struct aml_layout *)(void *)from,
						     aml_dma_linux_memcpy_op, (void *)sizeof(to)),
				 0);
	for (int i = 0; i < 3; i++) {
		held[i] = (struct job){.gate = &gate};
		ck_assert_int_eq(job_post(dma, NULL, &held[i]), 0);
		gate_await(&gate);
	}
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(job_post(dma, &reqs[i], &queued), 0);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[3]), 0);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[2]), 0);
	text = printed(dma, "");
	ck_assert_msg(tells(text, "workers", 3), "%s", text);
	ck_assert_msg(tells(text, "queued", 2), "%s", text);
	ck_assert_msg(tells(text, "running", 3), "%s", text);
	ck_assert_msg(tells(text, "finished", 4), "%s", text);
	ck_assert_msg(tells(text, "bytes", 4 * 12345), "%s", text);
	free(text);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(aml_dma_cancel(dma, &reqs[i]), 0);
	for (int i = 0; i < 3; i++)
		gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	text = printed(dma, NULL);
	ck_assert_msg(tells(text, "queued", 0), "%s", text);
	ck_assert_msg(tells(text, "running", 0), "%s", text);
	ck_assert_msg(tells(text, "finished", 7), "%s", text);
	free(text);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}
END_TEST

/* Contract: ENGINE-9. */
START_TEST(fprintf_begins_each_line_with_the_prefix)
{
	struct aml_dma *dma = new_engine(1);
	char *text = printed(dma, "%d> "), *plain = printed(dma, NULL), *none = printed(dma, "");
	const char *line = text;
	size_t lines = 0;

	ck_assert_str_eq(plain, none);
	while (*line != '\0') {
		ck_assert_int_eq(strncmp(line, "%d> ", 4), 0);
		line = strchr(line, '\n');
		ck_assert_ptr_nonnull(line);
		line++;
		lines++;
	}
	ck_assert_uint_gt(lines, 0);
	ck_assert_uint_eq(strlen(text), strlen(plain) + 4 * lines);
	free(text);
	free(plain);
	free(none);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Contract: ENGINE-9. */
START_TEST(fprintf_tells_when_writing_failed)
{
	struct aml_dma *dma = new_engine(0);
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(setvbuf(full, NULL, _IONBF, 0), 0);
	ck_assert_int_eq(aml_dma_fprintf(full, "", dma), -AML_FAILURE);
	fclose(full);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* x86-64 and aarch64 have more than the portable kernels. */
#if defined(__x86_64__) || defined(__aarch64__)
#define HAS_VECTORS true
#else
#define HAS_VECTORS false
#endif

/* Contract: ENGINE-9. */
START_TEST(fprintf_names_the_kernels)
{
	static const char *const names[] = {"portable", "sse2",       "avx2",
					    "avx512",   "avx512vbmi", "neon"};
	const char *isa = getenv("AML_DMA_ISA");
	struct aml_dma *dma = new_engine(1);
	char *text = printed(dma, "#"), line[64];
	size_t found = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(line, sizeof(line), "\n#  kernels: %s\n", names[i]);
		if (strstr(text, line) == NULL)
			continue;
		found++;
		ck_assert_int_eq(strcmp(names[i], "portable") == 0,
				 !HAS_VECTORS || (isa != NULL && strcmp(isa, "portable") == 0));
	}
	ck_assert_uint_eq(found, 1);
	free(text);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Job body: print job->dma. */
static int print_inside(struct job *job)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int err;

	NEED(stream != NULL);
	err = aml_dma_fprintf(stream, "", job->dma);
	fclose(stream);
	free(text);
	return err;
}

/* Contract: ENGINE-9. */
START_TEST(fprintf_works_inside_an_operator)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job job = {.body = print_inside, .dma = dma};

		ck_assert_int_eq(job_copy(dma, &job), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

/* Contract: ENGINE-8. */
START_TEST(engines_come_and_go)
{
	for (size_t i = 0; i < 200; i++) {
		struct aml_dma *dma = new_engine(i % 4);
		struct job job = {.result = 0};
		struct aml_dma_request *req = NULL;

		if (i % 3 > 0)
			ck_assert_int_eq(job_post(dma, i % 3 == 1 ? &req : NULL, &job), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
		ck_assert_int_eq(job.runs, i % 3 > 0);
	}
}
END_TEST

SUITE("dma/engine", create_makes_an_engine_and_destroy_takes_it_away,
      the_table_names_the_engine_s_functions, more_threads_than_can_be_had_is_an_error,
      no_room_for_a_thread_is_an_error_with_everything_undone, destroy_finishes_what_was_posted,
      destroy_waits_for_what_runs, destroy_lets_those_who_are_in_a_call_return,
      operators_that_are_drained_may_post_and_wait,
      destroy_inside_an_operator_of_the_engine_is_busy,
      destroy_inside_another_engine_s_operator_works, the_engine_s_functions_may_be_called_directly,
      a_request_may_be_destroyed_without_its_engine_s_data, the_engine_s_functions_take_no_null,
      wait_any_on_the_engine_s_scheduler_never_returns_its_requests,
      without_workers_waits_and_barriers_run_the_requests_in_order,
      without_workers_a_waiter_that_leaves_wakes_a_barrier,
      without_workers_a_barrier_that_leaves_at_a_failure_wakes_a_waiter,
      fprintf_tells_workers_requests_and_bytes, fprintf_begins_each_line_with_the_prefix,
      fprintf_names_the_kernels, fprintf_tells_when_writing_failed,
      fprintf_works_inside_an_operator, engines_come_and_go)
