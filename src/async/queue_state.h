/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of a queue scheduler, shared by the files queue*.c of this folder.
 *
 * One mutex guards all of it that changes while there are tasks, and the private members of every
 * task that was submitted. No function of a task, no allocator and no system call but those of
 * sleeping and waking is called with it held; but while there is a trace, the write of its buffer
 * when that is full.
 *
 * A task's states:
 *
 *     submit         taken           function returned      waited for
 *    ───────▶ QUEUED ──────▶ RUNNING ─────────────────▶ FINISHED ─────▶ RETURNED
 *               │                                                          ▲
 *               └─────────────────────── cancelled ────────────────────────┘
 *
 * and ORPHAN in a forked child for what was QUEUED or RUNNING in the parent. What a thread does
 * at once (queue_begin()) is submitted and taken in one step, so that it is RUNNING from the start.
 *
 * A task is on one list at most:
 *   `unfinished`  QUEUED and RUNNING ones, in order of submission;
 *   `done`        FINISHED tasks that nobody waits for, for wait_any;
 *   `finished`    FINISHED requests whose handle is still out;
 *   `failed`      FINISHED requests whose failure no barrier has reported, in the order in
 *                 which they finished, with a handle or without;
 *   `orphans`     ORPHAN requests;
 *   `free[…]`     requests that are ready for use, FREE_MAX bytes of them at most;
 *   `surplus`     those beyond, which go back to the allocator when the lock is let go;
 * and on none once somebody waits for it and it has FINISHED.
 *
 * `head` is the first task of `unfinished` with an untaken part: mostly a QUEUED one, but also one
 * that a nested wait began to run ahead of its turn, so that others can share the rest of it.
 *
 * Parts. A divisible task has several; they are taken one by one from the head, a slot each,
 * and the task leaves the queue when the last one is taken. It is RUNNING from the first part
 * on, and FINISHED when none runs and all were taken or, if it is cancelled, will not be. Any
 * other task has one part, itself.
 *
 * Batches. Small tasks, which neither block nor call code of a program's, are taken several at
 * once from the head where there are workers: they are RUNNING from then on, one after the other
 * in one slot, and FINISHED together. A thread that waits outside of any operator may take some,
 * too, if they came before what it waits for, rather than sleep until a worker is awake.
 *
 * Slots. `running` counts the slots that are taken, never more than `slots`: each task or part
 * that runs has one, a task that is blocked in a wait of its own has none. The head is taken only
 * while running < slots. A task that a wait inside another one runs ahead of its turn takes over
 * that one's slot. If that one is another scheduler's, it takes a free slot for which nothing is
 * queued, or runs without a slot, beyond the bound (`beyond`). Such tasks must not count in
 * `running`: a steady flow of them would keep the head and the resumers waiting for ever.
 * frame.has_slot says which of the two a running task is. An operator that returns from a wait
 * needs the slot that it gave up again before it continues, and comes before the head
 * (`resumers`); so resumers are there only while running == slots.
 *
 * Sleeping. Each thread sleeps on the condition variable of its own struct sleeper, in a
 * predicate loop, and is signalled with the mutex held, since the sleeper is on its thread's
 * stack. Its `done` says that what it waits for has come; `poked`, that it is to look at the
 * head. A poke is owed whenever the head could run: there is a head, a free slot, and nobody on
 * the way: neither one who was poked (`waking`) nor the head's waiter, which looks before it
 * sleeps. queue_wake_locked() pays it; whoever submits, frees a slot or leaves a wait
 * calls it, and so does whoever was poked, once it has looked. That no wakeup is lost rests on
 * this only.
 *
 * A thread that was poked may wait for a CPU for long, while another one sleeps that has a CPU.
 * So whoever submits, or is about to sleep, calls queue_wake_again_locked(): it pokes another
 * sleeper if the last poke was not answered within 1 ms or 64 posts. `waking` stays true until
 * the thread that was poked last has looked, or an earlier one has, which then pokes anew.
 */
#ifndef ASYNC_QUEUE_STATE_H
#define ASYNC_QUEUE_STATE_H

#include <pthread.h>

#include "async/queue_request.h"
#include "machine/caches.h"
#include "trace/trace.h"
#include "util/list.h"
#include "util/lock.h"

enum task_state { TASK_QUEUED = 1, TASK_RUNNING, TASK_FINISHED, TASK_RETURNED, TASK_ORPHAN };

/*
 * What a burst of requests took goes back to the allocator but for so much, which some 20,000
 * flat copies are. So many in flight cost no call of the allocator; that a million do is little
 * beside the memory that they touch.
 */
enum { FREE_MAX = 4 << 20 };

/* A batch: so many small tasks at most, of so many bytes together. */
enum { BATCH_MAX = 32, BATCH_BYTES = 64 << 10 };

/* A poke that was not answered after so many posts, or so many nanoseconds, is late. */
enum { POKE_LATE_POSTS = 64, POKE_LATE_NS = 1000000 };

/* In aml_task.priv.flags: it is on `failed`. */
enum { TASK_UNREPORTED = 1 << 3 };

struct task_list {
	struct aml_task *first, *last;
};
DEFINE_LIST(task_list, struct aml_task, priv.next, priv.prev)

/* A thread that may have to sleep; on the list of what it waits for until it is `done`. */
struct sleeper {
	pthread_cond_t wakeup;
	struct sleeper *next, *prev; /* in its list */
	struct sleeper *next_helper; /* in `helpers` */
	struct sleeper *prev_helper;
	uint64_t limit;        /* the newest task that its barrier covers, or it may help with */
	struct aml_task *task; /* what wait_any returns */
	int code;              /* what a barrier returns */
	bool done;             /* what it waits for has come */
	bool poked;            /* it is to look at the head */
	bool asleep;           /* it is in pthread_cond_wait() */
	bool slept;            /* it was: `wakeup` has been in use */
};

#define SLEEPER_INITIALIZER                        \
	{                                          \
		.wakeup = PTHREAD_COND_INITIALIZER \
	}

struct sleeper_list {
	struct sleeper *first, *last;
};
DEFINE_LIST(sleeper_list, struct sleeper, next, prev)

struct helper_list {
	struct sleeper *first, *last;
};
DEFINE_LIST(helper_list, struct sleeper, next_helper, prev_helper)

/* A thread of the pool; a block of its own, taken just before the thread is created. */
struct worker {
	struct sleeper sleeper; /* on the stack `idle` by `next` */
	struct queue_sched *q;
	struct worker *next; /* of the pool; constant once the pool is complete */
	pthread_t thread;
	size_t number;
};

/*
 * What each request touches comes first, in as few cache lines as can be: where threads contend,
 * each line that goes from CPU to CPU costs as much as the rest of the request. What a caller reads
 * without the lock is in a line that is not written.
 */
struct CAPABILITY queue_sched {
	_Alignas(CACHE_LINE_BYTES) struct lock lock; /* guards all that follows up to `nqueued` */
	struct aml_task *head;                       /* the oldest QUEUED task */
	size_t running;                              /* slots taken, at most `slots` */
	size_t slots;                                /* max(1, nworkers) */

	struct task_list unfinished;
	uint64_t seq; /* of the newest task */
	uint64_t nfinished, bytes;
	struct aml_task *surplus;     /* linked by `next` */
	struct sleeper *destroyer;    /* the thread that destroys the scheduler */
	struct sleeper_list barriers; /* by ascending limit */

	size_t nworkers;              /* 0 in a forked child */
	struct sleeper_list resumers; /* want a slot back */
	struct task_list finished;
	struct sleeper *idle; /* workers without work, the last one first */
	size_t free_bytes;    /* of all on the free lists */

	struct aml_task *free[QUEUE_FREE_LISTS]; /* linked by `next` */
	size_t sizes[QUEUE_FREE_LISTS];          /* of a request on each, in bytes */

	struct task_list done, failed, orphans;
	size_t unclaimed;         /* submitted tasks, not requests, that nobody has or waits for */
	struct sleeper_list anys; /* in wait_any */
	struct helper_list helpers; /* without workers: who is asleep and may run the head */
	size_t callers;             /* threads inside a wait */
	size_t beyond;              /* tasks and parts that run without a slot */
	bool waking;                /* somebody is poked and has not looked yet */
	bool stop;                  /* workers are to end */
	unsigned unanswered;        /* posts since the last poke */
	uint64_t poked_at;          /* the time of the last poke, in ns */
	size_t nqueued;

	/* Set before there are any tasks. */
	_Alignas(CACHE_LINE_BYTES) struct aml_sched sched; /* what the caller knows it by */
	queue_part_fn part;                                /* runs a part of a divisible task */
	bool spins; /* a thread that finds the lock taken may spin */

	struct queue_sched *next, *prev; /* of all schedulers; guarded by queue_fork.c's lock */
	struct trace_source trace;       /* of what is submitted here */

	/* The pool, the last one first; in a forked child its memory only. */
	struct worker *workers;
};

struct sched_list {
	struct queue_sched *first, *last;
};
DEFINE_LIST(sched_list, struct queue_sched, next, prev)

/* An operator on the calling thread's stack. */
struct frame {
	struct queue_sched *q;
	struct aml_task *task;
	struct frame *outer;
	bool has_slot; /* of q, while it is not blocked; else it runs beyond the bound */
};

/* Does the task have a part that nobody took? */
static inline bool untaken(const struct aml_task *task)
{
	return task->priv.taken < task->priv.parts;
}

#endif /* ASYNC_QUEUE_STATE_H */
