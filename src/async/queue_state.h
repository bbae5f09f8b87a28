/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of a queue scheduler, shared by the files queue*.c of this folder.
 *
 * A scheduler is a FIFO queue of tasks and a fixed pool of workers that run them. A request of an
 * engine is a task, too: see queue_request.h. An operator is the function of a task.
 *
 * Lock. One mutex guards all state that changes while there are tasks, and the private members of
 * every submitted task. A thread that holds the mutex calls no function of a task, no allocator,
 * and no system call except those that sleep and wake. There are two exceptions: a release adds
 * completions to the eventfd; and if there is a trace, the thread that fills the trace's buffer
 * writes the buffer to its file.
 *
 * States. A task moves through these states:
 *
 *     submit         taken           function returned      returned by a wait
 *    ───┬───▶ QUEUED ──────▶ RUNNING ─────────────────▶ FINISHED ─────▶ RETURNED
 *       │       ▲ │             ▲                                          ▲
 *       │ ready │ │ cancel_all  │                                          │
 *       │       │ ├─────────────┤                                          │
 *       └────▶ HELD ────────────┴──────────────── cancelled ───────────────┘
 *
 * A request is HELD while it has unfinished prerequisites (queue_held.c). It is ready when the last
 * one has finished. A cancel that meets a request that has not started calls its callback: the
 * request is RUNNING meanwhile, beyond the bound. cancel_all does so with all that have not
 * started, so that they stay in the way of barriers until they are FINISHED. One after the other,
 * it calls their callbacks. Those that are still to come have TASK_UNRUN. If a callback waits for
 * one of them, the wait calls its callback: no other thread will.
 *
 * A task that a thread runs at once (queue_begin()) is submitted and taken in one step: it is
 * RUNNING from the start. In a forked child, each task that was QUEUED or RUNNING in the parent is
 * an ORPHAN.
 *
 * Lists. A task is on at most one of these lists:
 *   `unfinished`  HELD, QUEUED and RUNNING tasks, in order of submission;
 *   `done`        FINISHED tasks that no thread waits for, for wait_any;
 *   `failed`      FINISHED requests whose failure no barrier has reported, with or without a
 *                 handle, in the order in which they finished;
 *   `orphans`     ORPHAN requests.
 * A FINISHED task that a thread waits for is on no list. Neither is a FINISHED request whose handle
 * is not released, unless it failed. A FINISHED request with EXTRA_REAP leaves its memory at once,
 * and only its completion stays.
 * Extended requests have links of their own for the heap `ready`, for `afters`, and for `reaping`,
 * the unfinished requests with EXTRA_REAP in order of submission.
 *
 * Numbers. `seq` of an unfinished task is its place in the order of submission. When the task has
 * finished, `seq` is its place in the order of finishing. Orphans are numbered as if they had
 * finished at the fork, in the order of submission.
 *
 * Prerequisites. An edge leads from each unfinished prerequisite to the held request. A finish
 * passes the result along each edge: if it is an error, the request keeps the first one, and will
 * not run, unless it has EXTRA_ALWAYS. A finish after a cancel passes -AML_FAILURE. `pending`
 * counts the edges, and one for `afters`. A request that is not to run goes through the queue like
 * any other, in one part; the thread that takes it skips the function, not the callback.
 *
 * After all. `afters` has the HELD requests with EXTRA_AFTER_ALL for which older tasks are
 * unfinished, in order of submission. Only the first can be next. It leaves the list when all
 * tasks of `unfinished` before it are operators that were on the stack of its poster.
 *
 * Failures. A barrier reports no failure of a request that was skipped, nor of one without a handle
 * whose callback or completion reports it.
 *
 * Completions. `completions` has them in the order in which the requests finished. A post promises
 * a place to each request with EXTRA_REAP, so that a finish allocates nothing. Threads in `reapers`
 * wait until the number of completions reaches their `least`. The eventfd is written when the lock
 * is released, at most once for each release: `signals` is what to add.
 *
 * Memory. A task belongs to its caller, and a request with TASK_ON_STACK to the frame of its
 * caller. Any other request belongs to the scheduler from its submission on, until a cancel, or a
 * wait that finds an ORPHAN, hands it back. Requests lie in blocks, see queue_memory.c. A wait puts
 * its request back into its block. A request without a handle goes there when it finishes or, if it
 * failed, when a barrier reports it. A block without requests that is not kept goes to `surplus`.
 * The thread that releases the mutex then passes `surplus` to free(). The end of the scheduler
 * frees all blocks.
 *
 * Head. `head` is the oldest task of `unfinished` with an untaken part that is not HELD. It is
 * QUEUED, or RUNNING if some of its parts are taken. If a nested wait began to run a divisible task
 * ahead of its turn, the task becomes the head when its turn comes, so that other threads can share
 * the rest of it. The head is the older of two tasks:
 *  - `fifo`, the oldest such task that is not in `ready`. When the last part of it is taken, a scan
 *    of `unfinished` from there on finds the next one. The scan only moves forward, so that it
 *    passes each HELD task once;
 *  - the oldest request of `ready`, a heap of the requests that became ready when the scan had
 *    passed them. They are all older than `fifo`.
 *
 * Parts. A divisible task has several parts. Threads take its parts one by one from the head, with
 * one slot for each part. The task leaves the queue when its last part is taken. The task is
 * RUNNING from its first part on. It is FINISHED when no part runs and no part is left to take;
 * after a cancel, no part is left to take. A part may wait and submit, as an operator may. Any
 * other task has one part: itself.
 *
 * Batches. A small task neither blocks nor calls code of the program. If there are workers, a
 * thread takes several small tasks from the head at once. They are RUNNING from then on, run one
 * after the other in one slot, and are FINISHED together. A waiting thread may take such a batch,
 * too, of tasks that are no newer than what it waits for, instead of sleeping until a worker is
 * awake. A wait for one task inside an operator may not: it runs only that task.
 *
 * A HELD small request follows a task in its batch if it is HELD because of this task only, and if
 * nothing in the queue is older: it would be the next head. It is RUNNING with the batch, and no
 * edge leads to it any more. If the task fails, the thread skips the request, unless it has
 * EXTRA_ALWAYS. A later cancel of the task finds that the task has run, and does not affect it.
 *
 * Slots. A slot is the right to run a task, a part or a batch.
 *  - `running` counts the taken slots. It never exceeds `slots`.
 *  - Each running task, part or batch has a slot, unless it runs beyond the bound. A task that is
 *    blocked in a wait of its own has none.
 *  - The head is taken only while running < slots.
 *  - A wait inside an operator runs the awaited task ahead of its turn. If both tasks belong to one
 *    scheduler, the awaited task takes over the slot of the waiting one.
 *  - If the waiting task belongs to another scheduler, the awaited task takes a free slot if
 *    nothing else is queued. Otherwise it runs without a slot, beyond the bound, and counts in
 *    `beyond`. It must not count in `running`: a steady flow of such tasks would keep the head and
 *    the resumers waiting forever.
 *  - frame.has_slot says which of the operators on a thread's stack have a slot. It moves to the
 *    task that takes over the slot, and back. More than one has a slot if an operator of one
 *    scheduler runs those of another in aml_dma_progress().
 *  - A thread gives up all slots of its stack while it waits in an operator or in a callback, and
 *    needs them again before it continues. If no slot is free, it sleeps on `resumers`, which get
 *    free slots before the head does. So there are resumers only while running == slots. A thread
 *    takes several slots again in the order of the schedulers' addresses, so that no two threads
 *    wait for each other.
 *
 * Bound. An engine may have a bound on its unfinished requests. A post beyond it is refused, see
 * queue_bound.h. Synchronous copies and posts inside of a task are not refused, because neither
 * could wait for room without a deadlock.
 *
 * Counts. Each request is posted, which `seq` counts, and then either finishes (`nfinished`) or is
 * cancelled before it began (`ncancelled`). Meanwhile it is HELD (`nheld`), or QUEUED, which
 * `nqueued` less `nbegun` counts, or RUNNING, which nothing counts. Tasks that are no requests are
 * counted in `plain`, too, so that they can be subtracted: requests are on the path that must be
 * fast.
 *
 * Sleeping. Each thread sleeps on the condition variable of its own struct sleeper, in a predicate
 * loop. A thread signals a sleeper with the mutex held, because the sleeper lies on the stack of
 * the thread that sleeps.
 *  - `done` says that what the sleeper waits for has come. `poked` says that it must look at the
 *    head. `late` says that its deadline has passed; `done` comes first. A sleeper sets `late`
 *    itself. It then leaves the list of what it waits for, and passes on a poke. `called` says that
 *    a walker must walk again.
 *  - `need` counts the tasks that have the sleeper as their waiter and must still finish. A task
 *    that finishes when its waiter is done is filed as if no thread waited for it.
 *  - A poke is owed if the head could run and no thread is on its way to it. The head could run if
 *    there is a head and running < slots. A thread is on its way if it waits for the head, may run
 *    it, and is awake: it looks before it sleeps. Others are on their way while `waking` is set: a
 *    thread that was poked and has not yet looked; a thread in a short batch; a worker that
 *    lingers. Each of them resets `waking`, and then looks, or pays the poke. If two of them are on
 *    their way, the first one resets it, and the other one is not counted any more.
 *  - queue_wake_locked() pays the poke. Every thread calls it after it submits a task, frees a
 *    slot, makes a held request ready or leaves a wait. A thread that was on its way also calls it
 *    after it has looked.
 * Only this rule ensures that no wakeup is lost.
 *
 * Short batches. A batch is short if it moves few bytes, and leaves no task behind, or few small
 * ones. A thread is back from it sooner than another one is awake.
 *
 * Lingering. While a thread posts tiny tasks at a high rate, no worker should touch the queue: each
 * cache line that goes from CPU to CPU takes as long as such a task. So a worker lingers before it
 * looks at the head, if no thread waits, and only few tiny tasks are there: see queue_linger.c.
 *
 * Helping. A call that posts several requests, or an extended one, runs a batch of tiny tasks that
 * were posted before its own, if there are enough of them. It does so outside of operators, like a
 * thread that waits for these tasks.
 *
 * Groups. A call that waits for several requests makes its sleeper the waiter of each, also of
 * those that have finished, so that it finds a request that stands in the list twice. It is woken
 * once, by the finish that makes `need` 0. It then releases what it takes, finds the order of these
 * requests by their numbers, and ends to be the waiter of the others, which are as before. If it
 * must not change anything, it has found so before it sleeps. `groups` has the groups of sleeping
 * calls: a forked child ends them, because their threads do not exist there.
 *
 * Who runs what. A thread that waits outside of operators for all of its group runs the head if it
 * is one of the group, and small tasks and, without workers, any tasks that are no newer than the
 * group. With workers, a sleeper with a deadline, and one that waits for some of its group only,
 * has `only_small`: it runs no code of the program, which could last longer than what it waits for.
 * A call with `runs_one` runs at least one task or part if there are no workers, so that a program
 * that tests in a loop makes progress. An operator runs the tasks of its group in the order of the
 * list, at least one task or part. If it is late and has run nothing, it passes its slot to the
 * first resumer, else to a sleeping thread that may run the head (`granted`), and becomes a resumer
 * itself.
 *
 * Rosters. A roster is the waiter of the requests of a list that a program passes to wait_any again
 * and again, also between the calls: see queue_roster.h. Its sleeper is done while no call sleeps.
 * A request leaves its roster before any other call waits for it or cancels it. In a forked child,
 * rosters have no members.
 *
 * Walkers. An operator that waits for HELD requests runs what they need (queue_walk.c). While all
 * of that runs elsewhere, its sleeper is in `walkers`. If a request becomes ready that a walker may
 * need, the request is urgent, until a thread takes it. When the lock is released with urgent
 * requests (`nurgent`), no thread is on its way to them: all walkers are called, and walk again.
 *
 * Late threads. A thread on its way may have to wait long for a CPU while a sleeping thread could
 * have one. So a thread that submits a task, or is about to sleep in a wait, calls
 * queue_wake_again_locked(). This function also pokes a sleeper if the thread that set out last is
 * late: after QUEUE_LATE_NS or QUEUE_LATE_POSTS. `waking` stays true until one of the threads has
 * come. That thread then pokes again if a poke is owed.
 */
#ifndef ASYNC_QUEUE_STATE_H
#define ASYNC_QUEUE_STATE_H

#include <pthread.h>

#include "async/queue_completions.h"
#include "async/queue_extra.h"
#include "async/queue_request.h"
#include "async/queue_sleeper.h"
#include "async/queue_spin_state.h"
#include "machine/caches.h"
#include "trace/trace.h"
#include "util/list.h"
#include "util/lock.h"

enum task_state {
	TASK_QUEUED = 1,
	TASK_RUNNING,
	TASK_FINISHED,
	TASK_RETURNED,
	TASK_ORPHAN,
	TASK_HELD
};

/*
 * Limits of the blocks that are kept although they have no requests. Blocks up to the minimum are
 * kept until the end. The maximum has room for some 170,000 flat copies. A period is longer than
 * the number of blocks that a burst leaves idle. Tests build with other numbers.
 */
#ifndef QUEUE_IDLE_BYTES_MAX
#define QUEUE_IDLE_BYTES_MAX (32 << 20)
#define QUEUE_IDLE_BYTES_MIN (4 << 20)
#define QUEUE_IDLE_PERIOD 4096
#endif

enum { QUEUE_BLOCK_BYTES = 16 << 10, QUEUE_BLOCK_SLOTS_MAX = 128 };

/*
 * The limits of a batch: the number of its small tasks, and the bytes that they move together. From
 * a long queue, a thread takes its share of the tasks, up to the greater number.
 */
enum {
	QUEUE_BATCH_TASKS = 32,
	QUEUE_BATCH_TASKS_MAX = 128,
	QUEUE_BATCH_BYTES_MAX = 64 << 10,
};

/*
 * A thread that is on its way to the head is late if it has not come after this many posts, or
 * nanoseconds. If the head is small, it may take more posts.
 */
enum {
	QUEUE_LATE_POSTS = 64,
	QUEUE_LATE_SMALL_POSTS = 512,
	QUEUE_LATE_NS = 1000000,
};

/* The size of a thread's name in Linux, with the byte that ends it. */
enum { WORKER_NAME_BYTES = 16 };

/*
 * In aml_task.priv.flags, set while no thread runs the task, because the thread that runs it reads
 * the flags without the lock: the task is on `failed`; no barrier reports its failure; it was
 * cancelled by the thread whose queue_frame `data` is the address of, which has yet to end it.
 */
enum { TASK_UNREPORTED = 1 << 3, TASK_UNRUN = 1 << 6, TASK_SILENT = 1 << 7 };

/* How many addresses of lists for wait_any are remembered. */
enum { QUEUE_SEEN_LISTS = 8 };

struct task_list {
	struct aml_task *first, *last;
};
DEFINE_LIST(task_list, struct aml_task, priv.next, priv.prev)

/* Of a free list: the size of a slot, and the place of the task in it, in bytes. */
struct slot_place {
	uint32_t bytes, offset;
};

/* A block of slots for requests of one size. */
struct request_block {
	struct request_block *next, *prev; /* in `open`, if it has a free slot; or in `surplus` */
	struct request_block *next_of_all, *prev_of_all; /* in `blocks` */
	unsigned list;                                   /* the number of its `open` list */
	unsigned mark;                                   /* the list in the flags of its tasks */
	uint32_t bytes;                                  /* of a slot */
	uint32_t slots, nfree;                           /* nfree of them are free */
	uint64_t free[QUEUE_BLOCK_SLOTS_MAX / 64];       /* a bit for each free slot */
	char *tasks;                                     /* the task in slot 0 */
};

struct open_list {
	struct request_block *first, *last;
};
DEFINE_LIST(open_list, struct request_block, next, prev)

struct block_list {
	struct request_block *first, *last;
};
DEFINE_LIST(block_list, struct request_block, next_of_all, prev_of_all)

/* See queue_roster.h. */
struct queue_roster;

struct roster_list {
	struct queue_roster *first, *last;
};

/* A thread of the pool: one block of memory, allocated just before the thread is created. */
struct worker {
	struct sleeper sleeper; /* while idle: on the stack `idle`, linked by `next` */
	struct queue_sched *q;
	struct worker *next; /* in the pool; constant once the pool is complete */
	pthread_t thread;
	char name[WORKER_NAME_BYTES]; /* of the thread */
};

/*
 * The members that each request touches come first, in as few cache lines as possible: if threads
 * contend, each line that moves from CPU to CPU costs as much as the rest of the request. The
 * members that callers read without the lock are in a line that no task writes.
 */
struct CAPABILITY queue_sched {
	_Alignas(CACHE_LINE_BYTES) struct lock lock; /* guards all members up to `spin` */
	struct aml_task *head;                       /* the next task: `fifo`, or of `ready` */
	struct aml_task *fifo;                       /* the next task that is not in `ready` */
	unsigned running;                            /* taken slots, at most `slots` */
	unsigned slots;                              /* max(1, nworkers) */

	struct task_list unfinished;
	uint64_t seq;                /* the number of the newest task */
	uint64_t nfinished, bytes;   /* finished tasks; the bytes that successful requests moved */
	struct request_extra *ready; /* the root of the heap: the oldest of its requests */
	bool chores;                 /* a release of the lock has more to do, see queue_lock.h */
	bool settles;                /* `barriers`, `afters` or `destroyer` are not empty */
	bool waking;                 /* a thread is on its way to the head */
	bool stop;                   /* the workers must end */
	unsigned nworkers;           /* 0 in a forked child */

	size_t nqueued;               /* tasks with an untaken part */
	uint64_t ncancelled;          /* requests that were cancelled before they began */
	size_t unfinished_max;        /* the bound on unfinished requests, constant; 0: none */
	struct sleeper *idle;         /* workers without work; the last one to sleep is first */
	uint64_t poked_at;            /* the time of the last poke, in ns */
	uint64_t awaited_at;          /* about when a thread set out last; 0: not known yet */
	unsigned awaited_posts;       /* posts since then */
	struct sleeper_list resumers; /* operators that need a slot again */

	struct open_list open[QUEUE_FREE_LISTS]; /* blocks with a free slot */
	struct slot_place places[QUEUE_FREE_LISTS];
	size_t sizes[QUEUE_SIZES]; /* of a request of each class, in bytes */

	struct after_list afters;
	struct request_block *surplus; /* linked by `next` */
	struct sleeper *destroyer;     /* the thread that destroys the scheduler */
	struct sleeper_list barriers;  /* in ascending order of `limit` */

	struct block_list blocks; /* all blocks */
	size_t nblocks;           /* their number */
	size_t idle_bytes;        /* of the blocks without requests */
	size_t idle_low;          /* the least idle_bytes since the period began */
	size_t excess;            /* the idle bytes that are to be released */
	size_t idle_blocks;       /* how often a block became idle */

	struct task_list done, failed, orphans;
	struct completion_queue completions;
	struct reaping_list reaping;
	struct sleeper_list reapers; /* threads that wait for completions */
	struct walker_list walkers;  /* operators that sleep until what they need is ready */
	size_t nurgent;              /* ready requests for which no walker was called yet */
	uint32_t call;               /* the number of the next call of walkers, never 0 */
	uint64_t last_walk;          /* the number of the last walk */
	uint64_t signals;            /* what the next release adds to the eventfd */
	int eventfd;                 /* -1: there is none */

	size_t unclaimed; /* tasks, not requests, that are neither returned nor waited for */
	struct sleeper_list anys;           /* threads in wait_any */
	struct roster_list rosters;         /* see queue_roster.h; the last one used is last */
	const void *seen[QUEUE_SEEN_LISTS]; /* lists of calls of wait_any without a roster */
	size_t nrosters;
	struct group_list groups;   /* of calls that wait for several requests */
	struct helper_list helpers; /* without workers: sleeping threads that may run the head */
	size_t callers;   /* threads inside a wait, or with a request for queue_give_back() */
	size_t beyond;    /* tasks and parts that run without a slot */
	size_t nbegun;    /* queued, divisible tasks of which a part was taken */
	size_t nheld;     /* HELD requests */
	uint64_t nfailed; /* finished requests that failed */
	/*
	 * The parts of divisible requests that have run, less the finished requests that are
	 * divisible or did not run. It may be negative, modulo 2^64.
	 */
	uint64_t extra_parts;
	/* The tasks that are no requests, which `seq`, `nfinished` and `nqueued` include. */
	struct plain_tasks {
		uint64_t submitted, finished;
		size_t queued;
	} plain;
	struct queue_spin spin;

	/* Set before there are any tasks. */
	_Alignas(CACHE_LINE_BYTES) struct aml_sched sched; /* the public handle */
	queue_part_fn part;                                /* runs a part of a divisible task */
	queue_small_fn small;                              /* runs a small request */
	queue_drop_fn drop; /* releases what a request owns that does not run */
	bool spins;         /* a thread that finds the lock taken may spin */

	/* In the list of all schedulers; guarded by the lock of queue_fork.c. */
	struct queue_sched *next, *prev;
	struct trace_source trace; /* of the tasks that are submitted here */

	/* The pool; the last worker is first. In a forked child only the memory exists. */
	struct worker *workers;
};

struct sched_list {
	struct queue_sched *first, *last;
};
DEFINE_LIST(sched_list, struct queue_sched, next, prev)

/* An operator on the stack of the calling thread. */
struct frame {
	struct queue_sched *q; /* where its task was submitted */
	struct aml_task *task;
	struct frame *outer;         /* the operator around this one; NULL: none */
	bool has_slot;               /* it has a slot of q now */
	const struct frame *sleeper; /* the innermost operator, whose wait has given up the slot */
};

/* Report whether the task has a part that no thread has taken. */
static inline bool has_untaken_part(const struct aml_task *task)
{
	return task->priv.taken < task->priv.parts;
}

/* Report whether the task has finished, or counts as finished in a forked child. */
static inline bool has_finished(const struct aml_task *task)
{
	return task->priv.state == TASK_FINISHED || task->priv.state == TASK_ORPHAN;
}

/* Report whether a thread may take a part of the task. */
static inline bool can_run(const struct aml_task *task)
{
	return has_untaken_part(task) && task->priv.state != TASK_HELD;
}

/* Return the result of a request. */
static inline int *request_result(const struct aml_task *task)
{
	return (int *)(void *)task->out;
}

#endif /* ASYNC_QUEUE_STATE_H */
