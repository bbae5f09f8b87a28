/* SPDX-License-Identifier: BSD-3-Clause */
/* The creators of made.h. */
#include "made.h"

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "oracle.h"
#include "suite.h"

struct aml_dma *new_engine(size_t threads)
{
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, threads), AML_SUCCESS);
	ck_assert_ptr_nonnull(dma);
	return dma;
}

void destroy_engine(struct aml_dma **dma)
{
	ck_assert_int_eq(aml_dma_linux_destroy(dma), AML_SUCCESS);
	ck_assert_ptr_null(*dma);
}

struct aml_layout *new_dense(void *ptr, int order, size_t element_size, size_t ndims,
			     const size_t *dims, const size_t *stride, const size_t *pitch)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_dense_create(&layout, ptr, order, element_size, ndims, dims,
						 stride, pitch),
			 AML_SUCCESS);
	ck_assert_ptr_nonnull(layout);
	return layout;
}

struct aml_layout *new_int_matrix(int *matrix, int order, size_t rows, size_t columns)
{
	const size_t native[] = {columns, rows};
	size_t dims[2];

	flip(order, 2, native, dims);
	return new_dense(matrix, order, sizeof(int), 2, dims, NULL, NULL);
}

struct aml_layout *new_int_pad(struct aml_layout *target, int order, const size_t *dims,
			       int neutral)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_pad_create(&layout, order, target, dims, &neutral),
			 AML_SUCCESS);
	ck_assert_ptr_nonnull(layout);
	return layout;
}

struct aml_layout *new_reshape(struct aml_layout *target, int order, size_t ndims,
			       const size_t *dims)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, order, ndims, dims),
			 AML_SUCCESS);
	ck_assert_ptr_nonnull(layout);
	return layout;
}

void destroy_layout(struct aml_layout *layout)
{
	aml_layout_destroy(&layout);
}
