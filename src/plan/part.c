/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Splits large copies into parts for several threads: along a long loop, or along the bytes of a
 * flat plan. The last parts of flat and strided plans are smaller: the threads finish together.
 * Where the layout allows it, no two parts write to the same line of the destination. Parts of a
 * transposition also end between lines of the source.
 */
#include <string.h>

#include "layout/sizes.h"
#include "machine/caches.h"
#include "plan/boxes.h"
#include "plan/choose.h"
#include "plan/method.h"
#include "plan/part.h"
#include "plan/section.h"

enum {
	/* The smallest section of a transposition's destination row in a part. */
	PART_ROW_BYTES = 8 * CACHE_LINE_BYTES,
	/* The smallest section of a row or a source run that another loop continues. */
	PART_RUN_BYTES_MIN = 4 << 10,
	/* The smallest section, without tiles, that the CPU's prefetchers follow. */
	PART_SECTION_BYTES = 4 << 10,
	PARTS_ENOUGH = 16, /* parts that keep several threads busy */
	PARTS_MAX = 1 << 20,
	/* The largest part of a flat or strided plan, in units of COPY_PART. */
	PART_UNITS_MAX = 4,
	/* The last eighth of a plan with this number of parts is split into parts of a quarter. */
	TAPERED_PARTS_MIN = 8,
	TAPERED_SHARE = 8,
	TAPERED_RATIO = 4,
};

/* Where to split a plan: a loop, or the bytes of a flat plan. */
struct cut {
	uint8_t loop;
	size_t extent;      /* of the loop, or the number of bytes */
	size_t grain, head; /* split at `head`, or at a multiple of `grain` after `head` */
	size_t parts;       /* along this loop */
	size_t small;       /* of these, smaller ones at the end */
};

/* A plan is split along one loop or two. Each section of the first is split along the second. */
struct cuts {
	struct cut first, second; /* `second` may have 1 part; its loop is then of no interest */
};

/*
 * The minimum number of iterations of a part along a loop that continues another loop. It limits
 * the number of parts to PARTS_ENOUGH. It also ensures that a part has more than a few lines on the
 * side where the loop continues.
 */
static size_t iterations_of_part(const struct copy_loop *loop)
{
	ptrdiff_t dst = loop->dst_step, src = loop->src_step;
	size_t step = (size_t)(src > 0 && src < dst ? src : dst),
	       grain = loop->extent / PARTS_ENOUGH;

	if (grain * step < PART_RUN_BYTES_MIN)
		grain = PART_RUN_BYTES_MIN / step;
	return grain > 0 ? grain : 1;
}

/*
 * Split only where lines of the destination begin, if the loop reaches the beginning of a line
 * often enough for about the same number of parts. The size of a line is a power of two, so the
 * lowest set bit of the step determines how often.
 */
static void cut_between_lines(struct cut *cut, const char *dst, ptrdiff_t step)
{
	size_t lowest = (size_t)step & -(size_t)step;
	size_t period = lowest < CACHE_LINE_BYTES ? CACHE_LINE_BYTES / lowest : 1;
	size_t grain = (cut->grain + period - 1) / period * period;

	if (cut->extent / grain < PARTS_ENOUGH &&
	    cut->extent / grain * 2 <= cut->extent / cut->grain)
		return;
	for (size_t head = 0; head < period; head++) {
		if (((size_t)dst + head * (size_t)step) % CACHE_LINE_BYTES == 0) {
			cut->grain = grain;
			cut->head = head;
			return;
		}
	}
}

/*
 * Where to split a plan along a loop, into at most `parts` parts. `staged` is the number of loops
 * of a staged plane. If the plan is not a staged transposition, `staged` is 0.
 */
static struct cut cut_along(const struct copy_plan *plan, uint8_t staged, uint8_t i)
{
	const struct copy_loop *loop = &plan->loops[i];
	struct cut cut = {.loop = i, .extent = loop->extent, .grain = 1};
	size_t bytes = CACHE_LINE_BYTES;

	if (plan->method == COPY_BY_SHUFFLE && i == plan->shuffled.unit_loop)
		cut.grain = plan->shuffled.iterations;
	if (i >= 2 && i < staged)
		cut.grain = iterations_of_part(loop);
	if (plan->kind == COPY_TRANSPOSE && i < 2)
		bytes = PART_ROW_BYTES;
	if (CACHE_LINE_BYTES % plan->run.bytes == 0 &&
	    (loop->dst_step == (ptrdiff_t)plan->run.bytes ||
	     loop->src_step == (ptrdiff_t)plan->run.bytes))
		cut.grain = bytes / plan->run.bytes;
	cut_between_lines(&cut, plan->run.dst, loop->dst_step);
	cut.parts = cut.extent > cut.grain ? cut.extent / cut.grain : 1;
	return cut;
}

/*
 * List the loops from `from` on: the longest first. Of equally long loops, the outermost first.
 * Returns their number.
 */
static uint8_t list_longest(const struct copy_plan *plan, uint8_t from, uint8_t *loops)
{
	uint8_t n = 0;

	for (uint8_t i = plan->nloops; i-- > from;) {
		uint8_t j = n++;

		for (; j > 0 && plan->loops[loops[j - 1]].extent < plan->loops[i].extent; j--)
			loops[j] = loops[j - 1];
		loops[j] = i;
	}
	return n;
}

/*
 * List the loops along which a plan can be split, the best first. In a transposition, these are:
 * the loops around the planes, the loops that continue a source run or a row, loop 0, and loop 1.
 * Splitting loop 0 leaves the source rows whole. The units of a shuffled plan, and the loops inside
 * of a gathered row, stay whole. Returns the number of loops.
 */
static uint8_t list_loops(const struct copy_plan *plan, uint8_t staged, uint8_t *loops)
{
	uint8_t n;

	if (plan->method == COPY_BY_SHUFFLE)
		return list_longest(plan, plan->shuffled.unit_loop, loops);
	if (plan->method == COPY_BY_GATHER) {
		n = list_longest(plan, (uint8_t)(plan->rows.inside + 1), loops);
		loops[n++] = 0;
		return n;
	}
	if (plan->kind != COPY_TRANSPOSE)
		return list_longest(plan, 0, loops);
	n = list_longest(plan, staged > 2 ? staged : 2, loops);
	for (uint8_t i = staged; i-- > 2;)
		loops[n++] = i;
	loops[n++] = 0;
	loops[n++] = 1;
	return n;
}

static size_t parts_of(const struct cuts *cuts)
{
	return cuts->first.parts * cuts->second.parts;
}

/* Split along two loops: the first two that make enough parts, or those that make most parts. */
static struct cuts choose_pair(const struct cut *along, uint8_t n)
{
	struct cuts best = {along[0], {.parts = 1}};

	for (uint8_t i = 0; i < n; i++)
		for (uint8_t j = i + 1u; j < n; j++) {
			struct cuts pair = {along[i], along[j]};

			if (parts_of(&pair) > parts_of(&best))
				best = pair;
			if (parts_of(&best) >= PARTS_ENOUGH)
				return best;
		}
	return best;
}

/* The bytes of a section of a loop on its shorter side, with at most `wanted` parts. */
static size_t section_bytes(const struct copy_plan *plan, const struct cut *cut, size_t wanted)
{
	const struct copy_loop *loop = &plan->loops[cut->loop];
	size_t step = (size_t)loop->dst_step, src = magnitude(loop->src_step);

	if (src > 0 && src < step)
		step = src;
	return cut->extent / min(cut->parts, wanted) * step;
}

/*
 * Are the sections of a loop long enough on both sides? Short ones, of a loop inside of others, are
 * read and written piece by piece all over both sides.
 */
static bool sections_are_long(const struct copy_plan *plan, const struct cut *cut, size_t wanted)
{
	return (plan->kind != COPY_STRIDED && plan->method != COPY_BY_BLOCKS) ||
	       section_bytes(plan, cut, wanted) >= PART_SECTION_BYTES;
}

/*
 * Choose where to split a plan that is copied by bricks: along the loop, or the first two loops,
 * whose sections are longest. Short sections would cut the pieces of the bricks.
 */
static struct cuts choose_brick_cuts(const struct copy_plan *plan, size_t wanted)
{
	struct cut along[COPY_LOOPS_MAX] = {{0}};
	struct cuts cuts = {.second = {.parts = 1}};
	uint8_t loops[COPY_LOOPS_MAX], count = list_loops(plan, 0, loops), n = 0;

	for (uint8_t i = 0; i < count; i++) {
		struct cut cut = cut_along(plan, 0, loops[i]);
		size_t bytes = section_bytes(plan, &cut, wanted);
		uint8_t j = n++;

		for (; j > 0 && section_bytes(plan, &along[j - 1], wanted) < bytes; j--)
			along[j] = along[j - 1];
		along[j] = cut;
	}
	for (uint8_t i = 0; i < n; i++) {
		if (along[i].parts < PARTS_ENOUGH)
			continue;
		cuts.first = along[i];
		cuts.first.parts = min(cuts.first.parts, wanted);
		return cuts;
	}
	cuts = choose_pair(along, n);
	cuts.first.parts = min(cuts.first.parts, wanted);
	cuts.second.parts =
		min(cuts.second.parts, (wanted + cuts.first.parts - 1) / cuts.first.parts);
	return cuts;
}

/* Choose where to split a plan that is not flat. */
static struct cuts choose_cuts(const struct copy_plan *plan, size_t wanted)
{
	uint8_t staged = plan->method == COPY_BY_STAGE ? plan->staged.plane_loops : 0;
	uint8_t loops[COPY_LOOPS_MAX], n = list_loops(plan, staged, loops);
	struct cut along[COPY_LOOPS_MAX] = {{0}};
	struct cuts cuts = {.first = {.parts = 0}, .second = {.parts = 1}};
	size_t most;

	for (uint8_t i = 0; i < n; i++) {
		along[i] = cut_along(plan, staged, loops[i]);
		if (along[i].parts < PARTS_ENOUGH)
			continue;
		if (cuts.first.parts == 0 || sections_are_long(plan, &along[i], wanted))
			cuts.first = along[i];
		if (sections_are_long(plan, &along[i], wanted))
			break;
	}
	if (cuts.first.parts > 0) {
		cuts.first.parts = min(cuts.first.parts, wanted);
		return cuts;
	}
	cuts = choose_pair(along, n);
	cuts.first.parts = min(cuts.first.parts, wanted);
	/* Sections of long rows are better than many parts. */
	if (cuts.second.loop < (staged > 2 ? staged : 2) && plan->kind == COPY_TRANSPOSE)
		wanted = min(wanted, 2 * PARTS_ENOUGH);
	most = (wanted + cuts.first.parts - 1) / cuts.first.parts;
	cuts.second.parts = min(cuts.second.parts, most);
	return cuts;
}

/*
 * Split a walk between rows of the destination's innermost loop, into at most `wanted` parts.
 * `extent` is the number of rows.
 */
static struct cut cut_of_walk(const struct copy_plan *plan, size_t wanted)
{
	struct cut cut = {.extent = 1, .grain = 1};

	for (uint8_t i = 1; i < plan->walk.dst_loops; i++)
		cut.extent *= plan->loops[i].extent;
	cut_between_lines(&cut, plan->run.dst, plan->loops[1].dst_step);
	cut.parts = cut.extent > cut.grain ? min(cut.extent / cut.grain, wanted) : 1;
	return cut;
}

/*
 * The number of parts to split a plan into, if it can be split so. Large parts cost less: a thread
 * that takes a part takes a lock, and reads from another place. But the more parts there are, the
 * more threads they keep busy.
 */
static size_t wanted_parts(const struct copy_plan *plan)
{
	uint64_t bytes = copy_plan_payload(plan), unit = COPY_PART;

	if (plan->kind == COPY_FLAT || plan->kind == COPY_STRIDED)
		while (unit < PART_UNITS_MAX * COPY_PART && bytes / unit >= 2 * PARTS_ENOUGH)
			unit *= 2;
	return bytes / unit < PARTS_MAX ? (size_t)(bytes / unit) : PARTS_MAX;
}

/* Make the last parts of a flat or strided plan smaller, if it is split finely enough. */
static void taper_parts(const struct copy_plan *plan, struct cuts *cuts)
{
	struct cut *cut = &cuts->first;

	if ((plan->kind != COPY_FLAT && plan->kind != COPY_STRIDED) || cuts->second.parts > 1 ||
	    cut->parts < TAPERED_PARTS_MIN || cut->extent / cut->grain < cut->parts * TAPERED_RATIO)
		return;
	cut->small = cut->parts / TAPERED_SHARE * TAPERED_RATIO;
	cut->parts += cut->small - cut->small / TAPERED_RATIO;
}

static struct cuts cuts_of(const struct copy_plan *plan)
{
	size_t wanted = wanted_parts(plan);
	struct cuts cuts = {.second = {.parts = 1}};

	if (plan->kind == COPY_WALK)
		cuts.first = cut_of_walk(plan, wanted);
	else if (plan->kind == COPY_FLAT)
		cuts.first = (struct cut){.extent = plan->run.bytes,
					  .grain = CACHE_LINE_BYTES,
					  .head = -(size_t)plan->run.dst & (CACHE_LINE_BYTES - 1),
					  .parts = wanted};
	else if (copy_variant_of(plan)->bricks)
		cuts = choose_brick_cuts(plan, wanted);
	else
		cuts = choose_cuts(plan, wanted);
	taper_parts(plan, &cuts);
	return cuts;
}

unsigned copy_plan_large_parts(const struct copy_plan *plan)
{
	const struct copy_plan *box = NULL;
	struct cuts cuts;
	unsigned parts = 0;

	if (plan->kind == COPY_DEREF)
		return copy_deref_parts(plan);
	if (plan->kind != COPY_BOXES) {
		cuts = cuts_of(plan);
		return (unsigned)parts_of(&cuts);
	}
	for (size_t i = 0; i < plan->boxes.count; i++) {
		box = copy_next_box(plan, box);
		parts += copy_plan_parts(box);
	}
	return parts;
}

/* Where section number `n` of `count` equal ones begins in `extent`. */
static size_t begin_of_share(size_t extent, size_t n, size_t count)
{
	return extent / count * n + extent % count * n / count;
}

/* The iteration or byte at which section number `part` along a loop begins. */
static size_t begin_of_section(const struct cut *cut, size_t part)
{
	size_t large = cut->parts - cut->small, whole = cut->small / TAPERED_RATIO;
	/* The parts in the tail are `whole` large ones, split. */
	size_t tail = begin_of_share(cut->extent, whole, large + whole), even;

	if (part == 0 || part == cut->parts)
		return part == 0 ? 0 : cut->extent;
	if (part <= large)
		even = begin_of_share(cut->extent - tail, part, large);
	else
		even = cut->extent - tail + begin_of_share(tail, part - large, cut->small);
	if (even < cut->head)
		return 0;
	return cut->head + (even - cut->head) / cut->grain * cut->grain;
}

/* Reduce a plan to its sections `part` up to `end` along a loop. Returns false if it is empty. */
static bool take_sections(struct copy_plan *plan, const struct cut *cut, size_t part, size_t end)
{
	size_t from = begin_of_section(cut, part), to = begin_of_section(cut, end);
	struct copy_loop *loop;

	if (plan->kind == COPY_FLAT) {
		plan->run.dst += from;
		plan->run.src += from;
		plan->run.bytes = to - from;
	} else {
		loop = &plan->loops[cut->loop];
		plan->run.dst += (ptrdiff_t)from * loop->dst_step;
		plan->run.src += (ptrdiff_t)from * loop->src_step;
		loop->extent = to - from;
	}
	return from < to;
}

/* Choose how to copy what was cut from a plan. Returns true. */
static bool choose_again(struct copy_plan *plan)
{
	if (plan->variant != VARIANT_NONE)
		copy_choose_part_variant(plan);
	copy_plan_choose_part_method(plan);
	return true;
}

/* Reduce a plan without boxes to one of its parts. Returns false if the part is empty. */
static bool cut_to_part(struct copy_plan *plan, unsigned part)
{
	struct cuts cuts;
	size_t second;

	if (copy_plan_parts(plan) == 1)
		return true;
	cuts = cuts_of(plan);
	second = part % cuts.second.parts;
	part /= (unsigned)cuts.second.parts;
	return take_sections(plan, &cuts.first, part, part + 1) &&
	       (cuts.second.parts == 1 || take_sections(plan, &cuts.second, second, second + 1)) &&
	       choose_again(plan);
}

bool copy_plan_share(struct copy_plan *plan, size_t from, size_t to, size_t of)
{
	struct cut cut = cuts_of(plan).first;

	cut.parts = of;
	cut.small = 0;
	return take_sections(plan, &cut, from, to) && choose_again(plan);
}

void copy_plan_walk_part(const struct copy_plan *plan, unsigned part, size_t *first, size_t *count)
{
	struct cut cut = cuts_of(plan).first;
	size_t from = begin_of_section(&cut, part), to = begin_of_section(&cut, part + 1);

	*first = from * plan->loops[0].extent;
	*count = (to - from) * plan->loops[0].extent;
}

bool copy_plan_part(const struct copy_plan *plan, unsigned part, union copy_plan_room *room)
{
	const struct copy_plan *box;

	if (plan->kind != COPY_BOXES) {
		memcpy(room, plan, copy_plan_size(plan));
		return cut_to_part(&room->plan, part);
	}
	/* The parts of all boxes are numbered consecutively. */
	box = copy_next_box(plan, NULL);
	while (part >= copy_plan_parts(box)) {
		part -= copy_plan_parts(box);
		box = copy_next_box(plan, box);
	}
	copy_take_box(plan, box, room);
	return cut_to_part(&room->plan, part);
}
