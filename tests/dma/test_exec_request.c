/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml_dma_linux_exec_request() on structures filled in by hand, and the public members of a
 * request.
 */
#include <aml/layout/dense.h>

#include "gate.h"
#include "suite.h"

struct seen {
	struct aml_layout *dst;
	const struct aml_layout *src;
	int calls, result;
};

static int note(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct seen *seen = arg;

	seen->dst = dst;
	seen->src = src;
	seen->calls++;
	return seen->result;
}

static void exec(struct aml_dma_linux_task_in *in, int *out)
{
	aml_dma_linux_exec_request((struct aml_task_in *)in, (struct aml_task_out *)out);
}

/* Contract: COPY-10. */
START_TEST(it_calls_the_operator_and_stores_the_result)
{
	const int results[] = {0, -AML_EDOM, -1000, 5};

	for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++) {
		struct aml_layout dst, src;
		struct seen seen = {.result = results[i]};
		struct aml_dma_linux_task_in in = {
			.op = note, .dst = &dst, .src = &src, .op_arg = &seen, .req = NULL};
		int out = 12345;

		exec(&in, &out);
		ck_assert_int_eq(seen.calls, 1);
		ck_assert_ptr_eq(seen.dst, &dst);
		ck_assert_ptr_eq(seen.src, &src);
		ck_assert_int_eq(out, results[i]);
	}
}
END_TEST

/* Contract: ERROR-3. */
START_TEST(it_does_nothing_without_an_input_or_an_output)
{
	struct seen seen = {.result = -AML_EDOM};
	struct aml_dma_linux_request req = {.flags = 0};
	struct aml_dma_linux_task_in in = {.op = note, .op_arg = &seen, .req = &req};
	int out = 12345;

	exec(&in, NULL);
	exec(NULL, &out);
	ck_assert_int_eq(seen.calls, 0);
	ck_assert_int_eq(req.flags, 0);
	ck_assert_int_eq(out, 12345);
}
END_TEST

/* Contract: COPY-10. */
START_TEST(it_marks_the_request_where_there_is_one)
{
	const int flags[] = {0, AML_DMA_LINUX_REQUEST_FLAGS_OWNED};

	for (size_t i = 0; i < 2; i++) {
		struct aml_dma_linux_request req, before;
		struct seen seen = {.result = -AML_EDOM};
		struct aml_dma_linux_task_in in = {.op = note, .op_arg = &seen, .req = &req};
		int out = 0;

		/* The call changes only the flags, and only the bit DONE. */
		memset(&req, 0x5A, sizeof(req));
		req.flags = flags[i];
		memcpy(&before, &req, sizeof(req));
		exec(&in, &out);
		ck_assert_int_eq(out, -AML_EDOM);
		ck_assert_int_eq(req.flags, flags[i] | AML_DMA_LINUX_REQUEST_FLAGS_DONE);
		req.flags = flags[i];
		ck_assert_mem_eq(&req, &before, sizeof(req));
	}
}
END_TEST

/* Contract: COPY-10. */
START_TEST(it_works_within_the_public_members_of_a_request)
{
	/*
	 * A program written for AML allocates exactly the public structure, so nothing lies behind
	 * it.
	 */
	struct aml_dma_linux_request *req = calloc(1, sizeof(*req));
	struct seen seen = {.result = -AML_EPERM};

	ck_assert_ptr_nonnull(req);
	req->task_in = (struct aml_dma_linux_task_in){.op = note, .op_arg = &seen, .req = req};
	req->task.in = (struct aml_task_in *)&req->task_in;
	req->task.out = (struct aml_task_out *)&req->task_out;
	req->task.fn = aml_dma_linux_exec_request;
	req->task.fn(req->task.in, req->task.out);
	ck_assert_int_eq(req->task_out, -AML_EPERM);
	ck_assert_int_eq(req->flags, AML_DMA_LINUX_REQUEST_FLAGS_DONE);
	free(req);
}
END_TEST

/* Contract: COPY-10. */
START_TEST(it_may_be_a_task_of_any_scheduler)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct seen seen = {.result = -AML_EDOM};
	struct aml_dma_linux_task_in in = {.op = note, .op_arg = &seen};
	int out = 0;
	struct aml_task task = {.in = (struct aml_task_in *)&in,
				.out = (struct aml_task_out *)&out,
				.fn = aml_dma_linux_exec_request};

	ck_assert_int_eq(aml_sched_submit_task(sched, &task), 0);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
	ck_assert_int_eq(out, -AML_EDOM);
	aml_queue_sched_destroy(&sched);
}
END_TEST

START_TEST(it_runs_the_library_s_operators)
{
	size_t dim = 5, other = 6;
	int from[6] = {1, 2, 3, 4, 5, 6}, to[6] = {0}, out = 1;
	struct aml_layout *src = NULL, *dst = NULL, *longer = NULL;
	struct aml_dma_linux_task_in in = {.op = aml_dma_linux_copy_generic};

	ck_assert_int_eq(aml_layout_dense_create(&src, from, 0, 4, 1, &dim, NULL, NULL), 0);
	ck_assert_int_eq(aml_layout_dense_create(&dst, to, 0, 4, 1, &dim, NULL, NULL), 0);
	ck_assert_int_eq(aml_layout_dense_create(&longer, to, 0, 4, 1, &other, NULL, NULL), 0);
	in.src = src;
	in.dst = dst;
	exec(&in, &out);
	ck_assert_int_eq(out, 0);
	ck_assert_mem_eq(to, from, 20);
	ck_assert_int_eq(to[5], 0);

	in.dst = longer;
	exec(&in, &out);
	ck_assert_int_eq(out, -AML_EINVAL);

	in.op = aml_dma_linux_memcpy_op;
	in.dst = (struct aml_layout *)&to[5];
	in.src = (struct aml_layout *)&from[5];
	in.op_arg = (void *)sizeof(int);
	exec(&in, &out);
	ck_assert_int_eq(out, 0);
	ck_assert_int_eq(to[5], 6);
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&longer);
}
END_TEST

/* Contract: COPY-11. */
START_TEST(a_finished_request_shows_its_flags_and_its_result)
{
	const int results[] = {0, -AML_EDOM};
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	for (size_t i = 0; i < 2; i++) {
		struct job job = {.result = results[i]};
		struct aml_dma_request *req = NULL;
		const struct aml_dma_linux_request *shown;

		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), results[i]);
		shown = (const struct aml_dma_linux_request *)req;
		ck_assert_int_eq(shown->flags, AML_DMA_LINUX_REQUEST_FLAGS_DONE);
		ck_assert_int_eq(shown->task_out, results[i]);
		ck_assert(shown->task_in.op == job_operator);
		ck_assert_ptr_eq(shown->task_in.op_arg, &job);
		ck_assert_ptr_eq(shown->task_in.dst, &any_layout);
		ck_assert_ptr_eq(shown->task_in.src, &any_layout);
		ck_assert_int_eq(aml_dma_wait(dma, &req), results[i]);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Contract: COPY-11. */
START_TEST(a_request_is_not_done_before_it_has_run)
{
	struct aml_dma *dma = NULL;
	struct job job = {.result = 0};
	struct aml_dma_request *req = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), 0);
	for (int i = 0; i < 2; i++) {
		/* The second request reuses the memory of a finished one. */
		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(((struct aml_dma_linux_request *)req)->flags, 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

SUITE("dma/exec_request", it_calls_the_operator_and_stores_the_result,
      it_does_nothing_without_an_input_or_an_output, it_marks_the_request_where_there_is_one,
      it_works_within_the_public_members_of_a_request, it_may_be_a_task_of_any_scheduler,
      it_runs_the_library_s_operators, a_finished_request_shows_its_flags_and_its_result,
      a_request_is_not_done_before_it_has_run)
