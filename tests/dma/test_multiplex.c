/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The multiplexer: who gets which request, the parts of split copies, results, refusals, waits,
 * barriers and cancels, with engines of the library and of the test's own. The library for tests
 * has small parts, so that small copies are split.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/multiplex.h>
#include <aml/dma/operators.h>

#include "gate.h"
#include "made.h"
#include "suite.h"
#include "toy.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR
#define UNTOUCHED ((struct aml_dma_request *)(uintptr_t)0x5a5a)

enum { TOYS_MAX = 4, LARGE_BYTES = 64 << 10, LINE_BYTES = 64 };

static struct toy toys[TOYS_MAX];
static struct toy_order order;

/* Make a multiplexer over `n` of the test's engines. */
static struct aml_dma *over_toys(size_t n, const size_t *weights, bool tests)
{
	const struct aml_dma *inner[TOYS_MAX];
	struct aml_dma *dma = NULL;

	memset(&order, 0, sizeof(order));
	for (size_t i = 0; i < n; i++) {
		toy_init(&toys[i], (char)('a' + i), tests);
		toys[i].order = &order;
		inner[i] = &toys[i].dma;
	}
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, n, inner, weights), 0);
	ck_assert_ptr_nonnull(dma);
	return dma;
}

/* Make a multiplexer over two engines of the library. */
static struct aml_dma *over_engines(struct aml_dma *const *engines, const size_t *weights)
{
	const struct aml_dma *inner[] = {engines[0], engines[1]};
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, inner, weights), 0);
	return dma;
}

static void end(struct aml_dma **dma)
{
	ck_assert_int_eq(aml_dma_multiplex_destroy(dma), 0);
	ck_assert_ptr_null(*dma);
	for (size_t i = 0; i < TOYS_MAX; i++)
		ck_assert_uint_eq(atomic_load(&toys[i].live), 0);
}

static int do_nothing(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	(void)arg;
	return 0;
}

/* Post `n` requests that do nothing, and wait for each. */
static void post_some(struct aml_dma *dma, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(
			aml_dma_copy_custom(dma, &any_layout, &any_layout, do_nothing, NULL), 0);
}

/* How often a name stands in the order from `from` on, in `n` places. */
static size_t count_name(char name, size_t from, size_t n)
{
	size_t count = 0;

	for (size_t i = from; i < from + n; i++)
		count += order.names[i] == name;
	return count;
}

/* Contract: MULTI-1. */
START_TEST(creation_checks_its_arguments)
{
	struct aml_dma_ops lacking = {.create_request = NULL};
	struct aml_dma other = {NULL, NULL}, *dma = (struct aml_dma *)UNTOUCHED;
	const struct aml_dma *inner[] = {&toys[0].dma, &toys[1].dma}, *broken[] = {NULL, &other};
	const size_t none[] = {0, 0}, large[] = {SIZE_MAX, SIZE_MAX - 1};

	toy_init(&toys[0], 'a', false);
	toy_init(&toys[1], 'b', false);
	ck_assert_int_eq(aml_dma_multiplex_create(NULL, 2, inner, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 0, inner, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, inner, none), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, inner, large), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, broken, NULL), -AML_EINVAL);
	broken[0] = &toys[0].dma;
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, broken, NULL), -AML_EINVAL);
	other.ops = &lacking;
	other.data = (struct aml_dma_data *)&other;
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, broken, NULL), -AML_ENOTSUP);
	ck_assert_ptr_eq(dma, (struct aml_dma *)UNTOUCHED);
	dma = NULL;
	ck_assert_int_eq(aml_dma_multiplex_destroy(NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), -AML_EINVAL);
	dma = &toys[0].dma;
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), -AML_EINVAL);
	ck_assert_ptr_eq(dma, &toys[0].dma);
}
END_TEST

/* Contract: MULTI-2. */
START_TEST(any_window_has_the_weights)
{
	static const size_t cases[][TOYS_MAX] = {
		{1, 3, 0, 0}, {2, 3, 5, 1}, {1, 1, 1, 1}, {6, 2, 4, 0}, {7, 1, 1, 3}};

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		const size_t *w = cases[c];
		size_t sum = w[0] + w[1] + w[2] + w[3];
		struct aml_dma *dma = over_toys(TOYS_MAX, w, false);

		post_some(dma, 5 * sum);
		ck_assert_uint_eq(atomic_load(&order.length), 5 * sum);
		for (size_t from = 0; from <= 4 * sum; from++)
			for (size_t i = 0; i < TOYS_MAX; i++)
				ck_assert_uint_eq(count_name((char)('a' + i), from, sum), w[i]);
		end(&dma);
	}
}
END_TEST

/* Contract: MULTI-2. */
START_TEST(large_weights_need_no_table)
{
	const size_t weights[] = {SIZE_MAX / 16, SIZE_MAX / 16 * 3};
	struct aml_dma *dma = over_toys(2, weights, false);

	post_some(dma, 400);
	for (size_t from = 0; from <= 396; from++)
		ck_assert_uint_eq(count_name('a', from, 4), 1);
	end(&dma);
}
END_TEST

/* Contract: MULTI-2. */
START_TEST(requests_that_were_not_posted_do_not_count)
{
	const size_t weights[] = {1, 2};
	struct aml_dma *dma = over_toys(2, weights, false);
	struct aml_dma_request *req = UNTOUCHED;

	toys[0].accepts = 0;
	toys[0].refusal = -AML_EDOM;
	for (int i = 0; i < 5; i++) {
		int err = aml_dma_async_copy_custom(dma, &req, &any_layout, &any_layout, do_nothing,
						    NULL);

		if (err == 0) {
			ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
			req = UNTOUCHED;
		} else {
			ck_assert_int_eq(err, -AML_EDOM);
			ck_assert_ptr_eq(req, UNTOUCHED);
		}
	}
	toys[0].accepts = SIZE_MAX;
	post_some(dma, 9);
	for (size_t from = 0; from + 3 <= atomic_load(&order.length); from++)
		ck_assert_uint_eq(count_name('a', from, 3), 1);
	end(&dma);
}
END_TEST

enum { POSTERS = 4, POSTS_EACH = 600 };

static int post_many(struct call *call)
{
	for (int i = 0; i < POSTS_EACH; i++)
		if (aml_dma_copy_custom(call->dma, &any_layout, &any_layout, do_nothing, NULL) != 0)
			return -1;
	return 0;
}

/* Contract: MULTI-2. */
START_TEST(weights_hold_from_several_threads)
{
	const size_t weights[] = {1, 3, 2};
	struct aml_dma *dma = over_toys(3, weights, false);
	struct call calls[POSTERS];

	for (size_t i = 0; i < 3; i++)
		toys[i].shared = true;
	for (int i = 0; i < POSTERS; i++) {
		calls[i] = (struct call){.fn = post_many, .dma = dma};
		call_begin(&calls[i]);
	}
	for (int i = 0; i < POSTERS; i++)
		ck_assert_int_eq(call_end(&calls[i]), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(atomic_load(&toys[i].posts),
				  POSTERS * POSTS_EACH / 6 * weights[i]);
	end(&dma);
}
END_TEST

/* Contract: MULTI-3. */
START_TEST(a_whole_request_is_handed_on_unchanged)
{
	const size_t weights[] = {1, 1};
	struct aml_dma *dma = over_toys(2, weights, false);
	struct aml_dma_request *req = NULL;
	struct job job = {.result = -AML_EDOM};

	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	ck_assert(toys[0].op == job_operator);
	ck_assert_ptr_eq(toys[0].op_arg, &job);
	ck_assert_ptr_eq(toys[0].dest, &any_layout);
	ck_assert_ptr_eq(toys[0].src, &any_layout);
	ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EDOM);
	ck_assert_ptr_null(req);
	ck_assert_int_eq(job.runs, 1);
	/* The general copy of an engine of one's own, of layouts that only it understands. */
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, &any_layout, &any_layout), 0);
	ck_assert(toys[1].op == NULL);
	ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
	ck_assert_ptr_null(req);
	ck_assert_uint_eq(atomic_load(&toys[1].runs), 0);
	end(&dma);
}
END_TEST

/* Contract: MULTI-3. */
START_TEST(a_custom_operator_gets_its_arguments_from_an_engine_of_the_library)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(0)};
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
	struct job jobs[4] = {{0}};
	struct aml_dma_request *reqs[4];

	for (int i = 0; i < 4; i++) {
		jobs[i].result = -AML_EDOM - i;
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), -AML_EDOM - i);
		ck_assert_int_eq(jobs[i].runs, 1);
	}
	end(&dma);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
}
END_TEST

/* Contract: MULTI-4. */
START_TEST(copy_single_has_an_operator_for_each_engine)
{
	const size_t weights[] = {1, 2};
	struct aml_dma *dma = over_toys(2, weights, false);
	struct job jobs[2] = {{.result = -AML_EDOM}, {.result = -AML_EPERM}};
	aml_dma_operator ops[] = {job_operator, job_operator};
	void *op_args[] = {&jobs[0], &jobs[1]};
	struct aml_dma_multiplex_request_args args = {ops, op_args};
	int counts[2] = {0, 0};

	for (int i = 0; i < 6; i++) {
		struct aml_dma_multiplex_request_args copy = args;
		struct aml_dma_request *req;
		int code;

		ck_assert_int_eq(aml_dma_async_copy_custom(dma, &req, &any_layout, &any_layout,
							   aml_dma_multiplex_copy_single, &copy),
				 0);
		memset(&copy, 0xff, sizeof(copy));
		code = aml_dma_wait(dma, &req);
		ck_assert(code == -AML_EDOM || code == -AML_EPERM);
		counts[code == -AML_EPERM]++;
	}
	ck_assert_int_eq(counts[0], 2);
	ck_assert_int_eq(counts[1], 4);
	ck_assert_int_eq(jobs[0].runs, 2);
	ck_assert_int_eq(jobs[1].runs, 4);
	ck_assert_int_eq(aml_dma_copy_custom(dma, &any_layout, &any_layout,
					     aml_dma_multiplex_copy_single, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_copy_single(&any_layout, &any_layout, &args),
			 -AML_ENOTSUP);
	args.ops = NULL;
	args.op_args = NULL;
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, NULL, &any_layout, &any_layout,
						   aml_dma_multiplex_copy_single, &args),
			 0);
	ck_assert(toys[1].op == NULL || toys[0].op == NULL);
	toys[0].code = toys[1].code = 0;
	end(&dma);
}
END_TEST

/* Two layouts of the same bytes. */
struct pair {
	unsigned char *to, *from;
	struct aml_layout *dst, *src;
	size_t bytes;
};

static void make_pair(struct pair *pair, size_t bytes)
{
	pair->bytes = bytes;
	ck_assert_int_eq(posix_memalign((void **)&pair->to, LINE_BYTES, bytes), 0);
	pair->from = malloc(bytes);
	ck_assert_ptr_nonnull(pair->from);
	for (size_t i = 0; i < bytes; i++) {
		pair->from[i] = (unsigned char)(i * 131 + (i >> 8) * 7 + 1);
		pair->to[i] = 0;
	}
	pair->dst = new_dense(pair->to, COLUMN, 1, 1, &bytes, NULL, NULL);
	pair->src = new_dense(pair->from, COLUMN, 1, 1, &bytes, NULL, NULL);
}

/* The bytes that were copied. */
static size_t copied(const struct pair *pair)
{
	size_t n = 0;

	for (size_t i = 0; i < pair->bytes; i++)
		n += pair->to[i] != 0 && pair->to[i] == pair->from[i];
	return n;
}

static size_t nonzero(const struct pair *pair)
{
	size_t n = 0;

	for (size_t i = 0; i < pair->bytes; i++)
		n += pair->from[i] != 0;
	return n;
}

static void free_pair(struct pair *pair)
{
	destroy_layout(pair->dst);
	destroy_layout(pair->src);
	free(pair->to);
	free(pair->from);
}

/* Contract: MULTI-5. */
START_TEST(a_large_copy_is_split_by_weight)
{
	const size_t weights[] = {1, 0, 3};
	struct aml_dma *dma = over_toys(3, weights, false);
	struct aml_dma_multiplex_request *r;
	struct aml_dma_request *req;
	struct pair pair;

	make_pair(&pair, LARGE_BYTES);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, pair.dst, pair.src), 0);
	r = (struct aml_dma_multiplex_request *)req;
	ck_assert_uint_eq(r->count, 2);
	ck_assert_ptr_eq(r->dmas[0], &toys[0].dma);
	ck_assert_ptr_eq(r->dmas[1], &toys[2].dma);
	/* Only the first part. */
	ck_assert_int_eq(aml_dma_wait(&toys[0].dma, &r->reqs[0]), 0);
	ck_assert_uint_eq(copied(&pair) * 4 / nonzero(&pair), 1);
	for (size_t i = 0; i < LARGE_BYTES; i++)
		ck_assert_int_eq(pair.to[i], i < LARGE_BYTES / 4 ? pair.from[i] : 0);
	/* The layouts may be destroyed. */
	destroy_layout(pair.dst);
	destroy_layout(pair.src);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_mem_eq(pair.to, pair.from, LARGE_BYTES);
	ck_assert_uint_eq(atomic_load(&toys[1].posts), 0);
	free(pair.to);
	free(pair.from);
	end(&dma);
}
END_TEST

/* Contract: MULTI-5. */
START_TEST(parts_end_between_lines)
{
	const size_t weights[] = {3, 5, 7};
	struct aml_dma *dma = over_toys(3, weights, false);
	struct aml_dma_multiplex_request *r;
	struct aml_dma_request *req;
	struct pair pair;

	make_pair(&pair, LARGE_BYTES + 17);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, &req,
						   (struct aml_layout *)(void *)(pair.to + 5),
						   (struct aml_layout *)(void *)pair.from,
						   aml_dma_linux_memcpy_op, (void *)LARGE_BYTES),
			 0);
	r = (struct aml_dma_multiplex_request *)req;
	ck_assert_uint_eq(r->count, 3);
	for (size_t part = 0; part < 3; part++) {
		size_t edges = 0;

		memset(pair.to, 0xA5, pair.bytes);
		memset(pair.from, 0x5A, pair.bytes);
		ck_assert_int_eq(aml_dma_wait(&toys[part].dma, &r->reqs[part]), 0);
		for (size_t i = 1; i < pair.bytes; i++)
			if (pair.to[i] != pair.to[i - 1]) {
				edges++;
				ck_assert(i == 5 || i == 5 + LARGE_BYTES ||
					  ((uintptr_t)pair.to + i) % LINE_BYTES == 0);
			}
		ck_assert_uint_eq(edges, 2);
	}
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	free_pair(&pair);
	end(&dma);
}
END_TEST

/* Contract: MULTI-6. */
START_TEST(the_code_of_the_lowest_failing_part_is_returned)
{
	const size_t weights[] = {1, 1, 1, 1};
	struct aml_dma *dma = over_toys(4, weights, false);
	struct aml_dma_request *req;
	struct pair pair;

	make_pair(&pair, LARGE_BYTES);
	toys[1].code = -AML_EDOM;
	toys[3].code = -AML_EPERM;
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, pair.dst, pair.src), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EDOM);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(atomic_load(&toys[i].runs), 1);
	free_pair(&pair);
	end(&dma);
}
END_TEST

/* Contract: MULTI-7. */
START_TEST(if_a_part_is_refused_the_others_are_cancelled)
{
	const size_t weights[] = {1, 1, 1, 1};
	struct aml_dma *dma = over_toys(4, weights, false);
	struct aml_dma_request *req = UNTOUCHED;
	struct pair pair;

	make_pair(&pair, LARGE_BYTES);
	toys[2].accepts = 0;
	toys[2].refusal = -AML_EDOM;
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, pair.dst, pair.src), -AML_EDOM);
	ck_assert_ptr_eq(req, UNTOUCHED);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, pair.dst, pair.src), -AML_EDOM);
	ck_assert_uint_eq(atomic_load(&toys[0].cancels), 2);
	ck_assert_uint_eq(atomic_load(&toys[1].cancels), 2);
	ck_assert_uint_eq(atomic_load(&toys[3].posts), 0);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(atomic_load(&toys[i].runs), 0);
		ck_assert_uint_eq(atomic_load(&toys[i].live), 0);
	}
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	toys[2].accepts = SIZE_MAX;
	ck_assert_int_eq(aml_dma_copy(dma, pair.dst, pair.src), 0);
	ck_assert_mem_eq(pair.to, pair.from, LARGE_BYTES);
	free_pair(&pair);
	end(&dma);
}
END_TEST

/* Contract: MULTI-8. */
START_TEST(a_barrier_waits_for_its_own_requests_only)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(2)};
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
	struct gate gate;
	struct job foreign = {.gate = &gate, .result = -AML_EPERM}, jobs[4] = {{0}};
	struct aml_dma_request *other;

	gate_init(&gate);
	ck_assert_int_eq(job_post(engines[1], &other, &foreign), 0);
	gate_await(&gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(job_post(dma, NULL, &jobs[i]), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(jobs[i].runs, 1);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(engines[1], &other), -AML_EPERM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	end(&dma);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
	gate_destroy(&gate);
}
END_TEST

/* Contract: MULTI-8, MULTI-9. */
START_TEST(a_barrier_reports_each_failure_once)
{
	struct aml_dma *engines[] = {new_engine(0), new_engine(0)};
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
	struct job jobs[4] = {{0}, {.result = -AML_EDOM}, {.result = -AML_EPERM}, {0}};
	struct aml_dma_request *reqs[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(job_post(dma, i == 2 ? NULL : &reqs[i], &jobs[i]), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EPERM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	/* The handles are still valid. */
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), -AML_EDOM);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[3]), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	end(&dma);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
}
END_TEST

/* Contract: MULTI-9. */
START_TEST(a_failure_that_a_wait_returned_is_not_a_barrier_s)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(1)};
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
	struct job jobs[3] = {
		{.result = -AML_EDOM}, {.result = -AML_EPERM}, {.result = -AML_EINVAL}};
	struct aml_dma_request *reqs[2];

	ck_assert_int_eq(job_post(dma, &reqs[0], &jobs[0]), 0);
	ck_assert_int_eq(job_post(dma, &reqs[1], &jobs[1]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), -AML_EDOM);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[1]), 0);
	ck_assert_int_eq(job_copy(dma, &jobs[2]), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	end(&dma);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
}
END_TEST

static int call_barrier_and_destroy(struct job *job)
{
	struct aml_dma *dma = job->dma;

	NEED(aml_dma_barrier(dma) == -AML_EBUSY);
	NEED(aml_dma_multiplex_destroy(&dma) == -AML_EBUSY);
	NEED(dma == job->dma);
	return 0;
}

static int wait_for_itself(struct job *job)
{
	struct aml_dma_request *req = job->req;

	NEED(aml_dma_wait(job->dma, &req) == -AML_EBUSY && req == job->req);
	NEED(aml_dma_cancel(job->dma, &req) == -AML_EBUSY && req == job->req);
	return call_barrier_and_destroy(job);
}

/* Contract: MULTI-10. */
START_TEST(inside_its_operators_barrier_and_destroy_are_refused)
{
	for (size_t workers = 0; workers < 3; workers++) {
		struct aml_dma *engines[] = {new_engine(workers), new_engine(workers)};
		struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
		struct job job = {.body = call_barrier_and_destroy, .dma = dma};
		struct aml_dma_request *req;

		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert_int_eq(job_post(dma, NULL, &job), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		/* The request knows its own handle. */
		job.body = wait_for_itself;
		ck_assert_int_eq(job_post(dma, &job.req, &job), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &job.req), 0);
		end(&dma);
		destroy_engine(&engines[0]);
		destroy_engine(&engines[1]);
	}
}
END_TEST

/* Contract: MULTI-10. */
START_TEST(they_are_refused_in_engines_of_one_s_own_that_run_in_the_calling_thread)
{
	const size_t weights[] = {1, 1};
	struct aml_dma *dma = over_toys(2, weights, false);
	struct job job = {.body = call_barrier_and_destroy, .dma = dma};
	struct aml_dma_request *req;

	toys[1].at_post = true;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	}
	ck_assert_int_eq(job.runs, 2);
	end(&dma);
}
END_TEST

static int barrier_elsewhere(struct job *job)
{
	return aml_dma_barrier(job->dma);
}

/* Contract: MULTI-10. */
START_TEST(inside_operators_of_other_engines_a_barrier_works)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(1)}, *third = new_engine(1);
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
	struct job job = {.body = barrier_elsewhere, .dma = dma}, mine[2] = {{0}, {0}};

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(job_post(dma, NULL, &mine[i]), 0);
	ck_assert_int_eq(job_copy(third, &job), 0);
	ck_assert_int_eq(mine[0].runs + mine[1].runs, 2);
	end(&dma);
	for (int i = 0; i < 2; i++)
		destroy_engine(&engines[i]);
	destroy_engine(&third);
}
END_TEST

/* Contract: MULTI-10, MULTI-15. */
START_TEST(inside_operators_of_inner_engines_barrier_and_destroy_are_refused)
{
	for (size_t workers = 0; workers < 3; workers++) {
		struct aml_dma *engines[] = {new_engine(workers), new_engine(workers)};
		struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 0});
		const struct aml_dma *inner[] = {dma};
		struct job job = {.body = call_barrier_and_destroy}, other = {0};
		struct aml_dma *outer = NULL;
		struct aml_dma_request *req;

		ck_assert_int_eq(aml_dma_multiplex_create(&outer, 1, inner, NULL), 0);
		for (int i = 0; i < 4; i++) {
			job.dma = i % 2 ? outer : dma;
			ck_assert_int_eq(job_post(job.dma, &req, &other), 0);
			ck_assert_int_eq(job_copy(engines[i / 2], &job), 0);
			ck_assert_int_eq(aml_dma_wait(job.dma, &req), 0);
		}
		ck_assert_int_eq(job.runs, 4);
		end(&outer);
		end(&dma);
		destroy_engine(&engines[0]);
		destroy_engine(&engines[1]);
	}
}
END_TEST

/* Contract: MULTI-11. */
START_TEST(a_cancel_is_of_one_request)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(1)};
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
	struct gate gate;
	struct job blocks = {.gate = &gate}, jobs[4] = {{0}};
	struct aml_dma_request *reqs[5];

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[4], &blocks), 0);
	gate_await(&gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	/* Number 1 is behind the blocked one. */
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[1]), 0);
	ck_assert_ptr_null(reqs[1]);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(jobs[i].runs, i == 1 ? 0 : 1);
	for (int i = 0; i < 5; i++)
		if (i != 1)
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	end(&dma);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
	gate_destroy(&gate);
}
END_TEST

/* Contract: MULTI-11. */
START_TEST(a_cancel_of_a_split_copy_cancels_all_parts)
{
	const size_t weights[] = {1, 1, 2};
	struct aml_dma *dma = over_toys(3, weights, false);
	struct aml_dma_request *req;
	struct pair pair;

	make_pair(&pair, LARGE_BYTES);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, pair.dst, pair.src), 0);
	ck_assert_int_eq(aml_dma_multiplex_request_destroy(NULL, &req), 0);
	ck_assert_ptr_null(req);
	ck_assert_uint_eq(copied(&pair), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(atomic_load(&toys[i].cancels), 1);
	free_pair(&pair);
	end(&dma);
}
END_TEST

static int refuse(struct aml_dma_data *data, struct aml_dma_request **req)
{
	(void)data;
	(void)req;
	return -AML_EBUSY;
}

/* Contract: MULTI-11. */
START_TEST(a_cancel_that_an_engine_refuses_is_no_success)
{
	for (int refusing = 0; refusing < 3; refusing++) {
		struct aml_dma *dma = over_toys(3, (const size_t[]){1, 1, 1}, false);
		struct aml_dma_request *req, *before;
		struct pair pair;

		make_pair(&pair, LARGE_BYTES);
		toys[refusing].ops.destroy_request = refuse;
		ck_assert_int_eq(aml_dma_async_copy(dma, &req, pair.dst, pair.src), 0);
		before = req;
		ck_assert_int_eq(aml_dma_cancel(dma, &req), -AML_EBUSY);
		ck_assert_ptr_eq(req, before);
		for (int i = 0; i < 3; i++)
			ck_assert_uint_eq(atomic_load(&toys[i].cancels), i < refusing);
		/* What was not cancelled before the refusal is copied. */
		ck_assert_int_eq(aml_dma_wait(dma, &req), refusing == 0 ? 0 : -AML_FAILURE);
		for (int i = 0; i < 3; i++)
			ck_assert_uint_eq(atomic_load(&toys[i].runs), i >= refusing);
		ck_assert((memcmp(pair.to, pair.from, LARGE_BYTES) == 0) == (refusing == 0));
		free_pair(&pair);
		end(&dma);
	}
}
END_TEST

/* Contract: MULTI-7. */
START_TEST(a_part_that_cannot_be_cancelled_is_waited_for)
{
	struct aml_dma *dma = over_toys(3, (const size_t[]){1, 1, 1}, false);
	struct aml_dma_request *req = UNTOUCHED;
	struct pair pair;

	make_pair(&pair, LARGE_BYTES);
	toys[0].ops.destroy_request = refuse;
	toys[2].accepts = 0;
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, pair.dst, pair.src), toys[2].refusal);
	ck_assert_ptr_eq(req, UNTOUCHED);
	ck_assert_uint_eq(atomic_load(&toys[0].runs), 1);
	ck_assert_uint_eq(atomic_load(&toys[1].cancels), 1);
	free_pair(&pair);
	end(&dma);
}
END_TEST

/* Contract: MULTI-12. */
START_TEST(a_handle_belongs_to_its_multiplexer)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(1)};
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
	struct aml_dma *other = over_engines(engines, (const size_t[]){1, 1});
	struct job job = {0};
	struct aml_dma_request *req = NULL, *kept;
	int codes[1];

	ck_assert_int_eq(aml_dma_multiplex_request_wait(dma->data, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_request_wait(NULL, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_request_destroy(dma->data, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_barrier(NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_multiplex_request_create(NULL, &req, &any_layout, &any_layout,
							  job_operator, &job),
			 -AML_EINVAL);
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	kept = req;
	ck_assert_int_eq(aml_dma_wait(other, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_cancel(other, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_test(other, &req, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_all(other, 1, &req, codes), -AML_EINVAL);
	ck_assert_int_eq(codes[0], -AML_EINVAL);
	ck_assert_ptr_eq(req, kept);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	end(&dma);
	end(&other);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
}
END_TEST

/* Contract: MULTI-13. */
START_TEST(destroy_waits_and_releases_what_is_left)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(0)};
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
	struct job jobs[6] = {{0}};
	struct aml_dma_request *req;

	for (int i = 0; i < 6; i++) {
		jobs[i].result = i % 2 ? -AML_EDOM : 0;
		ck_assert_int_eq(job_post(dma, i < 3 ? &req : NULL, &jobs[i]), 0);
	}
	end(&dma);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(jobs[i].runs, 1);
	/* The inner engines still work. */
	ck_assert_int_eq(job_copy(engines[0], &jobs[0]), 0);
	ck_assert_int_eq(job_copy(engines[1], &jobs[0]), 0);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
}
END_TEST

static atomic_size_t own_calls;

static int own_create(struct aml_dma_data *data, struct aml_dma_request **req,
		      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
		      void *op_arg)
{
	atomic_fetch_add(&own_calls, 1);
	return aml_dma_multiplex_request_create(data, req, dest, src, op, op_arg);
}

static int own_destroy(struct aml_dma_data *data, struct aml_dma_request **req)
{
	return aml_dma_linux_request_destroy(data, req);
}

static int own_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	return aml_dma_linux_request_wait(data, req);
}

static int own_barrier(struct aml_dma_data *data)
{
	return aml_dma_linux_barrier(data);
}

/* Copy whole and split through a multiplexer over one engine, in all ways. */
static void use_over(struct aml_dma *inner, const size_t *weights)
{
	const size_t sizes[] = {4096, 256 << 10};
	unsigned char *to = malloc(sizes[1]), *from = malloc(sizes[1]);
	struct aml_dma_request *req;
	struct aml_dma *dma = NULL;

	ck_assert(to != NULL && from != NULL);
	memset(from, 7, sizes[1]);
	ck_assert_int_eq(
		aml_dma_multiplex_create(&dma, 1, (const struct aml_dma *[]){inner}, weights), 0);
	for (int i = 0; i < 6; i++) {
		size_t n = sizes[i % 2];

		memset(to, 0, n);
		ck_assert_int_eq(aml_dma_async_copy_custom(dma, &req,
							   (struct aml_layout *)(void *)to,
							   (struct aml_layout *)(void *)from,
							   aml_dma_linux_memcpy_op, (void *)n),
				 0);
		if (i < 2)
			ck_assert_int_eq(aml_dma_barrier(dma), 0);
		if (i < 4)
			ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		else
			ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
		if (i < 4)
			ck_assert_mem_eq(to, from, n);
		ck_assert_int_eq(aml_dma_copy_custom(dma, (struct aml_layout *)(void *)to,
						     (struct aml_layout *)(void *)from,
						     aml_dma_linux_memcpy_op, (void *)n),
				 0);
		ck_assert_mem_eq(to, from, n);
	}
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
	free(to);
	free(from);
}

/* Contract: MULTI-3. Tables that begin as the library's, with one operation of the program. */
START_TEST(engines_with_one_operation_of_their_own_are_used_through_their_tables)
{
	struct aml_dma *engine = new_engine(1), *multiplexer = NULL;
	struct aml_dma_ops ops[4], nested = aml_dma_multiplex_ops;
	struct aml_dma own;

	for (int i = 0; i < 4; i++)
		ops[i] = aml_dma_linux_ops;
	ops[0].barrier = own_barrier;
	ops[1].wait_request = own_wait;
	ops[2].destroy_request = own_destroy;
	ops[3].extension = NULL;
	for (int i = 0; i < 4; i++) {
		own = (struct aml_dma){&ops[i], engine->data};
		use_over(&own, NULL);
		use_over(&own, (const size_t[]){1});
	}
	ck_assert_int_eq(
		aml_dma_multiplex_create(&multiplexer, 1, (const struct aml_dma *[]){engine}, NULL),
		0);
	nested.create_request = own_create;
	own = (struct aml_dma){&nested, multiplexer->data};
	use_over(&own, NULL);
	ck_assert_uint_eq(atomic_load(&own_calls), 12);
	ck_assert_int_eq(aml_dma_multiplex_destroy(&multiplexer), 0);
	destroy_engine(&engine);
}
END_TEST

/* Contract: MULTI-14. */
START_TEST(figures_are_printed_for_each_engine)
{
	const size_t weights[] = {1, 3};
	struct aml_dma *dma = over_toys(2, weights, false);
	struct pair pair;
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	make_pair(&pair, LARGE_BYTES);
	post_some(dma, 8);
	toys[1].code = -AML_EDOM;
	ck_assert_int_eq(aml_dma_copy(dma, pair.dst, pair.src), -AML_EDOM);
	ck_assert_int_eq(aml_dma_fprintf(stream, "> ", dma), 0);
	fclose(stream);
	ck_assert_str_eq(text,
			 "> dma: multiplex\n"
			 ">   engines: 2\n"
			 ">   engine 0: weight 1, requests 2, parts 1, bytes 16384, failed 0\n"
			 ">   engine 1: weight 3, requests 6, parts 1, bytes 49152, failed 1\n");
	free(text);
	stream = fopen("/dev/full", "w");
	if (stream != NULL) {
		setvbuf(stream, NULL, _IONBF, 0);
		ck_assert_int_eq(aml_dma_fprintf(stream, "", dma), -AML_FAILURE);
		fclose(stream);
	}
	free_pair(&pair);
	end(&dma);
}
END_TEST

/* Contract: MULTI-15. */
START_TEST(a_multiplexer_of_multiplexers_splits_and_waits)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(2)};
	struct aml_dma *inner[] = {over_engines(engines, (const size_t[]){1, 1}),
				   over_engines(engines, (const size_t[]){3, 1})};
	struct aml_dma *dma = over_engines(inner, (const size_t[]){1, 1});
	struct job job = {.body = wait_for_itself, .dma = dma};
	struct aml_dma_request *req;
	struct pair pair;

	make_pair(&pair, LARGE_BYTES);
	ck_assert_int_eq(aml_dma_copy(dma, pair.dst, pair.src), 0);
	ck_assert_mem_eq(pair.to, pair.from, LARGE_BYTES);
	memset(pair.to, 0, LARGE_BYTES);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, pair.dst, pair.src), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_mem_eq(pair.to, pair.from, LARGE_BYTES);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(job_post(dma, &job.req, &job), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		req = job.req;
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	}
	free_pair(&pair);
	end(&dma);
	end(&inner[0]);
	end(&inner[1]);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
}
END_TEST

/* Contract: MULTI-20. */
START_TEST(a_whole_synchronous_copy_is_never_refused)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct aml_dma *engines[2], *dma;
	struct gate gate;
	struct job blocked = {.gate = &gate}, other = {.result = -AML_EDOM};
	struct aml_dma_request *reqs[2], *req = UNTOUCHED;
	struct pair pair;

	attr.num_threads = 2;
	attr.max_unfinished = 1;
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(aml_dma_linux_create_attr(&engines[i], &attr), 0);
	dma = over_engines(engines, (const size_t[]){1, 1});
	gate_init(&gate);
	make_pair(&pair, 1000);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(job_post(dma, &reqs[i], &blocked), 0);
		gate_await(&gate);
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(job_post(dma, &req, &other), -AML_EBUSY);
		ck_assert_ptr_eq(req, UNTOUCHED);
		ck_assert_int_eq(job_copy(dma, &other), -AML_EDOM);
		ck_assert_int_eq(aml_dma_copy(dma, pair.dst, pair.src), 0);
		ck_assert_mem_eq(pair.to, pair.from, pair.bytes);
	}
	ck_assert_int_eq(other.runs, 4);
	gate_open(&gate);
	gate_open(&gate);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	free_pair(&pair);
	end(&dma);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
	gate_destroy(&gate);
}
END_TEST

/* Contract: MULTI-2, MULTI-20. */
START_TEST(synchronous_copies_count_for_the_weights)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(0)};
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 3});
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	const size_t n = 100, other = 101;
	unsigned char bytes[101];
	struct aml_layout *layout = new_dense(bytes, COLUMN, 1, 1, &n, NULL, NULL);
	struct aml_layout *wrong = new_dense(bytes, COLUMN, 1, 1, &other, NULL, NULL);

	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(aml_dma_copy_custom(dma, (struct aml_layout *)(void *)bytes,
						     (struct aml_layout *)(void *)(bytes + 50),
						     aml_dma_linux_memcpy_op, (void *)50),
				 0);
		/* What was not posted does not count. */
		if (i % 3 == 0)
			ck_assert_int_eq(aml_dma_copy(dma, layout, wrong), -AML_EINVAL);
	}
	ck_assert_int_eq(aml_dma_linux_statistics(engines[0], &stats), 0);
	ck_assert_uint_eq(stats.posted, 10);
	ck_assert_int_eq(aml_dma_linux_statistics(engines[1], &stats), 0);
	ck_assert_uint_eq(stats.posted, 30);
	destroy_layout(layout);
	destroy_layout(wrong);
	end(&dma);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
}
END_TEST

/* Contract: MULTI-10, MULTI-20. */
START_TEST(a_barrier_covers_synchronous_copies)
{
	struct aml_dma *engines[] = {new_engine(1), new_engine(0)};
	struct aml_dma *dma = over_engines(engines, (const size_t[]){1, 1});
	struct gate gate;

	gate_init(&gate);
	for (int i = 0; i < 2; i++) {
		struct job job = {.gate = &gate, .body = call_barrier_and_destroy, .dma = dma};
		struct call copy = {.fn = call_copy, .dma = dma, .job = &job};
		struct call barrier = {.fn = call_barrier, .dma = dma};

		call_begin(&copy);
		gate_await(&gate);
		ck_assert_int_eq(aml_dma_barrier_until(dma, 1, NULL), -AML_EBUSY);
		call_begin(&barrier);
		call_settle(&barrier);
		ck_assert(!atomic_load(&barrier.ended));
		gate_open(&gate);
		ck_assert_int_eq(call_end(&copy), 0);
		ck_assert_int_eq(call_end(&barrier), 0);
	}
	end(&dma);
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
	gate_destroy(&gate);
}
END_TEST

SUITE("multiplex", a_whole_synchronous_copy_is_never_refused,
      synchronous_copies_count_for_the_weights, a_barrier_covers_synchronous_copies,
      creation_checks_its_arguments, any_window_has_the_weights, large_weights_need_no_table,
      requests_that_were_not_posted_do_not_count, weights_hold_from_several_threads,
      a_whole_request_is_handed_on_unchanged,
      a_custom_operator_gets_its_arguments_from_an_engine_of_the_library,
      copy_single_has_an_operator_for_each_engine, a_large_copy_is_split_by_weight,
      parts_end_between_lines, the_code_of_the_lowest_failing_part_is_returned,
      if_a_part_is_refused_the_others_are_cancelled, a_barrier_waits_for_its_own_requests_only,
      a_barrier_reports_each_failure_once, a_failure_that_a_wait_returned_is_not_a_barrier_s,
      inside_its_operators_barrier_and_destroy_are_refused,
      they_are_refused_in_engines_of_one_s_own_that_run_in_the_calling_thread,
      inside_operators_of_other_engines_a_barrier_works,
      inside_operators_of_inner_engines_barrier_and_destroy_are_refused, a_cancel_is_of_one_request,
      a_cancel_of_a_split_copy_cancels_all_parts, a_cancel_that_an_engine_refuses_is_no_success,
      a_part_that_cannot_be_cancelled_is_waited_for, a_handle_belongs_to_its_multiplexer,
      destroy_waits_and_releases_what_is_left, figures_are_printed_for_each_engine,
      a_multiplexer_of_multiplexers_splits_and_waits,
      engines_with_one_operation_of_their_own_are_used_through_their_tables)
