/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random copies. The seed and the number of a problem determine it, so any problem of a run can be
 * measured again by itself.
 */
#include <string.h>

#include "random_shape.h"
#include "suite.h"

#define DEFAULT_PROBLEMS 100
#define QUICK_PROBLEMS 20

#define KIB 1024.0
#define MIB (1024 * KIB)

static enum outcome run_random(const struct bench_case *c, const struct settings *settings,
			       struct results *out)
{
	static const struct payload_range full = {4 * KIB, 128 * MIB}, tiny = {4 * KIB, 64 * KIB};
	const struct payload_range *range = settings->quick ? &tiny : &full;
	size_t count = settings->quick ? QUICK_PROBLEMS : DEFAULT_PROBLEMS;
	struct suite suite;

	if (settings->last_problem > 0)
		count = settings->last_problem;
	suite_open(&suite, c, settings, c->workers > 0 ? c->workers : settings->workers, out);
	while (suite.number < count) {
		struct problem problem = {.yards = YARDS_OF_COPIES, .needs = {{YARD_LOOPS, 0.95}}};

		if (!suite_wants(&suite))
			continue;
		problem.shape = random_shape(settings->seed, suite.number, range, problem.about,
					     sizeof(problem.about));
		suite_run(&suite, &problem);
	}
	return suite_close(&suite);
}

static const struct suite_goals random_goals = {
	.goals = {{GOAL_MEAN, YARD_LOOPS, 2.0, 0}, {GOAL_MEAN, YARD_LIMIT, 0.7, MIB}}, .count = 2};

void add_random_cases(struct case_list *list, const struct settings *settings)
{
	const struct bench_case all = {.name = "random/copies",
				       .about = "random copies of 4 KiB to 128 MiB",
				       .on_request = true,
				       .run = run_random,
				       .goals = &random_goals};
	const struct bench_case one = {.name = "random/copies-1-worker",
				       .about = "random copies of 4 KiB to 128 MiB",
				       .on_request = true,
				       .run = run_random,
				       .workers = 1,
				       .goals = &random_goals};

	(void)settings;
	case_list_add(list, &all);
	case_list_add(list, &one);
}
