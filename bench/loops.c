/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plain loops. A step that a programmer would know when writing the loop is a constant here too,
 * so the compiler can optimise as well as possible.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <aml/layout.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "loops.h"

struct sixteen {
	uint64_t low, high;
};

/* Nested loops in the order of the destination. `first_step` is its innermost step. */
#define NEST_BODY(type, first_step)                                                         \
	do {                                                                                \
		type *restrict to = dst;                                                    \
		const type *restrict from = src;                                            \
		const size_t *d = n.dst_step, *s = n.src_step;                              \
                                                                                            \
		for (size_t l = 0; l < n.dims[3]; l++)                                      \
			for (size_t k = 0; k < n.dims[2]; k++)                              \
				for (size_t j = 0; j < n.dims[1]; j++)                      \
					for (size_t i = 0; i < n.dims[0]; i++)              \
						to[i * (first_step) + j * d[1] + k * d[2] + \
						   l * d[3]] = from[i * s[0] + j * s[1] +   \
								    k * s[2] + l * s[3]];   \
	} while (0)

#define NEST(name, type)                                                        \
	static void name(const struct shape *shape, void *dst, const void *src) \
	{                                                                       \
		struct shape n = *shape;                                        \
                                                                                \
		for (size_t i = n.ndims; i < SHAPE_NDIMS; i++)                  \
			n.dims[i] = 1;                                          \
		if (n.dst_step[0] == 1)                                         \
			NEST_BODY(type, 1);                                     \
		else                                                            \
			NEST_BODY(type, d[0]);                                  \
	}

NEST(nest_1, uint8_t)
NEST(nest_2, uint16_t)
NEST(nest_4, uint32_t)
NEST(nest_8, uint64_t)
NEST(nest_16, struct sixteen)

/* One dimension with constant steps. */
#define LINE(name, type, to_step, from_step)                                    \
	static void name(const struct shape *shape, void *dst, const void *src) \
	{                                                                       \
		type *restrict to = dst;                                        \
		const type *restrict from = src;                                \
		size_t count = shape->dims[0];                                  \
                                                                                \
		for (size_t i = 0; i < count; i++)                              \
			to[i * (to_step)] = from[i * (from_step)];              \
	}

LINE(flat_8, uint64_t, 1, 1)
LINE(take_second_8, uint64_t, 1, 2)
LINE(put_second_8, uint64_t, 2, 1)
LINE(take_field_4, uint32_t, 1, 4)
LINE(put_field_4, uint32_t, 4, 1)

static void split_colours(const struct shape *shape, void *dst, const void *src)
{
	size_t pixels = shape->dims[0];
	uint8_t *restrict red = dst;
	uint8_t *restrict green = red + pixels;
	uint8_t *restrict blue = green + pixels;
	const uint8_t *restrict from = src;

	for (size_t i = 0; i < pixels; i++) {
		red[i] = from[3 * i];
		green[i] = from[3 * i + 1];
		blue[i] = from[3 * i + 2];
	}
}

static void join_colours(const struct shape *shape, void *dst, const void *src)
{
	size_t pixels = shape->dims[1];
	const uint8_t *restrict red = src;
	const uint8_t *restrict green = red + pixels;
	const uint8_t *restrict blue = green + pixels;
	uint8_t *restrict to = dst;

	for (size_t i = 0; i < pixels; i++) {
		to[3 * i] = red[i];
		to[3 * i + 1] = green[i];
		to[3 * i + 2] = blue[i];
	}
}

/* True if the shape splits or joins pixels of 3 bytes. `parts_at`: the dimension of the bytes. */
static bool is_colours(const struct shape *shape, size_t parts_at)
{
	size_t parts = shape->dims[parts_at], pixels = shape->dims[1 - parts_at];
	const size_t *inner = parts_at == 0 ? shape->dst_step : shape->src_step;
	const size_t *outer = parts_at == 0 ? shape->src_step : shape->dst_step;

	return shape->element_size == 1 && shape->ndims == 2 && parts == 3 &&
	       inner[parts_at] == 1 && inner[1 - parts_at] == 3 && outer[parts_at] == pixels &&
	       outer[1 - parts_at] == 1;
}

static loops_fn line_for(const struct shape *shape)
{
	static const struct {
		size_t element_size, dst_step, src_step;
		loops_fn loops;
	} lines[] = {
		{8, 1, 1, flat_8},       {8, 1, 2, take_second_8}, {8, 2, 1, put_second_8},
		{4, 1, 4, take_field_4}, {4, 4, 1, put_field_4},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		if (lines[i].element_size == shape->element_size &&
		    lines[i].dst_step == shape->dst_step[0] &&
		    lines[i].src_step == shape->src_step[0])
			return lines[i].loops;
	}
	return NULL;
}

loops_fn loops_for(const struct shape *shape)
{
	loops_fn line = shape->ndims == 1 ? line_for(shape) : NULL;

	if (line != NULL)
		return line;
	if (shape->ndims == 2 && is_colours(shape, 1))
		return split_colours;
	if (shape->ndims == 2 && is_colours(shape, 0))
		return join_colours;
	switch (shape->element_size) {
	case 1:
		return nest_1;
	case 2:
		return nest_2;
	case 4:
		return nest_4;
	case 8:
		return nest_8;
	case 16:
		return nest_16;
	default:
		return NULL;
	}
}

void loops_rows(const struct shape *shape, void *dst, const void *src)
{
	size_t size = shape->element_size;

	for (size_t j = 0; j < shape->dims[1]; j++)
		memcpy((char *)dst + j * shape->dst_step[1] * size,
		       (const char *)src + j * shape->src_step[1] * size, shape->dims[0] * size);
}

void loops_deref(const struct aml_layout *dst, const struct aml_layout *src, const size_t *dims)
{
	size_t coords[2];

	for (coords[1] = 0; coords[1] < dims[1]; coords[1]++) {
		for (coords[0] = 0; coords[0] < dims[0]; coords[0]++) {
			uint64_t *to = dst->ops->deref_native(dst->data, coords);
			const uint64_t *from = src->ops->deref_native(src->data, coords);

			*to = *from;
		}
	}
}

#if defined(__AVX512F__)
typedef __m512i vector;
#define STREAM(to, from) _mm512_stream_si512(to, _mm512_loadu_si512(from))
#elif defined(__AVX__)
typedef __m256i vector;
#define STREAM(to, from) _mm256_stream_si256(to, _mm256_loadu_si256(from))
#elif defined(__SSE2__)
typedef __m128i vector;
#define STREAM(to, from) _mm_stream_si128(to, _mm_loadu_si128(from))
#endif

void loops_stream(void *dst, const void *src, size_t bytes)
{
#ifdef STREAM
	vector *to = dst;
	const vector *from = src;

	for (size_t i = 0; i < bytes / sizeof(*to); i++)
		STREAM(to + i, from + i);
	_mm_sfence();
#else
	memcpy(dst, src, bytes);
#endif
}

const char *loops_target(void)
{
#if defined(__AVX512F__)
	return "AVX-512";
#elif defined(__AVX2__)
	return "AVX2";
#elif defined(__AVX__)
	return "AVX";
#elif defined(__SSE2__)
	return "SSE2";
#elif defined(__ARM_NEON)
	return "NEON";
#else
	return "no vector instructions";
#endif
}
