/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pool of workers: its threads, from their creation to their end.
 *
 * Workers are joinable, whatever default the program has set for its threads
 * (pthread_setattr_default_np()). Their stacks may be larger than the default, which RLIMIT_STACK
 * also sets: the C library puts the static thread-local storage of the whole program on each stack,
 * and the rest must have room for the deepest copy and for custom operators.
 *
 * Workers inherit the scheduling policy and the nice value of the thread that creates them. They
 * inherit its CPU affinity, unless the creator has set their CPUs. The kernel lets a thread run on
 * those CPUs of a set that the process may use, and refuses a set without such a CPU. Only the
 * kernel knows these CPUs, because the mask of a thread may have less of them.
 */
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_linger.h"
#include "async/queue_lock.h"
#include "async/queue_run.h"
#include "async/queue_sched.h"
#include "async/queue_spin.h"
#include "async/queue_worker.h"
#include "machine/affinity.h"

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

/* Return the size of a worker's stack in bytes: `usual`, or the default, if it is large enough. */
static size_t stack_size(const pthread_attr_t *attr, size_t usual)
{
	size_t size = QUEUE_STACK_COPY_BYTES + QUEUE_STACK_OPERATORS_BYTES + STACK_LIBC_BYTES;
	long least = sysconf(_SC_THREAD_STACK_MIN);

	size += static_tls + (least > 0 ? (size_t)least : 0);
	size += STACK_UNIT_BYTES - size % STACK_UNIT_BYTES;
	if (usual > 0)
		usual += STACK_UNIT_BYTES - 1 - (usual - 1) % STACK_UNIT_BYTES;
	else
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
	uint64_t seen = q->seq;

	for (;;) {
		queue_linger_locked(q, &seen);
		if (q->head != NULL && q->running < q->slots) {
			queue_run_head_locked(q, UINT64_MAX);
		} else if (q->chores) {
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
			if (me->granted)
				queue_use_grant_locked(q, me, UINT64_MAX, true);
		}
	}
}

/* The main function of a worker's thread. */
static void *worker_main(void *arg)
{
	struct worker *self = arg;
	struct queue_sched *q = self->q;

	/* An operator may cancel its thread. The worker must not end, and never with the lock. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	mask_signals();
	pthread_setname_np(pthread_self(), self->name);
	trace_worker(&q->trace);
	queue_acquire(q);
	work_locked(q, &self->sleeper);
	queue_release(q);
	return NULL;
}

/* Make the name of a worker. If it is too long, the part before the slash is cut. */
static void name_worker(char name[WORKER_NAME_BYTES], const char *crew, size_t number)
{
	char end[WORKER_NAME_BYTES];
	int length = snprintf(end, sizeof(end), "/%u", (unsigned)number);
	size_t begin = strnlen(crew, (size_t)(WORKER_NAME_BYTES - 1 - length));

	memcpy(name, crew, begin);
	memcpy(name + begin, end, (size_t)length + 1);
}

/* Start one worker on `cpus`. Return 0 or an errno. */
static int start_worker(struct queue_sched *q, size_t number, const char *crew,
			pthread_attr_t *attr, const struct affinity *cpus)
{
	struct worker *worker = malloc(sizeof(*worker));
	int code;

	if (worker == NULL)
		return ENOMEM;
	*worker = (struct worker){.q = q, .next = q->workers, .sleeper = SLEEPER_INITIALIZER};
	name_worker(worker->name, crew != NULL ? crew : "aml-dma", number);
	code = affinity_create_thread(&worker->thread, attr, cpus, worker_main, worker);
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

/*
 * Create the workers of a pool with the attributes `thread`. `one` has room for one CPU if workers
 * are pinned. Return 0 or an errno.
 */
static int start_crew(struct queue_sched *q, const struct queue_attr *attr, pthread_attr_t *thread,
		      struct affinity *one)
{
	size_t ncpus = attr->pin ? affinity_count(attr->cpus) : 0;
	int code = 0;

	if (attr->pin && ncpus == 0)
		return EINVAL;
	for (size_t i = 0; i < attr->num_threads && code == 0; i++) {
		if (attr->pin)
			affinity_pick(attr->cpus, i % ncpus, one);
		code = start_worker(q, i, attr->name, thread, attr->pin ? one : attr->cpus);
	}
	return code;
}

/*
 * Fill in the attributes of a thread. Only after success must the caller destroy them. Return 0 or
 * an errno.
 */
static int init_thread_attr(pthread_attr_t *thread, size_t stack_bytes)
{
	int code;

	if (stack_bytes > PTRDIFF_MAX || pthread_attr_init(thread) != 0)
		return ENOMEM;
	code = pthread_attr_setstacksize(thread, stack_size(thread, stack_bytes));
	if (code != 0)
		pthread_attr_destroy(thread);
	return code;
}

/* Return the error for an errno of a thread's creation. */
static int creation_error(int code, const struct affinity *cpus)
{
	return cpus != NULL && (code == EINVAL || code == EPERM) ? -AML_EINVAL : -AML_ENOMEM;
}

int queue_start_workers(struct queue_sched *q, const struct queue_attr *attr)
{
	struct affinity one = {NULL, 0};
	sigset_t all, before;
	pthread_attr_t thread;
	int code;

	if (attr->num_threads == 0)
		return AML_SUCCESS;
	if (attr->num_threads > WORKERS_MAX ||
	    (attr->pin && affinity_copy(&one, attr->cpus->cpus, attr->cpus->bytes) != 0))
		return -AML_ENOMEM;
	code = init_thread_attr(&thread, attr->stack_bytes);
	if (code == 0) {
		/* A worker starts with all signals blocked, and then sets its own mask. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		code = start_crew(q, attr, &thread, &one);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		pthread_attr_destroy(&thread);
	}
	affinity_release(&one);
	if (code == 0)
		return AML_SUCCESS;
	queue_join_workers(q);
	return creation_error(code, attr->cpus);
}

/* The main function of a thread that reads its affinity mask. */
static void *read_mask(void *mask)
{
	(void)affinity_read(mask);
	return NULL;
}

int queue_count_cpus(const struct affinity *cpus, size_t *n)
{
	struct affinity mask = {NULL, 0};
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int code, cancel_state;

	code = init_thread_attr(&attr, 0);
	if (code != 0)
		return creation_error(code, cpus);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = affinity_create_thread(&thread, &attr, cpus, read_mask, &mask);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (code != 0)
		return creation_error(code, cpus);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	pthread_join(thread, NULL);
	pthread_setcancelstate(cancel_state, NULL);
	if (mask.cpus == NULL)
		return -AML_ENOMEM;
	*n = affinity_count(&mask);
	affinity_release(&mask);
	return AML_SUCCESS;
}
