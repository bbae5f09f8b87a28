/* SPDX-License-Identifier: BSD-3-Clause */
/* One side of a copy, decoded from bytes: see side.h. */
#include "side.h"

#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>

#include "user_layout.h"

/* The number of guard bytes around the memory. AddressSanitizer guards the memory itself. */
#if defined(__SANITIZE_ADDRESS__)
#define MARGIN 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MARGIN 0
#endif
#endif
#ifndef MARGIN
#define MARGIN 64
#endif

#define FORTRAN AML_LAYOUT_ORDER_FORTRAN

struct dim_sizes {
	size_t at[AML_LAYOUT_NDIMS_MAX];
};

static void decode(struct fuzz_side *side, struct bytes *bytes, size_t depth, size_t element_size,
		   size_t ndims, const size_t *dims);

static size_t at_least_1(size_t n)
{
	return n > 0 ? n : 1;
}

void decode_extents(struct bytes *bytes, struct extents *extents)
{
	size_t n = take_below(bytes, 64), budget = COUNT_MAX, zero;

	extents->ndims = n < 60 ? 1 + n % 6 : 1 + take_below(bytes, AML_LAYOUT_NDIMS_MAX);
	for (size_t i = 0; i < extents->ndims; i++) {
		size_t v = take(bytes), extent = v < 240 ? 1 + v % 9 : 2 + (v - 240) * 36;

		if (extent > budget)
			extent = 1;
		budget /= extent;
		extents->dims[i] = extent;
	}
	zero = take(bytes);
	if (zero > 250)
		extents->dims[zero % extents->ndims] = 0;
}

/* Convert an array from native order to the side's order. */
static const size_t *in_users_order(struct dim_sizes *sizes, const struct fuzz_side *side,
				    size_t ndims, const size_t *native)
{
	flip(side->order, ndims, native, sizes->at);
	return sizes->at;
}

static void take_order(struct fuzz_side *side, struct bytes *bytes)
{
	side->order = take_bool(bytes) ? AML_LAYOUT_ORDER_C : AML_LAYOUT_ORDER_FORTRAN;
}

static void fill(unsigned char *at, size_t size, struct bytes *bytes)
{
	uint32_t state = take(bytes);

	for (size_t i = 0; i < size; i++) {
		state = state * 1664525 + 1013904223;
		at[i] = (unsigned char)(state >> 24);
	}
}

static void make_memory(struct fuzz_side *side, struct bytes *bytes, size_t size)
{
	size_t whole = size + 2 * MARGIN;

	side->block = malloc(whole);
	side->memory.picture = malloc(whole);
	MUST(side->block != NULL && side->memory.picture != NULL);
	fill(side->block, whole, bytes);
	memcpy(side->memory.picture, side->block, whole);
	side->memory.pages = side->block;
	side->memory.pages_size = whole;
	side->memory.data = side->block + MARGIN;
	side->memory.expected = side->memory.picture + MARGIN;
	side->memory.size = size;
}

/* Replace the layout and the oracle of the side. */
static void replace(struct fuzz_side *side, struct aml_layout *layout, struct oracle *oracle)
{
	oracle_destroy(&side->oracle);
	side->layout = layout;
	side->oracle = *oracle;
}

/* Dense layouts. */

static void take_pitches(struct bytes *bytes, bool zeros, size_t ndims, const size_t *dims,
			 size_t *stride, size_t *pitch)
{
	for (size_t i = 0; i < ndims; i++) {
		size_t v = take(bytes);

		stride[i] = 1 + v % 3;
		if (v > 240 && (zeros || dims[i] <= 1))
			stride[i] = 0;
		pitch[i] = (at_least_1(dims[i]) - 1) * stride[i] + 1 + v / 3 % 3;
	}
}

/* Steps in any order of the dimensions. With every pitch 1, the strides are the steps. */
static void take_steps(struct bytes *bytes, bool zeros, size_t ndims, const size_t *dims,
		       size_t *stride, size_t *pitch)
{
	size_t order[AML_LAYOUT_NDIMS_MAX], unit = 1;

	for (size_t i = 0; i < ndims; i++) {
		size_t j = take_below(bytes, i + 1);

		pitch[i] = 1;
		order[i] = order[j];
		order[j] = i;
	}
	for (size_t k = 0; k < ndims; k++) {
		size_t i = order[k], v = take(bytes);

		stride[i] = v > 240 && zeros ? 0 : unit + v % 3 / 2;
		unit = (at_least_1(dims[i]) - 1) * stride[i] + unit;
		if (unit > BYTES_BIG)
			unit = BYTES_BIG;
	}
}

static void take_overlap(struct bytes *bytes, size_t ndims, size_t *stride, size_t *pitch)
{
	for (size_t i = 0; i < ndims; i++) {
		stride[i] = take_below(bytes, 4);
		pitch[i] = 1;
	}
}

/* The distance from the first element to the end of the last, in elements. 0 if over the budget. */
static size_t span_of(const struct fuzz_side *side, size_t element_size, size_t ndims,
		      const size_t *dims, const size_t *stride, const size_t *pitch)
{
	size_t span = 1, cpitch = 1, limit = side->budget / element_size;

	for (size_t i = 0; i < ndims; i++) {
		span += (at_least_1(dims[i]) - 1) * stride[i] * cpitch;
		cpitch *= pitch[i];
		if (span > limit || cpitch > BYTES_BIG)
			return 0;
	}
	return span;
}

static void make_base(struct fuzz_side *side, struct bytes *bytes, bool zeros, size_t element_size,
		      size_t ndims, const size_t *dims)
{
	size_t how = take_below(bytes, side->source ? 8 : 7), span;
	struct dim_sizes stride, pitch, user_dims, user_stride, user_pitch;
	bool strides = true, pitches = true;

	if (how < 3)
		take_pitches(bytes, zeros, ndims, dims, stride.at, pitch.at);
	else if (how < 6)
		take_steps(bytes, zeros, ndims, dims, stride.at, pitch.at);
	else if (how == 7)
		take_overlap(bytes, ndims, stride.at, pitch.at);
	span = how == 6 ? 0 : span_of(side, element_size, ndims, dims, stride.at, pitch.at);
	if (span == 0) {
		span = 1;
		for (size_t i = 0; i < ndims; i++) {
			stride.at[i] = 1;
			pitch.at[i] = dims[i];
			span *= at_least_1(dims[i]);
		}
		strides = take_bool(bytes);
		pitches = take_bool(bytes);
	}
	make_memory(side, bytes, span * element_size);
	take_order(side, bytes);
	in_users_order(&user_dims, side, ndims, dims);
	in_users_order(&user_stride, side, ndims, stride.at);
	in_users_order(&user_pitch, side, ndims, pitch.at);
	/* The library must use only bit 0 of the order. */
	MUST(aml_layout_dense_create(&side->layout, side->memory.data, side->order | 0x6,
				     element_size, ndims, user_dims.at,
				     strides ? user_stride.at : NULL,
				     pitches ? user_pitch.at : NULL) == AML_SUCCESS);
	oracle_dense(&side->oracle, side->memory.data, side->order, element_size, ndims,
		     user_dims.at, user_stride.at, user_pitch.at);
	side->fast = side->duplicates = true;
}

static void make_plain(struct fuzz_side *side, struct bytes *bytes, bool zeros, size_t depth,
		       size_t element_size, size_t ndims, const size_t *dims);

static bool all(size_t ndims, const size_t *numbers, size_t number)
{
	for (size_t i = 0; i < ndims; i++)
		if (numbers[i] != number)
			return false;
	return true;
}

/*
 * Decode steps in bytes, of either sign, in any order of the dimensions. Returns the span of all
 * elements in bytes, or 0 if it is over the budget. `*below` is the part of it below element 0.
 */
static size_t take_byte_steps(struct fuzz_side *side, struct bytes *bytes, bool zeros,
			      size_t element_size, size_t ndims, const size_t *dims,
			      ptrdiff_t *steps, size_t *below)
{
	size_t order[AML_LAYOUT_NDIMS_MAX], unit = element_size;

	*below = 0;
	for (size_t i = 0; i < ndims; i++) {
		size_t j = take_below(bytes, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (size_t k = 0; k < ndims; k++) {
		size_t i = order[k], v = take(bytes), extent = at_least_1(dims[i]);
		size_t step = v > 240 && zeros ? 0 : unit + v / 2 % 8;

		unit += (extent - 1) * step;
		if (unit > side->budget)
			return 0;
		steps[i] = v % 2 ? -(ptrdiff_t)step : (ptrdiff_t)step;
		*below += v % 2 ? (extent - 1) * step : 0;
	}
	return unit;
}

static void make_steps(struct fuzz_side *side, struct bytes *bytes, bool zeros, size_t element_size,
		       size_t ndims, const size_t *dims)
{
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX], user_steps[AML_LAYOUT_NDIMS_MAX];
	size_t below, span;
	struct dim_sizes user_dims;

	span = take_byte_steps(side, bytes, zeros, element_size, ndims, dims, steps, &below);
	if (span == 0) {
		make_base(side, bytes, zeros, element_size, ndims, dims);
		return;
	}
	make_memory(side, bytes, span);
	take_order(side, bytes);
	in_users_order(&user_dims, side, ndims, dims);
	for (size_t i = 0; i < ndims; i++)
		user_steps[side->order == AML_LAYOUT_ORDER_C ? ndims - 1 - i : i] = steps[i];
	MUST(aml_layout_steps_create(&side->layout, side->memory.data + below, side->order | 0x6,
				     element_size, ndims, user_dims.at, user_steps) == AML_SUCCESS);
	oracle_steps(&side->oracle, side->memory.data + below, side->order, element_size, ndims,
		     user_dims.at, user_steps);
	side->fast = side->duplicates = true;
}

static void make_reverse(struct fuzz_side *side, struct bytes *bytes, bool zeros, size_t depth,
			 size_t element_size, size_t ndims, const size_t *dims)
{
	size_t dim = take_below(bytes, ndims);
	struct aml_layout *reversed;
	struct oracle oracle;

	make_plain(side, bytes, zeros, depth - 1, element_size, ndims, dims);
	MUST(aml_layout_reverse(side->layout, &reversed,
				side->order == AML_LAYOUT_ORDER_C ? ndims - 1 - dim : dim) ==
	     AML_SUCCESS);
	oracle_reverse(&oracle, &side->oracle, dim);
	aml_layout_destroy(&side->layout);
	replace(side, reversed, &oracle);
}

static void make_slice(struct fuzz_side *side, struct bytes *bytes, bool zeros, size_t depth,
		       size_t element_size, size_t ndims, const size_t *dims)
{
	size_t offsets[AML_LAYOUT_NDIMS_MAX], strides[AML_LAYOUT_NDIMS_MAX],
		whole[AML_LAYOUT_NDIMS_MAX] = {0}, count = 1;
	struct aml_layout *slice;
	struct oracle oracle;
	struct dim_sizes a, b, c;
	bool native;
	int err;

	for (size_t i = 0; i < ndims; i++)
		count *= at_least_1(dims[i]);
	for (size_t i = 0; i < ndims; i++) {
		size_t v = take(bytes), extent = at_least_1(dims[i]);

		offsets[i] = v % 3;
		strides[i] = 1 + v / 3 % 3;
		if (v > 240 && (zeros || dims[i] <= 1))
			strides[i] = 0;
		whole[i] = offsets[i] + (extent - 1) * strides[i] + 1 + v / 9 % 2;
		if (count / extent * whole[i] > side->budget / element_size / 2 ||
		    count / extent * whole[i] > 4 * COUNT_MAX) {
			offsets[i] = 0;
			strides[i] = 1;
			whole[i] = extent;
		}
		count = count / extent * whole[i];
	}
	make_plain(side, bytes, zeros, depth - 1, element_size, ndims, whole);
	native = take_bool(bytes);
	if (native)
		err = aml_layout_slice_native(side->layout, &slice,
					      all(ndims, offsets, 0) ? NULL : offsets, dims,
					      all(ndims, strides, 1) ? NULL : strides);
	else
		err = aml_layout_slice(
			side->layout, &slice,
			all(ndims, offsets, 0) ? NULL : in_users_order(&a, side, ndims, offsets),
			in_users_order(&b, side, ndims, dims),
			all(ndims, strides, 1) ? NULL : in_users_order(&c, side, ndims, strides));
	MUST(err == AML_SUCCESS);
	oracle_slice(&oracle, &side->oracle, FORTRAN, offsets, dims, strides);
	aml_layout_destroy(&side->layout);
	replace(side, slice, &oracle);
}

/* Decode extents with this number of elements. */
static size_t take_factors(struct bytes *bytes, size_t count, size_t *dims)
{
	size_t ndims = 1 + take_below(bytes, 5);

	for (size_t i = 0; i < ndims; i++)
		dims[i] = 1;
	if (count == 0)
		dims[take_below(bytes, ndims)] = 0;
	for (size_t factor = 2; count > 1; factor++)
		for (; count % factor == 0; count /= factor)
			dims[take_below(bytes, ndims)] *= factor;
	return ndims;
}

/* Put a reshape layout over the side. */
static void wrap_in_reshape(struct fuzz_side *side, struct bytes *bytes, size_t ndims,
			    const size_t *dims)
{
	struct aml_layout *reshape;
	struct oracle oracle;
	struct dim_sizes sizes;

	take_order(side, bytes);
	MUST(aml_layout_reshape_create(&reshape, side->layout, side->order, ndims,
				       in_users_order(&sizes, side, ndims, dims)) == AML_SUCCESS);
	oracle_reshape(&oracle, &side->oracle, FORTRAN, ndims, dims);
	replace(side, reshape, &oracle);
	side->fast = false;
}

/* Reshape a dense layout. If its strides do not allow that, the reshape must be refused. */
static void make_dense_reshape(struct fuzz_side *side, struct bytes *bytes, bool zeros,
			       size_t depth, size_t element_size, size_t ndims, const size_t *dims)
{
	size_t inner[AML_LAYOUT_NDIMS_MAX], n = take_factors(bytes, product(ndims, dims), inner);
	struct aml_layout *reshape = NULL;
	struct oracle oracle;
	struct dim_sizes sizes;
	int err;

	make_plain(side, bytes, zeros, depth - 1, element_size, n, inner);
	err = aml_layout_reshape(side->layout, &reshape, ndims,
				 in_users_order(&sizes, side, ndims, dims));
	if (oracle_strided(&side->oracle, ndims, dims)) {
		MUST(err == AML_SUCCESS);
		oracle_reshape(&oracle, &side->oracle, FORTRAN, ndims, dims);
		aml_layout_destroy(&side->layout);
		replace(side, reshape, &oracle);
	} else {
		MUST(err == -AML_EINVAL && reshape == NULL);
		side_destroy(side);
		make_base(side, bytes, zeros, element_size, ndims, dims);
	}
}

static void make_plain(struct fuzz_side *side, struct bytes *bytes, bool zeros, size_t depth,
		       size_t element_size, size_t ndims, const size_t *dims)
{
	switch (depth > 0 ? take_below(bytes, 6) : 0) {
	case 4:
		make_steps(side, bytes, zeros, element_size, ndims, dims);
		break;
	case 5:
		make_reverse(side, bytes, zeros, depth, element_size, ndims, dims);
		break;
	case 1:
	case 2:
		make_slice(side, bytes, zeros, depth, element_size, ndims, dims);
		break;
	case 3:
		make_dense_reshape(side, bytes, zeros, depth, element_size, ndims, dims);
		break;
	default:
		make_base(side, bytes, zeros, element_size, ndims, dims);
		break;
	}
}

/* Pads and reshape layouts. */

static void make_reshape(struct fuzz_side *side, struct bytes *bytes, size_t depth,
			 size_t element_size, size_t ndims, const size_t *dims)
{
	size_t inner[AML_LAYOUT_NDIMS_MAX], n = take_factors(bytes, product(ndims, dims), inner);

	decode(side, bytes, depth - 1, element_size, n, inner);
	wrap_in_reshape(side, bytes, ndims, dims);
}

static void make_pad(struct fuzz_side *side, struct bytes *bytes, size_t depth, size_t element_size,
		     size_t ndims, const size_t *dims)
{
	unsigned char *neutral = side->neutrals[side->num_neutrals++], given[ELEMENT_MAX];
	size_t inner[AML_LAYOUT_NDIMS_MAX], offsets[AML_LAYOUT_NDIMS_MAX] = {0};
	struct aml_layout *pad;
	struct oracle oracle;
	struct dim_sizes sizes, user_offsets;
	int err;

	memcpy(inner, dims, ndims * sizeof(*dims));
	for (size_t n = take_below(bytes, 4); n > 0; n--) {
		size_t v = take(bytes), i = v % ndims, less = v / 64;

		if (v % 2 == 0)
			inner[i] -= inner[i] < less ? inner[i] : less;
		else if ((product(ndims, inner) / at_least_1(inner[i]) + 1) * (inner[i] + less) *
				 element_size <
			 side->budget / 4)
			inner[i] += less;
	}
	decode(side, bytes, depth - 1, element_size, ndims, inner);
	take_order(side, bytes);
	fill(neutral, element_size, bytes);
	memcpy(given, neutral, element_size);
	for (size_t n = take_below(bytes, 4); n > 0; n--) {
		size_t v = take(bytes);

		offsets[v % ndims] = v < 250 ? v / 64 : SIZE_MAX - v;
	}
	if (all(ndims, offsets, 0))
		err = aml_layout_pad_create(&pad, side->order, side->layout,
					    in_users_order(&sizes, side, ndims, dims), given);
	else
		err = aml_layout_pad_create_at(&pad, side->order, side->layout,
					       in_users_order(&sizes, side, ndims, dims), given,
					       in_users_order(&user_offsets, side, ndims, offsets));
	MUST(err == AML_SUCCESS);
	/* The pad has copied the neutral element. */
	memset(given, 0, element_size);
	oracle_pad(&oracle, &side->oracle, FORTRAN, dims, neutral, offsets);
	replace(side, pad, &oracle);
	side->fast = false;
}

/* Custom layouts. */

/* Reverse some dimensions. */
static void reverse(struct fuzz_side *side, uint64_t which)
{
	const struct oracle *from = &side->oracle;
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0};
	struct oracle oracle;

	oracle_reshape(&oracle, from, FORTRAN, from->ndims, from->dims);
	for (size_t n = 0; n < from->count; n++) {
		size_t index = 0;

		for (size_t i = from->ndims; i-- > 0;)
			index = index * from->dims[i] +
				(which >> i & 1 ? from->dims[i] - 1 - coords[i] : coords[i]);
		oracle.cells[n] = from->cells[index];
		next_coords(from->ndims, from->dims, coords);
	}
	replace(side, side->layout, &oracle);
}

/* Whether a dimension of several elements has a step of 0. */
static bool repeats(const struct oracle *oracle)
{
	size_t neighbour = 1;

	for (size_t i = 0; i < oracle->ndims && oracle->count > 0; i++) {
		if (oracle->dims[i] > 1 && oracle->cells[neighbour].at == oracle->cells[0].at)
			return true;
		neighbour *= oracle->dims[i];
	}
	return false;
}

static size_t first_long(const struct oracle *oracle)
{
	size_t i = 0;

	while (i < oracle->ndims && oracle->dims[i] < 2)
		i++;
	return i;
}

enum lie {
	NDIMS_0 = 1,
	NDIMS_TOO_MANY,
	ELEMENT_SIZE_0,
	DIMS_OVERFLOW,
	DIMS_FAIL,
	NO_DEREF,
	NO_NDIMS,
	NO_DIMS,
	NO_ELEMENT_SIZE,
	STEPS_OVERFLOW,
	/* From here on: also for layouts under pads and reshape layouts. */
	STEPS_FAIL,
	DUPLICATE_FAILS,
	DUPLICATE_LACKS,
	HOLE,
	LIES
};

/* Make the layout give this wrong answer, if the answer applies to it. */
static void lie(struct fuzz_side *side, struct user_layout *own, enum lie which)
{
	size_t i = first_long(&side->oracle);

	side->lie = which;
	switch (which) {
	case NDIMS_0:
		own->ndims = 0;
		side->refused = -AML_EINVAL;
		break;
	case NDIMS_TOO_MANY:
		own->ndims = AML_LAYOUT_NDIMS_MAX + 1;
		side->refused = -AML_EINVAL;
		break;
	case ELEMENT_SIZE_0:
		own->element_size = 0;
		side->refused = -AML_EINVAL;
		break;
	case DIMS_OVERFLOW:
		own->dims[0] = SIZE_MAX;
		/* The extents must differ between the two sides. */
		own->dims[own->ndims - 1] = SIZE_MAX - 1 - side->source;
		side->refused = -AML_EINVAL;
		break;
	case DIMS_FAIL:
		own->dims_result = -AML_EDOM;
		side->refused = -AML_EDOM;
		break;
	case NO_DEREF:
		own->ops.deref_native = NULL;
		side->refused = -AML_ENOTSUP;
		break;
	case NO_NDIMS:
		own->ops.ndims = NULL;
		side->refused = -AML_ENOTSUP;
		break;
	case NO_DIMS:
		own->ops.dims_native = NULL;
		side->refused = -AML_ENOTSUP;
		break;
	case NO_ELEMENT_SIZE:
		own->ops.element_size = NULL;
		side->refused = -AML_ENOTSUP;
		break;
	case STEPS_OVERFLOW:
		if (!side->fast || i == side->oracle.ndims || side->oracle.count == 0)
			break;
		own->steps[i] = i % 2 ? PTRDIFF_MAX : PTRDIFF_MIN;
		side->refused = -AML_EINVAL;
		break;
	case STEPS_FAIL:
		/* The copy then asks for each element, and elements must not coincide. */
		if (repeats(&side->oracle))
			break;
		own->steps_result = -AML_EPERM;
		side->fast = false;
		break;
	case DUPLICATE_FAILS:
		if (side->fast || !side->duplicates)
			break;
		own->duplicate_result = -AML_EPERM;
		side->not_kept = -AML_EPERM;
		break;
	case DUPLICATE_LACKS:
		own->duplicate_result = -AML_ENOTSUP;
		side->duplicates = false;
		side->must_stay = true;
		break;
	case HOLE:
		if (side->fast || side->oracle.count == 0)
			break;
		own->cells[side->oracle.count / 2] = NULL;
		side->oracle.cells[side->oracle.count / 2].at = NULL;
		side->hole = true;
		break;
	case LIES:
		break;
	}
}

static void make_user(struct fuzz_side *side, struct bytes *bytes, size_t depth,
		      size_t element_size, size_t ndims, const size_t *dims)
{
	bool outermost = depth == SIDE_DEPTH;
	int has = (int)take_below(bytes, 16);
	size_t which = take_below(bytes, 64);
	struct user_layout *own;

	make_plain(side, bytes, side->source || (outermost && has & USER_STEPS), 1, element_size,
		   ndims, dims);
	reverse(side, take(bytes));
	take_order(side, bytes);
	own = user_layout_create(&side->oracle, side->order, has, NULL);
	aml_layout_destroy(&side->layout);
	side->layout = &own->layout;
	side->fast = has & USER_STEPS;
	side->duplicates = has & USER_DUPLICATE;
	if (which < LIES && (outermost || which >= STEPS_FAIL))
		lie(side, own, (enum lie)which);
	if (!side->fast && !side->duplicates)
		side->must_stay = true;
}

/* A copy of the library's operators with another deref, which reverses all dimensions. */

static const struct aml_layout_dense *mirrored(size_t *there, const struct aml_layout_data *data,
					       const size_t *coords, int order)
{
	const struct aml_layout_dense *dense = (const struct aml_layout_dense *)data;
	struct dim_sizes dims;

	flip(order, dense->ndims, dense->dims, dims.at);
	for (size_t i = 0; i < dense->ndims; i++)
		there[i] = dims.at[i] - 1 - coords[i];
	return dense;
}

static void *mirror_native(const struct aml_layout_data *data, const size_t *coords)
{
	size_t there[AML_LAYOUT_NDIMS_MAX];

	mirrored(there, data, coords, FORTRAN);
	return aml_layout_column_deref(data, there);
}

static void *mirror_row(const struct aml_layout_data *data, const size_t *coords)
{
	size_t there[AML_LAYOUT_NDIMS_MAX];

	mirrored(there, data, coords, AML_LAYOUT_ORDER_C);
	return aml_layout_row_deref(data, there);
}

static struct aml_layout_ops *mirror_ops(int order)
{
	static struct aml_layout_ops column, row;

	column = aml_layout_column_ops;
	column.deref = column.deref_native = mirror_native;
	row = aml_layout_row_ops;
	row.deref = mirror_row;
	row.deref_native = mirror_native;
	return order == AML_LAYOUT_ORDER_C ? &row : &column;
}

static void make_mirror(struct fuzz_side *side, struct bytes *bytes, size_t element_size,
			size_t ndims, const size_t *dims)
{
	make_base(side, bytes, side->source, element_size, ndims, dims);
	reverse(side, UINT64_MAX);
	side->layout->ops = mirror_ops(side->order);
	side->fast = false;
}

static void decode(struct fuzz_side *side, struct bytes *bytes, size_t depth, size_t element_size,
		   size_t ndims, const size_t *dims)
{
	switch (depth > 0 ? take_below(bytes, 8) : 0) {
	case 3:
		make_user(side, bytes, depth, element_size, ndims, dims);
		break;
	case 4:
		make_mirror(side, bytes, element_size, ndims, dims);
		break;
	case 5:
		make_reshape(side, bytes, depth, element_size, ndims, dims);
		break;
	case 6:
	case 7:
		make_pad(side, bytes, depth, element_size, ndims, dims);
		break;
	default:
		make_plain(side, bytes, side->source || depth == SIDE_DEPTH, depth, element_size,
			   ndims, dims);
		break;
	}
}

/* Replace the layout by its duplicate, or check that it cannot be duplicated. */
static void try_duplicate(struct fuzz_side *side)
{
	struct aml_layout *copy = NULL;
	int err = aml_layout_duplicate(side->layout, &copy, NULL);

	if (side->not_kept != AML_SUCCESS) {
		MUST(err == side->not_kept && copy == NULL);
	} else if (!side->duplicates) {
		MUST(err == -AML_ENOTSUP && copy == NULL);
	} else {
		MUST(err == AML_SUCCESS && copy != NULL);
		aml_layout_destroy(&side->layout);
		MUST(side->layout == NULL);
		side->layout = copy;
	}
}

static void print(const struct fuzz_side *side)
{
	static FILE *nowhere;

	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	if (nowhere != NULL)
		aml_layout_fprintf(nowhere, "# ", side->layout);
}

void side_decode(struct fuzz_side *side, struct bytes *bytes, size_t element_size,
		 const struct extents *extents)
{
	size_t then = take_below(bytes, 4);

	decode(side, bytes, SIDE_DEPTH, element_size, extents->ndims, extents->dims);
	side->zero_step = side->fast && repeats(&side->oracle);
	if (side->refused != AML_SUCCESS)
		return;
	if (then == 1)
		try_duplicate(side);
	if (then == 2)
		print(side);
	if (then < 3)
		oracle_assert(&side->oracle, side->layout, side->order, NULL);
}

void side_destroy(struct fuzz_side *side)
{
	aml_layout_destroy(&side->layout);
	oracle_destroy(&side->oracle);
	free(side->block);
	free(side->memory.picture);
	side->block = side->memory.picture = NULL;
}
