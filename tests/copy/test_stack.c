/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy uses no more of its thread's stack than the library promises. Each copy is made in a
 * thread whose stack is filled with a pattern before. The tests use each way to copy, and the
 * copies that use the most stack: staged transpositions within boxes that are split into parts,
 * walks along two sides, and the deepest nests of pads and reshape layouts, copied element by
 * element. The test build of the library stages small copies and splits them into parts. With
 * AML_TEST_STACK in the environment, the test prints the measured sizes.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "copy/run.h"
#include "gate.h"
#include "made.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

#define ROW AML_LAYOUT_ORDER_ROW_MAJOR
#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR

/* With sanitizers, a thread needs a stack of at least about 1 MiB. */
#define STACK (4 << 20)
#define PAINT 0xa5

/* The ways to copy. In each way, the calling thread makes the copy. */
enum stack_way { DIRECTLY, SYNCHRONOUSLY, WAITED_FOR, BY_BARRIER, CANCELLED, RELEASED, WAYS };

struct deep_post {
	struct aml_layout *dst, *src;
	enum stack_way way;
	aml_dma_operator op;
	void *arg;
	int result;
	/* The address of the thread's own frame. */
	const unsigned char *top;
};

static int run_operator(const struct deep_post *post)
{
	struct aml_dma_request *req = NULL, **handle = post->way == BY_BARRIER ? NULL : &req;
	struct aml_dma *dma = NULL;
	int err;

	if (post->way == DIRECTLY)
		return post->op(post->dst, post->src, post->arg);
	/* An engine without workers, so that this thread does all the work. */
	err = aml_dma_linux_create(&dma, 0);
	if (err != AML_SUCCESS)
		return err;
	if (post->way == SYNCHRONOUSLY)
		err = aml_dma_copy_custom(dma, post->dst, post->src, post->op, post->arg);
	else
		err = aml_dma_async_copy_custom(dma, handle, post->dst, post->src, post->op,
						post->arg);
	if (err == AML_SUCCESS && post->way == WAITED_FOR)
		err = aml_dma_wait(dma, &req);
	if (err == AML_SUCCESS && post->way == BY_BARRIER)
		err = aml_dma_barrier(dma);
	if (err == AML_SUCCESS && post->way == CANCELLED)
		err = aml_dma_cancel(dma, &req);
	/* RELEASED: the destruction of the engine makes the copy. */
	return aml_dma_linux_destroy(&dma) == AML_SUCCESS ? err : -AML_FAILURE;
}

static void *run(void *arg)
{
	struct deep_post *post = arg;

	post->top = __builtin_frame_address(0);
	post->result = run_operator(post);
	return NULL;
}

/* The stack that the post uses, in bytes. 0 if it cannot be measured. All threads use one stack. */
static size_t measure(struct deep_post *post)
{
	/* Tools enlarge stack frames, and report reads of frames that have ended. */
	bool measurable = !under_sanitizer() && !under_valgrind();
	static unsigned char *stack;
	size_t untouched = 0, taken = 0;
	pthread_attr_t attr;
	pthread_t thread;

	if (stack == NULL)
		stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
	ck_assert_ptr_ne(stack, MAP_FAILED);
	if (measurable)
		memset(stack, PAINT, STACK);
	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstack(&attr, stack, STACK), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, run, post), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	if (measurable) {
		while (stack[untouched] == PAINT)
			untouched++;
		taken = (size_t)(post->top - stack) - untouched;
	}
	return taken;
}

/* Run an operator in each way, and check the use of stack. */
static void stack_of(const char *what, const char *name, struct aml_layout *dst,
		     struct aml_layout *src, aml_dma_operator op, void *arg)
{
	for (int way = 0; way < WAYS; way++) {
		struct deep_post post = {dst,          src, (enum stack_way)way, op, arg,
					 -AML_FAILURE, NULL};
		size_t taken = measure(&post);

		if (getenv("AML_TEST_STACK") != NULL)
			fprintf(stderr, "%s, %s, way %d: %zu bytes\n", name, what, way, taken);
		ck_assert_msg(post.result == AML_SUCCESS, "%s, %s, way %d: %d", name, what, way,
			      post.result);
		ck_assert_msg(taken <= COPY_STACK_BYTES, "%s, %s, way %d: %zu bytes", name, what,
			      way, taken);
	}
}

/* Run the operators on numbers, for elements of a size that numbers have. */
static void stack_of_numbers(const char *what, struct aml_layout *dst, struct aml_layout *src)
{
	static const int
		integers[] =
			{[1] = AML_DMA_I8, [2] = AML_DMA_I16, [4] = AML_DMA_I32, [8] = AML_DMA_I64},
		floats[] = {
			[1] = AML_DMA_U8, [2] = AML_DMA_BF16, [4] = AML_DMA_F32, [8] = AML_DMA_F64};
	size_t size = aml_layout_element_size(dst);
	struct aml_dma_linux_convert_arg types;
	struct aml_dma_linux_reduce_arg sum;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return;
	types = (struct aml_dma_linux_convert_arg){floats[size], integers[size]};
	sum = (struct aml_dma_linux_reduce_arg){floats[size], AML_DMA_REDUCE_SUM, NULL, NULL};
	stack_of(what, "convert", dst, src, aml_dma_linux_convert, &types);
	stack_of(what, "reduce", dst, src, aml_dma_linux_reduce, &sum);
}

/* Compare, convert, reduce and copy in each way, and release both layouts. */
static void each_way(const char *what, struct aml_layout *dst, struct aml_layout *src)
{
	struct aml_dma_linux_difference out = AML_DMA_LINUX_DIFFERENCE_INIT;

	stack_of(what, "compare", dst, src, aml_dma_linux_compare, &out);
	stack_of_numbers(what, dst, src);
	stack_of(what, "copy", dst, src, aml_dma_linux_copy_generic, NULL);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
}

static _Alignas(64) unsigned char from[1 << 20], to[1 << 20];

static struct aml_layout *column_pad(struct aml_layout *target, const size_t *dims)
{
	static char neutral[256];
	struct aml_layout *made = NULL;

	ck_assert_int_eq(aml_layout_pad_create(&made, COLUMN, target, dims, neutral), AML_SUCCESS);
	return made;
}

static struct aml_layout *column_reshape(struct aml_layout *target, size_t ndims,
					 const size_t *dims)
{
	struct aml_layout *made = NULL;

	ck_assert_int_eq(aml_layout_reshape_create(&made, target, COLUMN, ndims, dims),
			 AML_SUCCESS);
	return made;
}

/* A matrix whose native dimension 1 is the contiguous one. */
static struct aml_layout *transposed(void *ptr, size_t size, const size_t *dims)
{
	return new_dense(ptr, COLUMN, size, 2, dims, (size_t[]){dims[1], 1}, (size_t[]){1, 1});
}

/* Contract: COPY-5. */
START_TEST(transpositions)
{
	static const size_t sizes[] = {1, 2, 3, 4, 8, 12, 16, 32};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t size = sizes[i], dims[] = {160, 128};

		each_way("transposition", new_dense(to, COLUMN, size, 2, dims, NULL, NULL),
			 transposed(from, size, dims));
		each_way("transposition within boxes",
			 new_dense(to, COLUMN, size, 2, dims, NULL, NULL),
			 column_pad(transposed(from, size, (size_t[]){144, 112}), dims));
		each_way(
			"transposition to a pad",
			column_pad(new_dense(to, COLUMN, size, 2, (size_t[]){144, 112}, NULL, NULL),
				   dims),
			transposed(from, size, dims));
	}
}
END_TEST

/* Contract: COPY-5. */
START_TEST(runs_and_walks)
{
	static const size_t sizes[] = {1, 8, 48, 256};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t size = sizes[i], dims[] = {24, 20}, other[] = {20, 24}, pitch[] = {25, 20};

		each_way("flat", new_dense(to, COLUMN, size, 2, dims, NULL, NULL),
			 new_dense(from, COLUMN, size, 2, dims, NULL, NULL));
		each_way("runs", new_dense(to, COLUMN, size, 2, dims, NULL, pitch),
			 new_dense(from, COLUMN, size, 2, dims, NULL, NULL));
		each_way("gathered runs", new_dense(to, COLUMN, size, 2, dims, NULL, NULL),
			 new_dense(from, COLUMN, size, 2, dims, (size_t[]){3, 1},
				   (size_t[]){72, 20}));
		each_way(
			"walk",
			column_reshape(new_dense(to, COLUMN, size, 2, other, NULL, pitch), 2, dims),
			new_dense(from, COLUMN, size, 2, dims, NULL, pitch));
	}
}
END_TEST

/* The layouts of a nest: only pads, pads in front, only reshape layouts, or pads and these in turn.
 */
enum stack_nest { PADS, PADS_IN_FRONT, RESHAPES, BOTH, NESTS };

/* The deepest nest over a layout of 2 × 3 × 4. */
static struct aml_layout *nest_over(struct aml_layout *layout, enum stack_nest nest)
{
	static const size_t dims[][3] = {{2, 3, 4}, {4, 3, 2}};
	size_t which = 0, extents[3];

	memcpy(extents, dims[0], sizeof(extents));
	for (size_t depth = 0; depth < AML_LAYOUT_DEPTH_MAX; depth++) {
		if (nest == PADS || (nest == BOTH && depth % 2 == 0)) {
			layout = column_pad(layout, extents);
		} else if (nest == PADS_IN_FRONT) {
			static const size_t offsets[] = {1, 0, 0};
			static char neutral[8];

			extents[0]++;
			ck_assert_int_eq(aml_layout_pad_create_at(&layout, COLUMN, layout, extents,
								  neutral, offsets),
					 AML_SUCCESS);
		} else {
			which = !which;
			memcpy(extents, dims[which], sizeof(extents));
			layout = column_reshape(layout, 3, extents);
		}
	}
	return layout;
}

/* The innermost layout: dense, or custom with the fast path, with duplicate, or with neither. */
static struct aml_layout *bottom(int kind, void *ptr)
{
	static const int flags[] = {0, USER_STEPS, USER_DUPLICATE, 0};
	const size_t dims[] = {2, 3, 4};
	struct user_layout *made;
	struct oracle oracle;

	if (kind == 0)
		return new_dense(ptr, COLUMN, 8, 3, dims, NULL, NULL);
	oracle_dense(&oracle, ptr, COLUMN, 8, 3, dims, NULL, NULL);
	made = user_layout_create(&oracle, COLUMN, flags[kind], NULL);
	oracle_destroy(&oracle);
	return &made->layout;
}

/* Contract: COPY-5. */
START_TEST(the_deepest_nests)
{
	for (int nest = 0; nest < NESTS; nest++) {
		for (int kind = 0; kind < 4; kind++) {
			struct aml_layout *dst = nest_over(bottom(kind, to), (enum stack_nest)nest);
			struct aml_layout *src =
				nest_over(bottom(kind, from), (enum stack_nest)nest);

			memset(to, 0, sizeof(to));
			for (size_t i = 0; i < 24 * 8; i++)
				from[i] = (unsigned char)(1 + i);
			each_way("nest", dst, src);
			ck_assert_mem_eq(to, from, 24 * 8);
		}
	}
}
END_TEST

SUITE("copy/stack", transpositions, runs_and_walks, the_deepest_nests)
