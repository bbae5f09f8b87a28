/* SPDX-License-Identifier: BSD-3-Clause */
#include "tuning_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "learnt_text.h"
#include "plan/variant.h"
#include "units.h"

enum { TUNE_SCHEMA = 1, NAME_BYTES = 3 * TUNING_TEXT_BYTES };

/* The copy in one text: the source, the destination if it has other keys, the permutation. */
static void name_shape(const struct tuning_shape *shape, char name[NAME_BYTES])
{
	bool same = *shape->dst == '\0' || strcmp(shape->src, shape->dst) == 0;

	(void)snprintf(name, NAME_BYTES, "%s%s%s%s%s", shape->src, same ? "" : " to ",
		       same ? "" : shape->dst, *shape->permute != '\0' ? " permuted " : "",
		       shape->permute);
}

/* The rate of a variant, in bytes per second and worker. 0: unknown. */
static double rate_of(const struct tuning_result *result, unsigned variant)
{
	uint32_t cost =
		variant == VARIANT_NONE
			? 0
			: result->record.costs[variant - copy_first_variant[result->kind]].cost;

	return cost > 0 ? learnt_text_rate(cost) : 0;
}

static void print_result(const struct tuning_result *result, int width)
{
	char name[NAME_BYTES], best[UNITS_TEXT_BYTES], first[UNITS_TEXT_BYTES] = "-";
	double first_rate = rate_of(result, result->first);

	name_shape(result->shape, name);
	printf("%-*s ", width, name);
	if (result->best == VARIANT_NONE) {
		printf("%s\n", result->first == VARIANT_NONE ? "is copied in one way only"
							     : "nothing was learnt");
		return;
	}
	units_rate(best, rate_of(result, result->best));
	if (first_rate > 0)
		units_rate(first, first_rate);
	printf("%-14s %10s  %-14s %10s ", copy_variants[result->best].name, best,
	       copy_variants[result->first].name, first);
	if (result->gain > 0)
		printf("%+6.1f %%\n", 100 * (result->gain - 1));
	else
		printf("%8s\n", "-");
}

/* How many classes prefer another variant than the first choice, and the mean gain of all. */
static void print_gain(const struct tuning_report *report)
{
	size_t known = 0, other = 0;
	double logs = 0;

	for (size_t i = 0; i < report->count; i++) {
		const struct tuning_result *result = &report->results[i];

		if (result->gain <= 0)
			continue;
		known++;
		other += result->best != result->first;
		logs += log(result->gain);
	}
	printf("\nfaster than the first choice: another variant of %zu of %zu copies", other,
	       known);
	if (known > 0)
		printf("; all together gain %.1f %%", 100 * (exp(logs / (double)known) - 1));
	putchar('\n');
}

void tuning_report_text(const struct tuning_report *report)
{
	char name[NAME_BYTES];
	int width = 4;

	for (size_t i = 0; i < report->count; i++) {
		name_shape(report->results[i].shape, name);
		if ((int)strlen(name) > width)
			width = (int)strlen(name);
	}
	printf("%-*s %-14s %10s  %-14s %10s %8s\n", width, "copy", "fastest", "rate",
	       "first choice", "rate", "gain");
	for (size_t i = 0; i < report->count; i++)
		print_result(&report->results[i], width);
	print_gain(report);
	printf("rates are those of a thread; copied for %.1f s, with %zu worker%s\n",
	       report->seconds, report->workers, report->workers == 1 ? "" : "s");
	if (report->file != NULL)
		printf("written: for programs with AML_DMA_TUNE_FILE=%s\n", report->file);
	else
		printf("nothing was written: --output FILE writes a file for AML_DMA_TUNE_FILE\n");
}

static void report_variants(struct json_writer *json, const struct tuning_result *result)
{
	unsigned base = copy_first_variant[result->kind];

	json_array(json, "variants");
	for (unsigned i = 0; result->best != VARIANT_NONE && i < TUNE_VARIANTS_MAX; i++) {
		if (result->record.costs[i].cost == 0 || base + i >= VARIANTS)
			continue;
		json_object(json, NULL);
		json_text(json, "variant", copy_variants[base + i].name);
		json_real(json, "bytes_per_second", learnt_text_rate(result->record.costs[i].cost));
		json_number(json, "samples", result->record.costs[i].samples);
		json_close(json);
	}
	json_close(json);
}

/* The name of a variant, or NULL. */
static const char *variant_name(unsigned variant)
{
	return variant != VARIANT_NONE ? copy_variants[variant].name : NULL;
}

static void report_result(struct json_writer *json, const struct tuning_result *result)
{
	const struct tuning_shape *shape = result->shape;

	json_object(json, NULL);
	json_text(json, "src", shape->src);
	json_text(json, "dst", *shape->dst != '\0' ? shape->dst : NULL);
	json_text(json, "permute", *shape->permute != '\0' ? shape->permute : NULL);
	json_text(json, "kind", copy_kind_name(result->kind));
	json_text(json, "class", result->best != VARIANT_NONE ? result->text : NULL);
	json_number(json, "copies", result->copies);
	json_text(json, "fastest", variant_name(result->best));
	json_text(json, "first_choice", variant_name(result->first));
	if (result->gain > 0)
		json_real(json, "gain_ratio", result->gain);
	else
		json_null(json, "gain_ratio");
	report_variants(json, result);
	json_close(json);
}

bool tuning_report_json(const struct tuning_report *report)
{
	struct json_writer json;

	json_begin(&json, stdout, "tune", TUNE_SCHEMA);
	json_text(&json, "file", report->file);
	json_number(&json, "workers", report->workers);
	json_real(&json, "time_seconds", report->seconds);
	json_array(&json, "copies");
	for (size_t i = 0; i < report->count; i++)
		report_result(&json, &report->results[i]);
	json_close(&json);
	return json_end(&json);
}
