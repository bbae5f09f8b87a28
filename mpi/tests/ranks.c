/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs tests in several processes. Rank 0 prints the totals, in the format of Check. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aml/dma/multiplex.h>

#include "ranks.h"

/* The time limit of a program in seconds. CK_TIMEOUT_MULTIPLIER multiplies it. */
#define PROGRAM_SECONDS 100

int ranks, rank, thread_level;
struct aml_dma *engine, *local_dma;
bool method_is_far;

static int failures; /* of this process, in the present test */
static struct aml_dma *inner[2];

void check_failed(const char *file, int line, const char *what)
{
	const char *base = strrchr(file, '/');

	failures++;
	printf("%s:%d: rank %d: failed: %s\n", base != NULL ? base + 1 : file, line, rank, what);
}

void check_code(const char *file, int line, const char *what, int code, int expected)
{
	char text[512];

	if (code == expected)
		return;
	(void)snprintf(text, sizeof(text), "%s is %d (%s), not %d", what, code, aml_strerror(code),
		       expected);
	check_failed(file, line, text);
}

void meet(void)
{
	CHECK(MPI_Barrier(MPI_COMM_WORLD) == MPI_SUCCESS);
	CHECK_OK(aml_dma_mpi_progress(engine));
}

int next_rank(void)
{
	return (rank + 1) % ranks;
}

unsigned char *filled_window(size_t bytes, int factor, struct aml_dma_mpi_window **win)
{
	void *ptr = NULL;
	unsigned char *part;

	CHECK_OK(aml_dma_mpi_window_allocate(engine, bytes, &ptr, win));
	part = ptr;
	for (size_t i = 0; i < bytes; i++)
		part[i] = (unsigned char)(rank * factor + (int)i);
	meet();
	return part;
}

struct aml_layout *line_layout(void *ptr, size_t element_size, size_t n)
{
	struct aml_layout *layout = NULL;

	CHECK_OK(aml_layout_dense_create(&layout, ptr, AML_LAYOUT_ORDER_C, element_size, 1, &n,
					 NULL, NULL));
	return layout;
}

struct aml_layout *line_remote(struct aml_dma_mpi_window *win, int of, size_t at,
			       size_t element_size, size_t n)
{
	/* The base may be any address: it is not used. */
	static char base[1];
	struct aml_layout *shape = line_layout(base + at, element_size, n), *layout = NULL;

	CHECK_OK(aml_layout_mpi_create(&layout, win, of, shape, base));
	aml_layout_destroy(&shape);
	return layout;
}

/* The engine `local_dma` is a multiplexer if AML_TEST_LOCAL says so. */
static void create_local(void)
{
	const char *wanted = getenv("AML_TEST_LOCAL");
	const size_t weights[] = {2, 1};

	local_dma = aml_dma_linux;
	if (wanted == NULL || strcmp(wanted, "multiplexer") != 0)
		return;
	CHECK_OK(aml_dma_linux_create(&inner[0], 2));
	CHECK_OK(aml_dma_linux_create(&inner[1], 2));
	CHECK_OK(aml_dma_multiplex_create(&local_dma, 2, (const struct aml_dma **)inner, weights));
}

static void destroy_local(void)
{
	if (local_dma != aml_dma_linux)
		CHECK_OK(aml_dma_multiplex_destroy(&local_dma));
	for (int i = 0; i < 2; i++)
		if (inner[i] != NULL)
			CHECK_OK(aml_dma_linux_destroy(&inner[i]));
}

static void set_up(int argc, char **argv)
{
	const char *method = getenv("AML_DMA_MPI_METHOD"), *slow = getenv("CK_TIMEOUT_MULTIPLIER");

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(PROGRAM_SECONDS * (slow != NULL && atoi(slow) > 1 ? (unsigned)atoi(slow) : 1));
	if (MPI_Init_thread(&argc, &argv, argc > 1 ? atoi(argv[1]) : MPI_THREAD_FUNNELED,
			    &thread_level) != MPI_SUCCESS)
		exit(EXIT_FAILURE);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	method_is_far = method != NULL && *method != '\0' && strcmp(method, "shared") != 0;
	CHECK_OK(aml_init(&argc, &argv));
	create_local();
	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, local_dma));
}

int run_suite(int argc, char **argv, const char *name, size_t n, const struct ranks_test *tests)
{
	int failed = 0;

	set_up(argc, argv);
	for (size_t i = 0; i < n; i++) {
		int all = 0;

		tests[i].run();
		MPI_Allreduce(&failures, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
		failed += all > 0;
		failures = 0;
		if (all > 0 && rank == 0)
			printf("%s:%s: %d failed checks\n", name, tests[i].name, all);
	}
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	destroy_local();
	CHECK_OK(aml_finalize());
	failed += failures;
	if (rank == 0)
		printf("%d%%: Checks: %d, Failures: %d, Errors: 0\n",
		       (int)(100 * ((int)n - failed) / (int)n), (int)n, failed);
	MPI_Finalize();
	return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
