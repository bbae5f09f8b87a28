/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the name that a misspelt word probably means. */
#ifndef TOOLS_DISTANCE_H
#define TOOLS_DISTANCE_H

#include <stddef.h>

/*
 * The number of letters to insert, delete, replace, or swap with their neighbour, that turn one
 * word into the other. Of words over 63 letters: the greater length.
 */
size_t distance_of_words(const char *one, const char *other);

/*
 * The nearest of `count` names. NULL if each name is so far from the word that it was hardly meant:
 * more than two fifths of the longer one's letters differ, or more than 4.
 */
const char *distance_nearest(const char *word, const char *const *names, size_t count);

#endif /* TOOLS_DISTANCE_H */
