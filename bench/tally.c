/* SPDX-License-Identifier: BSD-3-Clause */
/* The tally of a suite, see tally.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tally.h"

bool tally_append(struct tally *tally, const struct tally_entry *entry)
{
	if (tally->count == tally->room) {
		size_t room = tally->room == 0 ? 256 : 2 * tally->room;
		struct tally_entry *entries = realloc(tally->entries, room * sizeof(*entries));

		if (entries == NULL)
			return false;
		tally->entries = entries;
		tally->room = room;
	}
	tally->entries[tally->count++] = *entry;
	return true;
}

bool tally_add(struct tally *tally, const char *name, const struct problem_result *result)
{
	for (enum yard yard = 0; yard < YARDS; yard++) {
		struct tally_entry entry = {
			.score = result->scores[yard], .yard = yard, .payload = result->payload};

		if (entry.score.ratio <= 0)
			continue;
		copy_text(entry.problem, sizeof(entry.problem), name);
		if (!tally_append(tally, &entry))
			return false;
	}
	tally->problems++;
	return true;
}

/* The entries of a yardstick, sorted by ratio. */
struct ranking {
	const struct tally_entry **entries;
	size_t count;
};

static int by_ratio(const void *a, const void *b)
{
	double x = (*(const struct tally_entry *const *)a)->score.ratio;
	double y = (*(const struct tally_entry *const *)b)->score.ratio;

	return (x > y) - (x < y);
}

/* Rank the entries of a yardstick. The array has room for all entries. */
static void rank(const struct tally *tally, enum yard yard, double least_payload,
		 struct ranking *ranking)
{
	ranking->count = 0;
	for (size_t i = 0; i < tally->count; i++) {
		const struct tally_entry *entry = &tally->entries[i];

		if (entry->yard == yard && entry->payload >= least_payload)
			ranking->entries[ranking->count++] = entry;
	}
	qsort(ranking->entries, ranking->count, sizeof(*ranking->entries), by_ratio);
}

/* The geometric mean of the ratios, or of the ratios without the cost of the call. */
static double mean_of(const struct ranking *ranking, bool bare)
{
	double sum = 0;

	for (size_t i = 0; i < ranking->count; i++) {
		const struct score *score = &ranking->entries[i]->score;

		sum += log(bare && score->bare > 0 ? score->bare : score->ratio);
	}
	return exp(sum / (double)ranking->count);
}

static size_t ahead_of(const struct ranking *ranking)
{
	size_t ahead = 0;

	for (size_t i = 0; i < ranking->count; i++)
		ahead += ranking->entries[i]->score.ratio >= 1;
	return ahead;
}

/* Add a row. `least` > 0: the value must be at least that. */
static void add_statistic(struct results *out, enum yard yard, const char *name, double value,
			  double least)
{
	struct result *row = results_add(out, name);

	copy_text(row->yardstick, sizeof(row->yardstick), yard_name(yard));
	row->ratio = value;
	row->target = (struct target){FASTER, least};
	if (least > 0)
		row->verdict = value >= least ? MET : MISSED;
}

/* Whether all needs are met. The lines of the problems may differ. */
static void add_needs(const struct ranking *ranking, enum yard yard, struct results *out)
{
	const struct tally_entry *worst = NULL;
	size_t needs = 0, below = 0;
	double margin = 0;
	char name[2 * NAME_SIZE];

	for (size_t i = 0; i < ranking->count; i++) {
		const struct tally_entry *entry = ranking->entries[i];
		double final = score_final(&entry->score);

		if (entry->score.need <= 0)
			continue;
		needs++;
		below += final < entry->score.need;
		if (worst == NULL || final / entry->score.need < margin) {
			worst = entry;
			margin = final / entry->score.need;
		}
	}
	if (worst == NULL)
		return;
	snprintf(name, sizeof(name), "%zu of %zu below: %s", below, needs, worst->problem);
	add_statistic(out, yard, name, score_final(&worst->score), worst->score.need);
}

/* A report while it is made. */
struct tally_report {
	const struct tally *tally;
	const struct suite_goals *goals; /* not NULL */
	bool whole;
	struct ranking ranking;
	struct results *out;
};

/* The value that the whole yardstick must reach; 0: none. */
static double goal_of(const struct suite_goals *goals, enum goal_kind kind, enum yard yard)
{
	for (size_t i = 0; i < goals->count; i++) {
		const struct goal *goal = &goals->goals[i];

		if (goal->kind == kind && goal->yard == yard && goal->least_payload <= 0)
			return goal->value;
	}
	return 0;
}

/* Add the goals that count only large problems. */
static void add_large_goals(struct tally_report *report, enum yard yard)
{
	struct ranking *ranking = &report->ranking;

	for (size_t i = 0; i < report->goals->count; i++) {
		const struct goal *goal = &report->goals->goals[i];
		char name[NAME_SIZE];

		if (goal->yard != yard || goal->least_payload <= 0)
			continue;
		rank(report->tally, yard, goal->least_payload, ranking);
		if (ranking->count == 0)
			continue;
		snprintf(name, sizeof(name), "geometric mean of %zu from %.0f KiB on",
			 ranking->count, goal->least_payload / 1024);
		add_statistic(report->out, yard, name, mean_of(ranking, false), goal->value);
	}
}

static void add_yard(struct tally_report *report, enum yard yard)
{
	struct ranking *ranking = &report->ranking;
	struct results *out = report->out;
	char name[2 * NAME_SIZE];
	double mean, bare, ahead;

	rank(report->tally, yard, 0, ranking);
	if (ranking->count == 0)
		return;
	mean = mean_of(ranking, false);
	bare = mean_of(ranking, true);
	snprintf(name, sizeof(name), "geometric mean of %zu", ranking->count);
	add_statistic(out, yard, name, mean, goal_of(report->goals, GOAL_MEAN, yard));
	if (bare != mean)
		add_statistic(out, yard, "geometric mean, no call added", bare, 0);
	add_statistic(out, yard, "tenth percentile",
		      ranking->entries[(ranking->count - 1) / 10]->score.ratio, 0);
	snprintf(name, sizeof(name), "worst: %s", ranking->entries[0]->problem);
	add_statistic(out, yard, name, ranking->entries[0]->score.ratio, 0);
	snprintf(name, sizeof(name), "ahead, of %zu", ranking->count);
	ahead = goal_of(report->goals, GOAL_AHEAD, yard);
	if (!report->whole || (double)ranking->count < ahead)
		ahead = 0;
	add_statistic(out, yard, name, (double)ahead_of(ranking), ahead);
	add_needs(ranking, yard, out);
	add_large_goals(report, yard);
}

void tally_report(const struct tally *tally, const struct suite_goals *goals, bool whole,
		  struct results *out)
{
	static const struct suite_goals none = {.count = 0};
	struct tally_report report = {.tally = tally,
				      .goals = goals == NULL ? &none : goals,
				      .whole = whole,
				      .ranking.entries = calloc(tally->count + 1, sizeof(void *)),
				      .out = out};

	if (report.ranking.entries == NULL) {
		results_no_memory(out);
		return;
	}
	for (enum yard yard = 0; yard < YARDS; yard++)
		add_yard(&report, yard);
	free(report.ranking.entries);
}

void tally_release(struct tally *tally)
{
	free(tally->entries);
	*tally = (struct tally){0};
}
