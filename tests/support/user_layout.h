/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layouts of a test's own: an index table of addresses, with AML's operators and no more, with
 * duplicate, with the fast path, or with whatever a test changes in it.
 */
#ifndef TESTS_SUPPORT_USER_LAYOUT_H
#define TESTS_SUPPORT_USER_LAYOUT_H

#include <stdatomic.h>
#include <stddef.h>

#include <aml.h>

#include "oracle.h"

/* What a layout of a test's own has beyond ndims, dims, element_size, order and deref. */
#define USER_DUPLICATE 0x1
#define USER_STEPS 0x2
/* No destroy operator: it is one allocation, released with free(). */
#define USER_FREE 0x4

/* What was called, of a layout and its duplicates together. */
struct user_calls {
	atomic_size_t deref;
	atomic_size_t steps;
	atomic_size_t duplicate;
	atomic_size_t destroy;
};

/* More room than a layout may have dimensions, for those that lie. */
#define USER_NDIMS 80

/* The layout and what it keeps, one allocation. A test may change any member. */
struct user_layout {
	struct aml_layout layout;
	struct aml_layout_ops ops;
	struct user_calls *calls;
	int order;
	size_t element_size;
	size_t ndims;
	/* In native order. */
	size_t dims[USER_NDIMS];
	/* What the operators return. */
	int dims_result, steps_result, duplicate_result;
	/* The fast path's. */
	unsigned char *base;
	ptrdiff_t steps[USER_NDIMS];
	/* The addresses, in native linear order. */
	size_t count;
	unsigned char *cells[];
};

/* Make one of the elements of an oracle, none of them neutral. `calls` may be NULL. */
struct user_layout *user_layout_create(const struct oracle *oracle, int order, int flags,
				       struct user_calls *calls);

/* One from a layout that user_layout_create() made, or that its duplicate made. */
struct user_layout *user_layout_of(const struct aml_layout *layout);

#endif /* TESTS_SUPPORT_USER_LAYOUT_H */
