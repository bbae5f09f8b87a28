/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of the system as a test wants them. */
#include "tree.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The folder that the library uses instead of "/". */
static char root[] = "tree.XXXXXX";

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

void tree_remove(void)
{
	ck_assert_int_eq(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void tree_create(void)
{
	strcpy(root, "tree.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(setenv("AML_TEST_ROOT", root, 1), 0);
}

void tree_add(const char *path, const char *text)
{
	char *full;
	FILE *file;

	ck_assert_int_gt(asprintf(&full, "%s%s", root, path), 0);
	for (char *c = full + strlen(root); (c = strchr(c + 1, '/')) != NULL;) {
		*c = '\0';
		ck_assert(mkdir(full, 0777) == 0 || errno == EEXIST);
		*c = '/';
	}
	if (text != NULL) {
		file = fopen(full, "w");
		ck_assert_ptr_nonnull(file);
		ck_assert_int_ge(fputs(text, file), 0);
		ck_assert_int_eq(fclose(file), 0);
	}
	free(full);
}
