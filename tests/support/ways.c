/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways to run an operator: see ways.h. */
#include "ways.h"

#include <string.h>

#include <aml/dma/completion.h>

#include "made.h"
#include "suite.h"
#include "user_layout.h"

struct aml_dma *engines[3];

void engines_up(void)
{
	for (size_t threads = 0; threads < 3; threads++)
		engines[threads] = new_engine(threads);
}

void engines_down(void)
{
	for (size_t threads = 0; threads < 3; threads++)
		destroy_engine(&engines[threads]);
}

struct aml_layout *ways_value(void *address)
{
	return (struct aml_layout *)address;
}

/* Release what a posted request may outlive. */
static void release(struct ways_run *run)
{
	for (size_t i = 0; i < 2; i++)
		if (run->gone[i] != NULL)
			aml_layout_destroy(&run->gone[i]->layout);
	for (size_t i = 0; i < sizeof(run->copied) / sizeof(*run->copied); i++)
		if (run->copied[i].at != NULL)
			memset(run->copied[i].at, 0xa5, run->copied[i].size);
}

/* Post an operator and a request without one, which does nothing or copies in its turn. */
static int run_posted(struct ways_run *run)
{
	struct aml_dma_post_attr posts[2] = {AML_DMA_POST_ATTR_INIT, AML_DMA_POST_ATTR_INIT};
	struct aml_dma_request *reqs[2] = {NULL, NULL};
	int err;

	posts[0].dest = run->dst;
	posts[0].src = run->src;
	posts[0].op = run->op;
	posts[0].op_arg = run->arg;
	if (run->way == POST)
		err = aml_dma_post(run->dma, 2, posts, reqs);
	else
		err = aml_dma_async_copy_custom(run->dma, run->way == ASYNC ? reqs : NULL, run->dst,
						run->src, run->op, run->arg);
	if (err != AML_SUCCESS)
		return err;
	release(run);
	if (run->way == NO_HANDLE)
		return aml_dma_barrier(run->dma);
	err = aml_dma_wait(run->dma, &reqs[0]);
	if (run->way == POST)
		ck_assert_int_eq(aml_dma_wait(run->dma, &reqs[1]), AML_SUCCESS);
	return err;
}

int ways_run(struct ways_run *run)
{
	if (run->way == CALL)
		return run->op(run->dst, run->src, run->arg);
	if (run->way == COPY)
		return aml_dma_copy_custom(run->dma, run->dst, run->src, run->op, run->arg);
	return run_posted(run);
}

void ways_expect(int wanted, struct aml_layout *dst, struct aml_layout *src, aml_dma_operator op,
		 void *arg)
{
	for (enum run_way way = CALL; way < WAYS; way++) {
		struct ways_run run = {way, engines[1], dst, src, op, arg, {NULL, NULL}, {{0}}};

		ck_assert_int_eq(ways_run(&run), wanted);
	}
	ck_assert_int_eq(aml_dma_barrier(engines[1]), AML_SUCCESS);
}

void ways_expect_lacking(struct aml_layout *dst, struct aml_layout *src, aml_dma_operator op,
			 void *arg)
{
	for (int i = 0; i < 8; i++) {
		struct aml_layout *whole = i < 4 ? dst : src;
		struct aml_layout_ops table = *whole->ops;
		struct aml_layout lacking = {&table, whole->data};

		if (i % 4 == 0)
			table.deref_native = NULL;
		else if (i % 4 == 1)
			table.ndims = NULL;
		else if (i % 4 == 2)
			table.dims_native = NULL;
		else
			table.element_size = NULL;
		ways_expect(-AML_ENOTSUP, i < 4 ? &lacking : dst, i < 4 ? src : &lacking, op, arg);
	}
}

/* Expect each number to be 0 or the wanted one, and that of the hole to be 0. */
static void expect_old_or_new(const struct ways_numbers *numbers, size_t hole)
{
	static const char zeros[16];
	size_t size = numbers->to_size;

	for (size_t i = 0; i < numbers->count; i++) {
		const char *at = (const char *)numbers->to + i * size;

		if (memcmp(at, zeros, size) == 0)
			continue;
		if (i == hole || memcmp(at, (const char *)numbers->wanted + i * size, size) != 0)
			ck_abort_msg("element %zu is neither old nor new", i);
	}
}

void ways_expect_holes(const struct ways_numbers *numbers, aml_dma_operator op, void *arg)
{
	size_t n = numbers->count;
	struct aml_layout *src = new_dense(numbers->from, AML_LAYOUT_ORDER_ROW_MAJOR,
					   numbers->from_size, 1, &n, NULL, NULL);
	struct aml_layout *dst = new_dense(numbers->to, AML_LAYOUT_ORDER_ROW_MAJOR,
					   numbers->to_size, 1, &n, NULL, NULL);

	for (size_t hole = 0; hole < n; hole += n / 3 + 1) {
		struct aml_layout *to =
			&user_layout_with_hole(numbers->to, numbers->to_size, n, hole)->layout;
		struct aml_layout *from =
			&user_layout_with_hole(numbers->from, numbers->from_size, n, hole)->layout;

		memset(numbers->to, 0, n * numbers->to_size);
		ways_expect(-AML_FAILURE, to, src, op, arg);
		ways_expect(-AML_FAILURE, dst, from, op, arg);
		expect_old_or_new(numbers, hole);
		destroy_layout(to);
		destroy_layout(from);
	}
	destroy_layout(dst);
	destroy_layout(src);
}
