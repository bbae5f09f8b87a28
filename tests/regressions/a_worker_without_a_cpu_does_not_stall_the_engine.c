/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker was woken but got no CPU, because a real-time thread used it. All posted requests waited
 * for this worker, although another worker slept and had a free CPU.
 */
#include <sched.h>
#include <semaphore.h>

#include "gate.h"
#include "suite.h"

/* A real-time thread that keeps one CPU busy. It has priority over all other threads. */
struct cpu_hog {
	pthread_t thread;
	cpu_set_t cpu;
	sem_t begun;
	atomic_bool stop;
	int error;
};

static void *keep_busy(void *arg)
{
	struct cpu_hog *hog = arg;
	struct sched_param param = {.sched_priority = 1};

	hog->error = pthread_setaffinity_np(pthread_self(), sizeof(hog->cpu), &hog->cpu);
	if (hog->error == 0)
		hog->error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	sem_post(&hog->begun);
	while (hog->error == 0 && !atomic_load(&hog->stop))
		;
	return NULL;
}

/* Start the hog. Returns 0 if it keeps the CPU busy, or an error number. */
static int hog_begin(struct cpu_hog *hog, const cpu_set_t *cpu)
{
	hog->cpu = *cpu;
	atomic_store(&hog->stop, false);
	ck_assert_int_eq(sem_init(&hog->begun, 0, 0), 0);
	ck_assert_int_eq(pthread_create(&hog->thread, NULL, keep_busy, hog), 0);
	while (sem_wait(&hog->begun) != 0)
		;
	return hog->error;
}

static void hog_end(struct cpu_hog *hog)
{
	atomic_store(&hog->stop, true);
	ck_assert_int_eq(pthread_join(hog->thread, NULL), 0);
	sem_destroy(&hog->begun);
}

/* Store the first two CPUs that this thread may use, each as a set. False if there is only one. */
static bool two_cpus(cpu_set_t *cpus)
{
	cpu_set_t all;
	int n = 0;

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return false;
	for (size_t cpu = 0; cpu < CPU_SETSIZE && n < 2; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&cpus[n]);
		CPU_SET(cpu, &cpus[n]);
		n++;
	}
	return n == 2;
}

/* An engine with two workers, each on its own CPU. This thread has the CPU of the worker `free`. */
struct stuck_worker {
	struct aml_dma *dma;
	pid_t stuck, free; /* the worker that will be woken first, and the other worker */
	cpu_set_t cpus[2]; /* their CPUs */
	struct cpu_hog hog;
};

static void scene_up(struct stuck_worker *scene)
{
	struct job job = {.result = 0};
	pid_t tids[2];

	ck_assert(two_cpus(scene->cpus));
	ck_assert_int_eq(aml_dma_linux_create(&scene->dma, 2), 0);
	while (threads_named("aml-dma/", tids, 2) < 2)
		sched_yield();
	for (int i = 0; i < 2; i++)
		thread_settle(tids[i]);
	/* The worker that ran the last request is the first to be woken. */
	ck_assert_int_eq(job_post(scene->dma, NULL, &job), 0);
	ck_assert_int_eq(aml_dma_barrier(scene->dma), 0);
	scene->stuck = job.tid;
	scene->free = job.tid == tids[0] ? tids[1] : tids[0];
	thread_settle(scene->stuck);
	ck_assert_int_eq(sched_setaffinity(scene->stuck, sizeof(cpu_set_t), &scene->cpus[0]), 0);
	ck_assert_int_eq(sched_setaffinity(scene->free, sizeof(cpu_set_t), &scene->cpus[1]), 0);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(cpu_set_t), &scene->cpus[1]), 0);
	ck_assert_int_eq(hog_begin(&scene->hog, &scene->cpus[0]), 0);
}

static void scene_down(struct stuck_worker *scene)
{
	hog_end(&scene->hog);
	ck_assert_int_eq(aml_dma_linux_destroy(&scene->dma), 0);
}

/* Contract: RUN-2. */
START_TEST(the_sixty_fourth_post_wakes_another)
{
	struct job jobs[100] = {{0}};
	struct stuck_worker scene;

	scene_up(&scene);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(job_post(scene.dma, NULL, &jobs[i]), 0);
	ck_assert_int_eq(aml_dma_barrier(scene.dma), 0);
	scene_down(&scene);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(jobs[i].tid, scene.free);
}
END_TEST

static void pass_two_milliseconds(void)
{
	uint64_t from = now_ns();

	while (now_ns() - from < 2000000)
		;
}

/* Contract: RUN-2. */
START_TEST(a_post_after_a_millisecond_wakes_another)
{
	struct job jobs[2] = {{0}};
	struct stuck_worker scene;

	scene_up(&scene);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(job_post(scene.dma, NULL, &jobs[i]), 0);
		pass_two_milliseconds();
	}
	ck_assert_int_eq(aml_dma_barrier(scene.dma), 0);
	scene_down(&scene);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(jobs[i].tid, scene.free);
}
END_TEST

/* Contract: RUN-2. */
START_TEST(a_barrier_after_a_millisecond_wakes_another)
{
	struct job job = {0};
	struct stuck_worker scene;

	scene_up(&scene);
	ck_assert_int_eq(job_post(scene.dma, NULL, &job), 0);
	pass_two_milliseconds();
	ck_assert_int_eq(aml_dma_barrier(scene.dma), 0);
	scene_down(&scene);
	ck_assert_int_eq(job.tid, scene.free);
}
END_TEST

/* Whether this process may have real-time threads, and may use two CPUs. */
static bool can_be_tried(void)
{
	struct sched_param param = {.sched_priority = 1}, usual = {0};
	cpu_set_t cpus[2];

	if (under_valgrind() || !two_cpus(cpus) || sched_setscheduler(0, SCHED_FIFO, &param) != 0)
		return false;
	return sched_setscheduler(0, SCHED_OTHER, &usual) == 0;
}

Suite *make_suite(void)
{
	const TTest *const tests[] = {the_sixty_fourth_post_wakes_another,
				      a_post_after_a_millisecond_wakes_another,
				      a_barrier_after_a_millisecond_wakes_another};

	if (!can_be_tried()) {
		puts("skipped: no real-time priority, or one CPU only");
		exit(77);
	}
	return suite_of("regressions/a_worker_without_a_cpu_does_not_stall_the_engine",
			sizeof(tests) / sizeof(*tests), tests);
}
