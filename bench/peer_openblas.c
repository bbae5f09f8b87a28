/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenBLAS adds contiguous floats or doubles: axpy with the factor 1. */
#include <cblas.h>
#include <stdlib.h>

#include "peers.h"

struct axpy_plan {
	blasint count;
	int doubles;
	void *dst;
	const void *src;
};

static void *axpy_prepare(const struct bench_shape *shape, void *dst, void *src, unsigned threads)
{
	struct axpy_plan *plan;

	if (shape->ndims != 1 || !shape_is_dense(shape, shape->dst_step) ||
	    !shape_is_dense(shape, shape->src_step) ||
	    (shape->element_size != sizeof(float) && shape->element_size != sizeof(double)))
		return NULL;
	plan = malloc(sizeof(*plan));
	if (plan == NULL)
		return NULL;
	openblas_set_num_threads((int)threads);
	plan->count = (blasint)shape->dims[0];
	plan->doubles = shape->element_size == sizeof(double);
	plan->dst = dst;
	plan->src = src;
	return plan;
}

static int axpy_run(void *arg)
{
	const struct axpy_plan *plan = arg;

	if (plan->doubles)
		cblas_daxpy(plan->count, 1, plan->src, 1, plan->dst, 1);
	else
		cblas_saxpy(plan->count, 1, plan->src, 1, plan->dst, 1);
	return 0;
}

const struct copy_peer peer_openblas = {PEER_OPENBLAS, axpy_prepare, axpy_run, free};
