/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A kind of layout that the program writes itself: a symmetric matrix of which half is stored.
 *
 *     10-packed [N]
 *
 * The packed storage of LAPACK keeps the rows of the lower triangle one after the other: N * (N +
 * 1) / 2 elements. Here a layout shows them as the whole matrix, so that a copy unpacks it. The
 * distances between the elements are not constant: no layout of the library can describe them.
 *
 * A layout is a table of operators, and data. The library asks it where each element lies.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <ctype.h>
#include <stdbool.h>

enum { ORDER_MAX = 5000, PRINTED_MAX = 10 };

/* A packed layout: the layout and its data are one allocation. */
struct packed {
	struct aml_layout layout;
	double *elements;
	size_t n;
};

static const struct packed *packed_of(const struct aml_layout_data *data)
{
	return (const struct packed *)data;
}

/* The one operator that knows where elements lie. The matrix is symmetric: the order is no matter.
 */
static void *packed_deref(const struct aml_layout_data *data, const size_t *coords)
{
	size_t row = coords[0] > coords[1] ? coords[0] : coords[1];
	size_t column = coords[0] > coords[1] ? coords[1] : coords[0];

	return packed_of(data)->elements + row * (row + 1) / 2 + column;
}

static void *packed_rawptr(const struct aml_layout_data *data)
{
	return packed_of(data)->elements;
}

static int packed_order(const struct aml_layout_data *data)
{
	(void)data;
	return AML_LAYOUT_ORDER_C;
}

static int packed_dims(const struct aml_layout_data *data, size_t *dims)
{
	dims[0] = dims[1] = packed_of(data)->n;
	return AML_SUCCESS;
}

static size_t packed_ndims(const struct aml_layout_data *data)
{
	(void)data;
	return 2;
}

static size_t packed_element_size(const struct aml_layout_data *data)
{
	(void)data;
	return sizeof(double);
}

static int packed_fprintf(const struct aml_layout_data *data, FILE *stream, const char *prefix)
{
	const struct packed *packed = packed_of(data);
	const char *colon = *prefix == '\0' ? "" : ": ";

	return fprintf(stream, "%s%slayout: packed, %zu x %zu\n", prefix, colon, packed->n,
		       packed->n) < 0
		       ? -AML_FAILURE
		       : AML_SUCCESS;
}

/* Operators do not change the layout: several threads may call them at once. */
static int packed_concurrent(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

static int packed_duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr);

/*
 * The library frees what has no operator `destroy`. It keeps a duplicate while a copy runs, so that
 * the program may destroy the layout as soon as the copy is posted. Operators that are not named
 * here do not exist: aml_layout_slice() of this layout returns -AML_ENOTSUP.
 */
static struct aml_layout_ops packed_ops = {
	.deref = packed_deref,
	.deref_native = packed_deref,
	.rawptr = packed_rawptr,
	.order = packed_order,
	.dims = packed_dims,
	.dims_native = packed_dims,
	.ndims = packed_ndims,
	.element_size = packed_element_size,
	.fprintf = packed_fprintf,
	.duplicate = packed_duplicate,
	.concurrent = packed_concurrent,
};

/* Create a layout of n × n elements, which aml_layout_destroy() releases. */
static int packed_create(struct aml_layout **layout, double *elements, size_t n)
{
	struct packed *packed = malloc(sizeof(*packed));

	if (packed == NULL)
		return -AML_ENOMEM;
	packed->layout.ops = &packed_ops;
	packed->layout.data = (struct aml_layout_data *)packed;
	packed->elements = elements;
	packed->n = n;
	*layout = &packed->layout;
	return AML_SUCCESS;
}

static int packed_duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	const struct packed *packed = packed_of(layout->data);

	return packed_create(output, ptr != NULL ? ptr : packed->elements, packed->n);
}

/* Unpack: from the packed layout to a dense one. */
static int unpack(double *matrix, double *elements, size_t n)
{
	struct aml_layout *from = NULL, *to = NULL;
	struct aml_dma_request *request;
	size_t dims[] = {n, n};
	int err;

	err = packed_create(&from, elements, n);
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&to, matrix, AML_LAYOUT_ORDER_C, sizeof(double), 2,
					      dims, NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_fprintf(stdout, "from", from);
	if (err == AML_SUCCESS)
		err = aml_dma_async_copy(aml_dma_linux, &request, to, from);
	aml_layout_destroy(&to);
	aml_layout_destroy(&from);
	return err == AML_SUCCESS ? aml_dma_wait(aml_dma_linux, &request) : err;
}

static bool matrix_is_right(const double *matrix, const double *elements, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k <= i; k++, elements++)
			if (matrix[i * n + k] != *elements || matrix[k * n + i] != *elements)
				return false;
	return true;
}

static void print_matrix(const double *matrix, size_t n)
{
	for (size_t i = 0; i < n * n; i++)
		printf("%4g%s", matrix[i], i % n == n - 1 ? "\n" : "");
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "10-packed: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* Make a packed matrix, unpack it, check and print it. */
static int run(size_t n)
{
	const size_t stored = n * (n + 1) / 2;
	double *elements = malloc(stored * sizeof(double));
	double *matrix = malloc(n * n * sizeof(double));
	int err = -AML_ENOMEM, status = EXIT_FAILURE;

	if (elements != NULL && matrix != NULL) {
		for (size_t i = 0; i < stored; i++)
			elements[i] = (double)(i + 1);
		err = unpack(matrix, elements, n);
	}
	if (err != AML_SUCCESS) {
		fail("the copy", aml_strerror(err));
	} else if (!matrix_is_right(matrix, elements, n)) {
		fail("the matrix", "differs from the packed one");
	} else {
		if (n <= PRINTED_MAX)
			print_matrix(matrix, n);
		printf("%zu elements of %zu stored ones\n", n * n, stored);
		status = EXIT_SUCCESS;
	}
	free(matrix);
	free(elements);
	return status;
}

int main(int argc, char *argv[])
{
	const char *text = argc > 1 ? argv[1] : "5";
	char *end;
	unsigned long n = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;
	int err, status;

	if (argc > 2 || n == 0 || n > ORDER_MAX || *end != '\0')
		return fail("usage", "10-packed [N], a number from 1 to 5000");
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "10-packed: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	status = run(n);
	aml_finalize();
	if (fflush(stdout) != 0 || ferror(stdout))
		return fail("standard output cannot be written", strerror(errno));
	return status;
}
