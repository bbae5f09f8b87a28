/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Asynchronous work: tasks, schedulers, and the queue scheduler.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_UTILS_ASYNC_H
#define AML_UTILS_ASYNC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_tasks Tasks and schedulers
 *
 * A task is a function with an input and an output. Its life cycle:
 *  1. The caller fills in the four public members of a struct aml_task, and submits the task. The
 *     caller keeps owning the task, and must neither move nor release it.
 *  2. The scheduler runs the task once.
 *  3. A wait returns the task. The caller may then submit it again, also to another scheduler, or
 *     release it.
 *
 * A thread that returns from waiting for a task sees everything that the task wrote.
 *
 * @code
 * static void work(struct aml_task_in *in, struct aml_task_out *out)
 * {
 *         *(int *)out = 2 * *(const int *)in;
 * }
 *
 * int input = 21, output;
 * struct aml_task task = {
 *         .in = (struct aml_task_in *)&input,
 *         .out = (struct aml_task_out *)&output,
 *         .fn = work,
 * };
 * struct aml_sched *sched = aml_queue_sched_create(4);
 *
 * if (sched != NULL) {
 *         if (aml_sched_submit_task(sched, &task) == AML_SUCCESS)
 *                 aml_sched_wait_task(sched, &task);
 *         aml_queue_sched_destroy(&sched);
 * }
 * @endcode
 * @{
 */

/** The input of a task: the caller's own type, cast. */
struct aml_task_in;
/** The result of a task: the caller's own type, cast. */
struct aml_task_out;
/** The type of aml_task.data in AML's documents. Never defined. */
struct aml_task_data;

/**
 * The function of a task.
 *
 * It runs in any thread, with no lock of the library held. It may use the library in every way,
 * unless the description of a function says otherwise. It must return: leaving it by longjmp(),
 * an exception or pthread_exit() is undefined. The cancellation of its thread is disabled;
 * enabling it is undefined.
 *
 * @param[in] in  The task's member `in`.
 * @param[out] out  The task's member `out`.
 */
typedef void (*aml_task_work)(struct aml_task_in *in, struct aml_task_out *out);

/** A piece of work. The caller owns it. */
struct aml_task {
	/** The first argument of `fn`. The scheduler does not change it. */
	struct aml_task_in *in;
	/** The second argument of `fn`. The scheduler does not change it. */
	struct aml_task_out *out;
	/** The function to run; not NULL. */
	aml_task_work fn;
	/** For the caller's own use. The scheduler does not change it. */
	void *data;

	/** @cond */
	/*
	 * Private to the scheduler, which initialises it on submission. A lock of the scheduler
	 * guards it until a wait has returned the task.
	 */
	struct {
		/** The neighbours of the task in the one list that it is on. */
		struct aml_task *next, *prev;
		/** The scheduler that the task was submitted to. */
		void *sched;
		/** The thread that waits for the task. */
		void *waiter;
		/** The place of the task in the order of submission. */
		uint64_t seq;
		/** The number of bytes that the task moves. 0: unknown. */
		uint64_t bytes;
		/** The state of the task, and its kind. */
		unsigned state, flags;
		/** The number of parts of the task; of parts that were taken; of parts that run. */
		unsigned parts, taken, active;
		/** A place in the list of a thread that waits for several tasks. */
		unsigned index;
	} priv;
	/** @endcond */
};

/** The data of a scheduler: the scheduler's own type, cast. */
struct aml_sched_data;

/**
 * The operations of a scheduler. An operation may be NULL: the function that needs it then fails
 * with AML_ENOTSUP. The functions check their arguments, so that an operation gets valid ones
 * only, and return what the operation returns.
 */
struct aml_sched_ops {
	/** See aml_sched_submit_task(). */
	int (*submit)(struct aml_sched_data *data, struct aml_task *task);
	/** See aml_sched_wait_task(). */
	int (*wait)(struct aml_sched_data *data, struct aml_task *task);
	/** See aml_sched_wait_any(). */
	struct aml_task *(*wait_any)(struct aml_sched_data *data);
};

/** A scheduler. */
struct aml_sched {
	/** The data, which every operation gets. */
	struct aml_sched_data *data;
	/** The operations. */
	struct aml_sched_ops *ops;
};

/**
 * Submit a task to a scheduler.
 *
 * Thread-safe. Does not block. Undefined if the task is submitted already and no wait has returned
 * it yet.
 *
 * @param[in] sched  The scheduler that is to run the task.
 * @param[in,out] task  The task, with its public members filled in. The caller keeps owning it,
 *   and must keep it in place until a wait has returned it.
 * @retval AML_SUCCESS  The task is submitted.
 * @retval -AML_EINVAL  `sched`, `sched->ops`, `task` or `task->fn` is NULL.
 * @retval -AML_ENOTSUP  The scheduler lacks the operation.
 */
int aml_sched_submit_task(struct aml_sched *sched, struct aml_task *task);

/**
 * Wait until a task has finished.
 *
 * Outside of any task, the calling thread may run the task itself, see aml_queue_sched_create().
 * Inside the function of another task, a task that has not started runs at once, ahead of its
 * turn, in the calling thread. So nested waits never deadlock for lack of workers.
 *
 * Thread-safe. Blocks. Undefined if the task was never submitted. Undefined if tasks in more than
 * one thread wait for each other in a cycle.
 *
 * @param[in] sched  The scheduler that the task was submitted to.
 * @param[in,out] task  The task. It may be submitted again after this call.
 * @retval AML_SUCCESS  The task has finished.
 * @retval -AML_EINVAL  `sched`, `sched->ops` or `task` is NULL; or the task was submitted to
 *   another scheduler; or this function or aml_sched_wait_any() has returned the task already.
 * @retval -AML_EBUSY  Another thread waits for the task, or the function of the task is on the
 *   stack of the calling thread. Nothing has changed.
 * @retval -AML_FAILURE  In a forked child: the task had not finished at the fork. It belongs to
 *   the parent and never runs in the child. It counts as returned.
 * @retval -AML_ENOTSUP  The scheduler lacks the operation.
 */
int aml_sched_wait_task(struct aml_sched *sched, struct aml_task *task);

/**
 * Wait until any task has finished that no other call waits for.
 *
 * Thread-safe. Blocks. Undefined if tasks in more than one thread wait for each other in a cycle.
 *
 * @param[in] sched  The scheduler.
 * @return A finished task, which is thereby returned. NULL if each submitted task is returned or
 *   has a waiter; aml_errno is then unchanged. On an error, NULL with one of these codes in
 *   aml_errno:
 *    - AML_EINVAL: `sched` or `sched->ops` is NULL;
 *    - AML_EBUSY: the call is inside the function of a task of the same scheduler;
 *    - AML_ENOTSUP: the scheduler lacks the operation.
 */
struct aml_task *aml_sched_wait_any(struct aml_sched *sched);

/**
 * Create a queue scheduler: one FIFO queue that a fixed pool of worker threads runs.
 *
 * **Order and bound.** Tasks start in the order of their submission. At most max(1, num_threads)
 * tasks run at once, so that one worker runs everything one at a time, in order. Two kinds of
 * tasks do not count:
 *  - a task that is blocked in a wait of its own;
 *  - a task that runs ahead of its turn because a task of another scheduler waits for it. Such a
 *    task counts only if nothing else is queued and the bound is not reached.
 *
 * **Waiting threads.** A thread that waits outside of any task runs the awaited task itself if
 * that task is the next one and the bound is not reached. With 0 threads, tasks run only in the
 * threads that wait, in order.
 *
 * **Workers.** The workers are named `aml-dma/0`, `aml-dma/1` and so on. They inherit the CPU
 * affinity, the scheduling policy and the nice value of the calling thread. They block all signals
 * except SIGABRT, SIGPROF, and those that a fault raises in the thread itself.
 *
 * A worker's stack is at least as large as the program's default for threads. It has room for the
 * static thread-local storage of the program, for the library's own copies, and for at least
 * 256 KiB of the functions of tasks. Other defaults that the program has set for its threads have
 * no effect.
 *
 * If tasks are submitted at intervals of less than 0.5 ms and the process leaves a CPU unused, a
 * worker without work spins for up to that time before it sleeps.
 *
 * A worker that was woken may have to wait for a CPU, for example if a real-time thread occupies
 * its CPU. From 1 ms or 64 submissions after the wakeup on, the next submission, and the next wait
 * that goes to sleep, wakes another sleeping worker.
 *
 * **Fork.** In a forked child, the scheduler has 0 threads and an empty queue.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] num_threads  The number of workers. 0 is allowed.
 * @return The scheduler. The caller releases it with aml_queue_sched_destroy(). NULL with
 *   AML_ENOMEM in aml_errno if out of memory or threads. The memory of each worker is allocated
 *   just before its thread is created, so that a number that is far too large takes no more memory
 *   than the available threads need.
 */
struct aml_sched *aml_queue_sched_create(const size_t num_threads);

/**
 * Run what is queued, end the workers, and release the scheduler.
 *
 * Calls that wait inside the scheduler return first. Tasks that no wait has returned stay with
 * their owners.
 *
 * Any thread may call this function. It blocks until all tasks have finished. Once it has begun,
 * new calls on the scheduler are undefined, except from tasks that the scheduler still runs.
 *
 * @param[in,out] sched  The scheduler. It is set to NULL. Nothing happens if `sched` or `*sched`
 *   is NULL, if `*sched` is no queue scheduler, or if the call is inside the function of a task of
 *   the same scheduler.
 */
void aml_queue_sched_destroy(struct aml_sched **sched);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_UTILS_ASYNC_H */
