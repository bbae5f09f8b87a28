/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Test programs of several processes. A program is a file of tests, START_TEST … END_TEST, and one
 * SUITE line that names all of them. All processes run each test, and meet after it. No process
 * forks for a test, as those of Check do, because MPI does not allow that.
 *
 * The arguments of a program: the level of thread support to ask for, as a number, 1 if it is
 * missing (MPI_THREAD_FUNNELED). With AML_TEST_LOCAL=multiplexer in the environment, the engine
 * that copies within the process is a multiplexer.
 */
#ifndef MPI_TESTS_RANKS_H
#define MPI_TESTS_RANKS_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/mpi.h>
#include <aml/layout/dense.h>
#include <aml/layout/steps.h>

/* The processes, and this one among them. */
extern int ranks, rank;
/* The level of thread support that MPI provides. */
extern int thread_level;
/* An engine for tests that need no other, over MPI_COMM_WORLD and `local_dma`. */
extern struct aml_dma *engine;
/* aml_dma_linux, or a multiplexer. */
extern struct aml_dma *local_dma;
/* Does AML_DMA_MPI_METHOD keep windows from being shared? */
extern bool method_is_far;

/* Report a failure, and return: the other processes must not wait for this one. */
void check_failed(const char *file, int line, const char *what);

#define CHECK(condition)                                              \
	do {                                                          \
		if (!(condition))                                     \
			check_failed(__FILE__, __LINE__, #condition); \
	} while (0)

/* Check that an int is the expected one, and print both. */
void check_code(const char *file, int line, const char *what, int code, int expected);

#define CHECK_CODE(call, expected) check_code(__FILE__, __LINE__, #call, (call), (expected))
#define CHECK_OK(call) CHECK_CODE(call, AML_SUCCESS)

/* Wait for all processes, and see what they have put. */
void meet(void);

int next_rank(void);

/*
 * Allocate a window whose parts have this many bytes. Byte i of the part of a rank is
 * rank * factor + i. Returns the part of this process.
 */
unsigned char *filled_window(size_t bytes, int factor, struct aml_dma_mpi_window **win);

/* Make a dense layout of one dimension. */
struct aml_layout *line_layout(void *ptr, size_t element_size, size_t n);

/* Make the remote layout of n elements from the displacement `at` of a rank's part. */
struct aml_layout *line_remote(struct aml_dma_mpi_window *win, int of, size_t at,
			       size_t element_size, size_t n);

struct ranks_test {
	const char *name;
	void (*run)(void);
};

/* Run all tests, in all processes. Returns the exit status. */
int run_suite(int argc, char **argv, const char *name, size_t n, const struct ranks_test *tests);

/* A test is its own description, as with Check. */
#define START_TEST(name)                                           \
	static void name##_run(void);                              \
	static const struct ranks_test name = {#name, name##_run}; \
	static void name##_run(void)
#define END_TEST

#define SUITE(name, ...)                                                                   \
	int main(int argc, char **argv)                                                    \
	{                                                                                  \
		const struct ranks_test tests[] = {__VA_ARGS__};                           \
		return run_suite(argc, argv, name, sizeof(tests) / sizeof(*tests), tests); \
	}

#endif /* MPI_TESTS_RANKS_H */
