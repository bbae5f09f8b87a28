/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loops over the pairs of elements of a part, and their blocks: see nest.h.
 *
 * The order of the loops is that of plans in normal form: ascending by the destination's step, with
 * neighbours merged. The loop that is contiguous in the source, if it is another one than loop 0,
 * comes second, as in a transposition. A block then has rows of both sides.
 */
#include "ops/nest.h"
#include "layout/sizes.h"
#include "machine/caches.h"

enum {
	/* Shorter rows are staged. */
	OP_ROW_BYTES_MIN = 128,
};

/* Reverse a loop. */
static void reverse_loop(struct op_nest *nest, struct op_loop *loop)
{
	ptrdiff_t last = (ptrdiff_t)loop->extent - 1;

	nest->dst.address += last * loop->dst_step;
	nest->src.address += last * loop->src_step;
	nest->linear += (loop->extent - 1) * loop->linear;
	loop->dst_step = -loop->dst_step;
	loop->src_step = -loop->src_step;
	loop->linear = -loop->linear;
}

/* Does loop `a` come before loop `b`? Loops with a step of 0 in the destination come last. */
static bool precedes(const struct op_loop *a, const struct op_loop *b)
{
	size_t dst_a = (size_t)a->dst_step - 1, dst_b = (size_t)b->dst_step - 1;

	if (dst_a != dst_b)
		return dst_a < dst_b;
	return magnitude(a->src_step) < magnitude(b->src_step);
}

/* Add a loop at its place. */
static void insert_loop(struct op_nest *nest, struct op_loop loop)
{
	uint8_t i = nest->n++;

	for (; i > 0 && precedes(&loop, &nest->loops[i - 1]); i--)
		nest->loops[i] = nest->loops[i - 1];
	nest->loops[i] = loop;
}

/* Does a loop continue the one before it on both sides? */
static bool op_loop_continues(const struct op_loop *loop, const struct op_loop *last)
{
	return (size_t)loop->dst_step == (size_t)last->dst_step * last->extent &&
	       (size_t)loop->src_step == (size_t)last->src_step * last->extent;
}

/* Merge loops that continue each other: if `numbered`, in linear order, too. */
static void op_merge_loops(struct op_nest *nest, bool numbered)
{
	uint8_t n = 1;

	for (uint8_t i = 1; i < nest->n; i++) {
		const struct op_loop *loop = &nest->loops[i];
		struct op_loop *last = &nest->loops[n - 1];

		if (op_loop_continues(loop, last) &&
		    (!numbered || loop->linear == last->linear * last->extent))
			last->extent *= loop->extent;
		else
			nest->loops[n++] = *loop;
	}
	nest->n = n;
}

/*
 * Move the loop that is contiguous in the source to the second place, with a positive step there.
 * False: there is none.
 */
static bool order_transposed(struct op_nest *nest)
{
	for (uint8_t i = 1; i < nest->n; i++) {
		struct op_loop loop = nest->loops[i];

		if (magnitude(loop.src_step) != nest->src.bytes)
			continue;
		for (uint8_t j = i; j > 1; j--)
			nest->loops[j] = nest->loops[j - 1];
		if (loop.src_step < 0)
			reverse_loop(nest, &loop);
		nest->loops[1] = loop;
		return true;
	}
	return false;
}

/* If the elements are long enough, and not contiguous, each is a row of its own. */
static bool rows_are_elements(struct op_nest *nest)
{
	const struct op_loop element = {.extent = 1,
					.dst_step = (ptrdiff_t)nest->dst.bytes,
					.src_step = (ptrdiff_t)nest->src.bytes};

	if (nest->src.bytes < OP_ROW_BYTES_MIN || nest->n == OP_LOOPS_MAX ||
	    (nest->loops[0].dst_step == element.dst_step &&
	     nest->loops[0].src_step == element.src_step))
		return false;
	for (uint8_t i = nest->n++; i > 0; i--)
		nest->loops[i] = nest->loops[i - 1];
	nest->loops[0] = element;
	return true;
}

/* Is a side direct? Its step of loop 0 is `step`. */
static bool is_direct(const struct op_nest *nest, const struct op_side *side, ptrdiff_t step)
{
	return side->address != NULL && step == (ptrdiff_t)side->bytes &&
	       (nest->n == 1 || nest->loops[0].extent * side->bytes >= OP_ROW_BYTES_MIN);
}

/* Choose the sizes of blocks: those of two staged sides have an equal number of elements. */
static void choose_blocks(struct op_nest *nest)
{
	size_t bytes = nest->dst.bytes > nest->src.bytes ? nest->dst.bytes : nest->src.bytes;
	size_t rest = OP_DST_BYTES / bytes;
	bool direct = nest->dst.direct && nest->src.direct;

	for (uint8_t i = 0; i < nest->n; i++)
		nest->loops[i].block = direct ? nest->loops[i].extent : 1;
	for (uint8_t i = 0; !direct && i < nest->n && rest > 0 && nest->loops[i].extent > 0; i++) {
		nest->loops[i].block = min(nest->loops[i].extent, rest);
		rest /= nest->loops[i].block;
		if (nest->loops[i].block < nest->loops[i].extent)
			return;
	}
}

/* Is a plan's destination so large that it is written past the caches? */
static bool is_large(const struct copy_plan *plan)
{
	return copy_plan_payload(plan) / plan->elements.bytes * copy_dst_bytes(plan) >=
	       caches()->stream_bytes;
}

/* Move the first element of a nest to iteration `n` of a loop. */
static void skip_iterations(struct op_nest *nest, const struct op_loop *loop, size_t n)
{
	nest->linear += n * loop->linear;
	if (nest->dst.address != NULL)
		nest->dst.address += (ptrdiff_t)n * loop->dst_step;
	if (nest->src.address != NULL)
		nest->src.address += (ptrdiff_t)n * loop->src_step;
}

/* Add the dimensions of a plan, or of a section of it. Those of addresses are brought in order. */
static void add_dims(struct op_nest *nest, const struct copy_plan *plan,
		     const struct copy_section *section, bool by_step)
{
	const struct copy_dim *dims = copy_const_dims(plan);
	size_t linear = 1;

	for (uint8_t i = 0; i < plan->nloops; i++) {
		struct op_loop loop = {.extent = dims[i].extent, .linear = linear};

		linear *= dims[i].extent;
		if (nest->dst.address != NULL)
			loop.dst_step = dims[i].dst.step;
		if (nest->src.address != NULL)
			loop.src_step = dims[i].src.step;
		if (section != NULL && section->dim == i) {
			loop.from = section->from;
			loop.extent = section->to - section->from;
			skip_iterations(nest, &loop, section->from);
		}
		if (!by_step) {
			nest->loops[nest->n++] = loop;
		} else if (loop.extent != 1) {
			if (loop.dst_step < 0)
				reverse_loop(nest, &loop);
			insert_loop(nest, loop);
		}
	}
	if (nest->n == 0)
		nest->loops[nest->n++] = (struct op_loop){
			.extent = 1,
			.dst_step = (ptrdiff_t)nest->dst.bytes,
			.src_step = (ptrdiff_t)nest->src.bytes,
		};
}

void op_nest_make(struct op_nest *nest, const struct copy_plan *plan,
		  const struct copy_section *section)
{
	bool by_step = copy_sides_are_addresses(plan);

	nest->dst = (struct op_side){.bytes = copy_dst_bytes(plan)};
	nest->src = (struct op_side){.bytes = plan->elements.bytes};
	if (plan->sides.dst == COPY_SIDE_ADDRESS)
		nest->dst.address = plan->elements.dst.address;
	if (plan->sides.src == COPY_SIDE_ADDRESS)
		nest->src.address = plan->elements.src.address;
	nest->linear = 0;
	nest->n = 0;
	nest->transposed = false;
	add_dims(nest, plan, section, by_step);
	if (by_step) {
		op_merge_loops(nest, plan->op == COPY_OPERATOR_COMPARE);
		nest->transposed = !rows_are_elements(nest) &&
				   nest->loops[0].src_step != (ptrdiff_t)nest->src.bytes &&
				   order_transposed(nest);
	}
	nest->dst.direct = is_direct(nest, &nest->dst, nest->loops[0].dst_step);
	nest->src.direct = is_direct(nest, &nest->src, nest->loops[0].src_step);
	nest->large = is_large(plan);
	choose_blocks(nest);
}

/* Set the size of a block in loop i to what is left there. */
static void fit_block(const struct op_nest *nest, struct op_block *block, uint8_t i)
{
	const struct op_loop *loop = &nest->loops[i];
	size_t most = block->at[i] == 0 && loop->first > 0 ? loop->first : loop->block;

	block->size[i] = min(most, loop->extent - block->at[i]);
}

/* Move a block by `n` iterations of loop i. `n` may be negative, as an unsigned number. */
static void move_block(const struct op_nest *nest, struct op_block *block, uint8_t i, size_t n)
{
	const struct op_loop *loop = &nest->loops[i];

	block->at[i] += n;
	block->linear += n * loop->linear;
	if (block->dst != NULL)
		block->dst += (ptrdiff_t)n * loop->dst_step;
	if (block->src != NULL)
		block->src += (ptrdiff_t)n * loop->src_step;
	fit_block(nest, block, i);
}

bool op_first_block(const struct op_nest *nest, struct op_block *block)
{
	block->dst = nest->dst.address;
	block->src = nest->src.address;
	block->linear = nest->linear;
	for (uint8_t i = 0; i < nest->n; i++) {
		if (nest->loops[i].extent == 0)
			return false;
		block->at[i] = 0;
		fit_block(nest, block, i);
	}
	return true;
}

void op_fit_block(const struct op_nest *nest, struct op_block *block)
{
	for (uint8_t i = 0; i < nest->n; i++)
		fit_block(nest, block, i);
}

bool op_next_block(const struct op_nest *nest, struct op_block *block)
{
	for (uint8_t k = 0; k < nest->n; k++) {
		/* A transposed nest continues the rows of the source first. */
		uint8_t i = nest->transposed && k < 2 ? (uint8_t)(1 - k) : k;

		if (block->at[i] + block->size[i] < nest->loops[i].extent) {
			move_block(nest, block, i, block->size[i]);
			return true;
		}
		move_block(nest, block, i, -block->at[i]);
	}
	return false;
}

void op_block_coords(const struct op_nest *nest, const struct op_block *block, size_t *coords)
{
	for (uint8_t i = 0; i < nest->n; i++)
		coords[i] = nest->loops[i].from + block->at[i];
}

bool op_step_block(const struct op_nest *nest, struct op_block *block, uint8_t i,
		   const struct op_block *whole)
{
	size_t n =
		block->at[i] + 1 < whole->at[i] + whole->size[i] ? 1 : whole->at[i] - block->at[i];

	move_block(nest, block, i, n);
	block->size[i] = 1;
	return n == 1;
}
