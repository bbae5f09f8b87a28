/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies small pads in the order of the destination. A kernel writes the rows of a plane: those in
 * front of the source's, the source's, and those behind it. If rows are contiguous, the neutral
 * ones of a plane are one long row.
 */
#include "copy/padded.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "layout/sizes.h"

/* Shorter rows of neutral elements are written like the others. */
enum { PADDED_REPEAT_BYTES = 64 };

/* The rows of dimension 0. */
static struct padded_row row_of(const struct copy_plan *plan)
{
	const struct copy_padded *padded = copy_const_padded(plan);
	size_t size = plan->run.bytes;

	return (struct padded_row){
		.bytes = padded->dims[0].extent * size,
		.front = padded->dims[0].from * size,
		.run = padded->dims[0].count * size,
		.size = size,
		.neutral = padded->neutral,
	};
}

/* Write `n` rows of neutral elements of `size` bytes. */
static void pad_rows(const struct copy_padded *padded, char *dst, ptrdiff_t dst_step, size_t bytes,
		     size_t size, size_t n)
{
	struct padded_row row = {.bytes = bytes, .size = size, .neutral = padded->neutral};

	if (n == 0)
		return;
	if (dst_step == (ptrdiff_t)bytes) {
		row.bytes *= n;
		n = 1;
	}
	if (row.bytes >= PADDED_REPEAT_BYTES)
		kernels()->repeat(dst, dst_step, padded->neutral, 0, size, row.bytes / size, n);
	else
		kernels()->pad(dst, dst_step, dst, 0, &row, n);
}

/* Write a plane of dimensions 0 and 1. */
static void pad_plane(const struct copy_plan *plan, char *dst, const char *src)
{
	const struct copy_padded *padded = copy_const_padded(plan);
	const struct copy_padded_dim *d = &padded->dims[1];
	size_t size = plan->run.bytes, behind = d->from + d->count;
	const struct padded_row row = row_of(plan);

	pad_rows(padded, dst, d->dst_step, row.bytes, size, d->from);
	kernels()->pad(dst + (ptrdiff_t)d->from * d->dst_step, d->dst_step, src, d->src_step, &row,
		       d->count);
	pad_rows(padded, dst + (ptrdiff_t)behind * d->dst_step, d->dst_step, row.bytes, size,
		 d->extent - behind);
}

/* The plane of the destination at an index of the dimensions from 2 on. */
struct padded_plane {
	size_t index[NDIMS_MAX];
	char *dst;
	const char *src; /* of a plane inside of the source */
};

/* Does the source have elements of the plane? If so, find them. */
static bool plane_is_inside(const struct copy_plan *plan, struct padded_plane *plane)
{
	const struct copy_padded_dim *dims = copy_const_padded(plan)->dims;

	plane->src = plan->run.src;
	for (uint8_t i = 2; i < plan->nloops; i++) {
		size_t at = plane->index[i] - dims[i].from;

		if (at >= dims[i].count)
			return false;
		plane->src += (ptrdiff_t)at * dims[i].src_step;
	}
	return true;
}

/* Advance to the next plane. Returns false after the last. */
static bool next_plane(const struct copy_plan *plan, struct padded_plane *plane)
{
	const struct copy_padded_dim *dims = copy_const_padded(plan)->dims;

	for (uint8_t i = 2; i < plan->nloops; i++) {
		plane->dst += dims[i].dst_step;
		if (++plane->index[i] < dims[i].extent)
			return true;
		plane->index[i] = 0;
		plane->dst -= (ptrdiff_t)dims[i].extent * dims[i].dst_step;
	}
	return false;
}

/* The rows of one dimension. */
static void pad_row(const struct copy_plan *plan)
{
	const struct padded_row row = row_of(plan);

	kernels()->pad(plan->run.dst, 0, plan->run.src, 0, &row, 1);
}

void copy_padded_rows(const struct copy_plan *plan)
{
	const struct copy_padded *padded = copy_const_padded(plan);
	struct padded_plane plane;

	COUNT(true, "", "padded rows");
	COUNT(plan->nloops > 2, "", "padded planes");
	if (plan->nloops < 2) {
		pad_row(plan);
		return;
	}
	plane.dst = plan->run.dst;
	for (uint8_t i = 2; i < plan->nloops; i++)
		plane.index[i] = 0;
	do {
		if (plane_is_inside(plan, &plane))
			pad_plane(plan, plane.dst, plane.src);
		else
			pad_rows(padded, plane.dst, padded->dims[1].dst_step,
				 padded->dims[0].extent * plan->run.bytes, plan->run.bytes,
				 padded->dims[1].extent);
	} while (next_plane(plan, &plane));
}
