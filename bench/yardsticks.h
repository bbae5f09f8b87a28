/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The yardsticks of the suites: what an engine is compared with. A yardstick may have several
 * contestants, of which the fastest counts.
 */
#ifndef YARDSTICKS_H
#define YARDSTICKS_H

#include "contest.h"
#include "limit.h"

enum yard {
	YARD_LOOPS,  /* plain loops, in the order of the destination or of the source */
	YARD_FIXED,  /* the same with small extents and the usual steps as constants */
	YARD_MEMCPY, /* memcpy() of the same bytes by one thread */
	YARD_LIMIT,  /* memcpy() or a streaming copy of the same bytes, by one thread or all */
	YARD_FILL,   /* a streaming fill of the same bytes, by one thread or all */
	YARD_ONEDNN, /* oneDNN's reorder */
	YARD_HPTT,   /* HPTT */
	YARD_POST,   /* the same number of posted copies of 64 bytes */
	YARD_SERIAL, /* the same copies one after the other */
	YARD_LATER,  /* later copies of the same shape */
	YARD_EQUAL,  /* the copy of layouts that does the same */
	YARD_MEMCMP, /* memcmp() of the same bytes by one thread */
	YARD_BLAS,   /* OpenBLAS's axpy */
	YARD_ENGINE, /* one engine with all workers */
	YARDS
};

/* A set of yardsticks. */
#define YARD(yard) (1u << (yard))
#define YARDS_OF_COPIES                                                                \
	(YARD(YARD_LOOPS) | YARD(YARD_MEMCPY) | YARD(YARD_LIMIT) | YARD(YARD_ONEDNN) | \
	 YARD(YARD_HPTT))

#define YARD_LIMITS_MAX 5

/* The dedicated threads of a contest's yardsticks. */
struct yard_threads {
	struct limit *limits[YARD_LIMITS_MAX];
	size_t count;
};

/* The name of a yardstick in reports. */
const char *yard_name(enum yard yard);

/*
 * Add the contestants of these yardsticks. Those that cannot be, are left out: loops for an unknown
 * element size, or a library that is not there or cannot express the shape. YARD_POST and
 * YARD_SERIAL are for the caller to add. Returns false if out of memory or threads. Release
 * `threads` in both cases, after the contest.
 */
bool yards_add(struct contest *contest, unsigned yards, struct yard_threads *threads);
void yards_release(struct yard_threads *threads);

/* Let a contestant count for a yardstick. `entrant` may be ENTRANTS_MAX. */
void yard_count(struct contest *contest, size_t entrant, enum yard yard);

/* The best time of a yardstick; 0 if it has no contestant. */
double yard_best(const struct contest *contest, enum yard yard);

#endif /* YARDSTICKS_H */
