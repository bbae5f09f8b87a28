/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies and other operators by element that several threads run: who calls the operators of custom
 * layouts, elements without an address, a cancel in the middle, and operators that use the engine
 * themselves. The test build of the library splits small copies into parts.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>

#include "gate.h"
#include "made.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR

/* The number of elements of a copy, which has many parts. */
#define N 2000

static int to[N], from[N], untouched[N];

static void fill_in(void)
{
	for (int i = 0; i < N; i++) {
		from[i] = 1 + i;
		to[i] = untouched[i] = -1 - i;
	}
}

static struct user_layout *user(int *numbers, int flags)
{
	struct user_layout *made;
	struct oracle oracle;

	oracle_dense(&oracle, numbers, COLUMN, sizeof(int), 1, (size_t[]){N}, NULL, NULL);
	made = user_layout_create(&oracle, COLUMN, flags, NULL);
	oracle_destroy(&oracle);
	return made;
}

static struct aml_layout *dense(int *numbers)
{
	return new_dense(numbers, COLUMN, sizeof(int), 1, (size_t[]){N}, NULL, NULL);
}

/*
 * The operators that visit elements, in a form that makes the destination equal to the source.
 * `equal`: it must be so before.
 */
static struct aml_dma_linux_convert_arg same_type = {AML_DMA_I32, AML_DMA_I32};
static struct aml_dma_linux_reduce_arg maximum = {AML_DMA_I32, AML_DMA_REDUCE_MAX, NULL, NULL};
static const struct {
	aml_dma_operator op;
	void *arg;
	bool equal;
} visitors[] = {
	{aml_dma_linux_copy_generic, NULL, false},
	{aml_dma_linux_convert, &same_type, false},
	{aml_dma_linux_reduce, &maximum, false},
	{aml_dma_linux_compare, NULL, true},
};

#define VISITORS (sizeof(visitors) / sizeof(*visitors))

/* Run an operator, and check the destination. */
static void visit(struct aml_dma *dma, size_t which, struct aml_layout *dst, struct aml_layout *src)
{
	fill_in();
	if (visitors[which].equal)
		memcpy(to, from, sizeof(to));
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, NULL, dst, src, visitors[which].op,
						   visitors[which].arg),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
}

/* The source's element at these coordinates. */
static void *element(const size_t *coords)
{
	return &from[coords[0]];
}

/* In each round, the first two threads that ask for an element wait for each other. */
static atomic_int met, rounds;
static sem_t both_are_here[2];

static void *meet(const struct aml_layout_data *data, const size_t *coords)
{
	static __thread int last_round;
	int turn;

	(void)data;
	if (last_round != atomic_load(&rounds)) {
		last_round = atomic_load(&rounds);
		turn = atomic_fetch_add(&met, 1);
		if (turn < 2) {
			sem_post(&both_are_here[1 - turn]);
			while (sem_wait(&both_are_here[turn]) != 0)
				;
		}
	}
	return element(coords);
}

/* Contract: COPY-12. */
START_TEST(several_threads_visit_a_concurrent_layout)
{
	struct aml_dma *dma = new_engine(2);
	struct user_layout *src = user(from, USER_CONCURRENT);
	struct aml_layout *dst = dense(to);

	sem_init(&both_are_here[0], 0, 0);
	sem_init(&both_are_here[1], 0, 0);
	src->ops.deref_native = meet;
	for (size_t which = 0; which < VISITORS; which++) {
		atomic_store(&met, 0);
		atomic_fetch_add(&rounds, 1);
		/* With one thread, the request would never end. */
		visit(dma, which, dst, &src->layout);
		ck_assert_int_ge(atomic_load(&met), 2);
	}
	destroy_engine(&dma);
	destroy_layout(&src->layout);
	destroy_layout(dst);
}
END_TEST

/* The thread that asked for an element first, and whether another thread has asked too. */
static atomic_int first_tid;
static atomic_bool several;

static void *watch(const struct aml_layout_data *data, const size_t *coords)
{
	static __thread int tid;
	int none = 0;

	(void)data;
	if (tid == 0)
		tid = gettid();
	if (!atomic_compare_exchange_strong(&first_tid, &none, tid) && none != tid)
		atomic_store(&several, true);
	if (coords[0] % 64 == 0)
		sched_yield();
	return element(coords);
}

/* Contract: COPY-12. */
START_TEST(one_thread_visits_any_other_layout)
{
	struct aml_dma *dma = new_engine(2);
	struct aml_layout *dst = dense(to);

	for (int answer = -1; answer <= 2; answer++) {
		struct user_layout *src = user(from, answer < 0 ? 0 : USER_CONCURRENT);

		/* Not concurrent: no operator; 0; and, instead of 1, the one of dense layouts. */
		src->concurrent_result = answer;
		if (answer == 1)
			src->ops.concurrent = aml_layout_column_ops.concurrent;
		src->ops.deref_native = watch;
		for (size_t k = 0; k < 20 * VISITORS; k++) {
			atomic_store(&first_tid, 0);
			visit(dma, k % VISITORS, dst, &src->layout);
			ck_assert(!atomic_load(&several));
		}
		destroy_layout(&src->layout);
	}
	destroy_layout(dst);
	destroy_engine(&dma);
}
END_TEST

enum copying { DIRECTLY, SYNCHRONOUSLY, WITH_A_HANDLE, WITHOUT_A_HANDLE, WAYS };

/* Copy, destroy the layouts, and return the result of the copy. */
static int copy(struct aml_dma *dma, enum copying way, struct aml_layout *dst,
		struct aml_layout *src)
{
	struct aml_dma_request *req = NULL;
	int err = AML_SUCCESS;

	if (way == DIRECTLY)
		err = aml_dma_linux_copy_generic(dst, src, NULL);
	else if (way == SYNCHRONOUSLY)
		err = aml_dma_copy(dma, dst, src);
	else
		ck_assert_int_eq(
			aml_dma_async_copy(dma, way == WITH_A_HANDLE ? &req : NULL, dst, src),
			AML_SUCCESS);
	destroy_layout(dst);
	destroy_layout(src);
	if (way == WITH_A_HANDLE)
		err = aml_dma_wait(dma, &req);
	if (way == WITHOUT_A_HANDLE)
		err = aml_dma_barrier(dma);
	return err;
}

/* Whether each element is either untouched or copied. */
static bool partly_copied(void)
{
	for (int i = 0; i < N; i++)
		if (to[i] != from[i] && to[i] != untouched[i])
			return false;
	return true;
}

/* Contract: COPY-8, COPY-13, OWN-6. */
START_TEST(an_element_without_an_address_fails_the_request)
{
	static const size_t holes[] = {0, 1, N / 3, N / 2, N - 1};

	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);

		for (unsigned i = 0; i < 5 * WAYS * 2; i++) {
			const int flags = USER_CONCURRENT | USER_DUPLICATE;
			size_t hole = holes[i % 5];
			enum copying way = (enum copying)(i / 5 % WAYS);
			bool in_dst = i / 5 / WAYS;
			struct user_calls calls[2] = {{0}, {0}};
			struct user_layout *dst = user(to, flags), *src = user(from, flags);

			fill_in();
			dst->calls = &calls[0];
			src->calls = &calls[1];
			(in_dst ? dst : src)->cells[hole] = NULL;
			ck_assert_int_eq(copy(dma, way, &dst->layout, &src->layout), -AML_FAILURE);
			ck_assert_int_eq(to[hole], untouched[hole]);
			ck_assert(partly_copied());
			/* The request has released its duplicates. */
			for (int k = 0; k < 2; k++)
				ck_assert_uint_eq(calls[k].destroy, calls[k].duplicate + 1);
			/* Nothing is left of the failure. */
			ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
			ck_assert_int_eq(copy(dma, way, &user(to, flags)->layout,
					      &user(from, flags)->layout),
					 AML_SUCCESS);
			ck_assert_mem_eq(to, from, sizeof(to));
		}
		destroy_engine(&dma);
	}
}
END_TEST

/* A worker that asks for an element for the first time passes the gate. */
static struct gate gate;
static atomic_int asked;

static void *pass(const struct aml_layout_data *data, const size_t *coords)
{
	static __thread bool has_passed;

	(void)data;
	atomic_fetch_add(&asked, 1);
	if (!has_passed) {
		has_passed = true;
		gate_pass(&gate);
	}
	return element(coords);
}

/* Wait until the cancel has removed the rest of the copy from the queue. */
static void await_empty_queue(struct aml_dma *dma)
{
	bool empty = false;

	while (!empty) {
		char *text = NULL;
		size_t size;
		FILE *stream = open_memstream(&text, &size);

		sched_yield();
		ck_assert_int_eq(aml_dma_fprintf(stream, "", dma), AML_SUCCESS);
		fclose(stream);
		empty = strstr(text, "queued requests: 0\n") != NULL;
		free(text);
	}
}

/* Contract: CANCEL-3. */
START_TEST(a_cancel_lets_no_further_part_begin)
{
	for (size_t threads = 1; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct aml_dma_request *req = NULL;
		struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req};
		struct user_calls calls = {0};
		struct user_layout *src = user(from, USER_CONCURRENT | USER_DUPLICATE);
		struct aml_layout *dst = dense(to);
		int copied = 0;

		fill_in();
		gate_init(&gate);
		atomic_store(&asked, 0);
		src->calls = &calls;
		src->ops.deref_native = pass;
		ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, &src->layout), AML_SUCCESS);
		destroy_layout(&src->layout);
		destroy_layout(dst);
		for (size_t i = 0; i < threads; i++)
			gate_await(&gate);
		call_begin(&cancel);
		await_empty_queue(dma);
		ck_assert_int_eq(atomic_load(&cancel.ended), 0);
		for (size_t i = 0; i < threads; i++)
			gate_open(&gate);
		ck_assert_int_eq(call_end(&cancel), AML_SUCCESS);
		ck_assert_ptr_null(req);
		ck_assert(partly_copied());
		for (int i = 0; i < N; i++)
			copied += to[i] == from[i];
		/* One part for each worker. A part has a few elements. */
		ck_assert_int_eq(copied, atomic_load(&asked));
		ck_assert_int_ge(copied, (int)threads);
		ck_assert_int_lt(copied, N / 4);
		ck_assert_uint_eq(calls.destroy, calls.duplicate + 1);
		ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

/* What the operator below uses, and the lines of its expectations that failed. */
static struct aml_dma *inner;
static struct aml_dma *outer;
static struct aml_dma_request *outer_req;
static atomic_int failed_line;

#define EXPECT(condition)                                     \
	do {                                                  \
		if (!(condition))                             \
			atomic_store(&failed_line, __LINE__); \
	} while (0)

/* Now and then, copy by an engine, and try what an operator may not do. */
static void *copy_inside(const struct aml_layout_data *data, const size_t *coords)
{
	(void)data;
	if (coords[0] % 50 == 7) {
		struct aml_dma_request *req = NULL, *own = outer_req;
		struct aml_dma *dma = outer;
		int value = 0;

		EXPECT(aml_dma_async_copy_custom(inner, &req, (struct aml_layout *)&value,
						 (struct aml_layout *)&from[coords[0]],
						 aml_dma_linux_memcpy_op,
						 (void *)sizeof(value)) == AML_SUCCESS);
		EXPECT(aml_dma_wait(inner, &req) == AML_SUCCESS);
		EXPECT(value == from[coords[0]]);
		EXPECT(aml_dma_barrier(outer) == -AML_EBUSY);
		EXPECT(aml_dma_linux_destroy(&dma) == -AML_EBUSY);
		if (own != NULL) {
			EXPECT(aml_dma_wait(outer, &own) == -AML_EBUSY);
			EXPECT(aml_dma_cancel(outer, &own) == -AML_EBUSY);
		}
	}
	return element(coords);
}

/* Contract: NEST-1, NEST-4, BARRIER-8, ENGINE-5. */
START_TEST(operators_in_parts_may_post_and_wait)
{
	for (size_t threads = 0; threads < 4; threads++) {
		for (int other = 0; other < 2; other++) {
			struct user_layout *src = user(from, USER_CONCURRENT);
			struct aml_layout *dst = dense(to);

			fill_in();
			outer = new_engine(threads);
			inner = other ? new_engine(1) : outer;
			src->ops.deref_native = copy_inside;
			outer_req = NULL;
			ck_assert_int_eq(aml_dma_copy(outer, dst, &src->layout), AML_SUCCESS);
			ck_assert_mem_eq(to, from, sizeof(to));
			fill_in();
			/* Nothing runs before the wait, which sets the handle to NULL at its end.
			 */
			if (threads == 0) {
				ck_assert_int_eq(
					aml_dma_async_copy(outer, &outer_req, dst, &src->layout),
					AML_SUCCESS);
				ck_assert_int_eq(aml_dma_wait(outer, &outer_req), AML_SUCCESS);
				ck_assert_mem_eq(to, from, sizeof(to));
			}
			ck_assert_int_eq(atomic_load(&failed_line), 0);
			destroy_layout(&src->layout);
			destroy_layout(dst);
			if (other)
				destroy_engine(&inner);
			destroy_engine(&outer);
		}
	}
}
END_TEST

/* Contract: COPY-7, COPY-12. */
START_TEST(pads_over_concurrent_layouts_are_copied_in_parts)
{
	static int wide[N + 100], back[N];

	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		const size_t dims[] = {N + 100}, offsets[] = {60};
		struct aml_layout *pad = NULL;
		int neutral = -9;

		fill_in();
		ck_assert_int_eq(aml_layout_pad_create_at(&pad, COLUMN,
							  &user(from, USER_CONCURRENT)->layout,
							  dims, &neutral, offsets),
				 AML_SUCCESS);
		ck_assert_int_eq(copy(dma, SYNCHRONOUSLY,
				      new_dense(wide, COLUMN, sizeof(int), 1, dims, NULL, NULL),
				      pad),
				 AML_SUCCESS);
		for (int i = 0; i < N + 100; i++)
			ck_assert_int_eq(wide[i], i < 60 || i >= N + 60 ? -9 : from[i - 60]);
		memset(back, 0, sizeof(back));
		ck_assert_int_eq(aml_layout_pad_create_at(&pad, COLUMN,
							  &user(back, USER_CONCURRENT)->layout,
							  dims, &neutral, offsets),
				 AML_SUCCESS);
		ck_assert_int_eq(copy(dma, SYNCHRONOUSLY, pad,
				      new_dense(wide, COLUMN, sizeof(int), 1, dims, NULL, NULL)),
				 AML_SUCCESS);
		ck_assert_mem_eq(back, from, sizeof(back));
		destroy_engine(&dma);
	}
}
END_TEST

SUITE("copy/concurrent", several_threads_visit_a_concurrent_layout,
      one_thread_visits_any_other_layout, an_element_without_an_address_fails_the_request,
      a_cancel_lets_no_further_part_begin, operators_in_parts_may_post_and_wait,
      pads_over_concurrent_layouts_are_copied_in_parts)
