/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of large copies, each run by itself. Together the parts write each byte of the
 * destination once. If the layouts allow it, no two parts write to the same cache line. The test
 * build of the library splits small copies into parts.
 */
#include <string.h>

#include <aml.h>
#include <aml/layout/dense.h>

#include "copy/run.h"
#include "plan/make.h"
#include "plan/part.h"
#include "suite.h"

#define LINE 64
#define ROOM (512 * 1024)

/*
 * The extents of the destination, whose last dimension is contiguous. `permutation` maps each of
 * its dimensions to one of the source.
 */
struct copy_case {
	size_t size, ndims;
	size_t pitch; /* of the contiguous dimension on both sides; 0: no gaps */
	size_t dims[4], permutation[4];
};

static _Alignas(LINE) char to[ROOM + LINE], from[ROOM + LINE];
static unsigned writer[ROOM + LINE]; /* for each byte: the number of its part plus one, or 0 */

static struct aml_layout *layout_of(const struct copy_case *c, void *ptr, bool source)
{
	struct aml_layout *layout;
	size_t dims[4], pitch[4];

	for (size_t i = 0; i < c->ndims; i++)
		dims[source ? c->permutation[i] : i] = c->dims[i];
	memcpy(pitch, dims, sizeof(pitch));
	if (c->pitch > 0)
		pitch[c->ndims - 1] = c->pitch;
	ck_assert_int_eq(aml_layout_dense_create(&layout, ptr, AML_LAYOUT_ORDER_C, c->size,
						 c->ndims, dims, NULL, pitch),
			 0);
	return layout;
}

/* Convert the permutation to native order, in which the contiguous dimension comes first. */
static void native(const struct copy_case *c, size_t *permutation)
{
	for (size_t i = 0; i < c->ndims; i++)
		permutation[i] = c->ndims - 1 - c->permutation[c->ndims - 1 - i];
}

/* Run a part, and record the bytes that it wrote. */
static void run_part(const struct copy_plan *plan, unsigned part)
{
	static const char untouched[LINE];
	bool twice = false;

	copy_plan_run_part(plan, part);
	for (size_t at = 0; at < sizeof(to); at += LINE) {
		if (memcmp(to + at, untouched, LINE) == 0)
			continue;
		for (size_t i = at; i < at + LINE; i++) {
			if (to[i] == 0)
				continue;
			twice |= writer[i] > 0;
			writer[i] = part + 1;
		}
		memset(to + at, 0, LINE);
	}
	ck_assert(!twice);
}

/* The number of cache lines that more than one part has written to. */
static size_t shared_lines(void)
{
	size_t shared = 0;

	for (size_t at = 0; at < sizeof(to); at += LINE) {
		unsigned one = 0;
		bool two = false;

		for (size_t i = at; i < at + LINE; i++) {
			two |= one > 0 && writer[i] > 0 && writer[i] != one;
			one = writer[i] > 0 ? writer[i] : one;
		}
		shared += two;
	}
	return shared;
}

/*
 * Run the parts of a copy, with the destination `offset` bytes into a cache line. Returns the
 * number of cache lines that parts share.
 */
static size_t share(const struct copy_case *c, size_t offset)
{
	struct aml_layout *dst = layout_of(c, to + offset, false);
	struct aml_layout *src = layout_of(c, from, true);
	union copy_plan_room room;
	size_t permutation[4], bytes = c->size, written = 0;
	unsigned parts;

	memset(to, 0, sizeof(to));
	memset(from, 1, sizeof(from));
	memset(writer, 0, sizeof(writer));
	native(c, permutation);
	ck_assert_int_eq(copy_plan_layouts(&room, dst, src, permutation), 0);
	parts = copy_plan_parts(&room.plan);
	ck_assert_uint_gt(parts, 1);
	for (unsigned part = 0; part < parts; part++)
		run_part(&room.plan, part);
	for (size_t i = 0; i < c->ndims; i++)
		bytes *= c->dims[i];
	for (size_t i = 0; i < sizeof(to); i++)
		written += writer[i] > 0;
	ck_assert_uint_eq(written, bytes);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	return shared_lines();
}

/* Check that no lines are shared at any offset in a line, in steps of `by` bytes. */
#define NONE_SHARED(by, ...)                                         \
	do {                                                         \
		const struct copy_case c = {__VA_ARGS__};            \
		for (size_t offset = 0; offset < LINE; offset += by) \
			ck_assert_uint_eq(share(&c, offset), 0);     \
	} while (0)

START_TEST(flat_copies)
{
	NONE_SHARED(7, 1, 1, 0, {10007}, {0});
	NONE_SHARED(24, 8, 2, 0, {100, 77}, {0, 1});
}
END_TEST

START_TEST(rows)
{
	NONE_SHARED(8, 8, 2, 27, {300, 20}, {0, 1});
	NONE_SHARED(12, 4, 2, 101, {400, 100}, {0, 1});
}
END_TEST

START_TEST(transpositions_of_rows_in_lines)
{
	NONE_SHARED(LINE, 8, 2, 0, {64, 1024}, {1, 0});
	NONE_SHARED(LINE, 1, 2, 0, {64, 2048}, {1, 0});
	NONE_SHARED(LINE, 16, 2, 0, {32, 1024}, {1, 0});
}
END_TEST

/* Each plane consists of whole cache lines. */
START_TEST(transpositions_of_longer_rows_of_two_dimensions)
{
	NONE_SHARED(LINE, 8, 3, 0, {12, 136, 33}, {2, 1, 0});
	NONE_SHARED(LINE, 4, 3, 0, {8, 272, 31}, {2, 1, 0});
}
END_TEST

/* Rows that are not whole cache lines, split across: a part shares at most one line of each row. */
START_TEST(other_transpositions)
{
	const struct copy_case c = {8, 2, 0, {40, 1023}, {1, 0}};

	for (size_t offset = 0; offset < LINE; offset += 24)
		ck_assert_uint_le(share(&c, offset), 40 * 16);
}
END_TEST

SUITE("plan/parts", flat_copies, rows, transpositions_of_rows_in_lines,
      transpositions_of_longer_rows_of_two_dimensions, other_transpositions)
