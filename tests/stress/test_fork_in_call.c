/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A fork at every place at which a call releases the scheduler's lock or is about to take it. The
 * call does not continue in the child. The child finds nothing half done and can destroy the
 * engine.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aml/dma/linux.h>
#include <aml/layout/dense.h>

#include "made.h"
#include "suite.h"
#include "tool.h"

/* The library calls this before it takes its lock and after it has released it. */
void queue_shake(void);

/* How many more places the thread passes before it forks; 0: it does not fork. */
static __thread size_t countdown;
static struct aml_dma *dma;

void queue_shake(void)
{
	int status = -1;
	pid_t child;

	if (countdown == 0 || --countdown > 0)
		return;
	child = fork();
	if (child == 0) {
		alarm(stretched(TEST_SECONDS / 2));
		_exit(aml_dma_linux_destroy(&dma) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS,
		      "a child ended with status 0x%x", (unsigned)status);
}

/* Fill free blocks with a pattern, so that the memory of later requests is not zero. */
static void soil_heap(void)
{
	for (size_t size = 64; size < 4096; size += 16) {
		char *block = malloc(size);

		ck_assert(block != NULL);
		memset(block, 0xaa, size);
		/* Prevent the compiler from removing the block. */
		__asm__ volatile("" : : "r"(block) : "memory");
		free(block);
	}
}

/*
 * Make a copy of each kind, and fork at place number `place`. Return false if there were fewer
 * places. Workers may run the copies at the same time, so each has its own destination.
 */
static bool copy_with_fork_at(size_t place, size_t workers, size_t size)
{
	struct aml_layout *dst[4], *src;
	struct aml_dma_request *req = NULL, *other = NULL;
	char *from = calloc(1, size), *to = malloc(4 * size);
	bool forked;

	ck_assert(from != NULL && to != NULL);
	ck_assert_int_eq(aml_dma_linux_create(&dma, workers), 0);
	src = new_dense(from, AML_LAYOUT_ORDER_C, 1, 1, &size, NULL, NULL);
	for (size_t i = 0; i < 4; i++)
		dst[i] = new_dense(to + i * size, AML_LAYOUT_ORDER_C, 1, 1, &size, NULL, NULL);
	soil_heap();
	countdown = place;
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst[0], src), 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, &other, dst[1], src), 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst[2], src), 0);
	ck_assert_int_eq(aml_dma_copy(dma, dst[3], src), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_int_eq(aml_dma_cancel(dma, &other), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	forked = countdown == 0;
	countdown = 0;
	ck_assert_mem_eq(to, from, size);
	ck_assert_mem_eq(to + 2 * size, from, size);
	ck_assert_mem_eq(to + 3 * size, from, size);
	for (size_t i = 0; i < 4; i++)
		aml_layout_destroy(&dst[i]);
	aml_layout_destroy(&src);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	free(from);
	free(to);
	return forked;
}

/* Contract: FORK-4. */
START_TEST(a_child_finds_nothing_half_done)
{
	/* A copy that the posting call makes itself, and a copy that is split into parts. */
	static const size_t sizes[] = {64, 4096};

	for (size_t workers = 0; workers < 3; workers++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
			for (size_t place = 1; copy_with_fork_at(place, workers, sizes[i]); place++)
				ck_assert_uint_lt(place, 1000);
}
END_TEST

SUITE("stress/fork_in_call", a_child_finds_nothing_half_done)
