/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every fault of posting the operators of aml/dma/operators.h: by layouts of all kinds, with and
 * without a handle, in a batch. A request that could not be posted has changed nothing.
 */
#include <aml/dma/completion.h>
#include <aml/dma/operators.h>
#include <limits.h>
#include <string.h>

#include "exhaust.h"
#include "number_sides.h"
#include "suite.h"

/* The value of an output before it is stored. */
#define UNTOUCHED ((void *)(uintptr_t)0x5a5a)

/* The layouts of the request, new for each run, and the engine. */
static struct sample dst, src;
static struct rng rng;
static struct aml_dma *dma;
static size_t workers;

/* How and what is posted. */
static enum { WITH_HANDLE, WITHOUT_HANDLE, SYNCHRONOUS, BATCH, POSTINGS } posting;
static enum { COMPARES, CONVERTS, REDUCES, OPERATORS } what;
static struct aml_dma_request *handle;

/* The numbers are of these types. */
enum { DST_TYPE = AML_DMA_F64, SRC_TYPE = AML_DMA_I16 };
static const double alpha = 3, beta = -2;
static const struct aml_dma_linux_convert_arg types = {DST_TYPE, SRC_TYPE};
static const struct aml_dma_linux_reduce_arg axpby = {DST_TYPE, AML_DMA_REDUCE_AXPBY, &alpha,
						      &beta};
static struct aml_dma_linux_difference out;

static int src_type(void)
{
	return what == CONVERTS ? SRC_TYPE : DST_TYPE;
}

static uint64_t bits_of(double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

static int post_operator(void)
{
	static const aml_dma_operator operators[] = {aml_dma_linux_compare, aml_dma_linux_convert,
						     aml_dma_linux_reduce};
	void *const args[] = {&out, (void *)(uintptr_t)&types, (void *)(uintptr_t)&axpby};
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	if (posting == SYNCHRONOUS)
		return aml_dma_copy_custom(dma, dst.layout, src.layout, operators[what],
					   args[what]);
	if (posting != BATCH)
		return aml_dma_async_copy_custom(dma, posting == WITH_HANDLE ? &handle : NULL,
						 dst.layout, src.layout, operators[what],
						 args[what]);
	attr.dest = dst.layout;
	attr.src = src.layout;
	attr.op = operators[what];
	attr.op_arg = args[what];
	return aml_dma_post(dma, 1, &attr, &handle);
}

static int nothing_changed(void)
{
	NEED(handle == UNTOUCHED);
	NEED(out.count == 77 && out.coords[0] == 77);
	NEED(guard_intact(&dst.memory));
	NEED(guard_intact(&src.memory));
	return 0;
}

/* Check the result of a comparison, or enter the expected numbers. */
static int check_results(void)
{
	uint64_t count = 0;

	for (size_t n = 0; n < dst.oracle.count; n++) {
		uint64_t to = number_side_load(&dst, DST_TYPE, n);
		uint64_t from = number_side_load(&src, src_type(), n);
		uint64_t wanted;

		count += to != from;
		if (what == COMPARES || dst.oracle.cells[n].neutral)
			continue;
		memcpy(&wanted, dst.memory.expected + (dst.oracle.cells[n].at - dst.memory.data),
		       sizeof(wanted));
		if (what == CONVERTS)
			wanted = exact_convert(DST_TYPE, SRC_TYPE, from);
		else
			wanted = exact_reduce(DST_TYPE, axpby.operation, wanted, from,
					      bits_of(alpha), bits_of(beta));
		NEED(exact_same(DST_TYPE, wanted, to));
		number_side_expect(&dst, DST_TYPE, n, to);
	}
	if (what == COMPARES) {
		NEED(out.count == count);
		out.count = out.coords[0] = 77;
	}
	return 0;
}

static int operator_done(void)
{
	if (posting == WITH_HANDLE || posting == BATCH) {
		NEED(handle != UNTOUCHED && handle != NULL);
		NEED(aml_dma_wait(dma, &handle) == AML_SUCCESS);
		NEED(handle == NULL);
		handle = UNTOUCHED;
	}
	NEED(aml_dma_barrier(dma) == AML_SUCCESS);
	NEED(check_results() == 0);
	return nothing_changed();
}

static int prepare_operator(void)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], ndims;

	rng_start(&rng, rng.number);
	ndims = sample_dims(&rng, dims);
	sample_create(&dst, &rng, SAMPLE_NESTED, exact_bytes(DST_TYPE), ndims, dims);
	sample_create(&src, &rng, SAMPLE_NESTED | SAMPLE_SOURCE, exact_bytes(src_type()), ndims,
		      dims);
	number_side_fill(&dst, DST_TYPE, &rng);
	number_side_fill(&src, src_type(), &rng);
	out = (struct aml_dma_linux_difference)AML_DMA_LINUX_DIFFERENCE_INIT;
	out.count = out.coords[0] = 77;
	handle = UNTOUCHED;
	ck_assert_int_eq(aml_dma_linux_create(&dma, workers), AML_SUCCESS);
	return 0;
}

static int release_operator(void)
{
	sample_destroy(&dst);
	sample_destroy(&src);
	NEED(aml_dma_linux_destroy(&dma) == AML_SUCCESS);
	return 0;
}

/* Contract: ERROR-5, OPERATOR-14. */
START_TEST(operators_on_numbers_without_memory)
{
	const struct act act = {
		.name = "compare, convert, reduce",
		.prepare = prepare_operator,
		.call = post_operator,
		.untouched = nothing_changed,
		.done = operator_done,
		.clean = release_operator,
		.error = -AML_ENOMEM,
	};

	while (rng_next_case(&rng, 60)) {
		what = rng.number % OPERATORS;
		posting = rng.number / OPERATORS % POSTINGS;
		workers = rng.number % 2 ? 2 : 0;
		if (exhaust(&act, FAULT_MEMORY) == 0)
			ck_assert_msg(posting == SYNCHRONOUS || posting == WITHOUT_HANDLE,
				      RNG_FORMAT "nothing has failed", RNG_ARGS(&rng));
	}
}
END_TEST

SUITE("faults/operators", operators_on_numbers_without_memory)
