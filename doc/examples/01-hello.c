/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest program: one asynchronous copy of eight numbers.
 *
 * A copy goes from one layout to another. A layout says where elements lie in memory; it never owns
 * that memory. The engine aml_dma_linux, which aml_init() makes, runs copies in threads of its own
 * while the program goes on; one as small as this is made when it is posted, if a worker is free.
 *
 *     cc 01-hello.c $(pkg-config --cflags --libs aml-dma) && ./a.out
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>

/* Errors come back as negative codes; aml_strerror() has their text. */
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

	/* From here to the end of the wait both arrays are the engine's. */
	err = aml_dma_async_copy(aml_dma_linux, &request, to, from);
	if (err != AML_SUCCESS)
		return err;

	printf("The copy is posted, and the program goes on.\n");

	/* Returns the copy's result, and releases the request. */
	return aml_dma_wait(aml_dma_linux, &request);
}

int main(int argc, char *argv[])
{
	const size_t count = 8;
	int numbers[] = {2, 3, 5, 7, 11, 13, 17, 19}, copied[8] = {0};
	struct aml_layout *from = NULL, *to = NULL;
	int err;

	/* Start the library, and with it the engine. */
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS)
		return failed("aml_init", err);

	/* One dimension of eight ints each. The two NULLs mean: without gaps. */
	err = aml_layout_dense_create(&from, numbers, AML_LAYOUT_ORDER_C, sizeof(int), 1, &count,
				      NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&to, copied, AML_LAYOUT_ORDER_C, sizeof(int), 1,
					      &count, NULL, NULL);
	if (err == AML_SUCCESS)
		err = copy(to, from);

	/* Layouts are released, whatever happened; a NULL one is no harm. */
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
