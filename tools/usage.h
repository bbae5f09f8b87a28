/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options of subcommands, and the one line that says what is wrong with them.
 *
 * A subcommand NAME is the unit tools/NAME.c, whose header declares
 *
 *	int tool_NAME(int argc, char *argv[]);
 *
 * argv[0] is NAME. The function returns an enum tool_status. It describes its options in a table,
 * from which --help is printed, and takes them one after the other:
 *
 *	static const struct usage_option options[] = {
 *		{"json", NULL, "print JSON"},
 *		{"size", "BYTES", "copy so many bytes"},
 *	};
 *	static const struct usage_command command = {
 *		.name = "NAME", .synopsis = "[--json] [--size BYTES]", .about = "Does this.",
 *		.options = options, .count = sizeof(options) / sizeof(*options)};
 *
 *	while ((option = usage_next(&command, argc, argv)) >= 0)
 *		...options[option], and optarg
 *	usage_no_more(&command, argc, argv);
 *
 * Nothing here is thread-safe.
 */
#ifndef TOOLS_USAGE_H
#define TOOLS_USAGE_H

#include <stddef.h>
#include <stdint.h>

/* The exit status. */
enum tool_status {
	TOOL_DONE = 0,
	TOOL_FAILED = 1,  /* wrong data, or a failed run */
	TOOL_USAGE = 2,   /* wrong arguments, with one line that says which */
	TOOL_SKIPPED = 77 /* not available here */
};

struct usage_option {
	const char *name;  /* without the hyphens */
	const char *value; /* what the help calls the value; NULL: the option takes none */
	const char *help;
};

enum { USAGE_OPTIONS_MAX = 32 };

struct usage_command {
	const char *name;
	const char *synopsis; /* the arguments, in one line or more */
	const char *about;    /* what it does, in sentences */
	const struct usage_option *options;
	size_t count;     /* of options, at most USAGE_OPTIONS_MAX */
	const char *more; /* what follows the options in the help; may be NULL */
};

/*
 * The next option, by its number in the table, with its value in optarg, or -1 after the last one;
 * what is no option begins at argv[optind] then. Handles --help, and an option that is wrong,
 * itself: does not return then.
 */
int usage_next(const struct usage_command *command, int argc, char *argv[]);

/* Refuse what is left if there is anything: the command takes only options. */
void usage_no_more(const struct usage_command *command, int argc, char *argv[]);

/* Print "aml-dma NAME: ", the message, and where help is, in one line, and exit with TOOL_USAGE. */
_Noreturn void usage_refuse(const struct usage_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a failed run, with `status`, and without the word of help. */
_Noreturn void usage_fail(const struct usage_command *command, enum tool_status status,
			  const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The value of an option as a number from `least` to `most`. Refuses anything else. */
uint64_t usage_number(const struct usage_command *command, const char *option, const char *text,
		      uint64_t least, uint64_t most);

#endif /* TOOLS_USAGE_H */
