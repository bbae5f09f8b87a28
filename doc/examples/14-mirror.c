/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reversed layouts: mirror a picture, and turn it upside down.
 *
 *     14-mirror
 *
 * aml_layout_reverse() makes a layout of the same elements with one dimension in reverse order. The
 * picture itself does not move: the new layout begins at the other end, and its steps are negative.
 * A copy from it makes the mirrored picture. Such copies are as fast as those of other layouts.
 *
 * The program prints its picture, then the picture mirrored, upside down, and both, which is half a
 * turn.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <stdbool.h>

enum { ROWS = 7, COLUMNS = 24 };
enum { DOWN, ACROSS }; /* the dimensions of the picture, in its own order */

/* In memory, a row has one more character: the end of the line. */
static char picture[ROWS * (COLUMNS + 1) + 1] = "           *            \n"
						"           |\\           \n"
						"           | \\  ~~      \n"
						"           |  \\         \n"
						"           |___\\        \n"
						"        \\--+-------/    \n"
						"~~~~~~~~~\\________/~~~~~\n";

/* Reverse a layout in place: replace it with the reversed one. */
static int reverse_layout(struct aml_layout **layout, size_t dim)
{
	struct aml_layout *reversed = NULL;
	int err = aml_layout_reverse(*layout, &reversed, dim);

	if (err == AML_SUCCESS) {
		/* The new layout does not need the one that it was made from. */
		aml_layout_destroy(layout);
		*layout = reversed;
	}
	return err;
}

/* Copy the picture, mirrored or upside down or both. */
static int copy_reversed(char *to, bool mirrored, bool upside_down)
{
	const size_t dims[] = {ROWS, COLUMNS}, pitch[] = {ROWS, COLUMNS + 1};
	struct aml_layout *dst = NULL, *src = NULL;
	int err = aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL, pitch);

	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&src, picture, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL,
					      pitch);
	if (err == AML_SUCCESS && mirrored)
		err = reverse_layout(&src, ACROSS);
	if (err == AML_SUCCESS && upside_down)
		err = reverse_layout(&src, DOWN);
	if (err == AML_SUCCESS)
		err = aml_dma_copy(aml_dma_linux, dst, src);
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
	return err;
}

/* Compare a copy with the picture, without the library's help. */
static bool is_reversed(const char *copy, bool mirrored, bool upside_down)
{
	for (size_t y = 0; y < ROWS; y++)
		for (size_t x = 0; x < COLUMNS; x++)
			if (copy[y * (COLUMNS + 1) + x] !=
			    picture[(upside_down ? ROWS - 1 - y : y) * (COLUMNS + 1) +
				    (mirrored ? COLUMNS - 1 - x : x)])
				return false;
	return true;
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "14-mirror: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* Make, check and print the three copies. */
static int run(void)
{
	static const struct {
		const char *title;
		bool mirrored, upside_down;
	} ways[] = {{"mirrored", true, false},
		    {"upside down", false, true},
		    {"half a turn", true, true}};

	printf("the picture:\n%s", picture);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		char copy[sizeof(picture)];
		int err;

		/* The copies write no ends of lines. */
		memcpy(copy, picture, sizeof(copy));
		err = copy_reversed(copy, ways[i].mirrored, ways[i].upside_down);
		if (err != AML_SUCCESS)
			return fail(ways[i].title, aml_strerror(err));
		if (!is_reversed(copy, ways[i].mirrored, ways[i].upside_down))
			return fail(ways[i].title, "the copy is wrong");
		printf("%s:\n%s", ways[i].title, copy);
	}
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	int err, status;

	if (argc != 1)
		return fail("usage", "14-mirror");
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "14-mirror: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	status = run();
	aml_finalize();
	if (status == EXIT_SUCCESS && (fflush(stdout) != 0 || ferror(stdout)))
		return fail("standard output cannot be written", strerror(errno));
	return status;
}
