/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The planes of a transposed nest: loop 0 is contiguous in the destination, loop 1 in the source.
 * No plan is made.
 *
 * In the caches, a kernel that combines a transposed source with the destination runs a whole
 * plane, if there is one. Else the tile kernels of copies transpose blocks in the first-level
 * cache:
 *
 * A conversion converts pieces of the source's rows to a stage, which is transposed to the
 * destination. Other operators transpose the source to a stage, whose rows are then combined with
 * those of the destination. From memory, they gather pieces of the source's rows first: the sets of
 * a cache have room for few rows that are a power of two apart, so each line is to be read once.
 *
 * A kernel needs some rows, and some elements of each. A block that has fewer is transposed with
 * its neighbours, the elements before it or after it. Conversions store these twice, with equal
 * values.
 */
#ifndef OPS_PLANES_H
#define OPS_PLANES_H

#include "kernels/kernels.h"
#include "kernels/numbers.h"
#include "ops/ahead.h"
#include "ops/nest.h"
#include "ops/rows.h"

struct op_planes {
	combine_fn combine;   /* NULL: there is none for these planes */
	tile_fn narrow, wide; /* `wide`: for at least `wide_rows` rows */
	tile_fn streaming;    /* for multiples of `wide_rows` rows; NULL: nothing is streamed */
	size_t wide_rows;
	size_t rows, columns; /* source rows, and elements of each, that `narrow` needs at least */
	size_t bytes;         /* of an element in a tile */
	size_t gathers;       /* iterations of loop 1 whose source is gathered at once; 0: none */
	size_t ahead;         /* iterations of loop 1 whose source is prefetched at once; 0: none */
	bool converts;        /* elements are converted before they are transposed */
	bool reads_dst;
	struct op_aheads aheads;
	char *gathered, *stage;
};

/*
 * Prepare the planes of a nest, and choose its blocks. The flags are those of the struct. Returns
 * false, and changes nothing, if the nest is not transposed, or no kernel transposes its elements.
 * The buffers have OP_GATHER_BYTES and OP_SRC_BYTES bytes, and stay the caller's.
 */
bool op_planes_make(struct op_planes *p, struct op_nest *nest, const struct copy_plan *plan,
		    combine_fn combine, bool converts, bool reads_dst, char *gathered, char *stage);

/*
 * Combine a block in one go. `alpha` and `beta` are those of the reduction, or NULL. Returns false,
 * without a change, if there is no kernel for it, or if a comparison finds a difference.
 */
bool op_planes_combine(struct op_planes *p, const struct op_nest *nest,
		       const struct op_block *block, const void *alpha, const void *beta);

/* Find what is prefetched while a block runs. */
void op_planes_look_ahead(struct op_planes *p, const struct op_nest *nest,
			  const struct op_block *block);

/* Prefetch the share of `n` rows of the destination in the block. */
static inline void op_planes_prefetch(struct op_planes *p, size_t n)
{
	if (p->ahead > 0)
		op_prefetch(&p->aheads, n);
}

/*
 * Transpose the source of a block to the stage. Returns the rows of the block: those of its
 * destination, and of the stage.
 */
struct op_line op_planes_load(struct op_planes *p, const struct op_nest *nest,
			      const struct op_block *block);

/* Return rows of the source, and where in the gathered rows they are to be converted to. */
struct op_line op_planes_rows(const struct op_planes *p, const struct op_nest *nest,
			      const struct op_block *block);

/* Transpose the converted rows of a block to the destination. */
void op_planes_store(struct op_planes *p, const struct op_nest *nest, const struct op_block *block);

#endif /* OPS_PLANES_H */
