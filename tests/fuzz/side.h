/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One side of a copy, decoded from bytes: a layout, the oracle of that layout, and memory for its
 * elements. The layout is chosen from the outside inwards, because its extents are given. It may be
 * a dense or steps layout with any distances and order, or a slice, reshape or reverse of one. It
 * may also be a pad, a reshape layout or a custom layout, over each other.
 */
#ifndef TESTS_FUZZ_SIDE_H
#define TESTS_FUZZ_SIDE_H

#include <aml.h>

#include "bytes.h"
#include "oracle.h"

/* Limits of the number of elements, and of the bytes of memory. Both are approximate. */
#define COUNT_MAX 512
#define BYTES_MAX 16384
/* The limit of the memory for a copy that an engine splits into parts. */
#define BYTES_BIG (4 << 20)

#define SIDE_DEPTH 3
#define ELEMENT_MAX 8192

/* Native extents of few elements. */
struct extents {
	size_t ndims;
	size_t dims[AML_LAYOUT_NDIMS_MAX];
};

struct fuzz_side {
	struct aml_layout *layout;
	int order;
	struct oracle oracle;
	/* Its pages are `block`: the memory, and guard bytes instead of inaccessible pages. */
	struct guard memory;
	unsigned char *block;

	/* The side is the source of the copy, so elements may coincide. */
	bool source;
	/* The limit of its memory, in bytes. */
	size_t budget;
	/* It contains a custom layout that a posted copy cannot keep. */
	bool must_stay;
	/* The layout can be duplicated. */
	bool duplicates;
	/* The library copies the layout by a base and steps. */
	bool fast;
	/* The layout is fast, and a dimension of several elements has a step of 0. */
	bool zero_step;

	/* The wrong answer of a custom layout, an enum lie; 0 if all answers are right. */
	unsigned lie;
	/* The code with which each copy is refused because of it, or AML_SUCCESS. */
	int refused;
	/* The code with which only posting is refused, because the layout cannot be kept. */
	int not_kept;
	/* An element has no address. */
	bool hole;

	unsigned char neutrals[SIDE_DEPTH][ELEMENT_MAX];
	size_t num_neutrals;
};

/* Decode extents. Their product is at most COUNT_MAX. */
void decode_extents(struct bytes *bytes, struct extents *extents);

/* Decode a side with these extents. The caller sets `source` and `budget`, and all else to zero. */
void side_decode(struct fuzz_side *side, struct bytes *bytes, size_t element_size,
		 const struct extents *extents);
/* Release a side. The caller may have destroyed the layout before. */
void side_destroy(struct fuzz_side *side);

#endif /* TESTS_FUZZ_SIDE_H */
