/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine: a queue scheduler, its requests (linux_request.c), and synchronous copies.
 *
 * The calling thread may make a small copy by one of the library's operators at once. The copy
 * needs a request only if the caller gets a handle.
 */
#include "dma/linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "async/queue_fork.h"
#include "async/queue_sleep.h"
#include "async/queue_stats.h"
#include "async/queue_wait.h"
#include "copy/run.h"
#include "dma/dma.h"
#include "dma/linux_attr.h"
#include "dma/linux_completion.h"
#include "dma/linux_ops.h"
#include "dma/linux_post.h"
#include "dma/linux_request.h"
#include "kernels/kernels.h"
#include "plan/learnt.h"
#include "plan/part.h"
#include "plan/rules.h"
#include "trace/histogram.h"

/* Up to this size, copies have one part and are not streamed, also in a library for tests. */
enum { FEW_BYTES_MAX = COPY_PART / 32 };

_Static_assert((int)COPY_STACK_BYTES <= (int)QUEUE_STACK_COPY_BYTES,
	       "workers have stacks with room for any operator of the library");

struct engine {
	struct aml_dma dma;
	struct aml_dma_linux_data data;
};

/*
 * Copy a few bytes at once, as request_run_at_once() does, but without a plan: making and reading a
 * plan takes longer than copying a cache line. False: nothing was done.
 */
static inline bool copy_few_bytes(struct queue_sched *q, void *dst, const void *src, size_t size)
{
	struct aml_task task;

	if (dst == NULL || src == NULL || size > FEW_BYTES_MAX || trace_on() ||
	    !queue_begin(q, &task, true))
		return false;
	TRACE_PROBE_BYTES(post, &task, size);
	TRACE_PROBE_BYTES(start, &task, size);
	memcpy(dst, src, size);
	TRACE_PROBE_BYTES(finish, &task, size);
	queue_end(q, &task, size);
	return true;
}

/* Copy and wait: the copy operation of the engine. */
static int engine_copy(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		       aml_dma_operator op, void *op_arg)
{
	enum linux_operator which = linux_operator_of(op);
	union copy_plan_room room;
	struct queue_sched *q;
	uint64_t bytes;
	int err;

	if (data == NULL)
		return -AML_EINVAL;
	q = linux_queue(data);
	if (which == LINUX_OPERATOR_FOREIGN) {
		const struct aml_dma_linux_task_in in = {
			.op = op, .dst = dest, .src = src, .op_arg = op_arg};

		return request_run(q, &in, NULL);
	}
	if (which == LINUX_OPERATOR_BYTES && copy_few_bytes(q, dest, src, (size_t)op_arg))
		return AML_SUCCESS;
	err = linux_plan(which, &room, dest, src, op_arg);
	if (err != AML_SUCCESS)
		return err;
	if (copy_plan_has_context(&room.plan))
		return request_run_pairs(q, &room.plan);
	bytes = copy_plan_payload(&room.plan);
	if (copy_plan_is_own(&room.plan) && copy_plan_parts_of(&room.plan, bytes) == 1 &&
	    request_run_at_once(q, &room.plan, bytes, true))
		return AML_SUCCESS;
	return request_run(q, NULL, &room.plan);
}

static int engine_print(const struct aml_dma_data *data, FILE *stream, const char *prefix)
{
	struct queue_stats stats;
	int n;

	if (data == NULL)
		return -AML_EINVAL;
	queue_stats(linux_queue(data), &stats);
	n = fprintf(stream,
		    "%sdma: linux\n"
		    "%s  workers: %llu\n"
		    "%s  queued requests: %llu\n"
		    "%s  running requests: %llu\n"
		    "%s  finished requests: %llu\n"
		    "%s  bytes moved: %llu\n"
		    "%s  kernels: %s\n",
		    prefix, prefix, (unsigned long long)stats.workers, prefix,
		    (unsigned long long)stats.untaken, prefix, (unsigned long long)stats.active,
		    prefix, (unsigned long long)stats.finished, prefix,
		    (unsigned long long)stats.bytes, prefix, kernels()->name);
	return n >= 0 && trace_print(stream, prefix, queue_trace(linux_queue(data))) &&
			       tune_rules_print(stream, prefix) && learnt_print(stream, prefix)
		       ? AML_SUCCESS
		       : -AML_FAILURE;
}

bool linux_is_inside(const struct aml_dma *dma)
{
	return queue_inside(linux_queue(dma->data));
}

int linux_handle_fork(void)
{
	return queue_handle_fork();
}

int aml_dma_linux_barrier(struct aml_dma_data *data)
{
	int err, result;

	if (data == NULL)
		return -AML_EINVAL;
	err = queue_barrier(linux_queue(data), AML_DMA_NO_DEADLINE, &result);
	if (err == -AML_EPERM)
		return -AML_EBUSY;
	return err == AML_SUCCESS ? result : err;
}

/* Create an engine. `queue`: the attributes of its scheduler. */
static int engine_create(struct aml_dma **dma, const struct queue_attr *queue)
{
	struct engine *engine = malloc(sizeof(*engine));
	int err;

	if (engine == NULL)
		return -AML_ENOMEM;
	err = queue_create(&engine->data.sched, queue);
	if (err != AML_SUCCESS) {
		free(engine);
		return err;
	}
	learnt_begin();
	request_describe(queue_of(engine->data.sched));
	engine->dma.ops = &aml_dma_linux_ops;
	engine->dma.data = (struct aml_dma_data *)(void *)&engine->data;
	*dma = &engine->dma;
	return AML_SUCCESS;
}

int aml_dma_linux_create(struct aml_dma **dma, const size_t num_threads)
{
	if (dma == NULL)
		return -AML_EINVAL;
	return engine_create(dma, &(struct queue_attr){.num_threads = num_threads});
}

int aml_dma_linux_create_attr(struct aml_dma **dma, const struct aml_dma_linux_attr *attr)
{
	struct linux_attr known;
	int err;

	if (dma == NULL)
		return -AML_EINVAL;
	err = linux_attr_read(&known, attr);
	if (err != AML_SUCCESS)
		return err;
	err = engine_create(dma, &known.queue);
	linux_attr_release(&known);
	return err;
}

int aml_dma_linux_destroy(struct aml_dma **dma)
{
	struct queue_sched *q;
	struct aml_task *orphan;

	if (dma == NULL || *dma == NULL)
		return -AML_EINVAL;
	if (linux_is_inside(*dma))
		return -AML_EBUSY;
	q = linux_queue((*dma)->data);
	while ((orphan = queue_pop_orphan(q)) != NULL)
		request_give_back(q, orphan);
	aml_queue_sched_destroy(&((struct aml_dma_linux_data *)(*dma)->data)->sched);
	learnt_end();
	free(*dma);
	*dma = NULL;
	return AML_SUCCESS;
}

static const struct aml_dma_extension engine_extension = {
	.size = sizeof(struct aml_dma_extension),
	.create_request = aml_dma_linux_request_create,
	.destroy_request = aml_dma_linux_request_destroy,
	.wait_request = aml_dma_linux_request_wait,
	.barrier = aml_dma_linux_barrier,
	.test = linux_test,
	.wait_until = linux_wait_until,
	.wait_any = linux_wait_any,
	.wait_all = linux_wait_all,
	.wait_some = linux_wait_some,
	.barrier_until = linux_barrier_until,
	.post = engine_post,
	.cancel_all = linux_cancel_all,
	.reap = linux_reap,
	.progress = linux_progress,
};

struct aml_dma_ops aml_dma_linux_ops = {
	.create_request = aml_dma_linux_request_create,
	.destroy_request = aml_dma_linux_request_destroy,
	.wait_request = aml_dma_linux_request_wait,
	.barrier = aml_dma_linux_barrier,
	.fprintf = engine_print,
	.copy = engine_copy,
	.extension = &engine_extension,
};

static bool engine_accepts_null(aml_dma_operator op, const void *arg)
{
	return linux_accepts_null(op, arg);
}

/* At load time: no call comes before. */
__attribute__((constructor)) static void engine_register(void)
{
	static const struct dma_own_engine own = {aml_dma_linux_request_create,
						  aml_dma_linux_request_wait, engine_copy,
						  engine_accepts_null};

	dma_register_engine(&own);
}
