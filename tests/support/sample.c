/* SPDX-License-Identifier: BSD-3-Clause */
/* Random layouts. The extents are chosen from the outermost layout inwards. */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>

#include "suite.h"
#include "user_layout.h"

/* The memory of a sample has room for about this many elements. */
#define BUDGET 16384

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t at_least_1(size_t n)
{
	return n ? n : 1;
}

static int random_order(struct rng *rng)
{
	return rng_chance(rng, 50) ? AML_LAYOUT_ORDER_ROW_MAJOR : AML_LAYOUT_ORDER_COLUMN_MAJOR;
}

static void note(struct sample *sample, const char *text)
{
	size_t n = strlen(sample->made);

	snprintf(sample->made + n, sizeof(sample->made) - n, "%s ", text);
}

size_t sample_dims(struct rng *rng, size_t *dims)
{
	size_t ndims = rng_range(rng, 1, 6), budget = (size_t)1 << rng_below(rng, 12);
	size_t permutation[6], sizes[6];

	for (size_t i = 0; i < ndims; i++) {
		sizes[i] = rng_range(rng, 1, smaller(budget, rng_chance(rng, 20) ? 2000 : 40));
		budget /= sizes[i];
	}
	if (rng_chance(rng, 4))
		sizes[rng_below(rng, ndims)] = 0;
	rng_permutation(rng, ndims, permutation);
	for (size_t i = 0; i < ndims; i++)
		dims[i] = sizes[permutation[i]];
	return ndims;
}

size_t sample_element_size(struct rng *rng)
{
	static const size_t usual[] = {1, 2, 4, 8, 16, 3, 12, 32, 64};

	if (rng_chance(rng, 60))
		return usual[rng_below(rng, sizeof(usual) / sizeof(*usual))];
	return rng_range(rng, 1, 100);
}

/* Nested dimensions, each with a random stride and pitch. */
static void random_pitches(struct rng *rng, bool source, size_t ndims, const size_t *dims,
			   size_t *stride, size_t *pitch)
{
	size_t used = 1, rest = 1;

	for (size_t i = 0; i < ndims; i++)
		rest *= at_least_1(dims[i]);
	for (size_t i = 0; i < ndims; i++) {
		size_t extent = at_least_1(dims[i]);

		rest /= extent;
		stride[i] = rng_range(rng, 1, 3);
		if ((source && rng_chance(rng, 8)) || dims[i] == 1)
			stride[i] = rng_below(rng, 3);
		pitch[i] = (extent - 1) * stride[i] + 1 + rng_below(rng, 3);
		if (used * pitch[i] * rest > BUDGET) {
			stride[i] = 1;
			pitch[i] = extent;
		}
		used *= pitch[i];
	}
}

/* Steps in any order of the dimensions. With every pitch 1, the strides are the steps. */
static void random_steps(struct rng *rng, bool source, size_t ndims, const size_t *dims,
			 size_t *stride, size_t *pitch)
{
	size_t permutation[AML_LAYOUT_NDIMS_MAX], unit = 1, rest = 1;

	for (size_t i = 0; i < ndims; i++) {
		rest *= at_least_1(dims[i]);
		pitch[i] = 1;
	}
	rng_permutation(rng, ndims, permutation);
	for (size_t k = 0; k < ndims; k++) {
		size_t i = permutation[k], extent = at_least_1(dims[i]), next;

		rest /= extent;
		stride[i] = unit + rng_below(rng, 2) * rng_below(rng, 3);
		if ((source && rng_chance(rng, 8)) || dims[i] == 1)
			stride[i] = rng_below(rng, 5);
		next = (extent - 1) * stride[i] + unit;
		if (next * rest > BUDGET) {
			stride[i] = unit;
			next = extent * unit;
		}
		unit = next;
	}
}

/* Small steps that make elements coincide. */
static void random_overlap(struct rng *rng, size_t ndims, size_t *stride, size_t *pitch)
{
	for (size_t i = 0; i < ndims; i++) {
		stride[i] = rng_below(rng, 4);
		pitch[i] = 1;
	}
}

static void random_distances(struct rng *rng, bool source, size_t ndims, const size_t *dims,
			     size_t *stride, size_t *pitch)
{
	switch (rng_below(rng, source ? 7 : 6)) {
	case 0:
		for (size_t i = 0; i < ndims; i++) {
			stride[i] = 1;
			pitch[i] = dims[i];
		}
		break;
	case 1:
	case 2:
	case 3:
		random_pitches(rng, source, ndims, dims, stride, pitch);
		break;
	case 4:
	case 5:
		random_steps(rng, source, ndims, dims, stride, pitch);
		break;
	default:
		random_overlap(rng, ndims, stride, pitch);
		break;
	}
}

static bool all(size_t ndims, const size_t *numbers, size_t number)
{
	for (size_t i = 0; i < ndims; i++) {
		if (numbers[i] != number)
			return false;
	}
	return true;
}

/* Make a layout with aml_layout_dense_create(), and the sample's memory. */
static void make_base(struct sample *sample, struct rng *rng, int flags, size_t element_size,
		      size_t ndims, const size_t *dims)
{
	size_t stride[AML_LAYOUT_NDIMS_MAX], pitch[AML_LAYOUT_NDIMS_MAX];
	size_t user_dims[AML_LAYOUT_NDIMS_MAX], user_stride[AML_LAYOUT_NDIMS_MAX],
		user_pitch[AML_LAYOUT_NDIMS_MAX];
	size_t span = 1, cpitch = 1;
	const size_t *given_stride, *given_pitch;

	random_distances(rng, flags & SAMPLE_SOURCE, ndims, dims, stride, pitch);
	for (size_t i = 0; i < ndims; i++) {
		span += (at_least_1(dims[i]) - 1) * stride[i] * cpitch;
		cpitch *= pitch[i];
	}
	guard_create(&sample->memory, span * element_size, rng);
	sample->order = random_order(rng);
	flip(sample->order, ndims, dims, user_dims);
	flip(sample->order, ndims, stride, user_stride);
	flip(sample->order, ndims, pitch, user_pitch);
	given_stride = all(ndims, stride, 1) && rng_chance(rng, 50) ? NULL : user_stride;
	given_pitch = !memcmp(pitch, dims, ndims * sizeof(*dims)) && rng_chance(rng, 50)
			      ? NULL
			      : user_pitch;
	ck_assert_int_eq(aml_layout_dense_create(&sample->layout, sample->memory.data,
						 sample->order, element_size, ndims, user_dims,
						 given_stride, given_pitch),
			 AML_SUCCESS);
	oracle_dense(&sample->oracle, sample->memory.data, sample->order, element_size, ndims,
		     user_dims, user_stride, user_pitch);
	note(sample, sample->order == AML_LAYOUT_ORDER_ROW_MAJOR ? "row" : "column");
}

/*
 * Steps in bytes in any order of the dimensions. They need not be multiples of the element size and
 * may be negative. Returns the number of bytes below element 0; `*span` is the number of all bytes.
 */
static size_t random_byte_steps(struct rng *rng, bool source, size_t element_size, size_t ndims,
				const size_t *dims, ptrdiff_t *steps, size_t *span)
{
	size_t permutation[AML_LAYOUT_NDIMS_MAX], unit = element_size, rest = 1, below = 0;

	for (size_t i = 0; i < ndims; i++)
		rest *= at_least_1(dims[i]);
	rng_permutation(rng, ndims, permutation);
	for (size_t k = 0; k < ndims; k++) {
		size_t i = permutation[k], extent = at_least_1(dims[i]), step, next;

		rest /= extent;
		step = unit + (rng_chance(rng, 40) ? rng_below(rng, 2 * element_size + 1) : 0);
		if ((source && rng_chance(rng, 8)) || dims[i] == 1)
			step = rng_below(rng, 2 * element_size);
		if (source && rng_chance(rng, 5))
			step = 0;
		next = (extent - 1) * step + unit;
		if (next * rest > BUDGET * element_size) {
			step = unit;
			next = extent * unit;
		}
		unit = next;
		steps[i] = (ptrdiff_t)step;
		if (rng_chance(rng, 40)) {
			steps[i] = -steps[i];
			below += (extent - 1) * step;
		}
	}
	*span = unit;
	return below;
}

/* Make a layout with aml_layout_steps_create(), and the sample's memory. */
static void make_steps(struct sample *sample, struct rng *rng, int flags, size_t element_size,
		       size_t ndims, const size_t *dims)
{
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX], user_steps[AML_LAYOUT_NDIMS_MAX];
	size_t user_dims[AML_LAYOUT_NDIMS_MAX], span, below;

	below = random_byte_steps(rng, flags & SAMPLE_SOURCE, element_size, ndims, dims, steps,
				  &span);
	guard_create(&sample->memory, span, rng);
	sample->order = random_order(rng);
	flip(sample->order, ndims, dims, user_dims);
	for (size_t i = 0; i < ndims; i++)
		user_steps[sample->order == AML_LAYOUT_ORDER_ROW_MAJOR ? ndims - 1 - i : i] =
			steps[i];
	ck_assert_int_eq(aml_layout_steps_create(&sample->layout, sample->memory.data + below,
						 sample->order, element_size, ndims, user_dims,
						 user_steps),
			 AML_SUCCESS);
	oracle_steps(&sample->oracle, sample->memory.data + below, sample->order, element_size,
		     ndims, user_dims, user_steps);
	note(sample, "steps");
}

/* Replace the sample's layout by one with a dimension in reverse. */
static void reverse(struct sample *sample, struct rng *rng)
{
	size_t ndims = sample->oracle.ndims, dim = rng_below(rng, ndims);
	struct aml_layout *reversed;
	struct oracle oracle;

	ck_assert_int_eq(aml_layout_reverse(sample->layout, &reversed,
					    sample->order == AML_LAYOUT_ORDER_ROW_MAJOR
						    ? ndims - 1 - dim
						    : dim),
			 AML_SUCCESS);
	oracle_reverse(&oracle, &sample->oracle, dim);
	aml_layout_destroy(&sample->layout);
	oracle_destroy(&sample->oracle);
	sample->layout = reversed;
	sample->oracle = oracle;
	note(sample, "reverse");
}

/* Replace the sample's layout by a slice of that layout. */
static void slice(struct sample *sample, struct rng *rng, const size_t *offsets, const size_t *dims,
		  const size_t *strides)
{
	size_t user_offsets[AML_LAYOUT_NDIMS_MAX], user_dims[AML_LAYOUT_NDIMS_MAX],
		user_strides[AML_LAYOUT_NDIMS_MAX];
	size_t ndims = sample->oracle.ndims;
	bool no_offsets = all(ndims, offsets, 0) && rng_chance(rng, 50);
	bool no_strides = all(ndims, strides, 1) && rng_chance(rng, 50);
	struct aml_layout *part;
	struct oracle oracle;

	if (rng_chance(rng, 30)) {
		ck_assert_int_eq(aml_layout_slice_native(sample->layout, &part,
							 no_offsets ? NULL : offsets, dims,
							 no_strides ? NULL : strides),
				 AML_SUCCESS);
	} else {
		flip(sample->order, ndims, offsets, user_offsets);
		flip(sample->order, ndims, dims, user_dims);
		flip(sample->order, ndims, strides, user_strides);
		ck_assert_int_eq(aml_layout_slice(sample->layout, &part,
						  no_offsets ? NULL : user_offsets, user_dims,
						  no_strides ? NULL : user_strides),
				 AML_SUCCESS);
	}
	oracle_slice(&oracle, &sample->oracle, AML_LAYOUT_ORDER_COLUMN_MAJOR, offsets, dims,
		     strides);
	aml_layout_destroy(&sample->layout);
	oracle_destroy(&sample->oracle);
	sample->layout = part;
	sample->oracle = oracle;
	note(sample, "slice");
}

/* Make a dense or steps layout that is sliced `slices` times, and perhaps reversed. */
static void make_plain(struct sample *sample, struct rng *rng, int flags, size_t element_size,
		       size_t ndims, const size_t *dims, size_t slices)
{
	size_t offsets[AML_LAYOUT_NDIMS_MAX], strides[AML_LAYOUT_NDIMS_MAX],
		whole[AML_LAYOUT_NDIMS_MAX];
	size_t count = 1;

	if (slices == 0) {
		if (rng_chance(rng, 35))
			make_steps(sample, rng, flags, element_size, ndims, dims);
		else
			make_base(sample, rng, flags, element_size, ndims, dims);
		if (rng_chance(rng, 15))
			reverse(sample, rng);
		return;
	}
	for (size_t i = 0; i < ndims; i++)
		count *= at_least_1(dims[i]);
	for (size_t i = 0; i < ndims; i++) {
		size_t extent = at_least_1(dims[i]);

		offsets[i] = rng_below(rng, 3);
		strides[i] = rng_chance(rng, 70) ? 1 : rng_range(rng, 2, 3);
		if ((flags & SAMPLE_SOURCE && rng_chance(rng, 5)) || dims[i] == 1)
			strides[i] = rng_below(rng, 3);
		whole[i] = offsets[i] + (extent - 1) * strides[i] + 1 + rng_below(rng, 2);
		if (count / extent * whole[i] > BUDGET / 2) {
			offsets[i] = 0;
			strides[i] = 1;
			whole[i] = extent;
		}
		count = count / extent * whole[i];
	}
	make_plain(sample, rng, flags, element_size, ndims, whole, slices - 1);
	slice(sample, rng, offsets, dims, strides);
	if (rng_chance(rng, 10))
		reverse(sample, rng);
}

static void make(struct sample *sample, struct rng *rng, int flags, size_t depth,
		 size_t element_size, size_t ndims, const size_t *dims);

static void replace(struct sample *sample, struct aml_layout *layout, int order,
		    const struct oracle *oracle, const char *text)
{
	oracle_destroy(&sample->oracle);
	sample->layout = layout;
	sample->order = order;
	sample->oracle = *oracle;
	note(sample, text);
}

/* Distribute the prime factors of a number over a random number of dimensions. */
static size_t random_factors(struct rng *rng, size_t number, size_t *dims)
{
	size_t ndims = rng_range(rng, 1, 6);

	for (size_t i = 0; i < ndims; i++)
		dims[i] = 1;
	if (number == 0) {
		dims[rng_below(rng, ndims)] = 0;
		return ndims;
	}
	for (size_t factor = 2; number > 1; factor++) {
		for (; number % factor == 0; number /= factor)
			dims[rng_below(rng, ndims)] *= factor;
	}
	return ndims;
}

static void make_reshape(struct sample *sample, struct rng *rng, int flags, size_t depth,
			 size_t element_size, size_t ndims, const size_t *dims)
{
	size_t target_dims[AML_LAYOUT_NDIMS_MAX], target_ndims, user_dims[AML_LAYOUT_NDIMS_MAX];
	int order = random_order(rng);
	struct aml_layout *layout;
	struct oracle oracle;

	target_ndims = random_factors(rng, product(ndims, dims), target_dims);
	make(sample, rng, flags, depth - 1, element_size, target_ndims, target_dims);
	flip(order, ndims, dims, user_dims);
	ck_assert_int_eq(
		aml_layout_reshape_create(&layout, sample->layout, order, ndims, user_dims),
		AML_SUCCESS);
	oracle_reshape(&oracle, &sample->oracle, order, ndims, user_dims);
	replace(sample, layout, order, &oracle, "reshape");
}

static void make_pad(struct sample *sample, struct rng *rng, int flags, size_t depth,
		     size_t element_size, size_t ndims, const size_t *dims)
{
	size_t target_dims[AML_LAYOUT_NDIMS_MAX], user_dims[AML_LAYOUT_NDIMS_MAX];
	size_t offsets[AML_LAYOUT_NDIMS_MAX] = {0}, user_offsets[AML_LAYOUT_NDIMS_MAX];
	unsigned char *neutral = sample->neutrals[sample->num_neutrals++];
	unsigned char given[SAMPLE_ELEMENT_MAX];
	int order = random_order(rng), err;
	bool in_front = rng_chance(rng, 60);
	struct aml_layout *layout;
	struct oracle oracle;

	memcpy(target_dims, dims, ndims * sizeof(*dims));
	for (size_t n = rng_range(rng, 1, 3); n > 0; n--) {
		size_t i = rng_below(rng, ndims);

		if (rng_chance(rng, 60))
			target_dims[i] -= smaller(target_dims[i], rng_below(rng, 4));
		else if (product(ndims, target_dims) < BUDGET / 8)
			target_dims[i] += rng_range(rng, 1, 2);
	}
	make(sample, rng, flags, depth - 1, element_size, ndims, target_dims);
	flip(order, ndims, dims, user_dims);
	for (size_t i = 0; i < ndims && in_front; i++)
		if (rng_chance(rng, 60))
			offsets[i] = rng_below(rng, rng_chance(rng, 90) ? 4 : dims[i] + 2);
	flip(order, ndims, offsets, user_offsets);
	rng_bytes(rng, neutral, element_size);
	memcpy(given, neutral, element_size);
	err = in_front ? aml_layout_pad_create_at(&layout, order, sample->layout, user_dims, given,
						  user_offsets)
		       : aml_layout_pad_create(&layout, order, sample->layout, user_dims, given);
	ck_assert_int_eq(err, AML_SUCCESS);
	/* The pad has copied the neutral element. */
	memset(given, 0, sizeof(given));
	oracle_pad(&oracle, &sample->oracle, order, user_dims, neutral, user_offsets);
	replace(sample, layout, order, &oracle, in_front ? "pad-at" : "pad");
}

static void make_user(struct sample *sample, struct rng *rng, int flags, size_t element_size,
		      size_t ndims, const size_t *dims)
{
	int order = random_order(rng), has = (int)rng_below(rng, 16);
	struct user_layout *user;

	make_plain(sample, rng, flags, element_size, ndims, dims, rng_below(rng, 2));
	user = user_layout_create(&sample->oracle, order, has, NULL);
	if (!(has & (USER_DUPLICATE | USER_STEPS)))
		sample->must_stay = true;
	if (!user->base)
		user->base = sample->memory.data;
	aml_layout_destroy(&sample->layout);
	sample->layout = &user->layout;
	sample->order = order;
	note(sample, has & USER_STEPS ? "user-steps" : has & USER_DUPLICATE ? "user-dup" : "user");
}

static void make(struct sample *sample, struct rng *rng, int flags, size_t depth,
		 size_t element_size, size_t ndims, const size_t *dims)
{
	switch (flags & SAMPLE_NESTED && depth ? rng_below(rng, 6) : 5) {
	case 0:
	case 1:
		make_reshape(sample, rng, flags, depth, element_size, ndims, dims);
		break;
	case 2:
	case 3:
		make_pad(sample, rng, flags, depth, element_size, ndims, dims);
		break;
	case 4:
		make_user(sample, rng, flags, element_size, ndims, dims);
		break;
	default:
		make_plain(sample, rng, flags, element_size, ndims, dims, rng_below(rng, 3));
		break;
	}
}

void sample_create(struct sample *sample, struct rng *rng, int flags, size_t element_size,
		   size_t ndims, const size_t *dims)
{
	memset(sample, 0, sizeof(*sample));
	make(sample, rng, flags, SAMPLE_DEPTH, element_size, ndims, dims);
	ck_assert(!memcmp(sample->oracle.dims, dims, ndims * sizeof(*dims)));
}

void sample_destroy(struct sample *sample)
{
	aml_layout_destroy(&sample->layout);
	oracle_destroy(&sample->oracle);
	guard_destroy(&sample->memory);
}
