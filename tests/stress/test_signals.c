/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals at a high rate. Only the application's threads take them, and they change nothing in
 * copies, waits and barriers. Another test has two engines whose operators copy on each other.
 */
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "gate.h"
#include "random.h"
#include "suite.h"

static const int signals[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGHUP,
			      SIGINT,  SIGCHLD, SIGIO,   SIGWINCH};

enum { SIGNALS = sizeof(signals) / sizeof(*signals) };

/* Set in threads of the application. Every other thread is a worker. */
static __thread volatile sig_atomic_t ours;

/*
 * Each handled signal writes two bytes: its number, and whether the thread was the application's.
 */
static int taken_pipe[2];

/*
 * The handler makes only a system call, without the C library. ThreadSanitizer delivers pending
 * signals at the end of each function that it intercepts and of each atomic operation. If it does
 * so inside a handler that it has called late, the thread may keep all signals blocked.
 */
static void take(int sig)
{
	const unsigned char taken[2] = {(unsigned char)sig, ours != 0};

	syscall(SYS_write, taken_pipe[1], taken, sizeof(taken));
}

/* Handle all signals without SA_RESTART, so that they interrupt every system call that sleeps. */
static void handle_all(void)
{
	struct sigaction action = {.sa_handler = take};

	ck_assert_int_eq(pipe2(taken_pipe, O_NONBLOCK), 0);
	sigemptyset(&action.sa_mask);
	ours = 1;
	for (size_t i = 0; i < SIGNALS; i++)
		ck_assert_int_eq(sigaction(signals[i], &action, NULL), 0);
	ck_assert_int_eq(sigaction(SIGRTMIN, &action, NULL), 0);
}

/* How many of each signal were handled, and how many signals a worker took. */
struct taken {
	int of[_NSIG], astray;
};

/* Count the signals that were handled since the last call. */
static void taken_count(struct taken *taken)
{
	unsigned char one[2];

	while (read(taken_pipe[0], one, sizeof(one)) == (ssize_t)sizeof(one)) {
		taken->of[one[0]]++;
		taken->astray += !one[1];
	}
}

/* Wait until n signals of a number have been handled. */
static void taken_await(struct taken *taken, int sig, int n)
{
	struct pollfd readable = {.fd = taken_pipe[0], .events = POLLIN};

	for (taken_count(taken); taken->of[sig] < n; taken_count(taken))
		poll(&readable, 1, -1);
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

/* Job body: send each signal to the process, from the thread that runs the job. */
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

/*
 * Send signals from workers' operators and from the application, while threads of every kind exist.
 */
static void send_from_everywhere(size_t workers, bool main_blocks)
{
	enum { ROUNDS = 50 };
	sigset_t mask = mask_of_all(), pending;
	struct taken taken = {.astray = 0};
	struct aml_dma *busy = NULL, *dma = NULL;
	struct bystander bystanders[2];
	struct job job = {.body = send_all};
	struct gate gate;
	void *result;

	gate_init(&gate);
	/* Two workers are at the gate, each with a waiter. */
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
		taken_count(&taken);
		for (int sig = 0; sig < _NSIG; sig++)
			ck_assert_int_eq(taken.of[sig], 0);
		ck_assert_int_eq(sigpending(&pending), 0);
		for (size_t i = 0; i < SIGNALS; i++)
			ck_assert_int_eq(sigismember(&pending, signals[i]), 1);
		ck_assert_int_eq(pthread_sigmask(SIG_UNBLOCK, &mask, NULL), 0);
	}
	/*
	 * The system queues each SIGRTMIN; sanitizers do not. Of any other signal, several pending
	 * ones count as one.
	 */
	taken_await(&taken, SIGRTMIN, under_sanitizer() ? 1 : 3 * ROUNDS);
	ck_assert_int_le(taken.of[SIGRTMIN], 3 * ROUNDS);
	for (size_t i = 0; i < SIGNALS; i++)
		taken_await(&taken, signals[i], 1);
	for (size_t i = 0; i < 2; i++)
		gate_open(&gate);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(pthread_join(bystanders[i].thread, &result), 0);
		ck_assert_ptr_null(result);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&busy), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	taken_count(&taken);
	ck_assert_int_eq(taken.astray, 0);
	gate_destroy(&gate);
}

/* Contract: SIGNAL-1. */
START_TEST(only_the_application_s_threads_take_signals)
{
	handle_all();
	for (size_t workers = 0; workers < 4; workers++)
		send_from_everywhere(workers, false);
}
END_TEST

/* Contract: SIGNAL-1. */
START_TEST(signals_that_the_application_blocks_stay_pending_whoever_sends_them)
{
	handle_all();
	for (size_t workers = 0; workers < 4; workers++)
		send_from_everywhere(workers, true);
}
END_TEST

/*
 * A storm is a sequence of gusts, which threads request. In a gust, the sender arms a timer for the
 * process and signals its targets one by one. The sender waits for each signal to be handled before
 * it continues. So the number of signals does not depend on the speed of the machine or of a tool.
 */
struct storm {
	pthread_t sender;
	const pthread_t *targets;
	size_t num_targets;
	/* How often a gust signals each target. */
	int rounds;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	/*
	 * Guarded by `lock`: how many gusts were requested, how many are over, and whether no more
	 * will be requested.
	 */
	int asked, over;
	bool ending;
};

static void blow(const struct storm *storm, struct taken *taken)
{
	const struct itimerval soon = {{0, 0}, {0, 1}};

	setitimer(ITIMER_REAL, &soon, NULL);
	taken_await(taken, SIGALRM, taken->of[SIGALRM] + 1);
	for (int i = 0; i < storm->rounds; i++) {
		for (size_t k = 0; k < storm->num_targets; k++) {
			pthread_kill(storm->targets[k], SIGUSR1);
			taken_await(taken, SIGUSR1, taken->of[SIGUSR1] + 1);
		}
	}
}

/* The sender, which returns NULL unless a worker took a signal. */
static void *blow_until_end(void *arg)
{
	struct storm *storm = arg;
	struct taken taken = {.astray = 0};

	pthread_mutex_lock(&storm->lock);
	while (storm->over < storm->asked || !storm->ending) {
		if (storm->over == storm->asked) {
			pthread_cond_wait(&storm->changed, &storm->lock);
			continue;
		}
		pthread_mutex_unlock(&storm->lock);
		blow(storm, &taken);
		pthread_mutex_lock(&storm->lock);
		storm->over++;
		pthread_cond_broadcast(&storm->changed);
	}
	pthread_mutex_unlock(&storm->lock);
	return taken.astray == 0 ? NULL : storm;
}

/* Request a gust and return its number. The gust comes at once or soon. */
static int storm_ask(struct storm *storm)
{
	int number;

	pthread_mutex_lock(&storm->lock);
	number = ++storm->asked;
	pthread_cond_broadcast(&storm->changed);
	pthread_mutex_unlock(&storm->lock);
	return number;
}

/* Request a gust, and wait until all its signals have been handled. */
static void storm_await(struct storm *storm)
{
	int number = storm_ask(storm);

	pthread_mutex_lock(&storm->lock);
	while (storm->over < number)
		pthread_cond_wait(&storm->changed, &storm->lock);
	pthread_mutex_unlock(&storm->lock);
}

/* Each target takes signals or will take them. No target ends before the storm. */
static void storm_begin(struct storm *storm, const pthread_t *targets, size_t n, int rounds)
{
	sigset_t mask = mask_of_all(), before;

	*storm = (struct storm){.targets = targets, .num_targets = n, .rounds = rounds};
	pthread_mutex_init(&storm->lock, NULL);
	pthread_cond_init(&storm->changed, NULL);
	pthread_sigmask(SIG_BLOCK, &mask, &before);
	ck_assert_int_eq(pthread_create(&storm->sender, NULL, blow_until_end, storm), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Wait for all requested gusts. */
static void storm_end(struct storm *storm)
{
	void *astray;

	pthread_mutex_lock(&storm->lock);
	storm->ending = true;
	pthread_cond_broadcast(&storm->changed);
	pthread_mutex_unlock(&storm->lock);
	ck_assert_int_eq(pthread_join(storm->sender, &astray), 0);
	ck_assert_ptr_null(astray);
	pthread_cond_destroy(&storm->changed);
	pthread_mutex_destroy(&storm->lock);
}

/* An operator during which a gust comes. */
struct windy {
	struct job job;
	struct storm *storm;
	pid_t waiter;
};

/* Job body: wait for a gust. The waiter sleeps meanwhile, unless it runs the operator itself. */
static int await_gust(struct job *job)
{
	struct windy *windy = (struct windy *)job;

	if (gettid() != windy->waiter)
		thread_settle(windy->waiter);
	storm_await(windy->storm);
	return 0;
}

static struct windy windy_job(struct storm *storm)
{
	return (struct windy){{.body = await_gust}, storm, gettid()};
}

/* Make every call that may sleep, each during a gust, and check the results. */
static void use_all(struct aml_dma *dma, struct storm *storm, unsigned char *to,
		    unsigned char *from, size_t size)
{
	struct windy waited = windy_job(storm), barred = waited, copied = waited;
	struct job failing = {.result = -AML_EDOM};
	struct aml_dma_request *reqs[4] = {NULL};

	memset(to, 0, size);
	ck_assert_int_eq(job_post(dma, &reqs[0], &waited.job), 0);
	ck_assert_int_eq(job_post(dma, &reqs[1], &failing), 0);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, &reqs[3], (struct aml_layout *)to,
						   (struct aml_layout *)from,
						   aml_dma_linux_memcpy_op, (void *)size),
			 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(waited.job.runs, 1);
	ck_assert_int_eq(job_post(dma, &reqs[2], &barred.job), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[3]), 0);
	ck_assert_mem_eq(to, from, size);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(barred.job.runs, 1);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[2]), 0);
	ck_assert_int_eq(job_copy(dma, &copied.job), 0);
	ck_assert_int_eq(copied.job.runs, 1);
	ck_assert_int_eq(job_copy(dma, &failing), -AML_EDOM);
	ck_assert_int_eq(job_post(dma, NULL, &failing), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(failing.runs, 3);
}

/* Contract: SIGNAL-2. */
START_TEST(a_storm_of_signals_changes_nothing)
{
	size_t size = ((size_t)3 << 20) + 5;
	unsigned char *from = malloc(size), *to = malloc(size);
	int engines = under_valgrind() ? 1 : 8;
	pthread_t self = pthread_self();
	struct rng rng = {0};
	struct storm storm;

	ck_assert(from != NULL && to != NULL);
	rng_start(&rng, 0);
	rng_bytes(&rng, from, size);
	handle_all();
	storm_begin(&storm, &self, 1, 4);
	for (size_t workers = 0; workers < 4; workers++) {
		for (int i = 0; i < engines; i++) {
			struct aml_dma *dma = NULL;

			/*
			 * Nobody waits for these gusts, which may come at any time, even while
			 * threads are created.
			 */
			storm_ask(&storm);
			ck_assert_int_eq(aml_dma_linux_create(&dma, workers), 0);
			for (int k = 0; k < 4; k++) {
				storm_ask(&storm);
				use_all(dma, &storm, to, from, i == 0 ? size : 1000);
			}
			storm_ask(&storm);
			ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
		}
	}
	storm_end(&storm);
	free(from);
	free(to);
}
END_TEST

/* Two engines whose operators copy on each other, with or without a storm. */
struct engine_pair {
	struct aml_dma *engines[2];
	struct storm *storm;
};

/* A job whose body alternates between the two engines of a pair. */
struct crossing {
	struct job job;
	struct engine_pair *pair;
};

/* Nest n levels deep, in several ways. The innermost level waits for a gust if there is a storm. */
static int cross(struct job *job)
{
	struct engine_pair *pair = ((struct crossing *)job)->pair;
	struct aml_dma *dma = pair->engines[job->n % 2];
	struct crossing next = {{.body = cross, .n = job->n - 1}, pair};
	struct job beside = {.result = -AML_EPERM};
	struct aml_dma_request *req = NULL, *other = NULL;

	if (job->n <= 0) {
		if (pair->storm != NULL)
			storm_await(pair->storm);
		return -AML_EDOM;
	}
	if (job->n % 3 == 0)
		return job_copy(dma, &next.job);
	NEED(job_post(dma, &other, &beside) == 0);
	NEED(job_post(dma, &req, &next.job) == 0);
	if (job->n % 5 == 0)
		NEED(aml_dma_wait(dma, &other) == -AML_EPERM);
	NEED(aml_dma_wait(dma, &req) == -AML_EDOM);
	if (other != NULL && job->n % 2 == 0)
		NEED(aml_dma_cancel(dma, &other) == 0);
	else if (other != NULL)
		NEED(aml_dma_wait(dma, &other) == -AML_EPERM);
	return -AML_EDOM;
}

/* A thread that starts such jobs on one of the two engines. */
struct crosser {
	pthread_t thread;
	struct engine_pair *pair;
	int first, rounds, result;
	/* Passed before the first round and after the last one. */
	struct gate *start, *end;
	/* Posted after each round. */
	sem_t *crossed;
};

static int cross_once(const struct crosser *self, bool post)
{
	struct crossing crossing = {{.body = cross, .n = 10 + self->first + 1}, self->pair};
	struct aml_dma *dma = self->pair->engines[self->first];
	struct aml_dma_request *req = NULL;

	if (self->pair->storm != NULL)
		storm_ask(self->pair->storm);
	if (!post) {
		NEED(job_copy(dma, &crossing.job) == -AML_EDOM);
	} else {
		NEED(job_post(dma, &req, &crossing.job) == 0);
		NEED(aml_dma_wait(dma, &req) == -AML_EDOM);
	}
	return 0;
}

static void *cross_main(void *arg)
{
	struct crosser *self = arg;
	sigset_t mask = mask_of_all();

	/*
	 * The thread was created with all signals blocked, so that it takes none before `ours` is
	 * set.
	 */
	ours = 1;
	pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
	gate_pass(self->start);
	for (int i = 0; i < self->rounds; i++) {
		if (self->result == 0)
			self->result = cross_once(self, i % 2 != 0);
		sem_post(self->crossed);
	}
	gate_pass(self->end);
	return NULL;
}

/* Three threads use two engines with the given numbers of workers. */
static void cross_pair(size_t one, size_t two, bool stormy)
{
	enum { N = 3 };
	int rounds = under_valgrind() ? 2 : stormy ? 20 : 60;
	struct engine_pair pair = {.storm = NULL};
	struct crosser crossers[N];
	pthread_t threads[N];
	struct storm storm;
	struct gate start, end;
	sem_t crossed;
	sigset_t mask = mask_of_all();

	gate_init(&start);
	gate_init(&end);
	ck_assert_int_eq(sem_init(&crossed, 0, 0), 0);
	ck_assert_int_eq(aml_dma_linux_create(&pair.engines[0], one), 0);
	ck_assert_int_eq(aml_dma_linux_create(&pair.engines[1], two), 0);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &mask, NULL), 0);
	for (int i = 0; i < N; i++) {
		crossers[i] = (struct crosser){.pair = &pair,
					       .first = i % 2,
					       .rounds = rounds,
					       .start = &start,
					       .end = &end,
					       .crossed = &crossed};
		ck_assert_int_eq(
			pthread_create(&crossers[i].thread, NULL, cross_main, &crossers[i]), 0);
		threads[i] = crossers[i].thread;
		gate_await(&start);
	}
	ck_assert_int_eq(pthread_sigmask(SIG_UNBLOCK, &mask, NULL), 0);
	if (stormy) {
		storm_begin(&storm, threads, N, 1);
		pair.storm = &storm;
	}
	for (int i = 0; i < N; i++)
		gate_open(&start);
	/* A barrier may report a failure before its wait returns it. */
	for (int i = 0; i < N * rounds; i++) {
		int code = aml_dma_barrier(pair.engines[0]);

		ck_assert(code == 0 || code == -AML_EDOM || code == -AML_EPERM);
		while (sem_wait(&crossed) != 0)
			ck_assert_int_eq(errno, EINTR);
	}
	/* The threads do not end while they may be signalled. */
	if (stormy)
		storm_end(&storm);
	for (int i = 0; i < N; i++)
		gate_open(&end);
	for (int i = 0; i < N; i++) {
		ck_assert_int_eq(pthread_join(crossers[i].thread, NULL), 0);
		ck_assert_int_eq(crossers[i].result, 0);
	}
	for (int i = 0; i < 2; i++) {
		/* Each failure was returned by a wait, reported or cancelled. */
		ck_assert_int_eq(aml_dma_barrier(pair.engines[i]), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&pair.engines[i]), 0);
	}
	sem_destroy(&crossed);
	gate_destroy(&end);
	gate_destroy(&start);
}

/* Contract: NEST-1. */
START_TEST(operators_of_two_engines_copy_on_each_other)
{
	for (size_t pair = 0; pair < 16; pair++)
		cross_pair(pair / 4, pair % 4, false);
}
END_TEST

/* Contract: SIGNAL-2. */
START_TEST(operators_of_two_engines_copy_on_each_other_in_a_storm)
{
	handle_all();
	for (size_t pair = 0; pair < 16; pair++)
		cross_pair(pair / 4, pair % 4, true);
}
END_TEST

SUITE("stress/signals", only_the_application_s_threads_take_signals,
      signals_that_the_application_blocks_stay_pending_whoever_sends_them,
      a_storm_of_signals_changes_nothing, operators_of_two_engines_copy_on_each_other,
      operators_of_two_engines_copy_on_each_other_in_a_storm)
