/* SPDX-License-Identifier: BSD-3-Clause */
/* Shifting layouts: see shifting.h. */
#include "shifting.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

enum {
	NDIMS = 64,
	LONG = 6,   /* dimensions that may have more than one element */
	EXTENT = 5, /* most elements in such a dimension */
	SIZE = 48,  /* most bytes of an element */
	STEP = 40,  /* largest step in bytes, of either sign */
	BASE = 64,  /* largest distance of the base from the middle, in bytes */
	REACH = LONG * (EXTENT - 1) * STEP + BASE + SIZE,
	GUARD = 4096,
	DEPTH = 3,
};

/* The answers of a layout's operators. */
struct answers {
	size_t ndims, element_size, dims[NDIMS];
	ptrdiff_t base, steps[NDIMS];
	bool dims_fail, steps_fail, duplicate_fails, is_null;
};

/* Shared by both layouts of a copy and all duplicates of these. */
struct shifting_world {
	const struct shifting_source *source;
	bool armed;
	size_t calls;
	/* The smallest answer of ndims so far. A deref must not read more coordinates than that. */
	size_t least_ndims;
	/* Layouts made and destroyed. Atomic: a worker destroys duplicates meanwhile. */
	atomic_size_t made, gone;
	/* Whether a deref had coordinates that no answer allowed. */
	bool beyond;
};

/* A shifting layout, one allocation. */
struct shifting {
	struct aml_layout layout;
	struct aml_layout_ops ops;
	struct shifting_world *world;
	unsigned char *middle;
	struct answers first, now;
};

static size_t pick(const struct shifting_world *world, size_t n)
{
	return world->source->pick(world->source->arg, n);
}

static struct shifting *shifting(const struct aml_layout_data *data)
{
	/* The operators receive const data, but change it. */
	return (struct shifting *)(uintptr_t)data;
}

static void change(struct shifting *s)
{
	static const size_t ndims[] = {1, 2, 3, 4, 5, 6, NDIMS, NDIMS + 1, 0};
	struct shifting_world *world = s->world;
	size_t i = pick(world, LONG);

	switch (pick(world, 12)) {
	case 0:
		s->now.ndims = ndims[pick(world, sizeof(ndims) / sizeof(*ndims))];
		break;
	case 1:
	case 2:
		/* One dimension more or fewer than at first. */
		s->now.ndims = s->first.ndims - 1 + 2 * pick(world, 2);
		break;
	case 3:
	case 4:
		s->now.dims[i] = pick(world, EXTENT + 1);
		break;
	case 5:
		/* Exchange two extents: the number of elements stays. */
		s->now.dims[i] = s->first.dims[0];
		s->now.dims[0] = s->first.dims[i];
		break;
	case 6:
		s->now.element_size = pick(world, SIZE + 1);
		break;
	case 7:
		s->now.base = (ptrdiff_t)pick(world, 2 * BASE + 1) - BASE;
		break;
	case 8:
		s->now.steps[i] = (ptrdiff_t)pick(world, 2 * STEP + 1) - STEP;
		break;
	case 9:
		s->now.is_null = true;
		break;
	case 10:
		s->now.dims_fail = pick(world, 3) == 1;
		s->now.steps_fail = pick(world, 2) == 1;
		s->now.duplicate_fails = pick(world, 3) == 1;
		break;
	default:
		s->now = s->first;
		break;
	}
}

/* Perhaps change the answers. Each operator calls this function first. */
static void shift(struct shifting *s)
{
	struct shifting_world *world = s->world;

	if (!world->armed)
		return;
	world->calls++;
	if (world->source->at > 0 ? world->calls == world->source->at : pick(world, 8) == 1)
		change(s);
}

static size_t told_ndims(const struct shifting *s)
{
	return s->now.ndims < NDIMS ? s->now.ndims : NDIMS;
}

static size_t ndims(const struct aml_layout_data *data)
{
	struct shifting *s = shifting(data);

	shift(s);
	if (s->now.ndims < s->world->least_ndims)
		s->world->least_ndims = s->now.ndims;
	return s->now.ndims;
}

static int dims_native(const struct aml_layout_data *data, size_t *dims)
{
	struct shifting *s = shifting(data);

	shift(s);
	if (s->now.dims_fail)
		return -AML_EPERM;
	memcpy(dims, s->now.dims, told_ndims(s) * sizeof(*dims));
	return AML_SUCCESS;
}

static size_t element_size(const struct aml_layout_data *data)
{
	shift(shifting(data));
	return shifting(data)->now.element_size;
}

static int steps_native(const struct aml_layout_data *data, void **base, ptrdiff_t *steps)
{
	struct shifting *s = shifting(data);

	shift(s);
	if (s->now.steps_fail)
		return -AML_ENOTSUP;
	*base = s->now.is_null ? NULL : s->middle + s->now.base;
	memcpy(steps, s->now.steps, told_ndims(s) * sizeof(*steps));
	return AML_SUCCESS;
}

static void *rawptr(const struct aml_layout_data *data)
{
	shift(shifting(data));
	return shifting(data)->now.is_null ? NULL : shifting(data)->middle;
}

static void *deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	struct shifting *s = shifting(data);
	unsigned char *at;

	shift(s);
	at = s->middle + s->now.base;
	for (size_t i = 0; i < s->world->least_ndims; i++) {
		if (coords[i] >= (i < LONG ? EXTENT : 1)) {
			s->world->beyond = true;
			return NULL;
		}
		at += (ptrdiff_t)coords[i] * s->now.steps[i];
	}
	return s->now.is_null ? NULL : at;
}

static void destroy(struct aml_layout *layout)
{
	struct shifting *s = shifting(layout->data);

	s->world->gone++;
	free(s);
}

static struct shifting *create(struct shifting_world *world, const struct shifting *like)
{
	struct shifting *s = malloc(sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = *like;
	s->layout.ops = &s->ops;
	s->layout.data = (struct aml_layout_data *)(void *)s;
	s->world = world;
	world->made++;
	return s;
}

static int duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	struct shifting *s = shifting(layout->data), *copy;

	(void)ptr;
	shift(s);
	if (s->now.duplicate_fails)
		return -AML_EPERM;
	copy = create(s->world, s);
	if (copy == NULL)
		return -AML_ENOMEM;
	*output = &copy->layout;
	return AML_SUCCESS;
}

/* A side of a copy. */
struct shifting_side {
	unsigned char *memory, *picture;
	struct aml_layout *layout;
	bool may_go; /* the layout may be destroyed once the copy is posted */
};

enum { MEMORY = 2 * GUARD + 2 * REACH };

static bool make_memory(struct shifting_side *side, unsigned char paint)
{
	side->memory = malloc(MEMORY);
	side->picture = malloc(MEMORY);
	if (side->memory == NULL || side->picture == NULL)
		return false;
	memset(side->memory, paint, MEMORY);
	memcpy(side->picture, side->memory, MEMORY);
	return true;
}

/* Whether all bytes are unchanged, except those from `from` to `to`. */
static bool intact(const struct shifting_side *side, size_t from, size_t to)
{
	return memcmp(side->memory, side->picture, from) == 0 &&
	       memcmp(side->memory + to, side->picture + to, MEMORY - to) == 0;
}

/* Make a shifting layout whose first answers are the extents and element size in `like`. */
static struct aml_layout *make_layout(struct shifting_world *world, struct shifting_side *side,
				      const struct answers *like)
{
	struct shifting s = {.first = *like};
	struct shifting *made;
	size_t has = pick(world, 8), step = like->element_size;

	s.ops = (struct aml_layout_ops){
		.deref_native = deref_native,
		.dims_native = dims_native,
		.ndims = ndims,
		.element_size = element_size,
		.rawptr = has & 1 ? rawptr : NULL,
		.duplicate = has & 2 ? duplicate : NULL,
		.steps_native = has & 4 ? NULL : steps_native,
		.destroy = destroy,
	};
	for (size_t i = 0; i < NDIMS; i++) {
		s.first.steps[i] = step <= STEP ? (ptrdiff_t)step : STEP;
		step *= like->dims[i] > 0 ? like->dims[i] : 1;
		step = step < STEP ? step : STEP;
	}
	s.now = s.first;
	s.middle = side->memory + GUARD + REACH;
	side->may_go = has & 2;
	made = create(world, &s);
	return made != NULL ? &made->layout : NULL;
}

/* Put a pad or a reshape over the layout, unless its creation fails. */
static void lay_over(struct shifting_side *side, bool pads, size_t n, const size_t *dims)
{
	unsigned char neutral[SIZE] = {0};
	struct aml_layout *made;
	int err;

	if (pads)
		err = aml_layout_pad_create(&made, AML_LAYOUT_ORDER_FORTRAN, side->layout, dims,
					    neutral);
	else
		err = aml_layout_reshape_create(&made, side->layout, AML_LAYOUT_ORDER_FORTRAN, n,
						dims);
	if (err == AML_SUCCESS)
		side->layout = made;
}

/* Put a pad or a reshape over both sides, and update the extents. */
static void lay_over_both(struct shifting_world *world, struct shifting_side *sides, size_t *n,
			  size_t *dims)
{
	size_t how = pick(world, 5), count = 1;

	for (size_t i = 0; i < *n; i++)
		count *= dims[i];
	if (how == 0) {
		/* All elements in one dimension. */
		dims[0] = count;
		*n = 1;
	} else if (how == 1) {
		/* The extents in reverse order. */
		for (size_t i = 0; i < *n / 2; i++) {
			size_t extent = dims[i];

			dims[i] = dims[*n - 1 - i];
			dims[*n - 1 - i] = extent;
		}
	} else if (how == 2 && *n < NDIMS) {
		/* One dimension more. */
		dims[(*n)++] = 1;
	} else {
		/* A larger or smaller extent, by pads. */
		size_t i = pick(world, *n);

		dims[i] += pick(world, 3);
		dims[i] -= dims[i] > 1 ? pick(world, 2) : 0;
		how = 3;
	}
	for (int k = 0; k < 2; k++) {
		lay_over(&sides[k], how == 3, *n, dims);
		/* Another layout over it, with the same extents. */
		if (pick(world, 4) == 1)
			lay_over(&sides[k], pick(world, 2) == 1, *n, dims);
	}
}

static struct answers first_answers(struct shifting_world *world)
{
	static const size_t sizes[] = {4, 1, 8, 3, 16};
	struct answers first = {.ndims = 1 + pick(world, 4)};
	size_t budget = 1 << pick(world, 8);

	first.element_size = sizes[pick(world, sizeof(sizes) / sizeof(*sizes))];
	for (size_t i = 0; i < NDIMS; i++)
		first.dims[i] = 1;
	for (size_t i = 0; i < first.ndims; i++) {
		size_t most = budget < EXTENT ? budget : EXTENT;

		first.dims[i] = most - pick(world, most);
		budget /= first.dims[i];
	}
	return first;
}

/* Make the layouts and memory of both sides. One side may be dense. */
static bool make_sides(struct shifting_world *world, struct shifting_side *sides)
{
	struct answers first = first_answers(world);
	size_t n = first.ndims, dims[NDIMS], dense = pick(world, 4);

	memcpy(dims, first.dims, sizeof(dims));
	world->least_ndims = n;
	for (size_t k = 0; k < 2; k++) {
		if (!make_memory(&sides[k], k == 0 ? 0xd5 : 0x5c))
			return false;
		if (dense == k + 1) {
			sides[k].may_go = true;
			if (aml_layout_dense_create(&sides[k].layout, sides[k].memory + GUARD,
						    AML_LAYOUT_ORDER_FORTRAN, first.element_size, n,
						    dims, NULL, NULL) != AML_SUCCESS)
				return false;
		} else {
			sides[k].layout = make_layout(world, &sides[k], &first);
		}
		if (sides[k].layout == NULL)
			return false;
	}
	for (size_t depth = pick(world, DEPTH + 1); depth > 0; depth--)
		lay_over_both(world, sides, &n, dims);
	return true;
}

/* Post a copy, and wait for it or cancel it. */
static int post(struct shifting_world *world, struct shifting_side *sides, struct aml_dma *dma,
		size_t way)
{
	struct aml_dma_request *req = NULL;
	size_t go = pick(world, 4);
	int err = aml_dma_async_copy(dma, way == 0 ? NULL : &req, sides[0].layout, sides[1].layout);

	if (err != AML_SUCCESS)
		return err;
	/* Pick nothing here: a worker may be calling the operators, which pick too. */
	for (size_t k = 0; k < 2; k++)
		if (sides[k].may_go && (go >> k & 1))
			aml_layout_destroy(&sides[k].layout);
	if (way == 0)
		return aml_dma_barrier(dma);
	return way == 1 ? aml_dma_cancel(dma, &req) : aml_dma_wait(dma, &req);
}

static int copy(struct shifting_world *world, struct shifting_side *sides, struct aml_dma *dma)
{
	struct aml_layout *dst = sides[0].layout, *src = sides[1].layout, *made = NULL;
	size_t identity[NDIMS], way = pick(world, 10);
	int err;

	for (size_t i = 0; i < NDIMS; i++)
		identity[i] = i;
	switch (way) {
	case 4:
		return aml_dma_linux_copy_generic(dst, src, NULL);
	case 5:
		return aml_dma_copy(dma, dst, src);
	case 6:
		return aml_copy_layout_transform_generic(dst, src, identity);
	case 7:
		return aml_dma_linux_copy_1D(dst, src, NULL);
	case 8:
		err = aml_layout_duplicate(src, &made, NULL);
		if (err == AML_SUCCESS)
			err = aml_dma_copy(dma, dst, made);
		aml_layout_destroy(&made);
		return err;
	case 9:
		/* The layouts may change while other layouts are made over them. */
		lay_over(&sides[1], pick(world, 2) == 1, 1, identity + 1);
		lay_over(&sides[0], false, 1, identity + 1);
		return aml_dma_copy(dma, sides[0].layout, sides[1].layout);
	default:
		return post(world, sides, dma, way);
	}
}

static const char *check(const struct shifting_world *world, const struct shifting_side *sides,
			 int err)
{
	if (err != AML_SUCCESS && err != -AML_EINVAL && err != -AML_ENOTSUP &&
	    err != -AML_FAILURE && err != -AML_EPERM)
		return "the copy returns an undocumented code";
	if (world->beyond)
		return "the copy asks for an element that never existed";
	if (!intact(&sides[0], GUARD, MEMORY - GUARD))
		return "the copy writes beyond the destination";
	if (!intact(&sides[1], MEMORY, MEMORY))
		return "the copy writes to the source";
	return NULL;
}

const char *shifting_run(const struct shifting_source *source, struct aml_dma *dma, size_t *calls)
{
	struct shifting_world world = {.source = source};
	struct shifting_side sides[2] = {{NULL, NULL, NULL, false}, {NULL, NULL, NULL, false}};
	const char *wrong = "out of memory for the test";

	if (make_sides(&world, sides)) {
		world.armed = true;
		wrong = check(&world, sides, copy(&world, sides, dma));
		world.armed = false;
	}
	for (size_t k = 0; k < 2; k++) {
		aml_layout_destroy(&sides[k].layout);
		free(sides[k].memory);
		free(sides[k].picture);
	}
	if (wrong == NULL && world.made != world.gone)
		wrong = "a duplicate is not destroyed";
	*calls = world.calls;
	return wrong;
}
