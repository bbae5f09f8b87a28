/* SPDX-License-Identifier: BSD-3-Clause */
/* The text files in which the system describes the machine. */
#include "machine/files.h"

#include <stdlib.h>
#include <string.h>

#include "util/environment.h"

/* Return the folder to use instead of "/". Only a library for tests may use another one. */
static const char *root_folder(void)
{
#ifdef CPUS_ROOT_ENV
	const char *folder = environment_get("AML_TEST_ROOT");

	if (folder != NULL)
		return folder;
#endif
	return "";
}

char *machine_join_texts(const char *first, const char *second, const char *third)
{
	size_t size = strlen(first) + strlen(second) + strlen(third) + 1;
	char *text = malloc(size);

	if (text != NULL)
		(void)snprintf(text, size, "%s%s%s", first, second, third);
	return text;
}

FILE *machine_open_file(const char *folder, const char *name)
{
	char *path = machine_join_texts(root_folder(), folder, name);
	FILE *file = path != NULL ? fopen(path, "re") : NULL;

	free(path);
	return file;
}

bool machine_next_line(FILE *file, char **text, size_t *room)
{
	if (getline(text, room, file) < 0)
		return false;
	(*text)[strcspn(*text, "\n")] = '\0';
	return true;
}
