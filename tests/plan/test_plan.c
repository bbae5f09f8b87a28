/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls the planner with factors that no layout has. A plan never exceeds its room. The planner
 * rejects sides with different numbers of elements, for any factors.
 */
#include <stdint.h>
#include <string.h>

#include <aml.h>

#include "plan/views.h"
#include "random.h"
#include "sizes.h"
#include "suite.h"

#define GUARD_BYTES 256

static char memory[64];

/* The room of a plan, followed by guard bytes. */
static _Alignas(union copy_plan_room) unsigned char memory_of_plan[sizeof(union copy_plan_room) +
								   GUARD_BYTES];

static union copy_plan_room *const room = (union copy_plan_room *)(void *)memory_of_plan;

/* Plan a copy in the room. Check the guard bytes. */
static int plan_guarded(const struct view *dst, const struct view *src)
{
	unsigned char *guard = memory_of_plan + sizeof(*room);
	struct view to = *dst, from = *src;
	int err;

	memset(guard, 0xee, GUARD_BYTES);
	err = copy_plan_views(room, &to, &from, 1);
	for (size_t i = 0; i < GUARD_BYTES; i++)
		ck_assert_uint_eq(guard[i], 0xee);
	return err;
}

static struct view make_view(size_t n, const size_t *extents)
{
	struct view made = {.base = memory, .by_dims = true, .nfactors = n};

	for (size_t i = 0; i < n; i++)
		made.factors[i] = (struct factor){extents[i], 1};
	return made;
}

/* Contract: LAYOUT-3. */
START_TEST(numbers_of_elements_that_differ_are_refused)
{
	static const struct {
		size_t n, extents[3];
	} sides[] = {
		{1, {4}}, {1, {2}},    {2, {4, 3}},        {3, {4, 3, 2}},
		{1, {1}}, {1, {0}},    {2, {0, 0}},        {3, {2, 0, 3}},
		{1, {7}}, {2, {1, 1}}, {2, {SIZE_MAX, 2}}, {2, {SIZE_MAX, SIZE_MAX}},
		{1, {6}}, {2, {2, 3}}, {2, {3, 2}},        {3, {1, 6, 1}},
	};
	/* The number of elements of each side; 0: none, or the number overflows. */
	static const size_t counts[] = {4, 2, 12, 24, 1, 0, 0, 0, 7, 1, 0, 0, 6, 6, 6, 6};

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		for (size_t j = 0; j < sizeof(counts) / sizeof(*counts); j++) {
			struct view dst = make_view(sides[i].n, sides[i].extents);
			struct view src = make_view(sides[j].n, sides[j].extents);
			bool same = counts[i] > 0 && counts[i] == counts[j];

			ck_assert_int_eq(plan_guarded(&dst, &src),
					 same ? AML_SUCCESS : -AML_EINVAL);
			if (same)
				ck_assert_uint_eq(copy_plan_payload(&room->plan), counts[i]);
		}
	}
}
END_TEST

/* Random extents with a product of at most SIZE_MAX, and random steps. */
static struct view random_view(struct rng *rng, const struct view *like)
{
	struct view made = {.base = memory, .by_dims = true};
	size_t budget, pieces[62], n = 0;

	/* The same number of factors of 2 as `like`, or a random number. */
	if (like != NULL) {
		budget = 0;
		for (size_t i = 0; i < like->nfactors; i++)
			budget += (size_t)__builtin_ctzll(like->factors[i].extent);
	} else {
		budget = rng_below(rng, SIZE_BITS - 2);
	}
	while (budget > 0) {
		pieces[n] = rng_range(rng, 1, budget < 3 ? budget : 3);
		budget -= pieces[n++];
	}
	made.nfactors = n;
	for (size_t i = 0; i < n; i++)
		made.factors[i] =
			(struct factor){(size_t)1 << pieces[i], (ptrdiff_t)rng_range(rng, 1, 1000)};
	/* Sometimes an extent that is not a power of 2: a walk, or a mismatch. */
	if (rng_chance(rng, 20) && n > 0)
		made.factors[rng_below(rng, n)].extent *= 3;
	return made;
}

static size_t count_elements(const struct view *v)
{
	size_t n = 1;

	for (size_t i = 0; i < v->nfactors; i++)
		n *= v->factors[i].extent;
	return n;
}

/* Contract: LAYOUT-3. */
START_TEST(plans_keep_to_their_room)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 5000)) {
		struct view dst = random_view(&rng, NULL);
		struct view src = random_view(&rng, rng_chance(&rng, 80) ? &dst : NULL);
		bool same = count_elements(&dst) == count_elements(&src);
		int err = plan_guarded(&dst, &src);

		ck_assert_msg(err == (same ? AML_SUCCESS : -AML_EINVAL), RNG_FORMAT "%d",
			      RNG_ARGS(&rng), err);
		if (!same)
			continue;
		ck_assert_uint_le(room->plan.nloops, COPY_LOOPS_MAX);
		ck_assert_uint_eq(copy_plan_payload(&room->plan), count_elements(&dst));
	}
}
END_TEST

SUITE("plan/plan", numbers_of_elements_that_differ_are_refused, plans_keep_to_their_room)
