/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Samples whose elements are numbers, and what is expected in them. See numbers.h for the bits of a
 * number.
 */
#ifndef TESTS_SUPPORT_NUMBER_SIDES_H
#define TESTS_SUPPORT_NUMBER_SIDES_H

#include "numbers.h"
#include "sample.h"

/* Store random numbers of the type in the elements of a sample that has not changed yet. */
void number_side_fill(struct sample *sample, int type, struct rng *rng);

/* Number n of a sample in native linear order. */
uint64_t number_side_load(const struct sample *sample, int type, size_t n);

/* Expect number n of a sample to become this one, unless it is a pad's neutral element. */
void number_side_expect(struct sample *sample, int type, size_t n, uint64_t bits);

/* Assert that a sample has the expected numbers, and that no other byte of it has changed. */
void number_side_assert(struct sample *sample, int type, const struct rng *rng);

/*
 * Make a sample of a steps layout in guarded memory: the dimensions are nested in the order `nest`,
 * from the innermost one on, with `gap` bytes between elements. Bit i of `backwards`: dimension i
 * is reversed.
 */
void number_side_nest(struct sample *sample, struct rng *rng, size_t element_size, size_t ndims,
		      const size_t *dims, const size_t *nest, size_t gap, unsigned backwards);

/* The same with up to 4 dimensions in a random order and directions, and perhaps a gap. */
void number_side_nest_any(struct sample *sample, struct rng *rng, size_t element_size, size_t ndims,
			  const size_t *dims);

#endif /* TESTS_SUPPORT_NUMBER_SIDES_H */
