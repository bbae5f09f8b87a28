/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Custom layouts, made of a table of addresses. A custom layout has AML's operators, and by choice
 * the operators duplicate, steps_native (the fast path) and concurrent. A test may change any
 * member of it.
 */
#ifndef TESTS_SUPPORT_USER_LAYOUT_H
#define TESTS_SUPPORT_USER_LAYOUT_H

#include <stdatomic.h>
#include <stddef.h>

#include <aml.h>

#include "oracle.h"

/* The operators duplicate, steps_native and concurrent are optional. */
#define USER_DUPLICATE 0x1
#define USER_STEPS 0x2
#define USER_CONCURRENT 0x8
/* The layout has no destroy operator. It is one allocation: release it with free(). */
#define USER_FREE 0x4

/* The numbers of calls of a layout's operators and of those of its duplicates, added up. */
struct user_calls {
	atomic_size_t deref;
	atomic_size_t steps;
	atomic_size_t duplicate;
	atomic_size_t destroy;
};

/* More dimensions than a layout may have, for layouts with wrong answers. */
#define USER_NDIMS 80

/* A custom layout and its data, one allocation. */
struct user_layout {
	struct aml_layout layout;
	struct aml_layout_ops ops;
	struct user_calls *calls;
	int order;
	size_t element_size;
	size_t ndims;
	/* In native order. */
	size_t dims[USER_NDIMS];
	/* The results of the operators. */
	int dims_result, steps_result, duplicate_result, concurrent_result;
	/* The answers of steps_native. */
	unsigned char *base;
	ptrdiff_t steps[USER_NDIMS];
	/* The addresses, in native linear order. */
	size_t count;
	unsigned char *cells[];
};

/*
 * Make a custom layout of the elements of an oracle, none of which may be neutral. `calls` may be
 * NULL.
 */
struct user_layout *user_layout_create(const struct oracle *oracle, int order, int flags,
				       struct user_calls *calls);

/*
 * Make a custom layout of n contiguous elements that can be duplicated. Its element number `hole`
 * has no address; n: all have one.
 */
struct user_layout *user_layout_with_hole(void *ptr, size_t element_size, size_t n, size_t hole);

/* Make a custom layout of all ints of a row-major matrix, in row order. */
struct user_layout *user_layout_of_int_matrix(int *matrix, size_t rows, size_t columns, int flags,
					      struct user_calls *calls);

/* The struct behind a layout that user_layout_create() or the duplicate operator made. */
struct user_layout *user_layout_of(const struct aml_layout *layout);

#endif /* TESTS_SUPPORT_USER_LAYOUT_H */
