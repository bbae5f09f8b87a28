/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest program: one asynchronous copy of eight numbers.
 *
 * A copy goes from one layout to another. A layout describes where elements lie in memory; it never
 * owns that memory. aml_init() makes the engine aml_dma_linux, which runs copies in its own threads
 * while the program continues. If a worker is free, the call that posts a copy as small as this one
 * makes the copy itself.
 *
 *     cc 01-hello.c $(pkg-config --cflags --libs aml-dma) && ./a.out
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>

/* Functions return errors as negative codes. aml_strerror() returns the text of a code. */
static int failed(const char *what, int err)
{
	fprintf(stderr, "01-hello: %s: %s\n", what, aml_strerror(err));
	return EXIT_FAILURE;
}

/* Copy `from` to `to` in the background: post, do something else, wait. */
static int copy(struct aml_layout *to, struct aml_layout *from)
{
	struct aml_dma_request *request;
	int err;

	/* The program must not use either array from here to the end of the wait. */
	err = aml_dma_async_copy(aml_dma_linux, &request, to, from);
	if (err != AML_SUCCESS)
		return err;

	printf("The copy is posted, and the program goes on.\n");

	/* Wait for the copy, return its result, and release the request. */
	return aml_dma_wait(aml_dma_linux, &request);
}

int main(int argc, char *argv[])
{
	const size_t count = 8;
	int numbers[] = {2, 3, 5, 7, 11, 13, 17, 19}, copied[8] = {0};
	struct aml_layout *from = NULL, *to = NULL;
	int err;

	/* Start the library and the engine. */
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS)
		return failed("aml_init (is AML_DMA_NUM_THREADS a number?)", err);

	/* Each layout has one dimension of eight ints. The two NULLs make the layout contiguous. */
	err = aml_layout_dense_create(&from, numbers, AML_LAYOUT_ORDER_C, sizeof(int), 1, &count,
				      NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&to, copied, AML_LAYOUT_ORDER_C, sizeof(int), 1,
					      &count, NULL, NULL);
	if (err == AML_SUCCESS)
		err = copy(to, from);

	/* Release the layouts after success and failure. Destroying a NULL layout does nothing. */
	aml_layout_destroy(&to);
	aml_layout_destroy(&from);
	aml_finalize();

	if (err != AML_SUCCESS)
		return failed("the copy", err);
	if (memcmp(copied, numbers, sizeof(numbers)) != 0) {
		fprintf(stderr, "01-hello: the copy differs from the original\n");
		return EXIT_FAILURE;
	}
	printf("Eight numbers have arrived, the last one is %d.\n", copied[7]);
	return EXIT_SUCCESS;
}
