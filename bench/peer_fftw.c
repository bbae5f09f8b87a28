/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFTW copies and transposes with plans of rank 0: no transform, only the dimensions over which
 * a transform would be repeated. Elements of 4 and 8 bytes are FFTW's real numbers, elements of 16
 * bytes its complex numbers. The planner measures, as FFTW recommends, for two seconds at most.
 */
#include <stdlib.h>

#include <fftw3.h>

#include "peers.h"

struct fftw_copy {
	fftw_plan plan_double;
	fftwf_plan plan_float;
};

#define SECONDS 2.0

/* fftw_iodim64 and fftwf_iodim64 are the same type. -1: a step is no multiple of the element size.
 */
static int set_dims(const struct bench_shape *shape, fftw_iodim64 *dims)
{
	ptrdiff_t size = (ptrdiff_t)shape->element_size;

	for (size_t i = 0; i < shape->ndims; i++) {
		if (shape->src_step[i] % size != 0 || shape->dst_step[i] % size != 0)
			return -1;
		dims[i].n = (ptrdiff_t)shape->dims[i];
		dims[i].is = shape->src_step[i] / size;
		dims[i].os = shape->dst_step[i] / size;
	}
	return 0;
}

static void *prepare(const struct bench_shape *shape, void *dst, void *src, unsigned threads)
{
	struct fftw_copy *plan;
	int ndims = (int)shape->ndims;
	fftw_iodim64 dims[SHAPE_NDIMS];

	(void)threads;
	if (set_dims(shape, dims) != 0)
		return NULL;
	plan = calloc(1, sizeof(*plan));
	if (plan == NULL)
		return NULL;
	fftw_set_timelimit(SECONDS);
	fftwf_set_timelimit(SECONDS);
	if (shape->element_size == 4)
		plan->plan_float =
			fftwf_plan_guru64_r2r(0, NULL, ndims, dims, src, dst, NULL, FFTW_MEASURE);
	else if (shape->element_size == 8)
		plan->plan_double =
			fftw_plan_guru64_r2r(0, NULL, ndims, dims, src, dst, NULL, FFTW_MEASURE);
	else if (shape->element_size == 16)
		plan->plan_double = fftw_plan_guru64_dft(0, NULL, ndims, dims, src, dst,
							 FFTW_FORWARD, FFTW_MEASURE);
	if (plan->plan_float != NULL || plan->plan_double != NULL)
		return plan;
	free(plan);
	return NULL;
}

static int run(void *arg)
{
	const struct fftw_copy *plan = arg;

	if (plan->plan_float != NULL)
		fftwf_execute(plan->plan_float);
	else
		fftw_execute(plan->plan_double);
	return 0;
}

static void release(void *arg)
{
	struct fftw_copy *plan = arg;

	if (plan->plan_float != NULL)
		fftwf_destroy_plan(plan->plan_float);
	if (plan->plan_double != NULL)
		fftw_destroy_plan(plan->plan_double);
	free(plan);
}

const struct copy_peer peer_fftw = {
	.name = "FFTW rank 0",
	.prepare = prepare,
	.run = run,
	.release = release,
};
