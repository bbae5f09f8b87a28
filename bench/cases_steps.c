/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies with fixed small steps: strided, filled from repeated elements, and reversed. Each group
 * is measured in the caches and from memory.
 */
#include <stdio.h>
#include <string.h>

#include "suite.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define PROBLEMS_MAX 256
#define QUICK_BYTES ((size_t)2 * KIB)

/* The problems of a case, and the payload of the next ones. */
struct steps_list {
	struct problem problems[PROBLEMS_MAX];
	size_t count;
	size_t bytes;
	bool fills; /* the yardstick in memory is a streaming fill */
};

static void format_size(char text[ABOUT_SIZE], size_t bytes)
{
	if (bytes < MIB)
		snprintf(text, ABOUT_SIZE, "%zu KiB", bytes / KIB);
	else
		snprintf(text, ABOUT_SIZE, "%zu MiB", bytes / MIB);
}

static void steps_add(struct steps_list *list, const char *about, struct bench_shape shape)
{
	struct problem *problem = &list->problems[list->count];
	char size[ABOUT_SIZE], text[2 * ABOUT_SIZE + sizeof(", ")];

	if (list->count + 1 < PROBLEMS_MAX)
		list->count++;
	*problem = (struct problem){.shape = shape,
				    .yards = YARD(YARD_LOOPS) | YARD(YARD_FIXED) |
					     YARD(YARD_LIMIT) | YARD(YARD_MEMCPY)};
	format_size(size, list->bytes);
	snprintf(text, sizeof(text), "%s, %s", about, size);
	copy_text(problem->about, sizeof(problem->about), text);
	problem->needs[0] = (struct need){YARD_FIXED, 1.0};
	if (!list->fills || list->bytes < 2 * MIB)
		return;
	problem->yards |= YARD(YARD_FILL);
	problem->needs[0] = (struct need){YARD_FILL, 0.9};
}

/* Elements `dst_step` and `src_step` bytes apart. */
static struct bench_shape line(size_t element_size, size_t bytes, ptrdiff_t dst_step,
			       ptrdiff_t src_step)
{
	return (struct bench_shape){.element_size = element_size,
				    .ndims = 1,
				    .dims = {bytes / element_size},
				    .dst_step = {dst_step},
				    .src_step = {src_step}};
}

/* Take every n-th element, and put it back. Pack elements of a wider pitch, and unpack them. */
static void add_pair(struct steps_list *list, size_t element_size, size_t pitch)
{
	ptrdiff_t size = (ptrdiff_t)element_size, wide = (ptrdiff_t)pitch;
	char about[ABOUT_SIZE];

	snprintf(about, sizeof(about), "%zu B of each %zu B to dense", element_size, pitch);
	steps_add(list, about, line(element_size, list->bytes, size, wide));
	snprintf(about, sizeof(about), "dense to %zu B of each %zu B", element_size, pitch);
	steps_add(list, about, line(element_size, list->bytes, wide, size));
}

static void list_strided(struct steps_list *list)
{
	static const size_t sizes[] = {1, 2, 4, 8, 16};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (size_t step = 2; step <= 4; step++)
			add_pair(list, sizes[i], step * sizes[i]);
	}
}

static void list_packed(struct steps_list *list)
{
	static const size_t packs[][2] = {{3, 4},   {6, 8},   {12, 16},  {24, 32}, {40, 48},
					  {48, 64}, {80, 96}, {96, 128}, {3, 7},   {12, 20}};

	for (size_t i = 0; i < sizeof(packs) / sizeof(*packs); i++)
		add_pair(list, packs[i][0], packs[i][1]);
}

/* Rows of a matrix, dense in the destination. The source's steps decide what is repeated. */
static struct bench_shape matrix(size_t element_size, size_t width, size_t height, ptrdiff_t column,
				 ptrdiff_t row)
{
	ptrdiff_t size = (ptrdiff_t)element_size;

	return (struct bench_shape){.element_size = element_size,
				    .ndims = 2,
				    .dims = {width, height},
				    .dst_step = {size, size * (ptrdiff_t)width},
				    .src_step = {column, row}};
}

static void list_fills(struct steps_list *list)
{
	static const size_t sizes[] = {1, 2, 4, 8, 16, 3, 6, 12, 24};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char about[ABOUT_SIZE];

		snprintf(about, sizeof(about), "fill with %zu B", sizes[i]);
		steps_add(list, about, line(sizes[i], list->bytes, (ptrdiff_t)sizes[i], 0));
	}
}

/* The side of a square matrix that has about this number of bytes. */
static size_t side_of(size_t bytes, size_t element_size)
{
	size_t side = 2;

	while (4 * side * side * element_size <= bytes)
		side *= 2;
	return side;
}

static void list_repeats(struct steps_list *list)
{
	static const size_t sizes[] = {1, 4, 8, 12};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t side = side_of(list->bytes, sizes[i]);
		size_t height = list->bytes / sizes[i] / side;
		ptrdiff_t size = (ptrdiff_t)sizes[i];
		char about[ABOUT_SIZE];

		snprintf(about, sizeof(about), "a row of %zu of %zu B repeated", side, sizes[i]);
		steps_add(list, about, matrix(sizes[i], side, height, size, 0));
		snprintf(about, sizeof(about), "a column of %zu of %zu B repeated", height,
			 sizes[i]);
		steps_add(list, about, matrix(sizes[i], side, height, 0, size));
		snprintf(about, sizeof(about), "{3, n} of %zu B, steps {1, 0}", sizes[i]);
		steps_add(list, about, matrix(sizes[i], 3, list->bytes / sizes[i] / 3, size, 0));
		snprintf(about, sizeof(about), "{3, n} of %zu B, steps {0, 1}", sizes[i]);
		steps_add(list, about, matrix(sizes[i], 3, list->bytes / sizes[i] / 3, 0, size));
	}
}

static void list_reversed(struct steps_list *list)
{
	static const size_t sizes[] = {1, 2, 4, 8, 16, 3};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t side = side_of(list->bytes, sizes[i]);
		size_t height = list->bytes / sizes[i] / side;
		ptrdiff_t size = (ptrdiff_t)sizes[i], row = size * (ptrdiff_t)side;
		char about[ABOUT_SIZE];

		snprintf(about, sizeof(about), "a row of %zu B mirrored", sizes[i]);
		steps_add(list, about, line(sizes[i], list->bytes, size, -size));
		snprintf(about, sizeof(about), "rows of %zu of %zu B mirrored", side, sizes[i]);
		steps_add(list, about, matrix(sizes[i], side, height, -size, row));
		snprintf(about, sizeof(about), "bottom-up rows of %zu of %zu B", side, sizes[i]);
		steps_add(list, about, matrix(sizes[i], side, height, size, -row));
		snprintf(about, sizeof(about), "{3, n} of %zu B, steps {-1, 3}", sizes[i]);
		steps_add(list, about,
			  matrix(sizes[i], 3, list->bytes / sizes[i] / 3, -size, 3 * size));
	}
}

/* A group of problems. */
struct steps_group {
	const char *name, *about;
	void (*fill_list)(struct steps_list *list);
	bool fills;
};

static const struct steps_group groups[] = {
	{"strided", "every second to fourth element of 1 to 16 B", list_strided, false},
	{"packed", "elements of 3 to 96 B of a wider pitch, and back", list_packed, false},
	{"fill", "one element repeated", list_fills, true},
	{"repeat", "rows, columns and pixels repeated", list_repeats, false},
	{"reversed", "mirrored and bottom-up rows, and pixels", list_reversed, false},
};

static const size_t cache_bytes[] = {32 * KIB, 512 * KIB}, memory_bytes[] = {64 * MIB};

/* The case's `count` is the index of the group; its `size` says whether it runs from memory. */
static enum outcome run_steps(const struct bench_case *c, const struct settings *settings,
			      struct results *out)
{
	static struct steps_list list;
	const struct steps_group *group = &groups[c->count];
	const size_t *sizes = c->size > 0 ? memory_bytes : cache_bytes;
	size_t count = c->size > 0 ? 1 : 2;

	list.count = 0;
	list.fills = group->fills;
	for (size_t i = 0; i < count; i++) {
		list.bytes = settings->quick ? QUICK_BYTES : sizes[i];
		group->fill_list(&list);
	}
	return suite_run_all(c, settings, settings->workers, out, list.problems, list.count);
}

void add_steps_cases(struct case_list *list, const struct settings *settings)
{
	(void)settings;
	for (size_t memory = 0; memory < 2; memory++) {
		for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
			struct bench_case c = {
				.on_request = true, .run = run_steps, .count = i, .size = memory};

			snprintf(c.name, sizeof(c.name), "steps/%s-%s", groups[i].name,
				 memory > 0 ? "memory" : "caches");
			snprintf(c.about, sizeof(c.about), "%s, %s", groups[i].about,
				 memory > 0 ? "from memory" : "in the caches");
			case_list_add(list, &c);
		}
	}
}
