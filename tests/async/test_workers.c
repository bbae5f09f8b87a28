/* SPDX-License-Identifier: BSD-3-Clause */
/* The workers as threads: names, signals and affinity. Idle workers and waiting threads sleep. */
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "gate.h"
#include "suite.h"

#define MANY 12

/* A scheduler with a task at the gate on each of its workers. */
struct crew {
	struct aml_sched *sched;
	size_t n;
	struct gate gate;
	struct job jobs[MANY];
	struct aml_task tasks[MANY];
	int outs[MANY];
};

/* Each task runs `body` after it has passed the gate. */
static void gather(struct crew *crew, size_t n, int (*body)(struct job *job))
{
	memset(crew, 0, sizeof(*crew));
	crew->n = n;
	crew->sched = aml_queue_sched_create(n);
	ck_assert_ptr_nonnull(crew->sched);
	gate_init(&crew->gate);
	for (size_t i = 0; i < n; i++) {
		crew->jobs[i] = (struct job){.gate = &crew->gate, .body = body};
		crew->tasks[i] = job_task(&crew->jobs[i], &crew->outs[i]);
		ck_assert_int_eq(aml_sched_submit_task(crew->sched, &crew->tasks[i]), 0);
	}
	for (size_t i = 0; i < n; i++)
		gate_await(&crew->gate);
}

static void dismiss(struct crew *crew)
{
	for (size_t i = 0; i < crew->n; i++)
		gate_open(&crew->gate);
	for (size_t i = 0; i < crew->n; i++)
		ck_assert_int_eq(aml_sched_wait_task(crew->sched, &crew->tasks[i]), 0);
	aml_queue_sched_destroy(&crew->sched);
	gate_destroy(&crew->gate);
}

/* Job body: return the number in the thread's name. */
static int number_of_name(struct job *job)
{
	char name[16] = "";
	int number = -1, length = 0;

	(void)job;
	NEED(pthread_getname_np(pthread_self(), name, sizeof(name)) == 0);
	NEED(sscanf(name, "aml-dma/%d%n", &number, &length) == 1);
	NEED(name[length] == '\0');
	return number;
}

/* Contract: THREAD-5. */
START_TEST(workers_are_named_by_their_numbers)
{
	const size_t sizes[] = {1, 2, MANY};

	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		struct crew crew;
		int seen[MANY] = {0};

		gather(&crew, sizes[s], number_of_name);
		dismiss(&crew);
		for (size_t i = 0; i < sizes[s]; i++) {
			ck_assert_int_ge(crew.outs[i], 0);
			ck_assert_int_lt(crew.outs[i], (int)sizes[s]);
			ck_assert_int_eq(seen[crew.outs[i]]++, 0);
		}
	}
}
END_TEST

/* Does a worker leave this signal unblocked? */
static bool is_synchronous(int sig)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
				  SIGTRAP, SIGSYS, SIGABRT, SIGPROF};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (sig == own[i])
			return true;
	return false;
}

/* Can the signal be blocked, and is it not reserved by the C library? */
static bool is_ordinary(int sig)
{
	return sig != SIGKILL && sig != SIGSTOP && (sig < 32 || sig >= SIGRTMIN);
}

/* Job body: return 0, or the first signal whose blocking is wrong. */
static int wrong_signal(struct job *job)
{
	sigset_t blocked;

	(void)job;
	NEED(pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (is_ordinary(sig) && sigismember(&blocked, sig) == is_synchronous(sig))
			return sig;
	return 0;
}

/* Contract: SIGNAL-1. */
START_TEST(workers_block_all_signals_but_the_synchronous_ones)
{
	struct crew crew;

	gather(&crew, 3, wrong_signal);
	dismiss(&crew);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(crew.outs[i], 0);
}
END_TEST

/* Contract: SIGNAL-1. */
START_TEST(the_creating_thread_keeps_its_mask)
{
	sigset_t mask, before, after;
	struct aml_sched *sched;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &mask, NULL), 0);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &before), 0);
	sched = aml_queue_sched_create(3);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		ck_assert_int_eq(sigismember(&before, sig), sigismember(&after, sig));
	aml_queue_sched_destroy(&sched);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		ck_assert_int_eq(sigismember(&before, sig), sigismember(&after, sig));
	/* A failure to create does not change the mask either. */
	ck_assert_ptr_null(aml_queue_sched_create(SIZE_MAX));
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		ck_assert_int_eq(sigismember(&before, sig), sigismember(&after, sig));
}
END_TEST

/* Contract: SIGNAL-1. */
START_TEST(no_worker_takes_a_signal_of_the_process)
{
	/* The application's only thread blocks the signals, so they stay pending. */
	const int signals[] = {SIGUSR1, SIGTERM, SIGALRM, SIGINT, SIGRTMIN};
	struct crew crew;
	sigset_t mask, pending;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&mask, signals[i]);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &mask, NULL), 0);
	gather(&crew, 2, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		ck_assert_int_eq(kill(getpid(), signals[i]), 0);
		ck_assert_int_eq(sigpending(&pending), 0);
		ck_assert_int_eq(sigismember(&pending, signals[i]), 1);
		ck_assert_int_eq(sigwaitinfo(&mask, NULL), signals[i]);
	}
	dismiss(&crew);
}
END_TEST

static atomic_int handled;

static void handle(int sig)
{
	(void)sig;
	atomic_fetch_add(&handled, 1);
}

/* Contract: SIGNAL-2. */
START_TEST(a_signal_does_not_end_a_wait)
{
	struct sigaction action = {.sa_handler = handle};
	struct crew crew;
	struct call waiter;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	gather(&crew, 1, NULL);
	waiter = (struct call){.fn = call_wait_task, .sched = crew.sched, .task = &crew.tasks[0]};
	call_begin(&waiter);
	for (int i = 0; i < 5; i++) {
		call_settle(&waiter);
		ck_assert_int_eq(pthread_kill(waiter.thread, SIGUSR1), 0);
		while (atomic_load(&handled) <= i)
			sched_yield();
	}
	call_settle(&waiter);
	ck_assert_int_eq(atomic_load(&waiter.ended), 0);
	gate_open(&crew.gate);
	ck_assert_int_eq(call_end(&waiter), 0);
	aml_queue_sched_destroy(&crew.sched);
	gate_destroy(&crew.gate);
}
END_TEST

/* Job body: return the number of CPUs that the thread may use. */
static int affinity(struct job *job)
{
	cpu_set_t set;

	(void)job;
	NEED(sched_getaffinity(0, sizeof(set), &set) == 0);
	return CPU_COUNT(&set);
}

/* Create the scheduler in a thread of its own. Only this thread is bound to one CPU. */
static int create_pinned(struct call *call)
{
	cpu_set_t all, one;
	size_t cpu = 0;

	NEED(sched_getaffinity(0, sizeof(all), &all) == 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	NEED(sched_setaffinity(0, sizeof(one), &one) == 0);
	call->sched = aml_queue_sched_create(3);
	NEED(call->sched != NULL);
	return 0;
}

/* Contract: THREAD-5. */
START_TEST(workers_inherit_the_creating_thread_s_affinity)
{
	struct call creator = {.fn = create_pinned};
	struct gate gate;
	struct job jobs[3];
	struct aml_task tasks[3];
	int outs[3];

	gate_init(&gate);
	call_begin(&creator);
	ck_assert_int_eq(call_end(&creator), 0);
	for (int i = 0; i < 3; i++) {
		jobs[i] = (struct job){.gate = &gate, .body = affinity};
		tasks[i] = job_task(&jobs[i], &outs[i]);
		ck_assert_int_eq(aml_sched_submit_task(creator.sched, &tasks[i]), 0);
	}
	/* With three tasks at the gate, each worker runs one. */
	for (int i = 0; i < 3; i++)
		gate_await(&gate);
	for (int i = 0; i < 3; i++)
		gate_open(&gate);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(aml_sched_wait_task(creator.sched, &tasks[i]), 0);
		ck_assert_int_eq(outs[i], 1);
	}
	aml_queue_sched_destroy(&creator.sched);
	gate_destroy(&gate);
}
END_TEST

/* Job body: check that the thread has the creator's scheduling policy and nice value. */
static int policy_and_nice(struct job *job)
{
	(void)job;
	NEED(sched_getscheduler(0) == SCHED_BATCH);
	NEED(getpriority(PRIO_PROCESS, 0) == 7);
	return 1;
}

/* Contract: THREAD-5. */
START_TEST(workers_inherit_the_creating_thread_s_policy_and_nice_value)
{
	struct sched_param param = {0};
	struct crew crew;

	ck_assert_int_eq(sched_setscheduler(0, SCHED_BATCH, &param), 0);
	ck_assert_int_eq(setpriority(PRIO_PROCESS, 0, 7), 0);
	gather(&crew, 3, policy_and_nice);
	dismiss(&crew);
	for (size_t i = 0; i < crew.n; i++)
		ck_assert_int_eq(crew.outs[i], 1);
}
END_TEST

/* Use 50 ms of this thread's CPU time. */
static void work_a_while(void)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000000000L + now.tv_nsec - begin.tv_nsec <
		 50000000L);
}

/*
 * Wait until the threads sleep and do not run while this thread works. If a thread spins or polls,
 * the test exceeds its time limit.
 */
static void expect_rest(const pid_t *tids, size_t n)
{
	unsigned long switches[MANY], sum, before;

	do {
		before = 0;
		sum = 0;
		for (size_t i = 0; i < n; i++) {
			thread_settle(tids[i]);
			switches[i] = thread_switches(tids[i]);
			before += switches[i];
		}
		work_a_while();
		for (size_t i = 0; i < n; i++)
			sum += thread_switches(tids[i]);
	} while (sum != before);
}

/* Contract: WAIT-7. */
START_TEST(an_idle_engine_uses_no_cpu)
{
	struct aml_sched *sched = aml_queue_sched_create(4);
	pid_t tids[MANY];

	/* Check a new scheduler, then one that has run tasks. */
	for (int round = 0; round < 2; round++) {
		struct job job = {.result = 0};
		struct aml_task task = job_task(&job, NULL);

		while (threads_named("aml-dma/", tids, MANY) < 4)
			sched_yield();
		expect_rest(tids, 4);
		for (int i = 0; i < 100; i++) {
			ck_assert_int_eq(aml_sched_submit_task(sched, &task), 0);
			ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
		}
	}
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: WAIT-7. */
START_TEST(who_waits_sleeps)
{
	struct aml_dma *dma = NULL;
	struct gate gate;
	struct job job = {.gate = &gate}, queued = {.result = 0};
	struct aml_dma_request *reqs[2] = {NULL};
	struct call calls[4];
	pid_t tids[MANY];
	size_t n;

	gate_init(&gate);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	ck_assert_int_eq(job_post(dma, &reqs[0], &job), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[1], &queued), 0);
	calls[0] = (struct call){.fn = call_wait, .dma = dma, .req = &reqs[0]};
	calls[1] = (struct call){.fn = call_wait, .dma = dma, .req = &reqs[1]};
	calls[2] = (struct call){.fn = call_barrier, .dma = dma};
	calls[3] = (struct call){.fn = call_copy, .dma = dma, .job = &queued};
	for (int i = 0; i < 4; i++) {
		call_begin(&calls[i]);
		tids[i] = calls[i].tid;
	}
	n = 4 + threads_named("aml-dma/", &tids[4], MANY - 4);
	ck_assert_uint_eq(n, 5);
	expect_rest(tids, n);
	gate_open(&gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(call_end(&calls[i]), 0);
	ck_assert_int_eq(queued.runs, 2);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}
END_TEST

/* Contract: RUN-6. */
START_TEST(no_workers_are_no_threads)
{
	struct aml_sched *sched = aml_queue_sched_create(0);
	pid_t tid;

	/*
	 * Threads of an earlier test may still be ending. Any other thread makes the test exceed
	 * its time limit.
	 */
	while (threads_named("aml-dma/", &tid, 1) > 0)
		sched_yield();
	while (!under_sanitizer() && threads_named("", &tid, 1) > 1)
		sched_yield();
	aml_queue_sched_destroy(&sched);
}
END_TEST

SUITE("async/workers", workers_are_named_by_their_numbers,
      workers_block_all_signals_but_the_synchronous_ones, the_creating_thread_keeps_its_mask,
      no_worker_takes_a_signal_of_the_process, a_signal_does_not_end_a_wait,
      workers_inherit_the_creating_thread_s_affinity,
      workers_inherit_the_creating_thread_s_policy_and_nice_value, an_idle_engine_uses_no_cpu,
      who_waits_sleeps, no_workers_are_no_threads)
