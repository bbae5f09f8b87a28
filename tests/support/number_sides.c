/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples whose elements are numbers: see number_sides.h. */
#include "number_sides.h"

#include <string.h>

#include <aml/layout/steps.h>

#include "suite.h"

static unsigned char *expected_at(const struct sample *sample, size_t n)
{
	return sample->memory.expected + (sample->oracle.cells[n].at - sample->memory.data);
}

void number_side_fill(struct sample *sample, int type, struct rng *rng)
{
	for (size_t n = 0; n < sample->oracle.count; n++)
		if (!sample->oracle.cells[n].neutral)
			exact_store(type, sample->oracle.cells[n].at, exact_random(type, rng));
	memcpy(sample->memory.expected, sample->memory.data, sample->memory.size);
}

uint64_t number_side_load(const struct sample *sample, int type, size_t n)
{
	return exact_load(type, sample->oracle.cells[n].at);
}

void number_side_expect(struct sample *sample, int type, size_t n, uint64_t bits)
{
	if (!sample->oracle.cells[n].neutral)
		exact_store(type, expected_at(sample, n), bits);
}

void number_side_assert(struct sample *sample, int type, const struct rng *rng)
{
	for (size_t n = 0; n < sample->oracle.count; n++) {
		const struct cell *cell = &sample->oracle.cells[n];

		if (!cell->neutral && !exact_settle(type, expected_at(sample, n), cell->at))
			ck_abort_msg(RNG_FORMAT "element %zu, of type %s, is %#jx, not %#jx (%s)",
				     RNG_ARGS(rng), n, exact_name(type),
				     (uintmax_t)exact_load(type, cell->at),
				     (uintmax_t)exact_load(type, expected_at(sample, n)),
				     sample->made);
	}
	guard_assert(&sample->memory, rng);
}

void number_side_nest(struct sample *sample, struct rng *rng, size_t element_size, size_t ndims,
		      const size_t *dims, const size_t *nest, size_t gap, unsigned backwards)
{
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
	size_t unit = element_size + gap, size = element_size, at = 0;

	memset(sample, 0, sizeof(*sample));
	for (size_t k = 0; k < ndims; k++) {
		size_t i = nest[k], length = (dims[i] - 1) * unit;

		steps[i] = (ptrdiff_t)unit;
		size += length;
		if (backwards >> i & 1) {
			steps[i] = -steps[i];
			at += length;
		}
		unit *= dims[i];
	}
	guard_create(&sample->memory, size, rng);
	sample->order = AML_LAYOUT_ORDER_COLUMN_MAJOR;
	ck_assert_int_eq(aml_layout_steps_create(&sample->layout, sample->memory.data + at,
						 sample->order, element_size, ndims, dims, steps),
			 AML_SUCCESS);
	oracle_steps(&sample->oracle, sample->memory.data + at, sample->order, element_size, ndims,
		     dims, steps);
	strcpy(sample->made, "nest");
}

void number_side_nest_any(struct sample *sample, struct rng *rng, size_t element_size, size_t ndims,
			  const size_t *dims)
{
	size_t nest[4];

	rng_permutation(rng, ndims, nest);
	number_side_nest(sample, rng, element_size, ndims, dims, nest,
			 rng_chance(rng, 70) ? 0 : rng_below(rng, 2 * element_size + 1),
			 (unsigned)rng_below(rng, 16));
}
