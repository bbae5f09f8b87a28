/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine of the program: count the words of a large input while it is read.
 *
 *     11-words [WORKERS] <INPUT
 *
 * The program reads blocks into a few buffers. For each block it posts an operator, which counts
 * the words in the block, to an engine that the program has created: with workers of its own number
 * and name, beside aml_dma_linux or, as here, without it. If all buffers are in use, the program
 * waits until some requests have finished, and reads on into their buffers. So it needs the same
 * memory for any input.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <ctype.h>
#include <limits.h>

enum { BLOCK_BYTES = 1 << 16, BLOCKS = 8, WORKERS_MAX = 64 };

/* A buffer, and what the operator that counts its words needs. */
struct text_block {
	unsigned char bytes[BLOCK_BYTES];
	size_t size;
	/* The byte before the block: a word that has begun there is not counted again. */
	int before;
	size_t words;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "11-words: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* An operator: count the words that begin in a block. It needs neither destination nor source. */
static int count_words(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct text_block *block = arg;
	int before = block->before;

	(void)dst;
	(void)src;
	for (size_t i = 0; i < block->size; i++) {
		if (isspace(before) && !isspace(block->bytes[i]))
			block->words++;
		before = block->bytes[i];
	}
	return AML_SUCCESS;
}

/* Post the count of a block. A post with attributes may do without layouts, and names the request.
 */
static int post_block(struct aml_dma *dma, struct aml_dma_request **request,
		      struct text_block *block)
{
	struct aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;

	post.op = count_words;
	post.op_arg = block;
	post.label = "words"; /* In a trace. */
	return aml_dma_post(dma, 1, &post, request);
}

/*
 * Find a buffer that no request uses. If there is none, wait until at least one request has
 * finished: that releases its handle, which is NULL then.
 */
static int find_free(struct aml_dma *dma, struct aml_dma_request **requests, size_t *free_one)
{
	for (;;) {
		int results[BLOCKS], err;
		size_t n;

		for (size_t i = 0; i < BLOCKS; i++) {
			if (requests[i] == NULL) {
				*free_one = i;
				return AML_SUCCESS;
			}
		}
		err = aml_dma_wait_some(dma, BLOCKS, requests, 1, AML_DMA_NO_DEADLINE, &n, NULL,
					results);
		for (size_t i = 0; err == AML_SUCCESS && i < n; i++)
			err = results[i];
		if (err != AML_SUCCESS)
			return err;
	}
}

/* Read the input to its end, and count. `blocks` begin as zeros. */
static int count_input(struct aml_dma *dma, struct text_block *blocks, size_t *words)
{
	struct aml_dma_request *requests[BLOCKS] = {NULL};
	int before = ' ', err = AML_SUCCESS, end = 0;

	while (err == AML_SUCCESS && !end) {
		size_t i = 0;

		err = find_free(dma, requests, &i);
		if (err != AML_SUCCESS)
			break;
		blocks[i].size = fread(blocks[i].bytes, 1, BLOCK_BYTES, stdin);
		blocks[i].before = before;
		end = blocks[i].size < BLOCK_BYTES;
		if (blocks[i].size > 0) {
			before = blocks[i].bytes[blocks[i].size - 1];
			err = post_block(dma, &requests[i], &blocks[i]);
		}
	}
	/* The buffers must stay until all have finished, also after an error. */
	if (err == AML_SUCCESS)
		err = aml_dma_wait_all(dma, BLOCKS, requests, NULL);
	else
		(void)aml_dma_wait_all(dma, BLOCKS, requests, NULL);
	for (size_t i = 0; i < BLOCKS; i++)
		*words += blocks[i].words;
	return err;
}

/* Create the engine, count, and destroy the engine. */
static int run(size_t workers, struct text_block *blocks, size_t *words)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct aml_dma *dma;
	int err;

	attr.num_threads = workers;
	attr.name = "words"; /* The threads are words/0, words/1 … in top -H and gdb. */
	err = aml_dma_linux_create_attr(&dma, &attr);
	if (err != AML_SUCCESS)
		return err;
	err = count_input(dma, blocks, words);
	aml_dma_linux_destroy(&dma);
	return err;
}

int main(int argc, char *argv[])
{
	const char *text = argc > 1 ? argv[1] : "2";
	char *end;
	unsigned long workers = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : ULONG_MAX;
	struct text_block *blocks;
	size_t words = 0;
	int err;

	if (argc > 2 || workers > WORKERS_MAX || *end != '\0')
		return fail("usage", "11-words [WORKERS] <INPUT, a number from 0 to 64");
	blocks = calloc(BLOCKS, sizeof(*blocks));
	err = blocks == NULL ? -AML_ENOMEM : run(workers, blocks, &words);
	free(blocks);
	if (err != AML_SUCCESS)
		return fail("counting", aml_strerror(err));
	if (ferror(stdin))
		return fail("standard input cannot be read", strerror(errno));
	printf("%zu\n", words);
	if (fflush(stdout) != 0 || ferror(stdout))
		return fail("standard output cannot be written", strerror(errno));
	return EXIT_SUCCESS;
}
