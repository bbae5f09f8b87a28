/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Custom engines: which operation gets which call, which operations a table may lack, and the
 * optional operation `copy`.
 */
#include "gate.h"
#include "suite.h"

/* A custom engine: it records its calls and returns the results that the test has set. */
struct own_engine {
	struct trail trail;
	struct aml_dma_request **req;
	struct aml_layout *dest, *src;
	aml_dma_operator op;
	void *op_arg;
	FILE *stream;
	const char *prefix;
	int result, wait_result;
};

#define HANDLE ((struct aml_dma_request *)&any_layout)

static int own_create(struct aml_dma_data *data, struct aml_dma_request **req,
		      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
		      void *op_arg)
{
	struct own_engine *own = (struct own_engine *)data;

	trail_add(&own->trail, 'c');
	own->req = req;
	own->dest = dest;
	own->src = src;
	own->op = op;
	own->op_arg = op_arg;
	if (own->result == AML_SUCCESS && req != NULL)
		*req = HANDLE;
	return own->result;
}

static int own_destroy(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct own_engine *own = (struct own_engine *)data;

	trail_add(&own->trail, 'd');
	own->req = req;
	*req = NULL;
	return own->result;
}

static int own_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct own_engine *own = (struct own_engine *)data;

	trail_add(&own->trail, *req == HANDLE ? 'w' : '?');
	own->req = req;
	*req = NULL;
	return own->wait_result;
}

static int own_barrier(struct aml_dma_data *data)
{
	struct own_engine *own = (struct own_engine *)data;

	trail_add(&own->trail, 'b');
	return own->result;
}

static int own_fprintf(const struct aml_dma_data *data, FILE *stream, const char *prefix)
{
	/* The data belongs to this test and is not const. */
	struct own_engine *own = (struct own_engine *)(uintptr_t)data;

	trail_add(&own->trail, 'f');
	own->stream = stream;
	own->prefix = prefix;
	return own->result;
}

static int own_copy(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		    aml_dma_operator op, void *op_arg)
{
	(void)dest;
	(void)src;
	(void)op;
	(void)op_arg;
	trail_add(&((struct own_engine *)data)->trail, 'C');
	return AML_SUCCESS;
}

static struct aml_layout layout_d, layout_s;

/* Contract: ERROR-7. */
START_TEST(each_call_goes_to_its_operation_with_its_arguments)
{
	struct aml_dma_ops ops = {.create_request = own_create,
				  .destroy_request = own_destroy,
				  .wait_request = own_wait,
				  .barrier = own_barrier,
				  .fprintf = own_fprintf};
	struct own_engine own = {.result = 0};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};
	struct aml_dma_request *req = NULL;

	ck_assert_int_eq(
		aml_dma_async_copy_custom(&dma, &req, &layout_d, &layout_s, job_operator, &req), 0);
	ck_assert_ptr_eq(own.req, &req);
	ck_assert_ptr_eq(req, HANDLE);
	ck_assert_ptr_eq(own.dest, &layout_d);
	ck_assert_ptr_eq(own.src, &layout_s);
	ck_assert(own.op == job_operator);
	ck_assert_ptr_eq(own.op_arg, &req);
	ck_assert_int_eq(aml_dma_wait(&dma, &req), 0);
	ck_assert_ptr_eq(own.req, &req);

	ck_assert_int_eq(aml_dma_async_copy(&dma, &req, &layout_d, &layout_s), 0);
	ck_assert(own.op == NULL);
	ck_assert_ptr_null(own.op_arg);
	ck_assert_int_eq(aml_dma_cancel(&dma, &req), 0);
	ck_assert_ptr_eq(own.req, &req);

	ck_assert_int_eq(aml_dma_async_copy(&dma, NULL, &layout_d, &layout_s), 0);
	ck_assert_ptr_null(own.req);
	ck_assert_int_eq(aml_dma_barrier(&dma), 0);
	ck_assert_int_eq(aml_dma_fprintf(stdout, "> ", &dma), 0);
	ck_assert_ptr_eq(own.stream, stdout);
	ck_assert_str_eq(own.prefix, "> ");
	ck_assert_int_eq(aml_dma_fprintf(stdout, NULL, &dma), 0);
	ck_assert_str_eq(own.trail.text, "cwcdcbff");
}
END_TEST

/* Contract: ORDER-4. */
START_TEST(a_synchronous_copy_is_create_and_wait)
{
	struct aml_dma_ops ops = {.create_request = own_create, .wait_request = own_wait};
	struct own_engine own = {.wait_result = -AML_EDOM};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};

	ck_assert_int_eq(aml_dma_copy_custom(&dma, &layout_d, &layout_s, job_operator, &own),
			 -AML_EDOM);
	ck_assert_ptr_eq(own.dest, &layout_d);
	ck_assert_ptr_eq(own.src, &layout_s);
	ck_assert(own.op == job_operator);
	ck_assert_ptr_eq(own.op_arg, &own);
	ck_assert_int_eq(aml_dma_copy(&dma, &layout_d, &layout_s), -AML_EDOM);
	ck_assert(own.op == NULL);
	ck_assert_str_eq(own.trail.text, "cwcw");
}
END_TEST

START_TEST(a_copy_that_could_not_be_posted_is_not_waited_for)
{
	struct aml_dma_ops ops = {.create_request = own_create, .wait_request = own_wait};
	struct own_engine own = {.result = -AML_ENOMEM};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};

	ck_assert_int_eq(aml_dma_copy(&dma, &layout_d, &layout_s), -AML_ENOMEM);
	ck_assert_str_eq(own.trail.text, "c");
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(an_operation_s_error_is_handed_on)
{
	struct aml_dma_ops ops = {.create_request = own_create,
				  .destroy_request = own_destroy,
				  .wait_request = own_wait,
				  .barrier = own_barrier,
				  .fprintf = own_fprintf};
	struct own_engine own = {.result = -AML_EPERM, .wait_result = -AML_EDOM};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};
	struct aml_dma_request *req = HANDLE;

	ck_assert_int_eq(aml_dma_async_copy(&dma, &req, &layout_d, &layout_s), -AML_EPERM);
	ck_assert_ptr_eq(req, HANDLE);
	ck_assert_int_eq(aml_dma_wait(&dma, &req), -AML_EDOM);
	req = HANDLE;
	ck_assert_int_eq(aml_dma_cancel(&dma, &req), -AML_EPERM);
	ck_assert_int_eq(aml_dma_barrier(&dma), -AML_EPERM);
	ck_assert_int_eq(aml_dma_fprintf(stdout, "", &dma), -AML_EPERM);
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(bad_arguments_do_not_reach_an_engine_of_ones_own)
{
	struct aml_dma_ops ops = {.create_request = own_create,
				  .destroy_request = own_destroy,
				  .wait_request = own_wait,
				  .fprintf = own_fprintf};
	struct own_engine own = {.result = 0};
	struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};
	struct aml_dma_request *req = NULL;

	ck_assert_int_eq(aml_dma_copy(&dma, NULL, &layout_s), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy(&dma, &req, &layout_d, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait(&dma, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait(&dma, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_cancel(&dma, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_cancel(&dma, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_fprintf(NULL, "", &dma), -AML_EINVAL);
	ck_assert_str_eq(own.trail.text, "");
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(an_operation_that_the_table_lacks_is_not_supported)
{
	struct aml_dma_ops none = {.create_request = NULL};
	struct aml_dma_ops no_wait = {.create_request = own_create};
	struct own_engine own = {.result = 0};
	struct aml_dma dma = {&none, (struct aml_dma_data *)&own};
	struct aml_dma_request *req = HANDLE;

	ck_assert_int_eq(aml_dma_copy(&dma, &layout_d, &layout_s), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_async_copy(&dma, &req, &layout_d, &layout_s), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_wait(&dma, &req), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_cancel(&dma, &req), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_barrier(&dma), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_fprintf(stdout, "", &dma), -AML_ENOTSUP);
	ck_assert_ptr_eq(req, HANDLE);

	/* If the table cannot wait, a synchronous copy is not posted. */
	dma.ops = &no_wait;
	ck_assert_int_eq(aml_dma_copy(&dma, &layout_d, &layout_s), -AML_ENOTSUP);
	ck_assert_str_eq(own.trail.text, "");
}
END_TEST

/* Contract: ORDER-4. */
START_TEST(an_inherited_copy_is_not_used_when_create_or_wait_is_replaced)
{
	for (int i = 0; i < 3; i++) {
		struct aml_dma_ops ops = aml_dma_linux_ops;
		struct own_engine own = {.result = 0};
		struct aml_dma dma = {&ops, (struct aml_dma_data *)&own};

		ops.create_request = own_create;
		ops.wait_request = own_wait;
		if (i == 1)
			ops.copy = own_copy;
		else if (i == 2)
			ops.copy = NULL;
		ck_assert_int_eq(aml_dma_copy(&dma, &layout_d, &layout_s), 0);
		ck_assert_str_eq(own.trail.text, "cw");
	}
}
END_TEST

/* Operations that count their calls and forward them to the library's operations. */
static int created, waited;

static int count_create(struct aml_dma_data *data, struct aml_dma_request **req,
			struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			void *op_arg)
{
	created++;
	return aml_dma_linux_request_create(data, req, dest, src, op, op_arg);
}

static int count_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	waited++;
	return aml_dma_linux_request_wait(data, req);
}

START_TEST(a_copied_table_with_one_operation_replaced_sees_each_copy)
{
	struct aml_dma *dma = NULL;
	struct aml_dma_ops creating = aml_dma_linux_ops, waiting = aml_dma_linux_ops;
	struct aml_dma counting;
	struct job job = {.result = -AML_EDOM};

	creating.create_request = count_create;
	waiting.wait_request = count_wait;
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	counting = (struct aml_dma){&creating, dma->data};
	ck_assert_int_eq(job_copy(&counting, &job), -AML_EDOM);
	ck_assert_int_eq(created, 1);
	counting.ops = &waiting;
	ck_assert_int_eq(job_copy(&counting, &job), -AML_EDOM);
	ck_assert_int_eq(waited, 1);
	ck_assert_int_eq(job.runs, 2);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

SUITE("dma/dispatch", each_call_goes_to_its_operation_with_its_arguments,
      a_synchronous_copy_is_create_and_wait, a_copy_that_could_not_be_posted_is_not_waited_for,
      an_operation_s_error_is_handed_on, bad_arguments_do_not_reach_an_engine_of_ones_own,
      an_operation_that_the_table_lacks_is_not_supported,
      an_inherited_copy_is_not_used_when_create_or_wait_is_replaced,
      a_copied_table_with_one_operation_replaced_sees_each_copy)
