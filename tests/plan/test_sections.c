/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of copies by element: only layouts that allow several threads are split, and the parts
 * together copy each element once. The test build of the library splits small copies into parts.
 */
#include <string.h>

#include <aml.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>

#include "copy/run.h"
#include "made.h"
#include "oracle.h"
#include "plan/keep.h"
#include "plan/make.h"
#include "plan/part.h"
#include "random.h"
#include "suite.h"
#include "user_layout.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR

/* A copy of 40 × 50 ints. */
#define W 40
#define H 50

static int to[H][W], from[H][W];
static const size_t extents[] = {W, H};

static struct user_layout *user(int (*numbers)[W], int flags)
{
	struct user_layout *made;
	struct oracle oracle;

	oracle_dense(&oracle, numbers, COLUMN, sizeof(int), 2, extents, NULL, NULL);
	made = user_layout_create(&oracle, COLUMN, flags, NULL);
	oracle_destroy(&oracle);
	return made;
}

static struct aml_layout *dense(int (*numbers)[W])
{
	return new_dense(numbers, COLUMN, sizeof(int), 2, extents, NULL, NULL);
}

/* The number of parts of a copy. Releases both layouts. */
static unsigned parts_of(struct aml_layout *dst, struct aml_layout *src)
{
	union copy_plan_room room;
	unsigned parts;

	ck_assert_int_eq(copy_plan_layouts(&room, dst, src, NULL), AML_SUCCESS);
	parts = copy_plan_parts(&room.plan);
	destroy_layout(dst);
	destroy_layout(src);
	return parts;
}

static struct aml_layout *answering(int answer)
{
	struct user_layout *made = user(from, USER_CONCURRENT);

	made->concurrent_result = answer;
	return &made->layout;
}

/* Contract: COPY-12. */
START_TEST(both_sides_must_be_concurrent)
{
	struct aml_layout *concurrent = &user(to, USER_CONCURRENT)->layout;

	ck_assert_uint_gt(parts_of(dense(to), answering(1)), 1);
	ck_assert_uint_gt(parts_of(concurrent, dense(from)), 1);
	ck_assert_uint_gt(parts_of(&user(to, USER_CONCURRENT)->layout, answering(1)), 1);
	ck_assert_uint_eq(parts_of(&user(to, 0)->layout, answering(1)), 1);
	ck_assert_uint_eq(parts_of(&user(to, USER_CONCURRENT)->layout, &user(from, 0)->layout), 1);
	ck_assert_uint_eq(parts_of(&user(to, 0)->layout, dense(from)), 1);
	/* Only 1 says so. */
	ck_assert_uint_eq(parts_of(dense(to), answering(0)), 1);
	ck_assert_uint_eq(parts_of(dense(to), answering(2)), 1);
	ck_assert_uint_eq(parts_of(dense(to), answering(-AML_ENOTSUP)), 1);
}
END_TEST

static struct aml_layout *padded(struct aml_layout *target)
{
	struct aml_layout *made = NULL;
	int neutral = -1;

	ck_assert_int_eq(aml_layout_pad_create_at(&made, COLUMN, target, extents, &neutral,
						  (size_t[]){1, 0}),
			 AML_SUCCESS);
	return made;
}

static struct aml_layout *reshaped(struct aml_layout *target)
{
	return new_reshape(target, COLUMN, 2, extents);
}

/* Contract: COPY-12. */
START_TEST(nests_are_concurrent_if_their_targets_are)
{
	ck_assert_uint_gt(parts_of(padded(answering(1)), dense(to)), 1);
	ck_assert_uint_eq(parts_of(padded(answering(0)), dense(to)), 1);
	ck_assert_uint_gt(parts_of(dense(to), reshaped(padded(answering(1)))), 1);
	ck_assert_uint_eq(parts_of(dense(to), reshaped(padded(answering(0)))), 1);
	ck_assert_uint_gt(parts_of(dense(to), padded(reshaped(padded(dense(from))))), 1);
	ck_assert_uint_gt(parts_of(padded(padded(answering(1))), reshaped(padded(dense(to)))), 1);
}
END_TEST

static void *reversed(const struct aml_layout_data *data, const size_t *coords)
{
	(void)data;
	return &from[H - 1 - coords[1]][W - 1 - coords[0]];
}

static int yes(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

static int no(const struct aml_layout_data *data)
{
	(void)data;
	return 0;
}

/* Contract: COPY-12. */
START_TEST(a_table_with_another_deref_native_does_not_inherit_it)
{
	const struct aml_layout_ops *tables[] = {
		&aml_layout_column_ops,         &aml_layout_row_ops,
		&aml_layout_steps_column_ops,   &aml_layout_steps_row_ops,
		&aml_layout_pad_column_ops,     &aml_layout_pad_row_ops,
		&aml_layout_reshape_column_ops, &aml_layout_reshape_row_ops,
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		struct aml_layout *layouts[] = {dense(from), NULL, padded(dense(from)),
						reshaped(padded(dense(from)))};
		struct aml_layout *layout;
		struct aml_layout_ops ops = *tables[i];

		ck_assert_int_eq(aml_layout_reverse(layouts[0], &layouts[1], 0), AML_SUCCESS);
		layout = layouts[i / 2];
		ops.destroy = NULL;
		ops.deref_native = reversed;
		ops.ndims = layout->ops->ndims;
		for (int k = 0; k < 3; k++) {
			struct aml_layout borrowed = {&ops, layout->data};
			struct aml_layout *dst = dense(to);
			union copy_plan_room room;

			ops.concurrent = k == 0 ? tables[i]->concurrent : k == 1 ? yes : no;
			ck_assert_ptr_nonnull(ops.concurrent);
			ck_assert_int_eq(copy_plan_layouts(&room, dst, &borrowed, NULL),
					 AML_SUCCESS);
			ck_assert_int_eq(copy_plan_parts(&room.plan) > 1, k == 1);
			destroy_layout(dst);
		}
		for (size_t k = 0; k < 4; k++)
			destroy_layout(layouts[k]);
	}
}
END_TEST

/* A duplicate of another kind, which only one thread may use. */
static int duplicate_as_serial(const struct aml_layout *layout, struct aml_layout **output,
			       void *ptr)
{
	(void)layout;
	(void)ptr;
	*output = &user(from, 0)->layout;
	return AML_SUCCESS;
}

/* Contract: COPY-12. */
START_TEST(the_layout_that_a_request_keeps_is_asked_too)
{
	for (int serial = 0; serial < 2; serial++) {
		struct user_layout *src = user(from, USER_CONCURRENT | USER_DUPLICATE);
		struct aml_layout *dst = dense(to);
		union copy_plan_room room;

		if (serial)
			src->ops.duplicate = duplicate_as_serial;
		ck_assert_int_eq(copy_plan_layouts(&room, dst, &src->layout, NULL), AML_SUCCESS);
		ck_assert_uint_gt(copy_plan_parts(&room.plan), 1);
		ck_assert_int_eq(copy_plan_keep(&room), AML_SUCCESS);
		ck_assert_int_eq(copy_plan_parts(&room.plan) > 1, !serial);
		copy_plan_release(&room.plan);
		destroy_layout(&src->layout);
		destroy_layout(dst);
	}
}
END_TEST

/* Contract: COPY-12. */
START_TEST(parts_together_copy_each_element_once)
{
	static const size_t shapes[][3] = {{2000, 1, 1}, {1, 1, 2000}, {3, 700, 1},
					   {700, 3, 1},  {10, 14, 15}, {17, 2, 60},
					   {128, 1, 16}, {15, 15, 15}, {4, 5, 6}};
	static unsigned char bytes_to[4000], bytes_from[4000];
	struct rng rng = {0};

	rng_start(&rng, 0);
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++) {
		const size_t *dims = shapes[k], count = product(3, dims), permutation[] = {1, 2, 0};
		size_t permuted[3], copied = 0;
		struct aml_layout *dst, *src;
		union copy_plan_room room;
		struct oracle oracle;
		unsigned parts;

		for (size_t i = 0; i < 3; i++)
			permuted[i] = dims[permutation[i]];
		rng_bytes(&rng, bytes_from, sizeof(bytes_from));
		for (size_t n = 0; n < count; n++)
			bytes_from[n] |= 1;
		memset(bytes_to, 0, sizeof(bytes_to));
		oracle_dense(&oracle, bytes_from, COLUMN, 1, 3, dims, NULL, NULL);
		src = &user_layout_create(&oracle, COLUMN, USER_CONCURRENT, NULL)->layout;
		dst = new_dense(bytes_to, COLUMN, 1, 3, permuted, NULL, NULL);
		ck_assert_int_eq(copy_plan_layouts(&room, dst, src, permutation), AML_SUCCESS);
		parts = copy_plan_parts(&room.plan);
		ck_assert_uint_ge(parts, count > 1000 ? 15 : 1);
		for (unsigned part = 0; part < parts; part++) {
			size_t before = copied;

			ck_assert_int_eq(copy_plan_run_part(&room.plan, part), AML_SUCCESS);
			copied = 0;
			for (size_t n = 0; n < count; n++)
				copied += bytes_to[n] != 0;
			ck_assert_uint_gt(copied, before);
			/* The parts are about equal. */
			ck_assert_uint_le(copied - before, 2 * count / parts);
		}
		ck_assert_uint_eq(copied, count);
		for (size_t n = 0; n < count; n++) {
			size_t at[] = {n % permuted[0], n / permuted[0] % permuted[1],
				       n / permuted[0] / permuted[1]};
			size_t there = at[2] + dims[0] * (at[0] + dims[1] * at[1]);

			ck_assert_uint_eq(bytes_to[n], bytes_from[there]);
		}
		oracle_destroy(&oracle);
		destroy_layout(dst);
		destroy_layout(src);
	}
}
END_TEST

SUITE("plan/sections", both_sides_must_be_concurrent, nests_are_concurrent_if_their_targets_are,
      a_table_with_another_deref_native_does_not_inherit_it,
      the_layout_that_a_request_keeps_is_asked_too, parts_together_copy_each_element_once)
