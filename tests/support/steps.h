/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated copies between custom layouts with any steps: negative ones and, in the source, steps
 * of 0 and elements that overlap. The kinds of copies are those that are shuffled, filled, or
 * copied along another loop than the innermost one: short steps, mirrored rows, broadcasts, batches
 * of small planes, windows of an image, interleaved arrays. Each is compared with plain loops.
 */
#ifndef TESTS_SUPPORT_STEPS_H
#define TESTS_SUPPORT_STEPS_H

#include <aml.h>

#include "random.h"

/* Make a copy, directly or by the engine. */
void steps_run(struct aml_dma *dma, struct rng *rng);

#endif /* TESTS_SUPPORT_STEPS_H */
