/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The numbers of a class: powers of two of sizes and extents, and alignments. Each has a few bits
 * of two words.
 */
#include <stdio.h>

#include "machine/caches.h"
#include "plan/class.h"

/* The lowest bit and the number of bits of each field. A field does not cross the words. */
struct class_field {
	uint8_t low, bits;
};

static const struct class_field KIND = {0, 3}, TOTAL = {3, 7}, SIZE = {10, 6}, NOT_POWER = {16, 1},
				LOOPS = {17, 3}, DST_LINES = {20, 1}, SRC_LINES = {21, 1},
				DST_DENSE = {22, 1}, SRC_DENSE = {23, 1};
/* The extents of loops 0 to 4: three in the second word; the outer loops are in TOTAL. */
static const struct class_field EXTENTS[] = {{32, 6}, {38, 6}, {44, 6}, {50, 6}, {56, 6}};

enum {
	EXTENTS_KEPT = sizeof(EXTENTS) / sizeof(*EXTENTS),
	TOTAL_STEPS = 2, /* of the total size, for each power of two */
};

static void put_field(struct tune_class *class, struct class_field field, size_t value)
{
	size_t most = ((size_t)1 << field.bits) - 1;

	class->words[field.low / 32] |= (uint32_t)(value < most ? value : most) << field.low % 32;
}

static unsigned take_field(const struct tune_class *class, struct class_field field)
{
	return class->words[field.low / 32] >> field.low % 32 & ((1u << field.bits) - 1);
}

/* The power of two at or below a value, which is not 0. */
static unsigned log_of(uint64_t value)
{
	return 63 - (unsigned)__builtin_clzll(value);
}

/* Are an address and all steps on a side whole lines, except the contiguous step? */
static bool in_lines(size_t address, const struct copy_plan *plan, bool dst)
{
	size_t bits = address;

	for (uint8_t i = 0; i < plan->nloops; i++) {
		ptrdiff_t step = dst ? plan->loops[i].dst_step : plan->loops[i].src_step;

		if (step != (ptrdiff_t)plan->run.bytes)
			bits |= (size_t)step;
	}
	return bits % CACHE_LINE_BYTES == 0;
}

struct tune_class tune_class_of(const struct copy_plan *plan, uint64_t bytes)
{
	struct tune_class class = {{0, 0}};
	unsigned log = log_of(bytes);

	put_field(&class, KIND, plan->kind);
	put_field(&class, TOTAL, TOTAL_STEPS * log + (bytes >> (log - 1) & 1));
	put_field(&class, DST_LINES, in_lines((size_t)plan->run.dst, plan, true));
	put_field(&class, SRC_LINES, in_lines((size_t)plan->run.src, plan, false));
	if (plan->kind == COPY_FLAT)
		return class;
	put_field(&class, SIZE, log_of(plan->run.bytes));
	put_field(&class, NOT_POWER, (plan->run.bytes & (plan->run.bytes - 1)) != 0);
	put_field(&class, LOOPS, plan->nloops);
	put_field(&class, DST_DENSE, plan->loops[0].dst_step == (ptrdiff_t)plan->run.bytes);
	put_field(&class, SRC_DENSE, plan->loops[0].src_step == (ptrdiff_t)plan->run.bytes);
	for (uint8_t i = 0; i < plan->nloops && i < EXTENTS_KEPT; i++)
		put_field(&class, EXTENTS[i], log_of(plan->loops[i].extent));
	return class;
}

uint8_t tune_class_kind(const struct tune_class *class)
{
	return (uint8_t)take_field(class, KIND);
}

void tune_class_text(const struct tune_class *class, char text[TUNE_CLASS_TEXT_BYTES])
{
	unsigned total = take_field(class, TOTAL), loops = take_field(class, LOOPS);
	int n = snprintf(text, TUNE_CLASS_TEXT_BYTES, "2^%u%s B", total / TOTAL_STEPS,
			 total % TOTAL_STEPS != 0 ? ".5" : "");

	if (loops > 0)
		n += snprintf(text + n, TUNE_CLASS_TEXT_BYTES - (size_t)n,
			      ", elements 2^%u%s B, loops", take_field(class, SIZE),
			      take_field(class, NOT_POWER) ? "+" : "");
	for (unsigned i = 0; i < loops && i < EXTENTS_KEPT; i++)
		n += snprintf(text + n, TUNE_CLASS_TEXT_BYTES - (size_t)n, " 2^%u",
			      take_field(class, EXTENTS[i]));
	snprintf(text + n, TUNE_CLASS_TEXT_BYTES - (size_t)n, "%s%s",
		 take_field(class, DST_LINES) ? ", dst in lines" : "",
		 take_field(class, SRC_LINES) ? ", src in lines" : "");
}
