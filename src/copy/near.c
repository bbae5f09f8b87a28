/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Near units. The offsets of all bytes of a vector are computed at once from the loops of the unit:
 * a byte's position in the destination, divided by the step of the outermost loop, is its iteration
 * of that loop. The rest belongs to the next loop. Bytes between elements are beyond the extent of
 * a loop, or beyond the element. A division is a multiplication, so vectors can do it.
 *
 * A unit lives on the stack of the copy.
 */
#include "copy/near.h"
#include "kernels/count.h"
#include "layout/sizes.h"

/* The iterations of loop `i` in a unit. */
static size_t unit_iterations(const struct copy_plan *plan, uint8_t i)
{
	return i < plan->shuffled.unit_loop ? plan->loops[i].extent : plan->shuffled.iterations;
}

void copy_unit_span(const struct copy_plan *plan, struct unit_span *span)
{
	size_t count = 1;
	ptrdiff_t dst_end = (ptrdiff_t)plan->run.bytes, src_end = dst_end, src_begin = 0;

	for (uint8_t i = 0; i <= plan->shuffled.unit_loop; i++) {
		const struct copy_loop *loop = &plan->loops[i];
		size_t extent = unit_iterations(plan, i);
		ptrdiff_t more = (ptrdiff_t)(extent - 1) * loop->src_step;

		count *= extent;
		dst_end += (ptrdiff_t)(extent - 1) * loop->dst_step;
		src_begin += more < 0 ? more : 0;
		src_end += more > 0 ? more : 0;
	}
	span->count = count;
	span->dst_end = dst_end;
	span->src_begin = src_begin;
	span->src_end = src_end;
}

/* The loop of a near unit: how to divide by its step. */
static inline void set_near_loop(struct near_loop *loop, size_t extent, size_t dst_step,
				 ptrdiff_t src_step)
{
	unsigned shift = 0;
	size_t factor = 1 << 15;

	if (dst_step > 1)
		shift = 8 * (unsigned)sizeof(long) - (unsigned)__builtin_clzl(dst_step - 1);
	if ((dst_step & (dst_step - 1)) != 0)
		factor = ((uint32_t)factor << shift) / (uint32_t)dst_step + 1;
	loop->dst_step = (uint16_t)dst_step;
	loop->extent = (uint16_t)extent;
	loop->factor = (uint16_t)factor;
	loop->shift = (uint16_t)shift;
	loop->src_step = (uint16_t)src_step;
}

bool copy_near_unit(const struct copy_plan *plan, const struct unit_span *span,
		    struct near_unit *unit)
{
	const ptrdiff_t limit = INT16_MAX - SHUFFLE_WIDTH_MAX;

	if (span->src_end - span->src_begin >= limit || span->dst_end >= limit)
		return false;
	unit->loops = 0;
	unit->bytes = (uint16_t)plan->run.bytes;
	unit->src_begin = (uint16_t)-span->src_begin;
	for (uint8_t i = plan->shuffled.unit_loop + 1; i-- > 0;) {
		const struct copy_loop *loop = &plan->loops[i];
		size_t extent = unit_iterations(plan, i);

		if (extent == 1)
			continue;
		if (unit->loops == NEAR_LOOPS_MAX)
			return false;
		set_near_loop(&unit->loop[unit->loops++], extent, (size_t)loop->dst_step,
			      loop->src_step);
	}
	return true;
}

/* Find the source offsets of the bytes of a vector. A byte that is not stored has INT16_MAX. */
static inline void find_near_bytes(const struct near_unit *unit, size_t dst, uint16_t *at)
{
	uint16_t left[SHUFFLE_WIDTH_MIN], out[SHUFFLE_WIDTH_MIN] = {0}, bytes = unit->bytes;

	for (size_t b = 0; b < SHUFFLE_WIDTH_MIN; b++) {
		left[b] = (uint16_t)(dst + b);
		at[b] = unit->src_begin;
	}
	for (unsigned i = 0; i < unit->loops; i++) {
		const struct near_loop loop = unit->loop[i];

		for (size_t b = 0; b < SHUFFLE_WIDTH_MIN; b++) {
			uint16_t n =
				(uint16_t)((uint32_t)(uint16_t)(2 * left[b]) * loop.factor >> 16);

			n = (uint16_t)(n >> loop.shift);
			left[b] = (uint16_t)(left[b] - n * loop.dst_step);
			at[b] = (uint16_t)(at[b] + n * loop.src_step);
			out[b] |= n >= loop.extent ? UINT16_MAX : 0;
		}
	}
	for (size_t b = 0; b < SHUFFLE_WIDTH_MIN; b++) {
		uint16_t none = (uint16_t)(out[b] | (left[b] >= bytes ? UINT16_MAX : 0));

		at[b] = (uint16_t)((at[b] + left[b]) & ~none) | (none & INT16_MAX);
	}
}

/* The smallest offset. */
static inline uint16_t least_offset(const uint16_t *at)
{
	uint16_t least = INT16_MAX;

	for (size_t b = 0; b < SHUFFLE_WIDTH_MIN; b++)
		least = at[b] < least ? at[b] : least;
	return least;
}

unsigned copy_lay_near(struct shuffle_vector *v, const struct near_unit *unit, int32_t last,
		       int32_t grid)
{
	uint16_t at[SHUFFLE_WIDTH_MIN], begin;
	unsigned w = 0;

	if (kernels()->lay != NULL)
		return kernels()->lay(v, unit, last, grid);
	COUNT(true, "lanes", "near unit");
	find_near_bytes(unit, (size_t)v->dst, at);
	v->store = (UINT64_C(1) << SHUFFLE_WIDTH_MIN) - 1;
	while ((begin = least_offset(at)) != INT16_MAX) {
		if (w == SHUFFLE_WINDOWS_MAX)
			return w + 1;
		begin = begin > last ? (uint16_t)last : begin;
		for (size_t b = 0; b < SHUFFLE_WIDTH_MIN; b++) {
			uint16_t offset = (uint16_t)(at[b] - begin);
			bool in = offset < SHUFFLE_WIDTH_MIN;

			v->from[w][b] = (unsigned char)(in ? offset : SHUFFLE_NONE);
			at[b] = in ? INT16_MAX : at[b];
		}
		v->src[w++] = begin;
	}
	return w;
}
