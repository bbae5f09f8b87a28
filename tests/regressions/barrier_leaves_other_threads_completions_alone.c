/* SPDX-License-Identifier: BSD-3-Clause */
/* AML's barrier consumed the completions of other threads' requests. Their waits then hung. */
#include <sched.h>

#include "gate.h"
#include "suite.h"

struct waiting_poster {
	struct aml_dma *dma;
	pthread_t thread;
	int wrong;
};

static void *post_and_wait(void *arg)
{
	struct waiting_poster *poster = arg;

	for (int i = 0; i < 500; i++) {
		struct job jobs[2] = {{.result = -1 - i}, {.result = 0}};
		struct aml_dma_request *reqs[2] = {NULL};

		for (int k = 0; k < 2; k++)
			poster->wrong += job_post(poster->dma, &reqs[k], &jobs[k]) != 0;
		if (i % 4 == 0)
			sched_yield();
		for (int k = 0; k < 2; k++)
			poster->wrong += aml_dma_wait(poster->dma, &reqs[k]) != jobs[k].result;
	}
	return NULL;
}

/* Contract: BARRIER-7. */
START_TEST(waits_return_whatever_barriers_run_beside_them)
{
	enum { POSTERS = 3 };

	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = NULL;
		struct waiting_poster posters[POSTERS];

		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
		for (int i = 0; i < POSTERS; i++) {
			posters[i] = (struct waiting_poster){.dma = dma};
			ck_assert_int_eq(pthread_create(&posters[i].thread, NULL, post_and_wait,
							&posters[i]),
					 0);
		}
		for (int i = 0; i < 200; i++)
			aml_dma_barrier(dma);
		for (int i = 0; i < POSTERS; i++) {
			ck_assert_int_eq(pthread_join(posters[i].thread, NULL), 0);
			ck_assert_int_eq(posters[i].wrong, 0);
		}
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

SUITE("regressions/barrier_leaves_other_threads_completions_alone",
      waits_return_whatever_barriers_run_beside_them)
