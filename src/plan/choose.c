/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses variants.
 *
 * Below `stream_bytes / CHOICE_ZONE` bytes nothing streams, and from `stream_bytes * CHOICE_ZONE`
 * on everything does. Between, the route is learnt: how much of the last-level cache a program gets
 * is not what the system reports.
 */
#include "plan/choose.h"

#include "machine/caches.h"
#include "machine/model.h"
#include "plan/bricks.h"
#include "plan/class.h"
#include "plan/lists.h"
#include "plan/method.h"
#include "plan/order.h"
#include "plan/part.h"
#include "plan/staging.h"
#include "plan/tune.h"

enum {
	CHOICE_ZONE = 4,
	/* Smaller plans are not timed. Tests build with small caches, and choose earlier. */
	CHOICE_BYTES_MIN = 16 << 10,
	CHOICE_PARTS_MIN = 2,        /* parts from which on a plan with loops is timed */
	VARIANT_MASK = 127,          /* of the bits that a plan has for its variant */
	COLUMN_BYTES_LONG = 8 << 10, /* columns of this size are the first choice */
	/* Columns of this size of short elements win over bricks, too. */
	COLUMN_BYTES_SHORT = 4 << 10,
	LISTED_ROW_BYTES = 256, /* lists are tried if rows or source runs are shorter */
};

/* No plan has a choice before copy_set_choice_rules() has run. */
uint64_t copy_choice_bytes_min[VARIANT_KINDS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};

/* Constant while copies are planned. */
static struct choice_rules rules;

/* The variant that is expected to be the fastest on a route, on this machine. It fits the plan. */
static unsigned first_variant(struct copy_plan *plan, bool stream)
{
	/* Intel's CPUs may drop lines that are used once before they are used. */
	bool once = machine_is_amd();

	if (plan->kind == COPY_FLAT)
		return stream ? VARIANT_FLAT_STREAM : VARIANT_FLAT_CACHED;
	if (plan->kind == COPY_STRIDED && !stream)
		return copy_bricks_may_win(plan) ? VARIANT_STRIDED_CACHED_BRICKS
						 : VARIANT_STRIDED_CACHED;
	if (plan->kind == COPY_STRIDED &&
	    (copy_bricks_may_win(plan) || (!copy_strided_streams(plan) && copy_bricks_fit(plan))))
		return VARIANT_STRIDED_STREAM_BRICKS;
	if (plan->kind == COPY_STRIDED)
		return once ? VARIANT_STRIDED_STREAM : VARIANT_STRIDED_STREAM_FIRST;
	if (stream && copy_plan_has_columns(plan) && plan->run.bytes < CACHE_LINE_BYTES / 2 &&
	    plan->loops[0].extent * plan->run.bytes >= COLUMN_BYTES_SHORT)
		return VARIANT_TRANSPOSE_COLUMNS_FIRST;
	if (!copy_plan_has_tiles(plan) && copy_bricks_may_win(plan))
		return stream ? VARIANT_TRANSPOSE_STREAM_BRICKS : VARIANT_TRANSPOSE_CACHED_BRICKS;
	if (!stream)
		return VARIANT_TRANSPOSE_CACHED;
	if (copy_staged_choose(plan))
		return once ? VARIANT_TRANSPOSE_STAGE_ONCE : VARIANT_TRANSPOSE_STAGE_FIRST;
	if (copy_lists_fit_stream(plan))
		return once ? VARIANT_TRANSPOSE_LIST_ONCE : VARIANT_TRANSPOSE_LIST_FIRST;
	/* Tiles of one plane at a time read or write short pieces if a plane is narrow. */
	if (copy_plan_has_tiles(plan) && plan->nloops > 2 && copy_bricks_may_win(plan))
		return VARIANT_TRANSPOSE_STREAM_BRICKS;
	/* Plans of few loops that have no tiles, however large their elements are. */
	if (copy_plan_has_columns(plan) && copy_bricks_fit(plan))
		return VARIANT_TRANSPOSE_STREAM_BRICKS;
	/* Short columns are faster without stages. */
	if (copy_plan_has_columns(plan) &&
	    plan->loops[0].extent * plan->run.bytes >= COLUMN_BYTES_LONG)
		return once ? VARIANT_TRANSPOSE_COLUMNS_ONCE : VARIANT_TRANSPOSE_COLUMNS_FIRST;
	return once ? VARIANT_TRANSPOSE_DIRECT : VARIANT_TRANSPOSE_DIRECT_BLOCKS;
}

/* Can the plan run a variant of its kind? */
static bool variant_fits(struct copy_plan *plan, const struct copy_variant *variant)
{
	switch ((enum copy_condition)variant->condition) {
	case CONDITION_NONE:
		break;
	case CONDITION_STREAMS:
		return copy_strided_streams(plan);
	case CONDITION_ORDER:
		return plan->method == COPY_BY_RUNS && copy_order_differs(plan);
	case CONDITION_STAGE:
		return copy_staged_choose(plan);
	case CONDITION_LISTS:
		return copy_lists_fit_stream(plan);
	case CONDITION_COLUMNS:
		return copy_plan_has_columns(plan);
	case CONDITION_BRICKS:
		return copy_bricks_fit(plan);
	}
	return true;
}

/*
 * May a variant that fits be the fastest? Trying one that is far slower would make the first copies
 * of a class slow. Where a plan can be staged, direct tiles win only in single planes and without
 * prefetches, and lists and bricks only if rows or source runs are short. Through the caches,
 * bricks win only where they are the first choice, which the plan has already.
 */
static bool variant_may_win(struct copy_plan *plan, const struct copy_variant *variant)
{
	size_t bytes = plan->run.bytes;

	if (variant->bricks && !variant->stream)
		return copy_variant_of(plan)->bricks;
	if (plan->kind != COPY_TRANSPOSE || !variant->stream)
		return true;
	if (variant->direct)
		return (plan->nloops == 2 && variant->ahead == 0) ||
		       (!copy_staged_choose(plan) && !copy_lists_fit_stream(plan));
	if (variant->lists || variant->bricks)
		return plan->loops[0].extent * bytes < LISTED_ROW_BYTES ||
		       plan->loops[1].extent * bytes < LISTED_ROW_BYTES ||
		       !copy_staged_choose(plan);
	return true;
}

/* The set of variants of a plan's kind on a route, by their number within the kind. */
static uint32_t variants_on(uint8_t kind, bool stream)
{
	uint32_t set = 0;

	for (unsigned i = copy_first_variant[kind], n = 0;
	     i < VARIANTS && copy_variants[i].kind == kind; i++, n++)
		if (copy_variants[i].stream == stream)
			set |= 1u << n;
	return set;
}

/* The members of a set that fit the plan, and may win if that is asked for. */
static uint32_t fitting_variants(struct copy_plan *plan, uint32_t set, bool may_win)
{
	uint32_t fitting = set;

	for (; set != 0; set &= set - 1) {
		unsigned n = (unsigned)__builtin_ctz(set);
		const struct copy_variant *variant =
			&copy_variants[copy_first_variant[plan->kind] + n];

		if (!variant_fits(plan, variant) || (may_win && !variant_may_win(plan, variant)))
			fitting &= ~(1u << n);
	}
	return fitting;
}

/* Can a plan stream by any variant? */
static bool can_stream(const struct copy_plan *plan)
{
	return plan->kind != COPY_STRIDED || copy_strided_streams(plan) || copy_bricks_stream(plan);
}

/* Set the first choice of the route. Returns true if the route is open, so that it is learnt. */
static bool begin_route(struct copy_plan *plan, uint64_t bytes)
{
	plan->stream = bytes >= caches()->stream_bytes / CHOICE_ZONE && can_stream(plan);
	if (!plan->stream || bytes >= caches()->stream_bytes * CHOICE_ZONE)
		return false;
	plan->stream = bytes >= caches()->stream_bytes;
	return true;
}

#ifdef TUNE_ROTATE
/* Tests build so that all variants of a set have their turn. */
static unsigned rotate_variants(uint32_t set)
{
	static unsigned turns; /* atomic */
	unsigned n = __atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);

	for (n %= (unsigned)__builtin_popcount(set); n > 0; n--)
		set &= set - 1;
	return (unsigned)__builtin_ctz(set);
}
#endif

void copy_choose_route(struct copy_plan *plan, uint64_t bytes)
{
	unsigned base = copy_first_variant[plan->kind], forced = rules.forced[plan->kind];
	struct tune_options options;
	struct tune_class class;
	bool open = begin_route(plan, bytes);

	plan->timed = !rules.off && forced == VARIANT_NONE;
	if (forced != VARIANT_NONE)
		plan->stream = copy_variants[forced].stream && can_stream(plan);
	if (!plan->timed)
		return;
	options.cached = variants_on(plan->kind, false);
	options.streamed = variants_on(plan->kind, true);
	options.first = first_variant(plan, plan->stream) - base;
	class = tune_class_of(plan, bytes);
	plan->tune_slot = tune_slot(&class) & (TUNE_SLOTS - 1);
	if (open)
		plan->stream = tune_choose_route(plan->tune_slot, &options);
#ifdef TUNE_ROTATE
	if (open)
		plan->stream = rotate_variants(0xf) != 0;
#endif
}

/*
 * Set the first choice, or the variant that is forced. If something was learnt that may change it,
 * return the variants to choose from, else 0.
 */
static uint32_t begin_choice(struct copy_plan *plan, bool is_part)
{
	unsigned forced = rules.forced[plan->kind];
	uint32_t set;

	/* A part has the choice of its plan, which may not fit it. */
	if (!is_part || !variant_fits(plan, copy_variant_of(plan)))
		plan->variant = first_variant(plan, plan->stream) & VARIANT_MASK;
	if (forced != VARIANT_NONE && copy_variants[forced].stream == plan->stream &&
	    variant_fits(plan, &copy_variants[forced]))
		plan->variant = forced & VARIANT_MASK;
	if (!plan->timed)
		return 0;
	set = variants_on(plan->kind, plan->stream);
#ifdef TUNE_ROTATE
	set = fitting_variants(plan, set, false);
	if (set != 0)
		plan->variant =
			(copy_first_variant[plan->kind] + rotate_variants(set)) & VARIANT_MASK;
	return 0;
#else
	return (set & (set - 1)) != 0 ? fitting_variants(plan, set, true) : 0;
#endif
}

void copy_choose_variant(struct copy_plan *plan, uint64_t bytes)
{
	unsigned base = copy_first_variant[plan->kind], chosen;
	uint32_t set = begin_choice(plan, false);
	bool checks = false;

	if (bytes >= 4 * COPY_PART) {
		/* Its parts choose again. */
		if (set != 0)
			plan->variant =
				(base + tune_best(plan->tune_slot, set, plan->variant - base)) &
				VARIANT_MASK;
		return;
	}
	if (set != 0) {
		chosen = tune_choose(plan->tune_slot, set, plan->variant - base, &checks);
		plan->variant = (base + chosen) & VARIANT_MASK;
	}
	if (plan->timed && !checks)
		plan->timed = tune_is_due(plan->tune_slot);
}

void copy_choose_part_variant(struct copy_plan *part)
{
	unsigned base = copy_first_variant[part->kind];
	uint32_t set = begin_choice(part, true);
	bool checks;

	if (set != 0)
		part->variant =
			(base + tune_choose(part->tune_slot, set, part->variant - base, &checks)) &
			VARIANT_MASK;
}

void copy_choice_report(const struct copy_plan *plan, uint64_t ns)
{
	tune_report(plan->tune_slot, plan->variant - copy_first_variant[plan->kind],
		    copy_plan_payload(plan), ns);
}

bool copy_choice_is_forced(const struct copy_plan *plan)
{
	return plan->variant != VARIANT_NONE && plan->variant == rules.forced[plan->kind];
}

bool copy_choice_is_learnt(const struct copy_plan *plan)
{
	return plan->variant != VARIANT_NONE && !rules.off &&
	       rules.forced[plan->kind] == VARIANT_NONE;
}

void copy_set_choice_rules(const struct choice_rules *new_rules)
{
	uint64_t zone = caches()->stream_bytes / CHOICE_ZONE;

	rules = *new_rules;
	for (uint8_t kind = 0; kind < VARIANT_KINDS; kind++) {
		uint64_t least = zone;

		if (kind != COPY_FLAT && least > CHOICE_PARTS_MIN * COPY_PART)
			least = CHOICE_PARTS_MIN * COPY_PART;
		if (copy_first_variant[kind] == VARIANT_NONE)
			least = UINT64_MAX;
		else if (rules.forced[kind] != VARIANT_NONE && least > CHOICE_BYTES_MIN)
			least = CHOICE_BYTES_MIN;
		copy_choice_bytes_min[kind] = least;
	}
}
