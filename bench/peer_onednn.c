/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * oneDNN's reorder between two memories of the same data type. Elements of 4 bytes are its f32,
 * elements of 1 byte its s8. It runs on threads of OpenMP, if it was built so, as Debian's is.
 */
#include <stdlib.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include <dnnl.h>

#include "peers.h"

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t memory_desc;
#else
typedef dnnl_memory_desc_t *memory_desc;
#endif

struct onednn_copy {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	memory_desc descs[2]; /* of the source and of the destination */
	dnnl_memory_t memories[2];
	dnnl_primitive_desc_t desc;
	dnnl_primitive_t primitive;
	int threads;
};

static dnnl_status_t create_desc(memory_desc *desc, int ndims, const dnnl_dims_t dims,
				 dnnl_data_type_t type, const dnnl_dims_t strides)
{
#if DNNL_VERSION_MAJOR >= 3
	return dnnl_memory_desc_create_with_strides(desc, ndims, dims, type, strides);
#else
	*desc = calloc(1, sizeof(**desc));
	if (*desc == NULL)
		return dnnl_out_of_memory;
	return dnnl_memory_desc_init_by_strides(*desc, ndims, dims, type, strides);
#endif
}

static void destroy_desc(memory_desc desc)
{
	if (desc == NULL)
		return;
#if DNNL_VERSION_MAJOR >= 3
	dnnl_memory_desc_destroy(desc);
#else
	free(desc);
#endif
}

static void release(void *arg)
{
	struct onednn_copy *plan = arg;

	if (plan->primitive != NULL)
		dnnl_primitive_destroy(plan->primitive);
	if (plan->desc != NULL)
		dnnl_primitive_desc_destroy(plan->desc);
	for (int i = 0; i < 2; i++) {
		if (plan->memories[i] != NULL)
			dnnl_memory_destroy(plan->memories[i]);
		destroy_desc(plan->descs[i]);
	}
	if (plan->stream != NULL)
		dnnl_stream_destroy(plan->stream);
	if (plan->engine != NULL)
		dnnl_engine_destroy(plan->engine);
	free(plan);
}

static void use_threads(int threads)
{
#ifdef _OPENMP
	omp_set_num_threads(threads);
#else
	(void)threads;
#endif
}

/* The dimensions and the strides of a side, in elements. -1: the library cannot express them. */
static int describe(const struct bench_shape *shape, const ptrdiff_t *step, dnnl_dims_t dims,
		    dnnl_dims_t strides)
{
	ptrdiff_t size = (ptrdiff_t)shape->element_size;

	for (size_t i = 0; i < shape->ndims; i++) {
		if (step[i] <= 0 || step[i] % size != 0)
			return -1;
		dims[i] = (dnnl_dim_t)shape->dims[i];
		strides[i] = step[i] / size;
	}
	return 0;
}

static int create_all(struct onednn_copy *plan, const struct bench_shape *shape, void *dst,
		      void *src)
{
	dnnl_data_type_t type = shape->element_size == 4 ? dnnl_f32 : dnnl_s8;
	const ptrdiff_t *steps[2] = {shape->src_step, shape->dst_step};
	void *sides[2] = {src, dst};
	dnnl_dims_t dims, strides;

	if (dnnl_engine_create(&plan->engine, dnnl_cpu, 0) != dnnl_success ||
	    dnnl_stream_create(&plan->stream, plan->engine, dnnl_stream_default_flags) !=
		    dnnl_success)
		return -1;
	for (int i = 0; i < 2; i++) {
		if (describe(shape, steps[i], dims, strides) != 0 ||
		    create_desc(&plan->descs[i], (int)shape->ndims, dims, type, strides) !=
			    dnnl_success ||
		    dnnl_memory_create(&plan->memories[i], plan->descs[i], plan->engine,
				       sides[i]) != dnnl_success)
			return -1;
	}
	if (dnnl_reorder_primitive_desc_create(&plan->desc, plan->descs[0], plan->engine,
					       plan->descs[1], plan->engine,
					       NULL) != dnnl_success ||
	    dnnl_primitive_create(&plan->primitive, plan->desc) != dnnl_success)
		return -1;
	return 0;
}

static void *prepare(const struct bench_shape *shape, void *dst, void *src, unsigned threads)
{
	struct onednn_copy *plan;

	if (shape->element_size != 4 && shape->element_size != 1)
		return NULL;
	plan = calloc(1, sizeof(*plan));
	if (plan == NULL)
		return NULL;
	plan->threads = (int)threads;
	use_threads(plan->threads);
	if (create_all(plan, shape, dst, src) == 0)
		return plan;
	release(plan);
	return NULL;
}

static int run(void *arg)
{
	const struct onednn_copy *plan = arg;
	const dnnl_exec_arg_t args[2] = {{DNNL_ARG_FROM, plan->memories[0]},
					 {DNNL_ARG_TO, plan->memories[1]}};

	use_threads(plan->threads);
	if (dnnl_primitive_execute(plan->primitive, plan->stream, 2, args) != dnnl_success)
		return -1;
	return dnnl_stream_wait(plan->stream) == dnnl_success ? 0 : -1;
}

const struct copy_peer peer_onednn = {
	.name = PEER_ONEDNN,
	.prepare = prepare,
	.run = run,
	.release = release,
};
