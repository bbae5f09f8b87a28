/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies between dense layouts, one synchronous request each: by engines, by memcpy() of the
 * same payload, by plain loops, and by the other libraries that can express the shape.
 */
#include <stdio.h>
#include <string.h>

#include "contest.h"

/* The fraction of the target that an engine of one worker must reach, by kind of case. */
#define ONE_WORKER_SIMPLE 0.9
#define ONE_WORKER 0.6

#define KIB 1024
#define MIB (1024 * (size_t)KIB)

/* True if there are several rows that memcpy() can copy. */
static bool has_rows(const struct bench_shape *shape)
{
	ptrdiff_t size = (ptrdiff_t)shape->element_size;

	return shape->ndims == 2 && shape->dst_step[0] == size && shape->src_step[0] == size;
}

/* Add all contestants of the case. The index of the yardstick, or ENTRANTS_MAX on failure. */
static size_t add_all(struct contest *contest)
{
	const struct bench_case *c = contest->c;
	bool brief = contest->settings->brief;
	loops_fn loops = loops_for(&contest->shape);
	size_t yardstick[] = {ENTRANTS_MAX, ENTRANTS_MAX, ENTRANTS_MAX};

	if (contest_add_engines(contest, "", contest_shape_layouts) == ENTRANTS_MAX)
		return ENTRANTS_MAX;
	if (!brief || c->yardstick == BY_MEMCPY)
		yardstick[BY_MEMCPY] = contest_add_memcpy(contest);
	if (has_rows(&contest->shape) && (!brief || c->yardstick == BY_ROWS))
		yardstick[BY_ROWS] = contest_add_loops(contest, "memcpy per row", loops_rows);
	if (loops != NULL && (!brief || c->yardstick == BY_LOOPS))
		yardstick[BY_LOOPS] = contest_add_loops(contest, "loops", loops);
	if (!brief)
		contest_add_peers(contest);
	return yardstick[c->yardstick];
}

static void set_targets(struct contest *contest, size_t yardstick)
{
	for (size_t i = 0; i < contest->count; i++) {
		struct entrant *entrant = &contest->entrants[i];

		entrant->yardstick = yardstick;
		entrant->target = (struct target){contest->c->target.sense, 0};
		if (entrant->dma != NULL)
			entrant->target = target_for(contest->c, entrant->workers);
	}
}

enum outcome run_copy(const struct bench_case *c, const struct settings *settings,
		      struct results *out)
{
	struct contest contest;
	enum outcome outcome = contest_open(&contest, c, settings, out);
	size_t yardstick;

	if (outcome == DONE) {
		yardstick = add_all(&contest);
		if (yardstick == ENTRANTS_MAX) {
			results_note(out, "the contestants could not be created");
			outcome = FAILED;
		} else {
			set_targets(&contest, yardstick);
			outcome = contest_run(&contest);
		}
	}
	contest_close(&contest);
	return outcome;
}

/* A case of this file. The caller sets its yardstick. */
static struct bench_case copy_case(const char *name, const char *about, struct bench_shape shape,
				   double target, double one_worker)
{
	struct bench_case c = {.isa_matters = true, .run = run_copy, .shape = shape};

	copy_text(c.name, sizeof(c.name), name);
	copy_text(c.about, sizeof(c.about), about);
	c.target = (struct target){FASTER, target};
	c.one_worker = one_worker;
	return c;
}

static void add(struct case_list *list, enum yardstick yardstick, struct bench_case c)
{
	c.yardstick = yardstick;
	case_list_add(list, &c);
}

/* `value`, or at most `quick` if the settings are quick. */
static size_t at_most(const struct settings *settings, size_t value, size_t quick)
{
	return settings->quick && value > quick ? quick : value;
}

static void add_flat(struct case_list *list, const struct settings *s)
{
	static const struct {
		const char *name;
		size_t bytes;
		double target;
	} cases[] = {
		{"flat/64KiB", 64 * KIB, 0.95},  {"flat/256KiB", 256 * KIB, 0.95},
		{"flat/1MiB", MIB, 0.95},        {"flat/128MiB", 128 * MIB, 1.3},
		{"flat/512MiB", 512 * MIB, 1.3},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		add(list, BY_MEMCPY,
		    copy_case(cases[i].name, "contiguous bytes",
			      shape_flat(at_most(s, cases[i].bytes, 16 * KIB)), cases[i].target,
			      ONE_WORKER_SIMPLE));
}

static void add_strided(struct case_list *list, const struct settings *s)
{
	size_t rows = at_most(s, 4096, 5);
	struct bench_shape block = shape_block(rows, 32 * KIB, 40 * KIB);
	struct bench_shape second = shape_take(8, at_most(s, 16 * MIB, 1001), 2);
	struct bench_shape field = shape_take(4, at_most(s, 16 * MIB, 1001), 4);

	add(list, BY_ROWS,
	    copy_case("block/pack", "rows of 32 KiB of an array with rows of 40 KiB, to dense",
		      block, 1.15, ONE_WORKER_SIMPLE));
	add(list, BY_ROWS,
	    copy_case("block/unpack", "the same, from dense to the array", shape_back(&block), 0,
		      0));
	add(list, BY_LOOPS,
	    copy_case("every-second/take", "every second 8-byte element to dense", second, 1.2,
		      ONE_WORKER_SIMPLE));
	add(list, BY_LOOPS,
	    copy_case("every-second/put", "the same, from dense", shape_back(&second), 0, 0));
	add(list, BY_LOOPS,
	    copy_case("field/take", "a 4-byte field of structs of 16 bytes to dense", field, 1.2,
		      ONE_WORKER_SIMPLE));
	add(list, BY_LOOPS,
	    copy_case("field/put", "the same, from dense", shape_back(&field), 0, 0));
}

/* A copy that permutes the dimensions of an array with equal extents. */
struct permuted {
	const char *name;
	size_t element_size, ndims, extent;
	size_t order[SHAPE_NDIMS];
	double target, one_worker;
};

static void add_permuted(struct case_list *list, const struct settings *s,
			 const struct permuted *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct permuted *p = &cases[i];
		size_t n = at_most(s, p->extent, p->ndims == 2 ? 65 : 9);
		size_t dims[SHAPE_NDIMS] = {n, n, n, n, n, n};
		char about[ABOUT_SIZE];

		snprintf(about, sizeof(about), "%zu dimensions of %zu elements of %zu bytes",
			 p->ndims, n, p->element_size);
		add(list, BY_MEMCPY,
		    copy_case(p->name, about,
			      shape_permuted(p->element_size, p->ndims, dims, p->order), p->target,
			      p->one_worker));
	}
}

static void add_transposes(struct case_list *list, const struct settings *s)
{
	static const struct permuted large[] = {
		{"transpose/4096x4096-1B", 1, 2, 4096, {1, 0}, 0.6, ONE_WORKER},
		{"transpose/4096x4096-2B", 2, 2, 4096, {1, 0}, 0.6, ONE_WORKER},
		{"transpose/4096x4096-4B", 4, 2, 4096, {1, 0}, 1.0, ONE_WORKER},
		{"transpose/4096x4096-8B", 8, 2, 4096, {1, 0}, 1.2, ONE_WORKER},
		{"transpose/4096x4096-16B", 16, 2, 4096, {1, 0}, 1.2, ONE_WORKER},
		{"permute/256x3-reversed-8B", 8, 3, 256, {2, 1, 0}, 1.15, ONE_WORKER},
		{"permute/256x3-rotated-left-4B", 4, 3, 256, {1, 2, 0}, 0.9, ONE_WORKER},
		{"permute/256x3-rotated-right-4B", 4, 3, 256, {2, 0, 1}, 0.9, ONE_WORKER},
		{"permute/64x4-reversed-8B", 8, 4, 64, {3, 2, 1, 0}, 1.15, ONE_WORKER},
	};
	static const struct permuted cached[] = {
		{"cached/256x2-4B", 4, 2, 256, {1, 0}, 0.5, ONE_WORKER_SIMPLE},
		{"cached/256x2-8B", 8, 2, 256, {1, 0}, 0.5, ONE_WORKER_SIMPLE},
		{"cached/40x3-reversed-8B", 8, 3, 40, {2, 1, 0}, 0.5, ONE_WORKER_SIMPLE},
		{"cached/40x3-rotated-left-4B", 4, 3, 40, {1, 2, 0}, 0.5, ONE_WORKER_SIMPLE},
		{"cached/40x3-rotated-right-4B", 4, 3, 40, {2, 0, 1}, 0.5, ONE_WORKER_SIMPLE},
		{"cached/14x4-reversed-8B", 8, 4, 14, {3, 2, 1, 0}, 0.5, ONE_WORKER_SIMPLE},
	};

	add_permuted(list, s, large, sizeof(large) / sizeof(*large));
	add_permuted(list, s, cached, sizeof(cached) / sizeof(*cached));
}

static void add_colours(struct case_list *list, const struct settings *s)
{
	struct bench_shape split = shape_planes(3, at_most(s, 16 * MIB, 1001));

	add(list, BY_MEMCPY,
	    copy_case("colours/split", "pixels of 3 bytes to 3 planes", split, 0.4, ONE_WORKER));
	add(list, BY_MEMCPY,
	    copy_case("colours/join", "3 planes to pixels of 3 bytes", shape_back(&split), 0, 0));
}

void add_copy_cases(struct case_list *list, const struct settings *settings)
{
	add_flat(list, settings);
	add_strided(list, settings);
	add_transposes(list, settings);
	add_colours(list, settings);
}
