/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pad, operators of the program, and a barrier: blur a grey picture.
 *
 *     08-blur <INPUT.pgm >OUTPUT.pgm
 *
 * Each pixel becomes the mean of the 3 × 3 pixels around it. Around the picture there is black. One
 * copy makes a picture with this border: its source is a pad, a layout that is larger than the
 * picture and has a neutral element where the picture is not. So the loops that compute need not
 * treat the edges as special.
 *
 * The engine also runs the computation: operators of the program blur a band of rows each. They get
 * what a copy gets: a place in the order, workers, and a barrier that waits for all of them and
 * reports a failure.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>

enum { SIDE_MAX = 1 << 14, BAND_ROWS = 32 };

struct grey_picture {
	size_t width, height;
	unsigned char *pixels;
};

/* What an operator gets as its argument. */
struct band {
	size_t width, first_row, rows;
};

static int failed(const char *what, const char *why)
{
	fprintf(stderr, "08-blur: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/*
 * An operator: blur a band. The engine passes on the three pointers that were posted. `dst` and
 * `src` are casts of the two arrays of pixels; the source has the border.
 */
static int blur_band(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	const struct band *band = arg;
	const size_t pitch = band->width + 2;

	for (size_t y = band->first_row; y < band->first_row + band->rows; y++) {
		const unsigned char *row = (const unsigned char *)src + y * pitch;
		unsigned char *out = (unsigned char *)dst + y * band->width;

		for (size_t x = 0; x < band->width; x++) {
			unsigned sum = 0;

			for (size_t i = 0; i < 9; i++)
				sum += row[i / 3 * pitch + x + i % 3];
			out[x] = (unsigned char)(sum / 9);
		}
	}
	return AML_SUCCESS;
}

/* Copy the picture into the middle of a larger one, with black around it. */
static int copy_with_border(unsigned char *bordered, const struct grey_picture *picture)
{
	const size_t dims[] = {picture->height, picture->width}, one[] = {1, 1};
	const size_t outer[] = {picture->height + 2, picture->width + 2};
	struct aml_layout *target = NULL, *pad = NULL, *dst = NULL;
	unsigned char black = 0;
	int err;

	err = aml_layout_dense_create(&target, picture->pixels, AML_LAYOUT_ORDER_C, 1, 2, dims,
				      NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_pad_create_at(&pad, AML_LAYOUT_ORDER_C, target, outer, &black,
					       one);
	if (err == AML_SUCCESS)
		target = NULL; /* The pad owns it now, and destroys it. */
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&dst, bordered, AML_LAYOUT_ORDER_C, 1, 2, outer, NULL,
					      NULL);
	if (err == AML_SUCCESS)
		err = aml_dma_copy(aml_dma_linux, dst, pad);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&pad);
	aml_layout_destroy(&target);
	return err;
}

/*
 * Post an operator for each band, without handles, and wait for all by a barrier. `bands` must stay
 * until then, also if a post has failed.
 */
static int blur_bands(struct grey_picture *blurred, unsigned char *bordered, struct band *bands,
		      size_t n)
{
	int posted = AML_SUCCESS, waited;

	for (size_t i = 0; i < n && posted == AML_SUCCESS; i++) {
		size_t left = blurred->height - i * BAND_ROWS;

		bands[i] = (struct band){.width = blurred->width,
					 .first_row = i * BAND_ROWS,
					 .rows = left < BAND_ROWS ? left : BAND_ROWS};
		posted = aml_dma_async_copy_custom(
			aml_dma_linux, NULL, (struct aml_layout *)(void *)blurred->pixels,
			(struct aml_layout *)(void *)bordered, blur_band, &bands[i]);
	}
	waited = aml_dma_barrier(aml_dma_linux);
	return posted == AML_SUCCESS ? waited : posted;
}

/* Blur a picture into another one of the same size. */
static int blur(struct grey_picture *blurred, const struct grey_picture *picture)
{
	const size_t n = (picture->height + BAND_ROWS - 1) / BAND_ROWS;
	unsigned char *bordered = malloc((picture->width + 2) * (picture->height + 2));
	struct band *bands = malloc(n * sizeof(*bands));
	int err = bordered == NULL || bands == NULL ? -AML_ENOMEM : AML_SUCCESS;

	if (err == AML_SUCCESS)
		err = copy_with_border(bordered, picture);
	if (err == AML_SUCCESS)
		err = blur_bands(blurred, bordered, bands, n);
	free(bands);
	free(bordered);
	return err;
}

/* Read a binary PGM file whose pixels have one byte. Returns what is wrong, or NULL. */
static const char *read_picture(struct grey_picture *picture)
{
	size_t size;
	int maxval = 0;

	if (scanf("P5 %zu %zu %d", &picture->width, &picture->height, &maxval) != 3 || maxval < 1 ||
	    maxval > 255 || getchar() == EOF)
		return "no binary PGM picture of one byte a pixel";
	if (picture->width == 0 || picture->height == 0 || picture->width > SIDE_MAX ||
	    picture->height > SIDE_MAX)
		return "no pixels, or too many";
	size = picture->width * picture->height;
	picture->pixels = malloc(size);
	if (picture->pixels == NULL)
		return "beyond memory";
	if (fread(picture->pixels, 1, size, stdin) != size)
		return "truncated";
	return NULL;
}

/* Start the library, and blur. Prints what has failed. */
static int start_and_blur(int *argc, char ***argv, struct grey_picture *blurred,
			  const struct grey_picture *picture)
{
	int err = aml_init(argc, argv);

	if (err != AML_SUCCESS) {
		fprintf(stderr, "08-blur: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return err;
	}
	err = blur(blurred, picture);
	if (err != AML_SUCCESS)
		failed("the picture", aml_strerror(err));
	aml_finalize();
	return err;
}

int main(int argc, char *argv[])
{
	struct grey_picture picture = {0}, blurred;
	const char *wrong;
	size_t size;
	int err = AML_SUCCESS;

	if (argc != 1)
		return failed("usage", "08-blur <INPUT.pgm >OUTPUT.pgm");
	wrong = read_picture(&picture);
	size = picture.width * picture.height;
	blurred = picture;
	blurred.pixels = malloc(size + 1);
	if (wrong == NULL && blurred.pixels == NULL)
		wrong = "beyond memory";
	if (wrong == NULL)
		err = start_and_blur(&argc, &argv, &blurred, &picture);
	if (wrong == NULL && err == AML_SUCCESS) {
		printf("P5\n%zu %zu\n255\n", blurred.width, blurred.height);
		fwrite(blurred.pixels, 1, size, stdout);
	}
	free(blurred.pixels);
	free(picture.pixels);
	if (wrong != NULL)
		return failed("standard input", wrong);
	if (err != AML_SUCCESS)
		return EXIT_FAILURE;
	if (fflush(stdout) != 0 || ferror(stdout))
		return failed("standard output cannot be written", strerror(errno));
	return EXIT_SUCCESS;
}
