/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated copies of pads over dense layouts to dense layouts, and some in the other direction:
 * small ones, borders and corners of any width, cropped targets, rows with gaps. Each is compared
 * with the oracle.
 */
#ifndef TESTS_SUPPORT_PADS_H
#define TESTS_SUPPORT_PADS_H

#include <aml.h>

#include "random.h"

/* Make a copy, directly or by the engine. Rows have up to `most` elements. */
void pads_run(struct aml_dma *dma, struct rng *rng, size_t most);

#endif /* TESTS_SUPPORT_PADS_H */
