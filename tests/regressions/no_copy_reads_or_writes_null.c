/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy of a layout with the fast path and a base of NULL crashed. A copy of the same layout
 * without the fast path failed, and only the wait reported the failure.
 */
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "gate.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

static int from[12], to[12], untouched[12];

static void *no_rawptr(const struct aml_layout_data *data)
{
	(void)data;
	return NULL;
}

/* The operator or field by which a layout of 3 × 4 lies at NULL. */
enum null_target { BY_BASE, BY_RAWPTR, BY_STEPS_OF_A_COPIED_TABLE, KINDS };

static struct aml_layout *create_at_null(enum null_target kind, size_t rows)
{
	static struct aml_layout_ops copied;
	struct aml_layout *dense = NULL;
	struct user_layout *made;
	struct oracle oracle;

	if (kind == BY_STEPS_OF_A_COPIED_TABLE) {
		copied = aml_layout_row_ops;
		ck_assert_int_eq(aml_layout_dense_create(&dense, from, ROW, sizeof(int), 2,
							 (size_t[]){rows, 4}, NULL, NULL),
				 AML_SUCCESS);
		dense->ops = &copied;
		((struct aml_layout_dense *)dense->data)->ptr = NULL;
		return dense;
	}
	oracle_dense(&oracle, from, ROW, sizeof(int), 2, (size_t[]){rows, 4}, NULL, NULL);
	for (size_t n = 0; n < oracle.count; n++)
		oracle.cells[n].at = NULL;
	made = user_layout_create(&oracle, ROW, kind == BY_BASE ? USER_STEPS : USER_DUPLICATE,
				  NULL);
	made->base = NULL;
	made->steps[0] = 4;
	made->steps[1] = 16;
	made->ops.rawptr = kind == BY_RAWPTR ? no_rawptr : NULL;
	oracle_destroy(&oracle);
	return &made->layout;
}

static struct aml_layout *create_dense(int *numbers, size_t rows, size_t columns)
{
	struct aml_layout *made = NULL;

	ck_assert_int_eq(aml_layout_dense_create(&made, numbers, ROW, sizeof(int), 2,
						 (size_t[]){rows, columns}, NULL, NULL),
			 AML_SUCCESS);
	return made;
}

/* Copy in each way. Returns the code, which must be the same for each way. */
static int copy(struct aml_dma *dma, struct aml_layout *dst, struct aml_layout *src)
{
	struct aml_dma_request *req = NULL;
	int code = aml_dma_linux_copy_generic(dst, src, NULL);

	ck_assert_int_eq(aml_copy_layout_transform_generic(dst, src, (size_t[]){0, 1}), code);
	ck_assert_int_eq(aml_dma_copy(dma, dst, src), code);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst, src), code);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), code);
	if (code == AML_SUCCESS)
		ck_assert_int_eq(aml_dma_wait(dma, &req), AML_SUCCESS);
	ck_assert_ptr_null(req);
	ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
	return code;
}

/* Put pads and reshape layouts over a layout; number 0 is the layout itself. */
static struct aml_layout *lay_over(int over, struct aml_layout *layout, size_t rows)
{
	struct aml_layout *made = layout;
	int neutral = 0;

	if (over == 1)
		ck_assert_int_eq(
			aml_layout_pad_create(&made, ROW, layout, (size_t[]){rows, 4}, &neutral),
			AML_SUCCESS);
	else if (over == 2)
		ck_assert_int_eq(
			aml_layout_reshape_create(&made, layout, ROW, 2, (size_t[]){rows, 4}),
			AML_SUCCESS);
	else if (over == 3)
		made = lay_over(1, lay_over(2, layout, rows), rows);
	else if (over == 4)
		made = lay_over(2, lay_over(1, layout, rows), rows);
	return made;
}

static void each_layout(size_t rows, int code)
{
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	for (int kind = 0; kind < KINDS; kind++) {
		for (int over = 0; over < 5; over++) {
			struct aml_layout *at_null = create_at_null((enum null_target)kind, rows);
			struct aml_layout *memory = create_dense(to, rows, 4);

			at_null = lay_over(over, at_null, rows);
			ck_assert_msg(copy(dma, memory, at_null) == code,
				      "kind %d, over %d, as source", kind, over);
			ck_assert_msg(copy(dma, at_null, memory) == code,
				      "kind %d, over %d, as destination", kind, over);
			aml_layout_destroy(&at_null);
			aml_layout_destroy(&memory);
		}
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
	ck_assert_mem_eq(to, untouched, sizeof(to));
}

/* Contract: LAYOUT-4. */
START_TEST(with_elements_it_is_refused)
{
	each_layout(3, -AML_EINVAL);
}
END_TEST

/* Contract: LAYOUT-12. */
START_TEST(without_elements_it_copies_to_nothing)
{
	each_layout(0, AML_SUCCESS);
}
END_TEST

/* Contract: LAYOUT-4. */
START_TEST(copy_1d_refuses_it_too)
{
	struct aml_layout *memory = NULL, *at_null = create_at_null(BY_BASE, 3);
	struct user_layout *user = user_layout_of(at_null);

	user->ndims = 1;
	ck_assert_int_eq(aml_layout_dense_create(&memory, to, ROW, sizeof(int), 1, (size_t[]){4},
						 NULL, NULL),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_dma_linux_copy_1D(memory, at_null, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_1D(at_null, memory, NULL), -AML_EINVAL);
	aml_layout_destroy(&memory);
	ck_assert_int_eq(aml_layout_dense_create(&memory, to, ROW, sizeof(int), 1, (size_t[]){0},
						 NULL, NULL),
			 AML_SUCCESS);
	user->dims[0] = 0;
	ck_assert_int_eq(aml_dma_linux_copy_1D(memory, at_null, NULL), AML_SUCCESS);
	ck_assert_int_eq(aml_dma_linux_copy_1D(at_null, memory, NULL), AML_SUCCESS);
	aml_layout_destroy(&memory);
	aml_layout_destroy(&at_null);
	ck_assert_mem_eq(to, untouched, sizeof(to));
}
END_TEST

/* Without a raw pointer, only the elements show that the layout lies at NULL. */
/* Contract: LAYOUT-4. */
START_TEST(without_a_raw_pointer_it_fails_when_it_runs)
{
	struct aml_layout *at_null = create_at_null(BY_RAWPTR, 3), *memory = create_dense(to, 3, 4);
	struct aml_dma_request *req = NULL;
	struct aml_dma *dma = NULL;

	user_layout_of(at_null)->ops.rawptr = NULL;
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, memory, at_null), AML_SUCCESS);
	ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_FAILURE);
	ck_assert_int_eq(aml_dma_copy(dma, at_null, memory), -AML_FAILURE);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
	aml_layout_destroy(&at_null);
	aml_layout_destroy(&memory);
}
END_TEST

SUITE("regressions/no_copy_reads_or_writes_null", with_elements_it_is_refused,
      without_elements_it_copies_to_nothing, copy_1d_refuses_it_too,
      without_a_raw_pointer_it_fails_when_it_runs)
