/* SPDX-License-Identifier: BSD-3-Clause */
/* Results of other instruction sets, see isa.h. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isa.h"
#include "report.h"

#define SELF "/proc/self/exe"
#define VARIABLE "AML_DMA_ISA"
#define ARGUMENTS_MAX 8

/* Start the benchmark with its output in a pipe. Returns the read end of the pipe, or -1. */
static int start(char *const *arguments, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	int ends[2];
	int err;

	if (pipe(ends) != 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	err = posix_spawn(child, SELF, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (err == 0)
		return ends[0];
	close(ends[0]);
	return -1;
}

/* Start the benchmark on one case with the instruction set `isa`. */
static int start_case(const char *isa, const struct bench_case *c, const struct settings *settings,
		      pid_t *child)
{
	const char *variable = getenv(VARIABLE);
	char *before = variable == NULL ? NULL : strdup(variable);
	char name[NAME_SIZE + 16], workers[32], repetitions[32];
	char quick[] = "--quick", pages_4k[] = "--pages=4k", pages_thp[] = "--pages=thp";
	char *arguments[ARGUMENTS_MAX + 1] = {(char[]){"aml-dma-bench"},
					      (char[]){"--csv"},
					      (char[]){"--brief"},
					      name,
					      workers,
					      repetitions};
	size_t count = 6;
	int end;

	snprintf(name, sizeof(name), "--case=%s", c->name);
	snprintf(workers, sizeof(workers), "--workers=%u", settings->workers);
	snprintf(repetitions, sizeof(repetitions), "--repetitions=%u", settings->repetitions);
	if (settings->quick)
		arguments[count++] = quick;
	if (settings->pages != PAGES_DEFAULT)
		arguments[count++] = settings->pages == PAGES_4K ? pages_4k : pages_thp;
	setenv(VARIABLE, isa, 1);
	end = start(arguments, child);
	if (before != NULL)
		setenv(VARIABLE, before, 1);
	else
		unsetenv(VARIABLE);
	free(before);
	return end;
}

/* Add the engines' rows without targets, which are for the machine's best kernels. */
static void read_rows(FILE *stream, struct results *out)
{
	char line[1024];
	struct result row;

	while (fgets(line, sizeof(line), stream) != NULL) {
		if (!report_read_row(line, &row) || row.isa[0] == '\0')
			continue;
		row.target.value = 0;
		row.verdict = NOT_JUDGED;
		*results_add(out, row.contestant) = row;
	}
}

int isa_add_rows(const char *isa, const struct bench_case *c, const struct settings *settings,
		 struct results *out)
{
	size_t before = out->count;
	int status = -1;
	pid_t child;
	int end = start_case(isa, c, settings, &child);
	FILE *stream = end < 0 ? NULL : fdopen(end, "r");

	if (stream != NULL) {
		read_rows(stream, out);
		fclose(stream);
	} else if (end >= 0) {
		close(end);
	}
	if (end >= 0)
		waitpid(child, &status, 0);
	if (status == 0 && out->count > before)
		return 0;
	results_note(out, "%s=%s: the run failed", VARIABLE, isa);
	return -1;
}
