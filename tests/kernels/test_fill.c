/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of kernels may be incomplete. The portable kernels replace the missing kernels. */
#include "kernels/kernels.h"
#include "suite.h"

static void own_stream(char *dst, const char *src, size_t size)
{
	(void)dst;
	(void)src;
	(void)size;
}

static void own_drain(void)
{
}

static void own_tile(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step, size_t n,
		     size_t na)
{
	(void)dst;
	(void)dst_step;
	(void)src;
	(void)src_step;
	(void)n;
	(void)na;
}

static void own_listed(char *dst, const ptrdiff_t *dst_at, const char *src, const ptrdiff_t *src_at,
		       size_t nb, size_t na)
{
	(void)dst;
	(void)dst_at;
	(void)src;
	(void)src_at;
	(void)nb;
	(void)na;
}

static void own_interleave(char *dst, const char *src, ptrdiff_t step, size_t n, size_t blocks,
			   const struct shuffle *shuffle)
{
	(void)dst;
	(void)src;
	(void)step;
	(void)n;
	(void)blocks;
	(void)shuffle;
}

START_TEST(a_set_of_no_kernels_has_the_portable_ones)
{
	const struct kernels set = {.name = "none", .width = 32};
	struct kernels table;

	kernels_fill(&table, &set);
	ck_assert_str_eq(table.name, "none");
	ck_assert_uint_eq(table.width, 32);
	ck_assert(table.stream == kernels_portable.stream);
	ck_assert(table.drain == kernels_portable.drain);
	for (size_t i = 0; i < KERNEL_SIZES; i++) {
		ck_assert(table.near[i] == kernels_portable.near[i] && table.near[i] != NULL);
		ck_assert(table.far[i] == kernels_portable.far[i] && table.far[i] != NULL);
		ck_assert(table.staged[i] == kernels_portable.staged[i] && table.staged[i] != NULL);
		ck_assert(table.listed[i] == kernels_portable.listed[i] && table.listed[i] != NULL);
	}
	ck_assert(table.split == kernels_portable.split);
	ck_assert(table.join == kernels_portable.join);
}
END_TEST

START_TEST(a_kernel_of_a_set_is_used)
{
	const struct kernels set = {
		.name = "all",
		.width = 16,
		.stream = own_stream,
		.drain = own_drain,
		.near = {own_tile, own_tile, own_tile, own_tile, own_tile},
		.far = {own_tile, own_tile, own_tile, own_tile, own_tile},
		.staged = {own_tile, own_tile, own_tile, own_tile, own_tile},
		.listed = {own_listed, own_listed, own_listed, own_listed, own_listed},
		.masks = true,
		.split = own_interleave,
		.join = own_interleave,
	};
	struct kernels table;

	kernels_fill(&table, &set);
	ck_assert_str_eq(table.name, "all");
	ck_assert(table.masks);
	ck_assert_uint_eq(table.width, 16);
	ck_assert(table.stream == own_stream);
	ck_assert(table.drain == own_drain);
	for (size_t i = 0; i < KERNEL_SIZES; i++) {
		ck_assert(table.near[i] == own_tile);
		ck_assert(table.listed[i] == own_listed);
		ck_assert(table.far[i] == own_tile);
		ck_assert(table.staged[i] == own_tile);
	}
	ck_assert(table.split == own_interleave);
	ck_assert(table.join == own_interleave);
}
END_TEST

START_TEST(each_tile_is_replaced_for_itself)
{
	const struct kernels set = {.name = "some", .width = 16, .far = {[2] = own_tile}};
	struct kernels table;

	kernels_fill(&table, &set);
	for (size_t i = 0; i < KERNEL_SIZES; i++) {
		ck_assert(table.near[i] == kernels_portable.near[i]);
		ck_assert(table.far[i] == (i == 2 ? own_tile : kernels_portable.far[i]));
		ck_assert(table.staged[i] == kernels_portable.staged[i]);
	}
}
END_TEST

SUITE("kernels/fill", a_set_of_no_kernels_has_the_portable_ones, a_kernel_of_a_set_is_used,
      each_tile_is_replaced_for_itself)
