/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loops over the pairs of elements of a part, and their blocks.
 *
 * If both sides are addresses, the loops are ordered for speed. Else they are the dimensions of the
 * plan.
 *
 * A block is a box of iterations, with a whole row of loop 0 or a section of it. Its elements fit a
 * stage, in the order of the loops. A side whose rows are contiguous needs no stage.
 *
 * If loop 1 is contiguous in the source, and loop 0 is not, the nest is transposed. Its blocks
 * follow each other in loop 1 first. planes.h chooses other blocks for most transposed nests.
 */
#ifndef OPS_NEST_H
#define OPS_NEST_H

#include "plan/plan.h"

/* The sizes of the buffers for blocks of the source and of the destination. */
enum { OP_SRC_BYTES = 8 << 10, OP_DST_BYTES = 8 << 10 };

/* The most loops: the dimensions of a plan, and one for the rows of an element. */
enum { OP_LOOPS_MAX = NDIMS_MAX + 1 };

/* A loop. Steps are in bytes if the side is an address. */
struct op_loop {
	size_t extent;
	ptrdiff_t dst_step, src_step;
	size_t linear; /* from element to element in native linear order; may wrap around */
	size_t from;   /* the coordinate of the first iteration in a side that is a layout */
	size_t block;  /* iterations in a block, at most */
	size_t first;  /* iterations in the first block; 0: as many as in others */
};

struct op_side {
	const char *address; /* of the first element, if the side is an address; else NULL */
	size_t bytes;        /* of an element */
	bool direct;         /* rows are contiguous, and worth no stage */
};

struct op_nest {
	struct op_side dst, src;
	size_t linear;   /* the number of the first element in native linear order */
	bool transposed; /* loop 1 is contiguous in the source, with a positive step */
	bool large;      /* the destination is so large that it is written past the caches */
	uint8_t n;       /* at least 1 */
	struct op_loop loops[OP_LOOPS_MAX];
};

/* A block: where it begins, and its iterations. */
struct op_block {
	size_t at[OP_LOOPS_MAX], size[OP_LOOPS_MAX];
	/* Of its first element: the address if the side is one, and the number in linear order. */
	const char *dst, *src;
	size_t linear;
};

/* Make the nest of a section of a plan, or of all of it if `section` is NULL. */
void op_nest_make(struct op_nest *nest, const struct copy_plan *plan,
		  const struct copy_section *section);

/* Set `block` to the first block. Returns false if there is none. */
bool op_first_block(const struct op_nest *nest, struct op_block *block);

/* Set the sizes of a block, after those of the nest's blocks have changed. */
void op_fit_block(const struct op_nest *nest, struct op_block *block);

/* Advance to the next block. Returns false if there is none. */
bool op_next_block(const struct op_nest *nest, struct op_block *block);

/* Store the coordinates of a block's first element in a side that is a layout. */
void op_block_coords(const struct op_nest *nest, const struct op_block *block, size_t *coords);

/*
 * Advance a block of one element by an iteration of loop i within the block `whole`. If there is
 * none, go back to the first iteration, and return false.
 */
bool op_step_block(const struct op_nest *nest, struct op_block *block, uint8_t i,
		   const struct op_block *whole);

#endif /* OPS_NEST_H */
