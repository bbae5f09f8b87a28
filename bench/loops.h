/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program would write by itself: plain loops, compiled for this very machine
 * (-O3 -march=native where the compiler takes them; the makefile says so for this file alone).
 */
#ifndef LOOPS_H
#define LOOPS_H

#include <stddef.h>

#include "shape.h"

struct aml_layout;

/* Loops that copy `shape`, which is sorted (shape_sorted()). */
typedef void (*loops_fn)(const struct shape *shape, void *dst, const void *src);

/* The loops that suit a sorted shape best; NULL if there are none for its element size. */
loops_fn loops_for(const struct shape *shape);

/* memcpy() for each run along the first dimension, which is contiguous on both sides. */
void loops_rows(const struct shape *shape, void *dst, const void *src);

/*
 * Two dimensions of 8-byte elements, each address asked of its layout: one call of
 * deref_native for every element and side.
 */
void loops_deref(const struct aml_layout *dst, const struct aml_layout *src, const size_t *dims);

/* Copy with stores that pass the caches by, where there are such. `bytes`: a multiple of 64. */
void loops_stream(void *dst, const void *src, size_t bytes);

/* The vector instructions that this file was compiled for. */
const char *loops_target(void);

#endif /* LOOPS_H */
