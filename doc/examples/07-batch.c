/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many small copies, posted one by one and as one batch.
 *
 *     07-batch [COPIES]
 *
 * gathers records of 40 to 104 bytes, which lie scattered in a large array, into a contiguous
 * buffer: once by one aml_dma_async_copy_custom() per record, once by one aml_dma_post() for all
 * records. It prints the time per record of both, and compares the buffer with one that memcpy()
 * has filled. A batch costs less because its requests enter the queue together.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <ctype.h>
#include <stdbool.h>
#include <time.h>

enum { RECORD_BYTES_MIN = 40, RECORD_BYTES_MAX = 104, COPIES_MAX = 1000000, ROUNDS = 5 };

/* A record: where it lies, and where it goes. */
struct record_copy {
	const char *from;
	char *to;
	size_t size;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Post each copy by a call of its own, and wait for all. */
static int copy_one_by_one(const struct record_copy *copies, size_t n)
{
	int err = AML_SUCCESS;

	for (size_t i = 0; i < n && err == AML_SUCCESS; i++)
		err = aml_dma_async_copy_custom(aml_dma_linux, NULL,
						(struct aml_layout *)(void *)copies[i].to,
						(struct aml_layout *)(uintptr_t)copies[i].from,
						aml_dma_linux_memcpy_op, (void *)copies[i].size);
	return err == AML_SUCCESS ? aml_dma_barrier(aml_dma_linux) : err;
}

/*
 * Post all copies by one call, and wait for them. `posts` has room for all. All members except the
 * addresses and the size are the same for each record.
 */
static int copy_as_batch(const struct record_copy *copies, size_t n,
			 struct aml_dma_post_attr *posts)
{
	int err;

	for (size_t i = 0; i < n; i++) {
		posts[i] = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
		posts[i].dest = (struct aml_layout *)(void *)copies[i].to;
		posts[i].src = (struct aml_layout *)(uintptr_t)copies[i].from;
		posts[i].op = aml_dma_linux_memcpy_op;
		posts[i].op_arg = (void *)copies[i].size;
	}
	err = aml_dma_post(aml_dma_linux, n, posts, NULL);
	return err == AML_SUCCESS ? aml_dma_barrier(aml_dma_linux) : err;
}

/* Scatter records over an array of `n` places of RECORD_BYTES_MAX bytes. Return their total size.
 */
static size_t scatter(struct record_copy *copies, size_t n, char *array, char *buffer)
{
	size_t total = 0;
	uint32_t random = 1;

	for (size_t i = 0; i < n; i++) {
		random = random * 1664525 + 1013904223;
		copies[i].size = RECORD_BYTES_MIN +
				 (random >> 8) % (RECORD_BYTES_MAX - RECORD_BYTES_MIN + 1);
		/* A step that has no divisor in common with any n up to COPIES_MAX visits all. */
		copies[i].from = array + i * 1000003 % n * RECORD_BYTES_MAX;
		copies[i].to = buffer + total;
		total += copies[i].size;
	}
	return total;
}

/* Copy by both ways, ROUNDS times in turns. Store the best times per record. */
static int run_rounds(const struct record_copy *copies, size_t n, struct aml_dma_post_attr *posts,
		      double best[2])
{
	best[0] = best[1] = 1e18;
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns(), between, end;
		int err = copy_one_by_one(copies, n);

		between = now_ns();
		if (err == AML_SUCCESS)
			err = copy_as_batch(copies, n, posts);
		end = now_ns();
		if (err != AML_SUCCESS)
			return err;
		best[0] = between - start < best[0] ? between - start : best[0];
		best[1] = end - between < best[1] ? end - between : best[1];
	}
	best[0] /= (double)n;
	best[1] /= (double)n;
	return AML_SUCCESS;
}

/* Report whether each record is where it belongs. */
static bool all_arrived(const struct record_copy *copies, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(copies[i].to, copies[i].from, copies[i].size) != 0)
			return false;
	return true;
}

/* Gather n records. Return the exit status. */
static int gather(size_t n)
{
	struct record_copy *copies = malloc(n * sizeof(*copies));
	struct aml_dma_post_attr *posts = malloc(n * sizeof(*posts));
	char *array = malloc(n * RECORD_BYTES_MAX), *buffer = malloc(n * RECORD_BYTES_MAX);
	int status = EXIT_FAILURE, err;
	double best[2];

	if (copies == NULL || posts == NULL || array == NULL || buffer == NULL) {
		fprintf(stderr, "07-batch: no memory for %zu records\n", n);
		goto out;
	}
	for (size_t i = 0; i < n * RECORD_BYTES_MAX; i++)
		array[i] = (char)(i * 251 >> 3);
	memset(buffer, 0, scatter(copies, n, array, buffer));
	err = run_rounds(copies, n, posts, best);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "07-batch: the records cannot be copied: %s\n", aml_strerror(err));
	} else if (!all_arrived(copies, n)) {
		fprintf(stderr, "07-batch: a record differs\n");
	} else {
		printf("%zu records of %d to %d bytes, all of them right\n", n, RECORD_BYTES_MIN,
		       RECORD_BYTES_MAX);
		printf("posted one by one: %6.1f ns a record\n", best[0]);
		printf("posted as a batch: %6.1f ns a record\n", best[1]);
		status = EXIT_SUCCESS;
	}
out:
	free(buffer);
	free(array);
	free(posts);
	free(copies);
	return status;
}

int main(int argc, char *argv[])
{
	unsigned long n = 10000;
	char *end = NULL;
	int err, status;

	if (argc > 2) {
		fprintf(stderr, "usage: 07-batch [COPIES]\n");
		return EXIT_FAILURE;
	}
	if (argc == 2) {
		n = strtoul(argv[1], &end, 10);
		if (!isdigit((unsigned char)argv[1][0]) || *end != '\0' || n == 0 ||
		    n > COPIES_MAX) {
			fprintf(stderr, "07-batch: COPIES is a number from 1 to %d, not '%s'\n",
				COPIES_MAX, argv[1]);
			return EXIT_FAILURE;
		}
	}
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "07-batch: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	status = gather(n);
	aml_finalize();
	if (status == EXIT_SUCCESS && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "07-batch: standard output cannot be written: %s\n",
			strerror(errno));
		status = EXIT_FAILURE;
	}
	return status;
}
