/* SPDX-License-Identifier: BSD-3-Clause */
/* Options, and refusals in one line. See usage.h. */
#include "usage.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distance.h"
#include "progress.h"

enum { HELP_COLUMN = 24, OPTION_FIRST = 256, OPTION_HELP = 512 };

/* Begin a line on stderr: the command, and what is wrong. */
static void print_problem(const struct usage_command *command, const char *format,
			  va_list arguments)
{
	progress_remove();
	fprintf(stderr, "aml-dma %s: ", command->name);
	vfprintf(stderr, format, arguments);
}

_Noreturn void usage_refuse(const struct usage_command *command, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_problem(command, format, arguments);
	va_end(arguments);
	fprintf(stderr, "; see 'aml-dma %s --help'\n", command->name);
	exit(TOOL_USAGE);
}

_Noreturn void usage_fail(const struct usage_command *command, enum tool_status status,
			  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_problem(command, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit((int)status);
}

static void print_option(const struct usage_option *option)
{
	int n = printf("  --%s%s%s", option->name, option->value != NULL ? " " : "",
		       option->value != NULL ? option->value : "");

	printf("%*s%s\n", n < HELP_COLUMN ? HELP_COLUMN - n : 2, "", option->help);
}

static void print_help(const struct usage_command *command)
{
	static const struct usage_option help = {"help", NULL, "print this help"};

	printf("usage: aml-dma %s %s\n\n%s\n\noptions:\n", command->name, command->synopsis,
	       command->about);
	for (size_t i = 0; i < command->count; i++)
		print_option(&command->options[i]);
	print_option(&help);
	if (command->more != NULL)
		printf("\n%s\n", command->more);
}

/* Refuse the option `given`, of which getopt_long() knows nothing, or several. */
static _Noreturn void refuse_unknown(const struct usage_command *command, const char *given)
{
	const char *names[USAGE_OPTIONS_MAX + 1], *likely;
	char word[64];
	size_t prefixes = 0;

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(given + 2, "="), given + 2);
	for (size_t i = 0; i < command->count; i++) {
		names[i] = command->options[i].name;
		prefixes += strncmp(names[i], word, strlen(word)) == 0;
	}
	names[command->count] = "help";
	prefixes += strncmp("help", word, strlen(word)) == 0;
	if (prefixes > 1)
		usage_refuse(command, "'--%s' may mean several options: write it in full", word);
	likely = distance_nearest(word, names, command->count + 1);
	if (likely != NULL)
		usage_refuse(command, "unknown option '--%s': did you mean '--%s'?", word, likely);
	usage_refuse(command, "unknown option '--%s'", word);
}

/* Fill the table of getopt_long(). */
static void list_options(const struct usage_command *command, struct option *list)
{
	size_t count = command->count;

	for (size_t i = 0; i < count; i++)
		list[i] = (struct option){.name = command->options[i].name,
					  .has_arg = command->options[i].value != NULL
							     ? required_argument
							     : no_argument,
					  .val = OPTION_FIRST + (int)i};
	list[count] = (struct option){.name = "help", .has_arg = no_argument, .val = OPTION_HELP};
	list[count + 1] = (struct option){.name = NULL};
}

int usage_next(const struct usage_command *command, int argc, char *argv[])
{
	struct option list[USAGE_OPTIONS_MAX + 2];
	int option, known;

	list_options(command, list);
	opterr = 0;
	option = getopt_long(argc, argv, ":", list, NULL);
	if (option == OPTION_HELP) {
		print_help(command);
		exit(fflush(stdout) == 0 ? TOOL_DONE : TOOL_FAILED);
	}
	if (option >= OPTION_FIRST)
		return option - OPTION_FIRST;
	if (option == -1)
		return -1;
	/* optopt: of a known option its value, of another short option its letter, else 0. */
	known = optopt - OPTION_FIRST;
	if (option == ':')
		usage_refuse(command, "'%s' needs a value: --%s %s", argv[optind - 1],
			     command->options[known].name, command->options[known].value);
	if (known >= 0)
		usage_refuse(command, "'%s': this option takes no value", argv[optind - 1]);
	if (optopt != 0)
		usage_refuse(command, "unknown option '-%c': options begin with '--'", optopt);
	refuse_unknown(command, argv[optind - 1]);
}

void usage_no_more(const struct usage_command *command, int argc, char *argv[])
{
	if (optind < argc)
		usage_refuse(command, "'%s': only options are expected", argv[optind]);
}

/* Parse digits. Returns what follows them. NULL: there are none, or too many. */
static const char *parse_digits(const char *text, uint64_t *value)
{
	const char *at = text;

	*value = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*at - '0'), value))
			return NULL;
	return at > text ? at : NULL;
}

uint64_t usage_number(const struct usage_command *command, const char *option, const char *text,
		      uint64_t least, uint64_t most)
{
	uint64_t value;
	const char *end = parse_digits(text, &value);

	if (end == NULL || *end != '\0' || value < least || value > most)
		usage_refuse(command, "--%s: '%s' is not a number from %" PRIu64 " to %" PRIu64,
			     option, text, least, most);
	return value;
}
