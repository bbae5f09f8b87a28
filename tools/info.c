/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml-dma info, see info.h. Everything is read first, then printed, as text or as JSON. Nothing is
 * written: no engine is created, so that no trace and no file of what was learnt is touched.
 */
#include "info.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <aml/dma/linux.h>
#include <aml/utils/features.h>
#include <aml/utils/version.h>

#include "dma/linux_attr.h"
#include "json.h"
#include "kernels/kernels.h"
#include "learnt_text.h"
#include "machine/affinity.h"
#include "machine/caches.h"
#include "machine/cpus.h"
#include "machine/model.h"
#include "usage.h"
#include "variables.h"
#include "workers.h"

enum { INFO_SCHEMA = 1 };

static const struct usage_option options[] = {
	{"json", NULL, "print JSON"},
};

static const struct usage_command command = {
	.name = "info",
	.synopsis = "[--json]",
	.about =
		"Print the version of the library, what it uses on this machine, what it has\n"
		"learnt (of the file that AML_DMA_TUNE_FILE names), and its environment variables:\n"
		"values, defaults, values that are ignored, and names that are misspelt.",
	.options = options,
	.count = sizeof(options) / sizeof(*options),
};

/* The CPUs that the process may use, and the workers of a new engine. */
struct info_cpus {
	size_t online, mask;
	size_t quota;   /* in CPUs, rounded up; 0: there is none */
	size_t workers; /* of the engine that aml_init() creates; 0 if `invalid` */
	bool invalid;   /* AML_DMA_NUM_THREADS is not a number, or too large */
};

static struct info_cpus read_cpus(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	struct info_cpus cpus = {.online = online > 0 ? (size_t)online : 1};
	struct affinity mask;
	struct linux_attr attr;

	if (affinity_read(&mask) == 0)
		cpus.mask = affinity_count(&mask);
	affinity_release(&mask);
	cpus.quota = machine_quota_cpus(SIZE_MAX);
	if (cpus.quota == SIZE_MAX)
		cpus.quota = 0;
	cpus.invalid = linux_attr_read(&attr, NULL) != 0;
	if (!cpus.invalid) {
		cpus.workers = attr.queue.num_threads;
		cpus.invalid = cpus.workers > workers_most();
		linux_attr_release(&attr);
	}
	return cpus;
}

static size_t first_cache_bytes(void)
{
	return caches()->first_sets * caches()->first_ways * CACHE_LINE_BYTES;
}

/* Backends of AML that this library has: none, but a program may ask. */
static const struct info_backend {
	const char *name;
	unsigned long flag;
} backends[] = {
	{"libnuma", AML_BACKEND_LIBNUMA}, {"cuda", AML_BACKEND_CUDA},
	{"opencl", AML_BACKEND_OPENCL},   {"hwloc", AML_BACKEND_HWLOC},
	{"ze", AML_BACKEND_ZE},           {"mpi", AML_BACKEND_MPI},
	{"hip", AML_BACKEND_HIP},
};

enum { BACKENDS = sizeof(backends) / sizeof(*backends) };

static void json_cpus(struct json_writer *json)
{
	const struct info_cpus cpus = read_cpus();

	json_object(json, "cpus");
	json_number(json, "online", cpus.online);
	json_number(json, "in_mask", cpus.mask);
	if (cpus.quota > 0)
		json_number(json, "quota_rounded_up", cpus.quota);
	else
		json_null(json, "quota_rounded_up");
	json_close(json);
	if (cpus.invalid)
		json_null(json, "workers");
	else
		json_number(json, "workers", cpus.workers);
}

static void json_caches(struct json_writer *json)
{
	json_object(json, "caches");
	json_number(json, "line_bytes", CACHE_LINE_BYTES);
	json_number(json, "first_level_data_bytes", first_cache_bytes());
	json_number(json, "last_level_bytes", caches()->last_bytes);
	json_number(json, "streams_from_bytes", caches()->stream_bytes);
	json_close(json);
}

static void json_kernels(struct json_writer *json)
{
	const struct kernels *sets[KERNEL_SETS_MAX];
	size_t n = kernels_list(sets);

	json_object(json, "kernels");
	json_text(json, "in_use", kernels()->name);
	json_array(json, "supported");
	for (size_t i = 0; i < n; i++)
		json_text(json, NULL, sets[i]->name);
	json_close(json);
	json_close(json);
	json_array(json, "engines");
	json_text(json, NULL, "linux");
	json_text(json, NULL, "multiplex");
	json_close(json);
	json_object(json, "backends");
	for (size_t i = 0; i < BACKENDS; i++)
		json_flag(json, backends[i].name, aml_support_backends(backends[i].flag) != 0);
	json_close(json);
}

static void json_variables(struct json_writer *json)
{
	struct variable_unknown unknown;
	struct variable_report report;
	size_t at = 0;

	json_array(json, "variables");
	for (size_t i = 0; i < variables_count(); i++) {
		variables_read(i, &report);
		json_object(json, NULL);
		json_text(json, "name", report.name);
		json_text(json, "about", report.about);
		json_text(json, "value", report.value);
		json_text(json, "default", *report.fallback != '\0' ? report.fallback : NULL);
		json_text(json, "origin", report.value != NULL ? "environment" : "default");
		json_text(json, "problem", *report.problem != '\0' ? report.problem : NULL);
		json_close(json);
	}
	json_close(json);
	json_array(json, "unknown_variables");
	while (variables_next_unknown(&at, &unknown)) {
		json_object(json, NULL);
		json_text(json, "name", unknown.name);
		json_text(json, "likely", unknown.likely);
		json_close(json);
	}
	json_close(json);
}

static int print_json(void)
{
	char model[MACHINE_MODEL_BYTES];
	struct json_writer json;

	machine_model(model);
	json_begin(&json, stdout, command.name, INFO_SCHEMA);
	json_text(&json, "version", aml_version_string);
	json_text(&json, "processor", model);
	json_cpus(&json);
	json_caches(&json);
	json_kernels(&json);
	/* Reads the file of what was learnt, too. */
	json_variables(&json);
	learnt_text_json(&json, "learnt");
	return json_end(&json) ? TOOL_DONE : TOOL_FAILED;
}

static void print_size(const char *before, size_t bytes)
{
	if (bytes % (1 << 20) == 0)
		printf("%s%zu MiB", before, bytes >> 20);
	else
		printf("%s%zu KiB", before, bytes >> 10);
}

static void print_cpus(void)
{
	const struct info_cpus cpus = read_cpus();

	printf("CPUs        %zu in the affinity mask, of %zu online; quota of the control groups: ",
	       cpus.mask, cpus.online);
	if (cpus.quota > 0)
		printf("%zu (rounded up)\n", cpus.quota);
	else
		puts("none");
	if (cpus.invalid)
		puts("workers     none: aml_init() fails, see AML_DMA_NUM_THREADS below");
	else
		printf("workers     %zu\n", cpus.workers);
}

static void print_machine(void)
{
	const struct kernels *sets[KERNEL_SETS_MAX];
	size_t n = kernels_list(sets);
	char model[MACHINE_MODEL_BYTES];

	machine_model(model);
	printf("libaml-dma %s\n\nprocessor   %s\n", aml_version_string, model);
	print_cpus();
	print_size("caches      first level ", first_cache_bytes());
	print_size(", last level ", caches()->last_bytes);
	print_size("; copies stream past them from about ", caches()->stream_bytes);
	printf("\nkernels     %s, of", kernels()->name);
	for (size_t i = 0; i < n; i++)
		printf(" %s", sets[i]->name);
	printf("\nengines     linux, multiplex; backends of AML:");
	for (size_t i = 0, found = 0; i < BACKENDS; i++) {
		if (aml_support_backends(backends[i].flag)) {
			printf(" %s", backends[i].name);
			found++;
		}
		if (i + 1 == BACKENDS && found == 0)
			printf(" none");
	}
	puts("");
}

/* Print a value. Bytes that a terminal would obey become '?'. */
static void print_value(const char *value)
{
	for (; *value != '\0'; value++)
		putchar((unsigned char)*value < ' ' || *value == 0x7f ? '?' : *value);
}

static void print_variables(void)
{
	struct variable_report report;

	puts("\nenvironment variables");
	for (size_t i = 0; i < variables_count(); i++) {
		const char *fallback;

		variables_read(i, &report);
		fallback = *report.fallback != '\0' ? report.fallback : "not set";
		printf("  %-20s %-12s ", report.name,
		       report.value != NULL ? "environment" : "default");
		if (report.value != NULL && *report.value == '\0')
			printf("\"\"");
		else
			print_value(report.value != NULL ? report.value : fallback);
		if (report.value != NULL)
			printf(" (default: %s)", fallback);
		puts("");
		if (*report.problem != '\0')
			printf("    PROBLEM: %s\n", report.problem);
	}
}

static void print_unknown(void)
{
	struct variable_unknown unknown;

	for (size_t at = 0; variables_next_unknown(&at, &unknown);) {
		printf("  ");
		print_value(unknown.name);
		printf("\n    PROBLEM: the library has no variable of this name");
		if (unknown.likely != NULL)
			printf("; did you mean %s?", unknown.likely);
		puts("");
	}
}

int tool_info(int argc, char *argv[])
{
	bool json = false;

	while (usage_next(&command, argc, argv) >= 0)
		json = true;
	usage_no_more(&command, argc, argv);
	if (json)
		return print_json();
	print_machine();
	print_variables();
	print_unknown();
	learnt_text_print();
	return TOOL_DONE;
}
