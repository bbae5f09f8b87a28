/* SPDX-License-Identifier: BSD-3-Clause */
/* The requests of the engine: their creation, posting, execution and release. */
#include <string.h>

#include <aml/utils/error.h>

#include "async/queue_cancel.h"
#include "async/queue_memory.h"
#include "async/queue_post.h"
#include "async/queue_wait.h"
#include "dma/linux_ops.h"
#include "dma/linux_request.h"
#include "ops/run.h"
#include "plan/keep.h"
#include "plan/part.h"

/* Requests must not grow: with their share of a block, 192 bytes without loops and 288 with 4. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct request) == 192 - 8, "a flat request");
_Static_assert(sizeof(void *) != 8 || 4 * sizeof(struct copy_loop) == 288 - 192, "4 loops");

/* The number of loops for which the requests of each size class have room. */
static const size_t class_loops[QUEUE_SIZES] = {0, 4, 8, COPY_LOOPS_MAX};

/* Room in a frame for a request of the largest class. */
union request_room {
	struct request request;
	char bytes[sizeof(struct request) + COPY_LOOPS_MAX * sizeof(struct copy_loop)];
};

const struct copy_plan request_no_plan = {.kind = COPY_EMPTY};

static size_t class_size(unsigned size_class)
{
	return sizeof(struct request) + class_loops[size_class] * sizeof(struct copy_loop);
}

unsigned request_class(size_t plan_bytes)
{
	unsigned size_class = 0;

	while (sizeof(struct copy_plan) + class_loops[size_class] * sizeof(struct copy_loop) <
	       plan_bytes)
		size_class++;
	return size_class;
}

int request_run_plan(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct copy_plan *plan = arg;
	int err = ops_run(plan);

	(void)dst;
	(void)src;
	copy_plan_release(plan);
	return err;
}

int request_close_plan(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct request *r = arg;
	int err = ops_end(&r->plan, r->pub.task_out);

	(void)dst;
	(void)src;
	copy_plan_release(&r->plan);
	return err;
}

/* Replace AML_SUCCESS as the result so far. Returns false if a part has stored an error. */
static bool replace_success(struct request *r, int err)
{
	int expected = AML_SUCCESS;

	return __atomic_compare_exchange_n(&r->pub.task_out, &expected, err, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/*
 * Run a part of a planned request. A part that fails stores its code in the result, where
 * request_close_plan() finds it; parts that begin later then do nothing. Several threads run parts
 * at once. They look at the result by an exchange, because checkers such as helgrind take a plain
 * load for a data race.
 */
static void run_part(struct aml_task *task, unsigned part)
{
	struct request *r = (struct request *)(void *)task;
	int err;

	if (!replace_success(r, AML_SUCCESS))
		return;
	err = ops_run_part(&r->plan, part);
	if (err != AML_SUCCESS)
		replace_success(r, err);
}

/* Run a planned request that is small. */
static void run_small(struct aml_task *task)
{
	struct request *r = (struct request *)(void *)task;

	r->pub.task_out = copy_plan_run(&r->plan);
	r->pub.flags |= AML_DMA_LINUX_REQUEST_FLAGS_DONE;
}

/* Close a request that does not run. */
static void drop_request(struct aml_task *task)
{
	struct request *r = (struct request *)(void *)task;

	copy_plan_release(&r->plan);
	r->pub.flags |= AML_DMA_LINUX_REQUEST_FLAGS_DONE;
}

/* Return the kind of a request in a trace. */
static const char *request_kind(const struct aml_task *task)
{
	const struct request *r = (const struct request *)(const void *)task;
	aml_dma_operator op = r->pub.task_in.op;

	return op == request_run_plan || op == request_close_plan ? copy_plan_name(&r->plan)
								  : "operator";
}

/* Return the name of a task in a trace. NULL: a task that is no request. */
static const char *request_name(const struct aml_task *task)
{
	const char *label = queue_label(task);

	if (!(task->priv.flags & TASK_REQUEST))
		return NULL;
	return label != NULL ? label : request_kind(task);
}

void request_describe(struct queue_sched *q)
{
	struct queue_requests requests = {
		.part = run_part, .small = run_small, .drop = drop_request};

	for (unsigned i = 0; i < QUEUE_SIZES; i++)
		requests.sizes[i] = class_size(i);
	queue_set_requests(q, &requests);
	queue_trace(q)->name = request_name;
	queue_trace(q)->kind = request_kind;
}

void request_fill_foreign(struct request *r, const struct aml_dma_linux_task_in *in, int flags)
{
	request_fill(r, &request_no_plan, sizeof(request_no_plan), flags);
	r->pub.task_in = *in;
	r->pub.task_in.req = &r->pub;
}

/* Run the plan of a request that the calling thread has begun. */
static void run_begun(struct trace_source *source, struct aml_task *task,
		      const struct copy_plan *plan)
{
	uint64_t began;

	trace_post(source, task);
	began = trace_start(source, task, TRACE_WHOLE);
	copy_plan_run(plan);
	trace_end(source, task, TRACE_WHOLE, began);
	trace_finish(source, task);
}

/*
 * Take the memory of a request from a new block. The lock is released meanwhile, so that there may
 * be no room for the request any more.
 */
static int request_take_new_locked(struct queue_sched *q, unsigned size_class, struct request **r)
	REQUIRES(q)
{
	struct request_block *block;
	int err;

	queue_unlock(q);
	block = queue_create_block(q, size_class);
	err = queue_lock_to_post(q, 1);
	if (block == NULL)
		return err != AML_SUCCESS ? err : -AML_ENOMEM;
	*r = (struct request *)(void *)queue_take_new_locked(q, block);
	if (err != AML_SUCCESS)
		queue_put_free_locked(q, &(*r)->pub.task);
	return err;
}

/*
 * Post a request that runs the plan, whose payload is `bytes`, or, if `plan` is NULL, the operator
 * in `in`. `small`: the request may run at once. `*req` is stored before the request can start.
 * -AML_ENOMEM, or -AML_EBUSY: nothing was posted.
 */
static int request_post(struct queue_sched *q, struct aml_dma_request **req,
			const struct aml_dma_linux_task_in *in, const struct copy_plan *plan,
			uint64_t bytes, bool small)
{
	const struct copy_plan *kept = plan != NULL ? plan : &request_no_plan;
	size_t plan_bytes = copy_plan_size(kept);
	unsigned size_class = request_class(plan_bytes);
	struct queue_request request = {
		.flags = TASK_REQUEST,
		.parts = copy_plan_parts_of(kept, bytes),
		.bytes = bytes,
	};
	int flags = req == NULL ? AML_DMA_LINUX_REQUEST_FLAGS_OWNED : 0;
	struct request *r;
	int err;

	if (small)
		request.flags |= TASK_SMALL;
	if (req == NULL)
		request.flags |= TASK_OWNED;
	err = queue_lock_to_post(q, 1);
	if (err == AML_SUCCESS) {
		r = (struct request *)(void *)queue_take_free_locked(q, size_class);
		if (r == NULL)
			err = request_take_new_locked(q, size_class, &r);
	}
	if (err != AML_SUCCESS) {
		queue_unlock(q);
		return err;
	}
	request.flags |= r->pub.task.priv.flags;
	if (req != NULL)
		*req = (struct aml_dma_request *)r;
	if (small && queue_begin_locked(q, &r->pub.task, &request)) {
		const struct copy_plan *traced = trace_on() ? kept : &request_no_plan;

		/* From here on, a child that another thread forks may find the request. */
		request_fill_planned(r, traced, copy_plan_size(traced), 1,
				     AML_DMA_LINUX_REQUEST_FLAGS_DONE);
		queue_unlock(q);
		run_begun(queue_trace(q), &r->pub.task, kept);
		queue_lock(q);
		queue_end_locked(q, &r->pub.task);
	} else {
		if (plan != NULL)
			request_fill_planned(r, plan, plan_bytes, request.parts, flags);
		else
			request_fill_foreign(r, in, flags);
		queue_submit_locked(q, &r->pub.task, &request);
	}
	queue_unlock(q);
	return AML_SUCCESS;
}

__attribute__((noinline)) int request_run(struct queue_sched *q,
					  const struct aml_dma_linux_task_in *in,
					  const struct copy_plan *plan)
{
	const struct copy_plan *kept = plan != NULL ? plan : &request_no_plan;
	const struct queue_request request = {
		.flags = TASK_REQUEST | TASK_ON_STACK,
		.parts = copy_plan_parts(kept),
		.bytes = copy_plan_payload(kept),
	};
	union request_room room;

	if (plan != NULL)
		request_fill_planned(&room.request, plan, copy_plan_size(plan), request.parts, 0);
	else
		request_fill_foreign(&room.request, in, 0);
	queue_submit_and_wait(q, &room.request.pub.task, &request);
	return room.request.pub.task_out;
}

int request_run_pairs(struct queue_sched *q, struct copy_plan *plan)
{
	uint64_t bytes = copy_plan_payload(plan);
	bool own = copy_sides_are_addresses(plan);
	/* Smaller plans have one part. */
	bool divisible = bytes >= COPY_PART && copy_plan_parts(plan) > 1;
	struct aml_task task;
	int err;

	if (!own || divisible || trace_on() || !queue_begin(q, &task, true))
		return request_run(q, NULL, plan);
	TRACE_PROBE_BYTES(post, &task, bytes);
	TRACE_PROBE_BYTES(start, &task, bytes);
	err = ops_run(plan);
	TRACE_PROBE_BYTES(finish, &task, bytes);
	if (err == AML_SUCCESS)
		queue_end(q, &task, bytes);
	else
		queue_end_failed(q, &task);
	return err;
}

/*
 * The layouts are released last, when the scheduler no longer counts the call: their destroy
 * operators may do anything, also fork.
 */
void request_give_back(struct queue_sched *q, struct aml_task *task)
{
	struct copy_plan plan = ((struct request *)(void *)task)->plan;

	queue_free_extra(task);
	queue_give_back(q, task);
	copy_plan_release(&plan);
}

int aml_dma_linux_request_create(struct aml_dma_data *data, struct aml_dma_request **req,
				 struct aml_layout *dest, struct aml_layout *src,
				 aml_dma_operator op, void *op_arg)
{
	enum linux_operator which = linux_operator_of(op);
	union copy_plan_room room;
	uint64_t bytes;
	bool small;
	int err;

	if (data == NULL || ((dest == NULL || src == NULL) && !linux_accepts_null(op, op_arg)))
		return -AML_EINVAL;
	if (which == LINUX_OPERATOR_FOREIGN) {
		const struct aml_dma_linux_task_in in = {
			.op = op, .dst = dest, .src = src, .op_arg = op_arg};

		return request_post(linux_queue(data), req, &in, NULL, 0, false);
	}
	err = linux_plan(which, &room, dest, src, op_arg);
	if (err != AML_SUCCESS)
		return err;
	bytes = copy_plan_payload(&room.plan);
	small = request_is_small(&room.plan, bytes);
	if (small && req == NULL &&
	    request_run_at_once(linux_queue(data), &room.plan, bytes, false))
		return AML_SUCCESS;
	err = copy_plan_keep(&room);
	if (err != AML_SUCCESS)
		return err;
	err = request_post(linux_queue(data), req, NULL, &room.plan, bytes, small);
	if (err != AML_SUCCESS)
		copy_plan_release(&room.plan);
	return err;
}

int aml_dma_linux_request_wait(struct aml_dma_data *dma, struct aml_dma_request **req)
{
	struct request *r;
	int err, result;

	if (dma == NULL || req == NULL || *req == NULL)
		return -AML_EINVAL;
	r = (struct request *)*req;
	err = queue_wait(linux_queue(dma), &r->pub.task, &result);
	if (err == -AML_FAILURE)
		request_give_back(linux_queue(dma), &r->pub.task);
	else if (err != AML_SUCCESS)
		return err;
	*req = NULL;
	return err == AML_SUCCESS ? result : err;
}

int aml_dma_linux_request_destroy(struct aml_dma_data *dma, struct aml_dma_request **req)
{
	struct queue_sched *q;
	struct request *r;
	bool ran;
	int err;

	if (req == NULL || *req == NULL)
		return -AML_EINVAL;
	r = (struct request *)*req;
	q = dma != NULL ? linux_queue(dma) : queue_of_task(&r->pub.task);
	err = queue_cancel(q, &r->pub.task, &ran);
	if (err != AML_SUCCESS)
		return err;
	request_give_back(q, &r->pub.task);
	*req = NULL;
	return AML_SUCCESS;
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
