/* SPDX-License-Identifier: BSD-3-Clause */
/* Generated copies between custom layouts with any steps. */
#include "steps.h"

#include <string.h>

#include <aml.h>
#include <aml/dma/linux.h>

#include "guard.h"
#include "suite.h"

#define STEPS_NDIMS 5

/* A copy: extents and steps in bytes, the smallest step of the destination first. */
struct steps_case {
	size_t size, ndims, dims[STEPS_NDIMS];
	ptrdiff_t dst[STEPS_NDIMS], src[STEPS_NDIMS];
};

/* A side of it as a custom layout. */
struct steps_layout {
	struct aml_layout layout;
	const struct steps_case *of;
	const ptrdiff_t *steps;
	unsigned char *base;
};

static const struct steps_layout *steps_of(const struct aml_layout_data *data)
{
	return (const struct steps_layout *)(const void *)data;
}

static void *steps_deref(const struct aml_layout_data *data, const size_t *coords)
{
	unsigned char *at = steps_of(data)->base;

	for (size_t i = 0; i < steps_of(data)->of->ndims; i++)
		at += (ptrdiff_t)coords[i] * steps_of(data)->steps[i];
	return at;
}

static int steps_order(const struct aml_layout_data *data)
{
	(void)data;
	return AML_LAYOUT_ORDER_COLUMN_MAJOR;
}

static int steps_dims(const struct aml_layout_data *data, size_t *dims)
{
	memcpy(dims, steps_of(data)->of->dims, steps_of(data)->of->ndims * sizeof(*dims));
	return AML_SUCCESS;
}

static size_t steps_ndims(const struct aml_layout_data *data)
{
	return steps_of(data)->of->ndims;
}

static size_t steps_element_size(const struct aml_layout_data *data)
{
	return steps_of(data)->of->size;
}

static int steps_native(const struct aml_layout_data *data, void **base, ptrdiff_t *steps)
{
	*base = steps_of(data)->base;
	memcpy(steps, steps_of(data)->steps, steps_of(data)->of->ndims * sizeof(*steps));
	return AML_SUCCESS;
}

static struct aml_layout_ops steps_ops = {
	.deref = steps_deref,
	.deref_native = steps_deref,
	.order = steps_order,
	.dims = steps_dims,
	.dims_native = steps_dims,
	.ndims = steps_ndims,
	.element_size = steps_element_size,
	.steps_native = steps_native,
};

/* Where a side's elements lie: from `low` bytes before the first element, `bytes` in all. */
struct steps_span {
	size_t low, bytes;
};

static struct steps_span span_of(const struct steps_case *c, const ptrdiff_t *steps)
{
	struct steps_span span = {0, c->size};

	for (size_t i = 0; i < c->ndims; i++) {
		size_t reach = (c->dims[i] - 1) * (size_t)(steps[i] < 0 ? -steps[i] : steps[i]);

		span.bytes += reach;
		span.low += steps[i] < 0 ? reach : 0;
	}
	return span;
}

static void add_dim(struct steps_case *c, size_t extent, size_t dst, ptrdiff_t src)
{
	c->dims[c->ndims] = extent;
	c->dst[c->ndims] = (ptrdiff_t)dst;
	c->src[c->ndims++] = src;
}

static size_t random_size(struct rng *rng)
{
	static const size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 16, 3, 6, 12, 24, 5, 20, 40, 100};

	return rng_chance(rng, 95) ? sizes[rng_below(rng, sizeof(sizes) / sizeof(*sizes))]
				   : rng_range(rng, 1, 300);
}

/* One loop of small steps on each side. Some rows are mirrored, some are filled. */
static void row_case(struct steps_case *c, struct rng *rng, size_t n)
{
	size_t dst = rng_chance(rng, 60) ? 1 : rng_range(rng, 2, 5), gap = rng_below(rng, 4);
	ptrdiff_t src = (ptrdiff_t)rng_below(rng, rng_chance(rng, 80) ? 6 : 30) - 2;

	if (rng_chance(rng, 80))
		gap = 0;
	add_dim(c, n, dst * c->size + gap, src * (ptrdiff_t)c->size + (ptrdiff_t)gap);
}

/* A batch of small planes, or of small arrays of several dimensions: all of them reversed. */
static void planes_case(struct steps_case *c, struct rng *rng, size_t n)
{
	size_t loops = rng_range(rng, 2, 4), bytes = c->size, all;
	ptrdiff_t step = (ptrdiff_t)c->size;

	for (size_t i = 0; i < loops; i++) {
		size_t extent = rng_range(rng, 2, loops == 2 ? 17 : 4);

		add_dim(c, extent, bytes, 0);
		bytes *= extent;
	}
	for (size_t i = loops; i-- > 0;) {
		c->src[i] = step;
		step *= (ptrdiff_t)c->dims[i];
	}
	all = bytes + (rng_chance(rng, 30) ? rng_below(rng, 20) : 0);
	add_dim(c, 1 + n * c->size / bytes, all,
		rng_chance(rng, 20) ? 3 : step + (rng_chance(rng, 30) ? 8 : 0));
}

/* Overlapping windows of an image. */
static void windows_case(struct steps_case *c, struct rng *rng, size_t n)
{
	size_t w = rng_range(rng, 2, 5), h = rng_range(rng, 2, 5), width = rng_range(rng, 5, 60);
	ptrdiff_t size = (ptrdiff_t)c->size, pitch = (ptrdiff_t)(width + w) * size;

	add_dim(c, w, c->size, rng_chance(rng, 80) ? size : -size);
	add_dim(c, h, w * c->size, pitch);
	add_dim(c, width, w * h * c->size, size);
	add_dim(c, 1 + n / (w * h * width), width * w * h * c->size, pitch);
}

/* Arrays to interleaved elements, or back; or rows of replicated elements. */
static void interleaved_case(struct steps_case *c, struct rng *rng, size_t n)
{
	size_t few = rng_range(rng, 2, 9), many = 1 + n / few, far = (many + 3) * c->size;
	ptrdiff_t size = (ptrdiff_t)c->size;

	if (rng_chance(rng, 40)) {
		add_dim(c, few, c->size, (ptrdiff_t)far);
		add_dim(c, many, few * c->size, rng_chance(rng, 70) ? size : -size);
	} else if (rng_chance(rng, 60)) {
		add_dim(c, many, c->size, (ptrdiff_t)few * size);
		add_dim(c, few, far, rng_chance(rng, 70) ? size : -size);
	} else {
		add_dim(c, few, c->size, 0);
		add_dim(c, many, few * c->size, size);
	}
}

/* Some rows, each of one element that is repeated. */
static void filled_case(struct steps_case *c, struct rng *rng)
{
	size_t most = rng_chance(rng, 70) ? 300 : 3000, n = 1 + rng_below(rng, most) / c->size;
	size_t gap = rng_chance(rng, 50) ? 0 : rng_below(rng, 40);

	add_dim(c, n, c->size, 0);
	add_dim(c, rng_range(rng, 2, 4), n * c->size + gap, (ptrdiff_t)rng_below(rng, 90) - 30);
	if (rng_chance(rng, 30))
		add_dim(c, 2, 5 * (n * c->size + gap), (ptrdiff_t)rng_below(rng, 90) - 30);
}

/* Any loops: the destination's steps are nested, with gaps now and then. */
static void any_case(struct steps_case *c, struct rng *rng, size_t n)
{
	size_t loops = rng_range(rng, 1, STEPS_NDIMS), span = c->size;

	for (size_t i = 0; i < loops; i++) {
		size_t most = i + 1 < loops ? 8 : n,
		       extent = rng_range(rng, 1, most < 2 ? 2 : most);
		size_t step = span + (rng_chance(rng, 25) ? rng_below(rng, 9) : 0);

		add_dim(c, extent, step, (ptrdiff_t)rng_below(rng, 80) - 20);
		span += (extent - 1) * step;
		n = n / extent + 1;
	}
}

static struct steps_case random_case(struct rng *rng)
{
	struct steps_case c = {.size = random_size(rng)};
	size_t n = rng_range(rng, 1, rng_chance(rng, 70) ? 2000 : 20000) / c.size + 2;

	switch (rng_below(rng, 6)) {
	case 0:
		row_case(&c, rng, n);
		break;
	case 1:
		planes_case(&c, rng, n);
		break;
	case 2:
		windows_case(&c, rng, n);
		break;
	case 3:
		interleaved_case(&c, rng, n);
		break;
	case 4:
		filled_case(&c, rng);
		break;
	default:
		any_case(&c, rng, n);
		break;
	}
	/* Repeat it all in rows that are far apart. */
	if (c.ndims < STEPS_NDIMS && rng_chance(rng, 20))
		add_dim(&c, rng_range(rng, 2, 12), span_of(&c, c.dst).bytes + rng_below(rng, 70),
			(ptrdiff_t)rng_below(rng, 700) - 100);
	return c;
}

/* The plain loops. */
static void expect_case(const struct steps_case *c, unsigned char *dst, const unsigned char *src)
{
	size_t coords[STEPS_NDIMS] = {0}, i;

	do {
		ptrdiff_t to = 0, from = 0;

		for (i = 0; i < c->ndims; i++) {
			to += (ptrdiff_t)coords[i] * c->dst[i];
			from += (ptrdiff_t)coords[i] * c->src[i];
		}
		memcpy(dst + to, src + from, c->size);
		for (i = 0; i < c->ndims && ++coords[i] == c->dims[i]; i++)
			coords[i] = 0;
	} while (i < c->ndims);
}

void steps_run(struct aml_dma *dma, struct rng *rng)
{
	struct steps_case c = random_case(rng);
	struct steps_span to = span_of(&c, c.dst), from = span_of(&c, c.src);
	struct steps_layout dst = {.layout = {&steps_ops, NULL}, .of = &c, .steps = c.dst};
	struct steps_layout src = {.layout = {&steps_ops, NULL}, .of = &c, .steps = c.src};
	size_t before = rng_chance(rng, 50) ? rng_below(rng, 64) : 0;
	struct guard dst_memory, src_memory;
	int result;

	guard_create(&dst_memory, before + to.bytes, rng);
	guard_create(&src_memory, from.bytes, rng);
	dst.base = dst_memory.data + before + to.low;
	src.base = src_memory.data + from.low;
	dst.layout.data = (struct aml_layout_data *)&dst;
	src.layout.data = (struct aml_layout_data *)&src;
	expect_case(&c, dst_memory.expected + before + to.low, src.base);
	if (rng_chance(rng, 50))
		result = aml_dma_linux_copy_generic(&dst.layout, &src.layout, NULL);
	else
		result = aml_dma_copy(dma, &dst.layout, &src.layout);
	ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the copy returns %d", RNG_ARGS(rng),
		      result);
	guard_assert(&dst_memory, rng);
	guard_assert(&src_memory, rng);
	guard_destroy(&dst_memory);
	guard_destroy(&src_memory);
}
