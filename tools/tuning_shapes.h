/* SPDX-License-Identifier: BSD-3-Clause */
/* The copies from which aml-dma tune learns, if none is named. */
#ifndef TOOLS_TUNING_SHAPES_H
#define TOOLS_TUNING_SHAPES_H

#include <stddef.h>

enum { TUNING_SHAPES_MAX = 60, TUNING_TEXT_BYTES = 200 };

/* Layouts and a permutation, as aml-dma explain takes them. */
struct tuning_shape {
	char src[TUNING_TEXT_BYTES], dst[TUNING_TEXT_BYTES];
	char permute[16]; /* empty: none */
};

/*
 * Store the shapes for this machine, and return their number. The library has room for 64 classes
 * of copies; these leave some for others.
 */
size_t tuning_shapes_list(struct tuning_shape shapes[TUNING_SHAPES_MAX]);

#endif /* TOOLS_TUNING_SHAPES_H */
