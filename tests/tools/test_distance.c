/* SPDX-License-Identifier: BSD-3-Clause */
/* Distances of words, and the name that a misspelt word means. The distances are counted by hand.
 */
#include "suite.h"
#include "tools/distance.h"

START_TEST(distances)
{
	static const struct {
		const char *one, *other;
		size_t distance;
	} cases[] = {
		{"", "", 0},
		{"info", "info", 0},
		{"", "info", 4},
		{"info", "inf", 1},
		{"info", "infos", 1},
		{"info", "imfo", 1},
		{"info", "ifno", 1},
		{"info", "fnio", 2},
		{"kitten", "sitting", 3},
		{"TRACE", "RTACES", 2},
		{"explain", "plane", 4},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_msg(distance_of_words(cases[i].one, cases[i].other) == cases[i].distance,
			      "%s, %s", cases[i].one, cases[i].other);
		ck_assert_msg(distance_of_words(cases[i].other, cases[i].one) == cases[i].distance,
			      "%s, %s", cases[i].other, cases[i].one);
	}
}
END_TEST

START_TEST(words_that_are_too_long)
{
	char word[65], same[65], other[65];

	for (size_t i = 0; i < 64; i++)
		word[i] = same[i] = other[i] = 'a';
	word[64] = same[64] = other[64] = '\0';
	other[5] = 'b';
	ck_assert_uint_eq(distance_of_words(word, same), 0);
	ck_assert_uint_eq(distance_of_words(word, other), 64);
	ck_assert_uint_eq(distance_of_words("a", word), 64);
}
END_TEST

START_TEST(the_nearest_name)
{
	static const char *const names[] = {"NUM_THREADS", "STATS", "TRACE", "TUNE", "TUNE_FILE"};
	const size_t count = sizeof(names) / sizeof(*names);

	ck_assert_str_eq(distance_nearest("NUM_THREAD", names, count), "NUM_THREADS");
	ck_assert_str_eq(distance_nearest("THREADS", names, count), "NUM_THREADS");
	ck_assert_str_eq(distance_nearest("TUNEFILE", names, count), "TUNE_FILE");
	ck_assert_str_eq(distance_nearest("TUNE", names, count), "TUNE");
	/* Nobody means these. */
	ck_assert_ptr_null(distance_nearest("FOO", names, count));
	ck_assert_ptr_null(distance_nearest("", names, count));
	ck_assert_ptr_null(distance_nearest("TRACE", names, 0));
}
END_TEST

SUITE("tools/distance", distances, words_that_are_too_long, the_nearest_name)
