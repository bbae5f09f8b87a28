/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs the plans of all of the library's operators. Copies and fills are run by src/copy. Compare,
 * convert and reduce work on contiguous rows: each block of a part is staged in the order of the
 * loops, unless its rows are contiguous already. Most transposed blocks need no plan for that. The
 * stages are on the stack of the thread.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/run.h"
#include "kernels/kernels.h"
#include "layout/nest.h"
#include "layout/sizes.h"
#include "machine/caches.h"
#include "ops/compare.h"
#include "ops/context.h"
#include "ops/nest.h"
#include "ops/planes.h"
#include "ops/rows.h"
#include "ops/run.h"
#include "ops/simple.h"
#include "ops/stage.h"
#include "plan/part.h"
#include "plan/section.h"

/* Of a row that is written past the caches: the bytes that are made, and written, at once. */
enum { OP_STREAM_BYTES = 4 << 10, OP_BURST_BYTES = 1 << 10 };

/* A run of a part. */
struct op_run {
	struct copy_plan *plan;
	const union op_context *context;
	struct compare_tally tally;
	bool reads_dst, writes_dst;
	bool streams;    /* rows of the destination are written past the caches */
	op_line_fn line; /* what the operator does with rows; NULL: it compares them */
	struct op_nest nest;
	struct op_block block;
	bool in_planes; /* `planes` is set, and the stages are not used */
	struct op_planes planes;
	struct op_stage src, dst, store; /* to read each side, and to write the destination */
	_Alignas(CACHE_LINE_BYTES) union {
		struct {
			char src[OP_SRC_BYTES], dst[OP_DST_BYTES];
		};
		char planes[OP_PLANES_BYTES];
	} buffer;
};

static bool convert_line(void *arg, const struct op_line *line)
{
	struct op_run *run = arg;
	convert_fn convert = run->context->convert.convert;
	const char *src = line->src;
	char *dst = line->dst;

	for (size_t i = 0; i < line->count; i++, dst += line->dst_step, src += line->src_step)
		convert(dst, src, line->n);
	return true;
}

static bool reduce_line(void *arg, const struct op_line *line)
{
	struct op_run *run = arg;
	const struct reduce_context *context = &run->context->reduce;
	reduce_fn reduce = context->reduce;
	const char *src = line->src;
	char *dst = line->dst;

	for (size_t i = 0; i < line->count; i++, dst += line->dst_step, src += line->src_step)
		reduce(dst, src, line->n, context->alpha, context->beta);
	return true;
}

/* Are the rows equal? */
static bool equal_line(void *arg, const struct op_line *line)
{
	const struct op_run *run = arg;

	return kernels()->equal(line->dst, line->dst_step, line->src, line->src_step,
				line->n * run->nest.src.bytes, line->count);
}

/* Count the elements that differ. */
static bool compare_line(void *arg, const struct op_line *line)
{
	struct op_run *run = arg;
	struct compare_row row = {
		.dst = line->dst,
		.src = line->src,
		.bytes = run->nest.src.bytes,
		.n = line->n,
		.linear = line->linear,
		.step = run->nest.loops[0].linear,
	};

	for (size_t i = 0; i < line->count; i++) {
		compare_row(&run->tally, &row);
		row.dst += line->dst_step;
		row.src += line->src_step;
		row.linear += line->step;
	}
	return true;
}

/*
 * Write `bytes` bytes from a buffer past the caches. Meanwhile, prefetch the bytes from `ahead` on:
 * memory is fast if a thread reads and writes at the same time.
 */
static void stream_and_prefetch(char *dst, const char *src, size_t bytes, const char *ahead,
				size_t ahead_bytes)
{
	size_t share = ahead_bytes / (bytes / OP_BURST_BYTES + 1) + CACHE_LINE_BYTES;
	size_t at = 0, n;

	for (size_t i = 0; i < bytes; i += n) {
		n = min(bytes - i, OP_BURST_BYTES);
		kernels()->stream(dst + i, src + i, n);
		for (size_t end = min(at + share, ahead_bytes); at < end; at += CACHE_LINE_BYTES)
			__builtin_prefetch(ahead + at);
	}
}

/* Make a row of the destination in a buffer, piece by piece, and write it past the caches. */
static void stream_row(struct op_run *run, char *dst, const char *src, size_t n)
{
	const struct op_nest *nest = &run->nest;
	size_t bytes = nest->dst.bytes, most = OP_STREAM_BYTES / bytes, length;
	/* All pieces but the first one begin at lines of the destination. */
	size_t first = most - CACHE_LINE_BYTES / bytes + -(size_t)dst % CACHE_LINE_BYTES / bytes;

	for (size_t i = 0; i < n; i += length) {
		struct op_line piece = {.dst = run->buffer.dst, .count = 1};

		length = min(n - i, i == 0 ? first : most);
		piece.src = src + i * nest->src.bytes;
		piece.n = length;
		(void)run->line(run, &piece);
		stream_and_prefetch(dst + i * bytes, run->buffer.dst, length * bytes,
				    piece.src + length * nest->src.bytes,
				    min(length, n - i - length) * nest->src.bytes);
	}
}

static bool streamed_line(void *arg, const struct op_line *line)
{
	struct op_run *run = arg;
	const char *src = line->src;
	char *dst = line->dst;

	for (size_t i = 0; i < line->count; i++, dst += line->dst_step, src += line->src_step)
		stream_row(run, dst, src, line->n);
	return true;
}

/* Compare a block: first as if it were equal, in rows as long as possible. */
static void compare_block(struct op_run *run)
{
	const struct op_nest *nest = &run->nest;
	size_t count = 1;

	if (!op_each_line(nest, &run->block, run->buffer.dst, run->buffer.src, true, equal_line,
			  run)) {
		(void)op_each_line(nest, &run->block, run->buffer.dst, run->buffer.src, false,
				   compare_line, run);
		return;
	}
	for (uint8_t i = 0; i < nest->n; i++)
		count *= run->block.size[i];
	run->tally.done += count;
}

/* Run the rows of a block. */
static void run_rows(struct op_run *run)
{
	if (!run->writes_dst)
		compare_block(run);
	else
		(void)op_each_line(&run->nest, &run->block, run->buffer.dst, run->buffer.src, true,
				   run->streams ? streamed_line : run->line, run);
}

/* Combine a block that is a plane. Returns false if a comparison found a difference. */
static bool combine_plane(struct op_run *run)
{
	const struct reduce_context *reduce = &run->context->reduce;

	/* Other operators than reductions ignore the factors. */
	return op_planes_combine(&run->planes, &run->nest, &run->block, reduce->alpha,
				 reduce->beta);
}

/* Run a block of planes. */
static void run_plane_block(struct op_run *run)
{
	struct op_line line;

	if (run->planes.combine.near != NULL) {
		if (combine_plane(run)) {
			run->tally.done += run->block.size[0] * run->block.size[1];
			return;
		}
		op_planes_split(&run->planes, &run->nest, &run->block);
	}
	if (run->planes.converts) {
		line = op_planes_rows(&run->planes, &run->nest, &run->block);
		(void)run->line(run, &line);
		op_planes_store(&run->planes, &run->nest, &run->block);
		return;
	}
	line = op_planes_load(&run->planes, &run->nest, &run->block);
	if (run->writes_dst)
		(void)run->line(run, &line);
	else if (equal_line(run, &line))
		run->tally.done += line.n * line.count;
	else
		(void)compare_line(run, &line);
}

/* Return the address of the first element of a block on one side. NULL: the layout has none. */
static const char *first_of_block(const struct op_run *run, bool is_dst)
{
	const union copy_end *end = is_dst ? &run->plan->elements.dst : &run->plan->elements.src;
	const char *address = is_dst ? run->block.dst : run->block.src;
	size_t coords[OP_LOOPS_MAX];

	if (address != NULL)
		return address;
	op_block_coords(&run->nest, &run->block, coords);
	return end->layout->ops->deref_native(end->layout->data, coords);
}

/* Compare an element that is larger than a buffer. */
static int run_large_element(struct op_run *run)
{
	const char *dst = first_of_block(run, true), *src = first_of_block(run, false);
	const struct compare_row row = {dst, src, run->nest.src.bytes, 1, run->block.linear, 1};

	if (dst == NULL || src == NULL)
		return -AML_FAILURE;
	compare_row(&run->tally, &row);
	return AML_SUCCESS;
}

/* Run and store a block whose source is staged. */
static int run_staged(struct op_run *run)
{
	const struct op_nest *nest = &run->nest;
	int err = AML_SUCCESS;

	if (run->reads_dst && !nest->dst.direct)
		err = op_stage_copy(&run->dst, &run->block);
	if (err != AML_SUCCESS)
		return err;
	run_rows(run);
	if (run->writes_dst && !nest->dst.direct)
		err = op_stage_copy(&run->store, &run->block);
	return err;
}

/* Is the first element of a block dropped, because it is outside of a pad's target? */
static bool is_dropped(const struct op_run *run)
{
	size_t coords[OP_LOOPS_MAX];
	void *place;

	op_block_coords(&run->nest, &run->block, coords);
	return !layout_place(run->plan->elements.dst.layout, coords, &place);
}

/*
 * An element of a block has no address in the source. If its write is dropped, that does not
 * matter: run the elements one by one, as blocks of their own.
 */
static int run_one_by_one(struct op_run *run)
{
	const struct op_nest *nest = &run->nest;
	struct op_block whole = run->block;
	uint8_t i;
	int err;

	for (i = 0; i < nest->n; i++)
		run->block.size[i] = 1;
	do {
		err = AML_SUCCESS;
		if (!is_dropped(run)) {
			err = op_stage_copy(&run->src, &run->block);
			if (err == AML_SUCCESS)
				err = run_staged(run);
		}
		for (i = 0; err == AML_SUCCESS && i < nest->n; i++) {
			if (op_step_block(nest, &run->block, i, &whole))
				break;
		}
	} while (err == AML_SUCCESS && i < nest->n);
	run->block = whole;
	return err;
}

static int run_block(struct op_run *run)
{
	const struct op_nest *nest = &run->nest;
	bool drops = run->writes_dst && nest->dst.address == NULL;
	int err = AML_SUCCESS;

	if (run->in_planes) {
		run_plane_block(run);
		return AML_SUCCESS;
	}
	if (nest->src.bytes > OP_DST_BYTES && !(nest->src.direct && nest->dst.direct))
		return run_large_element(run);
	if (!nest->src.direct)
		err = op_stage_copy(&run->src, &run->block);
	if (err == -AML_FAILURE && drops)
		return run_one_by_one(run);
	return err == AML_SUCCESS ? run_staged(run) : err;
}

/* Prepare the copies of blocks between a side and its buffer. */
static void prepare_stage(struct op_run *run, struct op_stage *stage, union copy_plan_room *room,
			  bool is_dst, bool stores)
{
	stage->room = room;
	stage->plan = run->plan;
	stage->nest = &run->nest;
	stage->buffer = is_dst ? run->buffer.dst : run->buffer.src;
	stage->is_dst = is_dst;
	stage->stores = stores;
	stage->next = 0;
	for (unsigned i = 0; i < STAGE_PLANS; i++)
		stage->plans[i].sizes[0] = 0;
}

/* Run a section of a plan with a context, or all of it if `section` is NULL. */
__attribute__((noinline)) static int run_pairs(struct copy_plan *plan,
					       const struct copy_section *section)
{
	struct op_run run;
	union copy_plan_room room;
	bool reduces = plan->op == COPY_OPERATOR_REDUCE,
	     converts = plan->op == COPY_OPERATOR_CONVERT;
	int err = AML_SUCCESS;

	run.plan = plan;
	run.context = op_context_of(plan);
	run.tally = (struct compare_tally){.first = SIZE_MAX};
	run.writes_dst = plan->op != COPY_OPERATOR_COMPARE;
	run.reads_dst = !run.writes_dst || (reduces && !run.context->reduce.overwrites);
	prepare_stage(&run, &run.src, &room, false, false);
	prepare_stage(&run, &run.dst, &room, true, false);
	prepare_stage(&run, &run.store, &room, true, true);
	op_nest_make(&run.nest, plan, section);
	run.line = reduces ? reduce_line : run.writes_dst ? convert_line : NULL;
	run.in_planes = op_planes_make(&run.planes, &run.nest, ops_combination(plan), converts,
				       run.buffer.planes);
	run.streams = !run.reads_dst && run.nest.dst.direct && run.nest.large;
	if (!op_first_block(&run.nest, &run.block))
		return AML_SUCCESS;
	do
		err = run_block(&run);
	while (err == AML_SUCCESS && op_next_block(&run.nest, &run.block));
	if (run.nest.large)
		kernels()->drain();
	if (err == AML_SUCCESS && !run.writes_dst)
		err = compare_add(&op_context_of(plan)->compare, &run.tally);
	return err;
}

int ops_run(struct copy_plan *plan)
{
	int err;

	if (!copy_plan_has_context(plan))
		return copy_plan_run(plan);
	if (!ops_run_simple(plan, &err))
		err = run_pairs(plan, NULL);
	return ops_end(plan, err);
}

int ops_run_part(struct copy_plan *plan, unsigned part)
{
	struct copy_section section;

	if (!copy_plan_has_context(plan))
		return copy_plan_run_part(plan, part);
	section = copy_deref_section(plan, part);
	return run_pairs(plan, &section);
}

int ops_end(struct copy_plan *plan, int code)
{
	bool compares = copy_plan_has_context(plan) && plan->op == COPY_OPERATOR_COMPARE;

	return compares ? compare_end(plan, code) : code;
}
