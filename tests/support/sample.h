/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random layouts: a layout that the library made, the oracle of the same, and guarded memory
 * beneath. Dense ones have strides, pitches, steps in any order of the dimensions, and are slices
 * of slices; nested ones are also pads, reshapes and layouts of a test's own, over each other.
 */
#ifndef TESTS_SUPPORT_SAMPLE_H
#define TESTS_SUPPORT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include <aml.h>

#include "guard.h"
#include "oracle.h"
#include "random.h"

/* Elements may coincide and overlap: a source. */
#define SAMPLE_SOURCE 0x1
/* Pads, reshapes and layouts of a test's own too. */
#define SAMPLE_NESTED 0x2

#define SAMPLE_DEPTH 3
#define SAMPLE_ELEMENT_MAX 128

struct sample {
	struct aml_layout *layout;
	int order;
	struct oracle oracle;
	struct guard memory;
	/* It has to stay until what was posted has run. */
	bool must_stay;
	/* How it was made, for messages. */
	char made[200];

	unsigned char neutrals[SAMPLE_DEPTH][SAMPLE_ELEMENT_MAX];
	size_t num_neutrals;
};

/* Random native extents of about 1 to 2000 elements; 0 extents now and then. Returns their number.
 */
size_t sample_dims(struct rng *rng, size_t *dims);

size_t sample_element_size(struct rng *rng);

/* Make one of these native extents. */
void sample_create(struct sample *sample, struct rng *rng, int flags, size_t element_size,
		   size_t ndims, const size_t *dims);
void sample_destroy(struct sample *sample);

#endif /* TESTS_SUPPORT_SAMPLE_H */
