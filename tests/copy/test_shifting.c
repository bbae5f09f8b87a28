/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of layouts that change their answers between any two calls of their operators. Such a copy
 * must end, return a documented code, and write only to the destination's memory.
 */
#include <aml.h>
#include <aml/dma/linux.h>

#include "random.h"
#include "shifting.h"
#include "suite.h"

#define THREADS 3

static struct aml_dma *engines[THREADS];

static void start(void)
{
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(aml_dma_linux_create(&engines[i], i), AML_SUCCESS);
}

static void finish(void)
{
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(aml_dma_linux_destroy(&engines[i]), AML_SUCCESS);
}

static size_t pick(void *arg, size_t n)
{
	return rng_below(arg, n);
}

/* Contract: LAYOUT-3. */
START_TEST(answers_that_change_at_random)
{
	struct rng rng = {0};

	start();
	while (rng_next_case(&rng, 10000)) {
		struct shifting_source source = {pick, &rng, 0};
		size_t calls;
		const char *wrong =
			shifting_run(&source, engines[rng_below(&rng, THREADS)], &calls);

		ck_assert_msg(wrong == NULL, RNG_FORMAT "%s", RNG_ARGS(&rng), wrong);
	}
	finish();
}
END_TEST

/* The same copy again and again: an answer changes at the first call, then at the second, … */
/* Contract: LAYOUT-3. */
START_TEST(an_answer_that_changes_at_each_call)
{
	struct rng rng = {0};

	start();
	while (rng_next_case(&rng, 300)) {
		struct aml_dma *dma = engines[rng_below(&rng, THREADS)];
		size_t calls = 1;

		for (size_t at = 1; at <= calls && at < 100; at++) {
			struct rng again = rng;
			struct shifting_source source = {pick, &again, at};
			const char *wrong = shifting_run(&source, dma, &calls);

			ck_assert_msg(wrong == NULL, RNG_FORMAT "at call %zu: %s", RNG_ARGS(&rng),
				      at, wrong);
		}
	}
	finish();
}
END_TEST

SUITE("copy/shifting", answers_that_change_at_random, an_answer_that_changes_at_each_call)
