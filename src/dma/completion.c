/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generic interface beyond AML: check the arguments, then call the engine through its table of
 * further operations.
 */
#include "dma/completion.h"

#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "dma/dma.h"

/* Report whether a table of further operations, or NULL, has the operation `op`. */
#define HAS_OPERATION(own, op)                                                             \
	((own) != NULL &&                                                                  \
	 (own)->size >= offsetof(struct aml_dma_extension, op) + sizeof(void (*)(void)) && \
	 (own)->op != NULL)

/* Return the error of a call that finds no operation. */
static int lack_of_operation(const struct aml_dma *dma)
{
	return dma == NULL || dma->ops == NULL || dma->data == NULL ? -AML_EINVAL : -AML_ENOTSUP;
}

bool dma_has_tests(const struct aml_dma *dma)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	return HAS_OPERATION(own, test) && HAS_OPERATION(own, wait_until);
}

int aml_dma_test(struct aml_dma *dma, struct aml_dma_request **req, int *result)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, test))
		return lack_of_operation(dma);
	if (req == NULL || *req == NULL)
		return -AML_EINVAL;
	return own->test(dma->data, req, result);
}

int aml_dma_wait_until(struct aml_dma *dma, struct aml_dma_request **req, uint64_t deadline,
		       int *result)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, wait_until))
		return lack_of_operation(dma);
	if (req == NULL || *req == NULL)
		return -AML_EINVAL;
	return own->wait_until(dma->data, req, deadline, result);
}

int aml_dma_wait_any(struct aml_dma *dma, size_t n, struct aml_dma_request **reqs, size_t *index,
		     int *result)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, wait_any))
		return lack_of_operation(dma);
	if (index == NULL || (reqs == NULL && n > 0))
		return -AML_EINVAL;
	return own->wait_any(dma->data, n, reqs, index, result);
}

int aml_dma_wait_all(struct aml_dma *dma, size_t n, struct aml_dma_request **reqs, int *results)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, wait_all))
		return lack_of_operation(dma);
	if (reqs == NULL && n > 0)
		return -AML_EINVAL;
	return own->wait_all(dma->data, n, reqs, results);
}

int aml_dma_wait_some(struct aml_dma *dma, size_t n, struct aml_dma_request **reqs, size_t least,
		      uint64_t deadline, size_t *count, size_t *indices, int *results)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, wait_some))
		return lack_of_operation(dma);
	if (reqs == NULL && n > 0)
		return -AML_EINVAL;
	return own->wait_some(dma->data, n, reqs, least, deadline, count, indices, results);
}

int aml_dma_barrier_until(struct aml_dma *dma, uint64_t deadline, int *result)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, barrier_until))
		return lack_of_operation(dma);
	return own->barrier_until(dma->data, deadline, result);
}

int aml_dma_post(struct aml_dma *dma, size_t n, const struct aml_dma_post_attr *posts,
		 struct aml_dma_request **reqs)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, post))
		return lack_of_operation(dma);
	if (posts == NULL && n > 0)
		return -AML_EINVAL;
	return own->post(dma->data, n, posts, reqs);
}

int aml_dma_cancel_all(struct aml_dma *dma, size_t *count)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, cancel_all))
		return lack_of_operation(dma);
	return own->cancel_all(dma->data, count);
}

int aml_dma_reap(struct aml_dma *dma, size_t n, struct aml_dma_completion *out, size_t least,
		 uint64_t deadline, size_t *count)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, reap))
		return lack_of_operation(dma);
	if (least > n || (out == NULL && n > 0))
		return -AML_EINVAL;
	return own->reap(dma->data, n, out, least, deadline, count);
}

int aml_dma_progress(struct aml_dma *dma, size_t most, size_t *ran)
{
	const struct aml_dma_extension *own = dma_extension(dma);

	if (!HAS_OPERATION(own, progress))
		return lack_of_operation(dma);
	return own->progress(dma->data, most, ran);
}
