/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The binary interface that programs compile in: the offset and size of each member of each public
 * structure, and the number of each constant. tests/build/symbols.sh fails if the test lacks one.
 *
 * Each structure is repeated here as its first version declares it, and as AML does if AML has it,
 * so that the expected values hold on every machine, whatever its alignment. Do not change what is
 * here: a library that needs it changed needs another soname.
 *
 * What may be added depends on who makes the structure:
 *  - If it begins with its size, later versions may append members (GROWS). The library learns from
 *    the size what the program knows. Append the new members here, too.
 *  - If only the library makes it, members may be appended.
 *  - Otherwise programs make it, and its size is fixed (FIXED). The tables of operators are of this
 *    kind: whenever they grow, the soname changes.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/multiplex.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>
#include <aml/utils/features.h>

#include "suite.h"

/* The member has the same offset and size in both structures. */
#define SAME(ours, theirs, member)                                                   \
	do {                                                                         \
		ck_assert_uint_eq(offsetof(ours, member), offsetof(theirs, member)); \
		ck_assert_uint_eq(sizeof(((ours *)NULL)->member),                    \
				  sizeof(((theirs *)NULL)->member));                 \
	} while (0)

/* The structure has these members and no others. */
#define FIXED(ours, theirs) ck_assert_uint_eq(sizeof(ours), sizeof(theirs))

/* The structure begins with its size, and has these members or more. */
#define GROWS(ours, theirs)                                      \
	do {                                                     \
		ck_assert_uint_eq(offsetof(ours, size), 0);      \
		ck_assert_uint_ge(sizeof(ours), sizeof(theirs)); \
	} while (0)

/* Any function: all pointers to functions have the same size. */
typedef void (*function)(void);

/* AML's members, then those of the scheduler. Programs make tasks, so the size of both counts. */
struct task {
	struct aml_task_in *in;
	struct aml_task_out *out;
	aml_task_work fn;
	void *data;
	struct {
		void *next, *prev, *sched, *waiter;
		uint64_t seq, bytes;
		unsigned state, flags, parts, taken, active, index;
	} priv;
};

/* Contract: NAME-4. */
START_TEST(engines)
{
	struct dma {
		void *ops, *data;
	};
	struct dma_ops {
		function create_request, destroy_request, wait_request, barrier, fprintf;
		/* Not in AML. */
		function copy;
		void *extension;
	};

	SAME(struct aml_dma, struct dma, ops);
	SAME(struct aml_dma, struct dma, data);
	FIXED(struct aml_dma, struct dma);
	SAME(struct aml_dma_ops, struct dma_ops, create_request);
	SAME(struct aml_dma_ops, struct dma_ops, destroy_request);
	SAME(struct aml_dma_ops, struct dma_ops, wait_request);
	SAME(struct aml_dma_ops, struct dma_ops, barrier);
	SAME(struct aml_dma_ops, struct dma_ops, fprintf);
	SAME(struct aml_dma_ops, struct dma_ops, copy);
	SAME(struct aml_dma_ops, struct dma_ops, extension);
	FIXED(struct aml_dma_ops, struct dma_ops);
}
END_TEST

START_TEST(the_further_operations_of_engines)
{
	struct extension {
		size_t size;
		function create_request, destroy_request, wait_request, barrier;
		function test, wait_until, wait_any, wait_all, wait_some, barrier_until;
		function post, cancel_all, reap, progress;
	};

	SAME(struct aml_dma_extension, struct extension, size);
	SAME(struct aml_dma_extension, struct extension, create_request);
	SAME(struct aml_dma_extension, struct extension, destroy_request);
	SAME(struct aml_dma_extension, struct extension, wait_request);
	SAME(struct aml_dma_extension, struct extension, barrier);
	SAME(struct aml_dma_extension, struct extension, test);
	SAME(struct aml_dma_extension, struct extension, wait_until);
	SAME(struct aml_dma_extension, struct extension, wait_any);
	SAME(struct aml_dma_extension, struct extension, wait_all);
	SAME(struct aml_dma_extension, struct extension, wait_some);
	SAME(struct aml_dma_extension, struct extension, barrier_until);
	SAME(struct aml_dma_extension, struct extension, post);
	SAME(struct aml_dma_extension, struct extension, cancel_all);
	SAME(struct aml_dma_extension, struct extension, reap);
	SAME(struct aml_dma_extension, struct extension, progress);
	GROWS(struct aml_dma_extension, struct extension);
}
END_TEST

/* Contract: NAME-4. */
START_TEST(the_engine_of_linux_and_its_requests)
{
	struct linux_data {
		struct aml_sched *sched;
	};
	struct task_in {
		aml_dma_operator op;
		struct aml_layout *dst, *src;
		void *op_arg;
		struct aml_dma_linux_request *req;
	};
	struct engine_request {
		struct task task;
		struct task_in task_in;
		int task_out, flags;
	};

	SAME(struct aml_dma_linux_data, struct linux_data, sched);
	SAME(struct aml_dma_linux_task_in, struct task_in, op);
	SAME(struct aml_dma_linux_task_in, struct task_in, dst);
	SAME(struct aml_dma_linux_task_in, struct task_in, src);
	SAME(struct aml_dma_linux_task_in, struct task_in, op_arg);
	SAME(struct aml_dma_linux_task_in, struct task_in, req);
	FIXED(struct aml_dma_linux_task_in, struct task_in);
	SAME(struct aml_dma_linux_request, struct engine_request, task);
	SAME(struct aml_dma_linux_request, struct engine_request, task_in);
	SAME(struct aml_dma_linux_request, struct engine_request, task_out);
	SAME(struct aml_dma_linux_request, struct engine_request, flags);
}
END_TEST

START_TEST(the_attributes_of_the_engine_of_linux)
{
	struct attr {
		size_t size, num_threads;
		const void *cpus;
		size_t cpus_size;
		unsigned flags, reserved;
		const char *name;
		size_t max_unfinished, stack_size;
	};

	SAME(struct aml_dma_linux_attr, struct attr, size);
	SAME(struct aml_dma_linux_attr, struct attr, num_threads);
	SAME(struct aml_dma_linux_attr, struct attr, cpus);
	SAME(struct aml_dma_linux_attr, struct attr, cpus_size);
	SAME(struct aml_dma_linux_attr, struct attr, flags);
	SAME(struct aml_dma_linux_attr, struct attr, reserved);
	SAME(struct aml_dma_linux_attr, struct attr, name);
	SAME(struct aml_dma_linux_attr, struct attr, max_unfinished);
	SAME(struct aml_dma_linux_attr, struct attr, stack_size);
	GROWS(struct aml_dma_linux_attr, struct attr);
}
END_TEST

START_TEST(the_statistics_of_the_engine_of_linux)
{
	struct stats {
		size_t size;
		uint64_t posted, finished, failed, cancelled, bytes, parts, workers, queued, held;
		uint64_t running, queued_ns[64], run_ns[64];
	};

	SAME(struct aml_dma_linux_stats, struct stats, size);
	SAME(struct aml_dma_linux_stats, struct stats, posted);
	SAME(struct aml_dma_linux_stats, struct stats, finished);
	SAME(struct aml_dma_linux_stats, struct stats, failed);
	SAME(struct aml_dma_linux_stats, struct stats, cancelled);
	SAME(struct aml_dma_linux_stats, struct stats, bytes);
	SAME(struct aml_dma_linux_stats, struct stats, parts);
	SAME(struct aml_dma_linux_stats, struct stats, workers);
	SAME(struct aml_dma_linux_stats, struct stats, queued);
	SAME(struct aml_dma_linux_stats, struct stats, held);
	SAME(struct aml_dma_linux_stats, struct stats, running);
	SAME(struct aml_dma_linux_stats, struct stats, queued_ns);
	SAME(struct aml_dma_linux_stats, struct stats, run_ns);
	GROWS(struct aml_dma_linux_stats, struct stats);
}
END_TEST

START_TEST(posts_and_completions)
{
	struct post {
		size_t size;
		struct aml_layout *dest, *src;
		aml_dma_operator op;
		void *op_arg;
		unsigned flags, reserved;
		size_t nafter;
		struct aml_dma_request *const *after;
		void (*callback)(int result, void *callback_arg);
		void *callback_arg;
		uint64_t tag;
		const char *label;
	};
	/* Programs make arrays of completions, without a size. */
	struct completion {
		uint64_t tag;
		int result, reserved;
	};

	SAME(struct aml_dma_post_attr, struct post, size);
	SAME(struct aml_dma_post_attr, struct post, dest);
	SAME(struct aml_dma_post_attr, struct post, src);
	SAME(struct aml_dma_post_attr, struct post, op);
	SAME(struct aml_dma_post_attr, struct post, op_arg);
	SAME(struct aml_dma_post_attr, struct post, flags);
	SAME(struct aml_dma_post_attr, struct post, reserved);
	SAME(struct aml_dma_post_attr, struct post, nafter);
	SAME(struct aml_dma_post_attr, struct post, after);
	SAME(struct aml_dma_post_attr, struct post, callback);
	SAME(struct aml_dma_post_attr, struct post, callback_arg);
	SAME(struct aml_dma_post_attr, struct post, tag);
	SAME(struct aml_dma_post_attr, struct post, label);
	GROWS(struct aml_dma_post_attr, struct post);
	SAME(struct aml_dma_completion, struct completion, tag);
	SAME(struct aml_dma_completion, struct completion, result);
	SAME(struct aml_dma_completion, struct completion, reserved);
	FIXED(struct aml_dma_completion, struct completion);
}
END_TEST

START_TEST(the_arguments_of_operators)
{
	struct difference {
		size_t size;
		uint64_t count;
		size_t coords[64];
	};
	struct convert {
		int dst_type, src_type;
	};
	struct reduce {
		int type, operation;
		const void *alpha, *beta;
	};

	SAME(struct aml_dma_linux_difference, struct difference, size);
	SAME(struct aml_dma_linux_difference, struct difference, count);
	SAME(struct aml_dma_linux_difference, struct difference, coords);
	GROWS(struct aml_dma_linux_difference, struct difference);
	SAME(struct aml_dma_linux_convert_arg, struct convert, dst_type);
	SAME(struct aml_dma_linux_convert_arg, struct convert, src_type);
	FIXED(struct aml_dma_linux_convert_arg, struct convert);
	SAME(struct aml_dma_linux_reduce_arg, struct reduce, type);
	SAME(struct aml_dma_linux_reduce_arg, struct reduce, operation);
	SAME(struct aml_dma_linux_reduce_arg, struct reduce, alpha);
	SAME(struct aml_dma_linux_reduce_arg, struct reduce, beta);
	FIXED(struct aml_dma_linux_reduce_arg, struct reduce);
}
END_TEST

/* Contract: NAME-4. */
START_TEST(multiplexers_and_their_requests)
{
	struct multiplex_data {
		size_t count, index, round;
		struct aml_dma **dmas;
		size_t *weights;
	};
	struct parts {
		size_t count;
		struct aml_dma_request **reqs;
		struct aml_dma **dmas;
		/* Not in AML. */
		int flags;
	};
	struct args {
		aml_dma_operator *ops;
		void **op_args;
	};

	SAME(struct aml_dma_multiplex_data, struct multiplex_data, count);
	SAME(struct aml_dma_multiplex_data, struct multiplex_data, index);
	SAME(struct aml_dma_multiplex_data, struct multiplex_data, round);
	SAME(struct aml_dma_multiplex_data, struct multiplex_data, dmas);
	SAME(struct aml_dma_multiplex_data, struct multiplex_data, weights);
	SAME(struct aml_dma_multiplex_request, struct parts, count);
	SAME(struct aml_dma_multiplex_request, struct parts, reqs);
	SAME(struct aml_dma_multiplex_request, struct parts, dmas);
	SAME(struct aml_dma_multiplex_request, struct parts, flags);
	SAME(struct aml_dma_multiplex_request_args, struct args, ops);
	SAME(struct aml_dma_multiplex_request_args, struct args, op_args);
	FIXED(struct aml_dma_multiplex_request_args, struct args);
}
END_TEST

/* Contract: NAME-4. */
START_TEST(schedulers_and_tasks)
{
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
	SAME(struct aml_task, struct task, priv);
	FIXED(struct aml_task, struct task);
	SAME(struct aml_sched_ops, struct sched_ops, submit);
	SAME(struct aml_sched_ops, struct sched_ops, wait);
	SAME(struct aml_sched_ops, struct sched_ops, wait_any);
	FIXED(struct aml_sched_ops, struct sched_ops);
	SAME(struct aml_sched, struct sched, data);
	SAME(struct aml_sched, struct sched, ops);
	FIXED(struct aml_sched, struct sched);
}
END_TEST

/* Contract: NAME-4. */
START_TEST(layouts)
{
	struct layout {
		void *ops, *data;
	};
	struct layout_ops {
		function deref, deref_native, rawptr, order, dims, dims_native, ndims, element_size;
		function reshape, slice, slice_native, fprintf, duplicate, destroy;
		/* Not in AML. */
		function steps_native, concurrent;
	};

	SAME(struct aml_layout, struct layout, ops);
	SAME(struct aml_layout, struct layout, data);
	FIXED(struct aml_layout, struct layout);
	SAME(struct aml_layout_ops, struct layout_ops, deref);
	SAME(struct aml_layout_ops, struct layout_ops, deref_native);
	SAME(struct aml_layout_ops, struct layout_ops, rawptr);
	SAME(struct aml_layout_ops, struct layout_ops, order);
	SAME(struct aml_layout_ops, struct layout_ops, dims);
	SAME(struct aml_layout_ops, struct layout_ops, dims_native);
	SAME(struct aml_layout_ops, struct layout_ops, ndims);
	SAME(struct aml_layout_ops, struct layout_ops, element_size);
	SAME(struct aml_layout_ops, struct layout_ops, reshape);
	SAME(struct aml_layout_ops, struct layout_ops, slice);
	SAME(struct aml_layout_ops, struct layout_ops, slice_native);
	SAME(struct aml_layout_ops, struct layout_ops, fprintf);
	SAME(struct aml_layout_ops, struct layout_ops, duplicate);
	SAME(struct aml_layout_ops, struct layout_ops, destroy);
	SAME(struct aml_layout_ops, struct layout_ops, steps_native);
	SAME(struct aml_layout_ops, struct layout_ops, concurrent);
	FIXED(struct aml_layout_ops, struct layout_ops);
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
		/* Not in AML. */
		size_t *offsets;
	};
	struct reshape {
		struct aml_layout *target;
		size_t ndims, target_ndims, *dims, *coffsets, *target_dims;
	};
	/* Not in AML. */
	struct steps {
		void *ptr;
		size_t ndims, element_size, *dims;
		ptrdiff_t *steps;
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
	SAME(struct aml_layout_pad, struct pad, offsets);
	SAME(struct aml_layout_data_reshape, struct reshape, target);
	SAME(struct aml_layout_data_reshape, struct reshape, ndims);
	SAME(struct aml_layout_data_reshape, struct reshape, target_ndims);
	SAME(struct aml_layout_data_reshape, struct reshape, dims);
	SAME(struct aml_layout_data_reshape, struct reshape, coffsets);
	SAME(struct aml_layout_data_reshape, struct reshape, target_dims);
	SAME(struct aml_layout_steps, struct steps, ptr);
	SAME(struct aml_layout_steps, struct steps, ndims);
	SAME(struct aml_layout_steps, struct steps, element_size);
	SAME(struct aml_layout_steps, struct steps, dims);
	SAME(struct aml_layout_steps, struct steps, steps);
}
END_TEST

/* Contract: NAME-4. */
START_TEST(codes_orders_types_and_flags_of_aml)
{
	ck_assert_int_eq(AML_SUCCESS, 0);
	ck_assert_int_eq(AML_FAILURE, 1);
	ck_assert_int_eq(AML_ENOMEM, 2);
	ck_assert_int_eq(AML_EINVAL, 3);
	ck_assert_int_eq(AML_EDOM, 4);
	ck_assert_int_eq(AML_ENOTSUP, 5);
	ck_assert_int_eq(AML_EBUSY, 6);
	ck_assert_int_eq(AML_EPERM, 7);
	ck_assert_int_eq(AML_ERROR_MAX, 8);
	ck_assert_int_eq(AML_LAYOUT_ORDER_FORTRAN, 0);
	ck_assert_int_eq(AML_LAYOUT_ORDER_COLUMN_MAJOR, 0);
	ck_assert_int_eq(AML_LAYOUT_ORDER_C, 1);
	ck_assert_int_eq(AML_LAYOUT_ORDER_ROW_MAJOR, 1);
	ck_assert_int_eq(AML_LAYOUT_ORDER(6), 0);
	ck_assert_int_eq(AML_LAYOUT_ORDER(7), 1);
	ck_assert_int_eq(AML_DMA_REQUEST_TYPE_INVALID, -1);
	ck_assert_int_eq(AML_DMA_REQUEST_TYPE_LAYOUT, 0);
	ck_assert_int_eq(AML_DMA_LINUX_REQUEST_FLAGS_OWNED, 0x1);
	ck_assert_int_eq(AML_DMA_LINUX_REQUEST_FLAGS_DONE, 0x2);
	ck_assert_int_eq(AML_DMA_MULTIPLEX_REQUEST_FLAGS_OWNED, 0x1);
	ck_assert_int_eq(AML_DMA_MULTIPLEX_REQUEST_FLAGS_DONE, 0x2);
	ck_assert_uint_eq(AML_BACKEND_LIBNUMA, 0x2);
	ck_assert_uint_eq(AML_BACKEND_CUDA, 0x4);
	ck_assert_uint_eq(AML_BACKEND_HWLOC, 0x8);
	ck_assert_uint_eq(AML_BACKEND_OPENCL, 0x10);
	ck_assert_uint_eq(AML_BACKEND_ZE, 0x20);
	ck_assert_uint_eq(AML_BACKEND_HIP, 0x40);
	ck_assert_uint_eq(AML_BACKEND_MPI, 0x80);
}
END_TEST

START_TEST(flags_and_limits_beyond_aml)
{
	ck_assert_uint_eq(AML_DMA_POST_CHAIN, 0x1);
	ck_assert_uint_eq(AML_DMA_POST_AFTER_ALL, 0x2);
	ck_assert_uint_eq(AML_DMA_POST_ALWAYS, 0x4);
	ck_assert_uint_eq(AML_DMA_POST_DETACH, 0x8);
	ck_assert_uint_eq(AML_DMA_POST_REAP, 0x10);
	ck_assert_uint_eq(AML_DMA_LINUX_PIN, 0x1);
	ck_assert_uint_eq(AML_DMA_LINUX_THREADS_AUTO, (size_t)-1);
	ck_assert_uint_eq(AML_DMA_NO_DEADLINE, 0xffffffffffffffff);
	/* The size of arrays in programs, and in a structure above. */
	ck_assert_uint_eq(AML_LAYOUT_NDIMS_MAX, 64);
	/* A later version may have a higher limit. */
	ck_assert_uint_ge(AML_LAYOUT_DEPTH_MAX, 32);
}
END_TEST

/* New enumerators come last. */
START_TEST(enumerators)
{
	ck_assert_int_eq(AML_DMA_I8, 0);
	ck_assert_int_eq(AML_DMA_I16, 1);
	ck_assert_int_eq(AML_DMA_I32, 2);
	ck_assert_int_eq(AML_DMA_I64, 3);
	ck_assert_int_eq(AML_DMA_U8, 4);
	ck_assert_int_eq(AML_DMA_U16, 5);
	ck_assert_int_eq(AML_DMA_U32, 6);
	ck_assert_int_eq(AML_DMA_U64, 7);
	ck_assert_int_eq(AML_DMA_F16, 8);
	ck_assert_int_eq(AML_DMA_BF16, 9);
	ck_assert_int_eq(AML_DMA_F32, 10);
	ck_assert_int_eq(AML_DMA_F64, 11);
	ck_assert_int_eq(AML_DMA_REDUCE_SUM, 0);
	ck_assert_int_eq(AML_DMA_REDUCE_PROD, 1);
	ck_assert_int_eq(AML_DMA_REDUCE_MIN, 2);
	ck_assert_int_eq(AML_DMA_REDUCE_MAX, 3);
	ck_assert_int_eq(AML_DMA_REDUCE_AND, 4);
	ck_assert_int_eq(AML_DMA_REDUCE_OR, 5);
	ck_assert_int_eq(AML_DMA_REDUCE_XOR, 6);
	ck_assert_int_eq(AML_DMA_REDUCE_AXPBY, 7);
}
END_TEST

SUITE("abi", engines, the_further_operations_of_engines, the_engine_of_linux_and_its_requests,
      the_attributes_of_the_engine_of_linux, the_statistics_of_the_engine_of_linux,
      posts_and_completions, the_arguments_of_operators, multiplexers_and_their_requests,
      schedulers_and_tasks, layouts, the_data_of_layouts, codes_orders_types_and_flags_of_aml,
      flags_and_limits_beyond_aml, enumerators)
