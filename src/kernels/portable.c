/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels in C for any machine. */
#include <string.h>

#include "kernels/count.h"
#include "kernels/kernels.h"

/* portable_tile() supports any width. */
enum { PORTABLE_WIDTH_BYTES = 64 };

static inline void portable_tile(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
				 size_t nb, size_t na, size_t size)
{
	for (size_t b = 0; b < nb; b++)
		for (size_t a = 0; a < na; a++)
			memcpy(dst + (ptrdiff_t)b * dst_step + a * size,
			       src + (ptrdiff_t)a * src_step + b * size, size);
}

#define PORTABLE_TILE(size)                                                                  \
	static void portable_tile_##size(char *dst, ptrdiff_t dst_step, const char *src,     \
					 ptrdiff_t src_step, size_t n, size_t na)            \
	{                                                                                    \
		COUNT(true, "portable", "tile of " #size);                                   \
		portable_tile(dst, dst_step, src, src_step, n *TILE_BYTES / size, na, size); \
	}

static inline void portable_listed(char *dst, const ptrdiff_t *dst_at, const char *src,
				   const ptrdiff_t *src_at, size_t nb, size_t na, size_t size)
{
	for (size_t b = 0; b < nb; b++)
		for (size_t a = 0; a < na; a++)
			memcpy(dst + dst_at[b] + a * size, src + src_at[a] + b * size, size);
}

#define PORTABLE_LISTED(size)                                                                   \
	static void portable_listed_##size(char *dst, const ptrdiff_t *dst_at, const char *src, \
					   const ptrdiff_t *src_at, size_t nb, size_t na)       \
	{                                                                                       \
		COUNT(true, "portable", "listed tile of " #size);                               \
		portable_listed(dst, dst_at, src, src_at, nb, na, size);                        \
	}

/* The outermost loop, then the others, then a plane. */
static void portable_planes(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			    size_t nb, size_t na, const struct kernel_loop *loops, size_t count,
			    size_t size)
{
	if (count == 0) {
		portable_tile(dst, dst_step, src, src_step, nb, na, size);
		return;
	}
	for (size_t i = 0; i < loops[count - 1].n; i++)
		portable_planes(dst + (ptrdiff_t)i * loops[count - 1].dst_step, dst_step,
				src + (ptrdiff_t)i * loops[count - 1].src_step, src_step, nb, na,
				loops, count - 1, size);
}

#define PORTABLE_PLANES(size)                                                              \
	static void portable_planes_##size(char *dst, ptrdiff_t dst_step, const char *src, \
					   ptrdiff_t src_step, size_t nb, size_t na,       \
					   const struct kernel_loop *loops, size_t count)  \
	{                                                                                  \
		COUNT(true, "portable", "planes of " #size);                               \
		portable_planes(dst, dst_step, src, src_step, nb, na, loops, count, size); \
	}

PORTABLE_PLANES(1)
PORTABLE_PLANES(2)
PORTABLE_PLANES(4)
PORTABLE_PLANES(8)
PORTABLE_PLANES(16)

PORTABLE_LISTED(1)
PORTABLE_LISTED(2)
PORTABLE_LISTED(4)
PORTABLE_LISTED(8)
PORTABLE_LISTED(16)

PORTABLE_TILE(1)
PORTABLE_TILE(2)
PORTABLE_TILE(4)
PORTABLE_TILE(8)
PORTABLE_TILE(16)

static void portable_stream(char *dst, const char *src, size_t size)
{
	COUNT(true, "portable", "stream");
	memcpy(dst, src, size);
}

static void portable_drain(void)
{
}

/* Copies `size` bytes, from `half` to 2 * `half`, by two moves. `half` is a constant. */
static inline void portable_move(char *dst, const char *src, size_t size, size_t half)
{
	memcpy(dst, src, half);
	memcpy(dst + size - half, src + size - half, half);
}

#define PORTABLE_ROWS(half)                                                                       \
	for (size_t i = 0; i < n; i++)                                                            \
		portable_move(dst + (ptrdiff_t)i * dst_step, src + (ptrdiff_t)i * src_step, size, \
			      half);

/* Copies n runs of LOOPED_BYTES_MIN to ROWS_BYTES_MAX bytes. */
static void portable_runs(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			  size_t size, size_t n)
{
	if (size <= 4)
		PORTABLE_ROWS(2)
	else if (size <= 8)
		PORTABLE_ROWS(4)
	else if (size <= 16)
		PORTABLE_ROWS(8)
	else if (size <= 32)
		PORTABLE_ROWS(16)
	else if (size <= 64)
		PORTABLE_ROWS(32)
	else if (size <= 128)
		PORTABLE_ROWS(64)
	else
		PORTABLE_ROWS(128)
}

static void portable_rows(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			  size_t size, size_t n)
{
	COUNT(true, "portable", "rows");
	portable_runs(dst, dst_step, src, src_step, size, n);
}

/* The outermost loop, then the others. */
static void portable_looped(char *dst, const char *src, size_t size,
			    const struct kernel_loop *loops, size_t count)
{
	const struct kernel_loop *loop = &loops[count - 1];

	COUNT(true, "portable", "looped");
	if (count == 1 && size <= ROWS_BYTES_MAX) {
		portable_runs(dst, loop->dst_step, src, loop->src_step, size, loop->n);
		return;
	}
	for (size_t i = 0; i < loop->n; i++) {
		char *to = dst + (ptrdiff_t)i * loop->dst_step;
		const char *from = src + (ptrdiff_t)i * loop->src_step;

		if (count == 1)
			memcpy(to, from, size);
		else
			portable_looped(to, from, size, loops, count - 1);
	}
}

enum {
	REPEAT_PATTERN_BYTES = 64, /* of elements whose size is a power of two */
	REPEAT_BLOCK_BYTES = 4096, /* of other elements, which are copied again and again */
};

/* Fills a row by copies of a pattern. `bytes` is at least that of the pattern. */
static void portable_fill_pattern(char *dst, const char *src, size_t size, size_t bytes)
{
	char pattern[REPEAT_PATTERN_BYTES];

	for (size_t b = 0; b < sizeof(pattern); b += size)
		memcpy(pattern + b, src, size);
	for (size_t b = 0; b + sizeof(pattern) < bytes; b += sizeof(pattern))
		memcpy(dst + b, pattern, sizeof(pattern));
	memcpy(dst + bytes - sizeof(pattern), pattern, sizeof(pattern));
}

/* Fills a row by doubling what is there, up to a block, which is copied. */
static void portable_fill_blocks(char *dst, const char *src, size_t size, size_t bytes)
{
	size_t block = REPEAT_BLOCK_BYTES / size * size, more;

	memcpy(dst, src, size);
	for (size_t done = size; done < bytes; done += more) {
		more = done < block ? done : block;
		more = more < bytes - done ? more : bytes - done;
		memcpy(dst + done, dst, more);
	}
}

static void portable_repeat(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			    size_t size, size_t count, size_t n)
{
	size_t bytes = size * count;
	bool splat = size <= SPLAT_BYTES_MAX && (size & (size - 1)) == 0 &&
		     bytes >= REPEAT_PATTERN_BYTES;

	COUNT(splat, "portable", "repeat a small element");
	COUNT(!splat, "portable", "repeat");
	for (; n > 0; n--, dst += dst_step, src += src_step) {
		if (size == 1)
			memset(dst, *src, bytes);
		else if (splat)
			portable_fill_pattern(dst, src, size, bytes);
		else
			portable_fill_blocks(dst, src, size, bytes);
	}
}

static void portable_neutral(char *dst, size_t bytes, const char *neutral)
{
	for (; bytes > PADDED_NEUTRAL_BYTES; bytes -= PADDED_NEUTRAL_BYTES) {
		memcpy(dst, neutral, PADDED_NEUTRAL_BYTES);
		dst += PADDED_NEUTRAL_BYTES;
	}
	memcpy(dst, neutral, bytes);
}

static void portable_pad(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			 const struct padded_row *row, size_t n)
{
	size_t end = row->front + row->run;

	COUNT(true, "portable", "pad");
	for (; n > 0; n--) {
		portable_neutral(dst, row->front, row->neutral);
		memcpy(dst + row->front, src, row->run);
		portable_neutral(dst + end, row->bytes - end, row->neutral);
		dst += dst_step;
		src += src_step;
	}
}

static bool portable_equal(const char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			   size_t bytes, size_t rows)
{
	for (; rows > 0; rows--, dst += dst_step, src += src_step)
		if (memcmp(dst, src, bytes) != 0)
			return false;
	return true;
}

const struct kernels kernels_portable = {
	.name = "portable",
	.width = PORTABLE_WIDTH_BYTES,
	.stream = portable_stream,
	.drain = portable_drain,
	.rows = portable_rows,
	.looped = portable_looped,
	.equal = portable_equal,
	.repeat = portable_repeat,
	.pad = portable_pad,
	.near = {portable_tile_1, portable_tile_2, portable_tile_4, portable_tile_8,
		 portable_tile_16},
	.far = {portable_tile_1, portable_tile_2, portable_tile_4, portable_tile_8,
		portable_tile_16},
	.staged = {portable_tile_1, portable_tile_2, portable_tile_4, portable_tile_8,
		   portable_tile_16},
	.listed = {portable_listed_1, portable_listed_2, portable_listed_4, portable_listed_8,
		   portable_listed_16},
	.planes = {portable_planes_1, portable_planes_2, portable_planes_4, portable_planes_8,
		   portable_planes_16},
	.masks = true,
};
