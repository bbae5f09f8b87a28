/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench_report.h"

#include <stdio.h>
#include <string.h>

#include <aml/utils/version.h>

#include "json.h"
#include "kernels/kernels.h"
#include "units.h"

enum { BENCH_SCHEMA = 1, NAME_COLUMN = 24 };

static const double ns_per_s = 1e9;

static const char *verdict_of(const struct bench_row *row)
{
	return !row->compared ? "  not compared" : row->right ? "" : "  WRONG DATA";
}

static int name_width(const struct bench_row *rows, size_t count)
{
	size_t width = NAME_COLUMN;

	for (size_t i = 0; i < count; i++)
		if (strlen(rows[i].name) > width)
			width = strlen(rows[i].name);
	return (int)width;
}

static void print_copy(const struct bench_row *row, int width)
{
	char bytes[UNITS_TEXT_BYTES], best[UNITS_TEXT_BYTES], median[UNITS_TEXT_BYTES],
		memory[UNITS_TEXT_BYTES];

	units_bytes(bytes, (double)row->bytes);
	units_rate(best, (double)row->bytes / row->best_ns * ns_per_s);
	units_rate(median, (double)row->bytes / row->median_ns * ns_per_s);
	units_rate(memory, (double)row->bytes / row->memcpy_best_ns * ns_per_s);
	printf("%-*s %8s %10s %10s %10s %6.2f%s\n", width, row->name, bytes, best, median, memory,
	       row->memcpy_best_ns / row->best_ns, verdict_of(row));
}

static void print_request(const struct bench_row *row, int width)
{
	printf("%-*s %8.0f %7.1f ns %7.1f ns %7.1f ns%s\n", width, row->name,
	       ns_per_s / row->best_ns, row->best_ns, row->median_ns, row->memcpy_best_ns,
	       verdict_of(row));
}

void bench_report_text(const struct bench_setting *setting, const struct bench_row *rows,
		       size_t count)
{
	int width = name_width(rows, count);
	bool requests = false;

	printf("libaml-dma %s, kernels %s, %zu workers; memcpy by one thread\n\n",
	       AML_VERSION_STRING, kernels()->name, setting->workers);
	printf("%-*s %8s %10s %10s %10s %6s\n", width, "copy", "size", "best", "median", "memcpy",
	       "ratio");
	for (size_t i = 0; i < count; i++)
		if (rows[i].src != NULL)
			print_copy(&rows[i], width);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].src != NULL)
			continue;
		if (!requests)
			printf("\n%-*s %8s %10s %10s %10s\n", width, "request of 64 bytes",
			       "a second", "best", "median", "memcpy");
		requests = true;
		print_request(&rows[i], width);
	}
}

static void report_row(struct json_writer *json, const struct bench_row *row)
{
	bool copy = row->src != NULL;

	json_object(json, NULL);
	json_text(json, "name", row->name);
	if (copy) {
		json_text(json, "src", row->src);
		json_text(json, "dst", row->dst);
		json_text(json, "permute", row->permute);
	}
	json_number(json, "size_bytes", row->bytes);
	json_real(json, "best_ns", row->best_ns);
	json_real(json, "median_ns", row->median_ns);
	json_real(json, "memcpy_best_ns", row->memcpy_best_ns);
	json_real(json, "memcpy_median_ns", row->memcpy_median_ns);
	if (copy) {
		double bytes = (double)row->bytes;

		json_real(json, "best_bytes_per_second", bytes / row->best_ns * ns_per_s);
		json_real(json, "median_bytes_per_second", bytes / row->median_ns * ns_per_s);
		json_real(json, "memcpy_best_bytes_per_second",
			  bytes / row->memcpy_best_ns * ns_per_s);
		json_real(json, "memcpy_ratio", row->memcpy_best_ns / row->best_ns);
	} else {
		json_real(json, "requests_per_second", ns_per_s / row->best_ns);
	}
	if (row->compared)
		json_flag(json, "right", row->right);
	else
		json_null(json, "right");
	json_close(json);
}

bool bench_report_json(const struct bench_setting *setting, const struct bench_row *rows,
		       size_t count)
{
	struct json_writer json;

	json_begin(&json, stdout, "bench", BENCH_SCHEMA);
	json_text(&json, "version", AML_VERSION_STRING);
	json_text(&json, "kernels", kernels()->name);
	json_number(&json, "workers", setting->workers);
	json_number(&json, "rounds", setting->effort.rounds);
	json_array(&json, "copies");
	for (size_t i = 0; i < count; i++)
		if (rows[i].src != NULL)
			report_row(&json, &rows[i]);
	json_close(&json);
	json_array(&json, "requests");
	for (size_t i = 0; i < count; i++)
		if (rows[i].src == NULL)
			report_row(&json, &rows[i]);
	json_close(&json);
	return json_end(&json);
}
