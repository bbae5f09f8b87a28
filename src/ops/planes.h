/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The planes of a transposed nest: loop 0 is contiguous in the destination, loop 1 in the source.
 * No plan is made. For many types there is a kernel that combines a transposed source with the
 * destination: a block is then a whole plane.
 *
 * Otherwise, the tile kernels of copies transpose blocks in the first-level cache. A conversion
 * converts rows of the source to a stage, which is transposed to the destination. Other operators
 * transpose the source to a stage, whose rows are then combined with those of the destination. A
 * kernel needs some rows, and some elements of each. A block that has fewer is transposed with its
 * neighbours, the elements before it or after it. Conversions store these twice, with equal values.
 */
#ifndef OPS_PLANES_H
#define OPS_PLANES_H

#include "kernels/kernels.h"
#include "kernels/numbers.h"
#include "ops/nest.h"
#include "ops/rows.h"

/* The bytes of a stage. */
enum { OP_PLANES_BYTES = 16 << 10 };

struct op_planes {
	struct combine_kernels combine; /* both NULL: blocks are transposed by tiles */
	size_t rows_least;              /* that `combine` needs */
	size_t lines;                   /* of each destination row that it combines at once */
	size_t head;                    /* iterations of loop 0 before `far` begins at a line */
	tile_fn narrow, wide;           /* `wide`: for at least `wide_rows` rows */
	tile_fn streaming; /* for multiples of `wide_rows` rows; NULL: nothing is streamed */
	size_t wide_rows;
	size_t rows, columns; /* source rows, and elements of each, that `narrow` needs at least */
	size_t bytes;         /* of an element in a tile */
	bool converts;        /* elements are converted before tiles are transposed */
	char *stage;          /* OP_PLANES_BYTES bytes, which are the caller's */
};

/*
 * Prepare the planes of a nest, and choose its blocks. `stage` has OP_PLANES_BYTES bytes. Returns
 * false, and changes nothing in the nest, if it is not transposed, or if no kernel transposes its
 * elements.
 */
bool op_planes_make(struct op_planes *p, struct op_nest *nest, struct combine_kernels combine,
		    bool converts, char *stage);

/*
 * Combine a block, which is a plane, if `combine.near` is set. `alpha` and `beta` are those of the
 * reduction, which other operators ignore. Returns false if a comparison found a difference.
 */
bool op_planes_combine(const struct op_planes *p, const struct op_nest *nest,
		       const struct op_block *block, const void *alpha, const void *beta);

/* From a block on, which is a plane, transpose blocks by tiles. */
void op_planes_split(struct op_planes *p, struct op_nest *nest, struct op_block *block);

/*
 * Transpose the source of a block to the stage. Returns the rows of the block: those of its
 * destination, and of the stage.
 */
struct op_line op_planes_load(const struct op_planes *p, const struct op_nest *nest,
			      const struct op_block *block);

/* Return the rows of the source of a block, and where in the stage they are to be converted to. */
struct op_line op_planes_rows(const struct op_planes *p, const struct op_nest *nest,
			      const struct op_block *block);

/* Transpose the converted rows of a block to the destination. */
void op_planes_store(const struct op_planes *p, const struct op_nest *nest,
		     const struct op_block *block);

#endif /* OPS_PLANES_H */
