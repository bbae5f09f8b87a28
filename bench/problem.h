/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A problem is one copy of a suite, with the code that the copy is compared with. It is a contest.
 * The first contestant is an engine, or code that uses an engine.
 */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "yardsticks.h"

/* The engine's speed must reach this multiple of a yardstick's. */
struct need {
	enum yard yard;
	double value; /* 0: no need */
};

#define NEEDS_MAX 2

struct problem {
	char about[ABOUT_SIZE];
	struct bench_shape shape;
	size_t variant; /* for the functions below: `count` of the contest's case */
	unsigned yards; /* a set of YARD() */
	struct need needs[NEEDS_MAX];
	/* The payload if the two sides have elements of other sizes; 0: that of the shape. */
	size_t half_traffic;
	/* The layouts; NULL: those of the shape. */
	layouts_fn layouts;
	/* Fills the source; NULL: with pseudo-random bytes. */
	void (*fill_source)(const struct contest *contest);
	/* The expected result; NULL: that of the shape. */
	void (*reference)(const struct contest *contest, void *dst);
	/* The plain loops, instead of those of the shape. The argument is the contest. */
	int (*loops)(void *contest);
	/*
	 * Add the first contestant, and contestants for YARD_POST and YARD_SERIAL, instead of an
	 * engine that copies synchronously. False: out of memory. What it allocates is `extra`,
	 * which `release` releases.
	 */
	bool (*add)(struct contest *contest, void **extra);
	void (*release)(void *extra);
};

/* How an engine did against a yardstick. */
struct score {
	double yard;  /* the yardstick's time; 0: it was not measured */
	double ratio; /* of the speeds; with the cost of the call added to a short yardstick */
	double bare;  /* the same without the cost of the call; 0: the ratio has none */
	double again; /* the ratio of a second measurement; 0: there was none */
	double need;  /* 0: none */
};

struct problem_result {
	double best, median; /* of the engine, in nanoseconds */
	double payload;      /* in bytes */
	struct score scores[YARDS];
	unsigned wrong; /* the yardsticks whose result is wrong, as a set of YARD() */
};

/*
 * Check and measure a problem. `call_ns` is the time of a synchronous copy of 64 bytes. If a need
 * is missed, the problem is measured once more with more repetitions. If not DONE, the note of
 * `out` gives the reason.
 */
enum outcome problem_run(const struct problem *problem, const struct settings *settings,
			 double call_ns, struct results *out, struct problem_result *result);

/* The better of both measurements. */
double score_final(const struct score *score);

#endif /* PROBLEM_H */
