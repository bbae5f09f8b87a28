/* SPDX-License-Identifier: BSD-3-Clause */
/* Suites, see suite.h. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aml/dma/linux.h>

#include "progress.h"
#include "reports.h"
#include "round.h"
#include "suite.h"

#define SUITE_REPETITIONS 5

/* Many problems share the time: some hundred microseconds a turn, and few long turns. */
static const struct effort suite_effort = {
	.turn_ns = 3e5, .long_ns = 4e6, .budget_ns = 3e8, .fewest = 2};

#define CALLS 1000

/* Copy 64 bytes synchronously, many times. */
static int run_calls(void *arg)
{
	static char to[TASK_BYTES], from[TASK_BYTES];
	int err = 0;

	for (size_t i = 0; i < CALLS && err == 0; i++)
		err = aml_dma_copy_custom(arg, address(to), address(from), aml_dma_linux_memcpy_op,
					  (void *)(uintptr_t)TASK_BYTES);
	return err;
}

/* Measure the time of a synchronous copy of 64 bytes. */
static enum outcome measure_call(struct suite *suite)
{
	struct contestant contestant = {.name = "64 bytes", .run = run_calls, .units = CALLS};
	struct aml_dma *dma;
	enum outcome outcome;

	if (aml_dma_linux_create(&dma, suite->settings.workers) != AML_SUCCESS) {
		results_note(suite->out, "an engine could not be created");
		return FAILED;
	}
	contestant.arg = dma;
	outcome = measure(&suite->settings, &contestant, 1, suite->out);
	suite->call_ns = contestant.best;
	aml_dma_linux_destroy(&dma);
	return outcome;
}

void suite_open(struct suite *suite, const struct bench_case *c, const struct settings *settings,
		unsigned workers, struct results *out)
{
	*suite = (struct suite){.c = c, .settings = *settings, .out = out};
	suite->settings.workers = workers;
	suite->settings.effort = suite_effort;
	if (suite->settings.repetitions > SUITE_REPETITIONS && !settings->repetitions_given)
		suite->settings.repetitions = SUITE_REPETITIONS;
	suite->outcome = measure_call(suite);
}

bool suite_wants(struct suite *suite)
{
	const struct settings *settings = &suite->settings;
	bool wanted;

	suite->number++;
	wanted = suite->number >= settings->first_problem &&
		 (settings->last_problem == 0 || suite->number <= settings->last_problem);
	suite->skipped += !wanted;
	return wanted && suite->outcome == DONE;
}

/* A pseudo-case that names a problem or the summary in reports. */
static struct bench_case line_of(const struct suite *suite, const char *name, const char *about)
{
	struct bench_case line = {.run = NULL};
	char text[2 * NAME_SIZE];

	snprintf(text, sizeof(text), "%s/%s", suite->c->name, name);
	copy_text(line.name, sizeof(line.name), text);
	copy_text(line.about, sizeof(line.about), about);
	return line;
}

/* Add the row of the engine against one yardstick, and that of the yardstick. */
static void add_score(struct results *rows, const struct suite *suite,
		      const struct problem_result *result, enum yard yard)
{
	const struct score *score = &result->scores[yard];
	char engine[NAME_SIZE], bare[NAME_SIZE];
	struct result *row;

	engine_name(engine, suite->settings.workers);
	snprintf(bare, sizeof(bare), "%s, no call added", yard_name(yard));
	row = results_add(rows, yard_name(yard));
	row->best = row->median = score->yard;
	row->payload = result->payload;
	for (int i = 0; i < 2; i++) {
		double ratio = i == 0 ? score->ratio : score->bare;

		if (ratio <= 0)
			continue;
		row = results_add(rows, engine);
		result_is_engine(row, suite->settings.workers);
		row->best = result->best;
		row->median = result->median;
		row->payload = result->payload;
		copy_text(row->yardstick, sizeof(row->yardstick), i == 0 ? yard_name(yard) : bare);
		row->ratio = ratio;
		if (i == 0 && score->need > 0) {
			row->target = (struct target){FASTER, score->need};
			row->again = score->again;
			row->verdict = score_final(score) >= score->need ? MET : MISSED;
		}
	}
}

void suite_report(struct suite *suite, const char *about, const struct problem_result *result)
{
	struct results rows = {.count = 0};
	struct bench_case line;
	char number[NAME_SIZE], name[2 * ABOUT_SIZE];

	snprintf(number, sizeof(number), "%02zu", suite->number);
	copy_text(name, sizeof(name), about);
	for (enum yard yard = 0; yard < YARDS; yard++) {
		if (result->scores[yard].yard > 0)
			add_score(&rows, suite, result, yard);
		if ((result->wrong & YARD(yard)) != 0)
			snprintf(name, sizeof(name), "%s (%s is wrong)", about, yard_name(yard));
	}
	line = line_of(suite, number, name);
	reports_add_problem(suite->out->reports, &line, &rows);
	snprintf(name, sizeof(name), "%s %s", number, about);
	if (!tally_add(&suite->tally, name, result))
		suite->outcome = results_no_memory(suite->out);
}

void suite_run(struct suite *suite, const struct problem *problem)
{
	struct results notes = {.count = 0};
	struct problem_result result;
	enum outcome outcome;

	progress_step(problem->about, 0, 0);
	outcome = problem_run(problem, &suite->settings, suite->call_ns, &notes, &result);
	if (outcome == DONE) {
		suite_report(suite, problem->about, &result);
		return;
	}
	suite->skipped++;
	results_note(suite->out, "problem %zu, %.60s: %.100s", suite->number, problem->about,
		     notes.note);
	if (outcome == FAILED)
		suite->outcome = FAILED;
}

enum outcome suite_close(struct suite *suite)
{
	struct results rows = {.count = 0};
	struct bench_case line;
	char about[ABOUT_SIZE];

	snprintf(about, sizeof(about), "%zu of %zu problems, %u worker%s; a call %.0f ns",
		 suite->tally.problems, suite->number, suite->settings.workers,
		 suite->settings.workers == 1 ? "" : "s", suite->call_ns);
	line = line_of(suite, "summary", about);
	tally_report(&suite->tally, suite->c->goals, suite->skipped == 0, &rows);
	for (size_t i = 0; i < rows.count && suite->settings.quick; i++)
		rows.rows[i].verdict = NOT_JUDGED;
	if (suite->tally.problems > 0)
		reports_add_summary(suite->out->reports, &line, &rows);
	tally_release(&suite->tally);
	return suite->outcome;
}

enum outcome suite_run_all(const struct bench_case *c, const struct settings *settings,
			   unsigned workers, struct results *out, const struct problem *problems,
			   size_t count)
{
	struct suite suite;

	suite_open(&suite, c, settings, workers, out);
	for (size_t i = 0; i < count; i++) {
		if (suite_wants(&suite))
			suite_run(&suite, &problems[i]);
	}
	return suite_close(&suite);
}
