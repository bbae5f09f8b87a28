/* SPDX-License-Identifier: BSD-3-Clause */
/* Engines of a test's own. */
#include "toy.h"

#include <sched.h>
#include <stdlib.h>

#include "tool.h"

struct toy_request {
	struct aml_layout *dest, *src;
	aml_dma_operator op;
	void *op_arg;
	bool ran;
	int code;
};

static struct toy *toy_of(struct aml_dma_data *data)
{
	return (struct toy *)(void *)data;
}

static void toy_run(struct toy *toy, struct toy_request *r)
{
	aml_dma_operator op = r->op != NULL ? r->op : aml_dma_linux_copy_generic;

	if (r->ran)
		return;
	r->ran = true;
	atomic_fetch_add(&toy->runs, 1);
	r->code = op(r->dest, r->src, r->op_arg);
	if (toy->code != 0)
		r->code = toy->code;
}

static int toy_create(struct aml_dma_data *data, struct aml_dma_request **req,
		      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
		      void *op_arg)
{
	struct toy *toy = toy_of(data);
	struct toy_request *r;

	if (atomic_load(&toy->posts) >= toy->accepts)
		return toy->refusal;
	r = calloc(1, sizeof(*r));
	if (r == NULL || req == NULL)
		abort();
	*r = (struct toy_request){dest, src, op, op_arg, false, 0};
	if (toy->order != NULL)
		toy->order->names[atomic_fetch_add(&toy->order->length, 1)] = toy->name;
	if (!toy->shared) {
		toy->op = op;
		toy->dest = dest;
		toy->src = src;
		toy->op_arg = op_arg;
	}
	atomic_fetch_add(&toy->posts, 1);
	atomic_fetch_add(&toy->live, 1);
	*req = (struct aml_dma_request *)(void *)r;
	if (toy->at_post)
		toy_run(toy, r);
	return AML_SUCCESS;
}

static int toy_release(struct toy *toy, struct aml_dma_request **req)
{
	struct toy_request *r = (struct toy_request *)(void *)*req;
	int code = r->code;

	free(r);
	atomic_fetch_sub(&toy->live, 1);
	*req = NULL;
	return code;
}

static int toy_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct toy *toy = toy_of(data);

	atomic_fetch_add(&toy->waits, 1);
	if (toy->gate != NULL)
		gate_pass(toy->gate);
	toy_run(toy, (struct toy_request *)(void *)*req);
	return toy_release(toy, req);
}

static int toy_cancel(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct toy *toy = toy_of(data);

	atomic_fetch_add(&toy->cancels, 1);
	(void)toy_release(toy, req);
	return AML_SUCCESS;
}

static int toy_barrier(struct aml_dma_data *data)
{
	atomic_fetch_add(&toy_of(data)->barriers, 1);
	return AML_SUCCESS;
}

static int toy_test(struct aml_dma_data *data, struct aml_dma_request **req, int *result)
{
	struct toy *toy = toy_of(data);
	int code;

	if (atomic_load(&toy->hangs))
		return -AML_EBUSY;
	toy_run(toy, (struct toy_request *)(void *)*req);
	code = toy_release(toy, req);
	if (result != NULL)
		*result = code;
	return AML_SUCCESS;
}

static int toy_wait_until(struct aml_dma_data *data, struct aml_dma_request **req,
			  uint64_t deadline, int *result)
{
	while (atomic_load(&toy_of(data)->hangs)) {
		if (now_ns() >= deadline)
			return -AML_EBUSY;
		sched_yield();
	}
	return toy_test(data, req, result);
}

void toy_init(struct toy *toy, char name, bool tests)
{
	memset(toy, 0, sizeof(*toy));
	toy->name = name;
	toy->accepts = SIZE_MAX;
	toy->refusal = -AML_ENOMEM;
	toy->ops = (struct aml_dma_ops){.create_request = toy_create,
					.destroy_request = toy_cancel,
					.wait_request = toy_wait,
					.barrier = toy_barrier};
	toy->extension = (struct aml_dma_extension){.size = sizeof(toy->extension),
						    .create_request = toy_create,
						    .destroy_request = toy_cancel,
						    .wait_request = toy_wait,
						    .barrier = toy_barrier,
						    .test = toy_test,
						    .wait_until = toy_wait_until};
	if (tests)
		toy->ops.extension = &toy->extension;
	toy->dma.ops = &toy->ops;
	toy->dma.data = (struct aml_dma_data *)(void *)toy;
}
