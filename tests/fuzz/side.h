/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One side of a copy, decoded from bytes: a layout, the oracle of the same, and memory
 * beneath. It is made from the outside inwards, so that it has the extents asked for:
 * dense layouts by every way of strides, pitches and order, their slices and reshapes, pads,
 * reshape layouts, and layouts of a test's own, over each other.
 */
#ifndef TESTS_FUZZ_SIDE_H
#define TESTS_FUZZ_SIDE_H

#include <aml.h>

#include "bytes.h"
#include "oracle.h"

/* Elements of a shape and bytes of memory, about. */
#define COUNT_MAX 512
#define BYTES_MAX 16384
/* …where it is to be more than the engine moves at once. */
#define BYTES_BIG (4 << 20)

#define SIDE_DEPTH 3
#define ELEMENT_MAX 8192

/* Native extents of few elements. */
struct extents {
	size_t ndims;
	size_t dims[AML_LAYOUT_NDIMS_MAX];
};

struct side {
	struct aml_layout *layout;
	int order;
	struct oracle oracle;
	/* Only data, size and expected are in use. */
	struct guard memory;
	unsigned char *block;

	/* Elements may coincide: it is copied from. */
	bool source;
	/* The memory it may take. */
	size_t budget;
	/* Somewhere in it, a layout of a test's own that nobody can keep. */
	bool must_stay;
	/* It has a duplicate. */
	bool duplicates;
	/* It is a base and steps, known to the library. */
	bool fast;
	/* A dimension of several elements has a step of 0, and it is plain. */
	bool zero_step;

	/* What a layout of a test's own tells wrong, 0: nothing. */
	unsigned lie;
	/* The code by which a copy is refused for it, or AML_SUCCESS. */
	int refused;
	/* …by which only posting is, since the layout cannot be kept. */
	int not_kept;
	/* An element has no address. */
	bool hole;

	unsigned char neutrals[SIDE_DEPTH][ELEMENT_MAX];
	size_t num_neutrals;
};

/* Decode extents; of several, their product stays below COUNT_MAX. */
void decode_extents(struct bytes *bytes, struct extents *extents);

/* Decode a side of these extents; all else is zero, or as said above. */
void side_decode(struct side *side, struct bytes *bytes, size_t element_size,
		 const struct extents *extents);
/* The layout may have gone before. */
void side_destroy(struct side *side);

#endif /* TESTS_FUZZ_SIDE_H */
