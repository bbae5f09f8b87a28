/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of the system as a test wants them: the library for tests looks below a folder that the
 * test makes, instead of in "/".
 */
#ifndef TESTS_SUPPORT_TREE_H
#define TESTS_SUPPORT_TREE_H

/* Make an empty folder in the current one, and let the library look there. */
void tree_create(void);

/* Make the folders of a path below it and, unless the text is NULL, the file. */
void tree_add(const char *path, const char *text);

/* Remove the folder with all that is in it. */
void tree_remove(void);

#endif /* TESTS_SUPPORT_TREE_H */
