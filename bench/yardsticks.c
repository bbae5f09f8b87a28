/* SPDX-License-Identifier: BSD-3-Clause */
/* The yardsticks of the suites, see yardsticks.h. */
#include <stdio.h>
#include <string.h>

#include "yardsticks.h"

/* Below these sizes, streaming stores or several threads are never the fastest. */
#define STREAM_BYTES ((size_t)64 * 1024)
#define THREADS_BYTES ((size_t)256 * 1024)

const char *yard_name(enum yard yard)
{
	static const char *const names[YARDS] = {
		[YARD_LOOPS] = "loops",         [YARD_FIXED] = "fixed loops",
		[YARD_MEMCPY] = "memcpy",       [YARD_LIMIT] = "limit",
		[YARD_FILL] = "streaming fill", [YARD_ONEDNN] = "oneDNN",
		[YARD_HPTT] = "HPTT",           [YARD_POST] = "64 B posts",
		[YARD_SERIAL] = "one by one",   [YARD_LATER] = "later copies",
		[YARD_EQUAL] = "equal copy",    [YARD_MEMCMP] = "memcmp",
		[YARD_BLAS] = "OpenBLAS",       [YARD_ENGINE] = "one engine",
	};

	return names[yard];
}

void yard_count(struct contest *contest, size_t entrant, enum yard yard)
{
	if (entrant < ENTRANTS_MAX)
		contest->entrants[entrant].kinds |= YARD(yard);
}

double yard_best(const struct contest *contest, enum yard yard)
{
	double best = 0;

	for (size_t i = 0; i < contest->count; i++) {
		double time = contest->contestants[i].best;

		if ((contest->entrants[i].kinds & YARD(yard)) != 0 && (best <= 0 || time < best))
			best = time;
	}
	return best;
}

static void copy_with_memcpy(void *dst, const void *src, size_t bytes)
{
	memcpy(dst, src, bytes);
}

/* Add the loops in one order: that of the destination, or of the source. */
static void add_order(struct contest *contest, unsigned yards, const char *order_name,
		      const struct bench_shape *order)
{
	loops_fn general = loops_general_for(order), fixed = loops_for(order);
	const struct {
		enum yard yard;
		const char *name;
		loops_fn loops;
	} ways[] = {{YARD_LOOPS, "loops", general}, {YARD_FIXED, "fixed loops", fixed}};

	for (size_t i = 0; i < 2; i++) {
		char name[NAME_SIZE];
		size_t entrant;

		if ((yards & YARD(ways[i].yard)) == 0 || ways[i].loops == NULL)
			continue;
		snprintf(name, sizeof(name), "%s, %s order", ways[i].name, order_name);
		entrant = contest_add_loops(contest, name, ways[i].loops);
		yard_count(contest, entrant, ways[i].yard);
		if (entrant < ENTRANTS_MAX)
			contest->entrants[entrant].order = *order;
	}
}

static void add_loops(struct contest *contest, unsigned yards)
{
	struct bench_shape back = shape_back(&contest->c->shape);
	struct bench_shape to = shape_merged(&contest->shape), from;

	back = shape_sorted(&back);
	from = shape_back(&back);
	from = shape_merged(&from);
	add_order(contest, yards, "destination", &to);
	if (memcmp(&to, &from, sizeof(to)) != 0)
		add_order(contest, yards, "source", &from);
}

/* Add a way to use the memory. False: out of memory or threads. */
static bool add_way(struct contest *contest, struct yard_threads *threads, enum yard yard,
		    const char *how, limit_fn copy, unsigned count)
{
	struct limit *limit = limit_create(count, copy, contest->dst_buffer, contest->src_buffer,
					   contest_half_traffic(contest));
	char name[NAME_SIZE];

	if (limit == NULL)
		return false;
	threads->limits[threads->count++] = limit;
	snprintf(name, sizeof(name), "%s %u thread%s", how, count, count == 1 ? "" : "s");
	yard_count(contest, contest_add(contest, name, limit_run, limit, false), yard);
	return true;
}

/* Add the ways of several threads, and of one thread that streams. */
static bool add_ways(struct contest *contest, unsigned yards, struct yard_threads *threads)
{
	unsigned workers = contest->settings->workers > 1 ? contest->settings->workers : 1;
	size_t bytes = contest_half_traffic(contest);
	bool limit = (yards & YARD(YARD_LIMIT)) != 0, fill = (yards & YARD(YARD_FILL)) != 0;
	bool good = true;

	if (limit && bytes >= STREAM_BYTES)
		good = add_way(contest, threads, YARD_LIMIT, "stream", loops_stream, 1);
	if (good && fill)
		good = add_way(contest, threads, YARD_FILL, "fill", loops_stream_fill, 1);
	if (!good || workers == 1 || bytes < THREADS_BYTES)
		return good;
	if (limit)
		good = add_way(contest, threads, YARD_LIMIT, "stream", loops_stream, workers) &&
		       add_way(contest, threads, YARD_LIMIT, "memcpy", copy_with_memcpy, workers);
	if (good && fill)
		good = add_way(contest, threads, YARD_FILL, "fill", loops_stream_fill, workers);
	return good;
}

static void add_libraries(struct contest *contest, unsigned yards)
{
	for (const struct copy_peer *const *peer = copy_peers; *peer != NULL; peer++) {
		enum yard yard;

		if (strcmp((*peer)->name, PEER_ONEDNN) == 0)
			yard = YARD_ONEDNN;
		else if (strcmp((*peer)->name, PEER_HPTT) == 0)
			yard = YARD_HPTT;
		else
			continue;
		if ((yards & YARD(yard)) != 0)
			yard_count(contest, contest_add_peer(contest, *peer), yard);
	}
}

bool yards_add(struct contest *contest, unsigned yards, struct yard_threads *threads)
{
	memset(threads, 0, sizeof(*threads));
	if (!contest->settings->brief)
		add_loops(contest, yards);
	if ((yards & (YARD(YARD_MEMCPY) | YARD(YARD_LIMIT))) != 0) {
		size_t i = contest_add_memcpy(contest);

		if ((yards & YARD(YARD_MEMCPY)) != 0)
			yard_count(contest, i, YARD_MEMCPY);
		if ((yards & YARD(YARD_LIMIT)) != 0)
			yard_count(contest, i, YARD_LIMIT);
	}
	if (!add_ways(contest, yards, threads))
		return false;
	add_libraries(contest, yards);
	return true;
}

void yards_release(struct yard_threads *threads)
{
	for (size_t i = 0; i < threads->count; i++)
		limit_destroy(threads->limits[i]);
	threads->count = 0;
}
