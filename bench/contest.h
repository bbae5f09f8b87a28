/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A contest: contestants that copy the same data between the same two buffers. Before any
 * contestant is timed, each one copies once, and its result is compared with that of plain code.
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

/* The layouts that an engine copies between; destroyed with the contest. */
struct layout_pair {
	struct aml_layout *dst, *src;
};

struct contest;
/* Create layouts over the contest's buffers. Not 0: an error of the library; none was created. */
typedef int (*layouts_fn)(const struct contest *contest, struct layout_pair *pair);

/* The data of a contestant; some fields serve only one kind. */
struct entrant {
	struct contest *contest;
	bool maps;           /* it must leave the expected result, which is checked */
	unsigned workers;    /* of an engine */
	struct aml_dma *dma; /* owned by the contest */
	struct layout_pair pair;
	const struct copy_peer *peer;
	void *plan;
	loops_fn loops;
	struct bench_shape order; /* the shape, in the order of the loops */
	unsigned kinds;           /* of a yardstick of a suite, see yardsticks.h */
	size_t yardstick;         /* the index of the yardstick; its own index if it has none */
	struct target target;
};

struct contest {
	const struct bench_case *c;
	const struct settings *settings;
	struct results *out;
	struct bench_shape shape; /* the case's, sorted */
	void *dst, *src;          /* the addresses of elements 0 */
	/* The buffers; each one has room for the payload, too. */
	void *dst_buffer, *src_buffer, *expected;
	size_t dst_bytes, src_bytes;
	/* Half of the bytes that an operation reads and writes; 0: the shape's payload. */
	size_t half_traffic;
	/* Fills the source; NULL: buffer_fill() does. */
	void (*fill_source)(const struct contest *contest);
	/*
	 * Computes the expected result; NULL: shape_reference() does. `dst`: element 0 of the
	 * expected result.
	 */
	void (*reference)(const struct contest *contest, void *dst);
	struct aml_dma *engines[2]; /* with settings->workers workers; with one worker, or NULL */
	unsigned wrong; /* the kinds of the yardsticks that were removed because they are wrong */
	size_t count;
	struct entrant entrants[ENTRANTS_MAX];
	struct contestant contestants[ENTRANTS_MAX];
};

/* Create the buffers and an engine. If not DONE, the note gives the reason. Close the contest
 * anyway. */
enum outcome contest_open(struct contest *contest, const struct bench_case *c,
			  const struct settings *settings, struct results *out);

/*
 * Add an engine for each number of workers. The engines copy between the layouts that `make`
 * creates. `name_suffix` is appended to the engine's name. Returns the index of the first engine,
 * or ENTRANTS_MAX if the layouts could not be created.
 */
size_t contest_add_engines(struct contest *contest, const char *name_suffix, layouts_fn make);

/* Add only the engine with settings->workers workers. Returns its index or ENTRANTS_MAX. */
size_t contest_add_engine(struct contest *contest, layouts_fn make);

/* Add memcpy() of the payload, loops, or the other libraries. Returns the index or ENTRANTS_MAX. */
size_t contest_add_memcpy(struct contest *contest);
size_t contest_add_loops(struct contest *contest, const char *name, loops_fn loops);
size_t contest_add_peer(struct contest *contest, const struct copy_peer *peer);
void contest_add_peers(struct contest *contest);

/* Add another contestant; an operation is `run(arg)`. Returns the index or ENTRANTS_MAX. */
size_t contest_add(struct contest *contest, const char *name, int (*run)(void *), void *arg,
		   bool maps);

/* Half of the bytes that an operation reads and writes: what a copy of equal cost copies. */
size_t contest_half_traffic(const struct contest *contest);

/* Create the layouts of the case's shape, for most engines. */
int contest_shape_layouts(const struct contest *contest, struct layout_pair *pair);

/*
 * Check all contestants. Each result must be that of plain code, else the contest has failed.
 * Another library with a wrong result is removed instead, and the note says so.
 */
enum outcome contest_check(struct contest *contest);

/* Check and time all contestants, and add their rows. */
enum outcome contest_run(struct contest *contest);

void contest_close(struct contest *contest);

/* Run a case of dense layouts: engines, memcpy(), loops and the other libraries. */
enum outcome run_copy(const struct bench_case *c, const struct settings *settings,
		      struct results *out);

#endif /* CONTEST_H */
