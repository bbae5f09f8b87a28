/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy kept a pad or a reshape layout by its duplicate. If the target had the fast path but no
 * duplicate operator, the copy kept the pad or reshape layout itself, and read it after it had been
 * destroyed.
 */
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "gate.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

static unsigned char from[24], to[48];

/* The bytes of `from` in reverse order, as a layout of 4 × 6. */
static struct aml_layout *create_backwards(void)
{
	struct oracle oracle, reversed;
	struct user_layout *user;

	oracle_dense(&oracle, from, AML_LAYOUT_ORDER_FORTRAN, 1, 2, (size_t[]){4, 6}, NULL, NULL);
	oracle_reshape(&reversed, &oracle, AML_LAYOUT_ORDER_FORTRAN, 2, oracle.dims);
	for (size_t n = 0; n < oracle.count; n++)
		reversed.cells[n] = oracle.cells[oracle.count - 1 - n];
	user = user_layout_create(&reversed, AML_LAYOUT_ORDER_FORTRAN, USER_STEPS, NULL);
	oracle_destroy(&reversed);
	oracle_destroy(&oracle);
	return &user->layout;
}

static struct aml_layout *dash_pad(struct aml_layout *target, size_t rows, size_t columns)
{
	struct aml_layout *made = NULL;

	ck_assert_int_eq(aml_layout_pad_create(&made, AML_LAYOUT_ORDER_FORTRAN, target,
					       (size_t[]){rows, columns}, "-"),
			 AML_SUCCESS);
	return made;
}

static struct aml_layout *column_reshape_2d(struct aml_layout *target, size_t rows, size_t columns)
{
	struct aml_layout *made = NULL;

	ck_assert_int_eq(aml_layout_reshape_create(&made, target, AML_LAYOUT_ORDER_FORTRAN, 2,
						   (size_t[]){rows, columns}),
			 AML_SUCCESS);
	return made;
}

/* Post a copy from the layout, destroy the layout before the copy can start, and wait. */
static void copy_from(struct aml_layout *src, size_t rows, size_t columns)
{
	struct aml_layout *dst = NULL;
	struct aml_dma_request *req;
	struct aml_dma *dma = NULL;

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (unsigned char)('a' + i);
	memset(to, 0, sizeof(to));
	ck_assert_int_eq(aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_FORTRAN, 1, 2,
						 (size_t[]){rows, columns}, NULL, NULL),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), AML_SUCCESS);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	ck_assert_int_eq(aml_dma_wait(dma, &req), AML_SUCCESS);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}

START_TEST(a_pad)
{
	copy_from(dash_pad(create_backwards(), 5, 6), 5, 6);
	ck_assert_str_eq((char *)to, "xwvu-tsrq-ponm-lkji-hgfe-dcba-");
}
END_TEST

START_TEST(a_reshape_layout)
{
	copy_from(column_reshape_2d(create_backwards(), 3, 8), 3, 8);
	ck_assert_str_eq((char *)to, "xwvutsrqponmlkjihgfedcba");
}
END_TEST

START_TEST(a_reshape_layout_over_a_pad)
{
	copy_from(column_reshape_2d(dash_pad(create_backwards(), 5, 6), 6, 5), 6, 5);
	ck_assert_str_eq((char *)to, "xwvu-tsrq-ponm-lkji-hgfe-dcba-");
}
END_TEST

START_TEST(a_pad_over_a_reshape_layout)
{
	copy_from(dash_pad(column_reshape_2d(create_backwards(), 3, 8), 3, 9), 3, 9);
	ck_assert_str_eq((char *)to, "xwvutsrqponmlkjihgfedcba---");
}
END_TEST

SUITE("regressions/layouts_within_a_pad_may_go_too", a_pad, a_reshape_layout,
      a_reshape_layout_over_a_pad, a_pad_over_a_reshape_layout)
