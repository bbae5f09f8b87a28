/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs of bytes in a loop on byte steps. The loop is a function by the size of the run, so that
 * a small run is a load and a store.
 */
#include <string.h>

#include "copy/count.h"
#include "copy/machine.h"
#include "copy/strided.h"

enum {
	STAGE = 512,  /* what is gathered in the first cache before it is streamed, in bytes */
	AHEAD = 4096, /* how far before it is read a dense source is asked for, in bytes */
};

/* The loop has an element at least. */
static inline void row(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	ptrdiff_t dst_step = loop->dst_step, src_step = loop->src_step;

	/* Not beyond the last element, where no object need be. */
#pragma GCC unroll 4
	for (size_t i = loop->extent - 1; i > 0; i--) {
		memcpy(dst, src, size);
		dst += dst_step;
		src += src_step;
	}
	memcpy(dst, src, size);
}

static void row_any(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	COUNT(true, "", "runs of any size");
	row(dst, src, size, loop);
}

#define ROW(bytes)                                                       \
	static void row_##bytes(char *dst, const char *src, size_t size, \
				const struct copy_loop *loop)            \
	{                                                                \
		(void)size;                                              \
		COUNT(true, "", "runs of " #bytes);                      \
		row(dst, src, bytes, loop);                              \
	}

ROW(1)
ROW(2)
ROW(4)
ROW(8)
ROW(16)
ROW(32)
ROW(64)

row_fn copy_row(size_t size)
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

/* Long runs, past the caches. */
static void stream_runs(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	stream_fn stream = machine()->kernels->stream;

	COUNT(true, "", "streamed runs");
	for (size_t i = 0; i < loop->extent; i++)
		stream(dst + (ptrdiff_t)i * loop->dst_step, src + (ptrdiff_t)i * loop->src_step,
		       size);
}

/* Ask for the lines that stand some way after these bytes. They are used once. */
static void prefetch(const char *src, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += LINE)
		__builtin_prefetch(src + AHEAD + i, 0, 0);
}

/* Short runs that are contiguous in the destination, gathered in whole lines, then streamed. */
static void stream_gathered(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	_Alignas(LINE) char stage[STAGE];
	stream_fn stream = machine()->kernels->stream;
	row_fn move = copy_row(size);
	size_t most = STAGE / size;
	struct copy_loop part = *loop;

	COUNT(true, "", "gathered runs");
	/* The first part ends where a line of the destination does: the others are whole lines. */
	part.extent = LINE % size == 0 ? (-(size_t)dst & (LINE - 1)) / size + most / 2 : most;
	for (size_t done = 0; done < loop->extent; done += part.extent, part.extent = most) {
		if (part.extent > loop->extent - done)
			part.extent = loop->extent - done;
		if (loop->src_step > 0 && loop->src_step < LINE)
			prefetch(src + done * (size_t)loop->src_step,
				 part.extent * (size_t)loop->src_step);
		move(stage, src + (ptrdiff_t)done * loop->src_step, size, &part);
		stream(dst + done * size, stage, part.extent * size);
	}
}

void copy_strided(const struct copy_plan *plan, char *dst, const char *src)
{
	const struct copy_loop *loop = &plan->loops[0];

	if (plan->stream && plan->size >= LINE * 4)
		stream_runs(dst, src, plan->size, loop);
	else if (plan->stream && plan->size <= LINE && loop->dst_step == (ptrdiff_t)plan->size)
		stream_gathered(dst, src, plan->size, loop);
	else
		copy_row(plan->size)(dst, src, plan->size, loop);
}
