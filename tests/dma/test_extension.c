/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Custom engines with further operations: which operation gets which call, and which tables are
 * used.
 */
#include "gate.h"
#include "suite.h"

/* A custom engine: it records its calls and their arguments. */
struct further_engine {
	struct trail trail;
	const void *list;
	size_t n, least;
	uint64_t deadline;
	const void *outputs[3];
	int result;
};

static struct further_engine *note(struct aml_dma_data *data, char name, size_t n, const void *list)
{
	struct further_engine *own = (struct further_engine *)data;

	trail_add(&own->trail, name);
	own->n = n;
	own->list = list;
	own->least = 0;
	own->deadline = 0;
	own->outputs[0] = own->outputs[1] = own->outputs[2] = NULL;
	return own;
}

static int own_create(struct aml_dma_data *data, struct aml_dma_request **req,
		      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
		      void *op_arg)
{
	(void)dest;
	(void)src;
	(void)op;
	(void)op_arg;
	return note(data, 'c', 0, req)->result;
}

static int own_destroy(struct aml_dma_data *data, struct aml_dma_request **req)
{
	return note(data, 'd', 0, req)->result;
}

static int own_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	return note(data, 'w', 0, req)->result;
}

static int own_barrier(struct aml_dma_data *data)
{
	return note(data, 'b', 0, NULL)->result;
}

static int own_test(struct aml_dma_data *data, struct aml_dma_request **req, int *result)
{
	struct further_engine *own = note(data, 't', 0, req);

	own->outputs[0] = result;
	return own->result;
}

static int own_wait_until(struct aml_dma_data *data, struct aml_dma_request **req,
			  uint64_t deadline, int *result)
{
	struct further_engine *own = note(data, 'u', 0, req);

	own->deadline = deadline;
	own->outputs[0] = result;
	return own->result;
}

static int own_wait_any(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			size_t *index, int *result)
{
	struct further_engine *own = note(data, 'a', n, reqs);

	own->outputs[0] = index;
	own->outputs[1] = result;
	return own->result;
}

static int own_wait_all(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			int *results)
{
	struct further_engine *own = note(data, 'l', n, reqs);

	own->outputs[0] = results;
	return own->result;
}

static int own_wait_some(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			 size_t least, uint64_t deadline, size_t *count, size_t *indices,
			 int *results)
{
	struct further_engine *own = note(data, 's', n, reqs);

	own->least = least;
	own->deadline = deadline;
	own->outputs[0] = count;
	own->outputs[1] = indices;
	own->outputs[2] = results;
	return own->result;
}

static int own_barrier_until(struct aml_dma_data *data, uint64_t deadline, int *result)
{
	struct further_engine *own = note(data, 'B', 0, NULL);

	own->deadline = deadline;
	own->outputs[0] = result;
	return own->result;
}

static int own_post(struct aml_dma_data *data, size_t n, const struct aml_dma_post_attr *posts,
		    struct aml_dma_request **reqs)
{
	struct further_engine *own = note(data, 'p', n, posts);

	own->outputs[0] = reqs;
	return own->result;
}

static int own_cancel_all(struct aml_dma_data *data, size_t *count)
{
	struct further_engine *own = note(data, 'x', 0, NULL);

	own->outputs[0] = count;
	return own->result;
}

static int own_reap(struct aml_dma_data *data, size_t n, struct aml_dma_completion *out,
		    size_t least, uint64_t deadline, size_t *count)
{
	struct further_engine *own = note(data, 'r', n, out);

	own->least = least;
	own->deadline = deadline;
	own->outputs[0] = count;
	return own->result;
}

static int own_progress(struct aml_dma_data *data, size_t most, size_t *ran)
{
	struct further_engine *own = note(data, 'g', most, NULL);

	own->outputs[0] = ran;
	return own->result;
}

static const struct aml_dma_extension full_table = {
	.size = sizeof(struct aml_dma_extension),
	.create_request = own_create,
	.destroy_request = own_destroy,
	.wait_request = own_wait,
	.barrier = own_barrier,
	.test = own_test,
	.wait_until = own_wait_until,
	.wait_any = own_wait_any,
	.wait_all = own_wait_all,
	.wait_some = own_wait_some,
	.barrier_until = own_barrier_until,
	.post = own_post,
	.cancel_all = own_cancel_all,
	.reap = own_reap,
	.progress = own_progress,
};

static struct aml_dma_ops ops_with(const struct aml_dma_extension *table)
{
	return (struct aml_dma_ops){.create_request = own_create,
				    .destroy_request = own_destroy,
				    .wait_request = own_wait,
				    .barrier = own_barrier,
				    .extension = table};
}

#define HANDLE ((struct aml_dma_request *)&any_layout)

/* Contract: ERROR-7. */
START_TEST(each_further_call_goes_to_its_operation_with_its_arguments)
{
	struct aml_dma_ops ops = ops_with(&full_table);
	struct further_engine own = {.result = -AML_EDOM};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};
	struct aml_dma_request *reqs[3] = {HANDLE, NULL, HANDLE};
	struct aml_dma_post_attr posts[2] = {AML_DMA_POST_ATTR_INIT, AML_DMA_POST_ATTR_INIT};
	struct aml_dma_completion out[4];
	size_t count, indices[3];
	int results[3];

	ck_assert_int_eq(aml_dma_test(&dma, reqs, results), -AML_EDOM);
	ck_assert(own.list == reqs && own.outputs[0] == results);
	ck_assert_int_eq(aml_dma_wait_until(&dma, reqs, 5, results), -AML_EDOM);
	ck_assert(own.list == reqs && own.deadline == 5 && own.outputs[0] == results);
	ck_assert_int_eq(aml_dma_wait_any(&dma, 3, reqs, &count, results), -AML_EDOM);
	ck_assert(own.n == 3 && own.list == reqs);
	ck_assert(own.outputs[0] == &count && own.outputs[1] == results);
	ck_assert_int_eq(aml_dma_wait_all(&dma, 3, reqs, results), -AML_EDOM);
	ck_assert(own.n == 3 && own.list == reqs && own.outputs[0] == results);
	ck_assert_int_eq(aml_dma_wait_some(&dma, 3, reqs, 2, 7, &count, indices, results),
			 -AML_EDOM);
	ck_assert(own.n == 3 && own.list == reqs && own.least == 2 && own.deadline == 7);
	ck_assert(own.outputs[0] == &count && own.outputs[1] == indices);
	ck_assert(own.outputs[2] == results);
	ck_assert_int_eq(aml_dma_barrier_until(&dma, 9, results), -AML_EDOM);
	ck_assert(own.deadline == 9 && own.outputs[0] == results);
	ck_assert_int_eq(aml_dma_post(&dma, 2, posts, reqs), -AML_EDOM);
	ck_assert(own.n == 2 && own.list == posts && own.outputs[0] == reqs);
	ck_assert_int_eq(aml_dma_cancel_all(&dma, &count), -AML_EDOM);
	ck_assert(own.outputs[0] == &count);
	ck_assert_int_eq(aml_dma_reap(&dma, 4, out, 2, 11, &count), -AML_EDOM);
	ck_assert(own.n == 4 && own.list == out && own.least == 2 && own.deadline == 11);
	ck_assert(own.outputs[0] == &count);
	ck_assert_int_eq(aml_dma_progress(&dma, 6, &count), -AML_EDOM);
	ck_assert(own.n == 6 && own.outputs[0] == &count);
	ck_assert_str_eq(own.trail.text, "tualsBpxrg");
}
END_TEST

/* Contract: DONE-14, POST-2. */
START_TEST(an_empty_list_reaches_the_operation)
{
	struct aml_dma_ops ops = ops_with(&full_table);
	struct further_engine own = {.result = 0};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};
	size_t index;

	ck_assert_int_eq(aml_dma_wait_any(&dma, 0, NULL, &index, NULL), 0);
	ck_assert_int_eq(aml_dma_wait_all(&dma, 0, NULL, NULL), 0);
	ck_assert_int_eq(aml_dma_wait_some(&dma, 0, NULL, 0, 0, NULL, NULL, NULL), 0);
	ck_assert_int_eq(aml_dma_post(&dma, 0, NULL, NULL), 0);
	ck_assert_int_eq(aml_dma_reap(&dma, 0, NULL, 0, 0, NULL), 0);
	ck_assert_str_eq(own.trail.text, "alspr");
}
END_TEST

/* Contract: ERROR-3, ERROR-7. */
START_TEST(bad_arguments_of_further_calls_do_not_reach_the_operation)
{
	struct aml_dma_ops ops = ops_with(&full_table);
	struct further_engine own = {.result = 0};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};
	struct aml_dma_request *none = NULL, *one = HANDLE;
	struct aml_dma_completion out[2];
	size_t index;

	ck_assert_int_eq(aml_dma_test(&dma, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_test(&dma, &none, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_until(&dma, NULL, 0, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_until(&dma, &none, 0, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_any(&dma, 1, NULL, &index, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_any(&dma, 1, &one, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_all(&dma, 1, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_some(&dma, 1, NULL, 0, 0, NULL, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_post(&dma, 1, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_reap(&dma, 1, NULL, 0, 0, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_reap(&dma, 2, out, 3, 0, NULL), -AML_EINVAL);
	ck_assert_str_eq(own.trail.text, "");
}
END_TEST

/* Make each further call, with valid arguments, and check the code. */
static void expect_all(struct aml_dma *dma, int code)
{
	struct aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;
	struct aml_dma_request *req = HANDLE;
	size_t index;

	ck_assert_int_eq(aml_dma_test(dma, &req, NULL), code);
	ck_assert_int_eq(aml_dma_wait_until(dma, &req, 0, NULL), code);
	ck_assert_int_eq(aml_dma_wait_any(dma, 1, &req, &index, NULL), code);
	ck_assert_int_eq(aml_dma_wait_all(dma, 1, &req, NULL), code);
	ck_assert_int_eq(aml_dma_wait_some(dma, 1, &req, 0, 0, NULL, NULL, NULL), code);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 0, NULL), code);
	ck_assert_int_eq(aml_dma_post(dma, 1, &post, NULL), code);
	ck_assert_int_eq(aml_dma_cancel_all(dma, NULL), code);
	ck_assert_int_eq(aml_dma_reap(dma, 0, NULL, 0, 0, NULL), code);
	ck_assert_int_eq(aml_dma_progress(dma, 0, NULL), code);
}

/* Contract: ERROR-3, ERROR-4. */
START_TEST(what_is_no_engine_is_refused)
{
	struct aml_dma_ops ops = ops_with(&full_table);
	struct further_engine own = {.result = 0};
	struct aml_dma no_ops = {NULL, (struct aml_dma_data *)&own}, no_data = {&ops, NULL};

	expect_all(NULL, -AML_EINVAL);
	expect_all(&no_ops, -AML_EINVAL);
	expect_all(&no_data, -AML_EINVAL);
	ck_assert_str_eq(own.trail.text, "");
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(a_table_without_further_operations_supports_none)
{
	/* No table; a table that ends before the first operation; a table of NULL operations. */
	struct aml_dma_extension tables[2] = {full_table, {.size = sizeof(tables[1])}};
	const struct aml_dma_extension *choice[] = {NULL, &tables[0], &tables[1]};

	tables[0].size = offsetof(struct aml_dma_extension, test);
	tables[1].create_request = own_create;
	tables[1].destroy_request = own_destroy;
	tables[1].wait_request = own_wait;
	tables[1].barrier = own_barrier;
	for (size_t i = 0; i < 3; i++) {
		struct aml_dma_ops ops = ops_with(choice[i]);
		struct further_engine own = {.result = 0};
		struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};

		expect_all(&dma, -AML_ENOTSUP);
		ck_assert_str_eq(own.trail.text, "");
	}
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(a_shorter_table_has_its_own_operations)
{
	struct aml_dma_extension shorter = full_table;
	struct aml_dma_ops ops = ops_with(&shorter);
	struct further_engine own = {.result = 0};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};

	/* A size in the middle of a member does not include the member. */
	shorter.size = offsetof(struct aml_dma_extension, cancel_all) + 1;
	ck_assert_int_eq(aml_dma_post(&dma, 0, NULL, NULL), 0);
	ck_assert_int_eq(aml_dma_cancel_all(&dma, NULL), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_reap(&dma, 0, NULL, 0, 0, NULL), -AML_ENOTSUP);
	ck_assert_str_eq(own.trail.text, "p");
}
END_TEST

static int another_create(struct aml_dma_data *data, struct aml_dma_request **req,
			  struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			  void *op_arg)
{
	return own_create(data, req, dest, src, op, op_arg);
}

static int another_barrier(struct aml_dma_data *data)
{
	return own_barrier(data);
}

/* Contract: ERROR-7. */
START_TEST(a_table_is_not_used_if_one_of_its_four_operations_was_replaced)
{
	for (int replaced = 0; replaced < 4; replaced++) {
		struct aml_dma_ops ops = ops_with(&full_table);
		struct further_engine own = {.result = 0};
		struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};

		if (replaced == 0)
			ops.create_request = another_create;
		else if (replaced == 1)
			ops.destroy_request = own_wait;
		else if (replaced == 2)
			ops.wait_request = own_destroy;
		else
			ops.barrier = another_barrier;
		expect_all(&dma, -AML_ENOTSUP);
		ck_assert_str_eq(own.trail.text, "");
	}
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(the_engine_has_every_further_operation)
{
	const struct aml_dma_extension *table = aml_dma_linux_ops.extension;

	ck_assert_ptr_nonnull(table);
	ck_assert_uint_eq(table->size, sizeof(*table));
	ck_assert(table->create_request == aml_dma_linux_request_create);
	ck_assert(table->destroy_request == aml_dma_linux_request_destroy);
	ck_assert(table->wait_request == aml_dma_linux_request_wait);
	ck_assert(table->barrier == aml_dma_linux_barrier);
	ck_assert(table->test && table->wait_until && table->wait_any && table->wait_all);
	ck_assert(table->wait_some && table->barrier_until && table->post && table->cancel_all);
	ck_assert(table->reap && table->progress);
}
END_TEST

static int own_copy(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		    aml_dma_operator op, void *op_arg)
{
	(void)src;
	(void)op;
	(void)op_arg;
	return note(data, 'y', 0, dest)->result;
}

/* Contract: ERROR-7. */
START_TEST(a_synchronous_copy_has_an_operation_while_the_table_is_in_use)
{
	struct aml_dma_ops ops = ops_with(&full_table);
	struct further_engine own = {.result = -AML_EDOM};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};

	ops.copy = own_copy;
	ck_assert_int_eq(aml_dma_copy(&dma, &any_layout, &any_layout), -AML_EDOM);
	ck_assert(own.list == &any_layout);
	ck_assert_int_eq(aml_dma_copy(&dma, NULL, &any_layout), -AML_EINVAL);
	ck_assert_str_eq(own.trail.text, "y");
	/* The operation belongs to the operations that the table names. */
	own.result = 0;
	ops.extension = NULL;
	ck_assert_int_eq(aml_dma_copy(&dma, &any_layout, &any_layout), 0);
	ck_assert_str_eq(own.trail.text, "ycw");
}
END_TEST

SUITE("extension", each_further_call_goes_to_its_operation_with_its_arguments,
      an_empty_list_reaches_the_operation,
      bad_arguments_of_further_calls_do_not_reach_the_operation, what_is_no_engine_is_refused,
      a_table_without_further_operations_supports_none, a_shorter_table_has_its_own_operations,
      a_table_is_not_used_if_one_of_its_four_operations_was_replaced,
      a_synchronous_copy_has_an_operation_while_the_table_is_in_use,
      the_engine_has_every_further_operation)
