/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conversions and sums of numbers: contiguous ones against the compiler's loop, the memory's limit
 * and OpenBLAS, those with reversed dimensions against copies and HPTT.
 *
 * If the two types of a conversion have different sizes, its payload is half of the bytes that it
 * reads and writes. The copies that it is compared with copy as many bytes.
 */
#include <stdio.h>
#include <string.h>

#include <aml/dma/linux.h>
#include <aml/dma/operators.h>

#include "number_loops.h"
#include "operator_entrants.h"
#include "suite.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define QUICK_NUMBERS ((size_t)256)

/* Define the computation of one element, in plain C. The addresses need not be aligned. */
#define ELEMENT(name, dst_type, src_type, result)    \
	static void name(void *dst, const void *src) \
	{                                            \
		dst_type to;                         \
		src_type from;                       \
                                                     \
		memcpy(&to, dst, sizeof(to));        \
		memcpy(&from, src, sizeof(from));    \
		to = (dst_type)(result);             \
		memcpy(dst, &to, sizeof(to));        \
	}

ELEMENT(element_f64_f32, float, double, from)
ELEMENT(element_f32_bf16, uint16_t, float, bfloat16_of(from))
ELEMENT(element_i32_f32, float, int32_t, from)
ELEMENT(element_f32_i32, int32_t, float, from)
ELEMENT(element_sum_f32, float, float, to + from)
ELEMENT(element_sum_f64, double, double, to + from)
ELEMENT(element_scaled_f32, float, float, SCALE_SOURCE *from + SCALE_DESTINATION * to)
ELEMENT(element_scaled_f64, double, double, SCALE_SOURCE *from + SCALE_DESTINATION * to)

/* What is measured. The `variant` of a problem is an index. */
static const struct number_work {
	const char *name;
	int dst_type, src_type;
	size_t dst_size, src_size;
	void (*element)(void *dst, const void *src);
	number_loop_fn loop; /* of contiguous numbers */
} works[] = {
	{"f64 to f32", AML_DMA_F32, AML_DMA_F64, 4, 8, element_f64_f32, number_loop_f64_f32},
	{"f32 to bf16", AML_DMA_BF16, AML_DMA_F32, 2, 4, element_f32_bf16, number_loop_f32_bf16},
	{"i32 to f32", AML_DMA_F32, AML_DMA_I32, 4, 4, element_i32_f32, number_loop_i32_f32},
	{"f32 to i32", AML_DMA_I32, AML_DMA_F32, 4, 4, element_f32_i32, number_loop_f32_i32},
	{"sum of f32", AML_DMA_F32, AML_DMA_F32, 4, 4, element_sum_f32, number_loop_sum_f32},
	{"sum of f64", AML_DMA_F64, AML_DMA_F64, 8, 8, element_sum_f64, number_loop_sum_f64},
	{"scaled f32", AML_DMA_F32, AML_DMA_F32, 4, 4, element_scaled_f32, number_loop_scaled_f32},
	{"scaled f64", AML_DMA_F64, AML_DMA_F64, 8, 8, element_scaled_f64, number_loop_scaled_f64},
};

/* Sums with and without factors follow the conversions. Not all conversions are permuted. */
enum { CONVERSIONS = 4, CONVERSIONS_PERMUTED = 3, FIRST_SUM = 4, FIRST_SCALED = 6, WORKS = 8 };

static const struct number_work *work_of(const struct contest *contest)
{
	return &works[contest->c->count];
}

/* The size of an element in the shape of a problem, whose buffers have room for both sides. */
static size_t larger_size(const struct number_work *work)
{
	return work->dst_size > work->src_size ? work->dst_size : work->src_size;
}

/* A pseudo-random number from 1 to 1001. The types of all conversions reach so far. */
static double number_at(size_t i)
{
	uint32_t bits = (uint32_t)i * 2654435761u;

	return 1 + (bits ^ bits >> 15) / 4294967.296;
}

static void fill_with_numbers(const struct contest *contest)
{
	const struct number_work *work = work_of(contest);

	for (size_t i = 0; i < contest->src_bytes / work->src_size; i++) {
		char *at = (char *)contest->src_buffer + i * work->src_size;
		double number = number_at(i);
		float rounded = (float)number;
		int32_t whole = (int32_t)(number * 1e6);

		if (work->src_type == AML_DMA_F64)
			memcpy(at, &number, sizeof(number));
		else if (work->src_type == AML_DMA_F32)
			memcpy(at, &rounded, sizeof(rounded));
		else
			memcpy(at, &whole, sizeof(whole));
	}
}

/* The expected result: each element in plain C. */
static void compute_elements(const struct contest *contest, void *dst)
{
	const struct bench_shape *shape = &contest->c->shape;
	const struct number_work *work = work_of(contest);
	size_t coords[SHAPE_NDIMS] = {0}, i;

	do {
		char *to = dst;
		const char *from = contest->src;

		for (i = 0; i < shape->ndims; i++) {
			to += (ptrdiff_t)coords[i] * shape->dst_step[i];
			from += (ptrdiff_t)coords[i] * shape->src_step[i];
		}
		work->element(to, from);
		for (i = 0; i < shape->ndims && ++coords[i] == shape->dims[i]; i++)
			coords[i] = 0;
	} while (i < shape->ndims);
}

/* Layouts of the problem's shape, with the element size of each side. */
static int number_layouts(const struct contest *contest, struct layout_pair *pair)
{
	const struct number_work *work = work_of(contest);
	struct bench_shape to = contest->c->shape, from = contest->c->shape;
	int err;

	to.element_size = work->dst_size;
	from.element_size = work->src_size;
	err = shape_layout(&to, to.dst_step, contest->dst, &pair->dst);
	if (err != AML_SUCCESS)
		return err;
	err = shape_layout(&from, from.src_step, contest->src, &pair->src);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&pair->dst);
	return err;
}

static int run_convert(void *arg)
{
	const struct entrant *entrant = arg;
	const struct number_work *work = work_of(entrant->contest);
	struct aml_dma_linux_convert_arg types = {work->dst_type, work->src_type};

	return aml_dma_copy_custom(entrant->dma, entrant->pair.dst, entrant->pair.src,
				   aml_dma_linux_convert, &types);
}

static int run_sum(void *arg)
{
	const struct entrant *entrant = arg;
	struct aml_dma_linux_reduce_arg sum = {.type = work_of(entrant->contest)->dst_type,
					       .operation = AML_DMA_REDUCE_SUM};

	return aml_dma_copy_custom(entrant->dma, entrant->pair.dst, entrant->pair.src,
				   aml_dma_linux_reduce, &sum);
}

static int run_scaled_sum(void *arg)
{
	static const double f64[] = {SCALE_SOURCE, SCALE_DESTINATION};
	static const float f32[] = {SCALE_SOURCE, SCALE_DESTINATION};
	const struct entrant *entrant = arg;
	const bool doubles = work_of(entrant->contest)->dst_type == AML_DMA_F64;
	struct aml_dma_linux_reduce_arg scaled = {
		.type = work_of(entrant->contest)->dst_type,
		.operation = AML_DMA_REDUCE_AXPBY,
		.alpha = doubles ? (const void *)&f64[0] : &f32[0],
		.beta = doubles ? (const void *)&f64[1] : &f32[1],
	};

	return aml_dma_copy_custom(entrant->dma, entrant->pair.dst, entrant->pair.src,
				   aml_dma_linux_reduce, &scaled);
}

static int run_number_loop(void *arg)
{
	const struct contest *contest = arg;

	work_of(contest)->loop(contest->dst, contest->src, contest->c->shape.dims[0]);
	return 0;
}

static bool add_number_work(struct contest *contest, const char *name, int (*run)(void *))
{
	struct layout_pair pair;

	return number_layouts(contest, &pair) == AML_SUCCESS &&
	       operator_add(contest, name, run, &pair) != ENTRANTS_MAX;
}

static bool add_convert(struct contest *contest, void **extra)
{
	(void)extra;
	return add_number_work(contest, "convert", run_convert);
}

static void add_number_peers(struct contest *contest, const struct copy_peer *const *peers,
			     enum yard yard)
{
	for (; *peers != NULL; peers++)
		yard_count(contest, contest_add_peer(contest, *peers), yard);
}

static bool add_sum(struct contest *contest, void **extra)
{
	(void)extra;
	if (!add_number_work(contest, "reduce", run_sum))
		return false;
	add_number_peers(contest, sum_peers, YARD_BLAS);
	return true;
}

static bool add_flat_scaled_sum(struct contest *contest, void **extra)
{
	(void)extra;
	return add_number_work(contest, "reduce", run_scaled_sum);
}

static bool add_scaled_sum(struct contest *contest, void **extra)
{
	(void)extra;
	if (!add_number_work(contest, "reduce", run_scaled_sum))
		return false;
	add_number_peers(contest, scaled_sum_peers, YARD_HPTT);
	return true;
}

/*
 * Add the conversion, and the equal copy. The copy has the same permutation, and elements of the
 * larger type. It moves as many bytes as the conversion, so it has fewer elements.
 */
static bool add_permuted_convert(struct contest *contest, void **extra)
{
	const struct number_work *work = work_of(contest);
	const struct bench_shape *shape = &contest->c->shape;
	const size_t size = larger_size(work), last = shape->ndims - 1;
	const size_t both = work->dst_size + work->src_size;
	size_t dims[SHAPE_NDIMS], order[SHAPE_NDIMS] = {0}, i;
	struct bench_shape equal;
	struct layout_pair pair;

	if (!add_convert(contest, extra))
		return false;
	memcpy(dims, shape->dims, sizeof(dims));
	dims[last] = dims[last] * both / (2 * size);
	/* All suites here reverse the dimensions. */
	for (i = 0; i <= last; i++)
		order[i] = last - i;
	equal = shape_permuted(size, shape->ndims, dims, order);
	if (shape_layout(&equal, equal.dst_step, contest->dst, &pair.dst) != AML_SUCCESS)
		return false;
	if (shape_layout(&equal, equal.src_step, contest->src, &pair.src) != AML_SUCCESS) {
		aml_layout_destroy(&pair.dst);
		return false;
	}
	i = operator_add_equal_copy(contest, &pair);
	if (i == ENTRANTS_MAX)
		return false;
	contest->entrants[i].maps = false;
	return true;
}

/* A problem of work `w` between both layouts. The dimensions are reversed if there are several. */
static struct problem number_problem(size_t w, size_t ndims, const size_t *dims)
{
	const struct number_work *work = &works[w];
	size_t order[SHAPE_NDIMS] = {0}, count = 1;
	struct problem problem = {
		.variant = w, .fill_source = fill_with_numbers, .reference = compute_elements};

	for (size_t i = 0; i < ndims; i++) {
		order[i] = ndims - 1 - i;
		count *= dims[i];
	}
	problem.shape = shape_permuted(larger_size(work), ndims, dims, order);
	for (size_t i = 0; i < ndims; i++) {
		ptrdiff_t larger = (ptrdiff_t)larger_size(work);

		problem.shape.dst_step[i] =
			problem.shape.dst_step[i] / larger * (ptrdiff_t)work->dst_size;
		problem.shape.src_step[i] =
			problem.shape.src_step[i] / larger * (ptrdiff_t)work->src_size;
	}
	problem.half_traffic = count * (work->dst_size + work->src_size) / 2;
	return problem;
}

/* Contiguous numbers. The case's `count` is the first work; its `size` says: from memory. */
static enum outcome run_flat_numbers(const struct bench_case *c, const struct settings *settings,
				     struct results *out)
{
	static const size_t cached[] = {4 * KIB, 32 * KIB, 256 * KIB, MIB},
			    large[] = {16 * MIB, 64 * MIB};
	const bool sums = c->count == FIRST_SUM, memory = c->size > 0;
	const size_t *bytes = memory ? large : cached, sizes = memory ? 2 : 4;
	const size_t first = c->count, end = sums ? WORKS : CONVERSIONS;
	struct suite suite;

	suite_open(&suite, c, settings, settings->workers, out);
	for (size_t w = first; w < end; w++)
		for (size_t i = 0; i < sizes; i++) {
			size_t count = bytes[i] / larger_size(&works[w]);
			struct problem problem;

			count = settings->quick ? QUICK_NUMBERS : count;
			problem = number_problem(w, 1, &count);
			problem.add = w >= FIRST_SCALED ? add_flat_scaled_sum
				      : sums            ? add_sum
							: add_convert;
			problem.loops = run_number_loop;
			problem.yards = sums || !memory ? 0 : YARD(YARD_LIMIT);
			problem.needs[0] = sums || !memory ? (struct need){YARD_LOOPS, 1.0}
							   : (struct need){YARD_LIMIT, 0.9};
			if (sums && w < FIRST_SCALED)
				problem.needs[1] = (struct need){YARD_BLAS, 1.0};
			snprintf(problem.about, sizeof(problem.about), "%s, %zu numbers",
				 works[w].name, count);
			if (suite_wants(&suite))
				suite_run(&suite, &problem);
		}
	return suite_close(&suite);
}

/* Reversed dimensions. The case's `count` is the first work. */
static enum outcome run_permuted_numbers(const struct bench_case *c,
					 const struct settings *settings, struct results *out)
{
	static const struct {
		size_t ndims, dims[3];
	} shapes[] = {{2, {64, 64}},     {2, {200, 336}},    {2, {512, 512}},
		      {2, {2040, 2056}}, {3, {40, 12, 104}}, {3, {200, 40, 200}}};
	const bool scaled = c->count == FIRST_SCALED;
	const size_t end = scaled ? WORKS : CONVERSIONS_PERMUTED;
	struct suite suite;

	suite_open(&suite, c, settings, settings->workers, out);
	for (size_t w = c->count; w < end; w++)
		for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
			static const size_t tiny[] = {8, 8, 8};
			const size_t *dims = settings->quick ? tiny : shapes[i].dims;
			struct problem problem = number_problem(w, shapes[i].ndims, dims);

			problem.add = scaled ? add_scaled_sum : add_permuted_convert;
			problem.needs[0] = scaled ? (struct need){YARD_HPTT, 1.0}
						  : (struct need){YARD_EQUAL, 0.8};
			snprintf(problem.about, sizeof(problem.about), "%s, %zu x %zu",
				 works[w].name, dims[0], dims[1]);
			if (shapes[i].ndims == 3)
				snprintf(problem.about, sizeof(problem.about),
					 "%s, %zu x %zu x %zu", works[w].name, dims[0], dims[1],
					 dims[2]);
			if (suite_wants(&suite))
				suite_run(&suite, &problem);
		}
	return suite_close(&suite);
}

void add_number_cases(struct case_list *list, const struct settings *settings)
{
	static const struct bench_case cases[] = {
		{.name = "operators/convert-caches",
		 .about = "contiguous numbers converted, in the caches",
		 .run = run_flat_numbers},
		{.name = "operators/convert-memory",
		 .about = "contiguous numbers converted, from 16 MiB on",
		 .run = run_flat_numbers,
		 .size = 1},
		{.name = "operators/convert-permuted",
		 .about = "converted with reversed dimensions, against the equal copy",
		 .run = run_permuted_numbers},
		{.name = "operators/reduce-caches",
		 .about = "contiguous numbers added, in the caches",
		 .run = run_flat_numbers,
		 .count = FIRST_SUM},
		{.name = "operators/reduce-memory",
		 .about = "contiguous numbers added, from 16 MiB on",
		 .run = run_flat_numbers,
		 .count = FIRST_SUM,
		 .size = 1},
		{.name = "operators/reduce-permuted",
		 .about = "scaled sums with reversed dimensions, against HPTT",
		 .run = run_permuted_numbers,
		 .count = FIRST_SCALED},
	};

	(void)settings;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bench_case c = cases[i];

		c.on_request = true;
		case_list_add(list, &c);
	}
}
