/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine's operations beyond AML, but for posts. The scheduler waits and releases. Only the
 * engine knows what a request owns: so it gives back the requests of the parent process, which
 * never run in a child.
 */
#include "dma/linux_completion.h"

#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "async/queue_any.h"
#include "async/queue_cancel.h"
#include "async/queue_group.h"
#include "async/queue_reap.h"
#include "async/queue_wait.h"
#include "dma/linux_request.h"

/* Give back requests of the parent process that a wait has released. */
static void give_back_orphans(struct queue_sched *q, struct aml_task *orphans)
{
	while (orphans != NULL) {
		struct aml_task *next = orphans->priv.next;

		request_give_back(q, orphans);
		orphans = next;
	}
}

int linux_wait_until(struct aml_dma_data *data, struct aml_dma_request **req, uint64_t deadline,
		     int *result)
{
	struct queue_sched *q = linux_queue(data);
	struct aml_task *task = (struct aml_task *)(void *)*req;
	int code = -AML_FAILURE, err = queue_wait_until(q, task, deadline, &code);

	if (err == -AML_FAILURE)
		request_give_back(q, task);
	else if (err != AML_SUCCESS)
		return err;
	*req = NULL;
	if (result != NULL)
		*result = code;
	return AML_SUCCESS;
}

int linux_test(struct aml_dma_data *data, struct aml_dma_request **req, int *result)
{
	return linux_wait_until(data, req, 0, result);
}

int linux_wait_any(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
		   size_t *index, int *result)
{
	struct queue_wait_args args = {.reqs = reqs, .n = n};
	struct queue_sched *q = linux_queue(data);
	size_t place = n;
	int code = AML_SUCCESS, err = queue_wait_first(q, &args, &place, &code);

	if (err != AML_SUCCESS)
		return err;
	give_back_orphans(q, args.orphans);
	*index = place;
	if (result != NULL)
		*result = code;
	return AML_SUCCESS;
}

int linux_wait_all(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs, int *results)
{
	struct queue_wait_args args = {.reqs = reqs, .n = n, .results = results};
	struct queue_sched *q = linux_queue(data);
	int err = queue_wait_all(q, &args);

	give_back_orphans(q, args.orphans);
	return err;
}

int linux_wait_some(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
		    size_t least, uint64_t deadline, size_t *count, size_t *indices, int *results)
{
	struct queue_wait_args args = {.reqs = reqs,
				       .n = n,
				       .least = least,
				       .deadline = deadline,
				       .indices = indices,
				       .results = results};
	struct queue_sched *q = linux_queue(data);
	int err = queue_wait_some(q, &args);

	give_back_orphans(q, args.orphans);
	if (count != NULL && (err == AML_SUCCESS || err == -AML_EBUSY))
		*count = args.count;
	return err;
}

int linux_barrier_until(struct aml_dma_data *data, uint64_t deadline, int *result)
{
	int code, err = queue_barrier(linux_queue(data), deadline, &code);

	if (err == AML_SUCCESS && result != NULL)
		*result = code;
	return err;
}

int linux_cancel_all(struct aml_dma_data *data, size_t *count)
{
	size_t n;

	if (data == NULL)
		return -AML_EINVAL;
	n = queue_cancel_all(linux_queue(data));
	if (count != NULL)
		*count = n;
	return AML_SUCCESS;
}

int linux_reap(struct aml_dma_data *data, size_t n, struct aml_dma_completion *out, size_t least,
	       uint64_t deadline, size_t *count)
{
	if (data == NULL)
		return -AML_EINVAL;
	return queue_reap(linux_queue(data), n, out, least, deadline, count);
}

int linux_progress(struct aml_dma_data *data, size_t most, size_t *ran)
{
	if (data == NULL)
		return -AML_EINVAL;
	return queue_progress(linux_queue(data), most, ran);
}

int aml_dma_linux_eventfd(struct aml_dma *dma)
{
	if (dma == NULL || dma->ops == NULL || dma->data == NULL)
		return -AML_EINVAL;
	if (dma->ops->create_request != aml_dma_linux_request_create)
		return -AML_EINVAL;
	return queue_eventfd(linux_queue(dma->data));
}
