/* SPDX-License-Identifier: BSD-3-Clause */
/* Distances of words: Damerau's and Levenshtein's, where no letter takes part in two swaps. */
#include "distance.h"

#include <string.h>

enum { WORD_LETTERS_MAX = 63, DISTANCE_MAX = 4 };

/* At most two of every five letters of the longer word may differ. */
enum { LETTERS_PER_DIFFERENCE = 5 };

static size_t least_of(size_t one, size_t other)
{
	return one < other ? one : other;
}

static size_t greatest_of(size_t one, size_t other)
{
	return one > other ? one : other;
}

size_t distance_of_words(const char *one, const char *other)
{
	size_t rows = strlen(one), columns = strlen(other);
	size_t at[WORD_LETTERS_MAX + 1][WORD_LETTERS_MAX + 1];

	if (greatest_of(rows, columns) > WORD_LETTERS_MAX)
		return strcmp(one, other) == 0 ? 0 : greatest_of(rows, columns);
	for (size_t i = 0; i <= rows; i++)
		at[i][0] = i;
	for (size_t j = 0; j <= columns; j++)
		at[0][j] = j;
	for (size_t i = 1; i <= rows; i++) {
		for (size_t j = 1; j <= columns; j++) {
			size_t replaced = at[i - 1][j - 1] + (one[i - 1] != other[j - 1]);

			at[i][j] = least_of(replaced, least_of(at[i - 1][j], at[i][j - 1]) + 1);
			if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
			    one[i - 2] == other[j - 1])
				at[i][j] = least_of(at[i][j], at[i - 2][j - 2] + 1);
		}
	}
	return at[rows][columns];
}

const char *distance_nearest(const char *word, const char *const *names, size_t count)
{
	const char *nearest = NULL;
	size_t least = DISTANCE_MAX + 1;

	for (size_t i = 0; i < count; i++) {
		size_t letters = greatest_of(strlen(word), strlen(names[i]));
		size_t distance = distance_of_words(word, names[i]);

		if (distance < least && LETTERS_PER_DIFFERENCE * distance <= 2 * letters) {
			least = distance;
			nearest = names[i];
		}
	}
	return nearest;
}
