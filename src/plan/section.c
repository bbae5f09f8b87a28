/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Splits deref plans into parts. A part is a section of one dimension with enough iterations: the
 * outermost one or, if both sides are addresses, the one with the largest step in the destination.
 * Nothing is split if a side does not allow several threads.
 */
#include "plan/section.h"
#include "layout/sizes.h"
#include "plan/part.h"

enum {
	/* To copy an element takes at least as long as to copy this many contiguous bytes. */
	DEREF_ELEMENT_BYTES = 32,
	/*
	 * Up to this many parts are shorter by SHORTER_PARTS, so that the threads end at the same
	 * time. Larger copies have long parts, which suit the memory better.
	 */
	SHORT_PARTS_MAX = 64,
	SHORTER_PARTS = 4,
	/* A dimension of fewer iterations is split only if no other has more. */
	SECTIONS_ENOUGH = 16,
	SECTIONS_MAX = 1 << 20,
	/* The shortest section if both sides are addresses. */
	SECTION_BYTES_MIN = 2 << 10,
};

/* Does dimension `a` vary slower in the destination than dimension `b`, which is further out? */
static bool varies_slower(const struct copy_dim *a, const struct copy_dim *b)
{
	return magnitude(a->dst.step) > magnitude(b->dst.step);
}

/* The dimension to split. */
static uint8_t dim_to_split(const struct copy_plan *plan)
{
	const struct copy_dim *dims = copy_const_dims(plan);
	bool by_step = copy_sides_are_addresses(plan);
	uint8_t longest = 0, enough = plan->nloops;

	for (uint8_t i = plan->nloops; i-- > 0;) {
		if (dims[i].extent >= SECTIONS_ENOUGH &&
		    (enough == plan->nloops || varies_slower(&dims[i], &dims[enough])))
			enough = i;
		if (enough < plan->nloops && !by_step)
			return enough;
		if (dims[i].extent > dims[longest].extent)
			longest = i;
	}
	return enough < plan->nloops ? enough : longest;
}

/* The shortest section of a dimension, in iterations. */
static size_t shortest_section(const struct copy_plan *plan, const struct copy_dim *dim)
{
	size_t dst = magnitude(dim->dst.step), src = magnitude(dim->src.step);
	size_t step = src > 0 && src < dst ? src : dst;

	if (!copy_sides_are_addresses(plan) || step == 0 || step >= SECTION_BYTES_MIN)
		return 1;
	return SECTION_BYTES_MIN / step;
}

unsigned copy_deref_parts(const struct copy_plan *plan)
{
	const struct copy_dim *dims = copy_const_dims(plan), *split = &dims[dim_to_split(plan)];
	size_t bytes = plan->elements.bytes, count = 1, each, parts, shorter;

	if (!plan->sides.concurrent)
		return 1;
	for (uint8_t i = 0; i < plan->nloops; i++)
		count *= dims[i].extent;
	if (copy_sides_are_addresses(plan))
		bytes = bytes > copy_dst_bytes(plan) ? bytes : copy_dst_bytes(plan);
	else
		bytes = bytes > DEREF_ELEMENT_BYTES ? bytes : DEREF_ELEMENT_BYTES;
	each = COPY_PART / min(bytes, COPY_PART);
	parts = count / each;
	shorter = count / ((each + SHORTER_PARTS - 1) / SHORTER_PARTS);
	if (parts < SHORT_PARTS_MAX)
		parts = min(shorter, SHORT_PARTS_MAX);
	if (parts < 4)
		return 1;
	parts = min(parts, split->extent / shortest_section(plan, split));
	return (unsigned)min(parts > 0 ? parts : 1, SECTIONS_MAX);
}

struct copy_section copy_deref_section(const struct copy_plan *plan, unsigned part)
{
	struct copy_section section = {.dim = dim_to_split(plan)};
	size_t extent = copy_const_dims(plan)[section.dim].extent;
	unsigned parts = copy_deref_parts(plan);
	size_t each = extent / parts, more = extent % parts;

	section.from = each * part + more * part / parts;
	section.to = each * (part + 1) + more * (part + 1) / parts;
	return section;
}
