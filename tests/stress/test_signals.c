/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals at a high rate: only the application's threads take them, and they change nothing in
 * copies, waits and barriers; and engines whose operators copy on each other meanwhile.
 */
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/time.h>

#include "gate.h"
#include "random.h"
#include "suite.h"

static const int signals[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGHUP,
			      SIGINT,  SIGCHLD, SIGIO,   SIGWINCH};

enum { SIGNALS = sizeof(signals) / sizeof(*signals) };

/* Set in threads of the application; every other thread is a worker. */
static __thread volatile sig_atomic_t ours;

/* Signals that were taken, and how many of them by threads that are not ours. */
static atomic_int taken, astray, queued_taken;

/* A storm waits for each of its signals to be taken. */
static sem_t answered;

static void take(int sig)
{
	if (!ours)
		atomic_fetch_add(&astray, 1);
	atomic_fetch_add(sig == SIGRTMIN ? &queued_taken : &taken, 1);
	if (sig == SIGUSR1)
		sem_post(&answered);
}

/* Handle them all, without SA_RESTART: whatever sleeps is interrupted. */
static void handle_all(void)
{
	struct sigaction action = {.sa_handler = take};

	sigemptyset(&action.sa_mask);
	ours = 1;
	for (size_t i = 0; i < SIGNALS; i++)
		ck_assert_int_eq(sigaction(signals[i], &action, NULL), 0);
	ck_assert_int_eq(sigaction(SIGRTMIN, &action, NULL), 0);
}

static sigset_t mask_of_all(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&mask, signals[i]);
	sigaddset(&mask, SIGRTMIN);
	return mask;
}

/* A body: send the process one of each, from wherever it runs. */
static int send_all(struct job *job)
{
	(void)job;
	for (size_t i = 0; i < SIGNALS; i++)
		NEED(kill(getpid(), signals[i]) == 0);
	NEED(kill(getpid(), SIGRTMIN) == 0);
	return 0;
}

/* A thread of the application that blocks all signals or none, and waits for an operator. */
struct bystander {
	pthread_t thread;
	struct aml_dma *dma;
	bool blocks;
	struct gate *gate;
};

static void *stand_by(void *arg)
{
	struct bystander *self = arg;
	struct job job = {.gate = self->gate};
	sigset_t mask = mask_of_all();

	if (self->blocks)
		pthread_sigmask(SIG_BLOCK, &mask, NULL);
	ours = 1;
	return job_copy(self->dma, &job) == 0 ? NULL : self;
}

/* Signals from workers' operators and from the application, while all kinds of threads are there.
 */
static void send_from_everywhere(size_t workers, bool main_blocks)
{
	enum { ROUNDS = 50 };
	sigset_t mask = mask_of_all(), pending;
	struct aml_dma *busy = NULL, *dma = NULL;
	struct bystander bystanders[2];
	struct job job = {.body = send_all};
	struct gate gate;
	void *result;

	atomic_store(&taken, 0);
	atomic_store(&queued_taken, 0);
	gate_init(&gate);
	/* Two workers at the gate, with a waiter each. */
	ck_assert_int_eq(aml_dma_linux_create(&busy, 2), 0);
	ck_assert_int_eq(aml_dma_linux_create(&dma, workers), 0);
	if (main_blocks)
		ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &mask, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		bystanders[i] = (struct bystander){
			.dma = busy, .blocks = i == 0 || main_blocks, .gate = &gate};
		ck_assert_int_eq(
			pthread_create(&bystanders[i].thread, NULL, stand_by, &bystanders[i]), 0);
		gate_await(&gate);
	}
	for (int i = 0; i < ROUNDS; i++) {
		ck_assert_int_eq(send_all(NULL), 0);
		ck_assert_int_eq(job_copy(dma, &job), 0);
		ck_assert_int_eq(job_post(dma, NULL, &job), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
	}
	if (main_blocks) {
		ck_assert_int_eq(atomic_load(&taken) + atomic_load(&queued_taken), 0);
		ck_assert_int_eq(sigpending(&pending), 0);
		for (size_t i = 0; i < SIGNALS; i++)
			ck_assert_int_eq(sigismember(&pending, signals[i]), 1);
		ck_assert_int_eq(pthread_sigmask(SIG_UNBLOCK, &mask, NULL), 0);
	}
	/* This one is queued, each of them, but by sanitizers; of the others, those that are
	 * pending are one. */
	while (atomic_load(&queued_taken) < (under_sanitizer() ? 1 : 3 * ROUNDS))
		sched_yield();
	ck_assert_int_le(atomic_load(&queued_taken), 3 * ROUNDS);
	ck_assert_int_ge(atomic_load(&taken), SIGNALS);
	ck_assert_int_eq(atomic_load(&astray), 0);
	for (size_t i = 0; i < 2; i++)
		gate_open(&gate);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(pthread_join(bystanders[i].thread, &result), 0);
		ck_assert_ptr_null(result);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&busy), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}

START_TEST(only_the_application_s_threads_take_signals)
{
	handle_all();
	for (size_t workers = 0; workers < 4; workers++)
		send_from_everywhere(workers, false);
}
END_TEST

START_TEST(signals_that_the_application_blocks_stay_pending_whoever_sends_them)
{
	handle_all();
	for (size_t workers = 0; workers < 4; workers++)
		send_from_everywhere(workers, true);
}
END_TEST

/* A storm: a timer for the process, and a thread that signals the others one by one. */
struct storm {
	pthread_t thread, *targets;
	size_t n;
	atomic_int stop;
};

static void *blow(void *arg)
{
	struct storm *storm = arg;

	for (size_t i = 0; !atomic_load(&storm->stop); i++) {
		pthread_kill(storm->targets[i % storm->n], SIGUSR1);
		/* Else a sanitizer, whom each costs much, would let the target do nothing else. */
		while (sem_wait(&answered) != 0)
			;
	}
	return NULL;
}

static void storm_begin(struct storm *storm, pthread_t *targets, size_t n)
{
	suseconds_t every = under_valgrind() ? 20000 : 300;
	struct itimerval often = {{0, every}, {0, every}};
	sigset_t mask = mask_of_all(), before;

	handle_all();
	storm->targets = targets;
	storm->n = n;
	atomic_store(&storm->stop, 0);
	ck_assert_int_eq(sem_init(&answered, 0, 0), 0);
	pthread_sigmask(SIG_BLOCK, &mask, &before);
	ck_assert_int_eq(pthread_create(&storm->thread, NULL, blow, storm), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static void storm_end(struct storm *storm)
{
	struct itimerval never = {{0, 0}, {0, 0}};

	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	atomic_store(&storm->stop, 1);
	sem_post(&answered);
	ck_assert_int_eq(pthread_join(storm->thread, NULL), 0);
	ck_assert_int_eq(atomic_load(&astray), 0);
}

/* Everything that sleeps, with results that tell whether it was all right. */
static void use_all(struct aml_dma *dma, unsigned char *to, unsigned char *from, size_t size)
{
	struct job failing = {.result = -AML_EDOM}, fine[2] = {{.result = 0}, {.result = 0}};
	struct aml_dma_request *reqs[4] = {NULL};

	memset(to, 0, size);
	ck_assert_int_eq(job_post(dma, &reqs[0], &fine[0]), 0);
	ck_assert_int_eq(job_post(dma, &reqs[1], &failing), 0);
	ck_assert_int_eq(job_post(dma, &reqs[2], &fine[1]), 0);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, &reqs[3], (struct aml_layout *)to,
						   (struct aml_layout *)from,
						   aml_dma_linux_memcpy_op, (void *)size),
			 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[3]), 0);
	ck_assert_mem_eq(to, from, size);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(fine[0].runs + fine[1].runs, 2);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[0]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[2]), 0);
	ck_assert_int_eq(job_copy(dma, &failing), -AML_EDOM);
	ck_assert_int_eq(job_post(dma, NULL, &failing), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(failing.runs, 3);
}

START_TEST(a_storm_of_signals_changes_nothing)
{
	size_t size = ((size_t)3 << 20) + 5;
	unsigned char *from = malloc(size), *to = malloc(size);
	int enough = under_valgrind() ? 20 : 300;
	pthread_t self = pthread_self();
	struct rng rng = {0};
	struct storm storm;

	ck_assert(from != NULL && to != NULL);
	rng_start(&rng, 0);
	rng_bytes(&rng, from, size);
	storm_begin(&storm, &self, 1);
	for (size_t workers = 0; workers < 4; workers++) {
		atomic_store(&taken, 0);
		for (int i = 0; i < 8 || atomic_load(&taken) < enough; i++) {
			struct aml_dma *dma = NULL;

			ck_assert_int_eq(aml_dma_linux_create(&dma, workers), 0);
			for (int k = 0; k < 4; k++)
				use_all(dma, to, from, i == 0 ? size : 1000);
			ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
		}
	}
	storm_end(&storm);
	free(from);
	free(to);
}
END_TEST

/* A body: go over to the other engine and back, n times, in one way or another. */
static int cross(struct job *job)
{
	struct aml_dma **pair = (struct aml_dma **)job->other;
	struct aml_dma *dma = pair[job->n % 2];
	struct job next = {.body = cross, .other = job->other, .n = job->n - 1};
	struct job beside = {.result = -AML_EPERM};
	struct aml_dma_request *req = NULL, *other = NULL;

	if (job->n <= 0)
		return -AML_EDOM;
	if (job->n % 3 == 0)
		return job_copy(dma, &next);
	NEED(job_post(dma, &other, &beside) == 0);
	NEED(job_post(dma, &req, &next) == 0);
	if (job->n % 5 == 0)
		NEED(aml_dma_wait(dma, &other) == -AML_EPERM);
	NEED(aml_dma_wait(dma, &req) == -AML_EDOM);
	if (other != NULL && job->n % 2 == 0)
		NEED(aml_dma_cancel(dma, &other) == 0);
	else if (other != NULL)
		NEED(aml_dma_wait(dma, &other) == -AML_EPERM);
	return -AML_EDOM;
}

/* A thread that sends operators over, from the one engine or from the other. */
struct crosser {
	pthread_t thread;
	struct aml_dma **pair;
	int first, rounds, result;
	atomic_int *done;
};

static int cross_often(const struct crosser *self)
{
	for (int i = 0; i < self->rounds; i++) {
		struct job job = {.body = cross, .other = (struct job *)self->pair};
		struct aml_dma *dma = self->pair[self->first];
		struct aml_dma_request *req = NULL;

		job.n = 10 + self->first + 1;
		if (i % 2 == 0) {
			NEED(job_copy(dma, &job) == -AML_EDOM);
		} else {
			NEED(job_post(dma, &req, &job) == 0);
			NEED(aml_dma_wait(dma, &req) == -AML_EDOM);
		}
	}
	return 0;
}

static void *cross_main(void *arg)
{
	struct crosser *self = arg;
	sigset_t mask = mask_of_all();

	/* It was created with signals blocked, so that it takes none before this. */
	ours = 1;
	pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
	self->result = cross_often(self);
	atomic_fetch_add(self->done, 1);
	return NULL;
}

/* Three threads, on two engines of so many workers. */
static void cross_pair(size_t one, size_t two, bool stormy)
{
	enum { N = 3 };
	struct aml_dma *pair[] = {NULL, NULL};
	struct crosser crossers[N];
	pthread_t threads[N];
	struct storm storm;
	atomic_int done = 0;
	sigset_t mask = mask_of_all();

	ck_assert_int_eq(aml_dma_linux_create(&pair[0], one), 0);
	ck_assert_int_eq(aml_dma_linux_create(&pair[1], two), 0);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &mask, NULL), 0);
	for (int i = 0; i < N; i++) {
		crossers[i] = (struct crosser){.pair = pair, .first = i % 2, .done = &done};
		crossers[i].rounds = under_valgrind() ? 2 : stormy ? 20 : 60;
		ck_assert_int_eq(
			pthread_create(&crossers[i].thread, NULL, cross_main, &crossers[i]), 0);
		threads[i] = crossers[i].thread;
	}
	ck_assert_int_eq(pthread_sigmask(SIG_UNBLOCK, &mask, NULL), 0);
	if (stormy)
		storm_begin(&storm, threads, N);
	/* A barrier may hear of a failure before its wait does. */
	while (atomic_load(&done) < N) {
		int code = aml_dma_barrier(pair[0]);

		ck_assert(code == 0 || code == -AML_EDOM || code == -AML_EPERM);
		sched_yield();
	}
	/* They are not joined while they may be signalled. */
	if (stormy)
		storm_end(&storm);
	for (int i = 0; i < N; i++) {
		ck_assert_int_eq(pthread_join(crossers[i].thread, NULL), 0);
		ck_assert_int_eq(crossers[i].result, 0);
	}
	for (int i = 0; i < 2; i++) {
		/* All failures were waited for, reported or cancelled. */
		ck_assert_int_eq(aml_dma_barrier(pair[i]), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&pair[i]), 0);
	}
}

START_TEST(operators_of_two_engines_copy_on_each_other)
{
	for (size_t pair = 0; pair < 16; pair++)
		cross_pair(pair / 4, pair % 4, false);
}
END_TEST

START_TEST(operators_of_two_engines_copy_on_each_other_in_a_storm)
{
	for (size_t pair = 0; pair < 16; pair++)
		cross_pair(pair / 4, pair % 4, true);
}
END_TEST

SUITE("stress/signals", only_the_application_s_threads_take_signals,
      signals_that_the_application_blocks_stay_pending_whoever_sends_them,
      a_storm_of_signals_changes_nothing, operators_of_two_engines_copy_on_each_other,
      operators_of_two_engines_copy_on_each_other_in_a_storm)
