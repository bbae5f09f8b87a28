/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers were created with the program's default thread attributes. If the default was detached,
 * detached threads were joined. If the stack was small, or thread-local storage used most of it, a
 * copy crashed.
 */
#include <aml/layout/dense.h>
#include <pthread.h>
#include <unistd.h>

#include "gate.h"
#include "suite.h"

enum { SIDE = 2048, STACK_FOR_OPERATORS = 256 << 10 };

/* Thread-local storage, which takes its memory from the stack of a thread. */
static __thread volatile unsigned char storage[3 << 20];

/* A body: check that this thread is joinable, and that its stack has the promised room. */
static int look(struct job *job)
{
	volatile unsigned char room[STACK_FOR_OPERATORS];
	pthread_attr_t attr;
	int state = -1;

	(void)job;
	NEED(pthread_getattr_np(pthread_self(), &attr) == 0);
	NEED(pthread_attr_getdetachstate(&attr, &state) == 0);
	NEED(pthread_attr_destroy(&attr) == 0);
	NEED(state == PTHREAD_CREATE_JOINABLE);
	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = (unsigned char)i;
	NEED(room[sizeof(room) - 1] == 255);
	for (size_t i = 0; i < sizeof(storage); i += 4096)
		storage[i] = 1;
	storage[sizeof(storage) - 1] = 1;
	return -AML_EDOM;
}

/* Let the workers run a large transposition, the copy that uses the most stack. */
static void transpose(struct aml_dma *dma)
{
	static double from[SIDE][SIDE], to[SIDE][SIDE];
	size_t dims[] = {SIDE, SIDE}, turned[] = {SIDE, 1}, pitch[] = {1, 1};
	struct aml_layout *dst = NULL, *src = NULL;
	int right = 0;

	for (int i = 0; i < SIDE; i++)
		for (int k = 0; k < SIDE; k++)
			from[i][k] = i * SIDE + k;
	ck_assert_int_eq(aml_layout_dense_create(&src, from, AML_LAYOUT_ORDER_FORTRAN,
						 sizeof(double), 2, dims, NULL, NULL),
			 0);
	ck_assert_int_eq(aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_FORTRAN, sizeof(double),
						 2, dims, turned, pitch),
			 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst, src), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	for (int i = 0; i < SIDE; i++)
		for (int k = 0; k < SIDE; k++)
			right += to[k][i] == from[i][k];
	ck_assert_int_eq(right, SIDE * SIDE);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
}

/* Use engines while the program's threads have these default attributes. */
static void use_with_default(size_t stack, int state)
{
	struct job jobs[4];
	struct aml_dma *dma = NULL;
	pthread_attr_t attr;
	long least = sysconf(_SC_THREAD_STACK_MIN);

	/* Some machines do not take as little. */
	if (least > 0 && stack < (size_t)least)
		stack = (size_t)least;
	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, stack), 0);
	ck_assert_int_eq(pthread_attr_setdetachstate(&attr, state), 0);
	ck_assert_int_eq(pthread_setattr_default_np(&attr), 0);
	ck_assert_int_eq(pthread_attr_destroy(&attr), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(aml_dma_linux_create(&dma, 2), 0);
		for (int k = 0; k < 4; k++) {
			jobs[k] = (struct job){.body = look};
			ck_assert_int_eq(job_post(dma, NULL, &jobs[k]), 0);
		}
		for (int k = 0; k < 4; k++)
			ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
		transpose(dma);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}

/* Contract: THREAD-6. */
START_TEST(they_are_joinable)
{
	use_with_default((size_t)8 << 20, PTHREAD_CREATE_DETACHED);
}
END_TEST

/* Contract: THREAD-6. */
START_TEST(their_stacks_have_room_where_the_default_has_little)
{
	use_with_default((size_t)sysconf(_SC_THREAD_STACK_MIN), PTHREAD_CREATE_JOINABLE);
	use_with_default(40 << 10, PTHREAD_CREATE_DETACHED);
}
END_TEST

/* Contract: THREAD-6. */
START_TEST(their_stacks_have_room_beside_thread_local_storage)
{
	use_with_default(sizeof(storage) + (64 << 10), PTHREAD_CREATE_JOINABLE);
	use_with_default((size_t)2 << 20, PTHREAD_CREATE_JOINABLE);
}
END_TEST

SUITE("regressions/workers_have_attributes_of_their_own", they_are_joinable,
      their_stacks_have_room_where_the_default_has_little,
      their_stacks_have_room_beside_thread_local_storage)
