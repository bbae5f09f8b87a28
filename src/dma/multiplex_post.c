/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Posting to a multiplexer.
 *
 * A copy by one of the library's operators is planned here, to know its size. If it is large, the
 * plan is reduced to a share for each inner engine (copy_plan_share()). The plans of the shares lie
 * in the block of the request, and stay until it is released; the operator linux_run_planned() runs
 * them in any engine. The engine of linux.c copies them, and splits them into parts.
 *
 * A whole request is posted as the program wrote it; only to the engine of linux.c it is posted
 * with the plan, which then belongs to that engine, so that it is not planned twice, and with
 * custom operators as multiplex_operator.c describes.
 *
 * The request is known to the multiplexer, and its handle to the program, before the first part is
 * posted. If a post fails, the parts before it are cancelled, the request disappears, and its
 * handle with it. No operator of these parts has the handle: they are the library's.
 */
#include "dma/multiplex_post.h"

#include <stdlib.h>

#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "dma/linux_ops.h"
#include "dma/linux_request.h"
#include "dma/multiplex_barrier.h"
#include "dma/multiplex_claim.h"
#include "dma/multiplex_node.h"
#include "dma/multiplex_operator.h"
#include "dma/multiplex_split.h"
#include "dma/multiplex_turn.h"
#include "dma/multiplex_wait.h"
#include "plan/keep.h"
#include "plan/part.h"

/* Smaller parts are not timed: a callback would take a large share of their time. */
#ifndef MULTIPLEX_TIMED_BYTES_MIN
#define MULTIPLEX_TIMED_BYTES_MIN SMALL_RUNS_BYTES_MAX
#endif

/* What is to be posted. */
struct multiplex_order {
	struct multiplex *m;
	const struct multiplex_request *parent; /* whose part it is; NULL: none */
	struct aml_dma_request **req;           /* NULL: no handle is made */
	struct aml_layout *dest, *src;
	aml_dma_operator op;
	void *op_arg;
	const struct aml_dma_multiplex_request_args *single; /* of copy_single; NULL: another */
	struct copy_plan *plan; /* belongs to the order; NULL: there is none, or no more */
	uint64_t bytes;         /* of the plan */
	size_t node;            /* if the engines are those of nodes: the engine of the request */
	bool sync;              /* the call waits for the request */
	bool copied;            /* it was copied at once: the result of the post is its result */
};

static int order_post(struct multiplex_order *order);

/* Will a part be timed? Its plan then owns nothing. */
static bool part_is_timed(const struct multiplex_order *order, const struct multiplex_request *r,
			  size_t i)
{
	const struct aml_dma *dma = r->pub.dmas[i];

	if (!order->m->adapts || r->parts[i].bytes < MULTIPLEX_TIMED_BYTES_MIN)
		return false;
	if (r->parts[i].plan != NULL)
		return !multiplex_is_multiplexer(dma);
	return multiplex_is_linux(dma) && copy_plan_is_own(order->plan) &&
	       !order->plan->src_is_neutral;
}

/* Post a planned part to an engine of linux.c, with a callback that notes when it has finished. */
static int post_timed(const struct multiplex_order *order, struct multiplex_request *r, size_t i,
		      struct copy_plan *plan)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	attr.dest = order->dest;
	attr.src = order->src;
	attr.op = linux_run_planned;
	attr.op_arg = plan;
	attr.callback = multiplex_note_finish;
	attr.callback_arg = &r->parts[i];
	return aml_dma_post(r->pub.dmas[i], 1, &attr, &r->pub.reqs[i]);
}

/* Post a part to an inner multiplexer, which knows from then on whose part its request is. */
static int post_nested(const struct multiplex_order *order, struct multiplex_request *r, size_t i,
		       aml_dma_operator op, void *op_arg)
{
	struct multiplex_order inner = {.m = multiplex_of(r->pub.dmas[i]->data),
					.parent = r,
					.req = &r->pub.reqs[i],
					.dest = order->dest,
					.src = order->src,
					.op = op,
					.op_arg = op_arg};

	return order_post(&inner);
}

/* An operator with its argument. */
struct part_call {
	aml_dma_operator op;
	void *arg;
};

/* Return the operator of a part as the program wants it. */
static struct part_call call_of_part(const struct multiplex_order *order,
				     const struct multiplex_request *r, size_t i)
{
	const struct aml_dma_multiplex_request_args *single = order->single;
	size_t engine = r->parts[i].engine;

	if (single == NULL)
		return (struct part_call){order->op, order->op_arg};
	return (struct part_call){single->ops != NULL ? single->ops[engine] : NULL,
				  single->op_args != NULL ? single->op_args[engine] : NULL};
}

/*
 * Return the operator of a part for an engine of linux.c. A plan of the order belongs to the engine
 * once it is called.
 */
static struct part_call call_to_linux(struct multiplex_order *order, struct multiplex_request *r,
				      size_t i, struct part_call call)
{
	struct multiplex_part *part = &r->parts[i];
	struct copy_plan *plan = part->plan;

	if (plan == NULL) {
		plan = order->plan;
		order->plan = NULL;
	}
	if (plan != NULL)
		return (struct part_call){linux_run_planned, plan};
	if (linux_operator_of(call.op) != LINUX_OPERATOR_FOREIGN)
		return call;
	part->op = call.op;
	part->op_arg = call.arg;
	return (struct part_call){multiplex_run_custom, part};
}

static int post_part(struct multiplex_order *order, struct multiplex_request *r, size_t i)
{
	struct part_call call = call_of_part(order, r, i);
	struct multiplex_part *part = &r->parts[i];
	struct aml_dma *dma = r->pub.dmas[i];

	if (multiplex_is_linux(dma)) {
		call = call_to_linux(order, r, i, call);
		if (part->timed)
			return post_timed(order, r, i, call.arg);
	} else if (part->plan != NULL) {
		call.op = part->timed ? multiplex_run_timed : linux_run_planned;
		call.arg = part->timed ? (void *)part : part->plan;
	}
	if (multiplex_is_multiplexer(dma))
		return post_nested(order, r, i, call.op, call.arg);
	return aml_dma_async_copy_custom(dma, &r->pub.reqs[i], order->dest, order->src, call.op,
					 call.arg);
}

/*
 * A part could not be posted: undo the post. The parts before it are cancelled. Nothing else has
 * seen the request, but its own operators.
 */
static void undo_post(struct multiplex_order *order, struct multiplex_request *r, size_t posted)
{
	struct multiplex *m = order->m;
	bool whole = r->parts[0].plan == NULL;

	multiplex_acquire(m);
	for (size_t i = posted; i < r->pub.count; i++)
		if (r->parts[i].timed)
			multiplex_count_finish_locked(m, &r->parts[i], -AML_FAILURE);
	multiplex_release(m);
	for (size_t i = posted; i < r->pub.count; i++)
		r->pub.reqs[i] = NULL;
	multiplex_withdraw_parts(r);
	multiplex_acquire(m);
	for (size_t i = 0; i < r->pub.count; i++)
		multiplex_uncount_post_locked(m, &r->parts[i], whole);
	if (whole && m->numa == NULL)
		multiplex_owe_turn_locked(m, r->parts[0].engine);
	multiplex_list_unlink(&m->unfinished, r);
	multiplex_wake_locked(m);
	multiplex_release(m);
	free(r);
}

/*
 * Post the parts of a new request, whose engines are chosen. It belongs to the multiplexer from
 * then on, or is freed on an error.
 */
static int post_parts(struct multiplex_order *order, struct multiplex_request *r)
{
	struct aml_dma_request *before = order->req != NULL ? *order->req : NULL;
	struct multiplex *m = order->m;
	int err = AML_SUCCESS;
	size_t i = 0;

	if (order->req != NULL)
		*order->req = (struct aml_dma_request *)r;
	for (; err == AML_SUCCESS && i < r->pub.count; i++)
		err = post_part(order, r, i);
	if (err != AML_SUCCESS) {
		if (order->req != NULL)
			*order->req = before;
		undo_post(order, r, i - 1);
		return err;
	}
	multiplex_acquire(m);
	r->state = MULTIPLEX_POSTED;
	if (r->detached)
		multiplex_owned_list_push(&m->owned, r);
	multiplex_wake_locked(m);
	multiplex_release(m);
	return AML_SUCCESS;
}

/* Append a new request whose parts have their engines, and count it. */
static void begin_post_locked(struct multiplex *m, const struct multiplex_order *order,
			      struct multiplex_request *r) REQUIRES(m)
{
	bool whole = r->parts[0].plan == NULL;

	r->parent = order->parent;
	r->detached = order->req == NULL;
	if (r->detached) {
		r->pub.flags |= AML_DMA_MULTIPLEX_REQUEST_FLAGS_OWNED;
		multiplex_sweep_locked(m);
	}
	multiplex_append_locked(m, r);
	for (size_t i = 0; i < r->pub.count; i++) {
		struct multiplex_part *part = &r->parts[i];

		r->pub.dmas[i] = m->engines[part->engine].dma;
		part->timed = part_is_timed(order, r, i);
		multiplex_count_post_locked(m, part, whole);
	}
}

/*
 * Choose the engine of a whole request by its node. Without the lock: the layouts are asked, which
 * may be the program's own, and the system.
 */
static void choose_node(struct multiplex_order *order)
{
	if (order->m->numa != NULL)
		order->node = multiplex_choose_node(order->m, order->plan, order->bytes);
}

/* Choose the engine of a whole request. */
static void choose_engine_locked(struct multiplex *m, const struct multiplex_order *order,
				 struct multiplex_part *part) REQUIRES(m)
{
	part->bytes = order->plan != NULL ? order->bytes : 0;
	multiplex_adapt_locked(m);
	part->engine = m->numa != NULL ? order->node : multiplex_take_turn_locked(m);
}

static int post_whole(struct multiplex_order *order)
{
	struct multiplex_request *r = multiplex_request_new(order->m, 1, 0);
	struct multiplex *m = order->m;

	if (r == NULL)
		return -AML_ENOMEM;
	multiplex_acquire(m);
	choose_engine_locked(m, order, &r->parts[0]);
	begin_post_locked(m, order, r);
	multiplex_release(m);
	return post_parts(order, r);
}

/* Room for a request of one part in the frame of a synchronous copy. */
union multiplex_room {
	struct multiplex_request request;
	char bytes[sizeof(struct multiplex_request) + sizeof(struct multiplex_part) +
		   2 * sizeof(void *)];
};

/* A request in a frame was copied, or refused by the engine because of its layouts. */
static void end_framed_locked(struct multiplex *m, struct multiplex_request *r, int code,
			      bool refused) REQUIRES(m)
{
	struct multiplex_part *part = &r->parts[0];

	part->code = code;
	part->done = true;
	if (part->timed)
		multiplex_count_finish_locked(m, part, code);
	multiplex_unclaim_locked(m, r);
	multiplex_take_locked(m, r);
	if (!refused)
		return;
	multiplex_uncount_post_locked(m, part, true);
	if (m->numa == NULL)
		multiplex_owe_turn_locked(m, part->engine);
}

/*
 * Copy a whole request synchronously, without making a request, if its engine is one of linux.c.
 * That engine never refuses a synchronous copy that it can make. A plan of the order then belongs
 * to it. False: nothing was done.
 */
static bool copy_framed(struct multiplex_order *order, int *result)
{
	union multiplex_room room;
	struct multiplex_request *r = &room.request;
	struct multiplex *m = order->m;
	struct part_call call;
	bool linux_engine, refused;

	multiplex_request_init(m, r, 1);
	r->framed = true;
	multiplex_acquire(m);
	choose_engine_locked(m, order, &r->parts[0]);
	linux_engine = multiplex_is_linux(m->engines[r->parts[0].engine].dma);
	if (linux_engine) {
		begin_post_locked(m, order, r);
		r->state = MULTIPLEX_CLAIMED;
	} else if (m->numa == NULL) {
		multiplex_owe_turn_locked(m, r->parts[0].engine);
	}
	multiplex_release(m);
	if (!linux_engine)
		return false;
	call = call_of_part(order, r, 0);
	refused = order->plan == NULL && linux_operator_of(call.op) != LINUX_OPERATOR_FOREIGN;
	call = call_to_linux(order, r, 0, call);
	*result = aml_dma_copy_custom(r->pub.dmas[0], order->dest, order->src, call.op, call.arg);
	multiplex_acquire(m);
	end_framed_locked(m, r, *result, refused && *result != AML_SUCCESS);
	multiplex_release(m);
	return true;
}

/* Split a large copy. `*split` is false if the weights leave only one engine. */
static int post_split(struct multiplex_order *order, bool *split)
{
	struct multiplex *m = order->m;
	struct multiplex_request *r;
	int err = multiplex_split(m, order->plan, &r);

	*split = err == AML_SUCCESS && r != NULL;
	if (!*split)
		return err;
	multiplex_acquire(m);
	begin_post_locked(m, order, r);
	multiplex_release(m);
	return post_parts(order, r);
}

/* Plan an order by one of the library's operators that copies. Others, and errors, have no plan. */
static void order_plan(struct multiplex_order *order, union copy_plan_room *room)
{
	enum linux_operator which = linux_operator_of(order->op);

	if (which == LINUX_OPERATOR_FOREIGN || order->single != NULL)
		return;
	if (order->dest == NULL || order->src == NULL)
		return;
	if (linux_plan(which, room, order->dest, order->src, order->op_arg) != AML_SUCCESS)
		return;
	order->plan = &room->plan;
	order->bytes = copy_plan_payload(&room->plan);
}

static int order_post(struct multiplex_order *order)
{
	union copy_plan_room room;
	bool split = false;
	int err = AML_SUCCESS;

	if (order->op == aml_dma_multiplex_copy_single) {
		order->single = order->op_arg;
		if (order->single == NULL)
			return -AML_EINVAL;
	}
	order_plan(order, &room);
	if (order->plan != NULL && order->m->numa == NULL && !order->plan->src_is_neutral &&
	    copy_plan_has_shares(order->plan, order->bytes))
		err = post_split(order, &split);
	if (err == AML_SUCCESS && !split) {
		choose_node(order);
		order->copied = order->sync && copy_framed(order, &err);
		if (!order->copied)
			err = post_whole(order);
	}
	if (order->plan != NULL)
		copy_plan_release(order->plan);
	return err;
}

int aml_dma_multiplex_request_create(struct aml_dma_data *data, struct aml_dma_request **req,
				     struct aml_layout *dest, struct aml_layout *src,
				     aml_dma_operator op, void *op_arg)
{
	struct multiplex_order order = {
		.req = req, .dest = dest, .src = src, .op = op, .op_arg = op_arg};

	if (data == NULL)
		return -AML_EINVAL;
	order.m = multiplex_of(data);
	return order_post(&order);
}

int multiplex_copy(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		   aml_dma_operator op, void *op_arg)
{
	struct aml_dma_request *req = NULL;
	struct multiplex_order order = {
		.req = &req, .dest = dest, .src = src, .op = op, .op_arg = op_arg, .sync = true};
	int err;

	if (data == NULL)
		return -AML_EINVAL;
	order.m = multiplex_of(data);
	err = order_post(&order);
	if (err != AML_SUCCESS || order.copied)
		return err;
	return aml_dma_multiplex_request_wait(data, &req);
}

int aml_dma_multiplex_copy_single(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	(void)arg;
	return -AML_ENOTSUP;
}
