/* SPDX-License-Identifier: BSD-3-Clause */
/* AML's second aml_init() made a second engine, and leaked the first engine with its threads. */
#include <sched.h>

#include "gate.h"
#include "suite.h"

/* Contract: INIT-1. */
START_TEST(calls_of_init_are_counted)
{
	struct aml_dma *engine;
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_dma_request *req = NULL;
	pid_t tid;

	gate_init(&gate);
	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "1", 1), 0);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	engine = aml_dma_linux;
	ck_assert_int_eq(job_post(aml_dma_linux, &req, &job), 0);
	gate_await(&gate);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_ptr_eq(aml_dma_linux, engine);
	ck_assert_uint_eq(threads_named("aml-dma/", &tid, 1), 1);
	ck_assert_int_eq(aml_finalize(), 0);
	ck_assert_ptr_eq(aml_dma_linux, engine);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(aml_dma_linux, &req), 0);
	ck_assert_int_eq(aml_finalize(), 0);
	ck_assert_ptr_null(aml_dma_linux);
	/* No worker is left. A joined thread may still be listed for a moment. */
	while (threads_named("aml-dma/", &tid, 1) > 0)
		sched_yield();
	gate_destroy(&gate);
}
END_TEST

SUITE("regressions/second_init_keeps_the_engine", calls_of_init_are_counted)
