/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine: requests over a queue scheduler.
 *
 * Small copies by the library's operators may be made at once by the thread that asks for them,
 * and need a request only if a handle is to be given out.
 *
 * A request is one block: the public structure, then a copy plan with as many loops as its
 * class has room for. A copy by one of the library's operators is planned when it is posted,
 * and what runs is the plan; with any other operator the plan is an empty one.
 *
 * Who releases what. The plan may own duplicates of layouts: they are released by whoever runs
 * the request, right after, or by whoever finds that it will never run (cancel, or a wait in a
 * forked child). The block belongs to the scheduler from its submission until a wait returns it
 * to a free list, or cancel hands it back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "async/queue_begin.h"
#include "async/queue_sched.h"
#include "async/queue_wait.h"
#include "copy/run.h"
#include "dma/linux_ops.h"
#include "plan/keep.h"
#include "plan/part.h"
#include "plan/plan.h"
#include "trace/histogram.h"
#include "trace/trace.h"

struct request {
	struct aml_dma_linux_request pub;
	struct copy_plan plan;
};

/* Requests must not grow: with malloc's own word, 192 bytes without loops and 288 with 4. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct request) == 192 - 8, "a flat request");
_Static_assert(sizeof(void *) != 8 || 4 * sizeof(struct copy_loop) == 288 - 192, "4 loops");

/* The number of loops that the requests of each class have room for. */
static const size_t class_loops[QUEUE_FREE_LISTS] = {0, 4, 8, COPY_LOOPS_MAX};

/*
 * A copy of so many bytes, in runs of so many at least or in whatever pieces, takes less than to
 * wake a worker for it. Where the queue is empty and a slot is free, the workers sleep, and the
 * call that posts it makes it at once.
 */
enum { SMALL_RUNS = 128 << 10, RUN_MIN = 64, SMALL_PIECES = 16 << 10 };

/* So many are never cut into parts, nor go past the caches, in a library for tests either. */
enum { FEW_BYTES = COPY_PART / 32 };

struct engine {
	struct aml_dma dma;
	struct aml_dma_linux_data data;
};

static struct queue_sched *queue(const struct aml_dma_data *data)
{
	return queue_of(((const struct aml_dma_linux_data *)data)->sched);
}

static size_t size_of_class(unsigned size_class)
{
	return sizeof(struct request) + class_loops[size_class] * sizeof(struct copy_loop);
}

static unsigned size_class_of(const struct copy_plan *plan)
{
	unsigned size_class = 0;

	while (sizeof(*plan) + class_loops[size_class] * sizeof(*plan->loops) <
	       copy_plan_size(plan))
		size_class++;
	return size_class;
}

/*
 * The operator of planned requests; `arg` is the plan. All is done already where the scheduler
 * ran the parts.
 */
static int run_plan(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct copy_plan *plan = arg;
	int err = copy_plan_parts(plan) > 1 ? AML_SUCCESS : copy_plan_run(plan);

	(void)dst;
	(void)src;
	copy_plan_release(plan);
	return err;
}

/* Run a part of a divisible request. */
static void run_part(struct aml_task *task, unsigned part)
{
	const struct request *r = (const struct request *)(void *)task;

	copy_plan_run_part(&r->plan, part);
}

/* What a request is called in a trace. The scheduler may have other tasks, too. */
static const char *name(const struct aml_task *task)
{
	const struct request *r = (const struct request *)(const void *)task;

	if (!(task->priv.flags & TASK_REQUEST))
		return NULL;
	return r->pub.task_in.op == run_plan ? copy_kind_name(r->plan.kind) : "operator";
}

/* Fill in a request that is to run `plan`, or the operator in `in` if that is not one of ours. */
static void fill(struct request *r, const struct aml_dma_linux_task_in *in,
		 const struct copy_plan *plan, int flags)
{
	r->pub.task.in = (struct aml_task_in *)(void *)&r->pub.task_in;
	r->pub.task.out = (struct aml_task_out *)(void *)&r->pub.task_out;
	r->pub.task.fn = aml_dma_linux_exec_request;
	r->pub.task.data = NULL;
	r->pub.task_in = *in;
	r->pub.task_in.req = &r->pub;
	r->pub.task_out = AML_SUCCESS;
	r->pub.flags = flags;
	memcpy(&r->plan, plan, copy_plan_size(plan));
	if (dma_plans(in->op)) {
		r->pub.task_in.op = run_plan;
		r->pub.task_in.dst = NULL;
		r->pub.task_in.src = NULL;
		r->pub.task_in.op_arg = &r->plan;
	}
}

/* The plan of what is to be posted; an empty one for an operator that is not ours. */
static int plan(union copy_plan_room *room, const struct aml_dma_linux_task_in *in)
{
	int err;

	if (dma_plan(room, in->dst, in->src, in->op, in->op_arg, &err))
		return err;
	room->plan = (struct copy_plan){.kind = COPY_EMPTY};
	return AML_SUCCESS;
}

/* Is it short, in one piece, and all the library's? */
static bool is_small(const struct copy_plan *plan)
{
	bool runs = plan->kind == COPY_FLAT ||
		    (plan->kind == COPY_STRIDED && plan->run.bytes >= RUN_MIN);

	return copy_plan_is_own(plan) &&
	       copy_plan_payload(plan) <= (runs ? SMALL_RUNS : SMALL_PIECES) &&
	       copy_plan_parts(plan) == 1;
}

/* Do what a plan of the library's own says in the calling thread, if that may be done at once. */
__attribute__((always_inline)) static inline bool run_at_once(struct queue_sched *q,
							      const struct copy_plan *plan,
							      bool waits)
{
	uint64_t bytes = copy_plan_payload(plan);
	struct aml_task task;

	/* A request that is told of has a place to keep its times, and a name. */
	if (trace_on() || !queue_begin(q, &task, waits))
		return false;
	trace_probe_bytes(post, &task, bytes);
	trace_probe_bytes(start, &task, bytes);
	copy_plan_run(plan);
	trace_probe_bytes(finish, &task, bytes);
	queue_end(q, &task, bytes);
	return true;
}

/* Run the plan as the request that the calling thread has begun. */
static void run_traced(struct trace_source *source, struct aml_task *task,
		       const struct copy_plan *plan)
{
	uint64_t began;

	trace_post(source, task);
	began = trace_start(source, task, TRACE_WHOLE);
	copy_plan_run(plan);
	trace_end(source, task, TRACE_WHOLE, began);
	trace_finish(source, task);
}

/* Post a request whose plan may be kept; `small`: it may be run at once. */
static int post(struct queue_sched *q, struct aml_dma_request **req,
		const struct aml_dma_linux_task_in *in, const struct copy_plan *plan, bool small)
{
	static const struct copy_plan empty = {.kind = COPY_EMPTY};
	unsigned size_class = size_class_of(plan);
	struct queue_request request = {
		.flags = TASK_REQUEST | size_class << TASK_CLASS_SHIFT,
		.parts = copy_plan_parts(plan),
		.bytes = copy_plan_payload(plan),
	};
	struct request *r;

	if (small)
		request.flags |= TASK_SMALL;
	queue_lock(q);
	r = (struct request *)(void *)queue_take_free_locked(q, size_class);
	if (r == NULL) {
		queue_unlock(q);
		r = malloc(size_of_class(size_class));
		if (r == NULL)
			return -AML_ENOMEM;
		queue_lock(q);
	}
	if (req != NULL)
		*req = (struct aml_dma_request *)r;
	else
		request.flags |= TASK_OWNED;
	if (small && queue_begin_locked(q, &r->pub.task, &request)) {
		/* A child that another thread forks from here on may find it. */
		fill(r, in, trace_on() ? plan : &empty, AML_DMA_LINUX_REQUEST_FLAGS_DONE);
		queue_unlock(q);
		run_traced(queue_trace(q), &r->pub.task, plan);
		queue_lock(q);
		queue_end_locked(q, &r->pub.task);
	} else {
		fill(r, in, plan, req == NULL ? AML_DMA_LINUX_REQUEST_FLAGS_OWNED : 0);
		queue_submit_locked(q, &r->pub.task, &request);
	}
	queue_unlock(q);
	return AML_SUCCESS;
}

int aml_dma_linux_request_create(struct aml_dma_data *data, struct aml_dma_request **req,
				 struct aml_layout *dest, struct aml_layout *src,
				 aml_dma_operator op, void *op_arg)
{
	const struct aml_dma_linux_task_in in = {
		.op = op, .dst = dest, .src = src, .op_arg = op_arg};
	union copy_plan_room room;
	bool small;
	int err;

	if (data == NULL || !dma_takes(dest, src, op, op_arg))
		return -AML_EINVAL;
	err = plan(&room, &in);
	if (err != AML_SUCCESS)
		return err;
	small = dma_plans(op) && is_small(&room.plan);
	if (small && req == NULL && run_at_once(queue(data), &room.plan, false))
		return AML_SUCCESS;
	err = copy_plan_keep(&room.plan);
	if (err != AML_SUCCESS)
		return err;
	err = post(queue(data), req, &in, &room.plan, small);
	if (err != AML_SUCCESS)
		copy_plan_release(&room.plan);
	return err;
}

/* A synchronous copy by a request in this frame, which the layouts outlive. */
__attribute__((noinline)) static int run_request(struct queue_sched *q,
						 const struct aml_dma_linux_task_in *in,
						 const struct copy_plan *plan)
{
	union {
		struct request request;
		char bytes[sizeof(struct request) + COPY_LOOPS_MAX * sizeof(struct copy_loop)];
	} r;
	const struct queue_request request = {
		.flags = TASK_REQUEST | TASK_ON_STACK,
		.parts = copy_plan_parts(plan),
		.bytes = copy_plan_payload(plan),
	};

	fill(&r.request, in, plan, 0);
	queue_submit_and_wait(q, &r.request.pub.task, &request);
	return r.request.pub.task_out;
}

/* The same by an operator that is not ours. */
static int run_foreign(struct queue_sched *q, struct aml_layout *dest, struct aml_layout *src,
		       aml_dma_operator op, void *op_arg)
{
	static const struct copy_plan empty = {.kind = COPY_EMPTY};
	const struct aml_dma_linux_task_in in = {
		.op = op, .dst = dest, .src = src, .op_arg = op_arg};

	return run_request(q, &in, &empty);
}

/*
 * A synchronous copy of bytes, as run_at_once() would make it, but without a plan where these are
 * few: to make one and to look into it takes longer than to copy a line. False: nothing is done.
 */
static inline bool copy_few_bytes(struct queue_sched *q, void *dst, const void *src, size_t size)
{
	struct aml_task task;

	if (dst == NULL || src == NULL || size > FEW_BYTES || trace_on() ||
	    !queue_begin(q, &task, true))
		return false;
	trace_probe_bytes(post, &task, size);
	trace_probe_bytes(start, &task, size);
	memcpy(dst, src, size);
	trace_probe_bytes(finish, &task, size);
	queue_end(q, &task, size);
	return true;
}

/* The synchronous copy. */
static int copy(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		aml_dma_operator op, void *op_arg)
{
	static const struct aml_dma_linux_task_in ours = {.op = NULL};
	union copy_plan_room room;
	struct queue_sched *q;
	int err;

	if (data == NULL)
		return -AML_EINVAL;
	q = queue(data);
	if (op == aml_dma_linux_memcpy_op && copy_few_bytes(q, dest, src, (size_t)op_arg))
		return AML_SUCCESS;
	if (!dma_plan(&room, dest, src, op, op_arg, &err))
		return run_foreign(q, dest, src, op, op_arg);
	if (err != AML_SUCCESS)
		return err;
	if (copy_plan_is_own(&room.plan) && copy_plan_parts(&room.plan) == 1 &&
	    run_at_once(q, &room.plan, true))
		return AML_SUCCESS;
	return run_request(q, &ours, &room.plan);
}

/*
 * Release a request that is on no list. Its layouts come last, when the call is over for the
 * scheduler: their destroy operators may do what any code may, fork included.
 */
static void give_back(struct queue_sched *q, struct request *r)
{
	struct copy_plan plan = r->plan;

	queue_give_back(q, &r->pub.task);
	copy_plan_release(&plan);
}

int aml_dma_linux_request_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct request *r;
	int err, result;

	if (data == NULL || req == NULL || *req == NULL)
		return -AML_EINVAL;
	r = (struct request *)*req;
	err = queue_wait(queue(data), &r->pub.task, &result);
	if (err == -AML_FAILURE)
		give_back(queue(data), r);
	else if (err != AML_SUCCESS)
		return err;
	*req = NULL;
	return err == AML_SUCCESS ? result : err;
}

int aml_dma_linux_request_destroy(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct queue_sched *q;
	struct request *r;
	bool ran;
	int err;

	if (req == NULL || *req == NULL)
		return -AML_EINVAL;
	r = (struct request *)*req;
	q = data != NULL ? queue(data) : queue_of_task(&r->pub.task);
	err = queue_cancel(q, &r->pub.task, &ran);
	if (err != AML_SUCCESS)
		return err;
	give_back(q, r);
	*req = NULL;
	return AML_SUCCESS;
}

int aml_dma_linux_barrier(struct aml_dma_data *data)
{
	return data != NULL ? queue_barrier(queue(data)) : -AML_EINVAL;
}

void aml_dma_linux_exec_request(struct aml_task_in *input, struct aml_task_out *output)
{
	const struct aml_dma_linux_task_in *in = (struct aml_dma_linux_task_in *)(void *)input;
	aml_dma_operator op;

	if (in == NULL || output == NULL)
		return;
	op = in->op != NULL ? in->op : aml_dma_linux_copy_generic;
	*(int *)(void *)output = op(in->dst, in->src, in->op_arg);
	if (in->req != NULL)
		in->req->flags |= AML_DMA_LINUX_REQUEST_FLAGS_DONE;
}

static int print(const struct aml_dma_data *data, FILE *stream, const char *prefix)
{
	struct queue_stats stats;
	int n;

	if (data == NULL)
		return -AML_EINVAL;
	queue_stats(queue(data), &stats);
	n = fprintf(stream,
		    "%sdma: linux\n"
		    "%s  workers: %zu\n"
		    "%s  queued requests: %zu\n"
		    "%s  running requests: %zu\n"
		    "%s  finished requests: %llu\n"
		    "%s  bytes moved: %llu\n",
		    prefix, prefix, stats.workers, prefix, stats.queued, prefix, stats.running,
		    prefix, (unsigned long long)stats.finished, prefix,
		    (unsigned long long)stats.bytes);
	return n < 0 || !trace_print(stream, prefix, queue_trace(queue(data))) ? -AML_FAILURE
									       : AML_SUCCESS;
}

int aml_dma_linux_create(struct aml_dma **dma, const size_t num_threads)
{
	size_t sizes[QUEUE_FREE_LISTS];
	struct engine *engine;

	if (dma == NULL)
		return -AML_EINVAL;
	engine = malloc(sizeof(*engine));
	if (engine == NULL)
		return -AML_ENOMEM;
	engine->data.sched = aml_queue_sched_create(num_threads);
	if (engine->data.sched == NULL) {
		free(engine);
		return -AML_ENOMEM;
	}
	for (unsigned i = 0; i < QUEUE_FREE_LISTS; i++)
		sizes[i] = size_of_class(i);
	queue_set_requests(queue_of(engine->data.sched), run_part, sizes);
	queue_trace(queue_of(engine->data.sched))->name = name;
	engine->dma.ops = &aml_dma_linux_ops;
	engine->dma.data = (struct aml_dma_data *)(void *)&engine->data;
	*dma = &engine->dma;
	return AML_SUCCESS;
}

int aml_dma_linux_destroy(struct aml_dma **dma)
{
	struct queue_sched *q;
	struct aml_task *orphan;

	if (dma == NULL || *dma == NULL)
		return -AML_EINVAL;
	q = queue((*dma)->data);
	if (queue_inside(q))
		return -AML_EBUSY;
	while ((orphan = queue_pop_orphan(q)) != NULL)
		give_back(q, (struct request *)(void *)orphan);
	aml_queue_sched_destroy(&((struct aml_dma_linux_data *)(*dma)->data)->sched);
	free(*dma);
	*dma = NULL;
	return AML_SUCCESS;
}

struct aml_dma_ops aml_dma_linux_ops = {
	.create_request = aml_dma_linux_request_create,
	.destroy_request = aml_dma_linux_request_destroy,
	.wait_request = aml_dma_linux_request_wait,
	.barrier = aml_dma_linux_barrier,
	.fprintf = print,
	.copy = copy,
};
