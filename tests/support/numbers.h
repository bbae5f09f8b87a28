/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The oracle of numbers: conversions and reductions of one number at a time, by exact arithmetic
 * with integers. It uses neither the library nor the compiler's floating-point arithmetic, so that
 * it has the same results on every machine. The types and operations are those of
 * aml/dma/operators.h. A number is given by its bits, in the low bits of a word; the other bits of
 * the word are 0.
 */
#ifndef TESTS_SUPPORT_NUMBERS_H
#define TESTS_SUPPORT_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"

#define EXACT_TYPES 12
#define EXACT_OPERATIONS 8

/* The size of a number in bytes. */
size_t exact_bytes(int type);
bool exact_is_float(int type);

/* For messages. */
const char *exact_name(int type);
const char *exact_operation_name(int operation);

/* Whether numbers of the type can be combined in this way. */
bool exact_has_operation(int type, int operation);

/* Read and write a number at any address. */
uint64_t exact_load(int type, const void *at);
void exact_store(int type, void *at, uint64_t bits);

uint64_t exact_convert(int dst_type, int src_type, uint64_t src);

/* `alpha` and `beta` are only used by AML_DMA_REDUCE_AXPBY. */
uint64_t exact_reduce(int type, int operation, uint64_t dst, uint64_t src, uint64_t alpha,
		      uint64_t beta);

/* 0 or -0. */
bool exact_is_zero(int type, uint64_t bits);

/* Whether a result is right: it has the same bits, or both are NaNs and the result is quiet. */
bool exact_same(int type, uint64_t wanted, uint64_t got);

/*
 * Whether the number at `got` is a right result for the number at `wanted`. If so, `wanted` gets
 * its bits, which only differ in NaNs.
 */
bool exact_settle(int type, void *wanted, const void *got);

/* The largest number of edges of a type. */
#define EXACT_EDGES_MAX 1024

/*
 * Numbers at and beside the limits of every type, halfway between two numbers of every
 * floating-point type, the smallest and largest ones, infinities and NaNs of both kinds. Return how
 * many there are.
 */
size_t exact_edges(int type, uint64_t *edges);

/* Any number: random bits, an edge, a small integer, or a number of another type. */
uint64_t exact_random(int type, struct rng *rng);

#endif /* TESTS_SUPPORT_NUMBERS_H */
