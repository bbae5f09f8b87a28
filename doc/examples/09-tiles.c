/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reshapes: store a matrix as tiles, and make a matrix of the tiles again.
 *
 *     09-tiles [ROWS COLUMNS TILE]
 *
 * Libraries for linear algebra store matrices as tiles: small square blocks, each contiguous. Here
 * one copy makes them. A reshape gives the matrix four dimensions: rows of tiles, rows of a tile,
 * columns of tiles, columns of a tile. The destination has the same four extents, with other
 * distances. The copy back has the two layouts exchanged.
 *
 * If ROWS or COLUMNS is not a multiple of TILE, a pad makes the matrix larger. As a source, it
 * fills the tiles up with zeros; as a destination, it drops them.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>
#include <ctype.h>
#include <stdbool.h>

enum { SIDE_MAX = 10000, PRINTED_MAX = 16 };

struct tiled_shape {
	size_t rows, columns, tile;
	/* Rows and columns of tiles. */
	size_t down, across;
};

/* The matrix with four dimensions. A plain layout is enough if the tiles fit. */
static int layout_of_matrix(struct aml_layout **layout, double *matrix,
			    const struct tiled_shape *shape)
{
	const size_t dims[] = {shape->rows, shape->columns}, tile = shape->tile;
	const size_t padded[] = {shape->down * tile, shape->across * tile};
	const size_t tiled[] = {shape->down, tile, shape->across, tile};
	struct aml_layout *plain = NULL, *pad = NULL;
	double zero = 0;
	int err;

	err = aml_layout_dense_create(&plain, matrix, AML_LAYOUT_ORDER_C, sizeof(double), 2, dims,
				      NULL, NULL);
	if (err != AML_SUCCESS)
		return err;
	if (padded[0] == dims[0] && padded[1] == dims[1]) {
		/* The new layout does not need the one that it was made from. */
		err = aml_layout_reshape(plain, layout, 4, tiled);
		aml_layout_destroy(&plain);
		return err;
	}
	/* These two layouts own what they lie over: from here on, each outer one owns all. */
	err = aml_layout_pad_create(&pad, AML_LAYOUT_ORDER_C, plain, padded, &zero);
	if (err != AML_SUCCESS) {
		aml_layout_destroy(&plain);
		return err;
	}
	err = aml_layout_reshape_create(layout, pad, AML_LAYOUT_ORDER_C, 4, tiled);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&pad);
	return err;
}

/* The tiles, with the extents in the order of the matrix and the distances of the tiles. */
static int layout_of_tiles(struct aml_layout **layout, double *tiles,
			   const struct tiled_shape *shape)
{
	const size_t tile = shape->tile, dims[] = {shape->down, tile, shape->across, tile};
	const ptrdiff_t element = sizeof(double), row = (ptrdiff_t)tile * element;
	const ptrdiff_t whole = (ptrdiff_t)tile * row;
	const ptrdiff_t steps[] = {(ptrdiff_t)shape->across * whole, row, whole, element};

	return aml_layout_steps_create(layout, tiles, AML_LAYOUT_ORDER_C, sizeof(double), 4, dims,
				       steps);
}

/* Store the matrix as tiles, and the tiles as a matrix again. */
static int copy_there_and_back(double *again, double *tiles, double *matrix,
			       const struct tiled_shape *shape)
{
	struct aml_layout *from = NULL, *tiled = NULL, *to = NULL;
	int err = layout_of_matrix(&from, matrix, shape);

	if (err == AML_SUCCESS)
		err = layout_of_tiles(&tiled, tiles, shape);
	if (err == AML_SUCCESS)
		err = layout_of_matrix(&to, again, shape);
	if (err == AML_SUCCESS)
		err = aml_dma_copy(aml_dma_linux, tiled, from);
	if (err == AML_SUCCESS)
		err = aml_dma_copy(aml_dma_linux, to, tiled);
	aml_layout_destroy(&to);
	aml_layout_destroy(&tiled);
	aml_layout_destroy(&from);
	return err;
}

/* Compare each tile with the matrix by plain loops. */
static bool tiles_are_right(const double *tiles, const double *matrix,
			    const struct tiled_shape *shape)
{
	const size_t tile = shape->tile;

	for (size_t row = 0; row < shape->down * tile; row++) {
		for (size_t column = 0; column < shape->across * tile; column++) {
			size_t number = row / tile * shape->across + column / tile;
			size_t place = row % tile * tile + column % tile;
			bool inside = row < shape->rows && column < shape->columns;
			double want = inside ? matrix[row * shape->columns + column] : 0;

			if (tiles[number * tile * tile + place] != want)
				return false;
		}
	}
	return true;
}

static void print_tiles(const double *tiles, const struct tiled_shape *shape)
{
	const size_t tile = shape->tile;

	for (size_t i = 0; i < shape->down * shape->across * tile; i++) {
		if (i % tile == 0)
			printf("tile %zu:\n", i / tile);
		for (size_t k = 0; k < tile; k++)
			printf("%4g", tiles[i * tile + k]);
		putchar('\n');
	}
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "09-tiles: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* Make a matrix, copy it, check and print the tiles. */
static int run(const struct tiled_shape *shape)
{
	const size_t n = shape->rows * shape->columns;
	const size_t ntiles = shape->down * shape->across;
	double *matrix = malloc(n * sizeof(double)), *again = calloc(n, sizeof(double));
	double *tiles = malloc(ntiles * shape->tile * shape->tile * sizeof(double));
	int err = -AML_ENOMEM, status = EXIT_FAILURE;

	if (matrix != NULL && again != NULL && tiles != NULL) {
		for (size_t i = 0; i < n; i++)
			matrix[i] = (double)(i + 1);
		err = copy_there_and_back(again, tiles, matrix, shape);
	}
	if (err != AML_SUCCESS) {
		fail("the copies", aml_strerror(err));
	} else if (!tiles_are_right(tiles, matrix, shape) ||
		   memcmp(again, matrix, n * sizeof(double)) != 0) {
		fail("the tiles", "differ from the matrix");
	} else {
		if (shape->rows <= PRINTED_MAX && shape->columns <= PRINTED_MAX &&
		    shape->tile <= PRINTED_MAX)
			print_tiles(tiles, shape);
		printf("%zu tiles, there and back\n", ntiles);
		status = EXIT_SUCCESS;
	}
	free(tiles);
	free(again);
	free(matrix);
	return status;
}

/* Read a number from 1 to SIDE_MAX; 0 if the text is none. */
static size_t number_in(const char *text)
{
	char *end;
	unsigned long number = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;

	return number == 0 || number > SIDE_MAX || *end != '\0' ? 0 : number;
}

int main(int argc, char *argv[])
{
	struct tiled_shape shape = {.rows = 6, .columns = 5, .tile = 3};
	int err, status;

	if (argc == 4) {
		shape.rows = number_in(argv[1]);
		shape.columns = number_in(argv[2]);
		shape.tile = number_in(argv[3]);
	}
	if ((argc != 1 && argc != 4) || shape.rows == 0 || shape.columns == 0 || shape.tile == 0)
		return fail("usage", "09-tiles [ROWS COLUMNS TILE], numbers from 1 to 10000");
	shape.down = (shape.rows + shape.tile - 1) / shape.tile;
	shape.across = (shape.columns + shape.tile - 1) / shape.tile;
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "09-tiles: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	status = run(&shape);
	aml_finalize();
	if (fflush(stdout) != 0 || ferror(stdout))
		return fail("standard output cannot be written", strerror(errno));
	return status;
}
