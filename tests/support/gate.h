/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helpers of the engine's tests: gates that force an order between threads, operators and tasks
 * that pass a gate, calls in threads of their own, child processes, and the state of threads.
 */
#ifndef TESTS_SUPPORT_GATE_H
#define TESTS_SUPPORT_GATE_H

#include <aml.h>
#include <aml/dma/linux.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tool.h"

/* A gate: a thread that arrives signals its arrival, and waits until it is let through. */
struct gate {
	sem_t came, open;
};

void gate_init(struct gate *gate);
void gate_destroy(struct gate *gate);
/* Signal the arrival, and wait until the gate is opened for this thread. */
void gate_pass(struct gate *gate);
/* Wait until a thread has arrived. Each arrival ends one wait. */
void gate_await(struct gate *gate);
/* Let one thread through, now or when it arrives. */
void gate_open(struct gate *gate);

/* The order of events, one letter per event. */
#define TRAIL_MAX 256
struct trail {
	atomic_size_t length;
	char text[TRAIL_MAX];
};

void trail_add(struct trail *trail, char name);

/* How many threads are inside now, and the maximum so far. */
struct crowd {
	atomic_int now, most;
};

void crowd_enter(struct crowd *crowd);
void crowd_leave(struct crowd *crowd);

/* The work of an operator or a task in these tests. All members are optional. */
struct job {
	/* Added to the trail when the job starts. */
	char name;
	struct trail *trail;
	/* Entered while the job runs. */
	struct crowd *crowd;
	/* Passed after the job has started. */
	struct gate *gate;
	/* Called after the gate. The returned value is the job's result. */
	int (*body)(struct job *job);
	/* The job's result if there is no body. */
	int result;

	/* For use by the body. */
	struct aml_dma *dma;
	struct aml_sched *sched;
	struct job *other;
	struct aml_task *task;
	struct aml_dma_request *req;
	int n;

	/* Outcomes. They need not be atomic: a wait or a barrier makes them visible. */
	int runs;
	pid_t tid;
};

/* The operator whose argument is a job. */
int job_operator(struct aml_layout *dst, const struct aml_layout *src, void *job);
/* A task that runs a job, and stores the result in *out unless out is NULL. */
struct aml_task job_task(struct job *job, int *out);
/* Post a job to an engine. If req is NULL, there is no handle. */
int job_post(struct aml_dma *dma, struct aml_dma_request **req, struct job *job);
/* An element of a post that runs a job. */
struct aml_dma_post_attr job_attr(struct job *job);
/* Post a job that has the `n` requests of `after` as its prerequisites. */
int job_post_after(struct aml_dma *dma, struct aml_dma_request **req, struct job *job,
		   unsigned flags, size_t n, struct aml_dma_request *const *after);
/* Run a job as a synchronous copy. */
int job_copy(struct aml_dma *dma, struct job *job);

/* An argument for layout parameters that the operator ignores. */
extern struct aml_layout any_layout;

/*
 * An assertion for bodies and children: return the negative line number. The test finds it in the
 * result.
 */
#define NEED(condition)                   \
	do {                              \
		if (!(condition))         \
			return -__LINE__; \
	} while (0)

/* One call in a thread of its own. The test fills in fn and the members that fn uses. */
struct call {
	int (*fn)(struct call *call);
	struct aml_dma *dma;
	struct aml_dma_request **req;
	struct aml_sched *sched;
	struct aml_task *task;
	struct job *job;

	pthread_t thread;
	sem_t begun;
	pid_t tid;
	atomic_int ended;
	int result;
};

int call_wait(struct call *call);
int call_cancel(struct call *call);
int call_barrier(struct call *call);
int call_copy(struct call *call);
int call_destroy(struct call *call);
int call_wait_task(struct call *call);
/* Stores the task in call->task. */
int call_wait_any(struct call *call);
int call_destroy_sched(struct call *call);

/* Start the thread. On return, the thread is about to call or has called. */
void call_begin(struct call *call);
/*
 * Wait until the thread sleeps or has ended. The thread may also sleep before its call. So this
 * function only makes faults more likely to show: no test may depend on it to succeed.
 */
void call_settle(struct call *call);
/* Wait for the thread's end, and return the result of the call. */
int call_end(struct call *call);

/* Wait until a thread of this process sleeps or has ended. */
void thread_settle(pid_t tid);
/*
 * Store the ids of the threads of this process whose names begin with the prefix, `room` at most.
 * Return the number of such threads, which may be larger than `room`.
 */
size_t threads_named(const char *prefix, pid_t *tids, size_t room);
/*
 * Check that aml_dma_linux has n workers: it runs n operators at once, and the process has n
 * threads besides the caller. A sanitizer's threads do not count.
 */
void expect_workers(size_t n);
/* The number of a thread's context switches, voluntary and involuntary. */
unsigned long thread_switches(pid_t tid);
/* Yield a bounded number of times, so that other threads can run. */
void yield_a_while(void);

/*
 * Fork, call fn in the child, and return the result of fn. If a signal killed the child, return
 * -10000 minus the signal. If the child exited with another status than 0, as under a tool that
 * found an error, return -20000 minus the status. fn must not use Check's assertions.
 */
int in_child(int (*fn)(void *arg), void *arg);

/* Whether LeakSanitizer reports a leak in this process. Without LeakSanitizer: false. */
bool leaked(void);

#endif /* TESTS_SUPPORT_GATE_H */
