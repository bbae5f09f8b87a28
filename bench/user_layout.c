/* SPDX-License-Identifier: BSD-3-Clause */
/* The custom layout, see user_layout.h. It has no destroy operation, so free() releases it. */
#include <stdlib.h>
#include <string.h>

#include <aml.h>

#include "contest.h"
#include "user_layout.h"

/* The layout, its table and its data are one allocation. */
struct matrix {
	struct aml_layout layout;
	struct aml_layout_ops ops;
	double *base;
	size_t dims[2];
};

static void *matrix_deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	const struct matrix *matrix = (const struct matrix *)data;

	return matrix->base + coords[1] * matrix->dims[0] + coords[0];
}

static int matrix_dims_native(const struct aml_layout_data *data, size_t *dims)
{
	memcpy(dims, ((const struct matrix *)data)->dims, 2 * sizeof(*dims));
	return AML_SUCCESS;
}

static size_t matrix_ndims(const struct aml_layout_data *data)
{
	(void)data;
	return 2;
}

static size_t matrix_element_size(const struct aml_layout_data *data)
{
	(void)data;
	return sizeof(double);
}

/* Several threads may ask for addresses at once. */
static int matrix_concurrent(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

/*
 * Create a layout of `dims[0]` by `dims[1]` doubles, the first dimension fastest. NULL: out of
 * memory. Release it with aml_layout_destroy().
 */
static struct aml_layout *user_matrix_create(double *base, const size_t *dims)
{
	struct matrix *matrix = calloc(1, sizeof(*matrix));

	if (matrix == NULL)
		return NULL;
	matrix->layout.ops = &matrix->ops;
	matrix->layout.data = (struct aml_layout_data *)matrix;
	matrix->ops.deref_native = matrix_deref_native;
	matrix->ops.dims_native = matrix_dims_native;
	matrix->ops.ndims = matrix_ndims;
	matrix->ops.element_size = matrix_element_size;
	matrix->ops.concurrent = matrix_concurrent;
	matrix->base = base;
	memcpy(matrix->dims, dims, sizeof(matrix->dims));
	return &matrix->layout;
}

int user_pair(const struct contest *contest, struct layout_pair *pair)
{
	pair->dst = user_matrix_create(contest->dst, contest->c->shape.dims);
	pair->src = user_matrix_create(contest->src, contest->c->shape.dims);
	if (pair->dst != NULL && pair->src != NULL)
		return AML_SUCCESS;
	aml_layout_destroy(&pair->dst);
	aml_layout_destroy(&pair->src);
	return -AML_ENOMEM;
}

int run_user_loops(void *arg)
{
	const struct contest *contest = arg;
	const struct layout_pair *pair = &contest->entrants[0].pair;

	loops_deref(pair->dst, pair->src, contest->c->shape.dims);
	return 0;
}
