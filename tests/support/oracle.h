/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The naive oracle: a layout as the list of its elements' addresses in native linear order. Each
 * address is computed on its own, from the parameters of the layout and the formulas of the
 * documentation. Only oracle_assert() calls the library: it compares a layout with an oracle.
 *
 * In functions with a parameter `order` (AML_LAYOUT_ORDER_…), arrays have that order. In the other
 * functions, arrays have native order.
 */
#ifndef TESTS_SUPPORT_ORACLE_H
#define TESTS_SUPPORT_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include <aml.h>

#include "guard.h"
#include "random.h"

/* The place of one element. */
struct cell {
	unsigned char *at;
	/* Whether the element is the neutral element of a pad, which is read but never written. */
	bool neutral;
};

struct oracle {
	size_t element_size;
	size_t ndims;
	size_t dims[AML_LAYOUT_NDIMS_MAX];
	/* The number of elements. */
	size_t count;
	struct cell *cells;
};

/* Each function makes `oracle`; release it with oracle_destroy(). `from` is not changed. */
void oracle_dense(struct oracle *oracle, void *ptr, int order, size_t element_size, size_t ndims,
		  const size_t *dims, const size_t *stride, const size_t *pitch);
/* `ptr` is the address of element 0. */
void oracle_steps(struct oracle *oracle, void *ptr, int order, size_t element_size, size_t ndims,
		  const size_t *dims, const ptrdiff_t *steps);
void oracle_slice(struct oracle *oracle, const struct oracle *from, int order,
		  const size_t *offsets, const size_t *dims, const size_t *strides);
void oracle_reshape(struct oracle *oracle, const struct oracle *from, int order, size_t ndims,
		    const size_t *dims);
/* Reverse native dimension `dim`. */
void oracle_reverse(struct oracle *oracle, const struct oracle *from, size_t dim);
/* `neutral` must outlive the oracle. `offsets` NULL: 0 in each dimension. */
void oracle_pad(struct oracle *oracle, const struct oracle *from, int order, const size_t *dims,
		void *neutral, const size_t *offsets);
/* Dimension i is dimension target_dims[i] of `from`. */
void oracle_permute(struct oracle *oracle, const struct oracle *from, const size_t *target_dims);
void oracle_destroy(struct oracle *oracle);

/* Copy the elements of `src` to the places of those of `dst` in the memory's expected content. */
void oracle_copy(const struct oracle *dst, const struct oracle *src, struct guard *memory);

/* Whether one base address, and one step for each of these dimensions, give the same addresses. */
bool oracle_strided(const struct oracle *oracle, size_t ndims, const size_t *dims);

/*
 * Assert that a layout has this order and the oracle's extents, and that every kind of deref
 * returns the oracle's elements. `rng` is NULL if the case is not generated.
 */
void oracle_assert(const struct oracle *oracle, const struct aml_layout *layout, int order,
		   const struct rng *rng);

/* Convert an array from `order` to native order, or back. */
void flip(int order, size_t ndims, const size_t *from, size_t *to);

/* Step to the next coordinates in native linear order. After the last: false, and all are 0. */
bool next_coords(size_t ndims, const size_t *dims, size_t *coords);

/* The product of the extents: the number of elements. */
size_t product(size_t ndims, const size_t *dims);

#endif /* TESTS_SUPPORT_ORACLE_H */
