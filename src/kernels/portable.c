/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels in C, for any machine. */
#include <string.h>

#include "kernels/count.h"
#include "kernels/kernels.h"

#define NAME "portable"

enum { WIDTH = 64 };

static inline void tile(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			size_t n, size_t na, size_t size)
{
	for (size_t b = 0; b < n * TILE_BYTES / size; b++)
		for (size_t a = 0; a < na; a++)
			memcpy(dst + (ptrdiff_t)b * dst_step + a * size,
			       src + (ptrdiff_t)a * src_step + b * size, size);
}

#define TILE(size)                                                              \
	static void tile_##size(char *dst, ptrdiff_t dst_step, const char *src, \
				ptrdiff_t src_step, size_t n, size_t na)        \
	{                                                                       \
		COUNT(true, NAME, "tile of " #size);                            \
		tile(dst, dst_step, src, src_step, n, na, size);                \
	}

TILE(1)
TILE(2)
TILE(4)
TILE(8)
TILE(16)

static void stream(char *dst, const char *src, size_t size)
{
	COUNT(true, NAME, "stream");
	memcpy(dst, src, size);
}

static void drain(void)
{
}

const struct kernels kernels_portable = {
	.name = NAME,
	.width = WIDTH,
	.stream = stream,
	.drain = drain,
	.near = {tile_1, tile_2, tile_4, tile_8, tile_16},
	.far = {tile_1, tile_2, tile_4, tile_8, tile_16},
	.staged = {tile_1, tile_2, tile_4, tile_8, tile_16},
};
