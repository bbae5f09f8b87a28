/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A shuffled plan that the planner would not make. The planner estimates the windows of a vector. A
 * plan whose vectors need more windows than there is room for is copied nevertheless.
 */
#include <aml/utils/error.h>

#include "copy/run.h"
#include "kernels/kernels.h"
#include "plan/plan.h"
#include "suite.h"

enum { ROWS = 10, ROW_BYTES = 64, STEP_BYTES = 100 };

START_TEST(a_vector_of_too_many_windows_is_copied_by_elements)
{
	static char to[ROWS * ROW_BYTES], from[ROW_BYTES * STEP_BYTES + ROWS];
	union copy_plan_room room;
	struct copy_plan *plan = copy_plan_start(&room, 1);

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (char)(i * 7 + i / STEP_BYTES);
	plan->kind = COPY_STRIDED;
	plan->nloops = 2;
	plan->loops[0] = (struct copy_loop){ROW_BYTES, 1, STEP_BYTES};
	plan->loops[1] = (struct copy_loop){ROWS, ROW_BYTES, 1};
	if (kernels()->shuffle != NULL) {
		plan->method = COPY_BY_SHUFFLE;
		plan->shuffled = (struct copy_shuffled){.unit_loop = 0, .iterations = ROW_BYTES};
	}
	plan->run.dst = to;
	plan->run.src = from;
	ck_assert_int_eq(copy_plan_run(plan), AML_SUCCESS);
	for (size_t i = 0; i < sizeof(to); i++)
		ck_assert_int_eq(to[i], from[i % ROW_BYTES * STEP_BYTES + i / ROW_BYTES]);
}
END_TEST

SUITE("copy/shuffle", a_vector_of_too_many_windows_is_copied_by_elements)
