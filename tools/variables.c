/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of environment variables. Values are checked by the functions that the library uses. */
#include "variables.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aml/utils/error.h>

#include "distance.h"
#include "dma/linux_attr.h"
#include "kernels/kernels.h"
#include "machine/cpus.h"
#include "plan/learnt.h"
#include "plan/rules.h"
#include "util/environment.h"
#include "workers.h"

#define VARIABLE_PREFIX "AML_DMA_"

/*
 * The most letters in which a name without the prefix may differ from a variable's. A name that
 * differs in more letters may have a variable's name as its beginning, or be a part of one.
 */
enum { STRAY_DISTANCE_MAX = 2, PART_LETTERS_MIN = 4 };

struct variable {
	const char *name, *about;
	const char *fallback;                            /* NULL: default_of() says it */
	void (*default_of)(char *text);                  /* write the default */
	void (*check)(const char *value, char *problem); /* write why the value has no effect */
};

#define EXPLAIN(text, ...) (void)snprintf(text, VARIABLE_TEXT_BYTES, __VA_ARGS__)

/* All names of instruction sets, also of those that other machines have. */
static const char *const isa_names[] = {"portable", "sse2", "avx2", "avx512", "avx512vbmi", "neon"};

enum { ISA_NAMES = sizeof(isa_names) / sizeof(*isa_names) };

static void default_threads(char *text)
{
	EXPLAIN(text, "%zu", machine_cpus());
}

/* The library itself reads the variable. */
static void check_threads(const char *value, char *problem)
{
	struct linux_attr attr;
	int err = linux_attr_read(&attr, NULL);
	size_t most = workers_most();

	(void)value;
	if (err != AML_SUCCESS) {
		EXPLAIN(problem, "it is not a number of workers: aml_init() returns -AML_EINVAL");
		return;
	}
	if (attr.queue.num_threads > most)
		EXPLAIN(problem,
			"the system allows %zu threads at most: aml_init() returns -AML_ENOMEM",
			most);
	linux_attr_release(&attr);
}

static void default_isa(char *text)
{
	const struct kernels *sets[KERNEL_SETS_MAX];

	(void)kernels_list(sets);
	EXPLAIN(text, "%s", sets[0]->name);
}

static void check_isa(const char *value, char *problem)
{
	const char *likely;

	if (*value == '\0' || strcmp(value, kernels()->name) == 0)
		return;
	for (size_t i = 0; i < ISA_NAMES; i++) {
		if (strcmp(value, isa_names[i]) != 0)
			continue;
		EXPLAIN(problem, "it is ignored: this machine does not support '%s'", value);
		return;
	}
	likely = distance_nearest(value, isa_names, ISA_NAMES);
	EXPLAIN(problem, "it is ignored: there is no such instruction set%s%s%s",
		likely != NULL ? "; did you mean '" : "", likely != NULL ? likely : "",
		likely != NULL ? "'?" : "");
}

static void check_stats(const char *value, char *problem)
{
	if (strcmp(value, "1") != 0 && strcmp(value, "0") != 0 && *value != '\0')
		EXPLAIN(problem, "it is ignored: only the value 1 has an effect");
}

static void check_tune(const char *value, char *problem)
{
	struct choice_rules rules;

	if (*value != '\0' && !tune_rules_parse(value, &rules))
		EXPLAIN(problem, "it is ignored: it is neither 'off' nor NAME=VARIANT, with names "
				 "of kinds and variants; see aml-dma-env(7)");
}

/* Can a file be made in its folder? If not, return the reason. */
static const char *folder_refuses(const char *path)
{
	char folder[VARIABLE_TEXT_BYTES * 16];
	const char *slash = strrchr(path, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - path);

	if (length >= sizeof(folder))
		return strerror(ENAMETOOLONG);
	if (slash == NULL)
		(void)snprintf(folder, sizeof(folder), ".");
	else
		(void)snprintf(folder, sizeof(folder), "%.*s", length == 0 ? 1 : (int)length, path);
	return access(folder, W_OK | X_OK) == 0 ? NULL : strerror(errno);
}

static void check_trace(const char *value, char *problem)
{
	const char *reason = NULL;
	struct stat status;

	if (*value == '\0')
		return;
	if (stat(value, &status) != 0)
		reason = errno == ENOENT ? folder_refuses(value) : strerror(errno);
	else if (!S_ISREG(status.st_mode))
		reason = "it is no regular file";
	else if (access(value, W_OK) != 0)
		reason = strerror(errno);
	if (reason != NULL)
		EXPLAIN(problem, "no trace is written: %s", reason);
}

static void check_tune_file(const char *value, char *problem)
{
	bool foreign = false;
	const char *reason;

	if (*value == '\0')
		return;
	if (access(value, F_OK) != 0) {
		reason = errno == ENOENT ? folder_refuses(value) : strerror(errno);
		if (reason != NULL)
			EXPLAIN(problem, "the file can be neither read nor written: %s", reason);
	} else if (!learnt_may_replace(value)) {
		EXPLAIN(problem, "the file is ignored, and not replaced: it is not a tuning file");
	} else if (!learnt_load(value, &foreign)) {
		EXPLAIN(problem, "the file is ignored: it %s",
			foreign ? "is from another machine or version of the library"
				: "cannot be read, or is broken");
	}
}

static void check_method(const char *value, char *problem)
{
	static const char *const methods[] = {"", "shared", "pack", "rows", "datatype"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (strcmp(value, methods[i]) == 0)
			return;
	EXPLAIN(problem, "there is no such method: aml_dma_mpi_create() returns -AML_EINVAL");
}

static const struct variable variables[] = {
	{"AML_DMA_ISA", "instruction set of copies", NULL, default_isa, check_isa},
	{"AML_DMA_LIBRARY", "path of the library, for the Python package", "", NULL, NULL},
	{"AML_DMA_MPI_METHOD", "how libaml-dma-mpi transfers elements", "", NULL, check_method},
	{"AML_DMA_NUM_THREADS", "workers of the engine aml_dma_linux", NULL, default_threads,
	 check_threads},
	{"AML_DMA_STATS", "1: take the times of requests", "0", NULL, check_stats},
	{"AML_DMA_TRACE", "path of a trace to write", "", NULL, check_trace},
	{"AML_DMA_TUNE", "off, or forced variants", "", NULL, check_tune},
	{"AML_DMA_TUNE_FILE", "path of the file that keeps what was learnt", "", NULL,
	 check_tune_file},
};

enum { VARIABLES = sizeof(variables) / sizeof(*variables) };

size_t variables_count(void)
{
	return VARIABLES;
}

void variables_read(size_t i, struct variable_report *report)
{
	const struct variable *variable = &variables[i];

	*report = (struct variable_report){.name = variable->name,
					   .about = variable->about,
					   .value = environment_get(variable->name)};
	if (variable->default_of != NULL)
		variable->default_of(report->fallback);
	else
		EXPLAIN(report->fallback, "%s", variable->fallback);
	if (report->value != NULL && variable->check != NULL)
		variable->check(report->value, report->problem);
}

/* The name that a word probably means. NULL: none is like it. */
static const char *likely_name(const char *word, const char *const *names)
{
	const char *nearest = distance_nearest(word, names, VARIABLES);

	if (nearest != NULL && distance_of_words(word, nearest) <= STRAY_DISTANCE_MAX)
		return nearest;
	/* From the end, where the longer one of two names with the same beginning stands. */
	for (size_t i = VARIABLES; i-- > 0;) {
		size_t length = strlen(names[i]);

		if (strncmp(word, names[i], length) == 0 && word[length] == '_')
			return names[i];
	}
	for (size_t i = 0; nearest == NULL && i < VARIABLES; i++)
		if (strlen(word) >= PART_LETTERS_MIN && strstr(names[i], word) != NULL)
			return names[i];
	return nearest;
}

/* Is a name that is none of the library's like one? If so, set the variable that may be meant. */
static bool looks_like_ours(const char *name, const char **likely)
{
	const size_t prefix = strlen(VARIABLE_PREFIX), length = strlen(name);
	const bool prefixed = strncasecmp(name, VARIABLE_PREFIX, prefix) == 0;
	/* What all names have in common makes none likely. */
	const size_t from = prefixed ? prefix : 0;
	const char *names[VARIABLES];
	char upper[VARIABLE_TEXT_BYTES];

	for (size_t i = 0; i < VARIABLES; i++) {
		if (strcmp(name, variables[i].name) == 0)
			return false;
		names[i] = variables[i].name + from;
	}
	for (size_t i = 0; i <= length; i++)
		upper[i] = (char)toupper((unsigned char)name[i]);
	*likely = likely_name(upper + from, names);
	if (*likely == NULL)
		return prefixed;
	*likely -= from;
	return prefixed || distance_of_words(upper, *likely) <= STRAY_DISTANCE_MAX;
}

int variables_next_unknown(size_t *at, struct variable_unknown *unknown)
{
	while (environ[*at] != NULL) {
		const char *entry = environ[(*at)++];
		size_t length = strcspn(entry, "=");

		if (length >= sizeof(unknown->name))
			continue;
		(void)snprintf(unknown->name, sizeof(unknown->name), "%.*s", (int)length, entry);
		if (looks_like_ours(unknown->name, &unknown->likely))
			return 1;
	}
	return 0;
}
