/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A matrix is copied in blocks of rows, each by the CPUs of the NUMA node where the block lies.
 *
 * A thread for each block touches its rows of both matrices first, so that Linux places them on the
 * node where the thread runs. The engine has workers on every node. A large copy goes to the node
 * of the first page of its destination: so each block is a request of its own, whoever posts it. On
 * a machine with one node, the engine is a plain one, and the program does the same.
 *
 *     16-nodes [MEBIBYTES]
 */
#include <aml.h>
#include <aml/dma/multiplex.h>
#include <aml/layout/dense.h>
#include <ctype.h>
#include <pthread.h>

enum { BLOCKS = 8, COLUMNS = 1024, MEBIBYTE = 1 << 20, MEBIBYTES_MAX = 4096 };

/* The matrices, and the number of rows of a block. */
struct matrices {
	double *from, *to;
	size_t rows;
};

/* What a thread does: the first touch of a block. */
struct touch {
	pthread_t thread;
	const struct matrices *matrices;
	size_t block;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "16-nodes: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* Touch a block of both matrices. A program would compute with the block in this thread later. */
static void *touch_block(void *argument)
{
	const struct touch *touch = argument;
	const struct matrices *m = touch->matrices;
	size_t n = m->rows * COLUMNS;

	for (size_t i = touch->block * n; i < (touch->block + 1) * n; i++) {
		m->from[i] = (double)i;
		m->to[i] = -1;
	}
	return NULL;
}

static int touch_blocks(const struct matrices *m)
{
	struct touch touches[BLOCKS];
	size_t started = 0;

	for (; started < BLOCKS; started++) {
		touches[started] = (struct touch){.matrices = m, .block = started};
		if (pthread_create(&touches[started].thread, NULL, touch_block,
				   &touches[started]) != 0)
			break;
	}
	for (size_t i = 0; i < started; i++)
		pthread_join(touches[i].thread, NULL);
	return started == BLOCKS ? AML_SUCCESS : -AML_ENOMEM;
}

/* Post the copy of a block. The layouts may be destroyed once it is posted. */
static int post_block(struct aml_dma *dma, struct aml_dma_request **request,
		      const struct matrices *m, size_t block)
{
	const size_t dims[] = {m->rows, COLUMNS}, first = block * m->rows * COLUMNS;
	struct aml_layout *dst = NULL, *src = NULL;
	int err = aml_layout_dense_create(&dst, m->to + first, AML_LAYOUT_ORDER_C, sizeof(*m->to),
					  2, dims, NULL, NULL);

	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&src, m->from + first, AML_LAYOUT_ORDER_C,
					      sizeof(*m->from), 2, dims, NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_dma_async_copy(dma, request, dst, src);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	return err;
}

/* Copy all blocks at once. */
static int copy_blocks(struct aml_dma *dma, const struct matrices *m)
{
	struct aml_dma_request *requests[BLOCKS] = {NULL};
	int err = AML_SUCCESS, result;

	for (size_t i = 0; i < BLOCKS && err == AML_SUCCESS; i++)
		err = post_block(dma, &requests[i], m, i);
	result = aml_dma_wait_all(dma, BLOCKS, requests, NULL);
	return err != AML_SUCCESS ? err : result;
}

static int run_copies(const struct matrices *m)
{
	size_t bytes = BLOCKS * m->rows * COLUMNS * sizeof(double);
	struct aml_dma *dma;
	int err = touch_blocks(m);

	if (err != AML_SUCCESS)
		return fail("a thread", aml_strerror(err));
	err = aml_dma_multiplex_create_numa(&dma);
	if (err != AML_SUCCESS)
		return fail("aml_dma_multiplex_create_numa: is AML_DMA_NUM_THREADS a number?",
			    aml_strerror(err));
	err = copy_blocks(dma, m);
	aml_dma_multiplex_destroy(&dma);
	if (err != AML_SUCCESS)
		return fail("a copy", aml_strerror(err));
	printf("%d blocks of %zu rows: the copy %s\n", BLOCKS, m->rows,
	       memcmp(m->to, m->from, bytes) == 0 ? "is equal" : "differs");
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	const char *text = argc > 1 ? argv[1] : "64";
	char *end = NULL;
	unsigned long mebibytes = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;
	struct matrices m = {NULL, NULL, 0};
	int status;

	if (argc > 2 || mebibytes == 0 || mebibytes > MEBIBYTES_MAX || *end != '\0')
		return fail("usage", "16-nodes [MEBIBYTES], a number from 1 to 4096");
	m.rows = mebibytes * (MEBIBYTE / sizeof(double) / COLUMNS / BLOCKS);
	m.from = malloc(mebibytes * MEBIBYTE);
	m.to = malloc(mebibytes * MEBIBYTE);
	status = m.from != NULL && m.to != NULL ? run_copies(&m)
						: fail("the matrices", "out of memory");
	free(m.from);
	free(m.to);
	if (status == EXIT_SUCCESS && (fflush(stdout) != 0 || ferror(stdout)))
		return fail("standard output cannot be written", strerror(errno));
	return status;
}
