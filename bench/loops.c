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
#include "nests.h"

static void split_colours(const struct bench_shape *shape, void *dst, const void *src)
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

static void join_colours(const struct bench_shape *shape, void *dst, const void *src)
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
static bool is_colours(const struct bench_shape *shape, size_t parts_at)
{
	ptrdiff_t parts = (ptrdiff_t)shape->dims[parts_at];
	ptrdiff_t pixels = (ptrdiff_t)shape->dims[1 - parts_at];
	const ptrdiff_t *inner = parts_at == 0 ? shape->dst_step : shape->src_step;
	const ptrdiff_t *outer = parts_at == 0 ? shape->src_step : shape->dst_step;

	return shape->element_size == 1 && shape->ndims == 2 && parts == 3 &&
	       inner[parts_at] == 1 && inner[1 - parts_at] == 3 && outer[parts_at] == pixels &&
	       outer[1 - parts_at] == 1;
}

loops_fn loops_for(const struct bench_shape *shape)
{
	if (shape->ndims == 2 && is_colours(shape, 1))
		return split_colours;
	if (shape->ndims == 2 && is_colours(shape, 0))
		return join_colours;
	return nests_for(shape, true);
}

loops_fn loops_general_for(const struct bench_shape *shape)
{
	return nests_for(shape, false);
}

void loops_rows(const struct bench_shape *shape, void *dst, const void *src)
{
	size_t bytes = shape->dims[0] * shape->element_size;

	for (ptrdiff_t j = 0; j < (ptrdiff_t)shape->dims[1]; j++)
		memcpy((char *)dst + j * shape->dst_step[1],
		       (const char *)src + j * shape->src_step[1], bytes);
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

void loops_pad(double *dst, const double *src, size_t width, size_t height, double neutral)
{
	for (size_t i = 0; i < width; i++)
		dst[i] = neutral;
	for (size_t j = 1; j + 1 < height; j++) {
		double *restrict row = dst + j * width;
		const double *restrict from = src + (j - 1) * (width - 2);

		row[0] = neutral;
		for (size_t i = 1; i + 1 < width; i++)
			row[i] = from[i - 1];
		row[width - 1] = neutral;
	}
	for (size_t i = 0; i < width; i++)
		dst[(height - 1) * width + i] = neutral;
}

/*
 * Define a reshape with constant rows. A period has whole rows on both sides, and its loop is
 * unrolled.
 */
#define RESHAPE(name, to_row, to_pitch, from_row, from_pitch)                                  \
	static void name(uint32_t *restrict dst, const uint32_t *restrict src, size_t periods) \
	{                                                                                      \
		for (size_t p = 0; p < periods; p++) {                                         \
			uint32_t *restrict to = dst + p * (from_row) * (to_pitch);             \
			const uint32_t *restrict from = src + p * (to_row) * (from_pitch);     \
                                                                                               \
			for (size_t i = 0; i < (to_row) * (from_row); i++)                     \
				to[i / (to_row) * (to_pitch) + i % (to_row)] =                 \
					from[i / (from_row) * (from_pitch) + i % (from_row)];  \
		}                                                                              \
	}

RESHAPE(reshape_3_2, 2, 3, 3, 4)
RESHAPE(reshape_2_3, 3, 4, 2, 3)
RESHAPE(reshape_5_4, 4, 5, 5, 7)

/* The copies of whole periods with the rows that a programmer would know, else none. */
static size_t reshape_known(uint32_t *dst, const uint32_t *src, size_t count,
			    const struct reshaped *rows)
{
	static const struct {
		struct reshaped rows;
		void (*reshape)(uint32_t *, const uint32_t *, size_t);
	} known[] = {
		{{2, 3, 3, 4}, reshape_3_2},
		{{3, 4, 2, 3}, reshape_2_3},
		{{4, 5, 5, 7}, reshape_5_4},
	};
	size_t period = rows->to_row * rows->from_row;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (memcmp(&known[i].rows, rows, sizeof(*rows)) != 0)
			continue;
		known[i].reshape(dst, src, count / period);
		return count / period * period;
	}
	return 0;
}

void loops_reshape(uint32_t *dst, const uint32_t *src, size_t count, const struct reshaped *rows)
{
	size_t done = reshape_known(dst, src, count, rows);

	while (done < count) {
		size_t to = done % rows->to_row, from = done % rows->from_row;
		size_t run = rows->to_row - to;

		if (run > rows->from_row - from)
			run = rows->from_row - from;
		if (run > count - done)
			run = count - done;
		memcpy(dst + done / rows->to_row * rows->to_pitch + to,
		       src + done / rows->from_row * rows->from_pitch + from, run * sizeof(*dst));
		done += run;
	}
}

#if defined(__AVX512F__)
typedef __m512i vector;
#define LOAD _mm512_loadu_si512
#define STREAM _mm512_stream_si512
#elif defined(__AVX__)
typedef __m256i vector;
#define LOAD _mm256_loadu_si256
#define STREAM _mm256_stream_si256
#elif defined(__SSE2__)
typedef __m128i vector;
#define LOAD _mm_loadu_si128
#define STREAM _mm_stream_si128
#endif

#ifdef STREAM
/* The bytes before the first aligned vector. */
static size_t to_vector(const void *at, size_t bytes)
{
	size_t head = (size_t) - (uintptr_t)at % sizeof(vector);

	return head < bytes ? head : bytes;
}

void loops_stream(void *dst, const void *src, size_t bytes)
{
	size_t head = to_vector(dst, bytes);
	size_t count = (bytes - head) / sizeof(vector), done = head + count * sizeof(vector);
	vector *to = (vector *)((char *)dst + head);
	const vector *from = (const vector *)((const char *)src + head);

	memcpy(dst, src, head);
	for (size_t i = 0; i < count; i++)
		STREAM(to + i, LOAD(from + i));
	_mm_sfence();
	memcpy((char *)dst + done, (const char *)src + done, bytes - done);
}

void loops_stream_fill(void *dst, const void *src, size_t bytes)
{
	size_t head = to_vector(dst, bytes);
	size_t count = (bytes - head) / sizeof(vector), done = head + count * sizeof(vector);
	vector *to = (vector *)((char *)dst + head);
	vector value = LOAD((const vector *)src);

	memcpy(dst, src, head);
	for (size_t i = 0; i < count; i++)
		STREAM(to + i, value);
	_mm_sfence();
	memcpy((char *)dst + done, src, bytes - done);
}
#else
void loops_stream(void *dst, const void *src, size_t bytes)
{
	memcpy(dst, src, bytes);
}

void loops_stream_fill(void *dst, const void *src, size_t bytes)
{
	memset(dst, *(const unsigned char *)src, bytes);
}
#endif

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
