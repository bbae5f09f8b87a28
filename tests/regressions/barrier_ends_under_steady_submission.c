/* SPDX-License-Identifier: BSD-3-Clause */
/* AML's barrier waited for an empty queue, and never ended while other threads posted. */
#include <sched.h>

#include "gate.h"
#include "suite.h"

/* A chain of operators, each of which posts the next one until `stop` is set. */
struct chain {
	struct aml_dma *dma;
	atomic_int *stop;
	atomic_int links;
};

static int post_next(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct chain *chain = arg;

	(void)src;
	atomic_fetch_add(&chain->links, 1);
	if (atomic_load(chain->stop))
		return 0;
	/* If the operator and the barrier share a CPU, let the barrier run. */
	sched_yield();
	return aml_dma_async_copy_custom(chain->dma, NULL, dst, &any_layout, post_next, chain);
}

/* Contract: BARRIER-2. */
START_TEST(a_barrier_ends_though_there_is_always_something_queued)
{
	enum { CHAINS = 3 };

	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = NULL;
		atomic_int stop = 0;
		struct chain chains[CHAINS];

		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
		for (int i = 0; i < CHAINS; i++) {
			chains[i] = (struct chain){.dma = dma, .stop = &stop};
			ck_assert_int_eq(aml_dma_async_copy_custom(dma, NULL, &any_layout,
								   &any_layout, post_next,
								   &chains[i]),
					 0);
		}
		for (int i = 0; i < 50; i++)
			ck_assert_int_eq(aml_dma_barrier(dma), 0);
		atomic_store(&stop, 1);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		for (int i = 0; i < CHAINS; i++)
			ck_assert_int_gt(atomic_load(&chains[i].links), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

SUITE("regressions/barrier_ends_under_steady_submission",
      a_barrier_ends_though_there_is_always_something_queued)
