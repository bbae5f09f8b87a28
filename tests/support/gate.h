/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of the engine share: operators and tasks that tell that they run and wait at a
 * gate to be let go on, calls made in a thread of their own, children, and a look at threads.
 */
#ifndef TESTS_SUPPORT_GATE_H
#define TESTS_SUPPORT_GATE_H

#include <aml.h>
#include <aml/dma/linux.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tool.h"

/* A gate: whoever comes to it tells so, and waits to be let through. */
struct gate {
	sem_t came, open;
};

void gate_init(struct gate *gate);
void gate_destroy(struct gate *gate);
/* Come to the gate and wait there. */
void gate_pass(struct gate *gate);
/* Wait until somebody has come to it. */
void gate_await(struct gate *gate);
/* Let one through, now or when it comes. */
void gate_open(struct gate *gate);

/* In which order things happened: a letter each. */
#define TRAIL_MAX 256
struct trail {
	atomic_size_t length;
	char text[TRAIL_MAX];
};

void trail_add(struct trail *trail, char name);

/* How many are at it at once, and how many ever were. */
struct crowd {
	atomic_int now, most;
};

void crowd_enter(struct crowd *crowd);
void crowd_leave(struct crowd *crowd);

/* What an operator or a task of these tests does. All members are optional. */
struct job {
	/* Added to the trail when it starts. */
	char name;
	struct trail *trail;
	/* Entered while it runs. */
	struct crowd *crowd;
	/* Passed when it has started. */
	struct gate *gate;
	/* What it does then; its value is the result. */
	int (*body)(struct job *job);
	/* The result where there is no body. */
	int result;

	/* For the body. */
	struct aml_dma *dma;
	struct aml_sched *sched;
	struct job *other;
	struct aml_task *task;
	struct aml_dma_request *req;
	int n;

	/* What came of it: plain, since a wait or a barrier makes them visible. */
	int runs;
	pid_t tid;
};

/* The operator whose argument is a job. */
int job_operator(struct aml_layout *dst, const struct aml_layout *src, void *job);
/* A task that runs a job; out is where its result goes, or NULL. */
struct aml_task job_task(struct job *job, int *out);
/* Post a job to an engine; req NULL: without a handle. */
int job_post(struct aml_dma *dma, struct aml_dma_request **req, struct job *job);
/* Run a job as a synchronous copy. */
int job_copy(struct aml_dma *dma, struct job *job);

/* What stands for a layout where the operator does not look at it. */
extern struct aml_layout any_layout;

/* In a body and in a child: fail with the line's number, which the test then finds. */
#define NEED(condition)                   \
	do {                              \
		if (!(condition))         \
			return -__LINE__; \
	} while (0)

/* One call, made in a thread of its own; the test fills in fn and what it uses. */
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

/* Start the thread; it is about to call, or is in its call, when this returns. */
void call_begin(struct call *call);
/*
 * Wait until the thread sleeps or has ended. A thread that sleeps may yet do so before
 * its call; so this brings out what goes wrong, and no test's success depends on it.
 */
void call_settle(struct call *call);
/* Wait for its end; what the call returned. */
int call_end(struct call *call);

/* Wait until a thread of this process sleeps, or is no more. */
void thread_settle(pid_t tid);
/* The threads of this process whose name begins so, as many as fit; how many there are. */
size_t threads_named(const char *prefix, pid_t *tids, size_t room);
/* How often a thread has given up the CPU or been made to. */
unsigned long thread_switches(pid_t tid);
/* Let the others run for a while: a bounded number of yields. */
void yield_a_while(void);

/*
 * Fork, call fn in the child, and return what it returned; -10000 less the signal if it was killed,
 * -20000 less the status if a tool made it fail. It must not use Check's assertions.
 */
int in_child(int (*fn)(void *arg), void *arg);

/* Has this process leaked memory by now, as far as LeakSanitizer is there to tell? */
bool leaked(void);

#endif /* TESTS_SUPPORT_GATE_H */
