/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plain loops that a program would use without the library, compiled for this machine. The
 * makefile compiles only loops.c with -O3 -march=native, if the compiler accepts these flags.
 */
#ifndef LOOPS_H
#define LOOPS_H

#include <stddef.h>

#include "shape.h"

struct aml_layout;

/* Copy `shape`, which must be sorted (shape_sorted()). */
typedef void (*loops_fn)(const struct shape *shape, void *dst, const void *src);

/* The best loops for a sorted shape; NULL if there are none for its element size. */
loops_fn loops_for(const struct shape *shape);

/* Call memcpy() for each run along the first dimension, which must be contiguous on both sides. */
void loops_rows(const struct shape *shape, void *dst, const void *src);

/*
 * Copy two dimensions of 8-byte elements, with one call of deref_native for each element and
 * side.
 */
void loops_deref(const struct aml_layout *dst, const struct aml_layout *src, const size_t *dims);

/* Copy with stores that bypass the caches, if there are any. `bytes`: a multiple of 64. */
void loops_stream(void *dst, const void *src, size_t bytes);

/* The vector instructions that loops.c was compiled for. */
const char *loops_target(void);

#endif /* LOOPS_H */
