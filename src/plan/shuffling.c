/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses which strided plans are copied by shuffles, and how.
 *
 * A unit is the iterations of the innermost loops, of the last of them only a few. Its destination
 * is cut into vectors. Each vector is made of a few windows of the source, as wide as a vector: a
 * shuffle takes the bytes of the vector from each window. All units have the same shuffles, so the
 * shuffles are made once (copy/shuffle.c) and run for each unit. That pays if a window has several
 * elements of the vector, and if there are enough units.
 *
 * The choice compares estimates, in quarters of a cycle, of some units and of copying each element.
 * If the last loop of a unit is not a multiple of the unit, the last unit overlaps the one before.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "machine/caches.h"
#include "plan/rows.h"
#include "plan/shuffling.h"

/* The time to make the shuffles of a vector. Tests build with 0, so that small copies are shuffled.
 */
#ifndef SHUFFLE_COST_VECTOR
#define SHUFFLE_COST_VECTOR 500
#endif

/* More windows of a vector than this are not worth it. Tests build with more. */
#ifndef SHUFFLE_WINDOWS_WORTH
#define SHUFFLE_WINDOWS_WORTH (SHUFFLE_WINDOWS_MAX / 2)
#endif

/* Estimates, in quarters of a cycle. */
enum {
	COST_VECTOR = 5,          /* to store a vector */
	COST_PIECE_OF_VECTOR = 3, /* to store the first bytes of a vector */
	COST_WINDOW = 6,          /* to load and shuffle a window */
	COST_VECTORS = 4,         /* to run one of several vectors in passes */
	COST_JOINT = 1,           /* to store a vector of several made jointly */
	COST_JOINT_WINDOW = 5,    /* to load and shuffle one of its windows */
	COST_MASKED = 14,         /* to store a masked vector */
	COST_MASKED_FAR = 60,     /* to store a masked vector to memory */
	COST_CALL = 50,           /* to begin a row of vectors */
	COST_CALL_ROW = 12,       /* the same for one of several short rows */
	COST_PROGRAM_JOINT = 2 * SHUFFLE_COST_VECTOR, /* to make a vector of a joint shuffle */
	COST_PROGRAM_VECTOR = SHUFFLE_COST_VECTOR,    /* to make the shuffles of a vector */
	COST_PROGRAM_WINDOW = SHUFFLE_COST_VECTOR / 4,
	COST_RUN = 3,               /* to copy an element of a power of two */
	COST_RUN_LARGE = 8,         /* to copy an element of 12 or 24 bytes */
	COST_RUN_ODD = 9,           /* to copy any other element */
	COST_RUN_ROW = 12,          /* the same by a kernel */
	COST_ROW = 30,              /* to begin a row of elements */
	ROW_UNITS_ENOUGH = 8,       /* units in a row that make the call cheap */
	SHORT_ROW_UNITS = 32,       /* shorter rows are copied together by a call */
	SHUFFLE_SPAN_MAX = 1 << 30, /* of a unit in the source */
};

/* A choice of a unit. */
struct shuffle_unit {
	uint8_t loop;      /* its last loop */
	size_t iterations; /* of that loop */
	size_t windows;    /* of a vector */
	uint64_t cost;     /* of the plan */
};

/* The number of vectors that hold `bytes` bytes. The width is a power of two. */
static size_t vectors_of_bytes(size_t bytes)
{
	size_t width = kernels()->shuffle_width;

	return (bytes + width - 1) >> __builtin_ctzl(width);
}

/* The iterations of loop `i` in a unit. */
static size_t unit_extent(const struct copy_plan *plan, const struct shuffle_unit *u, uint8_t i)
{
	return i < u->loop ? plan->loops[i].extent : u->iterations;
}

/*
 * Estimate the windows of a vector with n elements: the loops take n iterations, the first ones
 * first. By ascending source step, see how many iterations a window covers.
 */
static size_t windows_of_vector(const struct copy_plan *plan, const struct shuffle_unit *u,
				size_t n)
{
	size_t width = kernels()->shuffle_width, span = plan->run.bytes, count = 1;
	size_t taken[8], steps[8];
	uint8_t loops = 0;

	for (uint8_t i = 0; i <= u->loop && n > 1 && loops < 8; i++) {
		size_t extent = unit_extent(plan, u, i), step = magnitude(plan->loops[i].src_step);
		uint8_t j = loops++;

		if (extent < n) {
			n = (n + extent - 1) / extent;
		} else {
			extent = n;
			n = 1;
		}
		for (; j > 0 && steps[j - 1] > step; j--) {
			steps[j] = steps[j - 1];
			taken[j] = taken[j - 1];
		}
		steps[j] = step;
		taken[j] = extent;
	}
	for (uint8_t i = 0; i < loops; i++) {
		size_t more = (taken[i] - 1) * steps[i];

		if (span + more <= width) {
			span += more;
			continue;
		}
		count *=
			steps[i] >= width ? taken[i] : min(taken[i], vectors_of_bytes(span + more));
		span = width;
	}
	return count;
}

/* The bytes between the first and the last byte of a unit in the source. */
static size_t source_span(const struct copy_plan *plan, const struct shuffle_unit *u)
{
	size_t span = plan->run.bytes;

	for (uint8_t i = 0; i <= u->loop; i++)
		span += (unit_extent(plan, u, i) - 1) * magnitude(plan->loops[i].src_step);
	return span;
}

/* Is the last loop of a unit a good row loop? Another loop can be the row loop only if it is not.
 */
static bool row_is_long(const struct copy_plan *plan, uint8_t loop, size_t iterations)
{
	return loop + 1 == plan->nloops ||
	       plan->loops[loop].extent >= ROW_UNITS_ENOUGH * iterations;
}

/* The row loop of a unit: its last loop, or a longer one behind it. */
static uint8_t row_of_unit(const struct copy_plan *plan, const struct shuffle_unit *u, bool dense)
{
	size_t iterations = plan->loops[u->loop].extent;
	uint8_t row = u->loop;

	if (row_is_long(plan, u->loop, u->iterations) || (plan->stream && dense))
		return row;
	iterations /= u->iterations;
	for (uint8_t i = (uint8_t)(u->loop + 1); i < plan->nloops; i++) {
		if (plan->loops[i].extent > iterations) {
			iterations = plan->loops[i].extent;
			row = i;
		}
	}
	return row;
}

/*
 * The elements of a vector. The last vector of a unit is whole, since it overlaps the one before.
 * One of several vectors may begin and end within an element.
 */
static size_t pieces_of_vector(const struct copy_plan *plan, size_t n, size_t vectors, bool dense)
{
	size_t width = kernels()->shuffle_width, size = plan->run.bytes;

	if (vectors == 1)
		return n;
	if (!dense)
		return (n + vectors - 1) / vectors;
	return min(n, (width + size - 1) / size + (width % size != 0));
}

/*
 * Does a destination with gaps, of this size, go to memory? It is stored through the caches: only
 * whole lines stream.
 */
static bool is_far(uint64_t bytes)
{
	return bytes >= caches()->stream_bytes / 2;
}

/* Can the vectors of a unit be made jointly? See copy/joint.c. */
static bool is_joint(const struct shuffle_unit *u, size_t bytes, bool dense)
{
	size_t width = kernels()->shuffle_width;

	return kernels()->joint != NULL && dense && bytes % width == 0 && bytes > width &&
	       u->windows <= JOINT_WINDOWS_MAX;
}

/*
 * Estimate the cost of a plan with a unit of `n` elements that spans `bytes` in the destination.
 * The last loop of the unit runs `outer` times.
 */
static void estimate_unit(const struct copy_plan *plan, struct shuffle_unit *u, size_t n,
			  size_t bytes, bool dense, uint64_t outer)
{
	const struct kernels *set = kernels();
	size_t vectors = vectors_of_bytes(bytes);
	size_t units = (plan->loops[u->loop].extent + u->iterations - 1) / u->iterations, pieces;
	uint8_t row = row_of_unit(plan, u, dense);
	uint64_t calls = outer, call = COST_CALL, store;

	u->cost = UINT64_MAX;
	if (vectors > SHUFFLE_VECTORS_MAX || n > SHUFFLE_PIECES_MAX ||
	    source_span(plan, u) > SHUFFLE_SPAN_MAX)
		return;
	if (!set->shuffle_masks &&
	    (!dense || bytes < set->shuffle_width || source_span(plan, u) < set->shuffle_width))
		return;
	pieces = pieces_of_vector(plan, n, vectors, dense);
	u->windows = windows_of_vector(plan, u, pieces);
	if (u->windows > SHUFFLE_WINDOWS_WORTH)
		return;
	/* Windows of one element each pay only for small elements of whole vectors. */
	if (u->windows * 3 > pieces * 2 && (!dense || plan->run.bytes > TILE_BYTES / 2))
		return;
	if (row > u->loop)
		calls = outer * units / plan->loops[row].extent;
	store = dense && bytes < set->shuffle_width ? COST_PIECE_OF_VECTOR
		: dense                             ? COST_VECTOR
		: is_far(outer * units * bytes)     ? COST_MASKED_FAR
						    : COST_MASKED;
	if (row == u->loop && units < SHORT_ROW_UNITS && !is_far(outer * units * bytes))
		call = COST_CALL_ROW;
	if (is_joint(u, bytes, dense)) {
		u->cost = outer * units * vectors * (COST_JOINT + u->windows * COST_JOINT_WINDOW) +
			  calls * call + vectors * COST_PROGRAM_JOINT;
		return;
	}
	u->cost = outer * units * vectors *
			  (store + u->windows * COST_WINDOW + (vectors > 1 ? COST_VECTORS : 0)) +
		  calls * call + vectors * (COST_PROGRAM_VECTOR + u->windows * COST_PROGRAM_WINDOW);
}

/* Estimate the cost of copying an element. */
static uint64_t cost_of_run(size_t size)
{
	if ((size & (size - 1)) == 0)
		return COST_RUN;
	if (size == 12 || size == 24)
		return COST_RUN_LARGE;
	return size < ROWS_BYTES_MIN ? COST_RUN_ODD : COST_RUN_ROW;
}

/* Estimate the cost of copying each of n elements. */
static uint64_t cost_of_rows(const struct copy_plan *plan, uint64_t n)
{
	size_t longest = 1;

	for (uint8_t i = 0; i < plan->nloops; i++)
		if (plan->loops[i].extent > longest)
			longest = plan->loops[i].extent;
	return n * cost_of_run(plan->run.bytes) +
	       (plan->nloops > 1 ? n / longest * COST_ROW : COST_ROW);
}

/* Is a loop contiguous around `bytes` bytes? */
static bool loop_is_dense(const struct copy_loop *loop, size_t bytes)
{
	return loop->dst_step == (ptrdiff_t)bytes;
}

/* The largest power of two that divides n. */
static size_t lowest_bit(size_t n)
{
	return n & -n;
}

/*
 * Try units that end with loop `loop`, which runs `outer` times, around `n` elements that span
 * `bytes` bytes.
 */
static void try_loop(const struct copy_plan *plan, uint8_t loop, size_t n, size_t bytes, bool dense,
		     uint64_t outer, struct shuffle_unit *best)
{
	const struct copy_loop *l = &plan->loops[loop];
	size_t width = kernels()->shuffle_width, step = (size_t)l->dst_step;
	/* A vector; then whole vectors. */
	size_t tries[] = {bytes >= width             ? 1
			  : kernels()->shuffle_masks ? (width - bytes) / step + 1
						     : (width + bytes - 1) / bytes,
			  width >> __builtin_ctzl(min(lowest_bit(bytes), width))};

	for (size_t i = 0; i < (dense ? 2 : 1); i++) {
		struct shuffle_unit u = {.loop = loop, .iterations = min(tries[i], l->extent)};

		if (u.iterations > UINT8_MAX || (i > 0 && u.iterations == tries[0]))
			continue;
		estimate_unit(plan, &u, n * u.iterations, bytes + (u.iterations - 1) * step, dense,
			      outer);
		if (u.cost < best->cost)
			*best = u;
	}
}

/* Find the best unit. */
static struct shuffle_unit best_unit(const struct copy_plan *plan, uint64_t elements)
{
	const struct kernels *set = kernels();
	struct shuffle_unit best = {.cost = UINT64_MAX};
	size_t n = 1, bytes = plan->run.bytes;
	uint64_t outer = elements;
	bool dense = true;

	for (uint8_t i = 0; i < plan->nloops; i++) {
		const struct copy_loop *loop = &plan->loops[i];

		if (bytes > SHUFFLE_VECTORS_MAX * set->shuffle_width || n > SHUFFLE_PIECES_MAX ||
		    loop->dst_step < (ptrdiff_t)bytes)
			break;
		dense = dense && loop_is_dense(loop, bytes);
		if (!dense &&
		    (!set->shuffle_masks || loop->dst_step >= (ptrdiff_t)set->shuffle_width))
			break;
		outer = i + 1 == plan->nloops ? 1 : outer / loop->extent;
		try_loop(plan, i, n, bytes, dense, outer, &best);
		if (loop->extent > SHUFFLE_PIECES_MAX)
			break;
		n *= loop->extent;
		bytes += (loop->extent - 1) * (size_t)loop->dst_step;
	}
	return best;
}

/*
 * Move the row loop, then the loops that belong inside of a section, to index `to`. A loop belongs
 * inside if it is inside of the row loop, or if it reads the same lines as the row loop does.
 */
static void order_loops(struct copy_plan *plan, uint8_t to, uint8_t row, size_t row_bytes)
{
	struct copy_loop *loops = plan->loops, loop = loops[row];
	uint8_t inside = row > to ? (uint8_t)(row - to) : 0;

	if (row >= to) {
		memmove(&loops[to + 1], &loops[to], inside * sizeof(loop));
		loops[to++] = loop;
	}
	for (uint8_t i = (uint8_t)(to + inside); i < plan->nloops && inside < NDIMS_MAX - 1; i++) {
		loop = loops[i];
		if (magnitude(loop.src_step) >= row_bytes)
			continue;
		memmove(&loops[to + inside + 1], &loops[to + inside],
			(size_t)(i - to - inside) * sizeof(loop));
		loops[to + inside++] = loop;
	}
	plan->shuffled.inside = inside & 127u;
}

bool copy_shuffle_takes(size_t run_bytes, uint64_t payload)
{
	return kernels()->shuffle != NULL && run_bytes * 2 <= kernels()->shuffle_width &&
	       payload >= SHUFFLE_PAYLOAD_MIN;
}

/*
 * A bound of the cost that takes no time to find. If the elements of the innermost loop are far
 * apart, each needs a window.
 */
static uint64_t least_cost(const struct copy_plan *plan, uint64_t elements)
{
	size_t width = kernels()->shuffle_width, size = plan->run.bytes, windows = 1;

	if (magnitude(plan->loops[0].src_step) >= width)
		windows = min(width / size, plan->loops[0].extent);
	return elements * size / width * (COST_VECTOR + windows * COST_WINDOW);
}

bool copy_shuffle_choose(struct copy_plan *plan, uint64_t other_cost)
{
	struct shuffle_unit unit;
	uint64_t elements = 1;

	if (copy_rows_fill(plan))
		return false;
	for (uint8_t i = 0; i < plan->nloops; i++)
		elements *= plan->loops[i].extent;
	if (!copy_shuffle_takes(plan->run.bytes, elements * plan->run.bytes))
		return false;
	if (least_cost(plan, elements) >= other_cost)
		return false;
	unit = best_unit(plan, elements);
	if (unit.cost >= cost_of_rows(plan, elements) || unit.cost >= other_cost)
		return false;
	plan->kind = COPY_STRIDED;
	plan->method = COPY_BY_SHUFFLE;
	plan->shuffled = (struct copy_shuffled){
		.unit_loop = unit.loop,
		.iterations = (uint8_t)unit.iterations,
	};
	return true;
}

void copy_shuffle_order(struct copy_plan *plan)
{
	const struct shuffle_unit unit = {
		.loop = plan->shuffled.unit_loop,
		.iterations = plan->shuffled.iterations,
	};
	uint8_t row = row_of_unit(plan, &unit, copy_shuffle_is_dense(plan));
	size_t step = magnitude(plan->loops[row].src_step);

	plan->shuffled.row = row > unit.loop;
	order_loops(plan, (uint8_t)(unit.loop + 1), row,
		    row > unit.loop ? step : unit.iterations * step);
}

bool copy_shuffle_is_dense(const struct copy_plan *plan)
{
	size_t bytes = plan->run.bytes;

	for (uint8_t i = 0; i <= plan->shuffled.unit_loop; i++) {
		if (!loop_is_dense(&plan->loops[i], bytes))
			return false;
		bytes *= plan->loops[i].extent;
	}
	return true;
}

bool copy_shuffle_row_is_long(const struct copy_plan *plan)
{
	return row_is_long(plan, plan->shuffled.unit_loop, plan->shuffled.iterations);
}
