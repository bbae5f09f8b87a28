/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The environment variables of the library: one table of all, and what became of their values. A
 * test compares the table with the variables that the sources read.
 */
#ifndef TOOLS_VARIABLES_H
#define TOOLS_VARIABLES_H

#include <stddef.h>

enum { VARIABLE_TEXT_BYTES = 256 };

/* A variable, and its value in the environment. */
struct variable_report {
	const char *name;
	const char *about;                  /* what it is for */
	const char *value;                  /* NULL: it is not set */
	char fallback[VARIABLE_TEXT_BYTES]; /* the default, on this machine */
	/* Why the value has no effect, or the wrong one. Empty: it has the effect, or is not set.
	 */
	char problem[VARIABLE_TEXT_BYTES];
};

/* The number of variables. */
size_t variables_count(void);

/*
 * Report variable number `i`. Reads a file that AML_DMA_TUNE_FILE names: what was learnt is known
 * to the library afterwards. Writes nothing.
 */
void variables_read(size_t i, struct variable_report *report);

/* A name in the environment that looks like one of the library's, and is none. */
struct variable_unknown {
	char name[VARIABLE_TEXT_BYTES];
	const char *likely; /* the variable that may be meant; NULL: none is like it */
};

/* The next such name from number `*at` of the environment on; *at moves behind it. 0: none. */
int variables_next_unknown(size_t *at, struct variable_unknown *unknown);

#endif /* TOOLS_VARIABLES_H */
