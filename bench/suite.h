/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A suite: a case of many problems. Each problem is reported by one line, and all of them by a
 * summary.
 *
 *     suite_open(&suite, c, settings, workers, out);
 *     for each problem, while the outcome is DONE
 *             if (suite_wants(&suite))
 *                     suite_run(&suite, &problem);
 *     return suite_close(&suite);
 */
#ifndef SUITE_H
#define SUITE_H

#include "tally.h"

struct suite {
	const struct bench_case *c;
	struct settings settings; /* the user's, with the workers and the effort of the suite */
	struct results *out;
	enum outcome outcome;
	double call_ns; /* of a synchronous copy of 64 bytes */
	size_t number;  /* of the problem, from 1 */
	size_t skipped; /* problems that the user did not want, or that this machine cannot run */
	struct tally tally;
};

/* Begin. `workers`: of the suite's engines; also the threads of its yardsticks. */
void suite_open(struct suite *suite, const struct bench_case *c, const struct settings *settings,
		unsigned workers, struct results *out);

/* Proceed to the next problem. True if it is to run: the user wants it, and none has failed. */
bool suite_wants(struct suite *suite);

/* Run a problem, and report it. */
void suite_run(struct suite *suite, const struct problem *problem);

/* Report a result that was not measured by suite_run(). */
void suite_report(struct suite *suite, const char *about, const struct problem_result *result);

/* Report the summary, and release the suite. Returns how the case ended. */
enum outcome suite_close(struct suite *suite);

/* Run all problems of an array as a suite. */
enum outcome suite_run_all(const struct bench_case *c, const struct settings *settings,
			   unsigned workers, struct results *out, const struct problem *problems,
			   size_t count);

#endif /* SUITE_H */
