/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The naive oracle: a layout as the list of its elements' addresses in native linear order, worked
 * out from the parameters that the layout is made of by the formulas of its documentation, one
 * element after the other. Nothing here calls the library, but oracle_assert(), which compares the
 * two.
 *
 * Arrays are in `order`'s order, AML_LAYOUT_ORDER_…, where a function has such an argument, in
 * native order elsewhere.
 */
#ifndef TESTS_SUPPORT_ORACLE_H
#define TESTS_SUPPORT_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include <aml.h>

#include "guard.h"
#include "random.h"

/* Where an element lies. */
struct cell {
	unsigned char *at;
	/* It is the neutral element of a pad: read, but never written. */
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

/* Each makes `oracle`, to be released with oracle_destroy(); `from` stays as it is. */
void oracle_dense(struct oracle *oracle, void *ptr, int order, size_t element_size, size_t ndims,
		  const size_t *dims, const size_t *stride, const size_t *pitch);
void oracle_slice(struct oracle *oracle, const struct oracle *from, int order,
		  const size_t *offsets, const size_t *dims, const size_t *strides);
void oracle_reshape(struct oracle *oracle, const struct oracle *from, int order, size_t ndims,
		    const size_t *dims);
/* `neutral` must stay. */
void oracle_pad(struct oracle *oracle, const struct oracle *from, int order, const size_t *dims,
		void *neutral);
/* Dimension i is dimension target_dims[i] of `from`. */
void oracle_permute(struct oracle *oracle, const struct oracle *from, const size_t *target_dims);
void oracle_destroy(struct oracle *oracle);

/* Copy all elements of `src` into the picture of the memory where those of `dst` lie. */
void oracle_copy(const struct oracle *dst, const struct oracle *src, struct guard *memory);

/* Whether one base and one step for each of these dimensions give the same addresses. */
bool oracle_strided(const struct oracle *oracle, size_t ndims, const size_t *dims);

/* That a layout of this order has these extents, and these elements by every kind of deref.
   `rng` NULL: no generated case. */
void oracle_assert(const struct oracle *oracle, const struct aml_layout *layout, int order,
		   const struct rng *rng);

/* An array from `order`'s order to native order, or back. */
void flip(int order, size_t ndims, const size_t *from, size_t *to);

/* The next coordinates in native linear order; false, and all 0, after the last. */
bool next_coords(size_t ndims, const size_t *dims, size_t *coords);

/* The number of elements. */
size_t product(size_t ndims, const size_t *dims);

#endif /* TESTS_SUPPORT_ORACLE_H */
