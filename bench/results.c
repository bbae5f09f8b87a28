/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of cases, rows of results, and the verdict of a row. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	to[length] = '\0';
}

void case_list_add(struct case_list *list, const struct bench_case *c)
{
	if (list->count == list->room) {
		size_t room = list->room == 0 ? 64 : 2 * list->room;
		struct bench_case *cases = realloc(list->cases, room * sizeof(*cases));

		if (cases == NULL) {
			fputs("aml-dma-bench: out of memory for the list of cases\n", stderr);
			exit(EXIT_FAILURE);
		}
		list->cases = cases;
		list->room = room;
	}
	list->cases[list->count++] = *c;
}

struct result *results_add(struct results *results, const char *contestant)
{
	struct result *row;

	if (results->count == ROWS_MAX)
		results->count--;
	row = &results->rows[results->count++];
	memset(row, 0, sizeof(*row));
	copy_text(row->contestant, sizeof(row->contestant), contestant);
	return row;
}

void results_note(struct results *results, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(results->note, sizeof(results->note), format, args);
	va_end(args);
}

enum outcome results_no_memory(struct results *results)
{
	results_note(results, "out of memory");
	return FAILED;
}

/* The ratio, or 0 if the rows cannot be compared. */
static double ratio_of(const struct result *row, const struct result *yardstick, enum sense sense)
{
	if (yardstick == NULL || yardstick->best <= 0 || row->best <= 0)
		return 0;
	return sense == SLOWER ? row->best / yardstick->best : yardstick->best / row->best;
}

void result_judge(struct result *row, const struct result *yardstick, struct target target)
{
	double value;
	bool met;

	row->target = target;
	row->ratio = ratio_of(row, yardstick, target.sense);
	row->verdict = NOT_JUDGED;
	if (row->ratio > 0)
		copy_text(row->yardstick, sizeof(row->yardstick), yardstick->contestant);
	value = target.sense == BELOW ? row->best : row->ratio;
	if (target.sense == NO_TARGET || target.value <= 0 || (target.sense != BELOW && value <= 0))
		return;
	met = target.sense == FASTER ? value >= target.value : value <= target.value;
	row->verdict = met ? MET : MISSED;
}

struct target target_for(const struct bench_case *c, unsigned workers)
{
	struct target target = c->target;

	if (workers >= 2 || target.sense == NO_TARGET)
		return target;
	if (workers == 0 || c->one_worker <= 0)
		target.value = 0; /* the ratio is still reported */
	else if (target.sense == FASTER)
		target.value *= c->one_worker;
	else
		target.value /= c->one_worker;
	if (target.value <= 0 && target.sense == BELOW)
		target.sense = NO_TARGET;
	return target;
}

void engine_name(char name[NAME_SIZE], unsigned workers)
{
	snprintf(name, NAME_SIZE, "engine %u worker%s", workers, workers == 1 ? "" : "s");
}

void result_is_engine(struct result *row, unsigned workers)
{
	const char *isa = getenv("AML_DMA_ISA");

	row->workers = workers;
	copy_text(row->isa, sizeof(row->isa), isa == NULL || *isa == '\0' ? "auto" : isa);
}
