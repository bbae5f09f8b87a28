/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pool of workers: its threads, from their creation to their end.
 *
 * Workers are joinable, whatever default the program has set for its threads
 * (pthread_setattr_default_np()). Their stacks may be larger than the default, which RLIMIT_STACK
 * also sets: the C library puts the static thread-local storage of the whole program on each stack,
 * and the rest must have room for the deepest copy and for custom operators.
 *
 * Workers inherit the scheduling policy, the nice value and the CPU affinity of the thread that
 * creates them.
 */
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_lock.h"
#include "async/queue_run.h"
#include "async/queue_sched.h"
#include "async/queue_spin.h"
#include "async/queue_worker.h"

enum {
	/* The number of thread IDs in Linux. Creating more workers is not even tried. */
	WORKERS_MAX = 4 << 20,
	/* The use of a stack by the C library itself, with its reserve for dlopen(). */
	STACK_LIBC_BYTES = 32 << 10,
	/* A stack's size is a multiple of this. */
	STACK_UNIT_BYTES = 64 << 10,
};

/*
 * The size of the static thread-local storage of the program, in bytes. It is final when the
 * library is loaded: objects that are loaded later have none.
 */
static size_t static_tls;

static int add_tls(struct dl_phdr_info *info, size_t size, void *sum)
{
	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			*(size_t *)sum += info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align;
	return 0;
}

/* At load time: in a child that was forked during a dlopen(), the call could hang. */
__attribute__((constructor)) static void measure_tls(void)
{
	dl_iterate_phdr(add_tls, &static_tls);
}

/* Return the size of a worker's stack in bytes: the default if it is large enough. */
static size_t stack_size(const pthread_attr_t *attr)
{
	size_t size = QUEUE_STACK_COPY_BYTES + QUEUE_STACK_OPERATORS_BYTES + STACK_LIBC_BYTES,
	       usual = 0;
	long least = sysconf(_SC_THREAD_STACK_MIN);

	size += static_tls + (least > 0 ? (size_t)least : 0);
	size += STACK_UNIT_BYTES - size % STACK_UNIT_BYTES;
	pthread_attr_getstacksize(attr, &usual);
	return usual > size ? usual : size;
}

/* Block all signals except those that the worker causes itself. */
static void mask_signals(void)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
				  SIGTRAP, SIGSYS, SIGABRT, SIGPROF};
	sigset_t blocked;

	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		sigdelset(&blocked, own[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, NULL);
}

/* Run the head of the queue again and again. Sleep while there is nothing to run. */
static void work_locked(struct queue_sched *q, struct sleeper *me) REQUIRES(q)
{
	for (;;) {
		if (q->head != NULL && q->running < q->slots) {
			queue_run_head_locked(q, UINT64_MAX);
		} else if (q->surplus != NULL) {
			queue_release(q);
			queue_acquire(q);
		} else if (q->stop) {
			return;
		} else {
			queue_push_idle_locked(q, me);
			queue_spin_locked(q, me);
			while (!me->poked)
				sleeper_sleep_locked(q, me);
			queue_spin_learn_locked(q, me);
			me->poked = false;
			q->waking = false;
		}
	}
}

/* The main function of a worker's thread. */
static void *worker_main(void *arg)
{
	struct worker *self = arg;
	struct queue_sched *q = self->q;
	char name[16];

	/* An operator may cancel its thread. The worker must not end, and never with the lock. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	mask_signals();
	snprintf(name, sizeof(name), "aml-dma/%zu", self->number);
	pthread_setname_np(pthread_self(), name);
	trace_worker(&q->trace);
	queue_acquire(q);
	work_locked(q, &self->sleeper);
	queue_release(q);
	return NULL;
}

/* Start one worker. Return 0 or an errno. */
static int start_worker(struct queue_sched *q, size_t number, const pthread_attr_t *attr)
{
	struct worker *worker = malloc(sizeof(*worker));
	int code;

	if (worker == NULL)
		return ENOMEM;
	*worker = (struct worker){
		.q = q, .next = q->workers, .number = number, .sleeper = SLEEPER_INITIALIZER};
	code = pthread_create(&worker->thread, attr, worker_main, worker);
	if (code == 0)
		q->workers = worker;
	else
		free(worker);
	return code;
}

static void free_workers(struct queue_sched *q)
{
	while (q->workers != NULL) {
		struct worker *worker = q->workers;

		q->workers = worker->next;
		free(worker);
	}
}

void queue_join_workers(struct queue_sched *q)
{
	int cancel_state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	queue_acquire(q);
	q->stop = true;
	for (struct sleeper *s = q->idle; s != NULL; s = s->next) {
		s->poked = true;
		sleeper_signal(s);
	}
	q->idle = NULL;
	queue_release(q);
	if (q->nworkers > 0) {
		for (struct worker *worker = q->workers; worker != NULL; worker = worker->next) {
			pthread_join(worker->thread, NULL);
			sleeper_end(&worker->sleeper);
		}
	}
	free_workers(q);
	pthread_setcancelstate(cancel_state, NULL);
}

int queue_start_workers(struct queue_sched *q, size_t n)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int code;

	if (n == 0)
		return AML_SUCCESS;
	if (n > WORKERS_MAX || pthread_attr_init(&attr) != 0)
		return -AML_ENOMEM;
	code = pthread_attr_setstacksize(&attr, stack_size(&attr));
	/* A worker starts with all signals blocked, and then sets its own mask. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; i < n && code == 0; i++)
		code = start_worker(q, i, &attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (code == 0)
		return AML_SUCCESS;
	queue_join_workers(q);
	return -AML_ENOMEM;
}
