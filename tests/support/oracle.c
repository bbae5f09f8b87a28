/* SPDX-License-Identifier: BSD-3-Clause */
/* The naive oracle: see oracle.h. */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

#include <aml/layout/native.h>

#include "suite.h"

void flip(int order, size_t ndims, const size_t *from, size_t *to)
{
	for (size_t i = 0; i < ndims; i++)
		to[i] = from[order == AML_LAYOUT_ORDER_ROW_MAJOR ? ndims - 1 - i : i];
}

bool next_coords(size_t ndims, const size_t *dims, size_t *coords)
{
	for (size_t i = 0; i < ndims; i++) {
		if (++coords[i] < dims[i])
			return true;
		coords[i] = 0;
	}
	return false;
}

size_t product(size_t ndims, const size_t *dims)
{
	size_t count = 1;

	for (size_t i = 0; i < ndims; i++)
		count *= dims[i];
	return count;
}

/* The index of coordinates in native linear order. */
static size_t linear(size_t ndims, const size_t *dims, const size_t *coords)
{
	size_t index = 0;

	for (size_t i = ndims; i-- > 0;)
		index = index * dims[i] + coords[i];
	return index;
}

static void start(struct oracle *oracle, int order, size_t element_size, size_t ndims,
		  const size_t *dims)
{
	oracle->element_size = element_size;
	oracle->ndims = ndims;
	flip(order, ndims, dims, oracle->dims);
	oracle->count = product(ndims, dims);
	/* One cell more, so that an empty oracle is not a special case. */
	oracle->cells = calloc(oracle->count + 1, sizeof(*oracle->cells));
	ck_assert_msg(oracle->cells != NULL, "no memory for a test");
}

void oracle_dense(struct oracle *oracle, void *ptr, int order, size_t element_size, size_t ndims,
		  const size_t *dims, const size_t *stride, const size_t *pitch)
{
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0}, steps[AML_LAYOUT_NDIMS_MAX];
	size_t cpitch = element_size;

	start(oracle, order, element_size, ndims, dims);
	for (size_t i = 0; i < ndims; i++) {
		size_t user = order == AML_LAYOUT_ORDER_ROW_MAJOR ? ndims - 1 - i : i;

		steps[i] = (stride ? stride[user] : 1) * cpitch;
		cpitch *= pitch ? pitch[user] : dims[user];
	}
	for (size_t n = 0; n < oracle->count; n++) {
		unsigned char *at = ptr;

		for (size_t i = 0; i < ndims; i++)
			at += coords[i] * steps[i];
		oracle->cells[n].at = at;
		next_coords(ndims, oracle->dims, coords);
	}
}

void oracle_steps(struct oracle *oracle, void *ptr, int order, size_t element_size, size_t ndims,
		  const size_t *dims, const ptrdiff_t *steps)
{
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0}, user[AML_LAYOUT_NDIMS_MAX];

	start(oracle, order, element_size, ndims, dims);
	for (size_t n = 0; n < oracle->count; n++) {
		unsigned char *at = ptr;

		flip(order, ndims, coords, user);
		for (size_t i = 0; i < ndims; i++)
			at += (ptrdiff_t)user[i] * steps[i];
		oracle->cells[n].at = at;
		next_coords(ndims, oracle->dims, coords);
	}
}

void oracle_slice(struct oracle *oracle, const struct oracle *from, int order,
		  const size_t *offsets, const size_t *dims, const size_t *strides)
{
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0}, there[AML_LAYOUT_NDIMS_MAX];
	size_t ndims = from->ndims;

	start(oracle, order, from->element_size, ndims, dims);
	for (size_t n = 0; n < oracle->count; n++) {
		for (size_t i = 0; i < ndims; i++) {
			size_t user = order == AML_LAYOUT_ORDER_ROW_MAJOR ? ndims - 1 - i : i;

			there[i] = (offsets ? offsets[user] : 0) +
				   coords[i] * (strides ? strides[user] : 1);
		}
		oracle->cells[n] = from->cells[linear(ndims, from->dims, there)];
		next_coords(ndims, oracle->dims, coords);
	}
}

void oracle_reshape(struct oracle *oracle, const struct oracle *from, int order, size_t ndims,
		    const size_t *dims)
{
	start(oracle, order, from->element_size, ndims, dims);
	memcpy(oracle->cells, from->cells, oracle->count * sizeof(*oracle->cells));
}

void oracle_reverse(struct oracle *oracle, const struct oracle *from, size_t dim)
{
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0}, there[AML_LAYOUT_NDIMS_MAX];
	size_t ndims = from->ndims;

	start(oracle, AML_LAYOUT_ORDER_COLUMN_MAJOR, from->element_size, ndims, from->dims);
	for (size_t n = 0; n < oracle->count; n++) {
		memcpy(there, coords, sizeof(there));
		there[dim] = from->dims[dim] - 1 - coords[dim];
		oracle->cells[n] = from->cells[linear(ndims, from->dims, there)];
		next_coords(ndims, from->dims, coords);
	}
}

void oracle_pad(struct oracle *oracle, const struct oracle *from, int order, const size_t *dims,
		void *neutral, const size_t *offsets)
{
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0}, there[AML_LAYOUT_NDIMS_MAX];
	size_t native[AML_LAYOUT_NDIMS_MAX] = {0};
	size_t ndims = from->ndims;

	if (offsets)
		flip(order, ndims, offsets, native);
	start(oracle, order, from->element_size, ndims, dims);
	for (size_t n = 0; n < oracle->count; n++) {
		bool inside = true;

		for (size_t i = 0; i < ndims; i++) {
			there[i] = coords[i] - native[i];
			inside = inside && coords[i] >= native[i] && there[i] < from->dims[i];
		}
		if (inside)
			oracle->cells[n] = from->cells[linear(ndims, from->dims, there)];
		else
			oracle->cells[n] = (struct cell){neutral, true};
		next_coords(ndims, oracle->dims, coords);
	}
}

void oracle_permute(struct oracle *oracle, const struct oracle *from, const size_t *target_dims)
{
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0}, there[AML_LAYOUT_NDIMS_MAX];
	size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = from->ndims;

	for (size_t i = 0; i < ndims; i++)
		dims[i] = from->dims[target_dims[i]];
	start(oracle, AML_LAYOUT_ORDER_COLUMN_MAJOR, from->element_size, ndims, dims);
	for (size_t n = 0; n < oracle->count; n++) {
		for (size_t i = 0; i < ndims; i++)
			there[target_dims[i]] = coords[i];
		oracle->cells[n] = from->cells[linear(ndims, from->dims, there)];
		next_coords(ndims, oracle->dims, coords);
	}
}

void oracle_destroy(struct oracle *oracle)
{
	free(oracle->cells);
	*oracle = (struct oracle){0};
}

void oracle_copy(const struct oracle *dst, const struct oracle *src, struct guard *memory)
{
	ck_assert_uint_eq(dst->count, src->count);
	for (size_t n = 0; n < dst->count; n++) {
		if (!dst->cells[n].neutral)
			memcpy(memory->expected + (dst->cells[n].at - memory->data),
			       src->cells[n].at, dst->element_size);
	}
}

bool oracle_strided(const struct oracle *oracle, size_t ndims, const size_t *dims)
{
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0}, neighbour = 1;
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX] = {0};

	if (oracle->count == 0)
		return true;
	for (size_t i = 0; i < ndims; i++) {
		if (dims[i] > 1)
			steps[i] = oracle->cells[neighbour].at - oracle->cells[0].at;
		neighbour *= dims[i];
	}
	for (size_t n = 0; n < oracle->count; n++) {
		unsigned char *at = oracle->cells[0].at;

		for (size_t i = 0; i < ndims; i++)
			at += (ptrdiff_t)coords[i] * steps[i];
		if (at != oracle->cells[n].at)
			return false;
		next_coords(ndims, dims, coords);
	}
	return true;
}

/*
 * Whether the layout's element n is at the right address. A pad keeps a copy of the neutral
 * element: its address must differ, and its bytes must be equal.
 */
static bool right(const struct oracle *oracle, size_t n, const void *at)
{
	const struct cell *cell = &oracle->cells[n];

	if (cell->neutral)
		return at && at != cell->at && !memcmp(at, cell->at, oracle->element_size);
	return at == cell->at;
}

void oracle_assert(const struct oracle *oracle, const struct aml_layout *layout, int order,
		   const struct rng *rng)
{
	static const struct rng none;
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0}, user[AML_LAYOUT_NDIMS_MAX];
	size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = oracle->ndims;

	rng = rng ? rng : &none;
	ck_assert_msg(aml_layout_ndims(layout) == ndims, RNG_FORMAT "%zu dimensions, not %zu",
		      RNG_ARGS(rng), aml_layout_ndims(layout), ndims);
	ck_assert_msg(aml_layout_element_size(layout) == oracle->element_size,
		      RNG_FORMAT "elements of %zu bytes, not %zu", RNG_ARGS(rng),
		      aml_layout_element_size(layout), oracle->element_size);
	ck_assert_msg(aml_layout_order(layout) == order, RNG_FORMAT "the order is wrong",
		      RNG_ARGS(rng));
	ck_assert_int_eq(aml_layout_dims_native(layout, dims), AML_SUCCESS);
	ck_assert_msg(!memcmp(dims, oracle->dims, ndims * sizeof(*dims)),
		      RNG_FORMAT "the native extents are wrong", RNG_ARGS(rng));
	ck_assert_int_eq(aml_layout_dims(layout, user), AML_SUCCESS);
	flip(order, ndims, oracle->dims, dims);
	ck_assert_msg(!memcmp(user, dims, ndims * sizeof(*dims)),
		      RNG_FORMAT "the extents are wrong", RNG_ARGS(rng));
	for (size_t n = 0; n < oracle->count; n++) {
		flip(order, ndims, coords, user);
		ck_assert_msg(right(oracle, n, aml_layout_deref_native(layout, coords)),
			      RNG_FORMAT "deref_native of element %zu", RNG_ARGS(rng), n);
		ck_assert_msg(right(oracle, n, aml_layout_deref(layout, user)),
			      RNG_FORMAT "deref of element %zu", RNG_ARGS(rng), n);
		ck_assert_msg(right(oracle, n, aml_layout_deref_safe(layout, user)),
			      RNG_FORMAT "deref_safe of element %zu", RNG_ARGS(rng), n);
		next_coords(ndims, oracle->dims, coords);
	}
}
