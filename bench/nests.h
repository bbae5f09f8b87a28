/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nested plain loops for any shape, compiled for this machine like loops.c. The innermost loop is
 * specialised by the element size and, where a programmer would know them, by the steps.
 */
#ifndef NESTS_H
#define NESTS_H

#include "loops.h"
#include "shape.h"

/*
 * The loops for a shape. Dimension 0 of the shape is the innermost loop. NULL: there are none for
 * this element size.
 */
loops_fn nests_for(const struct shape *shape);

#endif /* NESTS_H */
