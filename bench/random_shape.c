/* SPDX-License-Identifier: BSD-3-Clause */
/* Random copies, see random_shape.h. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "random_shape.h"

/* A side never spans more than this multiple of the payload, plus a page. */
#define SPAN_MULTIPLE 6
#define PAGE_BYTES 4096
#define LINE_BYTES 64

/* The generator: splitmix64. */
struct dice {
	uint64_t state;
};

static uint64_t dice_next(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* A number below `count`. */
static size_t dice_below(struct dice *dice, size_t count)
{
	return (size_t)(dice_next(dice) % count);
}

/* True in one of `of` throws. */
static bool dice_one_in(struct dice *dice, size_t of)
{
	return dice_below(dice, of) == 0;
}

/* A number from 0 to 1. */
static double dice_fraction(struct dice *dice)
{
	return (double)(dice_next(dice) >> 11) / 9007199254740992.0;
}

/* Split the elements into extents of at least 2, which vary by orders of magnitude. */
static void throw_extents(struct dice *dice, struct bench_shape *shape, double elements)
{
	double shares[SHAPE_NDIMS], sum = 0;

	for (size_t i = 0; i < shape->ndims; i++) {
		shares[i] = 0.1 + dice_fraction(dice);
		sum += shares[i];
	}
	for (size_t i = 0; i < shape->ndims; i++) {
		double extent = round(pow(elements, shares[i] / sum));

		shape->dims[i] = extent < 2 ? 2 : (size_t)extent;
	}
}

static void throw_order(struct dice *dice, size_t ndims, size_t *order)
{
	for (size_t i = 0; i < ndims; i++)
		order[i] = i;
	if (dice_one_in(dice, 4))
		return;
	for (size_t i = ndims; i > 1; i--) {
		size_t j = dice_below(dice, i), value = order[i - 1];

		order[i - 1] = order[j];
		order[j] = value;
	}
}

/* How a side is laid out. */
struct side_kind {
	bool sliced, strided, repeats;
};

/*
 * Set the steps of a side, the fastest dimension first. A sliced side has pitches of a few more
 * elements; a strided one takes every second to fourth element along some dimension; one that
 * repeats has a step of 0 along some dimension.
 */
static void throw_steps(struct dice *dice, const struct bench_shape *shape, const size_t *order,
			const struct side_kind *kind, ptrdiff_t *step)
{
	static const size_t extras[] = {1, 2, 3, 5, 7, 13};
	size_t strided = dice_below(dice, shape->ndims);
	size_t repeated = dice_below(dice, shape->ndims);
	size_t bytes = shape->element_size;

	for (size_t i = 0; i < shape->ndims; i++) {
		size_t extent = shape->dims[order[i]], stride = 1, extra = 0;

		if (kind->strided && i == strided)
			stride = 2 + dice_below(dice, 3);
		if (kind->sliced && dice_one_in(dice, 2))
			extra = extras[dice_below(dice, sizeof(extras) / sizeof(*extras))];
		if (kind->repeats && i == repeated) {
			step[order[i]] = 0;
			continue;
		}
		step[order[i]] = (ptrdiff_t)(stride * bytes);
		bytes *= extent * stride + extra;
	}
}

static size_t throw_shift(struct dice *dice)
{
	return dice_one_in(dice, 2) ? 0 : dice_below(dice, LINE_BYTES);
}

static void describe(const struct bench_shape *shape, const size_t *order,
		     const struct side_kind *to, const struct side_kind *from, char *about,
		     size_t size)
{
	int used = snprintf(about, size, "%zuB ", shape->element_size);

	for (size_t i = 0; i < shape->ndims && (size_t)used < size; i++)
		used += snprintf(about + used, size - (size_t)used, "%zu", order[i]);
	for (size_t i = 0; i < shape->ndims && (size_t)used < size; i++)
		used += snprintf(about + used, size - (size_t)used, "%c%zu", i == 0 ? ' ' : 'x',
				 shape->dims[i]);
	if ((size_t)used < size)
		snprintf(about + used, size - (size_t)used, " %s%s%s to %s%s%zu,%zu",
			 from->sliced ? "slice " : "", from->strided ? "stride " : "",
			 from->repeats ? "repeat" : "", to->sliced ? "slice " : "",
			 to->strided ? "stride " : "", shape->src_shift, shape->dst_shift);
}

/* True if neither side spans much more than the payload. */
static bool is_compact(const struct bench_shape *shape)
{
	size_t most = SPAN_MULTIPLE * shape_payload(shape) + PAGE_BYTES;

	return shape_extent(shape, shape->dst_step) <= most &&
	       shape_extent(shape, shape->src_step) <= most;
}

static bool fits(const struct bench_shape *shape, const struct payload_range *range)
{
	double payload = (double)shape_payload(shape);

	return payload >= range->least && payload <= range->most && is_compact(shape);
}

struct bench_shape random_shape(unsigned long long seed, size_t number,
				const struct payload_range *range, char *about, size_t about_size)
{
	static const size_t sizes[] = {1, 2, 3, 4, 4, 6, 8, 8, 12, 16, 24, 32};
	static const size_t identity[SHAPE_NDIMS] = {0, 1, 2, 3, 4, 5};
	struct dice dice = {seed * 0x2545f4914f6cdd1du + number};
	struct bench_shape shape;

	for (;;) {
		struct side_kind to = {.repeats = false}, from;
		size_t order[SHAPE_NDIMS];
		double payload;

		memset(&shape, 0, sizeof(shape));
		shape.element_size = sizes[dice_below(&dice, sizeof(sizes) / sizeof(*sizes))];
		shape.ndims = 1 + dice_below(&dice, SHAPE_NDIMS);
		payload = range->least * pow(range->most / range->least, dice_fraction(&dice));
		throw_extents(&dice, &shape, payload / (double)shape.element_size);
		throw_order(&dice, shape.ndims, order);
		to.sliced = dice_one_in(&dice, 2);
		to.strided = dice_one_in(&dice, 4);
		from.sliced = dice_one_in(&dice, 2);
		from.strided = dice_one_in(&dice, 4);
		from.repeats = dice_one_in(&dice, 6);
		throw_steps(&dice, &shape, identity, &from, shape.src_step);
		throw_steps(&dice, &shape, order, &to, shape.dst_step);
		shape.dst_shift = throw_shift(&dice);
		shape.src_shift = throw_shift(&dice);
		describe(&shape, order, &to, &from, about, about_size);
		if (fits(&shape, range))
			return shape;
	}
}
