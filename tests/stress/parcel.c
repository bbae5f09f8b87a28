/* SPDX-License-Identifier: BSD-3-Clause */
/* The library's copies in the stress test: layouts of several kinds, and their expected results. */
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "gate.h"
#include "work.h"

enum parcel_shape { SHAPE_BYTES, SHAPE_1D, SHAPE_2D, SHAPE_PAD, SHAPE_RESHAPE, SHAPES };

enum { UNTOUCHED = 0xC5, NEUTRAL = 0x3A, SCRIBBLE = 0x5E, MARGIN = 16 };

/* Both sides have rows of `cols` elements of `size` bytes each. */
struct parcel {
	enum parcel_shape shape;
	size_t rows, cols, size;
	/* The bytes from one row to the next. */
	size_t from_pitch, to_pitch;
	/*
	 * The extents of the destination, which differ from the source's if the source is padded.
	 */
	size_t to_rows, to_cols;
	/* The buffers lie in one block. The destination has a margin on both sides. */
	unsigned char *from, *to;
	size_t to_bytes;
};

/* Choose extents. Most are small; some are so large that several workers share the copy. */
static struct parcel choose(struct rng *rng)
{
	static const size_t sizes[] = {1, 2, 4, 8, 24};
	struct parcel c = {.shape = (enum parcel_shape)rng_below(rng, SHAPES)};
	bool large = rng_below(rng, 200) == 0 && c.shape != SHAPE_PAD && !under_valgrind();

	c.size = large ? 24 : sizes[rng_below(rng, 5)];
	c.rows = large ? 300 : rng_range(rng, 1, 9);
	c.cols = large ? rng_range(rng, 250, 400) : rng_below(rng, 40);
	if (c.shape == SHAPE_BYTES || c.shape == SHAPE_1D) {
		c.cols *= c.rows;
		c.rows = 1;
	}
	c.to_rows = c.rows;
	c.to_cols = c.cols;
	if (c.shape == SHAPE_PAD) {
		c.to_rows = rng_range(rng, 1, 11);
		c.to_cols = rng_range(rng, 1, 40);
	}
	return c;
}

struct parcel *parcel_create(struct rng *rng)
{
	struct parcel c = choose(rng);
	size_t from_bytes, seed = rng_below(rng, 256);
	struct parcel *parcel;

	c.from_pitch = c.cols * c.size;
	c.to_pitch = c.to_cols * c.size;
	if (c.shape == SHAPE_2D) {
		c.from_pitch += rng_below(rng, 3) * c.size;
		c.to_pitch += rng_below(rng, 3) * c.size;
	}
	from_bytes = c.rows * c.from_pitch;
	c.to_bytes = c.to_rows * c.to_pitch + 2 * MARGIN;
	parcel = malloc(sizeof(*parcel) + from_bytes + c.to_bytes);
	REQUIRE(parcel != NULL);
	*parcel = c;
	parcel->from = (unsigned char *)(parcel + 1);
	parcel->to = parcel->from + from_bytes + MARGIN;
	for (size_t i = 0; i < from_bytes; i++)
		parcel->from[i] = (unsigned char)(seed + 7 * i + i / 251);
	memset(parcel->to - MARGIN, UNTOUCHED, parcel->to_bytes);
	return parcel;
}

void parcel_destroy(struct parcel *parcel)
{
	free(parcel);
}

size_t parcel_bytes(const struct parcel *parcel)
{
	return parcel->to_rows * parcel->to_cols * parcel->size;
}

static struct aml_layout *parcel_layout(void *at, const struct parcel *parcel, size_t rows,
					size_t cols, size_t pitch)
{
	size_t dims[] = {cols, rows}, pitches[] = {pitch / parcel->size, rows};
	struct aml_layout *layout = NULL;

	REQUIRE(aml_layout_dense_create(&layout, at, AML_LAYOUT_ORDER_COLUMN_MAJOR, parcel->size,
					parcel->shape == SHAPE_1D ? 1 : 2, dims, NULL,
					pitches) == 0);
	return layout;
}

/* The layout of the source, with a pad or a reshape over it if the shape has one. */
static struct aml_layout *source(struct parcel *parcel)
{
	size_t padded[] = {parcel->to_cols, parcel->to_rows},
	       flat[] = {parcel->rows * parcel->cols};
	struct aml_layout *target =
		parcel_layout(parcel->from, parcel, parcel->rows, parcel->cols, parcel->from_pitch);
	struct aml_layout *layout = target;
	unsigned char neutral[24];

	memset(neutral, NEUTRAL, sizeof(neutral));
	if (parcel->shape == SHAPE_PAD)
		REQUIRE(aml_layout_pad_create(&layout, AML_LAYOUT_ORDER_COLUMN_MAJOR, target,
					      padded, neutral) == 0);
	else if (parcel->shape == SHAPE_RESHAPE)
		REQUIRE(aml_layout_reshape_create(&layout, target, AML_LAYOUT_ORDER_COLUMN_MAJOR, 1,
						  flat) == 0);
	return layout;
}

static struct aml_layout *destination(struct parcel *parcel)
{
	size_t flat[] = {parcel->rows * parcel->cols};
	struct aml_layout *layout = NULL;

	if (parcel->shape != SHAPE_RESHAPE)
		return parcel_layout(parcel->to, parcel, parcel->to_rows, parcel->to_cols,
				     parcel->to_pitch);
	REQUIRE(aml_layout_dense_create(&layout, parcel->to, AML_LAYOUT_ORDER_COLUMN_MAJOR,
					parcel->size, 1, flat, NULL, NULL) == 0);
	return layout;
}

void parcel_describe(struct parcel *parcel, struct aml_dma_post_attr *attr)
{
	attr->src = (struct aml_layout *)parcel->from;
	attr->dest = (struct aml_layout *)parcel->to;
	attr->op = aml_dma_linux_memcpy_op;
	attr->op_arg = (void *)(parcel->rows * parcel->cols * parcel->size);
	if (parcel->shape != SHAPE_BYTES) {
		attr->src = source(parcel);
		attr->dest = destination(parcel);
		attr->op = parcel->shape == SHAPE_1D ? aml_dma_linux_copy_1D : NULL;
		attr->op_arg = NULL;
	}
}

void parcel_described(const struct parcel *parcel, struct aml_dma_post_attr *attr)
{
	if (parcel->shape != SHAPE_BYTES) {
		aml_layout_destroy(&attr->src);
		aml_layout_destroy(&attr->dest);
	}
}

/* Make the copy, asynchronously or not, with the operator for its shape. */
static int start(struct parcel *parcel, struct aml_dma *dma, bool async,
		 struct aml_dma_request **req)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;
	int err;

	parcel_describe(parcel, &attr);
	if (async)
		err = aml_dma_async_copy_custom(dma, req, attr.dest, attr.src, attr.op,
						attr.op_arg);
	else
		err = aml_dma_copy_custom(dma, attr.dest, attr.src, attr.op, attr.op_arg);
	parcel_described(parcel, &attr);
	return err;
}

int parcel_post(struct parcel *parcel, struct aml_dma *dma, struct aml_dma_request **req)
{
	return start(parcel, dma, true, req);
}

int parcel_now(struct parcel *parcel, struct aml_dma *dma)
{
	return start(parcel, dma, false, NULL);
}

/* The expected value of a byte of the destination, given by its row and its offset in the row. */
static unsigned char expected(const struct parcel *parcel, size_t row, size_t at)
{
	if (at >= parcel->to_cols * parcel->size)
		return UNTOUCHED;
	if (row >= parcel->rows || at >= parcel->cols * parcel->size)
		return NEUTRAL;
	return parcel->from[row * parcel->from_pitch + at];
}

static bool margins_are(const struct parcel *parcel, unsigned char value)
{
	for (size_t i = 0; i < MARGIN; i++)
		if (parcel->to[parcel->to_bytes - 2 * MARGIN + i] != value ||
		    parcel->to[-1 - (int)i] != value)
			return false;
	return true;
}

bool parcel_is_right(const struct parcel *parcel)
{
	for (size_t row = 0; row < parcel->to_rows; row++)
		for (size_t at = 0; at < parcel->to_pitch; at++)
			if (parcel->to[row * parcel->to_pitch + at] != expected(parcel, row, at))
				return false;
	return margins_are(parcel, UNTOUCHED);
}

void parcel_scribble(struct parcel *parcel)
{
	memset(parcel->to - MARGIN, SCRIBBLE, parcel->to_bytes);
}

bool parcel_is_scribbled(const struct parcel *parcel)
{
	for (size_t i = 0; i < parcel->to_bytes - 2 * MARGIN; i++)
		if (parcel->to[i] != SCRIBBLE)
			return false;
	return margins_are(parcel, SCRIBBLE);
}
