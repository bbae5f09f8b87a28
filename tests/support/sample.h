/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random layouts. A sample has a layout, the oracle of that layout, and guarded memory for its
 * elements. Dense samples have strides, pitches and steps in any order of the dimensions. Other
 * samples have steps in bytes, of either sign. Both may be slices of slices, and reversed. Nested
 * samples also have pads, reshapes and custom layouts over each other.
 */
#ifndef TESTS_SUPPORT_SAMPLE_H
#define TESTS_SUPPORT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include <aml.h>

#include "guard.h"
#include "oracle.h"
#include "random.h"

/* Elements may coincide and overlap: only for the source of a copy. */
#define SAMPLE_SOURCE 0x1
/* Pads, reshapes and custom layouts too. */
#define SAMPLE_NESTED 0x2

#define SAMPLE_DEPTH 3
#define SAMPLE_ELEMENT_MAX 128

struct sample {
	struct aml_layout *layout;
	int order;
	struct oracle oracle;
	struct guard memory;
	/* The layout must live until posted copies of it have run. */
	bool must_stay;
	/* How the layout was made, for messages. */
	char made[200];

	unsigned char neutrals[SAMPLE_DEPTH][SAMPLE_ELEMENT_MAX];
	size_t num_neutrals;
};

/*
 * Random native extents, with a product of about 1 to 2000. Now and then an extent is 0. Returns
 * the number of dimensions.
 */
size_t sample_dims(struct rng *rng, size_t *dims);

size_t sample_element_size(struct rng *rng);

/* Make a sample with these native extents. */
void sample_create(struct sample *sample, struct rng *rng, int flags, size_t element_size,
		   size_t ndims, const size_t *dims);
void sample_destroy(struct sample *sample);

#endif /* TESTS_SUPPORT_SAMPLE_H */
