/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Splits large copies into parts for several threads: along a long loop, or along the bytes of a
 * flat plan. Where the layout allows it, parts end between lines of the destination, so that no two
 * parts write to the same line. Parts of a transposition also end between lines of the source.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "machine/caches.h"
#include "plan/boxes.h"
#include "plan/method.h"
#include "plan/part.h"

enum {
	/* The smallest section of a transposition's destination row in a part. */
	PART_ROW_BYTES = 8 * CACHE_LINE_BYTES,
	/* The smallest section of a row or a source run that another loop continues. */
	PART_RUN_BYTES_MIN = 2 << 10,
	PARTS_ENOUGH = 16, /* parts that keep several threads busy */
	PARTS_MAX = 1 << 20,
};

/* Where to split a plan: a loop, or the bytes of a flat plan. */
struct cut {
	uint8_t loop;
	size_t extent;      /* of the loop, or the number of bytes */
	size_t grain, head; /* split at `head`, or at a multiple of `grain` after `head` */
};

/* The longest loop from index `from` on. Of equally long loops, the outermost. */
static uint8_t longest_loop(const struct copy_plan *plan, uint8_t from)
{
	uint8_t loop = from;

	for (uint8_t i = from; i < plan->nloops; i++)
		if (plan->loops[i].extent >= plan->loops[loop].extent)
			loop = i;
	return loop;
}

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
 * Return the index of the loop to split. In a transposition, try in this order: the longest loop
 * around the planes, the loops that continue a row or a source run, loop 0, and the longest loop.
 * Splitting loop 0 leaves the source rows whole. The units of a shuffled plan,
 * and the loops inside of a gathered row, stay whole. `loops` is the number of loops of a staged plane.
 * If the transposition is not staged, `loops` is 0.
 */
static uint8_t loop_to_cut(const struct copy_plan *plan, uint8_t loops)
{
	uint8_t outer;

	if (plan->method == COPY_BY_SHUFFLE)
		return longest_loop(plan, plan->shuffled.unit_loop);
	if (plan->method == COPY_BY_GATHER) {
		outer = longest_loop(plan, (uint8_t)(plan->rows.inside + 1));
		return outer < plan->nloops && plan->loops[outer].extent >= plan->loops[0].extent
			       ? outer
			       : 0;
	}
	if (plan->kind != COPY_TRANSPOSE)
		return longest_loop(plan, 0);
	outer = longest_loop(plan, loops > 2 ? loops : 2);
	if (outer < plan->nloops && plan->loops[outer].extent >= PARTS_ENOUGH)
		return outer;
	for (uint8_t i = loops; i-- > 2;)
		if (plan->loops[i].extent / iterations_of_part(&plan->loops[i]) >= PARTS_ENOUGH)
			return i;
	return plan->loops[0].extent * plan->run.bytes >= PARTS_ENOUGH * PART_ROW_BYTES
		       ? 0
		       : longest_loop(plan, 0);
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

/* Choose where to split a plan. */
static struct cut cut_of(const struct copy_plan *plan)
{
	struct cut cut = {.extent = plan->run.bytes, .grain = CACHE_LINE_BYTES};
	uint8_t staged = plan->method == COPY_BY_STAGE ? plan->staged.plane_loops : 0;
	const struct copy_loop *loop;
	size_t bytes = CACHE_LINE_BYTES;

	if (plan->kind == COPY_FLAT) {
		cut.head = -(size_t)plan->run.dst & (CACHE_LINE_BYTES - 1);
		return cut;
	}
	cut.loop = loop_to_cut(plan, staged);
	loop = &plan->loops[cut.loop];
	cut.extent = loop->extent;
	cut.grain = 1;
	if (plan->method == COPY_BY_SHUFFLE && cut.loop == plan->shuffled.unit_loop)
		cut.grain = plan->shuffled.iterations;
	if (cut.loop >= 2 && cut.loop < staged)
		cut.grain = iterations_of_part(loop);
	if (plan->kind == COPY_TRANSPOSE && cut.loop == 0)
		bytes = PART_ROW_BYTES;
	if (CACHE_LINE_BYTES % plan->run.bytes == 0 &&
	    (loop->dst_step == (ptrdiff_t)plan->run.bytes ||
	     loop->src_step == (ptrdiff_t)plan->run.bytes))
		cut.grain = bytes / plan->run.bytes;
	cut_between_lines(&cut, plan->run.dst, loop->dst_step);
	return cut;
}

unsigned copy_plan_large_parts(const struct copy_plan *plan)
{
	uint64_t parts = copy_plan_payload(plan) / COPY_PART, most;
	const struct copy_plan *box = NULL;
	struct cut cut;

	if (plan->kind == COPY_WALK || plan->kind == COPY_DEREF)
		return 1;
	if (plan->kind == COPY_BOXES) {
		parts = 0;
		for (size_t i = 0; i < plan->boxes.count; i++) {
			box = copy_next_box(plan, box);
			parts += copy_plan_parts(box);
		}
		return (unsigned)parts;
	}
	cut = cut_of(plan);
	most = cut.extent / cut.grain;
	parts = parts < most ? parts : most;
	parts = parts < PARTS_MAX ? parts : PARTS_MAX;
	return parts > 1 ? (unsigned)parts : 1;
}

/* The iteration or byte at which part number `part` begins. */
static size_t begin_of_part(const struct cut *cut, unsigned part, unsigned parts)
{
	size_t even = cut->extent / parts * part + cut->extent % parts * part / parts;

	if (part == 0 || part == parts)
		return part == 0 ? 0 : cut->extent;
	if (even < cut->head)
		return 0;
	return cut->head + (even - cut->head) / cut->grain * cut->grain;
}

/* Reduce a plan without boxes to one of its parts. Returns false if the part is empty. */
static bool cut_to_part(struct copy_plan *plan, unsigned part)
{
	unsigned parts = copy_plan_parts(plan);
	struct copy_loop *loop;
	struct cut cut;
	size_t from, to;

	if (parts == 1)
		return true;
	cut = cut_of(plan);
	from = begin_of_part(&cut, part, parts);
	to = begin_of_part(&cut, part + 1, parts);
	if (from == to)
		return false;
	if (plan->kind == COPY_FLAT) {
		plan->run.dst += from;
		plan->run.src += from;
		plan->run.bytes = to - from;
		return true;
	}
	loop = &plan->loops[cut.loop];
	plan->run.dst += (ptrdiff_t)from * loop->dst_step;
	plan->run.src += (ptrdiff_t)from * loop->src_step;
	loop->extent = to - from;
	copy_plan_choose_part_method(plan);
	return true;
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
