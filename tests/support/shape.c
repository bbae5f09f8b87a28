/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies given by extents and steps. Layouts are column-major: dense with every pitch 1, or steps
 * layouts with some dimensions in reverse.
 */
#include "shape.h"

#include <string.h>

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/steps.h>

#include "guard.h"
#include "oracle.h"
#include "suite.h"

static struct aml_dma *engines[3];

void shape_start_engines(void)
{
	for (size_t threads = 0; threads < 3; threads++)
		ck_assert_int_eq(aml_dma_linux_create(&engines[threads], threads), AML_SUCCESS);
}

void shape_stop_engines(void)
{
	for (size_t threads = 0; threads < 3; threads++)
		ck_assert_int_eq(aml_dma_linux_destroy(&engines[threads]), AML_SUCCESS);
}

static size_t span(const struct test_shape *shape, const size_t *steps)
{
	size_t last = 0;

	for (size_t i = 0; i < shape->ndims; i++)
		last += (shape->dims[i] - 1) * steps[i];
	return (last + 1) * shape->element_size;
}

/*
 * The layout of a side. In the dimensions of the set `mirrored`, its elements follow each other in
 * reverse order.
 */
static struct aml_layout *layout_of(const struct test_shape *shape, unsigned char *ptr,
				    const size_t *steps, size_t mirrored)
{
	static const size_t pitch[SHAPE_NDIMS] = {1, 1, 1, 1};
	struct aml_layout *layout = NULL;
	ptrdiff_t byte_steps[SHAPE_NDIMS];

	if (mirrored == 0) {
		ck_assert_int_eq(aml_layout_dense_create(&layout, ptr,
							 AML_LAYOUT_ORDER_COLUMN_MAJOR,
							 shape->element_size, shape->ndims,
							 shape->dims, steps, pitch),
				 AML_SUCCESS);
		return layout;
	}
	for (size_t i = 0; i < shape->ndims; i++) {
		byte_steps[i] = (ptrdiff_t)(steps[i] * shape->element_size);
		if (mirrored >> i & 1) {
			ptr += (ptrdiff_t)(shape->dims[i] - 1) * byte_steps[i];
			byte_steps[i] = -byte_steps[i];
		}
	}
	ck_assert_int_eq(aml_layout_steps_create(&layout, ptr, AML_LAYOUT_ORDER_COLUMN_MAJOR,
						 shape->element_size, shape->ndims, shape->dims,
						 byte_steps),
			 AML_SUCCESS);
	return layout;
}

/* The offset of an element of a side in dimension i, in elements. */
static size_t offset_of(const struct test_shape *shape, const size_t *steps, size_t mirrored,
			size_t i, size_t coord)
{
	return (mirrored >> i & 1 ? shape->dims[i] - 1 - coord : coord) * steps[i];
}

/* The plain loops. The innermost one is written out, because it is faster. */
static void expect(const struct test_shape *shape, unsigned char *dst, size_t dst_mirrored,
		   const unsigned char *src, size_t src_mirrored)
{
	size_t coords[SHAPE_NDIMS] = {0}, size = shape->element_size;

	do {
		size_t to = 0, from = 0;

		for (size_t i = 1; i < shape->ndims; i++) {
			to += offset_of(shape, shape->dst, dst_mirrored, i, coords[i]);
			from += offset_of(shape, shape->src, src_mirrored, i, coords[i]);
		}
		for (size_t i = 0; i < shape->dims[0]; i++)
			memcpy(dst + (to + offset_of(shape, shape->dst, dst_mirrored, 0, i)) * size,
			       src + (from + offset_of(shape, shape->src, src_mirrored, 0, i)) *
					       size,
			       size);
	} while (next_coords(shape->ndims - 1, shape->dims + 1, coords + 1));
}

/* Copy directly or by a random engine: synchronously, with a barrier, or with a wait. */
static int copy(struct aml_layout *dst, struct aml_layout *src, struct rng *rng)
{
	struct aml_dma *dma = engines[rng_below(rng, 3)];
	struct aml_dma_request *request = NULL;
	int result;

	switch (rng_below(rng, 4)) {
	case 0:
		return aml_dma_linux_copy_generic(dst, src, NULL);
	case 1:
		return aml_dma_copy(dma, dst, src);
	case 2:
		result = aml_dma_async_copy(dma, NULL, dst, src);
		return result == AML_SUCCESS ? aml_dma_barrier(dma) : result;
	default:
		result = aml_dma_async_copy(dma, &request, dst, src);
		return result == AML_SUCCESS ? aml_dma_wait(dma, &request) : result;
	}
}

void shape_run(const struct test_shape *shape, struct rng *rng)
{
	struct aml_layout *dst, *src;
	size_t dst_mirrored = rng_chance(rng, 90) ? 0 : rng_below(rng, 1 << SHAPE_NDIMS);
	size_t src_mirrored = rng_chance(rng, 90) ? 0 : rng_below(rng, 1 << SHAPE_NDIMS);
	struct guard to, from;
	int result;

	guard_create(&to, span(shape, shape->dst), rng);
	guard_create(&from, span(shape, shape->src), rng);
	expect(shape, to.expected, dst_mirrored, from.data, src_mirrored);
	dst = layout_of(shape, to.data, shape->dst, dst_mirrored);
	src = layout_of(shape, from.data, shape->src, src_mirrored);
	result = copy(dst, src, rng);
	ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the copy returns %d", RNG_ARGS(rng),
		      result);
	guard_assert(&to, rng);
	guard_assert(&from, rng);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	guard_destroy(&to);
	guard_destroy(&from);
}

struct test_shape shape_transposition(size_t element_size, size_t h, size_t w, size_t dst_pitch,
				      size_t src_pitch)
{
	return (struct test_shape){element_size, 2, {h, w}, {1, dst_pitch}, {src_pitch, 1}};
}
