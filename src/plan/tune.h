/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was learnt: a table, one per process, of the cost of each variant for each class of plans.
 *
 * A class is a few numbers that describe similar plans (class.h). It occupies a slot. If the table
 * is full, the class that was used least gives its slot to the next class.
 *
 * Two choices are made:
 *
 *  - For a copy, whether its stores go to the caches or past them: the *route*. The caches
 *    remember: the effect of one cached part shows in later parts, and in later copies. So a route
 *    is tried for a few copies in a row.
 *  - For a part, the variant on that route. The parts of one copy try different variants.
 *
 * Both begin with the first choice, then try the others, then keep to the best. Now and then they
 * check the others again; those that were far behind, rarely.
 *
 * All functions are thread-safe and take no lock. The members of the table are relaxed atomics. If
 * a slot changes its class while a plan of the old class runs, a time is counted for the wrong
 * class. That may cost speed, and is corrected by later times.
 */
#ifndef PLAN_TUNE_H
#define PLAN_TUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TUNE_SLOTS = 64,        /* of the table; a plan has 6 bits for its slot */
	TUNE_VARIANTS_MAX = 16, /* of a kind */
	TUNE_COST_MAX = 1 << 28,
};

/* A class of plans. The first word is not 0. */
struct tune_class {
	uint32_t words[2];
};

/*
 * The variants that a plan can run, by their number within the kind: a set of bits. `first` is the
 * first choice, which is in the set.
 */
struct tune_options {
	uint32_t cached, streamed; /* by route */
	unsigned first;
};

/* What is known of a variant. */
struct tune_cost {
	uint32_t cost;    /* picoseconds per KiB; 0: not known */
	uint32_t samples; /* how often it was timed */
};

/* A slot, to print or to save. */
struct tune_record {
	struct tune_class class;
	uint32_t uses;
	struct tune_cost costs[TUNE_VARIANTS_MAX];
};

/* Find the slot of a class, or give it one. Counts a use. */
unsigned tune_slot(const struct tune_class *class);

/*
 * Choose the route of the next copy of the class in a slot: does it stream? Both routes in
 * `options` have variants.
 */
bool tune_choose_route(unsigned slot, const struct tune_options *options);

/*
 * Choose the variant of the next part, or of the next copy of one part, from the set `options`,
 * which is not empty. `first` is the first choice; it need not be in the set. Sets *checks if the
 * variant is tried or checked, so that its time is of interest.
 */
unsigned tune_choose(unsigned slot, uint32_t options, unsigned first, bool *checks);

/* The variant that tune_choose() would choose without trying or checking any. */
unsigned tune_best(unsigned slot, uint32_t options, unsigned first);

/* Is a copy of one part due to be timed? Once in 64 calls. */
bool tune_is_due(unsigned slot);

/* Count that a variant took `ns` nanoseconds for `bytes` bytes. */
void tune_report(unsigned slot, unsigned variant, uint64_t bytes, uint64_t ns);

/* Read a slot. False if it is empty. */
bool tune_read(unsigned slot, struct tune_record *record);

/* Add a record that was saved, unless its class has a slot already or the table is full. */
void tune_add(const struct tune_record *record);

/* Forget everything. */
void tune_clear(void);

#endif /* PLAN_TUNE_H */
