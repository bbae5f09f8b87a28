/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conversions: store doubles as smaller numbers, and measure what is lost.
 *
 *     13-mixed-precision [N]
 *
 * aml_dma_linux_convert() converts numbers while it copies. The program posts six conversions at
 * once: N doubles to float, binary16 and bfloat16, and each of these back to double. A conversion
 * back starts when the one before it has finished: AML_DMA_POST_CHAIN makes it follow. Meanwhile
 * the calling thread computes the mean of the doubles.
 *
 * Then the program prints the largest relative error of each type. A number is rounded to the
 * nearest one that the type has, so the error is at most half of the distance of two neighbours.
 * The way back to double changes nothing.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <ctype.h>
#include <stdbool.h>

enum { NUMBERS_MAX = 1 << 24, SMALL_TYPES = 3, STEPS = 2 };

/* A smaller type of numbers. */
static const struct small_type {
	const char *name;
	int type;
	size_t size;
	double bound; /* the largest relative error of rounding */
} small_types[SMALL_TYPES] = {
	{"float", AML_DMA_F32, 4, 1.0 / (1 << 24)},
	{"binary16", AML_DMA_F16, 2, 1.0 / (1 << 11)},
	{"bfloat16", AML_DMA_BF16, 2, 1.0 / (1 << 8)},
};

/* The numbers in one smaller type, and as doubles again. */
struct stored_numbers {
	void *small;
	double *again;
	struct aml_dma_request *requests[STEPS];
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "13-mixed-precision: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* Post the conversion to a smaller type, and the conversion back, which follows it. */
static int post_conversions(struct stored_numbers *stored, const struct small_type *small,
			    double *numbers, size_t n)
{
	struct aml_dma_linux_convert_arg there = {.dst_type = small->type, .src_type = AML_DMA_F64};
	struct aml_dma_linux_convert_arg back = {.dst_type = AML_DMA_F64, .src_type = small->type};
	struct aml_dma_post_attr posts[STEPS] = {AML_DMA_POST_ATTR_INIT, AML_DMA_POST_ATTR_INIT};
	struct aml_layout *from = NULL, *middle = NULL, *to = NULL;
	int err = aml_layout_dense_create(&from, numbers, AML_LAYOUT_ORDER_C, sizeof(double), 1, &n,
					  NULL, NULL);

	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&middle, stored->small, AML_LAYOUT_ORDER_C,
					      small->size, 1, &n, NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&to, stored->again, AML_LAYOUT_ORDER_C,
					      sizeof(double), 1, &n, NULL, NULL);
	posts[0].dest = middle;
	posts[0].src = from;
	posts[0].op = aml_dma_linux_convert;
	posts[0].op_arg = &there;
	posts[1].dest = to;
	posts[1].src = middle;
	posts[1].op = aml_dma_linux_convert;
	posts[1].op_arg = &back;
	posts[1].flags = AML_DMA_POST_CHAIN;
	if (err == AML_SUCCESS)
		err = aml_dma_post(aml_dma_linux, STEPS, posts, stored->requests);
	/* The posted conversions have copied their arguments, and do not need the layouts. */
	aml_layout_destroy(&to);
	aml_layout_destroy(&middle);
	aml_layout_destroy(&from);
	return err;
}

static double mean_of(const double *numbers, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += numbers[i];
	return sum / (double)n;
}

static double largest_error(const double *again, const double *numbers, size_t n)
{
	double largest = 0;

	for (size_t i = 0; i < n; i++) {
		double error = (again[i] - numbers[i]) / numbers[i];

		error = error < 0 ? -error : error;
		largest = error > largest ? error : largest;
	}
	return largest;
}

/* Convert, compute the mean at the same time, and wait. */
static int convert_all(struct stored_numbers *stored, double *numbers, size_t n, double *mean)
{
	int err = AML_SUCCESS;

	for (size_t i = 0; i < SMALL_TYPES && err == AML_SUCCESS; i++)
		err = post_conversions(&stored[i], &small_types[i], numbers, n);
	*mean = mean_of(numbers, n);
	for (size_t i = 0; i < SMALL_TYPES; i++) {
		/* Requests that were not posted are NULL, and are skipped. */
		int code = aml_dma_wait_all(aml_dma_linux, STEPS, stored[i].requests, NULL);

		err = err != AML_SUCCESS ? err : code;
	}
	return err;
}

/* Print the errors. A bound that does not hold is a failure. */
static int report(const struct stored_numbers *stored, const double *numbers, size_t n, double mean)
{
	printf("%zu doubles, their mean is %.6g\n", n, mean);
	for (size_t i = 0; i < SMALL_TYPES; i++) {
		double error = largest_error(stored[i].again, numbers, n);

		if (!(error <= small_types[i].bound))
			return fail(small_types[i].name,
				    "an error is larger than rounding makes it");
		printf("%s: %zu bytes instead of %zu, largest relative error %.3e of %.3e\n",
		       small_types[i].name, small_types[i].size, sizeof(double), error,
		       small_types[i].bound);
	}
	return EXIT_SUCCESS;
}

/* Make the numbers, convert them, and report. */
static int run(size_t n)
{
	struct stored_numbers stored[SMALL_TYPES] = {{0}};
	double *numbers = malloc(n * sizeof(*numbers)), mean = 0;
	int err = numbers == NULL ? -AML_ENOMEM : AML_SUCCESS, status;

	for (size_t i = 0; i < SMALL_TYPES; i++) {
		stored[i].small = malloc(n * small_types[i].size);
		stored[i].again = malloc(n * sizeof(double));
		if (stored[i].small == NULL || stored[i].again == NULL)
			err = -AML_ENOMEM;
	}
	/* From 1 to 1000: binary16 has numbers up to 65504. */
	for (size_t i = 0; i < n && err == AML_SUCCESS; i++)
		numbers[i] = 1 + 999 * (double)(i * 7919 % NUMBERS_MAX) / NUMBERS_MAX;
	if (err == AML_SUCCESS)
		err = convert_all(stored, numbers, n, &mean);
	status = err == AML_SUCCESS ? report(stored, numbers, n, mean)
				    : fail("the conversions", aml_strerror(err));
	for (size_t i = 0; i < SMALL_TYPES; i++) {
		free(stored[i].again);
		free(stored[i].small);
	}
	free(numbers);
	return status;
}

int main(int argc, char *argv[])
{
	const char *text = argc > 1 ? argv[1] : "100000";
	char *end = NULL;
	unsigned long n = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;
	int err, status;

	if (argc > 2 || n == 0 || n > NUMBERS_MAX || *end != '\0')
		return fail("usage", "13-mixed-precision [N], a number from 1 to 16777216");
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr,
			"13-mixed-precision: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	status = run(n);
	aml_finalize();
	if (status == EXIT_SUCCESS && (fflush(stdout) != 0 || ferror(stdout)))
		return fail("standard output cannot be written", strerror(errno));
	return status;
}
