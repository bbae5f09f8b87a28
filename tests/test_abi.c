/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The members of public structures have the offsets and sizes that programs compiled for AML
 * expect. Each structure is repeated here as AML declares it. The library may only add members at
 * the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>

#include "suite.h"

/* The member has the same offset and size in both structures. */
#define SAME(ours, theirs, member)                                                   \
	do {                                                                         \
		ck_assert_uint_eq(offsetof(ours, member), offsetof(theirs, member)); \
		ck_assert_uint_eq(sizeof(((ours *)NULL)->member),                    \
				  sizeof(((theirs *)NULL)->member));                 \
	} while (0)

/* Any function: all pointers to functions have the same size. */
typedef void (*function)(void);

/* Contract: NAME-4. */
START_TEST(engines)
{
	struct theirs {
		void *ops, *data;
	};
	struct dma_ops {
		function create_request, destroy_request, wait_request, barrier, fprintf;
	};

	SAME(struct aml_dma, struct theirs, ops);
	SAME(struct aml_dma, struct theirs, data);
	ck_assert_uint_eq(sizeof(struct aml_dma), sizeof(struct theirs));
	SAME(struct aml_dma_ops, struct dma_ops, create_request);
	SAME(struct aml_dma_ops, struct dma_ops, destroy_request);
	SAME(struct aml_dma_ops, struct dma_ops, wait_request);
	SAME(struct aml_dma_ops, struct dma_ops, barrier);
	SAME(struct aml_dma_ops, struct dma_ops, fprintf);
}
END_TEST

/* Contract: NAME-4. */
START_TEST(the_engine_of_linux_and_its_requests)
{
	struct data {
		struct aml_sched *sched;
	};
	struct task_in {
		aml_dma_operator op;
		struct aml_layout *dst, *src;
		void *op_arg;
		struct aml_dma_linux_request *req;
	};
	/* struct aml_task itself may be larger than in AML. */
	struct engine_request {
		struct aml_task task;
		struct task_in task_in;
		int task_out, flags;
	};

	SAME(struct aml_dma_linux_data, struct data, sched);
	SAME(struct aml_dma_linux_task_in, struct task_in, op);
	SAME(struct aml_dma_linux_task_in, struct task_in, dst);
	SAME(struct aml_dma_linux_task_in, struct task_in, src);
	SAME(struct aml_dma_linux_task_in, struct task_in, op_arg);
	SAME(struct aml_dma_linux_task_in, struct task_in, req);
	SAME(struct aml_dma_linux_request, struct engine_request, task);
	SAME(struct aml_dma_linux_request, struct engine_request, task_in);
	SAME(struct aml_dma_linux_request, struct engine_request, task_out);
	SAME(struct aml_dma_linux_request, struct engine_request, flags);
}
END_TEST

/* Contract: NAME-4. */
START_TEST(schedulers_and_tasks)
{
	struct task {
		struct aml_task_in *in;
		struct aml_task_out *out;
		aml_task_work fn;
		void *data;
	};
	struct sched_ops {
		function submit, wait, wait_any;
	};
	struct sched {
		void *data, *ops;
	};

	SAME(struct aml_task, struct task, in);
	SAME(struct aml_task, struct task, out);
	SAME(struct aml_task, struct task, fn);
	SAME(struct aml_task, struct task, data);
	SAME(struct aml_sched_ops, struct sched_ops, submit);
	SAME(struct aml_sched_ops, struct sched_ops, wait);
	SAME(struct aml_sched_ops, struct sched_ops, wait_any);
	SAME(struct aml_sched, struct sched, data);
	SAME(struct aml_sched, struct sched, ops);
	ck_assert_uint_eq(sizeof(struct aml_sched), sizeof(struct sched));
}
END_TEST

/* Contract: NAME-4. */
START_TEST(the_data_of_layouts)
{
	struct dense {
		void *ptr;
		size_t ndims, *dims, *stride, *cpitch;
	};
	struct pad {
		int tags;
		struct aml_layout *target;
		size_t ndims, element_size, *dims, *target_dims;
		void *neutral;
	};
	struct reshape {
		struct aml_layout *target;
		size_t ndims, target_ndims, *dims, *coffsets, *target_dims;
	};

	SAME(struct aml_layout_dense, struct dense, ptr);
	SAME(struct aml_layout_dense, struct dense, ndims);
	SAME(struct aml_layout_dense, struct dense, dims);
	SAME(struct aml_layout_dense, struct dense, stride);
	SAME(struct aml_layout_dense, struct dense, cpitch);
	SAME(struct aml_layout_pad, struct pad, tags);
	SAME(struct aml_layout_pad, struct pad, target);
	SAME(struct aml_layout_pad, struct pad, ndims);
	SAME(struct aml_layout_pad, struct pad, element_size);
	SAME(struct aml_layout_pad, struct pad, dims);
	SAME(struct aml_layout_pad, struct pad, target_dims);
	SAME(struct aml_layout_pad, struct pad, neutral);
	/* Not in AML: behind what AML has. */
	ck_assert_uint_eq(offsetof(struct aml_layout_pad, offsets), sizeof(struct pad));
	SAME(struct aml_layout_data_reshape, struct reshape, target);
	SAME(struct aml_layout_data_reshape, struct reshape, ndims);
	SAME(struct aml_layout_data_reshape, struct reshape, target_ndims);
	SAME(struct aml_layout_data_reshape, struct reshape, dims);
	SAME(struct aml_layout_data_reshape, struct reshape, coffsets);
	SAME(struct aml_layout_data_reshape, struct reshape, target_dims);
}
END_TEST

/* Members that AML's tables lack stand behind those of AML: a shorter initialiser makes them NULL.
 */
/* Contract: NAME-4. */
START_TEST(further_members_of_tables_come_last)
{
	static struct aml_layout_ops layout_ops = {.destroy = NULL};
	static struct aml_dma_ops dma_ops = {.fprintf = NULL};

	ck_assert_uint_eq(offsetof(struct aml_layout_ops, steps_native), 14 * sizeof(function));
	ck_assert_uint_eq(offsetof(struct aml_layout_ops, concurrent), 15 * sizeof(function));
	ck_assert_uint_eq(sizeof(struct aml_layout_ops), 16 * sizeof(function));
	ck_assert_uint_eq(offsetof(struct aml_dma_ops, copy), 5 * sizeof(function));
	ck_assert_uint_eq(offsetof(struct aml_dma_ops, extension), 6 * sizeof(function));
	ck_assert_uint_eq(sizeof(struct aml_dma_ops), 7 * sizeof(function));
	ck_assert(layout_ops.concurrent == NULL && dma_ops.extension == NULL);
	/* The table of further operations begins with its size. */
	ck_assert_uint_eq(offsetof(struct aml_dma_extension, size), 0);
	ck_assert_uint_eq(offsetof(struct aml_dma_extension, test), 5 * sizeof(function));
	ck_assert_uint_eq(offsetof(struct aml_dma_extension, progress), 14 * sizeof(function));
	ck_assert_uint_eq(sizeof(struct aml_dma_extension), 15 * sizeof(function));
}
END_TEST

/* Contract: NAME-4. */
START_TEST(the_data_of_steps_layouts)
{
	struct steps {
		void *ptr;
		size_t ndims, element_size, *dims;
		ptrdiff_t *steps;
	};

	SAME(struct aml_layout_steps, struct steps, ptr);
	SAME(struct aml_layout_steps, struct steps, ndims);
	SAME(struct aml_layout_steps, struct steps, element_size);
	SAME(struct aml_layout_steps, struct steps, dims);
	SAME(struct aml_layout_steps, struct steps, steps);
	ck_assert_uint_eq(sizeof(struct aml_layout_steps), sizeof(struct steps));
}
END_TEST

SUITE("abi", engines, the_engine_of_linux_and_its_requests, schedulers_and_tasks,
      the_data_of_layouts, further_members_of_tables_come_last, the_data_of_steps_layouts)
