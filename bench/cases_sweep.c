/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sweep: the bandwidth of each kind of copy by size, for charts, and the limit of the memory
 * as a line in these charts.
 */
#include <stdio.h>
#include <string.h>

#include "contest.h"
#include "limit.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define SMALLEST (4 * KIB)
#define LARGEST (256 * MIB)

static struct bench_shape flat(size_t bytes)
{
	return shape_flat(bytes);
}

static struct bench_shape rows(size_t bytes)
{
	return shape_block(bytes / KIB, KIB, KIB + KIB / 4);
}

static struct bench_shape strided(size_t bytes)
{
	return shape_take(8, bytes / 8, 2);
}

/* A matrix as square as powers of two allow. */
static struct bench_shape transpose(size_t bytes)
{
	size_t dims[2] = {1, bytes / 8};

	while (dims[0] < dims[1]) {
		dims[0] *= 2;
		dims[1] /= 2;
	}
	return shape_permuted(8, 2, dims, (const size_t[]){1, 0});
}

static const struct {
	const char *name, *about;
	struct bench_shape (*shape)(size_t bytes);
} kinds[] = {
	{"flat", "contiguous bytes", flat},
	{"rows", "rows of 1 KiB, from an array of rows of 1.25 KiB", rows},
	{"strided", "every second 8-byte element to dense", strided},
	{"transpose", "a matrix of 8-byte elements, transposed", transpose},
};

static void copy_plainly(void *dst, const void *src, size_t bytes)
{
	memcpy(dst, src, bytes);
}

/* The limit is the fastest of these ways. Machines differ in which one is fastest. */
#define LIMITS 3

static bool add_limits(struct contest *contest, struct limit *limits[LIMITS])
{
	unsigned workers = contest->settings->workers > 1 ? contest->settings->workers : 1;
	const struct {
		const char *how;
		limit_fn copy;
		unsigned threads;
	} ways[LIMITS] = {
		{"streaming stores", loops_stream, workers},
		{"streaming stores", loops_stream, 1},
		{"memcpy", copy_plainly, workers},
	};

	for (size_t i = 0; i < LIMITS; i++) {
		unsigned threads = ways[i].threads;
		char name[NAME_SIZE];

		if (i > 0 && workers == 1)
			break;
		limits[i] = limit_create(threads, ways[i].copy, contest->dst, contest->src,
					 contest->src_bytes);
		if (limits[i] == NULL)
			return false;
		snprintf(name, sizeof(name), "%s %u thread%s", ways[i].how, threads,
			 threads == 1 ? "" : "s");
		contest_add(contest, name, limit_run, limits[i], true);
	}
	contest_add_memcpy(contest);
	return true;
}

static enum outcome run_limit(const struct bench_case *c, const struct settings *settings,
			      struct results *out)
{
	struct limit *limits[LIMITS] = {NULL};
	struct contest contest;
	enum outcome outcome = contest_open(&contest, c, settings, out);

	if (outcome == DONE && !add_limits(&contest, limits))
		outcome = results_no_memory(out);
	if (outcome == DONE)
		outcome = contest_run(&contest);
	for (size_t i = 0; i < LIMITS; i++)
		limit_destroy(limits[i]);
	contest_close(&contest);
	return outcome;
}

static void add(struct case_list *list, const char *kind, const char *about, size_t bytes,
		struct bench_shape shape)
{
	struct bench_case c = {.on_request = true,
			       .run = run_copy,
			       .shape = shape,
			       .target = {FASTER, 0},
			       .yardstick = BY_MEMCPY};

	if (bytes < MIB)
		snprintf(c.name, sizeof(c.name), "sweep/%s/%zuKiB", kind, bytes / KIB);
	else
		snprintf(c.name, sizeof(c.name), "sweep/%s/%zuMiB", kind, bytes / MIB);
	copy_text(c.about, sizeof(c.about), about);
	case_list_add(list, &c);
}

void add_sweep_cases(struct case_list *list, const struct settings *settings)
{
	size_t largest = settings->quick ? SMALLEST : LARGEST;
	struct bench_case limit = {.name = "sweep/limit",
				   .about = "contiguous bytes, copied by dedicated threads",
				   .on_request = true,
				   .run = run_limit,
				   .shape = shape_flat(largest)};

	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++) {
		for (size_t bytes = SMALLEST; bytes <= largest; bytes *= 2)
			add(list, kinds[kind].name, kinds[kind].about, bytes,
			    kinds[kind].shape(bytes));
	}
	case_list_add(list, &limit);
}
