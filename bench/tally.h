/* SPDX-License-Identifier: BSD-3-Clause */
/* The tally of a suite: all scores, and the statistics of each yardstick. */
#ifndef TALLY_H
#define TALLY_H

#include "problem.h"

/* What a suite as a whole must reach. */
enum goal_kind {
	GOAL_MEAN,  /* the geometric mean of the ratios is at least `value` */
	GOAL_AHEAD, /* the number of problems with a ratio of at least 1; judged if all ran */
};

struct goal {
	enum goal_kind kind;
	enum yard yard;
	double value;
	double least_payload; /* in bytes: smaller problems do not count */
};

#define GOALS_MAX 4

/* All goals of a suite, besides the needs of its problems. */
struct suite_goals {
	struct goal goals[GOALS_MAX];
	size_t count;
};

struct tally_entry {
	struct score score;
	enum yard yard;
	double payload;
	char problem[NAME_SIZE];
};

struct tally {
	struct tally_entry *entries; /* released by tally_release() */
	size_t count, room;
	size_t problems; /* that were added */
};

/* Add a score. False: out of memory. */
bool tally_append(struct tally *tally, const struct tally_entry *entry);

/* Add the scores of a problem. `name`: the problem in reports. False: out of memory. */
bool tally_add(struct tally *tally, const char *name, const struct problem_result *result);

/*
 * Add rows with the statistics of each yardstick: the geometric mean, the tenth percentile, the
 * worst, the number of problems with a ratio of at least 1, the goals, and whether each need was
 * met in one of two measurements. `goals` may be NULL. `whole`: all problems of the suite ran.
 */
void tally_report(const struct tally *tally, const struct suite_goals *goals, bool whole,
		  struct results *out);

void tally_release(struct tally *tally);

#endif /* TALLY_H */
