/* SPDX-License-Identifier: BSD-3-Clause */
/* The text files in which the system describes the machine. */
#ifndef MACHINE_FILES_H
#define MACHINE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Join three texts. The caller frees the result. NULL: out of memory. */
char *machine_join_texts(const char *first, const char *second, const char *third);

/*
 * Open a file for reading. `name` begins with a slash. NULL: the file cannot be opened. A library
 * for tests looks below the folder that AML_TEST_ROOT in the environment names.
 */
FILE *machine_open_file(const char *folder, const char *name);

/* Read the next line, without its end, into *text of *room bytes. False: there is none. */
bool machine_next_line(FILE *file, char **text, size_t *room);

#endif /* MACHINE_FILES_H */
