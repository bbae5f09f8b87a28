/* SPDX-License-Identifier: BSD-3-Clause */
/* The extents of a layout, and arithmetic on extents. */
#ifndef LAYOUT_SIZES_H
#define LAYOUT_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <aml/layout.h>

#define NDIMS_MAX AML_LAYOUT_NDIMS_MAX

/* The shape of a layout, in native order. */
struct shape {
	size_t ndims;        /* 1 to NDIMS_MAX */
	size_t element_size; /* in bytes, not 0 */
	size_t dims[NDIMS_MAX];
};

/* A shape whose extents are stored elsewhere. */
struct outline {
	size_t ndims, element_size;
	const size_t *dims;
};

static inline struct outline outline_of(const struct shape *shape)
{
	return (struct outline){shape->ndims, shape->element_size, shape->dims};
}

static inline size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The greatest common divisor of two sizes that are not 0. */
static inline size_t common_divisor(size_t a, size_t b)
{
	while (b > 0) {
		size_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Coordinates of a dimension from `from` up to, but not including, `to`. Empty if from >= to. */
struct interval {
	size_t from, to;
};

/*
 * Crop coordinates of a pad to those in its target, which begins at `offset` and has `extent`
 * elements. The result is in the target's coordinates. If it is not empty, `offset` is less than
 * `to`.
 */
static inline struct interval crop_to_target(struct interval pad, size_t offset, size_t extent)
{
	if (pad.to <= offset)
		return (struct interval){0, 0};
	return (struct interval){pad.from > offset ? pad.from - offset : 0,
				 min(pad.to - offset, extent)};
}

static inline struct interval intersect(struct interval a, struct interval b)
{
	return (struct interval){a.from > b.from ? a.from : b.from, min(a.to, b.to)};
}

static inline bool any_zero(size_t n, const size_t *sizes)
{
	for (size_t i = 0; i < n; i++)
		if (sizes[i] == 0)
			return true;
	return false;
}

/* The absolute value of a step. */
static inline size_t magnitude(ptrdiff_t step)
{
	return step < 0 ? -(size_t)step : (size_t)step;
}

/* Compute the number of elements. It is 0 if an extent is 0. -AML_EINVAL if it overflows. */
int layout_count(size_t ndims, const size_t *dims, size_t *count);

/* Copy n sizes from an array in `order` to an array in native order, or back. */
void layout_reorder(int order, size_t n, size_t *to, const size_t *from);

/*
 * Print the beginning of a line: `prefix` and ": ", or nothing if it is empty. -AML_FAILURE if the
 * stream fails, as for the functions below.
 */
int layout_print_prefix(FILE *stream, const char *prefix);

/* Print a line: its beginning, and the formatted text. */
int layout_print_line(FILE *stream, const char *prefix, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Print the first line of a layout: its kind and its order. */
int layout_print_kind(FILE *stream, const char *prefix, const char *kind, int order);

/* Print a line: its beginning, and "<label>: <n sizes in `order`>". */
int layout_print_sizes(FILE *stream, const char *prefix, const char *label, int order, size_t n,
		       const size_t *sizes);

#endif /* LAYOUT_SIZES_H */
