/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of what was learnt.
 *
 * Writes are atomic read-modify-write operations, also where a store would do: checkers of races
 * know those as atomic. Nothing orders the members of a slot. A reader may find the new class of a
 * slot with old costs for a moment.
 */
#include "plan/tune.h"

enum {
	TRY_COPIES_FIRST = 3, /* of the first choice, before the other route is tried */
	TRY_COPIES = 3, /* of the other route: the first finds the caches as the other left them */
	TRY_PARTS_FIRST = 2,    /* of the first choice, before other variants are tried */
	CHECK_PARTS = 32,       /* one part in CHECK_PARTS checks another variant */
	CHECK_COPIES_AGAIN = 8, /* the other route is checked after CHECK_COPIES_AGAIN */
	CHECK_COPIES = 64,      /* copies, and then every CHECK_COPIES copies */
	CHECK_COPIES_RUN = 2,   /* by CHECK_COPIES_RUN copies in a row */
	FAR_CHECKS = 16,        /* one check in FAR_CHECKS is of a variant that is far behind */
	SAMPLES_ENOUGH = 4,     /* of a variant that is far behind */
	SAMPLES_FEW = 3,        /* of these, the shortest time counts */
	DUE_COPIES = 64,        /* one copy of one part in DUE_COPIES is timed */
	COST_UNIT_BYTES = 1 << 10,
	COST_UNKNOWN = 1 << 30, /* above any cost that is known */
};

/* All members are atomic. */
struct tune_entry {
	uint32_t key; /* hash of the class; 0: empty */
	uint32_t words[2];
	uint32_t uses;   /* decays */
	uint32_t copies; /* whose route was chosen */
	uint32_t parts;  /* whose variant was chosen */
	uint32_t due;    /* calls of tune_is_due() */
	uint32_t tried[TUNE_VARIANTS_MAX];
	struct tune_cost costs[TUNE_VARIANTS_MAX];
};

static struct tune_entry table[TUNE_SLOTS];

static inline uint32_t load_word(const uint32_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static inline void store_word(uint32_t *at, uint32_t value)
{
	(void)__atomic_exchange_n(at, value, __ATOMIC_RELAXED);
}

/* Return the value before. */
static inline uint32_t count_word(uint32_t *at)
{
	return __atomic_fetch_add(at, 1, __ATOMIC_RELAXED);
}

/* Two classes with one hash share a slot: that costs speed only. */
static uint32_t hash_class(const struct tune_class *class)
{
	uint64_t hash = ((uint64_t) class->words[1] << 32 | class->words[0]) * 0x9e3779b97f4a7c15u;

	hash ^= hash >> 29;
	hash *= 0xbf58476d1ce4e5b9u;
	return (uint32_t)(hash >> 32) | 1;
}

static void describe_entry(struct tune_entry *entry, const struct tune_class *class)
{
	store_word(&entry->words[0], class->words[0]);
	store_word(&entry->words[1], class->words[1]);
	store_word(&entry->uses, 1);
	store_word(&entry->copies, 0);
	store_word(&entry->parts, 0);
	store_word(&entry->due, 0);
	for (unsigned i = 0; i < TUNE_VARIANTS_MAX; i++) {
		store_word(&entry->tried[i], 0);
		store_word(&entry->costs[i].cost, 0);
		store_word(&entry->costs[i].samples, 0);
	}
}

/* Give the slot that was used least, or an empty one, to a class. Halve the uses of the others. */
static unsigned replace_entry(uint32_t key, const struct tune_class *class)
{
	unsigned least = key % TUNE_SLOTS;
	uint32_t fewest = UINT32_MAX, old;

	for (unsigned i = 0; i < TUNE_SLOTS; i++) {
		unsigned at = (key + i) % TUNE_SLOTS;
		uint32_t uses = load_word(&table[at].key) == 0 ? 0 : load_word(&table[at].uses) + 1;

		if (uses < fewest) {
			fewest = uses;
			least = at;
		}
		if (uses == 0)
			break;
	}
	old = load_word(&table[least].key);
	if (!__atomic_compare_exchange_n(&table[least].key, &old, key, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return least; /* Another thread was faster. Share its slot this time. */
	describe_entry(&table[least], class);
	for (unsigned i = 0; fewest > 0 && i < TUNE_SLOTS; i++)
		if (i != least)
			store_word(&table[i].uses, load_word(&table[i].uses) / 2);
	return least;
}

/* The slot of a class. TUNE_SLOTS: it has none. */
static unsigned find_entry(uint32_t key)
{
	for (unsigned i = 0; i < TUNE_SLOTS; i++) {
		unsigned at = (key + i) % TUNE_SLOTS;
		uint32_t found = load_word(&table[at].key);

		if (found == key)
			return at;
		if (found == 0)
			break;
	}
	return TUNE_SLOTS;
}

unsigned tune_slot(const struct tune_class *class)
{
	uint32_t key = hash_class(class);
	unsigned slot = find_entry(key);

	if (slot == TUNE_SLOTS)
		return replace_entry(key, class);
	(void)count_word(&table[slot].uses);
	return slot;
}

static uint32_t cost_of(const struct tune_entry *entry, unsigned variant)
{
	uint32_t cost = load_word(&entry->costs[variant].cost);

	return cost == 0 ? COST_UNKNOWN : cost;
}

/* The variant of a set with the least cost. If none was timed: `first` if it is in the set. */
static unsigned best_of(const struct tune_entry *entry, uint32_t options, unsigned first)
{
	unsigned best = options >> first & 1 ? first : (unsigned)__builtin_ctz(options);

	for (uint32_t left = options; left != 0; left &= left - 1) {
		unsigned variant = (unsigned)__builtin_ctz(left);

		if (cost_of(entry, variant) < cost_of(entry, best))
			best = variant;
	}
	return best;
}

/* Is a cost more than a quarter above another? A cost that is not known is not. */
static bool is_far(uint32_t cost, uint32_t best)
{
	return cost < COST_UNKNOWN && cost > best + best / 4;
}

/* Is a cost more than twice another? */
static bool is_hopeless(uint32_t cost, uint32_t best)
{
	return cost < COST_UNKNOWN && cost / 2 > best;
}

bool tune_choose_route(unsigned slot, const struct tune_options *options)
{
	struct tune_entry *entry = &table[slot];
	uint32_t turn = count_word(&entry->copies), checks = turn / CHECK_COPIES;
	bool first = options->streamed >> options->first & 1, streams;
	uint32_t cached = cost_of(entry, best_of(entry, options->cached, options->first));
	uint32_t streamed = cost_of(entry, best_of(entry, options->streamed, options->first));
	uint32_t best = cached < streamed ? cached : streamed,
		 other = cached < streamed ? streamed : cached;

	if (best == COST_UNKNOWN || turn < TRY_COPIES_FIRST)
		return first;
	if (turn < TRY_COPIES_FIRST + TRY_COPIES && !is_hopeless(first ? cached : streamed, best))
		return !first;
	streams = cached == streamed ? first : streamed < cached;
	/* The memory may have been cold when the routes were tried. */
	if (turn >= CHECK_COPIES_AGAIN && turn < CHECK_COPIES_AGAIN + CHECK_COPIES_RUN)
		return streams != !is_hopeless(other, best);
	if (turn % CHECK_COPIES >= CHECK_COPIES_RUN || turn < CHECK_COPIES ||
	    (is_far(other, best) && checks % FAR_CHECKS != 0))
		return streams;
	return !streams;
}

/* The variant of a set that was not tried yet. TUNE_VARIANTS_MAX: there is none. */
static unsigned untried_of(struct tune_entry *entry, uint32_t options)
{
	for (uint32_t left = options; left != 0; left &= left - 1) {
		unsigned variant = (unsigned)__builtin_ctz(left);

		if (load_word(&entry->tried[variant]) == 0 &&
		    load_word(&entry->costs[variant].cost) == 0 &&
		    count_word(&entry->tried[variant]) == 0)
			return variant;
	}
	return TUNE_VARIANTS_MAX;
}

/* Bit number `n` of a set, counted round and round. */
static unsigned nth_of(uint32_t options, uint32_t n)
{
	n %= (uint32_t)__builtin_popcount(options);
	for (; n > 0; n--)
		options &= options - 1;
	return (unsigned)__builtin_ctz(options);
}

/*
 * Is a variant so far behind the best that it is checked rarely? The first time may be long because
 * the memory was not warm. So a variant that is not hopeless gets more than one check first.
 */
static bool skips_checks(const struct tune_entry *entry, unsigned variant, unsigned best)
{
	uint32_t cost = cost_of(entry, variant), least = cost_of(entry, best);

	return is_hopeless(cost, least) ||
	       (is_far(cost, least) && load_word(&entry->costs[variant].samples) >= SAMPLES_ENOUGH);
}

unsigned tune_choose(unsigned slot, uint32_t options, unsigned first, bool *checks)
{
	struct tune_entry *entry = &table[slot];
	unsigned best, other;
	uint32_t turn;

	*checks = false;
	best = best_of(entry, options, first);
	if ((options & (options - 1)) == 0)
		return best;
	turn = count_word(&entry->parts);
	*checks = true;
	if (turn < TRY_PARTS_FIRST)
		return best;
	other = untried_of(entry, options & ~(1u << best));
	if (other < TUNE_VARIANTS_MAX)
		return other;
	if (turn % CHECK_PARTS == CHECK_PARTS - 1) {
		turn /= CHECK_PARTS;
		other = nth_of(options, turn);
		if (!skips_checks(entry, other, best) ||
		    turn / (uint32_t)__builtin_popcount(options) % FAR_CHECKS == FAR_CHECKS - 1)
			return other;
	}
	*checks = false;
	return best;
}

unsigned tune_best(unsigned slot, uint32_t options, unsigned first)
{
	return best_of(&table[slot], options, first);
}

bool tune_is_due(unsigned slot)
{
	return count_word(&table[slot].due) % DUE_COPIES == 0;
}

/*
 * Move a cost towards a new one: quickly down, slowly up. A thread that loses its CPU, and pages
 * that are touched for the first time, make a time longer; nothing makes it shorter.
 */
static uint32_t blend_costs(uint32_t old, uint32_t new, uint32_t samples)
{
	if (old == 0 || (new < old &&samples < SAMPLES_FEW))
		return new;
	if (new < old)
		return old - (old - new + 1) / 2;
	if (new > 2 * (uint64_t)old)
		new = 2 * old;
	return old + (new - old) / 8;
}

void tune_report(unsigned slot, unsigned variant, uint64_t bytes, uint64_t ns)
{
	struct tune_cost *known = &table[slot].costs[variant];
	uint64_t cost;

	if (bytes == 0)
		return;
	cost = ns < UINT64_MAX / 1000 / COST_UNIT_BYTES ? ns * 1000 * COST_UNIT_BYTES / bytes
							: COST_UNKNOWN;
	if (cost == 0)
		cost = 1;
	else if (cost > TUNE_COST_MAX)
		cost = TUNE_COST_MAX;
	store_word(&known->cost, blend_costs(load_word(&known->cost), (uint32_t)cost,
					     count_word(&known->samples)));
}

bool tune_read(unsigned slot, struct tune_record *record)
{
	const struct tune_entry *entry = &table[slot];

	if (load_word(&entry->key) == 0)
		return false;
	record->class.words[0] = load_word(&entry->words[0]);
	record->class.words[1] = load_word(&entry->words[1]);
	record->uses = load_word(&entry->uses);
	for (unsigned i = 0; i < TUNE_VARIANTS_MAX; i++) {
		record->costs[i].cost = load_word(&entry->costs[i].cost);
		record->costs[i].samples = load_word(&entry->costs[i].samples);
	}
	return record->class.words[0] != 0;
}

void tune_add(const struct tune_record *record)
{
	uint32_t key = hash_class(&record->class);
	unsigned free = 0, slot;

	for (unsigned i = 0; i < TUNE_SLOTS; i++)
		free += load_word(&table[i].key) == 0;
	if (free == 0 || find_entry(key) < TUNE_SLOTS)
		return;
	slot = replace_entry(key, &record->class);
	store_word(&table[slot].uses, record->uses);
	store_word(&table[slot].copies, TRY_COPIES_FIRST + TRY_COPIES);
	store_word(&table[slot].parts, TRY_PARTS_FIRST);
	for (unsigned i = 0; i < TUNE_VARIANTS_MAX; i++) {
		store_word(&table[slot].costs[i].cost, record->costs[i].cost);
		store_word(&table[slot].costs[i].samples, record->costs[i].samples);
	}
}

void tune_clear(void)
{
	for (unsigned i = 0; i < TUNE_SLOTS; i++)
		store_word(&table[i].key, 0);
}
