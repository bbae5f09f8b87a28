/* SPDX-License-Identifier: BSD-3-Clause */
/* Summaries of suites from CSV reports, see summarize.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "summarize.h"
#include "tally.h"

#define LINE_SIZE 1024

/* The problem in a line of a suite: what follows the name of the suite. NULL: another line. */
static const char *problem_of(const char *line, const char *suite)
{
	size_t length = strlen(suite);

	if (strncmp(line, suite, length) != 0 || line[length] != '/' ||
	    !isdigit((unsigned char)line[length + 1]))
		return NULL;
	return line + length + 1;
}

/* The yardstick of a row. YARDS: none, or a ratio to which no call was added. */
static enum yard yard_of(const struct result *row)
{
	enum yard yard = 0;

	while (yard < YARDS && strcmp(row->yardstick, yard_name(yard)) != 0)
		yard++;
	return row->ratio > 0 ? yard : YARDS;
}

/* True if the tally has a score of this problem and yardstick. The first one counts. */
static bool has_entry(const struct tally *tally, const struct tally_entry *entry)
{
	for (size_t i = 0; i < tally->count; i++) {
		if (tally->entries[i].yard == entry->yard &&
		    strcmp(tally->entries[i].problem, entry->problem) == 0)
			return true;
	}
	return false;
}

/* Add the score in a line, if there is one. False: out of memory. */
static bool add_line(struct tally *tally, char *line, const char *problem)
{
	struct tally_entry entry = {.payload = 0};
	struct result row;
	char name[NAME_SIZE];
	size_t length = strcspn(problem, ",");

	copy_text(name, length + 1 < sizeof(name) ? length + 1 : sizeof(name), problem);
	if (!report_read_row(line, &row) || row.isa[0] == '\0')
		return true;
	entry.yard = yard_of(&row);
	if (entry.yard == YARDS)
		return true;
	entry.score.ratio = row.ratio;
	entry.score.again = row.again;
	entry.score.need = row.target.value;
	entry.payload = row.payload;
	copy_text(entry.problem, sizeof(entry.problem), name);
	return has_entry(tally, &entry) || tally_append(tally, &entry);
}

/* Add the scores of a suite in a file. -1: it could not be read. */
static int read_file(struct tally *tally, const char *suite, const char *path)
{
	FILE *stream = fopen(path, "re");
	char line[LINE_SIZE];
	bool good = true;

	if (stream == NULL) {
		fprintf(stderr, "aml-dma-bench: %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (good && fgets(line, sizeof(line), stream) != NULL) {
		const char *problem = problem_of(line, suite);

		if (problem != NULL)
			good = add_line(tally, line, problem);
	}
	fclose(stream);
	return good ? 0 : -1;
}

int summarize(const struct case_list *list, const char *const *paths, size_t count,
	      struct reports *reports)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct bench_case *c = &list->cases[i];
		struct bench_case line = {.run = NULL};
		static struct results rows;
		struct tally tally = {.count = 0};
		int err = 0;

		for (size_t j = 0; j < count && err == 0; j++)
			err = read_file(&tally, c->name, paths[j]);
		if (err == 0 && tally.count > 0) {
			memset(&rows, 0, sizeof(rows));
			tally_report(&tally, c->goals, true, &rows);
			copy_text(line.name, sizeof(line.name), c->name);
			copy_text(line.about, sizeof(line.about), c->about);
			reports_add_summary(reports, &line, &rows);
		}
		tally_release(&tally);
		if (err != 0)
			return err;
	}
	return 0;
}
