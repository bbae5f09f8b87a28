/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A contest: contestants that copy the same data between the same two buffers. Each is tried
 * once and its result compared with what plain code makes of the source, before any is timed.
 *
 *     contest_open(&contest, c, settings, dst_bytes, src_bytes, out);
 *     contest_add_…(&contest, …);
 *     outcome = contest_run(&contest);
 *     contest_close(&contest);
 */
#ifndef CONTEST_H
#define CONTEST_H

#include <aml.h>

#include "bench.h"
#include "loops.h"
#include "measure.h"
#include "peers.h"

#define ENTRANTS_MAX 16

/* Layouts that an engine is to copy between; destroyed with the contest. */
struct layout_pair {
	struct aml_layout *dst, *src;
};

/* Makes layouts of the contest's buffers. Not 0: an error of the library, nothing was made. */
struct contest;
typedef int (*layouts_fn)(const struct contest *contest, struct layout_pair *pair);

/* What a contestant needs, by its kind. */
struct entrant {
	struct contest *contest;
	bool maps;           /* its result is the case's, and is checked */
	unsigned workers;    /* of an engine */
	struct aml_dma *dma; /* the contest's */
	struct layout_pair pair;
	const struct copy_peer *peer;
	void *plan;
	loops_fn loops;
	size_t yardstick; /* its index; its own where there is none */
	struct target target;
};

struct contest {
	const struct bench_case *c;
	const struct settings *settings;
	struct results *out;
	struct shape shape; /* the case's, sorted */
	void *dst, *src, *expected;
	size_t dst_bytes, src_bytes;
	/* Makes the expected result; NULL: the shape's reference does. */
	void (*reference)(const struct contest *contest, void *dst);
	struct aml_dma *engines[2]; /* with settings->workers workers, with one */
	size_t count;
	struct entrant entrants[ENTRANTS_MAX];
	struct contestant contestants[ENTRANTS_MAX];
};

/* Buffers and engines. If the outcome is not DONE, the note says why; close it all the same. */
enum outcome contest_open(struct contest *contest, const struct bench_case *c,
			  const struct settings *settings, struct results *out);

/*
 * Add an engine for each number of workers, copying between the layouts that `make` makes.
 * `name_suffix` follows the engine's name. Returns the index of the first, or ENTRANTS_MAX if
 * the layouts could not be made.
 */
size_t contest_add_engines(struct contest *contest, const char *name_suffix, layouts_fn make);

/* Add memcpy() of the payload, loops, and the other libraries. The index, or ENTRANTS_MAX. */
size_t contest_add_memcpy(struct contest *contest);
size_t contest_add_loops(struct contest *contest, const char *name, loops_fn loops);
void contest_add_peers(struct contest *contest);

/* Add anything else that is run by `run(arg)`. The index, or ENTRANTS_MAX. */
size_t contest_add(struct contest *contest, const char *name, int (*run)(void *), void *arg,
		   bool maps);

/* The layouts of the case's shape: what most engines copy between. */
int contest_dense_layouts(const struct contest *contest, struct layout_pair *pair);

/* Check all, time all, and add the rows. */
enum outcome contest_run(struct contest *contest);

void contest_close(struct contest *contest);

/* Run a case of a plain shape: engines, memcpy(), loops and the other libraries. */
enum outcome run_copy(const struct bench_case *c, const struct settings *settings,
		      struct results *out);

#endif /* CONTEST_H */
