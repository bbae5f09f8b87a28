/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated copies are compared with the oracle, and so are transpositions by direct calls of the
 * kernels. Together they must reach each kind of plan, and each kernel of the chosen instruction
 * set; isa.sh chooses one set after the other. The test build of the library counts the calls
 * (src/kernels/count.h), splits small copies into parts, and lets them bypass the caches. With
 * AML_TEST_COUNTS in the environment, the test prints the counts. Under a slow tool there are too
 * few copies to reach everything.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml.h>
#include <aml/dma/linux.h>

#include "forced.h"
#include "guard.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "made.h"
#include "oracle.h"
#include "pads.h"
#include "random.h"
#include "sample.h"
#include "shape.h"
#include "steps.h"
#include "suite.h"
#include "tool.h"

/* Steps of the dimensions in any order, some with gaps, some in whole cache lines. */
static void random_steps(struct rng *rng, const struct test_shape *shape, size_t *steps)
{
	size_t permutation[SHAPE_NDIMS], unit = rng_chance(rng, 85) ? 1 : rng_range(rng, 2, 4);

	rng_permutation(rng, shape->ndims, permutation);
	for (size_t k = 0; k < shape->ndims; k++) {
		size_t i = permutation[k];

		steps[i] = unit;
		unit *= shape->dims[i];
		if (rng_chance(rng, 30))
			unit += rng_below(rng, 4);
		if (rng_chance(rng, 60))
			unit = (unit + 63) / 64 * 64;
	}
}

/* Small, medium or large extents, with a limit on the number of bytes. */
static struct test_shape random_shape(struct rng *rng)
{
	static const size_t sizes[] = {1, 1, 1, 1, 2, 2, 4, 8, 16, 3, 24, 32, 64, 100};
	static const size_t most[] = {10, 40, 200};
	struct test_shape shape = {.ndims = rng_range(rng, 1, 3)};
	size_t budget = 1 << 16;

	shape.element_size = sizes[rng_below(rng, sizeof(sizes) / sizeof(*sizes))];
	budget /= shape.element_size;
	for (size_t i = 0; i < shape.ndims; i++) {
		size_t few = most[rng_below(rng, 3)];

		shape.dims[i] = rng_range(rng, 1, few < budget ? few : budget);
		budget /= shape.dims[i];
	}
	random_steps(rng, &shape, shape.dst);
	random_steps(rng, &shape, shape.src);
	return shape;
}

/* Rows whose distance makes them compete for a few lines of a cache. */
static struct test_shape crowded_shape(struct rng *rng)
{
	size_t size = rng_range(rng, 1, 2), h = rng_range(rng, 60, 150),
	       w = rng_range(rng, 60, 150);

	return shape_transposition(size, h, w, h + rng_below(rng, 60),
				   (rng_chance(rng, 50) ? 2048 : 4096) / size);
}

/* Dense steps, with a gap now and then. */
static void dense_steps(struct rng *rng, const struct test_shape *shape, const size_t *order,
			size_t *steps)
{
	size_t unit = 1;

	for (size_t k = 0; k < shape->ndims; k++) {
		steps[order[k]] = unit;
		unit *= shape->dims[order[k]];
		if (rng_chance(rng, 5))
			unit += 64 / shape->element_size;
	}
}

/* Two to four dimensions in different orders. Rows are short or long, some in whole lines. */
static struct test_shape permuted_shape(struct rng *rng)
{
	struct test_shape shape = {.element_size = (size_t)1 << rng_below(rng, 5),
				   .ndims = rng_range(rng, 2, 4)};
	size_t budget = (1 << 18) / shape.element_size, order[SHAPE_NDIMS], back[SHAPE_NDIMS];
	size_t line = 64 / shape.element_size;
	bool lines = rng_chance(rng, 70);

	rng_permutation(rng, shape.ndims, order);
	for (size_t k = 0; k < shape.ndims; k++) {
		size_t most = k + 1 < shape.ndims && rng_chance(rng, 70) ? 40 : 700;

		most = budget < most ? budget : most;
		shape.dims[order[k]] = rng_range(rng, most < 2 ? 1 : 2, most);
		if (lines && most >= line)
			shape.dims[order[k]] += -shape.dims[order[k]] & (line - 1);
		budget /= shape.dims[order[k]];
		budget += budget == 0;
	}
	rng_permutation(rng, shape.ndims, order);
	for (size_t k = 0; k < shape.ndims; k++)
		back[k] = order[shape.ndims - 1 - k];
	if (rng_chance(rng, 50))
		rng_permutation(rng, shape.ndims, back);
	dense_steps(rng, &shape, order, shape.dst);
	dense_steps(rng, &shape, back, shape.src);
	return shape;
}

/*
 * Source rows that are a little longer than one or two of the pieces that are read at a time. The
 * rows of the destination begin at cache lines, or have any length and consist of two dimensions.
 */
static struct test_shape pieces_shape(struct rng *rng)
{
	size_t size = (size_t)1 << rng_below(rng, 5), line = 64 / size;
	size_t w = 256 * rng_range(rng, 1, 5) + rng_below(rng, 5), h = line * rng_range(rng, 2, 6);
	size_t z = rng_range(rng, line + 1, 2 * line + 4), y = rng_range(rng, 2, 4);

	if (rng_chance(rng, 50))
		return shape_transposition(size, h, w, h, w);
	return (struct test_shape){size, 3, {z, y, w}, {1, z, z * y}, {w * y, w, 1}};
}

/* Short rows of the destination that a long loop continues, and short rows of the source. */
static struct test_shape continued_shape(struct rng *rng)
{
	size_t size = (size_t)1 << rng_below(rng, 4), a = rng_range(rng, 2, 3);
	size_t b = 16 / size + rng_below(rng, 3), n = rng_range(rng, 20, 60);

	return (struct test_shape){size, 3, {a, n, b}, {1, a, a * n}, {n * b + 3, b, 1}};
}

/* Small planes of 16-byte elements, with gaps between them: no other plane continues the rows. */
static struct test_shape gapped_planes_shape(struct rng *rng)
{
	size_t a = rng_range(rng, 2, 15), b = rng_range(rng, 8, 15), n = rng_range(rng, 3, 9);

	return (struct test_shape){16, 3, {a, b, n}, {1, a, a * b + 3}, {b, 1, a * b + 5}};
}

static void copy_shapes(size_t cases)
{
	struct rng rng = {0};

	shape_start_engines();
	while (rng_next_case(&rng, cases)) {
		unsigned kind = (unsigned)rng_below(&rng, 100);
		struct test_shape shape = kind < 5    ? crowded_shape(&rng)
					  : kind < 15 ? permuted_shape(&rng)
					  : kind < 25 ? pieces_shape(&rng)
					  : kind < 28 ? continued_shape(&rng)
					  : kind < 31 ? gapped_planes_shape(&rng)
						      : random_shape(&rng);

		shape_run(&shape, &rng);
	}
	shape_stop_engines();
}

static void copy_steps(void)
{
	struct aml_dma *dma = NULL;
	struct rng rng = {0};

	ck_assert_int_eq(aml_dma_linux_create(&dma, 2), AML_SUCCESS);
	while (rng_next_case(&rng, 6000))
		steps_run(dma, &rng);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}

static void copy_pads(void)
{
	struct aml_dma *dma = NULL;
	struct rng rng = {0};

	ck_assert_int_eq(aml_dma_linux_create(&dma, 2), AML_SUCCESS);
	while (rng_next_case(&rng, 1500))
		pads_run(dma, &rng, 200);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}

static void copy_samples(void)
{
	struct aml_dma *dma = NULL;
	struct rng rng = {0};

	ck_assert_int_eq(aml_dma_linux_create(&dma, 2), AML_SUCCESS);
	while (rng_next_case(&rng, 800)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		size_t element_size = sample_element_size(&rng);
		struct sample dst, src;
		int result;

		sample_create(&dst, &rng, SAMPLE_NESTED, element_size, ndims, dims);
		sample_create(&src, &rng, SAMPLE_SOURCE | SAMPLE_NESTED, element_size, ndims, dims);
		oracle_copy(&dst.oracle, &src.oracle, &dst.memory);
		result = aml_dma_copy(dma, dst.layout, src.layout);
		ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the copy returns %d: %s <- %s",
			      RNG_ARGS(&rng), result, dst.made, src.made);
		guard_assert(&dst.memory, &rng);
		guard_assert(&src.memory, &rng);
		sample_destroy(&dst);
		sample_destroy(&src);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}

/* Copy rows of `n` elements, with gaps, from rows of `m`; both have the same number of elements. */
static void copy_walk_of(struct rng *rng, size_t n, size_t m, size_t rows)
{
	size_t dst_dims[] = {n, m * rows}, src_dims[] = {m, n * rows}, size = 4;
	size_t dst_pitch[] = {n + 1, m * rows}, src_pitch[] = {m + 1, n * rows};
	struct oracle to, target, from;
	struct aml_layout *dst, *src;
	struct guard written, read;

	guard_create(&written, ((n + 1) * m * rows - 1) * size, rng);
	guard_create(&read, ((m + 1) * n * rows - 1) * size, rng);
	oracle_dense(&to, written.data, AML_LAYOUT_ORDER_COLUMN_MAJOR, size, 2, dst_dims, NULL,
		     dst_pitch);
	oracle_dense(&target, read.data, AML_LAYOUT_ORDER_COLUMN_MAJOR, size, 2, src_dims, NULL,
		     src_pitch);
	oracle_reshape(&from, &target, AML_LAYOUT_ORDER_COLUMN_MAJOR, 2, dst_dims);
	dst = new_dense(written.data, AML_LAYOUT_ORDER_COLUMN_MAJOR, size, 2, dst_dims, NULL,
			dst_pitch);
	src = new_dense(read.data, AML_LAYOUT_ORDER_COLUMN_MAJOR, size, 2, src_dims, NULL,
			src_pitch);
	src = new_reshape(src, AML_LAYOUT_ORDER_COLUMN_MAJOR, 2, dst_dims);
	oracle_copy(&to, &from, &written);
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), AML_SUCCESS);
	guard_assert(&written, rng);
	guard_assert(&read, rng);
	oracle_destroy(&to);
	oracle_destroy(&target);
	oracle_destroy(&from);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	guard_destroy(&written);
	guard_destroy(&read);
}

static void copy_walks(void)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 20)) {
		copy_walk_of(&rng, 2, 3, rng_range(&rng, 8, 100));
		copy_walk_of(&rng, 2, 301, rng_range(&rng, 1, 3));
	}
}

/* Transpose from one tile to some blocks, at any address and with any steps. */
static void transpose(struct rng *rng, tile_fn tile, size_t width, size_t size)
{
	size_t n = rng_range(rng, 1, 9), wide = rng_range(rng, width, 450);
	size_t na = (rng_chance(rng, 50) ? wide : wide / width * width) / size;
	size_t nb = n * TILE_BYTES / size, unit = rng_chance(rng, 50) ? 1 : width;
	size_t dst_step = (na * size + rng_below(rng, 80) + unit - 1) / unit * unit;
	size_t src_step = n * TILE_BYTES + rng_below(rng, 80);
	size_t head = rng_below(rng, 64);
	struct guard dst, src;

	guard_create(&dst, head + (nb - 1) * dst_step + na * size, rng);
	guard_create(&src, (na - 1) * src_step + n * TILE_BYTES, rng);
	/* If all vectors of the destination are aligned, a kernel can bypass the caches. */
	if (unit > 1)
		head = -(uintptr_t)dst.data % 64 < head ? -(uintptr_t)dst.data % 64 : 0;
	for (size_t b = 0; b < nb; b++)
		for (size_t a = 0; a < na; a++)
			memcpy(dst.expected + head + b * dst_step + a * size,
			       src.data + a * src_step + b * size, size);
	tile((char *)dst.data + head, (ptrdiff_t)dst_step, (char *)src.data, (ptrdiff_t)src_step, n,
	     na);
	kernels()->drain();
	guard_assert(&dst, rng);
	guard_assert(&src, rng);
	guard_destroy(&dst);
	guard_destroy(&src);
}

/* Offsets of `n` rows of `bytes` bytes in any order, with gaps. Returns where the last one ends. */
static size_t random_offsets(struct rng *rng, ptrdiff_t *at, size_t n, size_t bytes)
{
	size_t end = 0;

	for (size_t i = 0; i < n; i++) {
		at[i] = (ptrdiff_t)end;
		end += bytes + (i + 1 < n ? rng_below(rng, 70) : 0);
	}
	for (size_t i = n; i-- > 1;) {
		size_t j = rng_below(rng, i + 1);
		ptrdiff_t offset = at[i];

		at[i] = at[j];
		at[j] = offset;
	}
	return end;
}

/* Transpose listed rows, at any addresses, with the set of kernels for their length. */
static void transpose_listed(struct rng *rng, size_t log)
{
	const size_t size = (size_t)1 << log, few = TILE_BYTES / size;
	size_t na = rng_range(rng, few, rng_chance(rng, 50) ? 4 * few + 3 : 100);
	size_t nb = rng_range(rng, few, rng_chance(rng, 50) ? 3 * few : 90);
	const struct kernels *set = kernels_for_rows(na * size);
	ptrdiff_t dst_at[256], src_at[256];
	struct guard dst, src;

	if (!set->masks && na * size < set->width)
		na = set->width / size;
	guard_create(&dst, random_offsets(rng, dst_at, nb, na * size), rng);
	guard_create(&src, random_offsets(rng, src_at, na, nb * size), rng);
	for (size_t b = 0; b < nb; b++)
		for (size_t a = 0; a < na; a++)
			memcpy(dst.expected + dst_at[b] + a * size, src.data + src_at[a] + b * size,
			       size);
	for (size_t a = na; a < set->width / size; a++)
		src_at[a] = src_at[na - 1];
	set->listed[log]((char *)dst.data, dst_at, (char *)src.data, src_at, nb, na);
	guard_assert(&dst, rng);
	guard_assert(&src, rng);
	guard_destroy(&dst);
	guard_destroy(&src);
}

static void transpose_by_each_kernel(void)
{
	const struct kernels *all[] = {kernels(), kernels_narrow()};
	struct rng rng = {0};

	while (rng_next_case(&rng, 100)) {
		for (size_t i = 0; i < KERNEL_SIZES; i++) {
			transpose_listed(&rng, i);
			for (size_t k = 0; k < 2; k++) {
				transpose(&rng, all[k]->near[i], all[k]->width, (size_t)1 << i);
				transpose(&rng, all[k]->far[i], all[k]->width, (size_t)1 << i);
			}
		}
	}
}

/*
 * Steps of loops in any order around `size` bytes, some with gaps. No bytes overlap. Returns where
 * the last bytes end.
 */
static size_t random_loops(struct rng *rng, const size_t *extents, size_t count, size_t size,
			   ptrdiff_t *steps)
{
	size_t order[KERNEL_LOOPS_MAX + 2], end = size;

	rng_permutation(rng, count, order);
	for (size_t i = 0; i < count; i++) {
		size_t step = end + (rng_chance(rng, 50) ? 0 : rng_below(rng, 70));

		steps[order[i]] = (ptrdiff_t)step;
		end += (extents[order[i]] - 1) * step;
	}
	return end;
}

/* The next place of loops. Returns false after the last. */
static bool next_index(const size_t *extents, size_t count, size_t *index)
{
	for (size_t i = 0; i < count; i++) {
		if (++index[i] < extents[i])
			return true;
		index[i] = 0;
	}
	return false;
}

/* The offset of a place. */
static size_t offset_of(const ptrdiff_t *steps, size_t count, const size_t *index)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
		at += index[i] * (size_t)steps[i];
	return at;
}

/* Copy runs in nested loops. */
static void copy_looped_by_kernel(struct rng *rng)
{
	size_t count = rng_range(rng, 1, 4), last = LOOPED_BYTES_MIN + 3 * 64;
	size_t size =
		rng_range(rng, LOOPED_BYTES_MIN, rng_chance(rng, 90) ? last : LOOPED_BYTES_MAX);
	size_t extents[4], index[4] = {0};
	struct kernel_loop loops[4];
	ptrdiff_t to[4], from[4];
	struct guard dst, src;

	for (size_t i = 0; i < count; i++)
		extents[i] = rng_range(rng, 1, 5);
	guard_create(&dst, random_loops(rng, extents, count, size, to), rng);
	guard_create(&src, random_loops(rng, extents, count, size, from), rng);
	for (size_t i = 0; i < count; i++)
		loops[i] = (struct kernel_loop){extents[i], to[i], from[i]};
	do
		memcpy(dst.expected + offset_of(to, count, index),
		       src.data + offset_of(from, count, index), size);
	while (next_index(extents, count, index));
	kernels()->looped((char *)dst.data, (char *)src.data, size, loops, count);
	guard_assert(&dst, rng);
	guard_assert(&src, rng);
	guard_destroy(&dst);
	guard_destroy(&src);
}

/* Cells of one or a few elements, and a row of them: loops 0 and 1. `back`: reversed. */
struct stepped_sample {
	size_t size, extents[4];
	ptrdiff_t to[4], from[4]; /* as if no loop were reversed */
	bool back[4];
	size_t dst_row, src_row; /* bytes */
};

/*
 * The least cells of a row. Returns 0 if the cells are no cells for stepped(). `bytes`, `span`: of
 * a cell in the destination and in the source.
 */
static size_t stepped_cells_min(const struct stepped_sample *s, size_t bytes, size_t span)
{
	size_t bits = s->size | (size_t)s->from[1] | (s->extents[0] > 1 ? (size_t)s->from[0] : 0);
	size_t log = bits % 2 != 0 ? 0 : bits % 4 != 0 ? 1 : 2;
	size_t width = kernels()->stepped_vectors[log].width;
	size_t window = kernels()->stepped_vectors[log].window, of_piece, windows, before;
	size_t n = (STEPPED_ROW_BYTES_MIN + bytes - 1) / bytes;

	if (bytes > width)
		return 0;
	/* A piece of a vector has this number of cells after its first one. */
	of_piece = window == width ? width / bytes - 1 : (window - 2) / bytes + 1;
	windows = (of_piece * (size_t)s->from[1] + span + window - 1) / window;
	if (windows > STEPPED_WINDOWS_MAX)
		return 0;
	before = (2 * windows * window + (size_t)s->from[1] - 1) / (size_t)s->from[1];
	return !kernels()->shuffle_masks && n < before + width / bytes ? before + width / bytes : n;
}

static struct stepped_sample random_stepped(struct rng *rng)
{
	size_t unit = (size_t)1 << rng_below(rng, STEPPED_UNITS), bytes, span, least = 0;
	struct stepped_sample s = {.size = 0};

	while (least == 0) {
		/* All sizes and steps are multiples of the unit. */
		s.extents[0] = rng_chance(rng, 50) ? 1 : rng_range(rng, 2, 5);
		s.size = unit * rng_range(rng, 1, STEPPED_BYTES_MAX / unit / s.extents[0]);
		s.from[0] = (ptrdiff_t)(unit * rng_below(rng, 12 / unit));
		s.from[1] = (ptrdiff_t)(unit * rng_range(rng, 1, 4 * s.extents[0] * s.size / unit));
		if (rng_chance(rng, 30)) {
			/* A grid. */
			s.from[1] = (ptrdiff_t)(1u << rng_range(rng, 0, 4));
			s.extents[0] = rng_range(rng, 1, s.from[1] < 4 ? 1 : 3);
			s.size = rng_range(rng, 1, (size_t)s.from[1] / s.extents[0]);
			s.from[0] = (ptrdiff_t)s.size;
		}
		bytes = s.extents[0] * s.size;
		span = (s.extents[0] - 1) * (size_t)s.from[0] + s.size;
		s.to[0] = (ptrdiff_t)s.size;
		s.to[1] = (ptrdiff_t)bytes;
		least = stepped_cells_min(&s, bytes, span);
	}
	s.extents[1] = least + rng_below(rng, (rng_chance(rng, 70) ? 4 : 20) * (64 / bytes));
	s.back[0] = rng_chance(rng, 40);
	s.back[1] = rng_chance(rng, 40);
	s.dst_row = s.extents[1] * bytes;
	s.src_row = (s.extents[1] - 1) * (size_t)s.from[1] + span;
	return s;
}

/* Copy rows of cells that are at a step, in either direction, in the source. */
static void copy_stepped_by_kernel(struct rng *rng)
{
	size_t outer = rng_below(rng, 3), index[4] = {0}, from, skip;
	struct stepped_sample s = random_stepped(rng);
	struct kernel_loop loops[4];
	struct guard dst, src;
	char *first;

	for (size_t i = 2; i < outer + 2; i++)
		s.extents[i] = rng_range(rng, 1, 4);
	guard_create(&dst, random_loops(rng, s.extents + 2, outer, s.dst_row, s.to + 2), rng);
	guard_create(&src, random_loops(rng, s.extents + 2, outer, s.src_row, s.from + 2), rng);
	do {
		from = 0;
		for (size_t i = 0; i < outer + 2; i++)
			from += (s.back[i] ? s.extents[i] - 1 - index[i] : index[i]) *
				(size_t)s.from[i];
		memcpy(dst.expected + offset_of(s.to, outer + 2, index), src.data + from, s.size);
	} while (next_index(s.extents, outer + 2, index));
	first = (char *)src.data;
	for (size_t i = 0; i < outer + 2; i++) {
		loops[i] = (struct kernel_loop){s.extents[i], s.to[i], s.from[i]};
		if (!s.back[i])
			continue;
		loops[i].src_step = -s.from[i];
		first += (ptrdiff_t)(s.extents[i] - 1) * s.from[i];
	}
	skip = s.extents[0] == 1;
	kernels()->stepped((char *)dst.data, first, s.size, loops + skip, outer + 2 - skip);
	guard_assert(&dst, rng);
	guard_assert(&src, rng);
	guard_destroy(&dst);
	guard_destroy(&src);
}

/* Transpose planes within up to three loops, with the set of kernels for their rows. */
static void transpose_planes(struct rng *rng, size_t log)
{
	const size_t size = (size_t)1 << log, few = TILE_BYTES / size;
	size_t count = rng_below(rng, 4), index[5] = {0}, extents[5] = {0}, na, nb;
	const struct kernels *set;
	struct kernel_loop loops[3];
	ptrdiff_t to[5] = {0}, from[5] = {0};
	struct guard dst, src;

	na = rng_range(rng, few, rng_chance(rng, 70) ? 4 * few + 3 : 70);
	nb = rng_range(rng, few, rng_chance(rng, 70) ? 4 * few + 3 : 70);
	set = kernels_for_rows(na * size);
	if (na * size < set->width && (!set->masks || size < 4))
		na = set->width / size;
	/* On each side, the bytes of a row are contiguous. The other loops are around them. */
	extents[0] = na;
	extents[1] = nb;
	for (size_t i = 2; i < count + 2; i++)
		extents[i] = rng_range(rng, 1, 3);
	guard_create(&dst, random_loops(rng, extents + 1, count + 1, na * size, to + 1), rng);
	to[0] = (ptrdiff_t)size;
	extents[1] = na;
	guard_create(&src, random_loops(rng, extents + 1, count + 1, nb * size, from + 1), rng);
	extents[1] = nb;
	from[0] = from[1];
	from[1] = (ptrdiff_t)size;
	for (size_t i = 0; i < count; i++)
		loops[i] = (struct kernel_loop){extents[i + 2], to[i + 2], from[i + 2]};
	do
		memcpy(dst.expected + offset_of(to, count + 2, index),
		       src.data + offset_of(from, count + 2, index), size);
	while (next_index(extents, count + 2, index));
	set->planes[log]((char *)dst.data, to[1], (char *)src.data, from[0], nb, na, loops, count);
	guard_assert(&dst, rng);
	guard_assert(&src, rng);
	guard_destroy(&dst);
	guard_destroy(&src);
}

static void copy_loops_by_the_kernels(void)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 2000)) {
		copy_looped_by_kernel(&rng);
		for (int i = 0; kernels()->stepped != NULL && i < 3; i++)
			copy_stepped_by_kernel(&rng);
		transpose_planes(&rng, rng_below(&rng, KERNEL_SIZES));
	}
}

/* Random units in rows, whose vectors do not overlap. `bytes`: of a unit in the destination. */
static struct shuffle_units random_units(struct rng *rng, size_t bytes)
{
	struct shuffle_units u = {.n = rng_range(rng, 1, 40), .rows = 1};

	if (rng_chance(rng, 50))
		u.rows = rng_range(rng, 1, 5);
	u.dst_step = (ptrdiff_t)(bytes + (rng_chance(rng, 50) ? 0 : rng_below(rng, 70)));
	u.src_step = (ptrdiff_t)rng_below(rng, 100);
	u.dst_row = (ptrdiff_t)u.n * u.dst_step;
	u.dst_row += rng_chance(rng, 50) ? 0 : (ptrdiff_t)rng_below(rng, 70);
	u.src_row = (ptrdiff_t)rng_below(rng, 300);
	return u;
}

/* The first bytes and the last bytes of units, where the last one has `bytes` bytes. */
static size_t span_of_units(const struct shuffle_units *u, ptrdiff_t step, ptrdiff_t row,
			    size_t bytes)
{
	return (u->n - 1) * (size_t)step + (u->rows - 1) * (size_t)row + bytes;
}

/* Expect a byte of each unit. */
static void expect_byte(const struct shuffle_units *u, struct guard *dst, size_t to,
			const struct guard *src, size_t from)
{
	for (size_t row = 0; row < u->rows; row++)
		for (size_t i = 0; i < u->n; i++)
			dst->expected[row * (size_t)u->dst_row + i * (size_t)u->dst_step + to] =
				src->data[row * (size_t)u->src_row + i * (size_t)u->src_step +
					  from];
}

/* Make a vector of any windows for some units, and take each of its bytes from any of them. */
static void shuffle_windows(struct rng *rng)
{
	const struct kernels *set = kernels();
	size_t width = set->shuffle_width, head = rng_below(rng, 64), reach = 200;
	struct shuffle_units u = random_units(rng, width);
	struct shuffle_vector v = {.dst = (ptrdiff_t)head, .store = UINT64_MAX, .load = UINT64_MAX};
	struct guard dst, src;

	guard_create(&dst, head + span_of_units(&u, u.dst_step, u.dst_row, width), rng);
	guard_create(&src, span_of_units(&u, u.src_step, u.src_row, reach + width), rng);
	memset(v.from, SHUFFLE_NONE, sizeof(v.from));
	v.windows = (unsigned)rng_range(rng, 1, SHUFFLE_WINDOWS_MAX);
	for (unsigned w = 0; w < v.windows; w++)
		v.src[w] = (ptrdiff_t)rng_below(rng, reach + 1);
	for (size_t b = 0; b < width; b++) {
		size_t w = rng_below(rng, v.windows), from = rng_below(rng, width);

		v.from[w][b] = (unsigned char)from;
		expect_byte(&u, &dst, head + b, &src, (size_t)v.src[w] + from);
	}
	set->shuffle(&v, 1, (char *)dst.data, (char *)src.data, &u, rng_chance(rng, 50));
	kernels()->drain();
	guard_assert(&dst, rng);
	guard_assert(&src, rng);
	guard_destroy(&dst);
	guard_destroy(&src);
}

/* Make vectors jointly, of any number of windows, and take each byte from any of them. */
static void shuffle_jointly(struct rng *rng)
{
	const struct kernels *set = kernels();
	size_t width = set->shuffle_width, head = rng_below(rng, 64), reach = 200;
	struct shuffle_joint j = {.shared = rng_chance(rng, 50)};
	struct shuffle_units u;
	struct guard dst, src;

	j.vectors = (unsigned)rng_range(rng, JOINT_VECTORS_MIN, JOINT_VECTORS_MAX);
	j.windows =
		(unsigned)rng_range(rng, 1, j.shared ? JOINT_WINDOWS_MAX : JOINT_OWN_WINDOWS_MAX);
	u = random_units(rng, j.vectors * width);
	guard_create(&dst, head + span_of_units(&u, u.dst_step, u.dst_row, j.vectors * width), rng);
	guard_create(&src, span_of_units(&u, u.src_step, u.src_row, 2 * reach + width), rng);
	/* Aligned vectors can be streamed. */
	if (rng_chance(rng, 50))
		head = -(uintptr_t)dst.data % 64 < head ? -(uintptr_t)dst.data % 64 : 0;
	for (unsigned w = 1; w < j.windows; w++)
		j.window[w] = (ptrdiff_t)rng_below(rng, reach + 1);
	for (unsigned v = 0; v < j.vectors; v++) {
		j.src[v] = v > 0 && j.shared ? j.src[0] : (ptrdiff_t)rng_below(rng, reach + 1);
		j.dst[v] = (ptrdiff_t)(head + v * width);
		for (size_t b = 0; b < width; b++) {
			size_t w = rng_below(rng, j.windows), from = rng_below(rng, width);

			j.from[v][b] = (unsigned char)(w * width + from);
			expect_byte(&u, &dst, (size_t)j.dst[v] + b, &src,
				    (size_t)(j.src[v] + j.window[w]) + from);
		}
	}
	set->joint(&j, (char *)dst.data, (char *)src.data, &u, rng_chance(rng, 50));
	kernels()->drain();
	guard_assert(&dst, rng);
	guard_assert(&src, rng);
	guard_destroy(&dst);
	guard_destroy(&src);
}

/* Copies choose shuffles of a few windows only. */
static void shuffle_by_the_kernel(void)
{
	struct rng rng = {0};

	while (kernels()->shuffle != NULL && rng_next_case(&rng, 400)) {
		shuffle_windows(&rng);
		shuffle_jointly(&rng);
	}
}

/* Fill rows, each with an element of any size, at any address and with any steps. */
static void repeat_elements(struct rng *rng)
{
	size_t size = rng_chance(rng, 50) ? (size_t)1 << rng_below(rng, 6)
					  : rng_range(rng, 1, REPEAT_BYTES_MAX);
	size_t most = rng_chance(rng, 50) ? 100 : 2000, n = rng_range(rng, 1, 5);
	size_t count = rng_range(rng, 1, most / size + 1), bytes = size * count;
	size_t head = rng_below(rng, 64), gap = rng_chance(rng, 50) ? 0 : rng_below(rng, 70);
	size_t src_step = rng_below(rng, 40);
	struct guard dst, src;

	guard_create(&dst, head + n * (bytes + gap) - gap, rng);
	guard_create(&src, (n - 1) * src_step + size, rng);
	for (size_t i = 0; i < n * count; i++)
		memcpy(dst.expected + head + i / count * (bytes + gap) + i % count * size,
		       src.data + i / count * src_step, size);
	kernels()->repeat((char *)dst.data + head, (ptrdiff_t)(bytes + gap), (char *)src.data,
			  (ptrdiff_t)src_step, size, count, n);
	guard_assert(&dst, rng);
	guard_assert(&src, rng);
	guard_destroy(&dst);
	guard_destroy(&src);
}

static void repeat_by_the_kernel(void)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 2000))
		repeat_elements(&rng);
}

/* Whether the machine has an instruction set, by the compiler's own check. */
static bool machine_has(const char *isa)
{
#ifdef __x86_64__
	if (!strcmp(isa, "avx512"))
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
	if (!strcmp(isa, "avx512vbmi"))
		return machine_has("avx512") && __builtin_cpu_supports("avx512vbmi");
	if (!strcmp(isa, "avx2"))
		return __builtin_cpu_supports("avx2");
	if (!strcmp(isa, "sse2"))
		return true;
#endif
#if defined(__aarch64__) && defined(__ARM_NEON) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (!strcmp(isa, "neon"))
		return true;
#endif
	return !strcmp(isa, "portable");
}

/* Contract: ENV-2. */
START_TEST(what_the_environment_asks_for_is_chosen)
{
	const char *isa = getenv("AML_DMA_ISA");

	if (isa != NULL && machine_has(isa))
		ck_assert_str_eq(kernels()->name, isa);
	ck_assert(machine_has(kernels()->name));
}
END_TEST

/* Does a set extend another, directly or not? */
static bool is_base(const struct kernels *set, const char *isa)
{
	return set != NULL && (!strcmp(set->name, isa) || is_base(set->base, isa));
}

/* Does the library use kernels of this set for short rows? */
static bool is_for_short_rows(const char *isa)
{
	return !strcmp(isa, kernels_narrow()->name) || !strcmp(isa, kernels_for_rows(16)->name) ||
	       !strcmp(isa, kernels_for_rows(32)->name);
}

/* Contract: ENV-2. */
START_TEST(copies_reach_every_kind_and_every_kernel)
{
	const char *isa = kernels()->name;
	size_t own_places = 0;

	copy_shapes(2400);
	copy_samples();
	copy_walks();
	copy_steps();
	copy_pads();
	transpose_by_each_kernel();
	shuffle_by_the_kernel();
	copy_loops_by_the_kernels();
	repeat_by_the_kernel();
	for (struct kernels_count **at = __start_kernels_counts; at < __stop_kernels_counts; at++) {
		bool own = !strcmp((*at)->isa, isa), wide = !strcmp((*at)->isa, "wide");
		bool any = (*at)->isa[0] == '\0';

		own_places += own;
		if (wide)
			any = kernels()->width > kernels_narrow()->width ||
			      !strcmp(isa, "portable");
		if (!strcmp((*at)->isa, "shuffle"))
			any = kernels()->shuffle != NULL;
		if (!strcmp((*at)->isa, "stepped"))
			any = kernels()->stepped != NULL;
		if (!strcmp((*at)->isa, "masks"))
			any = kernels()->shuffle != NULL && kernels()->shuffle_masks;
		if (!strcmp((*at)->isa, "lanes"))
			any = kernels()->shuffle != NULL && !kernels()->shuffle_masks;
		if (getenv("AML_TEST_COUNTS"))
			printf("%s: %s %s: %lu\n", isa, (*at)->isa, (*at)->name, (*at)->n);
		ck_assert_msg((*at)->n > 0 || (!any && !own) || effort(100) < 100,
			      "%s: not reached: %s", isa, (*at)->name);
		/* The narrow tiles, for few or short rows, are those of slower sets. A set may
		 * extend another. */
		ck_assert_msg((*at)->n == 0 || any || own || is_for_short_rows((*at)->isa) ||
				      is_base(kernels()->base, (*at)->isa),
			      "%s: reached a kernel for %s: %s", isa, (*at)->isa, (*at)->name);
	}
	for (unsigned i = 1; i <= forced_variants(); i++)
		ck_assert_msg(forced_runs(i) > 0 || effort(100) < 100,
			      "%s: not reached: variant %s of %s", isa, forced_name(i),
			      forced_kind(i));
	/* At least one tile for each element size, and one tile that streams, unless of another
	 * set. */
	ck_assert_uint_ge(own_places, kernels()->base != NULL ? 1 : KERNEL_SIZES + 1);
}
END_TEST

/* Contract: ENV-4, TUNE-2. */
START_TEST(every_variant_makes_the_same_copies)
{
	for (unsigned i = 1; i <= forced_variants(); i++) {
		unsigned long runs = forced_runs(i);

		forced_set(i);
		copy_shapes(300);
		ck_assert_msg(forced_runs(i) > runs || effort(100) < 100,
			      "%s: not reached: variant %s of %s", kernels()->name, forced_name(i),
			      forced_kind(i));
	}
}
END_TEST

SUITE("copy/kernels", what_the_environment_asks_for_is_chosen,
      copies_reach_every_kind_and_every_kernel, every_variant_makes_the_same_copies)
