/* SPDX-License-Identifier: BSD-3-Clause */
/* Problems of the suites, see problem.h. */
#include <string.h>

#include "problem.h"

/* Below this payload, the cost of a call is added to a yardstick's time. */
#define CALL_COUNTS_BYTES 1048576

/* The repetitions of a second measurement. */
#define AGAIN_REPETITIONS 15
#define AGAIN_BUDGET 5.0 /* times that of the first measurement */

double score_final(const struct score *score)
{
	return score->again > score->ratio ? score->again : score->ratio;
}

/* True if the yardstick has the costs of calls of the library, too. */
static bool is_by_engine(enum yard yard)
{
	return yard == YARD_POST || yard == YARD_SERIAL || yard == YARD_EQUAL ||
	       yard == YARD_ENGINE;
}

static bool add_contestants(struct contest *contest, const struct problem *problem,
			    struct yard_threads *threads, void **extra)
{
	unsigned yards = problem->yards;

	if (problem->add != NULL) {
		if (!problem->add(contest, extra))
			return false;
	} else if (contest_add_engine(contest, problem->layouts == NULL
						       ? contest_shape_layouts
						       : problem->layouts) == ENTRANTS_MAX) {
		return false;
	}
	if (problem->loops != NULL && !contest->settings->brief) {
		yards &= ~(YARD(YARD_LOOPS) | YARD(YARD_FIXED));
		yard_count(contest, contest_add(contest, "loops", problem->loops, contest, true),
			   YARD_LOOPS);
	}
	return yards_add(contest, yards, threads);
}

static double need_of(const struct problem *problem, enum yard yard)
{
	for (size_t i = 0; i < NEEDS_MAX; i++) {
		if (problem->needs[i].value > 0 && problem->needs[i].yard == yard)
			return problem->needs[i].value;
	}
	return 0;
}

/* Read the scores of a contest that was measured. */
static void take_scores(const struct contest *contest, const struct problem *problem,
			double call_ns, struct problem_result *result)
{
	double best = contest->contestants[0].best;

	result->best = best;
	result->median = contest->contestants[0].median;
	result->payload = (double)contest_half_traffic(contest);
	for (enum yard yard = 0; yard < YARDS; yard++) {
		struct score *score = &result->scores[yard];
		bool adds = result->payload < CALL_COUNTS_BYTES && !is_by_engine(yard);

		memset(score, 0, sizeof(*score));
		score->yard = yard_best(contest, yard);
		if (score->yard <= 0 || best <= 0)
			continue;
		score->ratio = (score->yard + (adds ? call_ns : 0)) / best;
		score->bare = adds ? score->yard / best : 0;
		score->need = need_of(problem, yard);
	}
}

static bool misses_a_need(const struct problem_result *result)
{
	for (enum yard yard = 0; yard < YARDS; yard++) {
		const struct score *score = &result->scores[yard];

		if (score->ratio > 0 && score->ratio < score->need)
			return true;
	}
	return false;
}

static enum outcome measure_again(struct contest *contest, const struct problem *problem,
				  double call_ns, struct problem_result *result)
{
	struct settings settings = *contest->settings;
	struct problem_result second;
	enum outcome outcome;

	if (settings.repetitions < AGAIN_REPETITIONS)
		settings.repetitions = AGAIN_REPETITIONS;
	settings.effort.budget_ns *= AGAIN_BUDGET;
	outcome = measure(&settings, contest->contestants, contest->count, contest->out);
	if (outcome != DONE)
		return outcome;
	take_scores(contest, problem, call_ns, &second);
	for (enum yard yard = 0; yard < YARDS; yard++)
		result->scores[yard].again = second.scores[yard].ratio;
	return DONE;
}

enum outcome problem_run(const struct problem *problem, const struct settings *settings,
			 double call_ns, struct results *out, struct problem_result *result)
{
	const struct bench_case c = {.shape = problem->shape, .count = problem->variant};
	struct yard_threads threads = {.count = 0};
	struct contest contest;
	void *extra = NULL;
	enum outcome outcome = contest_open(&contest, &c, settings, out);

	memset(result, 0, sizeof(*result));
	contest.half_traffic = problem->half_traffic;
	contest.fill_source = problem->fill_source;
	contest.reference = problem->reference;
	if (outcome == DONE && !add_contestants(&contest, problem, &threads, &extra)) {
		results_note(out, "the contestants could not be created");
		outcome = FAILED;
	}
	if (outcome == DONE)
		outcome = contest_check(&contest);
	if (outcome == DONE)
		outcome = measure(settings, contest.contestants, contest.count, out);
	if (outcome == DONE) {
		result->wrong = contest.wrong;
		take_scores(&contest, problem, call_ns, result);
		if (misses_a_need(result) && !settings->quick)
			outcome = measure_again(&contest, problem, call_ns, result);
	}
	if (problem->release != NULL && extra != NULL)
		problem->release(extra);
	contest_close(&contest);
	yards_release(&threads);
	return outcome;
}
