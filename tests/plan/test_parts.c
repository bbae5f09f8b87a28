/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs the parts of copies one by one. Together, the parts write every byte of the destination
 * once. Where the layouts allow it, no two parts write to the same line. The test build of the
 * library splits small copies into parts.
 */
#include <string.h>

#include <aml.h>
#include <aml/layout/dense.h>

#include "copy/run.h"
#include "plan/make.h"
#include "plan/part.h"
#include "suite.h"

#define LINE_BYTES 64
#define ROOM_BYTES (512 * 1024)

/*
 * A copy. Dimension i of the destination is dimension `permutation[i]` of the source. The last
 * dimension is contiguous.
 */
struct copy_case {
	size_t size, ndims;
	size_t pitch; /* of the contiguous dimension of both sides, in elements; 0: no gap */
	size_t dims[4], permutation[4];
};

static _Alignas(LINE_BYTES) char to[ROOM_BYTES + LINE_BYTES], from[ROOM_BYTES + LINE_BYTES];
/* For each byte, the number of the part that wrote it, plus 1. 0: none. */
static unsigned writer[ROOM_BYTES + LINE_BYTES];

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

/* The permutation in native order: the contiguous dimension is the first. */
static void native_permutation(const struct copy_case *c, size_t *permutation)
{
	for (size_t i = 0; i < c->ndims; i++)
		permutation[i] = c->ndims - 1 - c->permutation[c->ndims - 1 - i];
}

/* Run a part, and record the bytes that it wrote. */
static void run_part(const struct copy_plan *plan, unsigned part)
{
	static const char untouched[LINE_BYTES];
	bool twice = false;

	copy_plan_run_part(plan, part);
	for (size_t at = 0; at < sizeof(to); at += LINE_BYTES) {
		if (memcmp(to + at, untouched, LINE_BYTES) == 0)
			continue;
		for (size_t i = at; i < at + LINE_BYTES; i++) {
			if (to[i] == 0)
				continue;
			twice |= writer[i] > 0;
			writer[i] = part + 1;
		}
		memset(to + at, 0, LINE_BYTES);
	}
	ck_assert(!twice);
}

/* The number of lines that several parts have written to. */
static size_t shared_lines(void)
{
	size_t shared = 0;

	for (size_t at = 0; at < sizeof(to); at += LINE_BYTES) {
		unsigned one = 0;
		bool two = false;

		for (size_t i = at; i < at + LINE_BYTES; i++) {
			two |= one > 0 && writer[i] > 0 && writer[i] != one;
			one = writer[i] > 0 ? writer[i] : one;
		}
		shared += two;
	}
	return shared;
}

/* Run all parts, with the destination `offset` bytes into a line. Return the shared lines. */
static size_t run_and_count_shared(const struct copy_case *c, size_t offset)
{
	struct aml_layout *dst = layout_of(c, to + offset, false);
	struct aml_layout *src = layout_of(c, from, true);
	union copy_plan_room room;
	size_t permutation[4], bytes = c->size, written = 0;
	unsigned parts;

	memset(to, 0, sizeof(to));
	memset(from, 1, sizeof(from));
	memset(writer, 0, sizeof(writer));
	native_permutation(c, permutation);
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

/* Check that the parts share no line, for offsets of the destination that are multiples of `by`. */
#define NONE_SHARED(by, ...)                                                    \
	do {                                                                    \
		const struct copy_case c = {__VA_ARGS__};                       \
		for (size_t offset = 0; offset < LINE_BYTES; offset += by)      \
			ck_assert_uint_eq(run_and_count_shared(&c, offset), 0); \
	} while (0)

START_TEST(flat_copies)
{
	NONE_SHARED(7, 1, 1, 0, {10007}, {0});
	NONE_SHARED(24, 8, 2, 0, {100, 77}, {0, 1});
}
END_TEST

START_TEST(rows_of_runs)
{
	NONE_SHARED(8, 8, 2, 27, {300, 20}, {0, 1});
	NONE_SHARED(12, 4, 2, 101, {400, 100}, {0, 1});
}
END_TEST

START_TEST(transpositions_of_rows_in_lines)
{
	NONE_SHARED(LINE_BYTES, 8, 2, 0, {64, 1024}, {1, 0});
	NONE_SHARED(LINE_BYTES, 1, 2, 0, {64, 2048}, {1, 0});
	NONE_SHARED(LINE_BYTES, 16, 2, 0, {32, 1024}, {1, 0});
}
END_TEST

/* Each plane consists of whole lines. */
START_TEST(transpositions_of_longer_rows_of_two_dimensions)
{
	NONE_SHARED(LINE_BYTES, 8, 3, 0, {12, 136, 33}, {2, 1, 0});
	NONE_SHARED(LINE_BYTES, 4, 3, 0, {8, 272, 31}, {2, 1, 0});
}
END_TEST

/* Rows that do not consist of whole lines: a part shares at most one line of each row. */
START_TEST(other_transpositions)
{
	const struct copy_case c = {8, 2, 0, {40, 1023}, {1, 0}};

	for (size_t offset = 0; offset < LINE_BYTES; offset += 24)
		ck_assert_uint_le(run_and_count_shared(&c, offset), 40 * 16);
}
END_TEST

/*
 * A large flat copy has parts of up to four times the usual size. Its last parts are smaller, so
 * that the threads finish at about the same time.
 */
START_TEST(large_flat_copies)
{
	const size_t bytes = 64 << 10;
	union copy_plan_room room, part;
	size_t sum = 0, first = 0, last = 0;
	unsigned parts;

	ck_assert_int_eq(copy_plan_bytes(&room, to, from, bytes), 0);
	parts = copy_plan_parts(&room.plan);
	ck_assert_uint_ge(parts, 16);
	ck_assert_uint_lt(parts, bytes / COPY_PART);
	for (unsigned i = 0; i < parts; i++) {
		ck_assert(copy_plan_part(&room.plan, i, &part));
		ck_assert_ptr_eq(part.plan.run.dst, to + sum);
		ck_assert_ptr_eq(part.plan.run.src, from + sum);
		last = part.plan.run.bytes;
		first = i == 0 ? last : first;
		sum += last;
	}
	ck_assert_uint_eq(sum, bytes);
	ck_assert_uint_gt(first, 3 * COPY_PART);
	ck_assert_uint_le(first, 4 * COPY_PART + LINE_BYTES);
	ck_assert_uint_le(last, COPY_PART + LINE_BYTES);
}
END_TEST

/* No loop is long enough for all parts. Each part must still have long pieces of source rows. */
START_TEST(short_loops_are_split_together)
{
	const struct copy_case c = {4, 4, 0, {12, 15, 14, 40}, {3, 2, 1, 0}};
	struct aml_layout *dst = layout_of(&c, to, false), *src = layout_of(&c, from, true);
	union copy_plan_room room, part;
	size_t permutation[4];
	unsigned parts, taken = 0;

	native_permutation(&c, permutation);
	ck_assert_int_eq(copy_plan_layouts(&room, dst, src, permutation), 0);
	parts = copy_plan_parts(&room.plan);
	ck_assert_uint_ge(parts, 16);
	for (unsigned i = 0; i < parts; i++)
		taken += copy_plan_part(&room.plan, i, &part);
	ck_assert_uint_ge(taken, 16);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	run_and_count_shared(&c, 0);
}
END_TEST

SUITE("plan/parts", short_loops_are_split_together, flat_copies, large_flat_copies, rows_of_runs,
      transpositions_of_rows_in_lines, transpositions_of_longer_rows_of_two_dimensions,
      other_transpositions)
