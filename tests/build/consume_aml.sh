#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Programs in AML's idiom compile without a warning, also in the order of headers and with the
# feature macro that AML's own programs use, and run: requests in arrays and on the stack, tables
# whose designated initialisers stop where AML's stop, free() of a dense layout, questions about
# backends, negative and positive codes. They stay in the words of AML: no name that only this library
# has.
# Contract: NAME-8, NAME-9.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

# Requests in an array; each copies a tile. Layouts are released by free().
cat >"$work/tiles.c" <<'END'
#define _POSIX_C_SOURCE 199309L
#include "aml.h"
#include "aml/dma/linux.h"
#include "aml/layout/dense.h"

#define TILES 16

int main(int argc, char *argv[])
{
	struct aml_dma_request *requests[TILES];
	struct aml_layout *src[TILES], *dst[TILES];
	struct aml_dma *dma;
	size_t dims[2] = {8, 8}, pitch[2] = {8, 8 * TILES};
	static double from[8][8 * TILES], to[TILES][8][8];
	int i, j, k;

	if (aml_init(&argc, &argv) != AML_SUCCESS)
		return 1;
	for (i = 0; i < 8; i++)
		for (j = 0; j < 8 * TILES; j++)
			from[i][j] = 1000 * i + j;
	if (aml_dma_linux_create(&dma, 2) != AML_SUCCESS)
		return 2;
	for (i = 0; i < TILES; i++) {
		if (aml_layout_dense_create(&src[i], &from[0][8 * i], AML_LAYOUT_ORDER_C,
					    sizeof(double), 2, dims, NULL, pitch) ||
		    aml_layout_dense_create(&dst[i], to[i], AML_LAYOUT_ORDER_C, sizeof(double), 2,
					    dims, NULL, NULL))
			return 3;
		if (aml_dma_async_copy(dma, &requests[i], dst[i], src[i]) != AML_SUCCESS)
			return 4;
	}
	for (i = 0; i < TILES; i++)
		if (aml_dma_wait(dma, &requests[i]) != AML_SUCCESS || requests[i] != NULL)
			return 5;
	for (i = 0; i < TILES; i++)
		for (j = 0; j < 8; j++)
			for (k = 0; k < 8; k++)
				if (to[i][j][k] != 1000 * j + 8 * i + k)
					return 6;
	for (i = 0; i < TILES; i++) {
		free(src[i]);
		free(dst[i]);
	}
	if (aml_dma_linux_destroy(&dma) != AML_SUCCESS || dma != NULL)
		return 7;
	return aml_finalize() != AML_SUCCESS;
}
END

# Tables with AML's members only, in one designated initialiser each: a layout, an engine and a
# scheduler's task.
cat >"$work/tables.c" <<'END'
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/utils/features.h>

struct line {
	int *first;
	size_t length;
};

static void *line_deref(const struct aml_layout_data *data, const size_t *coords)
{
	return ((const struct line *)data)->first + coords[0];
}

static void *line_rawptr(const struct aml_layout_data *data)
{
	return ((const struct line *)data)->first;
}

static int line_order(const struct aml_layout_data *data)
{
	(void)data;
	return AML_LAYOUT_ORDER_COLUMN_MAJOR;
}

static int line_dims(const struct aml_layout_data *data, size_t *dims)
{
	dims[0] = ((const struct line *)data)->length;
	return AML_SUCCESS;
}

static size_t line_ndims(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

static size_t line_element_size(const struct aml_layout_data *data)
{
	(void)data;
	return sizeof(int);
}

static struct aml_layout_ops line_ops = {
	.deref = line_deref,
	.deref_native = line_deref,
	.rawptr = line_rawptr,
	.order = line_order,
	.dims = line_dims,
	.dims_native = line_dims,
	.ndims = line_ndims,
	.element_size = line_element_size,
	.reshape = NULL,
	.slice = NULL,
	.slice_native = NULL,
	.fprintf = NULL,
	.duplicate = NULL,
	.destroy = NULL,
};

static struct aml_dma_ops engine_ops = {
	.create_request = aml_dma_linux_request_create,
	.destroy_request = aml_dma_linux_request_destroy,
	.wait_request = aml_dma_linux_request_wait,
	.barrier = aml_dma_linux_barrier,
	.fprintf = NULL,
};

static void add(struct aml_task_in *in, struct aml_task_out *out)
{
	*(int *)out = *(int *)in + 1;
}

static int scheduled(void)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	int in = 41, out = 0;
	struct aml_task task = {
		.in = (struct aml_task_in *)&in,
		.out = (struct aml_task_out *)&out,
		.fn = add,
		.data = NULL,
	};

	if (sched == NULL || aml_sched_submit_task(sched, &task) != AML_SUCCESS ||
	    aml_sched_wait_any(sched) != &task)
		return 1;
	aml_queue_sched_destroy(&sched);
	return out != 42;
}

int main(void)
{
	int from[3] = {1, 2, 3}, to[3] = {0, 0, 0};
	struct line from_line = {from, 3}, to_line = {to, 3};
	struct aml_layout src = {.ops = &line_ops, .data = (struct aml_layout_data *)&from_line};
	struct aml_layout dst = {.ops = &line_ops, .data = (struct aml_layout_data *)&to_line};
	struct aml_dma_request *request;
	struct aml_dma engine;

#if AML_HAVE_BACKEND_CUDA || AML_HAVE_BACKEND_HWLOC || AML_HAVE_BACKEND_LIBNUMA || \
	AML_HAVE_BACKEND_OPENCL || AML_HAVE_BACKEND_ZE || AML_HAVE_BACKEND_HIP || AML_HAVE_BACKEND_MPI
#error a backend is there
#endif
	if (aml_support_backends(AML_BACKEND_CUDA) || aml_support_backends(AML_BACKEND_HWLOC) ||
	    aml_support_backends(AML_BACKEND_LIBNUMA) || aml_support_backends(AML_BACKEND_OPENCL) ||
	    aml_support_backends(AML_BACKEND_ZE) || aml_support_backends(AML_BACKEND_HIP) ||
	    aml_support_backends(AML_BACKEND_MPI) || !aml_support_backends(0))
		return 1;
	if (aml_init(NULL, NULL) != AML_SUCCESS)
		return 2;
	engine.ops = &engine_ops;
	engine.data = aml_dma_linux->data;
	if (aml_dma_copy(&engine, &dst, &src) != AML_SUCCESS || memcmp(from, to, sizeof(from)))
		return 3;
	memset(to, 0, sizeof(to));
	if (aml_dma_async_copy(&engine, &request, &dst, &src) != AML_SUCCESS ||
	    aml_dma_barrier(&engine) != AML_SUCCESS ||
	    aml_dma_wait(&engine, &request) != AML_SUCCESS || memcmp(from, to, sizeof(from)))
		return 4;
	if (aml_dma_fprintf(stderr, "none", &engine) != -AML_ENOTSUP)
		return 5;
	if (strcmp(aml_strerror(AML_EINVAL), aml_strerror(-AML_EINVAL)) != 0 || scheduled())
		return 6;
	return aml_finalize() != AML_SUCCESS;
}
END

for source in tiles tables; do
	for std in c99 gnu11; do
		check "$source as $std compiles without a warning" link_built "$work/$source" \
			-std=$std -Wall -Wextra -Wmissing-field-initializers -Werror "$work/$source.c"
		for threads in 0 2; do
			check "$source as $std runs with $threads workers" \
				limited env AML_DMA_NUM_THREADS=$threads "$work/$source"
		done
	done
done

summary
