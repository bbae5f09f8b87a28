/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Promises of the whole interface: no function is a cancellation point, nothing is printed, and a
 * program may exit at any time.
 */
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include "gate.h"
#include "suite.h"

/* Call every function for completion and for posting with attributes. */
static void call_completion(struct aml_dma *dma, struct job *job)
{
	struct aml_dma_post_attr post = job_attr(job);
	struct aml_dma_request *reqs[5] = {NULL};
	struct aml_dma_completion done;
	size_t index, count;

	post.flags = AML_DMA_POST_AFTER_ALL;
	for (int i = 0; i < 5; i++)
		if (aml_dma_post(dma, 1, &post, &reqs[i]) != AML_SUCCESS)
			return;
	aml_dma_progress(dma, 1, NULL);
	while (aml_dma_test(dma, &reqs[0], NULL) == -AML_EBUSY)
		;
	while (aml_dma_wait_until(dma, &reqs[1], 1, NULL) == -AML_EBUSY)
		;
	if (aml_dma_wait_any(dma, 5, reqs, &index, NULL) != AML_SUCCESS)
		return;
	aml_dma_wait_some(dma, 5, reqs, 1, AML_DMA_NO_DEADLINE, &count, NULL, NULL);
	aml_dma_wait_all(dma, 5, reqs, NULL);
	post.flags = AML_DMA_POST_REAP;
	if (aml_dma_post(dma, 1, &post, NULL) != AML_SUCCESS)
		return;
	aml_dma_linux_eventfd(dma);
	aml_dma_reap(dma, 1, &done, 1, AML_DMA_NO_DEADLINE, NULL);
	aml_dma_cancel_all(dma, NULL);
	if (aml_dma_barrier_until(dma, AML_DMA_NO_DEADLINE, NULL) != AML_SUCCESS)
		return;
}

/*
 * Call every function once. `null` is a stream. All large variables of the thread are here: a
 * cancellation does not tell AddressSanitizer that they are gone.
 */
__attribute__((noinline)) static void make_all_calls(FILE *null)
{
	struct aml_dma *dma = NULL;
	struct aml_dma_request *req = NULL;
	struct aml_sched *sched;
	/* Each request has a job of its own, since two workers may run them at the same time. */
	struct job posted = {.result = 0}, job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);
	struct aml_layout *layout = NULL, *slice = NULL, *copy = NULL, *other = NULL;
	size_t dims[] = {2, 3}, flat = 6, zero[] = {0, 0};
	int from[6] = {0}, to[6];
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	cpu_set_t cpus;

	memset(&cpus, 0xff, sizeof(cpus));
	attr.cpus_size = sizeof(cpus);
	aml_init(NULL, NULL);
	aml_strerror(1);
	aml_layout_dense_create(&layout, from, AML_LAYOUT_ORDER_C, sizeof(int), 2, dims, NULL,
				NULL);
	aml_layout_dense_create(&copy, to, AML_LAYOUT_ORDER_C, sizeof(int), 2, dims, NULL, NULL);
	aml_layout_slice(layout, &slice, NULL, dims, NULL);
	aml_layout_destroy(&slice);
	aml_layout_reshape(layout, &slice, 1, &flat);
	aml_layout_destroy(&slice);
	aml_layout_duplicate(layout, &other, NULL);
	aml_layout_destroy(&other);
	aml_layout_deref_safe(layout, zero);
	aml_layout_deref_native(layout, zero);
	aml_layout_fprintf(null, "", layout);
	aml_dma_copy(aml_dma_linux, copy, layout);
	aml_dma_async_copy(aml_dma_linux, &req, copy, layout);
	aml_dma_wait(aml_dma_linux, &req);
	aml_dma_async_copy(aml_dma_linux, &req, copy, layout);
	aml_dma_cancel(aml_dma_linux, &req);
	aml_dma_barrier(aml_dma_linux);
	aml_dma_fprintf(null, "", aml_dma_linux);
	for (size_t threads = 0; threads < 3; threads++) {
		attr.num_threads = threads;
		attr.cpus = &cpus;
		aml_dma_linux_create_attr(&dma, &attr);
		aml_dma_linux_statistics(dma, &stats);
		aml_dma_linux_destroy(&dma);
		aml_dma_linux_create(&dma, threads);
		call_completion(dma, &job);
		job_post(dma, NULL, &posted);
		job_copy(dma, &job);
		aml_dma_barrier(dma);
		aml_dma_linux_destroy(&dma);
		sched = aml_queue_sched_create(threads);
		aml_sched_submit_task(sched, &task);
		aml_sched_wait_task(sched, &task);
		aml_sched_submit_task(sched, &task);
		aml_sched_wait_any(sched);
		aml_queue_sched_destroy(&sched);
	}
	aml_finalize();
	aml_layout_destroy(&layout);
	aml_layout_destroy(&copy);
	aml_perror("expected");
}

/* Make the calls in a thread whose cancellation is pending. */
static void *call_all(void *arg)
{
	atomic_int *reached = arg;
	/* Before the cancellation, make the calls that are not the library's. */
	FILE *null = fopen("/dev/null", "w");

	if (null == NULL)
		return NULL;
	setvbuf(null, NULL, _IONBF, 0);
	pthread_cancel(pthread_self());
	make_all_calls(null);
	atomic_store(reached, 1);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	fclose(null);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	pthread_testcancel();
	return NULL;
}

/* Redirect stderr to /dev/null. With the descriptor that was returned then, restore it. */
static int turn_stderr(int to)
{
	int saved = dup(STDERR_FILENO), null = to < 0 ? open("/dev/null", O_WRONLY) : to;

	fflush(stderr);
	ck_assert_int_ge(dup2(null, STDERR_FILENO), 0);
	close(null);
	return saved;
}

/* Contract: THREAD-3. */
START_TEST(no_function_is_a_cancellation_point)
{
	atomic_int reached = 0;
	pthread_t thread;
	void *end = NULL;
	int saved = turn_stderr(-1), err;

	err = pthread_create(&thread, NULL, call_all, &reached);
	if (err == 0)
		err = pthread_join(thread, &end);
	close(turn_stderr(saved));
	ck_assert_int_eq(err, 0);
	ck_assert_msg(atomic_load(&reached), "a function was cancelled");
	/* No function has consumed the pending cancellation. */
	ck_assert_ptr_eq(end, PTHREAD_CANCELED);
}
END_TEST

/* A call that blocks, followed by a cancellation point of the thread itself. */
struct blocked_call {
	struct call call;
	int (*fn)(struct call *call);
	atomic_int returned;
	int result;
};

static int call_then_test(struct call *call)
{
	struct blocked_call *blocked = (struct blocked_call *)call;

	blocked->result = blocked->fn(call);
	atomic_store(&blocked->returned, 1);
	pthread_testcancel();
	return 0;
}

/* Cancel a thread that is inside such a call, while an operator of the engine is at the gate. */
static void cancel_thread_in(int (*fn)(struct call *call), size_t threads)
{
	struct aml_dma *dma = NULL;
	struct gate gate;
	struct job held = {.gate = &gate}, job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);
	struct aml_dma_request *req = NULL;
	struct blocked_call blocked = {.fn = fn, .returned = 0};
	struct aml_sched *sched;
	void *end = NULL;

	gate_init(&gate);
	ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
	sched = ((struct aml_dma_linux_data *)dma->data)->sched;
	ck_assert_int_eq(job_post(dma, &req, &held), 0);
	if (threads > 0)
		gate_await(&gate);
	blocked.call = (struct call){.fn = call_then_test,
				     .dma = dma,
				     .req = &req,
				     .job = &job,
				     .task = &task,
				     .sched = sched};
	if (fn == call_wait_task || fn == call_wait_any)
		ck_assert_int_eq(aml_sched_submit_task(sched, &task), 0);
	call_begin(&blocked.call);
	/* Without workers, the thread itself runs the operator at the gate. */
	if (threads == 0)
		gate_await(&gate);
	call_settle(&blocked.call);
	ck_assert_int_eq(pthread_cancel(blocked.call.thread), 0);
	call_settle(&blocked.call);
	ck_assert_msg(!atomic_load(&blocked.returned), "the call returned too early");
	gate_open(&gate);
	ck_assert_int_eq(pthread_join(blocked.call.thread, &end), 0);
	sem_destroy(&blocked.call.begun);
	ck_assert_msg(atomic_load(&blocked.returned), "the thread was cancelled inside the call");
	ck_assert_int_eq(blocked.result, 0);
	ck_assert_ptr_eq(end, PTHREAD_CANCELED);
	if (fn != call_destroy)
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}

/* Contract: THREAD-3. */
START_TEST(a_thread_that_is_cancelled_while_it_waits_returns_from_its_wait)
{
	int (*const fns[])(struct call *) = {call_wait,      call_cancel,   call_barrier, call_copy,
					     call_wait_task, call_wait_any, call_destroy};

	for (size_t i = 0; i < sizeof(fns) / sizeof(*fns); i++)
		cancel_thread_in(fns[i], 1);
}
END_TEST

/* Contract: THREAD-3. */
START_TEST(a_thread_that_is_cancelled_while_it_runs_an_operator_returns_from_its_wait)
{
	int (*const fns[])(struct call *) = {call_wait,      call_barrier,  call_copy,
					     call_wait_task, call_wait_any, call_destroy};

	for (size_t i = 0; i < sizeof(fns) / sizeof(*fns); i++)
		cancel_thread_in(fns[i], 0);
}
END_TEST

/* Misuse every function in each way that it must report. */
static void misuse(struct aml_dma *dma, struct aml_sched *sched)
{
	struct aml_layout *layout = NULL;
	struct aml_dma_request *req = NULL;
	/* These jobs stay in the queue when this returns. */
	static struct job job = {.result = -AML_EDOM}, other;
	struct aml_task task = job_task(&other, NULL);
	size_t dim = 3, two[] = {3, 1};
	int memory[3], place[3];
	struct aml_layout *a = NULL, *b = NULL;

	aml_finalize();
	aml_layout_dense_create(NULL, memory, 0, 4, 1, &dim, NULL, NULL);
	aml_layout_dense_create(&layout, NULL, 0, 4, 1, &dim, NULL, NULL);
	aml_layout_dense_create(&layout, memory, 0, 0, 1, &dim, NULL, NULL);
	aml_layout_dense_create(&a, memory, 0, 4, 1, &dim, NULL, NULL);
	aml_layout_dense_create(&b, place, 0, 4, 2, two, NULL, NULL);
	aml_layout_deref(NULL, NULL);
	aml_layout_deref_safe(a, &dim);
	aml_layout_slice(a, &layout, &dim, &dim, &dim);
	aml_layout_reshape(a, &layout, 0, NULL);
	aml_dma_copy(dma, b, a);
	aml_dma_copy(NULL, b, a);
	aml_dma_copy_custom(dma, b, a, aml_dma_linux_copy_1D, NULL);
	aml_dma_async_copy(dma, &req, b, a);
	aml_dma_async_copy(dma, &req, NULL, a);
	aml_dma_wait(dma, &req);
	aml_dma_wait(dma, NULL);
	aml_dma_cancel(dma, &req);
	aml_dma_barrier(NULL);
	job_copy(dma, &job);
	job_post(dma, NULL, &job);
	aml_dma_barrier(dma);
	job_post(dma, NULL, &job);
	aml_dma_fprintf(NULL, NULL, dma);
	aml_dma_linux_create(NULL, 1);
	aml_dma_linux_create(&dma, SIZE_MAX);
	aml_dma_linux_destroy(NULL);
	aml_sched_submit_task(sched, NULL);
	aml_sched_wait_task(NULL, NULL);
	aml_sched_submit_task(sched, &task);
	aml_sched_wait_task(sched, &task);
	aml_sched_wait_task(sched, &task);
	aml_sched_wait_any(NULL);
	aml_queue_sched_create(SIZE_MAX);
	aml_queue_sched_destroy(NULL);
	aml_layout_destroy(&a);
	aml_layout_destroy(&b);
	aml_layout_destroy(NULL);
}

/* Contract: ERROR-2. */
START_TEST(nothing_is_printed_on_what_a_caller_passed)
{
	struct aml_dma *dma = NULL;
	struct aml_sched *sched = aml_queue_sched_create(1);
	FILE *file = tmpfile();
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	long size;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	fflush(NULL);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	misuse(dma, sched);
	aml_dma_linux_destroy(&dma);
	aml_queue_sched_destroy(&sched);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	fclose(file);
	ck_assert_int_eq(size, 0);
}
END_TEST

/* Call exit() in a child after `fn`, and return the child's exit status. */
static int exit_status(int (*fn)(void))
{
	pid_t child = fork();
	int status = -1;

	ck_assert_int_ge(child, 0);
	if (child == 0)
		exit(fn());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static struct gate exit_gate;
static struct job exit_held = {.gate = &exit_gate}, exit_queued;

/*
 * Leave an operator at the gate, a queued request, a handle, and a failure that was not reported.
 */
static int exit_busy(void)
{
	static struct aml_dma_request *req;
	static struct job failed = {.result = -AML_EDOM};

	gate_init(&exit_gate);
	if (aml_init(NULL, NULL) != 0 || job_post(aml_dma_linux, &req, &failed) != 0)
		return 1;
	if (job_post(aml_dma_linux, NULL, &exit_held) != 0)
		return 2;
	gate_await(&exit_gate);
	if (job_post(aml_dma_linux, NULL, &exit_queued) != 0)
		return 3;
	return 42;
}

static int exit_idle(void)
{
	struct job job = {.result = 0};

	if (aml_init(NULL, NULL) != 0 || job_copy(aml_dma_linux, &job) != 0)
		return 1;
	return 43;
}

static int exit_after_finalize(void)
{
	return exit_idle() == 43 && aml_finalize() == 0 ? 44 : 1;
}

/* Contract: INIT-7. */
START_TEST(exit_without_finalize_is_safe)
{
	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "1", 1), 0);
	ck_assert_int_eq(exit_status(exit_busy), 42);
	ck_assert_int_eq(exit_status(exit_idle), 43);
	ck_assert_int_eq(exit_status(exit_after_finalize), 44);
}
END_TEST

SUITE("conventions", no_function_is_a_cancellation_point,
      a_thread_that_is_cancelled_while_it_waits_returns_from_its_wait,
      a_thread_that_is_cancelled_while_it_runs_an_operator_returns_from_its_wait,
      nothing_is_printed_on_what_a_caller_passed, exit_without_finalize_is_safe)
