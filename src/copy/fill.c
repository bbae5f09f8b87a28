/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fills rows with equal runs.
 *
 * If the size of a run is a small power of two, a kernel repeats it in a vector. Otherwise, if a
 * few runs make whole lines, a pattern of these lines is made once and copied. If not, the runs
 * that are already in the row are copied behind them again and again, in blocks that stay in the
 * first-level cache.
 */
#include <string.h>

#include "copy/fill.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "machine/caches.h"

enum {
	FILL_RUN_BYTES_MAX = 256, /* longer equal runs are copied one by one */
	FILL_BLOCK_BYTES = 4096,
	PERIOD_WORDS = 3, /* of 8 bytes, whose copies make a pattern for most sizes */
	WORD_BYTES = 8,
};

/* Is a run of this size repeated in a vector? */
static inline bool run_is_repeated(size_t size)
{
	return size <= TILE_BYTES && (size & (size - 1)) == 0;
}

bool copy_row_is_filled(const struct copy_plan *plan)
{
	const struct copy_loop *loop = &plan->loops[0];
	size_t size = plan->run.bytes;

	return loop->src_step == 0 && loop->dst_step == (ptrdiff_t)size &&
	       size <= FILL_RUN_BYTES_MAX && loop->extent * size >= REPEAT_BYTES_MIN;
}

/* Copy a run of `size` bytes, which is no power of two. */
static inline void copy_small_run(char *dst, const char *src, size_t size)
{
	if (size == 3) {
		memcpy(dst, src, 2);
		dst[2] = src[2];
	} else if (size < 8) {
		memcpy(dst, src, 4);
		memcpy(dst + size - 4, src + size - 4, 4);
	} else if (size < 16) {
		memcpy(dst, src, 8);
		memcpy(dst + size - 8, src + size - 8, 8);
	} else {
		memcpy(dst, src, size);
	}
}

/* Make `bytes` bytes of a pattern from a run. */
static void make_pattern(char *pattern, size_t bytes, const char *src, size_t size)
{
	size_t first = size * (WORD_BYTES / min(size & -size, WORD_BYTES)), more;
	uint64_t word[PERIOD_WORDS];

	for (size_t b = 0; b < first; b += size)
		copy_small_run(pattern + b, src, size);
	if (first == sizeof(word)) {
		memcpy(word, pattern, sizeof(word));
		for (size_t b = first; b + sizeof(word) <= bytes; b += sizeof(word))
			memcpy(pattern + b, word, sizeof(word));
		memcpy(pattern + bytes - bytes % sizeof(word), word, bytes % sizeof(word));
		return;
	}
	for (size_t done = first; done < bytes; done += more) {
		more = min(done, bytes - done);
		memcpy(pattern + done, pattern, more);
	}
}

/* Fill a row by the runs that are already there. */
static void fill_from_row(char *dst, const char *src, size_t size, size_t bytes)
{
	size_t block = FILL_BLOCK_BYTES / size * size, more;

	COUNT(true, "", "a run fills a row");
	memcpy(dst, src, size);
	for (size_t done = size; done < bytes; done += more) {
		more = min(min(done, block), bytes - done);
		memcpy(dst + done, dst, more);
	}
}

void copy_fill_row(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	_Alignas(CACHE_LINE_BYTES) char pattern[PATTERN_BYTES_MAX + PATTERN_MORE_BYTES];
	size_t bytes = size * loop->extent, period;

	if (run_is_repeated(size) && bytes >= REPEAT_BYTES_MIN) {
		COUNT(true, "", "an element fills a row");
		kernels()->repeat(dst, 0, src, 0, size, bytes, 1);
		return;
	}
	period = size * (CACHE_LINE_BYTES / min(size & -size, CACHE_LINE_BYTES));
	if (period > PATTERN_BYTES_MAX || bytes < period) {
		fill_from_row(dst, src, size, bytes);
		return;
	}
	COUNT(true, "", "a pattern fills a row");
	make_pattern(pattern, period + PATTERN_MORE_BYTES, src, size);
	kernels()->fill(dst, bytes, pattern, period);
}

bool copy_fill_rows(const struct copy_plan *plan)
{
	const struct copy_loop *row = &plan->loops[0], *rows = &plan->loops[1];
	size_t size = plan->run.bytes;
	struct copy_place place;

	if (!run_is_repeated(size))
		return false;
	COUNT(true, "", "elements fill rows");
	copy_first_place(plan, 2, &place);
	do
		kernels()->repeat(place.dst, rows->dst_step, place.src, rows->src_step, size,
				  size * row->extent, rows->extent);
	while (copy_next_place(plan, 2, &place));
	return true;
}
