/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The requests of the engine.
 *
 * A request is one block: the public structure, then a copy plan with as many loops as its size
 * class has room for. A copy by one of the library's operators is planned when it is posted, and
 * the request runs the plan. With any other operator the plan is an empty one.
 *
 * Who releases what. The plan may own duplicates of layouts. Whoever runs the request releases them
 * right after; or, if it will never run, who finds that: a cancel, or a wait in a forked child. The
 * block belongs to the scheduler from its submission until a wait returns it to a free list, or a
 * cancel hands it back.
 */
#ifndef DMA_LINUX_REQUEST_H
#define DMA_LINUX_REQUEST_H

#include <aml/dma/linux.h>

#include "async/queue_begin.h"
#include "async/queue_sched.h"
#include "copy/run.h"
#include "plan/plan.h"
#include "trace/trace.h"

/* The scheduler of an engine with this data. */
static inline struct queue_sched *linux_queue(const struct aml_dma_data *data)
{
	return queue_of(((const struct aml_dma_linux_data *)data)->sched);
}

/* Tell a new scheduler what the engine's requests are. */
void request_describe(struct queue_sched *q);

/*
 * Make a copy by a plan of the library's own at once, in the calling thread, without a request.
 * False: nothing was done, since others are queued, no slot is free, or requests are traced.
 *
 * @param waits [in] Whether the caller waits for the copy; if not, it must be a short one.
 */
__attribute__((always_inline)) static inline bool request_run_at_once(struct queue_sched *q,
								      const struct copy_plan *plan,
								      bool waits)
{
	uint64_t bytes = copy_plan_payload(plan);
	struct aml_task task;

	/* A trace needs a request: for its times, and for its name. */
	if (trace_on() || !queue_begin(q, &task, waits))
		return false;
	trace_probe_bytes(post, &task, bytes);
	trace_probe_bytes(start, &task, bytes);
	copy_plan_run(plan);
	trace_probe_bytes(finish, &task, bytes);
	queue_end(q, &task, bytes);
	return true;
}

/*
 * A synchronous copy by a request in this frame, which the layouts outlive: by the plan, or where
 * that is NULL by the operator in `in`. Returns its result.
 */
int request_run(struct queue_sched *q, const struct aml_dma_linux_task_in *in,
		const struct copy_plan *plan);

/* Release a request of the parent process that a forked child has taken off its list. */
void request_give_back(struct queue_sched *q, struct aml_task *task);

#endif /* DMA_LINUX_REQUEST_H */
