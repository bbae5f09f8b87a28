/* SPDX-License-Identifier: BSD-3-Clause */
/* The generic interface of DMA engines: check the arguments, then call the engine. */
#include <pthread.h>

#include <aml/utils/error.h>

#include "copy/run.h"
#include "dma/dma.h"
#include "plan/make.h"

/* What the library's own engines have registered. Constant once the library is loaded. */
static struct dma_own_engine own_engine, own_multiplexer;

void dma_register_engine(const struct dma_own_engine *engine)
{
	own_engine = *engine;
}

void dma_register_multiplexer(const struct dma_own_engine *engine)
{
	own_multiplexer = *engine;
}

const struct aml_dma_extension *dma_extension(const struct aml_dma *dma)
{
	const struct aml_dma_extension *own;

	if (dma == NULL || dma->ops == NULL || dma->data == NULL)
		return NULL;
	own = dma->ops->extension;
	if (own == NULL || own->create_request != dma->ops->create_request ||
	    own->destroy_request != dma->ops->destroy_request ||
	    own->wait_request != dma->ops->wait_request || own->barrier != dma->ops->barrier)
		return NULL;
	return own;
}

/* AML_SUCCESS if `dma` is an engine that has the operation, else the negative code. */
#define CHECK_OPERATION(dma, op)                            \
	((dma) == NULL || (dma)->ops == NULL ? -AML_EINVAL  \
	 : (dma)->ops->op == NULL            ? -AML_ENOTSUP \
					     : AML_SUCCESS)

/* Report whether a request may have this destination and source. */
static bool has_both_sides(const void *dest, const void *src, aml_dma_operator op, const void *arg)
{
	return (dest != NULL && src != NULL) ||
	       (own_engine.accepts_null != NULL && own_engine.accepts_null(op, arg));
}

int aml_dma_async_copy_custom(struct aml_dma *dma, struct aml_dma_request **req,
			      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			      void *op_arg)
{
	int err = CHECK_OPERATION(dma, create_request);

	if (err != AML_SUCCESS)
		return err;
	if (!has_both_sides(dest, src, op, op_arg))
		return -AML_EINVAL;
	return dma->ops->create_request(dma->data, req, dest, src, op, op_arg);
}

/* Report whether a synchronous copy of the engine can replace create_request and wait_request. */
static bool copies_at_once(const struct aml_dma_ops *ops, const struct dma_own_engine *own)
{
	return ops->create_request == own->create_request &&
	       ops->wait_request == own->wait_request && ops->create_request != NULL;
}

/*
 * Copy synchronously by another engine than the library's first one. Also rejects a `dma` that
 * is no engine.
 */
__attribute__((noinline)) static int post_and_wait(struct aml_dma *dma, struct aml_layout *dest,
						   struct aml_layout *src, aml_dma_operator op,
						   void *op_arg)
{
	struct aml_dma_request *req;
	int err = CHECK_OPERATION(dma, create_request);

	if (err == AML_SUCCESS)
		err = CHECK_OPERATION(dma, wait_request);
	if (err != AML_SUCCESS)
		return err;
	if (!has_both_sides(dest, src, op, op_arg))
		return -AML_EINVAL;
	if (copies_at_once(dma->ops, &own_multiplexer))
		return (dma->ops->copy != NULL ? dma->ops->copy : own_multiplexer.copy)(
			dma->data, dest, src, op, op_arg);
	if (dma->ops->copy != NULL && dma_extension(dma) != NULL)
		return dma->ops->copy(dma->data, dest, src, op, op_arg);
	err = dma->ops->create_request(dma->data, &req, dest, src, op, op_arg);
	return err == AML_SUCCESS ? dma->ops->wait_request(dma->data, &req) : err;
}

int aml_dma_copy_custom(struct aml_dma *dma, struct aml_layout *dest, struct aml_layout *src,
			aml_dma_operator op, void *op_arg)
{
	if (dma != NULL && dma->ops != NULL && has_both_sides(dest, src, op, op_arg) &&
	    copies_at_once(dma->ops, &own_engine))
		return (dma->ops->copy != NULL ? dma->ops->copy : own_engine.copy)(dma->data, dest,
										   src, op, op_arg);
	return post_and_wait(dma, dest, src, op, op_arg);
}

/* The names are in parentheses because they are also macros. */
int(aml_dma_copy)(struct aml_dma *dma, struct aml_layout *dest, struct aml_layout *src)
{
	return aml_dma_copy_custom(dma, dest, src, NULL, NULL);
}

int(aml_dma_async_copy)(struct aml_dma *dma, struct aml_dma_request **req, struct aml_layout *dest,
			struct aml_layout *src)
{
	return aml_dma_async_copy_custom(dma, req, dest, src, NULL, NULL);
}

int aml_dma_wait(struct aml_dma *dma, struct aml_dma_request **req)
{
	int err = CHECK_OPERATION(dma, wait_request);

	if (err != AML_SUCCESS)
		return err;
	if (req == NULL || *req == NULL)
		return -AML_EINVAL;
	return dma->ops->wait_request(dma->data, req);
}

int aml_dma_barrier(struct aml_dma *dma)
{
	int err = CHECK_OPERATION(dma, barrier);

	return err == AML_SUCCESS ? dma->ops->barrier(dma->data) : err;
}

int aml_dma_cancel(struct aml_dma *dma, struct aml_dma_request **req)
{
	int err = CHECK_OPERATION(dma, destroy_request);

	if (err != AML_SUCCESS)
		return err;
	if (req == NULL || *req == NULL)
		return -AML_EINVAL;
	return dma->ops->destroy_request(dma->data, req);
}

int aml_dma_fprintf(FILE *stream, const char *prefix, const struct aml_dma *dma)
{
	int err = CHECK_OPERATION(dma, fprintf), cancel_state;

	if (err != AML_SUCCESS || stream == NULL)
		return err ? err : -AML_EINVAL;
	/* Writing is a cancellation point. The name is in parentheses: fprintf may be a macro. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	err = (dma->ops->fprintf)(dma->data, stream, prefix ? prefix : "");
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}

int aml_copy_layout_transform_generic(struct aml_layout *dst, const struct aml_layout *src,
				      const size_t *target_dims)
{
	union copy_plan_room room;
	int err;

	if (dst == NULL || src == NULL || target_dims == NULL)
		return -AML_EINVAL;
	err = copy_plan_layouts(&room, dst, src, target_dims);
	return err == AML_SUCCESS ? copy_plan_run(&room.plan) : err;
}
