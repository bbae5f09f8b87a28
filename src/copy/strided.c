/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs of bytes within loops on byte steps. The innermost loop is a function by the size of the
 * run, so that a small run is a load and a store.
 */
#include <string.h>

#include "copy/plan.h"

/* The innermost loop. */
typedef void (*row_fn)(char *dst, const char *src, size_t size, const struct copy_loop *loop);

static inline void row(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	ptrdiff_t dst_step = loop->dst_step, src_step = loop->src_step;

	for (size_t i = loop->extent; i > 0; i--) {
		memcpy(dst, src, size);
		/* Not beyond the last element, where no object need be. */
		if (i > 1) {
			dst += dst_step;
			src += src_step;
		}
	}
}

static void row_any(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	row(dst, src, size, loop);
}

#define ROW(bytes)                                                       \
	static void row_##bytes(char *dst, const char *src, size_t size, \
				const struct copy_loop *loop)            \
	{                                                                \
		(void)size;                                              \
		row(dst, src, bytes, loop);                              \
	}

ROW(1)
ROW(2)
ROW(4)
ROW(8)
ROW(16)
ROW(32)
ROW(64)

static row_fn row_for(size_t size)
{
	switch (size) {
	case 1:
		return row_1;
	case 2:
		return row_2;
	case 4:
		return row_4;
	case 8:
		return row_8;
	case 16:
		return row_16;
	case 32:
		return row_32;
	case 64:
		return row_64;
	default:
		return row_any;
	}
}

void copy_strided(const struct copy_plan *plan)
{
	const struct copy_loop *loops = plan->loops;
	row_fn move = row_for(plan->size);
	char *dst = plan->dst.base;
	const char *src = plan->src.base;
	size_t index[NDIMS_MAX] = {0};
	uint8_t i;

	do {
		move(dst, src, plan->size, &loops[0]);
		for (i = 1; i < plan->nloops; i++) {
			if (++index[i] < loops[i].extent) {
				dst += loops[i].dst_step;
				src += loops[i].src_step;
				break;
			}
			index[i] = 0;
			dst -= (ptrdiff_t)(loops[i].extent - 1) * loops[i].dst_step;
			src -= (ptrdiff_t)(loops[i].extent - 1) * loops[i].src_step;
		}
	} while (i < plan->nloops);
}
