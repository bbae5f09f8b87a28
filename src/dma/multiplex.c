/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The multiplexer: an engine that hands its requests on to other engines. multiplex_state.h
 * describes how its files fit together.
 *
 * The block of a multiplexer has its inner engines, their public addresses and weights, and their
 * shares. It is freed when nothing is unfinished and no thread is inside a call. Inner engines that
 * it owns are destroyed after that.
 */
#include "dma/multiplex.h"

#include <stdio.h>
#include <stdlib.h>

#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "dma/dma.h"
#include "dma/multiplex_barrier.h"
#include "dma/multiplex_completion.h"
#include "dma/multiplex_fork.h"
#include "dma/multiplex_post.h"
#include "dma/multiplex_turn.h"
#include "dma/multiplex_wait.h"
#include "machine/numa.h"

/* Check the inner engines. */
static int check_engines(size_t num, struct aml_dma *const *dmas)
{
	if (num == 0 || dmas == NULL)
		return -AML_EINVAL;
	for (size_t i = 0; i < num; i++)
		if (dmas[i] == NULL || dmas[i]->ops == NULL || dmas[i]->data == NULL)
			return -AML_EINVAL;
	for (size_t i = 0; i < num; i++)
		if (dmas[i]->ops->create_request == NULL || dmas[i]->ops->wait_request == NULL)
			return -AML_ENOTSUP;
	return AML_SUCCESS;
}

/* Allocate a multiplexer of `num` engines. NULL: out of memory. */
static struct multiplex *allocate_multiplex(size_t num)
{
	const size_t each =
		sizeof(struct multiplex_engine) + sizeof(struct aml_dma *) + 2 * sizeof(size_t);
	struct multiplex *m;
	size_t bytes;

	if (__builtin_mul_overflow(num, each, &bytes) ||
	    __builtin_add_overflow(bytes, sizeof(*m), &bytes))
		return NULL;
	m = calloc(1, bytes);
	if (m == NULL)
		return NULL;
	m->data.count = num;
	m->data.dmas = (struct aml_dma **)(void *)(m->engines + num);
	m->data.weights = (size_t *)(void *)(m->data.dmas + num);
	m->shares = m->data.weights + num;
	return m;
}

int multiplex_create(struct multiplex **multiplex, size_t num, struct aml_dma *const *dmas,
		     const size_t *weights)
{
	int err = check_engines(num, dmas);
	struct multiplex *m;

	if (err != AML_SUCCESS)
		return err;
	m = allocate_multiplex(num);
	if (m == NULL)
		return -AML_ENOMEM;
	for (size_t i = 0; i < num; i++) {
		m->engines[i].dma = dmas[i];
		m->data.dmas[i] = dmas[i];
	}
	m->lock = (struct lock)LOCK_INITIALIZER;
	m->dma.ops = &aml_dma_multiplex_ops;
	m->dma.data = (struct aml_dma_data *)(void *)&m->data;
	err = multiplex_set_weights(m, weights);
	if (err == AML_SUCCESS)
		err = multiplex_register(m);
	if (err != AML_SUCCESS) {
		free(m);
		return err;
	}
	*multiplex = m;
	return AML_SUCCESS;
}

int aml_dma_multiplex_create(struct aml_dma **dma, const size_t num, const struct aml_dma **dmas,
			     const size_t *weights)
{
	struct multiplex *m;
	int err;

	if (dma == NULL)
		return -AML_EINVAL;
	err = multiplex_create(&m, num, (struct aml_dma *const *)dmas, weights);
	if (err == AML_SUCCESS)
		*dma = &m->dma;
	return err;
}

static void free_requests(struct multiplex_list *list)
{
	struct multiplex_request *r;

	while ((r = multiplex_list_pop(list)) != NULL)
		free(r);
}

int aml_dma_multiplex_destroy(struct aml_dma **dma)
{
	struct multiplex *m;

	if (dma == NULL || *dma == NULL)
		return -AML_EINVAL;
	if ((*dma)->ops == &aml_dma_linux_ops)
		return aml_dma_linux_destroy(dma);
	if ((*dma)->ops != &aml_dma_multiplex_ops)
		return -AML_EINVAL;
	m = multiplex_of((*dma)->data);
	if (multiplex_drain(m) != AML_SUCCESS)
		return -AML_EBUSY;
	multiplex_unregister(m);
	free_requests(&m->done);
	free_requests(&m->failed);
	for (size_t i = 0; m->ends && i < m->data.count; i++)
		(void)aml_dma_linux_destroy(&m->data.dmas[i]);
	numa_release(m->numa);
	pthread_mutex_destroy(&m->lock.mutex);
	free(m);
	*dma = NULL;
	return AML_SUCCESS;
}

/* The figures of an engine when they were read. */
struct multiplex_figures {
	size_t weight;
	unsigned long long requests, parts, bytes, failed;
};

/* Print the figures of inner engine i. Returns whether that worked. */
static bool print_engine(struct multiplex *m, size_t i, FILE *stream, const char *prefix)
{
	const struct multiplex_engine *engine = &m->engines[i];
	struct multiplex_figures f;
	size_t node = 0;

	multiplex_acquire(m);
	f = (struct multiplex_figures){m->data.weights[i], engine->requests, engine->parts,
				       engine->bytes, engine->failed};
	multiplex_release(m);
	if (m->numa != NULL)
		node = (size_t)m->numa->nodes[i].id;
	return (m->numa == NULL
			? fprintf(stream, "%s  engine %zu: weight %zu", prefix, i, f.weight)
			: fprintf(stream, "%s  engine %zu: node %zu", prefix, i, node)) >= 0 &&
	       fprintf(stream, ", requests %llu, parts %llu, bytes %llu, failed %llu\n", f.requests,
		       f.parts, f.bytes, f.failed) >= 0;
}

static int multiplex_print(const struct aml_dma_data *data, FILE *stream, const char *prefix)
{
	struct multiplex *m;
	bool good;

	if (data == NULL)
		return -AML_EINVAL;
	m = multiplex_of(data);
	good = fprintf(stream, "%sdma: multiplex\n%s  engines: %zu\n", prefix, prefix,
		       m->data.count) >= 0;
	for (size_t i = 0; good && i < m->data.count; i++)
		good = print_engine(m, i, stream, prefix);
	return good ? AML_SUCCESS : -AML_FAILURE;
}

static const struct aml_dma_extension multiplex_extension = {
	.size = sizeof(struct aml_dma_extension),
	.create_request = aml_dma_multiplex_request_create,
	.destroy_request = aml_dma_multiplex_request_destroy,
	.wait_request = aml_dma_multiplex_request_wait,
	.barrier = aml_dma_multiplex_barrier,
	.test = multiplex_test,
	.wait_until = multiplex_wait_until,
	.wait_any = multiplex_wait_any,
	.wait_all = multiplex_wait_all,
	.wait_some = multiplex_wait_some,
	.barrier_until = multiplex_barrier_until,
	.progress = multiplex_progress,
};

struct aml_dma_ops aml_dma_multiplex_ops = {
	.create_request = aml_dma_multiplex_request_create,
	.destroy_request = aml_dma_multiplex_request_destroy,
	.wait_request = aml_dma_multiplex_request_wait,
	.barrier = aml_dma_multiplex_barrier,
	.fprintf = multiplex_print,
	.copy = multiplex_copy,
	.extension = &multiplex_extension,
};

/* At load time: no call comes before. */
__attribute__((constructor)) static void multiplexer_register(void)
{
	static const struct dma_own_engine own = {aml_dma_multiplex_request_create,
						  aml_dma_multiplex_request_wait, multiplex_copy,
						  NULL};

	dma_register_multiplexer(&own);
	multiplex_register_ops(&aml_dma_multiplex_ops);
}
