/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the shuffles of vectors that are made jointly: the vectors of a contiguous unit, or one
 * vector of each of a few planes that are read from the same bytes.
 *
 * The source of a unit consists of one or a few clusters: iterations of its near loops, which are
 * less than a window apart. Iterations of its far loops have a cluster each. The clusters are
 * numbered as if they were contiguous, each a whole number of windows, so the number of a byte
 * tells its window, and where it is in it. If all windows together are few, all vectors share them.
 * Else there must be one cluster, and each vector has windows of its own, which begin anywhere.
 *
 * Memory is safe: the last window of a cluster is moved so that it ends with the cluster.
 */
#include <string.h>

#include "copy/joint.h"
#include "layout/sizes.h"

enum {
	JOINT_LOOPS_MAX = 6,
	JOINT_PASS_BYTES = 24 << 10, /* both sides of the units of a pass */
	JOINT_PASS_UNITS_MIN = 16,
	JOINT_SPAN_MAX = 8192, /* the bytes of a cluster */
	JOINT_PUT_BYTES = 8,   /* numbers of bytes that are stored at once */
};

/* A loop of a unit, and how far its iterations are apart by the numbers of their bytes. */
struct joint_loop {
	size_t extent;
	ptrdiff_t src_step, step;
};

/* The elements of a unit, in the order of the destination, and the clusters of its source. */
struct joint_unit {
	size_t width; /* of a vector */
	size_t bytes; /* of an element */
	size_t nloops, vectors, count;
	struct joint_loop loops[JOINT_LOOPS_MAX];
	const struct copy_loop *planes; /* the loop that has the vectors; NULL: the unit itself */
	ptrdiff_t plane_step;           /* by numbers of bytes */
	size_t span;                    /* the bytes of a cluster */
	size_t windows;                 /* of a cluster */
	size_t clusters;
	ptrdiff_t cluster[JOINT_WINDOWS_MAX]; /* where the clusters begin in the source */
	ptrdiff_t begin;                      /* the least source address, from that of the unit */
	int32_t *at; /* the number of each element's first byte; room for SHUFFLE_PIECES_MAX */
};

/* Is a unit contiguous, and has it whole vectors? Find them, and the loops. */
static bool take_loops(const struct copy_plan *plan, struct joint_unit *u)
{
	const struct copy_shuffled *shuffled = &plan->shuffled;
	uint8_t next = (uint8_t)(shuffled->unit_loop + shuffled->row + 1);
	size_t n = 1;

	u->nloops = shuffled->unit_loop + 1u;
	if (u->nloops >= JOINT_LOOPS_MAX || !copy_shuffle_is_dense(plan))
		return false;
	for (size_t i = 0; i < u->nloops; i++) {
		const struct copy_loop *loop = &plan->loops[i];
		size_t extent = i + 1 < u->nloops ? loop->extent : shuffled->iterations;

		u->loops[i] = (struct joint_loop){.extent = extent, .src_step = loop->src_step};
		n *= extent;
	}
	u->count = n;
	if (n > SHUFFLE_PIECES_MAX || n * u->bytes % u->width != 0)
		return false;
	u->vectors = n * u->bytes / u->width;
	u->planes = NULL;
	if (u->vectors == 1 && shuffled->inside > 0 &&
	    plan->loops[next].extent <= JOINT_VECTORS_MAX &&
	    magnitude(plan->loops[next].src_step) < u->width) {
		u->planes = &plan->loops[next];
		u->vectors = u->planes->extent;
		u->loops[u->nloops++] = (struct joint_loop){.extent = u->planes->extent,
							    .src_step = u->planes->src_step};
	}
	return u->vectors >= JOINT_VECTORS_MIN;
}

/* Add the clusters of a far loop: each of those before, for each of its iterations. */
static bool add_clusters(struct joint_unit *u, const struct joint_loop *loop)
{
	size_t step = magnitude(loop->src_step);

	if (u->clusters * loop->extent > JOINT_WINDOWS_MAX)
		return false;
	for (size_t i = u->clusters; i < u->clusters * loop->extent; i++)
		u->cluster[i] = u->cluster[i - u->clusters] + (ptrdiff_t)step;
	u->clusters *= loop->extent;
	return true;
}

/* Find the clusters, and the steps by numbers of bytes. */
static bool find_clusters(struct joint_unit *u)
{
	size_t far = 1;

	u->span = u->bytes;
	u->begin = 0;
	u->clusters = 1;
	u->cluster[0] = 0;
	for (size_t i = 0; i < u->nloops; i++) {
		struct joint_loop *loop = &u->loops[i];

		loop->step = loop->src_step;
		if (loop->src_step < 0)
			u->begin += (ptrdiff_t)(loop->extent - 1) * loop->src_step;
		if (magnitude(loop->src_step) < u->width)
			u->span += (loop->extent - 1) * magnitude(loop->src_step);
	}
	if (u->span < u->width || u->span > JOINT_SPAN_MAX)
		return false;
	u->windows = (u->span + u->width - 1) / u->width;
	for (size_t i = 0; i < u->nloops; i++) {
		struct joint_loop *loop = &u->loops[i];

		if (magnitude(loop->src_step) < u->width)
			continue;
		if (!add_clusters(u, loop))
			return false;
		loop->step = (ptrdiff_t)(far * u->windows * u->width);
		loop->step = loop->src_step < 0 ? -loop->step : loop->step;
		far *= loop->extent;
	}
	return true;
}

/* List the elements of a unit, or of its first plane. */
static void list_joint_elements(struct joint_unit *u)
{
	size_t n = 1;

	u->at[0] = 0;
	for (size_t i = 0; i < u->nloops; i++) {
		const struct joint_loop *loop = &u->loops[i];
		int32_t step = (int32_t)loop->step;

		if (step < 0)
			u->at[0] -= (int32_t)(loop->extent - 1) * step;
	}
	for (size_t i = 0; i < u->nloops - (u->planes != NULL); i++) {
		int32_t step = (int32_t)u->loops[i].step;

		/* The outermost loop is the longest. */
		for (size_t j = 0; j < n; j++) {
			int32_t at = u->at[j] + step;

			for (size_t k = 1; k < u->loops[i].extent; k++, at += step)
				u->at[k * n + j] = at;
		}
		n *= u->loops[i].extent;
	}
	u->plane_step = u->planes != NULL ? u->loops[u->nloops - 1].step : 0;
}

/* The first element of vector v, and how many of its bytes belong to the vector before. */
static size_t first_of_vector(const struct joint_unit *u, size_t v, size_t *skip)
{
	size_t byte = u->planes != NULL ? 0 : v * u->width;

	*skip = byte % u->bytes;
	return byte / u->bytes;
}

/*
 * The least number of a byte of vector v, and the bytes from there to the last one. If an iteration
 * of the last loop of the unit is partly in the vector, it counts as a whole.
 */
static int32_t span_of_vector(const struct joint_unit *u, size_t v, size_t *span)
{
	const struct joint_loop *last = &u->loops[u->nloops - 1 - (u->planes != NULL)];
	size_t inner = u->count / last->extent * u->bytes, begin, end;
	int32_t step = (int32_t)last->step, low;

	if (u->planes != NULL) {
		size_t others = u->vectors - 1;

		*span = u->span - others * magnitude(u->plane_step);
		return (int32_t)(u->plane_step < 0 ? others - v : v) *
		       (int32_t)magnitude(u->plane_step);
	}
	begin = v * u->width / inner;
	end = ((v + 1) * u->width + inner - 1) / inner;
	*span = u->span - (last->extent - (end - begin)) * magnitude(last->step);
	low = step < 0 ? -step * (int32_t)(last->extent - end) : step * (int32_t)begin;
	return low;
}

/* Put the numbers of the bytes of an element. What is put after the element is undefined. */
static inline void put_numbers(unsigned char *bytes, int32_t number, size_t size)
{
	static const unsigned char first[JOINT_PUT_BYTES] = {0, 1, 2, 3, 4, 5, 6, 7};
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t numbers;

	memcpy(&numbers, first, sizeof(numbers));
	numbers += (unsigned char)number * ones;
	for (size_t b = 0; b < size; b += JOINT_PUT_BYTES) {
		memcpy(bytes + b, &numbers, sizeof(numbers));
		numbers += JOINT_PUT_BYTES * ones;
	}
}

/* Number the bytes of vector v, from byte `begin` on. */
static void number_bytes(const struct joint_unit *u, size_t v, int32_t begin, unsigned char *from)
{
	/* Numbers after an element are those of the next, or after the vector. */
	unsigned char bytes[SHUFFLE_WIDTH_MAX + SHUFFLE_WIDTH_MAX / 2 + JOINT_PUT_BYTES];
	size_t skip, size = u->bytes, to = 0;
	const int32_t *at = u->at + first_of_vector(u, v, &skip);
	int32_t plane = (int32_t)v * (int32_t)u->plane_step - begin;

	if (size == 1) {
		for (size_t b = 0; b < u->width; b++)
			from[b] = (unsigned char)(at[b] + plane);
		return;
	}
	if (skip > 0) {
		to = size - skip;
		put_numbers(bytes, *at++ + plane + (int32_t)skip, to);
	}
	if (size <= JOINT_PUT_BYTES)
		for (; to < u->width; to += size)
			put_numbers(bytes + to, *at++ + plane, 1);
	else
		for (; to < u->width; to += size)
			put_numbers(bytes + to, *at++ + plane, size);
	memcpy(from, bytes, u->width);
}

/* The last window of each n windows begins `by` bytes earlier. */
static void move_last_window(const struct joint_unit *u, unsigned char *from, size_t n, size_t by)
{
	for (size_t b = 0; by > 0 && b < u->width; b++)
		if (from[b] / u->width % n == n - 1)
			from[b] = (unsigned char)(from[b] + by);
}

/* All vectors share the windows of all clusters. */
static void make_shared(const struct joint_unit *u, struct shuffle_joint *j, size_t first)
{
	size_t beyond = u->windows * u->width - u->span;

	j->shared = true;
	j->windows = (unsigned)(u->windows * u->clusters);
	for (size_t w = 0; w < j->windows; w++) {
		size_t in = w % u->windows;

		j->window[w] = u->cluster[w / u->windows] + (ptrdiff_t)(in * u->width);
		if (in == u->windows - 1)
			j->window[w] -= (ptrdiff_t)beyond;
	}
	for (size_t v = 0; v < j->vectors; v++) {
		j->src[v] = u->begin;
		number_bytes(u, first + v, 0, j->from[v]);
		move_last_window(u, j->from[v], u->windows, beyond);
	}
}

/* Each vector has `windows` windows of its own. */
static void make_own(const struct joint_unit *u, struct shuffle_joint *j, size_t first,
		     size_t windows)
{
	size_t width = u->width, bytes = windows * width;
	size_t beyond = bytes > u->span ? bytes - u->span : 0;

	j->shared = false;
	j->windows = (unsigned)windows;
	for (size_t w = 0; w < windows; w++)
		j->window[w] = (ptrdiff_t)(w * width);
	j->window[windows - 1] -= (ptrdiff_t)beyond;
	for (size_t v = 0; v < j->vectors; v++) {
		size_t span, most = beyond > 0 ? 0 : u->span - bytes;
		size_t begin = min((size_t)span_of_vector(u, first + v, &span), most);

		j->src[v] = u->begin + (ptrdiff_t)begin;
		number_bytes(u, first + v, (int32_t)begin, j->from[v]);
		move_last_window(u, j->from[v], windows, beyond);
	}
}

/* The most windows of its own that a vector needs, if there is one cluster. */
static size_t own_windows(const struct joint_unit *u)
{
	size_t most = 0;

	if (u->clusters > 1)
		return SIZE_MAX;
	for (size_t v = 0; v < u->vectors; v++) {
		size_t span;

		span_of_vector(u, v, &span);
		most = span > most ? span : most;
	}
	return (most + u->width - 1) / u->width;
}

bool copy_make_joint(const struct copy_plan *plan, struct joint_program *program)
{
	int32_t at[SHUFFLE_PIECES_MAX];
	struct joint_unit u;
	size_t own, shared, size, left;

	u.width = kernels()->shuffle_width;
	u.bytes = plan->run.bytes;
	u.at = at;
	if (kernels()->joint == NULL || !take_loops(plan, &u) || !find_clusters(&u))
		return false;
	list_joint_elements(&u);
	own = own_windows(&u);
	shared = u.windows * u.clusters;
	if (own > JOINT_OWN_WINDOWS_MAX && shared > JOINT_WINDOWS_MAX)
		return false;
	program->planes = u.planes != NULL;
	program->pass = JOINT_PASS_BYTES / (u.vectors * u.width + u.span * u.clusters);
	program->pass = program->pass < JOINT_PASS_UNITS_MIN ? JOINT_PASS_UNITS_MIN : program->pass;
	program->groups = 0;
	for (size_t first = 0; first < u.vectors; first += size) {
		struct shuffle_joint *j = &program->group[program->groups++];

		/* Groups of about the same size. */
		left = u.vectors - first;
		size = (left + JOINT_VECTORS_MAX - 1) / JOINT_VECTORS_MAX;
		size = (left + size - 1) / size;
		j->vectors = (unsigned)size;
		for (size_t v = 0; v < size; v++)
			j->dst[v] = u.planes != NULL ? (ptrdiff_t)(first + v) * u.planes->dst_step
						     : (ptrdiff_t)((first + v) * u.width);
		if (shared <= own || own > JOINT_OWN_WINDOWS_MAX)
			make_shared(&u, j, first);
		else
			make_own(&u, j, first, own);
	}
	return true;
}
