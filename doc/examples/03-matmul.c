/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A matrix product, C = A · B. While the program computes, the engine copies the next operands.
 *
 *     03-matmul [N]
 *
 * multiplies two matrices of N × N doubles in tiles that stay in the cache. N is 1024 by default.
 * Before two tiles are multiplied, they are packed: copied out of the large matrices, where their
 * rows are far apart, into contiguous buffers. The tile of A is transposed by the same copy. There
 * are two pairs of buffers: while the program computes with one pair, the engine fills the other.
 * The program compares the product with plain loops.
 *
 * The program prints the times of packing only, of computing only, and of both together. The sum of
 * the first two times minus the third is the time that was hidden. To see the overlap, run
 *
 *     AML_DMA_TRACE=trace.json 03-matmul
 *
 * and open trace.json in https://ui.perfetto.dev, or draw it:
 *
 *     aml-dma trace trace.json --svg trace.svg
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <stdbool.h>
#include <time.h>

/*
 * A packed tile of A has TILE rows and DEPTH columns. A packed tile of B has DEPTH rows and TILE
 * columns. ROWS rows of A are computed at once. With these sizes, a step takes about 0.3 ms, long
 * enough to wake another thread for it, and two pairs of buffers fit in a cache of 1 MiB.
 */
enum { TILE = 64, DEPTH = 512, ROWS = 4 };

enum { SIZE_MOST = 8192, SIZE_DEFAULT = 1024 };

/* Square matrices in row-major order. */
struct product {
	size_t size;
	double *a, *b, *c;
	/* The layouts of A and B. */
	struct aml_layout *a_layout, *b_layout;
};

/* A pair of packed tiles, and the requests that fill it. */
struct tile_pair {
	/* a[k][row]: transposed. */
	double a[DEPTH][TILE];
	/* b[k][column] */
	double b[DEPTH][TILE];
	struct aml_dma_request *a_request, *b_request;
};

/* One step multiplies two tiles: it adds `depth` products to each of rows × columns sums in C. */
struct step {
	size_t row, column, k;
	size_t rows, columns, depth;
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "03-matmul: %s: %s\n", what, why);
	return -1;
}

/* The number of tiles of size `most` that one dimension takes. */
static size_t tiles_of(const struct product *p, size_t most)
{
	return (p->size + most - 1) / most;
}

static size_t steps_of(const struct product *p)
{
	return tiles_of(p, TILE) * tiles_of(p, TILE) * tiles_of(p, DEPTH);
}

/* The number of elements from `first` on, `most` at most. */
static size_t extent(const struct product *p, size_t first, size_t most)
{
	return p->size - first < most ? p->size - first : most;
}

/* Step number i. The steps of one tile of C follow each other. */
static struct step step_of(const struct product *p, size_t i)
{
	size_t tiles = tiles_of(p, TILE), depths = tiles_of(p, DEPTH);
	struct step step = {
		.row = i / depths / tiles * TILE,
		.column = i / depths % tiles * TILE,
		.k = i % depths * DEPTH,
	};

	step.rows = extent(p, step.row, TILE);
	step.columns = extent(p, step.column, TILE);
	step.depth = extent(p, step.k, DEPTH);
	return step;
}

/*
 * Post the copy of a tile, `dims` elements from `first` on, from a matrix to a buffer. The stride
 * and pitch define the places of the elements in the buffer. Both layouts are destroyed at once,
 * because a posted copy does not need them.
 */
static int post_tile(struct aml_dma_request **request, double *buffer, const size_t *stride,
		     const size_t *pitch, const struct aml_layout *matrix, const size_t *first,
		     const size_t *dims)
{
	struct aml_layout *src = NULL, *dst = NULL;
	int err = aml_layout_slice(matrix, &src, first, dims, NULL);

	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&dst, buffer, AML_LAYOUT_ORDER_C, sizeof(double), 2,
					      dims, stride, pitch);
	if (err == AML_SUCCESS)
		err = aml_dma_async_copy(aml_dma_linux, request, dst, src);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	return err;
}

/*
 * Post the copies of both tiles of a step. The tile of B keeps its rows, which are TILE elements
 * apart in the buffer: the pitch. The tile of A is transposed: neighbours in a row get a distance
 * of TILE elements, and neighbours in a column a distance of 1. With every pitch 1, the strides are
 * these distances.
 */
static int post(const struct product *p, const struct step *step, struct tile_pair *pair)
{
	const size_t b_pitch[] = {DEPTH, TILE}, a_stride[] = {1, TILE}, a_pitch[] = {1, 1};
	int err = post_tile(&pair->a_request, &pair->a[0][0], a_stride, a_pitch, p->a_layout,
			    (const size_t[]){step->row, step->k},
			    (const size_t[]){step->rows, step->depth});

	if (err == AML_SUCCESS)
		err = post_tile(&pair->b_request, &pair->b[0][0], NULL, b_pitch, p->b_layout,
				(const size_t[]){step->k, step->column},
				(const size_t[]){step->depth, step->columns});
	return err;
}

static int await(struct tile_pair *pair)
{
	int err = aml_dma_wait(aml_dma_linux, &pair->a_request);

	return err == AML_SUCCESS ? aml_dma_wait(aml_dma_linux, &pair->b_request) : err;
}

/*
 * Add the product of two packed tiles to C. If the rows of a tile are not a multiple of ROWS, the
 * missing rows are computed from the old content of the buffer, and the results are dropped.
 */
static void compute(struct product *p, const struct step *step, const struct tile_pair *pair)
{
	for (size_t row = 0; row < step->rows; row += ROWS) {
		double sum[ROWS][TILE] = {{0}};

		for (size_t k = 0; k < step->depth; k++)
			for (size_t i = 0; i < ROWS; i++)
				for (size_t j = 0; j < TILE; j++)
					sum[i][j] += pair->a[k][row + i] * pair->b[k][j];
		for (size_t i = 0; i < ROWS && row + i < step->rows; i++) {
			double *c = &p->c[(step->row + row + i) * p->size + step->column];

			for (size_t j = 0; j < step->columns; j++)
				c[j] += sum[i][j];
		}
	}
}

/*
 * Do all steps: pack, compute, or both. The tiles of the next step are posted before the program
 * waits for the tiles of this step. Afterwards, the pair of this step is free for the step after
 * the next.
 */
static int run(struct product *p, struct tile_pair pairs[2], bool packs, bool computes)
{
	const size_t steps = steps_of(p);
	struct step step = step_of(p, 0);
	int err = packs ? post(p, &step, &pairs[0]) : AML_SUCCESS;

	for (size_t i = 0; i < steps && err == AML_SUCCESS; i++) {
		struct tile_pair *this = &pairs[i % 2], *other = &pairs[(i + 1) % 2];
		struct step next = step_of(p, i + 1);

		if (packs && i + 1 < steps)
			err = post(p, &next, other);
		if (packs && err == AML_SUCCESS)
			err = await(this);
		if (computes && err == AML_SUCCESS)
			compute(p, &step, this);
		step = next;
	}
	return err;
}

/* The least of three times that a run takes, in seconds. Negative if a run failed. */
static double time_of(struct product *p, struct tile_pair pairs[2], bool packs, bool computes)
{
	double least = 0;

	for (int i = 0; i < 3; i++) {
		struct timespec from, to;
		double seconds;
		int err;

		memset(p->c, 0, p->size * p->size * sizeof(double));
		clock_gettime(CLOCK_MONOTONIC, &from);
		err = run(p, pairs, packs, computes);
		clock_gettime(CLOCK_MONOTONIC, &to);
		if (err != AML_SUCCESS)
			return complain("a copy failed", aml_strerror(err));
		seconds = (double)(to.tv_sec - from.tv_sec) +
			  1e-9 * (double)(to.tv_nsec - from.tv_nsec);
		if (i == 0 || seconds < least)
			least = seconds;
	}
	return least;
}

/* Compare C with a product that plain loops compute. */
static int check(const struct product *p)
{
	const size_t n = p->size;
	double *row = malloc(n * sizeof(*row));
	bool same = row != NULL;

	if (row == NULL)
		return complain("no memory", "for a row to compare with");
	for (size_t i = 0; i < n && same; i++) {
		memset(row, 0, n * sizeof(*row));
		for (size_t k = 0; k < n; k++)
			for (size_t j = 0; j < n; j++)
				row[j] += p->a[i * n + k] * p->b[k * n + j];
		same = memcmp(row, &p->c[i * n], n * sizeof(*row)) == 0;
	}
	free(row);
	return same ? 0 : complain("the product", "differs from that of plain loops");
}

static int multiply(struct product *p, struct tile_pair pairs[2])
{
	const double n = (double)p->size;
	double packing = time_of(p, pairs, true, false);
	double computing = packing < 0 ? -1 : time_of(p, pairs, false, true);
	double both = computing < 0 ? -1 : time_of(p, pairs, true, true);
	double hidden = packing + computing - both;

	if (both < 0 || check(p) != 0)
		return -1;
	printf("%zu x %zu doubles in tiles of %d x %d: the product is right\n", p->size, p->size,
	       TILE, DEPTH);
	printf("packing alone    %9.3f ms  (%.2f GB/s)\n", 1e3 * packing,
	       1e-9 * 16 * n * n * (double)tiles_of(p, TILE) / packing);
	printf("computing alone  %9.3f ms  (%.2f GFLOP/s)\n", 1e3 * computing,
	       1e-9 * 2 * n * n * n / computing);
	printf("both at once     %9.3f ms\n", 1e3 * both);
	hidden = hidden < 0 ? 0 : hidden > packing ? packing : hidden;
	printf("hidden behind the computing: %.0f %% of the packing\n", 100 * hidden / packing);
	if (fflush(stdout) != 0 || ferror(stdout))
		return complain("standard output cannot be written", strerror(errno));
	return 0;
}

/* Fill with small whole numbers, so that each sum is exact in any order of its terms. */
static void fill(double *matrix, size_t n, size_t seed)
{
	for (size_t i = 0; i < n * n; i++)
		matrix[i] = (double)((i * seed + i / n) % 17) - 8;
}

static int make(struct product *p)
{
	const size_t dims[] = {p->size, p->size}, bytes = p->size * p->size * sizeof(double);
	int err;

	p->a = malloc(bytes);
	p->b = malloc(bytes);
	p->c = malloc(bytes);
	if (p->a == NULL || p->b == NULL || p->c == NULL)
		return complain("no memory", "for three matrices of this size");
	fill(p->a, p->size, 5);
	fill(p->b, p->size, 11);
	err = aml_layout_dense_create(&p->a_layout, p->a, AML_LAYOUT_ORDER_C, sizeof(double), 2,
				      dims, NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&p->b_layout, p->b, AML_LAYOUT_ORDER_C,
					      sizeof(double), 2, dims, NULL, NULL);
	return err == AML_SUCCESS ? 0 : complain("no layout", aml_strerror(err));
}

static void release(struct product *p, struct tile_pair pairs[2])
{
	for (int i = 0; i < 2; i++) {
		if (pairs[i].a_request != NULL)
			aml_dma_cancel(aml_dma_linux, &pairs[i].a_request);
		if (pairs[i].b_request != NULL)
			aml_dma_cancel(aml_dma_linux, &pairs[i].b_request);
	}
	aml_layout_destroy(&p->a_layout);
	aml_layout_destroy(&p->b_layout);
	free(p->a);
	free(p->b);
	free(p->c);
}

/* Read the size from the command line. */
static int read_size(int argc, char *argv[], size_t *size)
{
	char *end;
	long value;

	if (argc > 2) {
		fprintf(stderr, "usage: 03-matmul [N]\n");
		return -1;
	}
	*size = SIZE_DEFAULT;
	if (argc < 2)
		return 0;
	errno = 0;
	value = strtol(argv[1], &end, 10);
	if (*argv[1] == '\0' || *end != '\0' || errno != 0 || value < 1 || value > SIZE_MOST) {
		fprintf(stderr, "03-matmul: N is a number from 1 to %d, not '%s'\n", SIZE_MOST,
			argv[1]);
		return -1;
	}
	*size = (size_t)value;
	return 0;
}

int main(int argc, char *argv[])
{
	static struct tile_pair pairs[2];
	struct product product = {0};
	int err;

	if (read_size(argc, argv, &product.size) != 0)
		return EXIT_FAILURE;
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		complain("aml_init: is AML_DMA_NUM_THREADS a number?", aml_strerror(err));
		return EXIT_FAILURE;
	}
	err = make(&product);
	if (!err)
		err = multiply(&product, pairs);
	release(&product, pairs);
	aml_finalize();
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
