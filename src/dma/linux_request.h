/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The requests of the engine.
 *
 * A request is one block: the public structure, then a copy plan, with room for as many loops as
 * the request's size class has. A copy by one of the library's operators is planned when it is
 * posted, and the request runs the plan. The plan of a custom operator is empty.
 *
 * Ownership. The plan may own duplicates of layouts. The thread that runs the request releases them
 * right after the run. If the request never runs, the cancel, or the wait in a forked child,
 * releases them. The block belongs to the scheduler from its submission until a wait
 * releases it, or a cancel hands it back.
 */
#ifndef DMA_LINUX_REQUEST_H
#define DMA_LINUX_REQUEST_H

#include <string.h>

#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "async/queue_begin.h"
#include "async/queue_sched.h"
#include "copy/run.h"
#include "plan/part.h"
#include "plan/plan.h"
#include "trace/trace.h"

struct request {
	struct aml_dma_linux_request pub;
	struct copy_plan plan;
};

/* Return the scheduler of an engine with this data. */
static inline struct queue_sched *linux_queue(const struct aml_dma_data *data)
{
	return queue_of(((const struct aml_dma_linux_data *)data)->sched);
}

/* Set up a new scheduler for the engine's requests: their sizes, parts and names. */
void request_describe(struct queue_sched *q);

/*
 * Run a plan of `bytes` bytes at once, in the calling thread, without a request. The plan must not
 * call code of the program. `waits`: the caller waits for the copy; if not, the copy must be small.
 * False: nothing was done, because tasks are queued, no slot is free, or requests are traced.
 */
__attribute__((always_inline)) static inline bool request_run_at_once(struct queue_sched *q,
								      const struct copy_plan *plan,
								      uint64_t bytes, bool waits)
{
	struct aml_task task;

	/* A trace needs a request, which has its times and its name. */
	if (trace_on() || !queue_begin(q, &task, waits))
		return false;
	TRACE_PROBE_BYTES(post, &task, bytes);
	TRACE_PROBE_BYTES(start, &task, bytes);
	copy_plan_run(plan);
	TRACE_PROBE_BYTES(finish, &task, bytes);
	queue_end(q, &task, bytes);
	return true;
}

/* The plan of a request with a custom operator. It does nothing. */
extern const struct copy_plan request_no_plan;

/* Return the class of a request whose plan has `plan_bytes` bytes: see queue_set_requests(). */
unsigned request_class(size_t plan_bytes);

/*
 * Copies up to these sizes are cheaper than waking a worker: SMALL_RUNS_BYTES_MAX in contiguous
 * runs of at least RUN_BYTES_MIN, SMALL_PIECES_BYTES_MAX in any pieces. If the queue is empty and a
 * slot is free, a worker sleeps, and the posting call makes such a copy at once.
 */
enum {
	SMALL_RUNS_BYTES_MAX = 128 << 10,
	RUN_BYTES_MIN = 64,
	SMALL_PIECES_BYTES_MAX = 16 << 10,
};

/* Report whether a copy is small: short, in one part, and without code of the program. */
static inline bool request_is_small(const struct copy_plan *plan, uint64_t bytes)
{
	bool runs = plan->kind == COPY_FLAT ||
		    (plan->kind == COPY_STRIDED && plan->run.bytes >= RUN_BYTES_MIN);

	return bytes <= (runs ? SMALL_RUNS_BYTES_MAX : SMALL_PIECES_BYTES_MAX) &&
	       copy_plan_is_own(plan) && copy_plan_parts_of(plan, bytes) == 1;
}

/* The operator of a planned request in one part. `arg` is the plan. */
int request_run_plan(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/*
 * The operator of a planned request in several parts, called after all parts have run. `arg` is the
 * request. Return the code that a part has stored.
 */
int request_close_plan(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/* Fill in the members that all requests share. */
static inline void request_fill(struct request *r, const struct copy_plan *plan, size_t plan_bytes,
				int flags)
{
	r->pub.task.in = (struct aml_task_in *)(void *)&r->pub.task_in;
	r->pub.task.out = (struct aml_task_out *)(void *)&r->pub.task_out;
	r->pub.task.fn = aml_dma_linux_exec_request;
	r->pub.task.data = NULL;
	r->pub.task_out = AML_SUCCESS;
	r->pub.flags = flags;
	r->plan = *plan;
	if (plan_bytes > sizeof(*plan))
		memcpy(r->plan.loops, plan->loops, plan_bytes - sizeof(*plan));
}

/* Fill in a request that runs a plan of `plan_bytes` bytes. */
static inline void request_fill_planned(struct request *r, const struct copy_plan *plan,
					size_t plan_bytes, unsigned parts, int flags)
{
	request_fill(r, plan, plan_bytes, flags);
	r->pub.task_in = (struct aml_dma_linux_task_in){.op = parts > 1 ? request_close_plan
									: request_run_plan,
							.op_arg = parts > 1 ? (void *)r : &r->plan,
							.req = &r->pub};
}

/* Fill in a request that runs a custom operator. */
void request_fill_foreign(struct request *r, const struct aml_dma_linux_task_in *in, int flags);

/*
 * Copy synchronously by a request in the function's own frame: run the plan or, if `plan` is NULL,
 * the operator in `in`. The layouts must stay until the function returns. Return the result.
 */
int request_run(struct queue_sched *q, const struct aml_dma_linux_task_in *in,
		const struct copy_plan *plan);

/*
 * Run a plan with a context synchronously: at once if it is short and calls no code of the program,
 * else by request_run(). Return the result.
 */
int request_run_pairs(struct queue_sched *q, struct copy_plan *plan);

/*
 * Release a request that queue_cancel(), queue_wait() or queue_pop_orphan() handed to the caller,
 * with the layouts that it owns.
 */
void request_give_back(struct queue_sched *q, struct aml_task *task);

#endif /* DMA_LINUX_REQUEST_H */
