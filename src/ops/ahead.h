/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prefetches of a transposed nest: between the rows of a block, the lines that are needed next. A
 * block has more short rows than the prefetchers of a CPU follow at once.
 */
#ifndef OPS_AHEAD_H
#define OPS_AHEAD_H

#include <stdbool.h>

#include "ops/nest.h"

/* Rows of a side that are not prefetched yet. */
struct op_ahead {
	const char *row;
	ptrdiff_t step;
	size_t rows, at, bytes; /* `at`: in the first of them */
};

/* All 0: there is nothing to prefetch. */
struct op_aheads {
	struct op_ahead src; /* rows of the source that are read next */
	size_t src_lines;    /* of them, to prefetch for each row of the destination in the block */
	struct op_ahead dst; /* rows of the destination in the next block */
};

/*
 * Find what is needed after a block. The source of `ahead` iterations of loop 1, a multiple of the
 * block's, is prefetched at once. `reads_dst`: so is the destination of the next block.
 */
void op_look_ahead(struct op_aheads *aheads, const struct op_nest *nest,
		   const struct op_block *block, size_t ahead, bool reads_dst);

/* Prefetch the share of `n` rows of the destination in the block. */
void op_prefetch(struct op_aheads *aheads, size_t n);

#endif /* OPS_AHEAD_H */
