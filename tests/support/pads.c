/* SPDX-License-Identifier: BSD-3-Clause */
/* Generated copies of pads. */
#include "pads.h"

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/pad.h>

#include "guard.h"
#include "made.h"
#include "oracle.h"
#include "suite.h"

#define PADS_NDIMS 4
#define ELEMENT_BYTES_MAX 40

/* A pad and its target: extents in native order, and the pitches of both sides. */
struct pads_case {
	size_t size, ndims;
	size_t dims[PADS_NDIMS], offsets[PADS_NDIMS], inner[PADS_NDIMS];
	size_t outer_pitch[PADS_NDIMS], inner_pitch[PADS_NDIMS];
};

/* Extents with a gap now and then, and the elements from the first to the last one. */
static size_t random_pitches(struct rng *rng, size_t ndims, const size_t *dims, size_t *pitch)
{
	size_t unit = 1, last = 0;

	for (size_t i = 0; i < ndims; i++) {
		last += (dims[i] - 1) * unit;
		pitch[i] = dims[i] + (rng_chance(rng, 15) ? rng_below(rng, 4) : 0);
		unit *= pitch[i];
	}
	return last + 1;
}

static struct pads_case random_pads_case(struct rng *rng, size_t most)
{
	static const size_t sizes[] = {1, 2, 4, 8, 8, 16, 3, ELEMENT_BYTES_MAX};
	struct pads_case c = {.size = sizes[rng_below(rng, sizeof(sizes) / sizeof(*sizes))],
			      .ndims = rng_range(rng, 1, PADS_NDIMS)};

	for (size_t i = 0; i < c.ndims; i++) {
		size_t many = i == 0 ? most : i == 1 ? 12 : 4;

		c.dims[i] = rng_range(rng, 1, many);
		c.offsets[i] = rng_chance(rng, 70) ? rng_below(rng, 3) : rng_below(rng, many);
		if (rng_chance(rng, 95) && c.offsets[i] >= c.dims[i])
			c.offsets[i] = 0;
		/* The target may reach beyond the pad. */
		c.inner[i] = rng_chance(rng, 70) && c.offsets[i] < c.dims[i]
				     ? c.dims[i] - c.offsets[i]
				     : rng_range(rng, 1, many);
		if (c.inner[i] > 1 && rng_chance(rng, 50))
			c.inner[i]--;
	}
	return c;
}

void pads_run(struct aml_dma *dma, struct rng *rng, size_t most)
{
	struct pads_case c = random_pads_case(rng, most);
	unsigned char neutral[ELEMENT_BYTES_MAX];
	size_t outer = random_pitches(rng, c.ndims, c.dims, c.outer_pitch);
	size_t inner = random_pitches(rng, c.ndims, c.inner, c.inner_pitch);
	bool back = rng_chance(rng, 10);
	struct aml_layout *plain, *target, *pad = NULL;
	struct oracle plain_oracle, target_oracle, pad_oracle;
	struct guard outer_memory, inner_memory;
	int result;

	for (size_t i = 0; i < sizeof(neutral); i++)
		neutral[i] = (unsigned char)rng_below(rng, 256);
	guard_create(&outer_memory, outer * c.size, rng);
	guard_create(&inner_memory, inner * c.size, rng);
	plain = new_dense(outer_memory.data, AML_LAYOUT_ORDER_COLUMN_MAJOR, c.size, c.ndims, c.dims,
			  NULL, c.outer_pitch);
	target = new_dense(inner_memory.data, AML_LAYOUT_ORDER_COLUMN_MAJOR, c.size, c.ndims,
			   c.inner, NULL, c.inner_pitch);
	ck_assert_int_eq(aml_layout_pad_create_at(&pad, AML_LAYOUT_ORDER_COLUMN_MAJOR, target,
						  c.dims, neutral, c.offsets),
			 AML_SUCCESS);
	oracle_dense(&plain_oracle, outer_memory.data, AML_LAYOUT_ORDER_COLUMN_MAJOR, c.size,
		     c.ndims, c.dims, NULL, c.outer_pitch);
	oracle_dense(&target_oracle, inner_memory.data, AML_LAYOUT_ORDER_COLUMN_MAJOR, c.size,
		     c.ndims, c.inner, NULL, c.inner_pitch);
	oracle_pad(&pad_oracle, &target_oracle, AML_LAYOUT_ORDER_COLUMN_MAJOR, c.dims, neutral,
		   c.offsets);
	if (back)
		oracle_copy(&pad_oracle, &plain_oracle, &inner_memory);
	else
		oracle_copy(&plain_oracle, &pad_oracle, &outer_memory);
	if (rng_chance(rng, 50))
		result = aml_dma_linux_copy_generic(back ? pad : plain, back ? plain : pad, NULL);
	else
		result = aml_dma_copy(dma, back ? pad : plain, back ? plain : pad);
	ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the copy returns %d", RNG_ARGS(rng),
		      result);
	guard_assert(&outer_memory, rng);
	guard_assert(&inner_memory, rng);
	oracle_destroy(&plain_oracle);
	oracle_destroy(&target_oracle);
	oracle_destroy(&pad_oracle);
	aml_layout_destroy(&plain);
	aml_layout_destroy(&pad);
	guard_destroy(&outer_memory);
	guard_destroy(&inner_memory);
}
