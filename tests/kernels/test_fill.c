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

static void own_rows(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
		     size_t size, size_t n)
{
	(void)dst;
	(void)dst_step;
	(void)src;
	(void)src_step;
	(void)size;
	(void)n;
}

static void own_looped(char *dst, const char *src, size_t size, const struct kernel_loop *loops,
		       size_t count)
{
	(void)dst;
	(void)src;
	(void)size;
	(void)loops;
	(void)count;
}

static bool own_equal(const char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
		      size_t bytes, size_t rows)
{
	(void)dst;
	(void)dst_step;
	(void)src;
	(void)src_step;
	(void)bytes;
	(void)rows;
	return false;
}

static void own_stepped(char *dst, const char *src, size_t size, const struct kernel_loop *loops,
			size_t count)
{
	(void)dst;
	(void)src;
	(void)size;
	(void)loops;
	(void)count;
}

static void own_planes(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
		       size_t nb, size_t na, const struct kernel_loop *loops, size_t count)
{
	(void)dst;
	(void)dst_step;
	(void)src;
	(void)src_step;
	(void)nb;
	(void)na;
	(void)loops;
	(void)count;
}

static void own_repeat(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
		       size_t size, size_t count, size_t n)
{
	(void)dst;
	(void)dst_step;
	(void)src;
	(void)src_step;
	(void)size;
	(void)count;
	(void)n;
}

static void own_pad(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
		    const struct padded_row *row, size_t n)
{
	(void)dst;
	(void)dst_step;
	(void)src;
	(void)src_step;
	(void)row;
	(void)n;
}

static void own_shuffle(const struct shuffle_vector *v, size_t vectors, char *dst, const char *src,
			const struct shuffle_units *units, bool stream)
{
	(void)stream;
	(void)v;
	(void)vectors;
	(void)dst;
	(void)src;
	(void)units;
}

static void own_joint(const struct shuffle_joint *j, char *dst, const char *src,
		      const struct shuffle_units *units, bool stream)
{
	(void)stream;
	(void)j;
	(void)dst;
	(void)src;
	(void)units;
}

static unsigned own_lay(struct shuffle_vector *v, const struct near_unit *unit, int32_t last,
			int32_t grid)
{
	(void)v;
	(void)unit;
	(void)last;
	(void)grid;
	return 1;
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
		ck_assert(table.planes[i] == kernels_portable.planes[i] && table.planes[i] != NULL);
	}
	ck_assert(table.rows == kernels_portable.rows && table.rows != NULL);
	ck_assert(table.looped == kernels_portable.looped && table.looped != NULL);
	ck_assert(table.equal == kernels_portable.equal && table.equal != NULL);
	ck_assert(table.repeat == kernels_portable.repeat && table.repeat != NULL);
	ck_assert(table.pad == kernels_portable.pad && table.pad != NULL);
	ck_assert(table.shuffle == NULL);
	ck_assert(table.stepped == NULL);
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
		.planes = {own_planes, own_planes, own_planes, own_planes, own_planes},
		.masks = true,
		.rows = own_rows,
		.looped = own_looped,
		.equal = own_equal,
		.repeat = own_repeat,
		.pad = own_pad,
		.shuffle = own_shuffle,
		.joint = own_joint,
		.shuffle_width = SHUFFLE_WIDTH_MAX,
		.shuffle_masks = true,
		.lay = own_lay,
		.stepped = own_stepped,
		.stepped_vectors = {{32, 16}, {32, 16}, {32, 32}},
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
		ck_assert(table.planes[i] == own_planes);
		ck_assert(table.far[i] == own_tile);
		ck_assert(table.staged[i] == own_tile);
	}
	ck_assert(table.rows == own_rows);
	ck_assert(table.looped == own_looped);
	ck_assert(table.equal == own_equal);
	ck_assert(table.repeat == own_repeat);
	ck_assert(table.pad == own_pad);
	ck_assert(table.shuffle == own_shuffle);
	ck_assert(table.joint == own_joint);
	ck_assert_uint_eq(table.shuffle_width, SHUFFLE_WIDTH_MAX);
	ck_assert(table.shuffle_masks);
	ck_assert(table.lay == own_lay);
	ck_assert(table.stepped == own_stepped);
	ck_assert_uint_eq(table.stepped_vectors[1].window, 16);
	ck_assert_uint_eq(table.stepped_vectors[2].window, 32);
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

/* A set has the kernels of the set that it extends, unless it has its own. */
START_TEST(a_set_extends_another)
{
	const struct kernels base = {.name = "base", .width = 16, .rows = own_rows};
	const struct kernels set = {.name = "more",
				    .base = &base,
				    .width = 32,
				    .repeat = own_repeat,
				    .far = {own_tile}};
	struct kernels table;

	kernels_fill(&table, &set);
	ck_assert_str_eq(table.name, "more");
	ck_assert_uint_eq(table.width, 32);
	ck_assert(table.rows == own_rows);
	ck_assert(table.repeat == own_repeat);
	ck_assert(table.far[0] == own_tile);
	ck_assert(table.far[1] == kernels_portable.far[1]);
}
END_TEST

SUITE("kernels/fill", a_set_of_no_kernels_has_the_portable_ones, a_kernel_of_a_set_is_used,
      each_tile_is_replaced_for_itself, a_set_extends_another)
