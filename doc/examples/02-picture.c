/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Four asynchronous copies that split a picture into its colours and transpose it.
 *
 *     02-picture INPUT.ppm OUTPUT_DIR
 *
 * reads a binary PPM file, whose pixels lie in memory as R G B R G B …, row after row. Three copies
 * take every third byte, and each makes a grey picture of one colour: red.pgm, green.pgm and
 * blue.pgm. A fourth copy exchanges rows and columns: transposed.ppm. Only the layouts define what
 * a copy does. The program compares each result with plain loops before it writes the file.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <ctype.h>
#include <sys/stat.h>

/* Pixels of one (grey) or three (colour) bytes, row after row. */
struct picture {
	size_t width, height, channels;
	unsigned char *bytes;
	/* The value of a byte at full brightness, 1 to 255. */
	unsigned maxval;
};

/* The result of one copy: a picture, the name of its file, and the request of the posted copy. */
struct copied_picture {
	const char *name;
	struct picture picture;
	struct aml_dma_request *request;
};

enum { RED, GREEN, BLUE, TRANSPOSED, RESULTS };

/* Print on stderr what is wrong with a file. Return -1, so that the caller can return the call. */
__attribute__((format(printf, 2, 3))) static int complain(const char *file, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "02-picture: %s: ", file);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

static size_t size_of(const struct picture *picture)
{
	return picture->width * picture->height * picture->channels;
}

/* Reading a PPM file: "P6", width, height, maxval, one space or line end, then the pixels. */

/* The next character of the header. A comment, from # to the end of the line, counts as one. */
static int header_char(FILE *stream)
{
	int c = getc(stream);

	if (c == '#') {
		do
			c = getc(stream);
		while (c != '\n' && c != '\r' && c != EOF);
	}
	return c;
}

/* Report a character that the header must not have at this place. */
static int bad_char(const char *file, FILE *stream, int c, const char *what)
{
	if (c == EOF && ferror(stream))
		return complain(file, "cannot be read: %s", strerror(errno));
	if (c == EOF)
		return complain(file, "is truncated: it ends within its %s; get it anew", what);
	return complain(file, "has the character %d (%c) in its %s, a number; is it damaged?", c,
			isprint(c) ? c : '?', what);
}

/* Read a number and the one white-space character after it. */
static int read_number(const char *file, FILE *stream, const char *what, size_t *number)
{
	size_t value = 0;
	int c;

	do
		c = header_char(stream);
	while (c != EOF && isspace(c));
	if (c == EOF || !isdigit(c))
		return bad_char(file, stream, c, what);
	for (; c != EOF && isdigit(c); c = header_char(stream)) {
		if (value > (SIZE_MAX - 9) / 10)
			return complain(file, "has a %s of too many digits: %zu...; is it damaged?",
					what, value);
		value = value * 10 + (size_t)(c - '0');
	}
	if (c == EOF || !isspace(c))
		return bad_char(file, stream, c, what);
	*number = value;
	return 0;
}

/* Read the two characters that mark a PPM file, and the white space after them. */
static int read_magic(const char *file, FILE *stream)
{
	int p = getc(stream), six = p == EOF ? EOF : getc(stream);

	if (ferror(stream))
		return complain(file, "cannot be read: %s", strerror(errno));
	if (p == EOF)
		return complain(file, "is empty; a binary PPM picture is needed");
	if (p == 'P' && six == '3')
		return complain(file, "is a PPM in plain text (P3); a binary one (P6) is needed");
	if (p != 'P' || six != '6' || !isspace(header_char(stream)))
		return complain(file, "is no binary PPM: it does not begin with P6 and a space; "
				      "`convert picture.jpg picture.ppm` makes one");
	return 0;
}

/* Read and check everything before the pixels. */
static int read_header(const char *file, FILE *stream, struct picture *picture)
{
	size_t maxval;

	if (read_magic(file, stream) || read_number(file, stream, "width", &picture->width) ||
	    read_number(file, stream, "height", &picture->height) ||
	    read_number(file, stream, "maxval", &maxval))
		return -1;
	if (picture->width == 0 || picture->height == 0)
		return complain(file, "has no pixels: its size is %zu x %zu; 1 x 1 is the least",
				picture->width, picture->height);
	if (picture->height > SIZE_MAX / 3 / picture->width)
		return complain(file, "has a size of %zu x %zu, beyond all memory; is it damaged?",
				picture->width, picture->height);
	if (maxval > 255 && maxval <= 65535)
		return complain(file, "has a maxval of %zu; `convert -depth 8` makes it 255",
				maxval);
	if (maxval == 0 || maxval > 65535)
		return complain(file, "has a maxval of %zu; no PPM has; is it damaged?", maxval);
	picture->maxval = (unsigned)maxval;
	picture->channels = 3;
	return 0;
}

/*
 * Read the pixels. Memory grows with the bytes that the file really has, so a wrong size in the
 * header does not cause a large allocation.
 */
static int read_pixels(const char *file, FILE *stream, struct picture *picture)
{
	const size_t size = size_of(picture);
	size_t have = 0, room = 0;

	while (have < size) {
		size_t more = room ? room : 1u << 20;
		unsigned char *bytes;

		room = size - room < more ? size : room + more;
		bytes = realloc(picture->bytes, room);
		if (bytes == NULL)
			return complain(file, "has %zu bytes and more, beyond memory", room);
		picture->bytes = bytes;
		have += fread(bytes + have, 1, room - have, stream);
		if (ferror(stream))
			return complain(file, "cannot be read: %s", strerror(errno));
		if (have < room)
			return complain(file, "is truncated: it has %zu of %zu bytes; get it anew",
					have, size);
	}
	if (getc(stream) != EOF)
		return complain(file, "goes on after %zu x %zu pixels; cut off the rest",
				picture->width, picture->height);
	return 0;
}

static int read_picture(const char *file, struct picture *picture)
{
	FILE *stream = fopen(file, "rb");
	int err;

	if (stream == NULL)
		return complain(file, "cannot be opened: %s", strerror(errno));
	err = read_header(file, stream, picture) || read_pixels(file, stream, picture);
	fclose(stream);
	return err;
}

/* The copies. */

/*
 * Post the copy of one channel. The picture is a layout of height × width × channels bytes. The
 * source is a slice of it: all rows, all columns, and one channel. In memory, the elements of the
 * slice are three bytes apart. The destination has the same extents and is contiguous.
 */
static int post_plane(struct copied_picture *plane, const struct picture *picture, size_t channel)
{
	const size_t dims[] = {picture->height, picture->width, picture->channels};
	const size_t one[] = {picture->height, picture->width, 1};
	const size_t first[] = {0, 0, channel};
	struct aml_layout *all = NULL, *src = NULL, *dst = NULL;
	int err;

	err = aml_layout_dense_create(&all, picture->bytes, AML_LAYOUT_ORDER_C, 1, 3, dims, NULL,
				      NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_slice(all, &src, first, one, NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&dst, plane->picture.bytes, AML_LAYOUT_ORDER_C, 1, 3,
					      one, NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_dma_async_copy(aml_dma_linux, &plane->request, dst, src);
	/* A posted copy still needs the bytes, but not the layouts. */
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	aml_layout_destroy(&all);
	return err;
}

/*
 * Post the transposition. An element is a pixel of three bytes. A copy moves each element to the
 * same coordinates, so both layouts have the extents of the source: height × width. Only the places
 * in memory differ. In the result, the pixels of a column are neighbours, and the distance between
 * neighbours in a row is the height of the source. With every pitch 1, the strides are these
 * distances, in elements.
 */
static int post_transposed(struct copied_picture *transposed, const struct picture *picture)
{
	const size_t dims[] = {picture->height, picture->width};
	const size_t stride[] = {1, picture->height};
	const size_t pitch[] = {1, 1};
	struct aml_layout *src = NULL, *dst = NULL;
	int err;

	err = aml_layout_dense_create(&src, picture->bytes, AML_LAYOUT_ORDER_C, picture->channels,
				      2, dims, NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&dst, transposed->picture.bytes, AML_LAYOUT_ORDER_C,
					      picture->channels, 2, dims, stride, pitch);
	if (err == AML_SUCCESS)
		err = aml_dma_async_copy(aml_dma_linux, &transposed->request, dst, src);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	return err;
}

/* Post all four copies, so that they run at the same time. Then wait for each copy. */
static int run_copies(const char *file, struct copied_picture *results,
		      const struct picture *picture)
{
	int err = AML_SUCCESS;

	for (size_t i = RED; i <= BLUE && err == AML_SUCCESS; i++)
		err = post_plane(&results[i], picture, i);
	if (err == AML_SUCCESS)
		err = post_transposed(&results[TRANSPOSED], picture);
	for (size_t i = 0; i < RESULTS && err == AML_SUCCESS; i++)
		err = aml_dma_wait(aml_dma_linux, &results[i].request);
	if (err != AML_SUCCESS)
		return complain(file, "cannot be copied: %s", aml_strerror(err));
	return 0;
}

/* Compare a plane with the picture, without the library's help. */
static int check_plane(const struct copied_picture *plane, const struct picture *picture,
		       size_t channel)
{
	const unsigned char *made = plane->picture.bytes;

	for (size_t i = 0; i < picture->width * picture->height; i++)
		if (made[i] != picture->bytes[i * 3 + channel])
			return complain(plane->name, "differs from the picture at pixel %zu", i);
	return 0;
}

/* Compare the transposed picture with the picture, pixel by pixel. */
static int check_transposed(const struct copied_picture *transposed, const struct picture *picture)
{
	const size_t width = picture->width, height = picture->height;
	const unsigned char *made = transposed->picture.bytes;

	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++)
			if (memcmp(&made[(x * height + y) * 3],
				   &picture->bytes[(y * width + x) * 3], 3) != 0)
				return complain(transposed->name, "differs at column %zu, row %zu",
						y, x);
	return 0;
}

static int check_results(const struct copied_picture *results, const struct picture *picture)
{
	for (size_t i = RED; i <= BLUE; i++)
		if (check_plane(&results[i], picture, i))
			return -1;
	return check_transposed(&results[TRANSPOSED], picture);
}

/* Writing the results. */

static int write_picture(const char *dir, const struct copied_picture *result)
{
	const struct picture *picture = &result->picture;
	const size_t size = size_of(picture);
	char file[4096];
	FILE *stream;
	int err = 0;

	if (snprintf(file, sizeof(file), "%s/%s", dir, result->name) >= (int)sizeof(file))
		return complain(dir, "is too long a name for a folder");
	stream = fopen(file, "wb");
	if (stream == NULL)
		return complain(file, "cannot be written: %s", strerror(errno));
	fprintf(stream, "P%c\n%zu %zu\n%u\n", picture->channels == 1 ? '5' : '6', picture->width,
		picture->height, picture->maxval);
	if (fwrite(picture->bytes, 1, size, stream) != size)
		err = complain(file, "cannot be written to its end: %s", strerror(errno));
	/* The stream's buffer is written now, which may still fail. */
	if (fclose(stream) != 0 && !err)
		err = complain(file, "cannot be written to its end: %s", strerror(errno));
	if (!err)
		printf("%s: %zu x %zu pixels\n", file, picture->width, picture->height);
	return err;
}

static int write_results(const char *dir, const struct copied_picture *results)
{
	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return complain(dir, "cannot be made: %s", strerror(errno));
	for (size_t i = 0; i < RESULTS; i++)
		if (write_picture(dir, &results[i]))
			return -1;
	if (fflush(stdout) != 0 || ferror(stdout))
		return complain("standard output", "cannot be written: %s", strerror(errno));
	return 0;
}

/* Set the names and sizes of the results, and allocate memory for their bytes. */
static int make_results(const char *file, struct copied_picture *results,
			const struct picture *picture)
{
	static const char *const names[] = {"red.pgm", "green.pgm", "blue.pgm", "transposed.ppm"};

	for (size_t i = 0; i < RESULTS; i++) {
		struct picture *made = &results[i].picture;

		results[i].name = names[i];
		*made = *picture;
		if (i == TRANSPOSED) {
			made->width = picture->height;
			made->height = picture->width;
		} else {
			made->channels = 1;
		}
		made->bytes = malloc(size_of(made));
		if (made->bytes == NULL)
			return complain(file, "leaves no memory for %zu bytes more", size_of(made));
	}
	return 0;
}

/* Release results in any state. A copy that is still posted is cancelled first. */
static void free_results(struct copied_picture *results)
{
	for (size_t i = 0; i < RESULTS; i++) {
		if (results[i].request != NULL)
			aml_dma_cancel(aml_dma_linux, &results[i].request);
		free(results[i].picture.bytes);
	}
}

int main(int argc, char *argv[])
{
	struct picture picture = {0};
	struct copied_picture results[RESULTS] = {0};
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: 02-picture INPUT.ppm OUTPUT_DIR\n");
		return EXIT_FAILURE;
	}
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "02-picture: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	err = read_picture(argv[1], &picture);
	if (!err)
		err = make_results(argv[1], results, &picture);
	if (!err)
		err = run_copies(argv[1], results, &picture);
	if (!err)
		err = check_results(results, &picture);
	if (!err)
		err = write_results(argv[2], results);
	free_results(results);
	free(picture.bytes);
	aml_finalize();
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
