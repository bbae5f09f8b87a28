/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies runs in a loop. There is a function for each common size of a run, so that copying a small
 * run is a load and a store.
 */
#include <string.h>

#include "copy/strided.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

enum {
	GATHER_BYTES = 512,           /* gathered in the first-level cache, then streamed */
	GATHER_PREFETCH_BYTES = 4096, /* the prefetch distance in a dense source */
};

/* The loop has at least one iteration. */
static inline void move_row(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	ptrdiff_t dst_step = loop->dst_step, src_step = loop->src_step;

	/* Do not advance beyond the last run: the address could be outside of any object. */
#pragma GCC unroll 4
	for (size_t i = loop->extent - 1; i > 0; i--) {
		memcpy(dst, src, size);
		dst += dst_step;
		src += src_step;
	}
	memcpy(dst, src, size);
}

static void move_row_any(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	COUNT(true, "", "runs of any size");
	move_row(dst, src, size, loop);
}

#define ROW(bytes)                                                            \
	static void move_row_##bytes(char *dst, const char *src, size_t size, \
				     const struct copy_loop *loop)            \
	{                                                                     \
		(void)size;                                                   \
		COUNT(true, "", "runs of " #bytes);                           \
		move_row(dst, src, bytes, loop);                              \
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
		return move_row_1;
	case 2:
		return move_row_2;
	case 4:
		return move_row_4;
	case 8:
		return move_row_8;
	case 16:
		return move_row_16;
	case 32:
		return move_row_32;
	case 64:
		return move_row_64;
	default:
		return move_row_any;
	}
}

/* Stream long runs. */
static void stream_runs(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	stream_fn stream = kernels()->stream;

	COUNT(true, "", "streamed runs");
	for (size_t i = 0; i < loop->extent; i++)
		stream(dst + (ptrdiff_t)i * loop->dst_step, src + (ptrdiff_t)i * loop->src_step,
		       size);
}

/* Prefetch the lines GATHER_PREFETCH_BYTES after these bytes. They are used once. */
static void prefetch_source(const char *src, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += CACHE_LINE_BYTES)
		__builtin_prefetch(src + GATHER_PREFETCH_BYTES + i, 0, 0);
}

/* Gather short runs that are contiguous in the destination into whole lines. Stream the lines. */
static void stream_gathered(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	_Alignas(CACHE_LINE_BYTES) char stage[GATHER_BYTES];
	stream_fn stream = kernels()->stream;
	row_fn move_row_of_size = copy_row(size);
	size_t most = GATHER_BYTES / size;
	struct copy_loop part = *loop;

	COUNT(true, "", "gathered runs");
	/* The first section ends at the end of a destination line. The others are whole lines. */
	part.extent = CACHE_LINE_BYTES % size == 0
			      ? (-(size_t)dst & (CACHE_LINE_BYTES - 1)) / size + most / 2
			      : most;
	for (size_t done = 0; done < loop->extent; done += part.extent, part.extent = most) {
		if (part.extent > loop->extent - done)
			part.extent = loop->extent - done;
		if (loop->src_step > 0 && loop->src_step < CACHE_LINE_BYTES)
			prefetch_source(src + done * (size_t)loop->src_step,
					part.extent * (size_t)loop->src_step);
		move_row_of_size(stage, src + (ptrdiff_t)done * loop->src_step, size, &part);
		stream(dst + done * size, stage, part.extent * size);
	}
}

void copy_strided(const struct copy_plan *plan, char *dst, const char *src)
{
	const struct copy_loop *loop = &plan->loops[0];

	if (plan->method == COPY_BY_STREAM)
		stream_runs(dst, src, plan->run.bytes, loop);
	else if (plan->method == COPY_BY_GATHER)
		stream_gathered(dst, src, plan->run.bytes, loop);
	else
		copy_row(plan->run.bytes)(dst, src, plan->run.bytes, loop);
}
