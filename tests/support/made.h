/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines and layouts that a test needs and whose creation must succeed. A failure to create or to
 * destroy one fails the test. The caller owns what a function returns.
 */
#ifndef TESTS_SUPPORT_MADE_H
#define TESTS_SUPPORT_MADE_H

#include <stddef.h>

struct aml_dma;
struct aml_layout;

/* An engine with this many workers. */
struct aml_dma *new_engine(size_t threads);

/* Destroy an engine, and expect NULL in *dma. */
void destroy_engine(struct aml_dma **dma);

/* A dense layout. A stride or pitch of NULL: contiguous. */
struct aml_layout *new_dense(void *ptr, int order, size_t element_size, size_t ndims,
			     const size_t *dims, const size_t *stride, const size_t *pitch);

/* A dense layout of all ints of a row-major matrix. In column order its dimensions are reversed. */
struct aml_layout *new_int_matrix(int *matrix, int order, size_t rows, size_t columns);

/* A pad of a layout of ints. */
struct aml_layout *new_int_pad(struct aml_layout *target, int order, const size_t *dims,
			       int neutral);

struct aml_layout *new_reshape(struct aml_layout *target, int order, size_t ndims,
			       const size_t *dims);

void destroy_layout(struct aml_layout *layout);

#endif /* TESTS_SUPPORT_MADE_H */
