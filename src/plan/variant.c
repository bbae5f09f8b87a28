/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of variants. */
#include <string.h>

#include "plan/variant.h"

/* Blocks of direct transpositions, and of planes that cannot be staged. */
#define BLOCKS_OF_LINES .tiles = 8, .lines = 1, .ahead = 2

const struct copy_variant copy_variants[VARIANTS] = {
	[VARIANT_NONE] = {.name = "none", .kind = COPY_EMPTY},
	[VARIANT_FLAT_CACHED] = {.name = "cached", .kind = COPY_FLAT},
	[VARIANT_FLAT_STREAM] = {.name = "stream", .kind = COPY_FLAT, .stream = true},
	[VARIANT_STRIDED_CACHED] = {.name = "cached", .kind = COPY_STRIDED},
	[VARIANT_STRIDED_CACHED_SRC] = {.name = "cached-src",
					.kind = COPY_STRIDED,
					.condition = CONDITION_ORDER,
					.by_src = true},
	[VARIANT_STRIDED_STREAM] = {.name = "stream",
				    .kind = COPY_STRIDED,
				    .stream = true,
				    .condition = CONDITION_STREAMS,
				    .hint = HINT_ONCE},
	[VARIANT_STRIDED_STREAM_FIRST] = {.name = "stream-first",
					  .kind = COPY_STRIDED,
					  .stream = true,
					  .condition = CONDITION_STREAMS,
					  .hint = HINT_FIRST},
	[VARIANT_STRIDED_CACHED_BRICKS] = {.name = "cached-bricks",
					   .kind = COPY_STRIDED,
					   .stream = false,
					   .condition = CONDITION_BRICKS,
					   .bricks = true},
	[VARIANT_STRIDED_STREAM_BRICKS] = {.name = "stream-bricks",
					   .kind = COPY_STRIDED,
					   .stream = true,
					   .condition = CONDITION_BRICKS,
					   .bricks = true},
	[VARIANT_TRANSPOSE_CACHED] = {.name = "cached", .kind = COPY_TRANSPOSE},
	[VARIANT_TRANSPOSE_DIRECT] = {.name = "direct",
				      .kind = COPY_TRANSPOSE,
				      .stream = true,
				      .direct = true,
				      BLOCKS_OF_LINES},
	[VARIANT_TRANSPOSE_DIRECT_BLOCKS] = {.name = "direct-blocks",
					     .kind = COPY_TRANSPOSE,
					     .stream = true,
					     .direct = true,
					     .tiles = 4,
					     .lines = 8},
	[VARIANT_TRANSPOSE_DIRECT_NARROW] = {.name = "direct-narrow",
					     .kind = COPY_TRANSPOSE,
					     .stream = true,
					     .direct = true,
					     .tiles = 1,
					     .lines = 4},
	[VARIANT_TRANSPOSE_STAGE_ONCE] = {.name = "stage-once",
					  .kind = COPY_TRANSPOSE,
					  .stream = true,
					  .condition = CONDITION_STAGE,
					  BLOCKS_OF_LINES,
					  .hint = HINT_ONCE},
	[VARIANT_TRANSPOSE_STAGE_FIRST] = {.name = "stage-first",
					   .kind = COPY_TRANSPOSE,
					   .stream = true,
					   .condition = CONDITION_STAGE,
					   BLOCKS_OF_LINES,
					   .hint = HINT_FIRST},
	[VARIANT_TRANSPOSE_STAGE_HALF] = {.name = "stage-half",
					  .kind = COPY_TRANSPOSE,
					  .stream = true,
					  .condition = CONDITION_STAGE,
					  BLOCKS_OF_LINES,
					  .hint = HINT_FIRST,
					  .half = true},
	[VARIANT_TRANSPOSE_LIST_ONCE] = {.name = "list-once",
					 .kind = COPY_TRANSPOSE,
					 .stream = true,
					 .condition = CONDITION_LISTS,
					 BLOCKS_OF_LINES,
					 .lists = true,
					 .hint = HINT_ONCE},
	[VARIANT_TRANSPOSE_LIST_FIRST] = {.name = "list-first",
					  .kind = COPY_TRANSPOSE,
					  .stream = true,
					  .condition = CONDITION_LISTS,
					  BLOCKS_OF_LINES,
					  .lists = true,
					  .hint = HINT_FIRST},
	[VARIANT_TRANSPOSE_COLUMNS_ONCE] = {.name = "columns-once",
					    .kind = COPY_TRANSPOSE,
					    .stream = true,
					    .condition = CONDITION_COLUMNS,
					    BLOCKS_OF_LINES,
					    .columns = true,
					    .hint = HINT_ONCE},
	[VARIANT_TRANSPOSE_COLUMNS_FIRST] = {.name = "columns-first",
					     .kind = COPY_TRANSPOSE,
					     .stream = true,
					     .condition = CONDITION_COLUMNS,
					     BLOCKS_OF_LINES,
					     .columns = true,
					     .hint = HINT_FIRST},
	[VARIANT_TRANSPOSE_CACHED_BRICKS] = {.name = "cached-bricks",
					     .kind = COPY_TRANSPOSE,
					     .stream = false,
					     .condition = CONDITION_BRICKS,
					     .bricks = true},
	[VARIANT_TRANSPOSE_STREAM_BRICKS] = {.name = "stream-bricks",
					     .kind = COPY_TRANSPOSE,
					     .stream = true,
					     .condition = CONDITION_BRICKS,
					     .bricks = true},
};

#ifdef KERNELS_COUNT
unsigned long copy_variant_runs[VARIANTS];
#endif

const uint8_t copy_first_variant[VARIANT_KINDS] = {
	[COPY_FLAT] = VARIANT_FLAT_CACHED,
	[COPY_STRIDED] = VARIANT_STRIDED_CACHED,
	[COPY_TRANSPOSE] = VARIANT_TRANSPOSE_CACHED,
};

unsigned copy_variant_named(uint8_t kind, const char *name, size_t length)
{
	for (unsigned i = VARIANT_NONE + 1; i < VARIANTS; i++)
		if (copy_variants[i].kind == kind && strlen(copy_variants[i].name) == length &&
		    memcmp(copy_variants[i].name, name, length) == 0)
			return i;
	return VARIANT_NONE;
}
