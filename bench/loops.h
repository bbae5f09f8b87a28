/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plain loops that a program would use without the library, compiled for this machine. The
 * makefile compiles only loops.c, nests.c, nests_small.c and number_loops.c with -O3 -march=native,
 * if the compiler accepts these flags.
 */
#ifndef LOOPS_H
#define LOOPS_H

#include <stddef.h>
#include <stdint.h>

#include "shape.h"

struct aml_layout;

/* The rows of both sides of a reshape: elements, and elements from one row to the next. */
struct reshaped {
	size_t to_row, to_pitch, from_row, from_pitch;
};

/*
 * Copy a shape: dimension 0 is the innermost loop. The addresses are those of element 0.
 */
typedef void (*loops_fn)(const struct bench_shape *shape, void *dst, const void *src);

/*
 * The best loops for a shape whose dimension 0 is to be the innermost loop. NULL if there are none
 * for its element size.
 */
loops_fn loops_for(const struct bench_shape *shape);

/* The same without small extents and steps as constants: specialised by the element size only. */
loops_fn loops_general_for(const struct bench_shape *shape);

/* Call memcpy() for each run along the first dimension, which must be contiguous on both sides. */
void loops_rows(const struct bench_shape *shape, void *dst, const void *src);

/*
 * Copy two dimensions of 8-byte elements, with one call of deref_native for each element and
 * side.
 */
void loops_deref(const struct aml_layout *dst, const struct aml_layout *src, const size_t *dims);

/*
 * Copy doubles into a matrix of `width` columns and `height` rows. Its border of one element on
 * each side is set to `neutral`; the source has no border.
 */
void loops_pad(double *dst, const double *src, size_t width, size_t height, double neutral);

/* Copy `count` 4-byte elements in linear order from rows to rows of another length. */
void loops_reshape(uint32_t *dst, const uint32_t *src, size_t count, const struct reshaped *rows);

/* Copy with stores that bypass the caches, if there are any. */
void loops_stream(void *dst, const void *src, size_t bytes);

/*
 * Fill with such stores. Each vector gets the same bytes, which begin at `src`, where 64 bytes can
 * be read.
 */
void loops_stream_fill(void *dst, const void *src, size_t bytes);

/* The vector instructions that loops.c was compiled for. */
const char *loops_target(void);

#endif /* LOOPS_H */
