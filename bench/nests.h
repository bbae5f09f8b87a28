/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nested plain loops for any shape, compiled for this machine like loops.c. The innermost loop is
 * specialised by the element size, by contiguous sides and, if wanted, by constant steps.
 */
#ifndef NESTS_H
#define NESTS_H

#include <stdbool.h>

#include "loops.h"
#include "shape.h"

/*
 * The loops for a shape. Dimension 0 of the shape is the innermost loop. `fixed`: small extents and
 * the usual steps are constants, as if the programmer knew them. NULL: there are none for this
 * element size.
 */
loops_fn nests_for(const struct bench_shape *shape, bool fixed);

#endif /* NESTS_H */
