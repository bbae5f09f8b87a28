/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses the variants of plans and parts (variant.h), and reports how long they took. The choice
 * is the first choice for the machine, one that is forced, or one that was learnt (tune.h).
 *
 * A plan below copy_choice_bytes() has no choice: it has no variant, and does not stream. None of
 * the functions is called for it.
 */
#ifndef PLAN_CHOOSE_H
#define PLAN_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/plan.h"
#include "plan/variant.h"

/* Only choose.c writes it. Read it with copy_choice_bytes(). */
extern uint64_t copy_choice_bytes_min[VARIANT_KINDS] __attribute__((visibility("hidden")));

/* The payload from which plans of a kind have a choice. */
static inline uint64_t copy_choice_bytes(uint8_t kind)
{
	return copy_choice_bytes_min[kind];
}

/*
 * Choose the route of a plan of `bytes` bytes: through the caches or past them. Sets `stream`,
 * `tune_slot` and `timed`. The plan is flat, strided or a transposition. A transposition's loops
 * need not have their final order.
 */
void copy_choose_route(struct copy_plan *plan, uint64_t bytes);

/*
 * Choose the variant of a plan of `bytes` bytes, on its route. Sets `variant`, and may clear
 * `timed`. Call it before copy_plan_choose_method().
 */
void copy_choose_variant(struct copy_plan *plan, uint64_t bytes);

/* The same for a part, after it was cut from a plan with a variant. */
void copy_choose_part_variant(struct copy_plan *part);

/* Report that a plan or part with `timed` took `ns` nanoseconds. */
void copy_choice_report(const struct copy_plan *plan, uint64_t ns);

/* Is the variant of a plan forced by the environment? */
bool copy_choice_is_forced(const struct copy_plan *plan);

/* Is something learnt about plans like this one, which has a variant? If so, in `tune_slot`. */
bool copy_choice_is_learnt(const struct copy_plan *plan);

/* What the environment allows. */
struct choice_rules {
	bool off;                      /* keep to the first choice */
	uint8_t forced[VARIANT_KINDS]; /* enum copy_variant_id; VARIANT_NONE: not forced */
};

/* Use other rules. For the start of the library, and for tests: no copy may be planned meanwhile.
 */
void copy_set_choice_rules(const struct choice_rules *rules);

#endif /* PLAN_CHOOSE_H */
