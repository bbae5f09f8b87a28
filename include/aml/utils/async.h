/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Asynchronous work: tasks, schedulers, and the queue scheduler.
 *
 * A task is a function with an input and an output. Its caller fills in the four public
 * members, submits it, and keeps it where it is until it was waited for; then it may be
 * submitted again, or released.
 *
 *     static void work(struct aml_task_in *in, struct aml_task_out *out);
 *
 *     struct aml_sched *sched = aml_queue_sched_create(4);
 *     struct aml_task task = {
 *             .in = (struct aml_task_in *)&input,
 *             .out = (struct aml_task_out *)&output,
 *             .fn = work,
 *     };
 *     aml_sched_submit_task(sched, &task);
 *     aml_sched_wait_task(sched, &task);
 *     aml_queue_sched_destroy(&sched);
 *
 * Any thread may use any scheduler at any time, inside a task's function too. What a task wrote
 * is visible to the thread that returns from waiting for it.
 *
 * No function of this library may be called in a signal handler: the handler may have interrupted
 * one that holds a lock, and would wait for it for ever.
 */
#ifndef AML_UTILS_ASYNC_H
#define AML_UTILS_ASYNC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** What a task works on; the caller's own type, cast. */
struct aml_task_in;
/** Where a task leaves its result; the caller's own type, cast. */
struct aml_task_out;
/** The type of aml_task.data in AML's documents; never defined. */
struct aml_task_data;

/**
 * A task's function. It must return: no longjmp, exception or pthread_exit out of it. The
 * cancellation of its thread is disabled; it must not enable it.
 */
typedef void (*aml_task_work)(struct aml_task_in *in, struct aml_task_out *out);

/** A piece of work. */
struct aml_task {
	/** First argument of `fn`; untouched. */
	struct aml_task_in *in;
	/** Second argument of `fn`; untouched. */
	struct aml_task_out *out;
	/** What to do; not NULL. */
	aml_task_work fn;
	/** The caller's own; untouched. */
	void *data;

	/**
	 * Private to the scheduler, which initialises it on submission and guards it by a lock
	 * of its own until the task was waited for.
	 */
	struct {
		/** Neighbours in the one list that the task is on. */
		struct aml_task *next, *prev;
		/** Where the task was submitted. */
		void *sched;
		/** Who waits for it. */
		void *waiter;
		/** Its place in the order of submission. */
		uint64_t seq;
		/** What it moves, in bytes; 0: nobody can tell. */
		uint64_t bytes;
		/** Its state and its kind. */
		unsigned state, flags;
		/** How many parts it has, how many were taken, and how many run. */
		unsigned parts, taken, active;
	} priv;
};

struct aml_sched_data;

/** What a scheduler can do. */
struct aml_sched_ops {
	/** See aml_sched_submit_task(). */
	int (*submit)(struct aml_sched_data *data, struct aml_task *task);
	/** See aml_sched_wait_task(). */
	int (*wait)(struct aml_sched_data *data, struct aml_task *task);
	/** See aml_sched_wait_any(). */
	struct aml_task *(*wait_any)(struct aml_sched_data *data);
};

/** A scheduler: its data and its operations. */
struct aml_sched {
	struct aml_sched_data *data;
	struct aml_sched_ops *ops;
};

/**
 * Hand a task to a scheduler.
 *
 * @param sched [in] Where it is to run.
 * @param task [inout] Its public members are filled in; it stays the caller's and must stay in
 * place until it was waited for. It is not already submitted.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if an argument or `task->fn` is NULL;
 *         -AML_ENOTSUP if the scheduler's table lacks the operation.
 *
 * Does not block. May be called inside a task's function.
 */
int aml_sched_submit_task(struct aml_sched *sched, struct aml_task *task);

/**
 * Wait until a task has finished.
 *
 * The caller's thread may run the task itself, see aml_queue_sched_create(). Inside the
 * function of another task, a task that has not started is run at once, ahead of its turn, so
 * that nested waits never deadlock for want of workers.
 *
 * @param sched [in] Where the task was submitted.
 * @param task [inout] The task; it may be submitted again afterwards.
 * @return AML_SUCCESS once it has finished;
 *         -AML_EINVAL if an argument is NULL, or the task was submitted elsewhere or
 *         already returned by this function or aml_sched_wait_any();
 *         -AML_EBUSY if another thread waits for it, or the task's
 *         function is on the calling thread's own stack;
 *         -AML_FAILURE in a forked child, for a task that the parent has not finished;
 *         -AML_ENOTSUP if the scheduler's table lacks the operation.
 *
 * What is undefined: waiting for a task that was never submitted, and cycles of tasks that wait
 * for each other over more than one thread.
 */
int aml_sched_wait_task(struct aml_sched *sched, struct aml_task *task);

/**
 * Wait until any task has finished that nobody else waits for.
 *
 * @param sched [in] The scheduler.
 * @return A task, which counts as waited for; NULL once no submitted task is left that nobody
 * waits for (aml_errno stays as it is), or with aml_errno set:
 *         AML_EINVAL if `sched` is NULL;
 *         AML_EBUSY inside the function of a task of the same scheduler;
 *         AML_ENOTSUP if the scheduler's table lacks the operation.
 */
struct aml_task *aml_sched_wait_any(struct aml_sched *sched);

/**
 * Create a queue scheduler: one FIFO, drained by a fixed pool of threads.
 *
 * Tasks start in the order of their submission, at most max(1, num_threads) at once. A task that
 * is blocked in a wait of its own does not count. Nor does one that runs ahead of its turn because
 * a task of another scheduler waits for it, unless nothing is queued and it finds room. One worker
 * thus runs everything one at a time, in order. A thread that waits outside of any task runs the
 * awaited task itself when it is the next one and the pool is not full. With 0 threads, tasks run
 * in order in the threads that wait, and at no other time.
 *
 * The workers block all signals but those that a fault raises in the thread itself (and SIGABRT
 * and SIGPROF), are named `aml-dma/0`, `aml-dma/1`, …, and inherit the CPU affinity, the
 * scheduling policy and the nice value of the calling thread.
 *
 * Their stacks are as large as the program's default for threads, and have room for the program's
 * static thread-local storage, the library's own copies and 256 KiB for the functions of tasks at
 * least. Other attributes that the program has set as defaults for its threads do not matter.
 *
 * A worker that is woken may have to wait for a CPU, for instance where a real-time thread has its
 * CPU. Another sleeping worker is woken instead by the first submission, or the first wait that
 * goes to sleep, 1 ms or 64 submissions after that.
 *
 * In a forked child the scheduler goes on with 0 threads and an empty queue.
 *
 * @param num_threads [in] The number of workers; 0 is allowed.
 * @return The scheduler, to be released with aml_queue_sched_destroy(); NULL with aml_errno
 * AML_ENOMEM if memory or threads are short. A worker's memory is taken just before its thread, so
 * a number that is far too large takes no more memory than the threads that can be had.
 */
struct aml_sched *aml_queue_sched_create(const size_t num_threads);

/**
 * Run what is queued, let those return that wait, end the workers, release the scheduler.
 *
 * @param sched [inout] A scheduler of aml_queue_sched_create(); set to NULL. NULL, or a pointer
 * to NULL: nothing happens. Inside the function of one of its own tasks nothing happens either.
 *
 * Tasks that were not waited for are their owners' to release. New calls on the scheduler are
 * undefined once this one has begun, but for those of tasks that it still runs.
 */
void aml_queue_sched_destroy(struct aml_sched **sched);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_UTILS_ASYNC_H */
