/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nested plain loops whose innermost extent is 2, 3 or 4, which a programmer would write as a
 * constant: pixels, small vectors and small matrices.
 */
#ifndef NESTS_SMALL_H
#define NESTS_SMALL_H

#include "loops.h"
#include "shape.h"

/* The loops for a shape; NULL: use those of nests.c. */
loops_fn nests_small_for(const struct bench_shape *shape);

#endif /* NESTS_SMALL_H */
