/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: bytes are decoded into one of three kinds of test. Two layouts and a way to copy,
 * to compare, to convert or to reduce: the result is compared with the oracle. Arbitrary sizes: a
 * layout must be refused if they overflow. Shifting layouts, which change their answers: see
 * shifting.h.
 */
#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>
#include <stdatomic.h>

#include "bytes.h"
#include "numbers.h"
#include "shifting.h"
#include "side.h"

const char fuzz_target[] = "copy";
const char *const fuzz_variants[] = {"AML_DMA_ISA", "portable",
#ifdef __x86_64__
				     "AML_DMA_ISA", "sse2",        "AML_DMA_ISA",
				     "avx2",        "AML_DMA_ISA", "avx512",
#endif
#ifdef __aarch64__
				     "AML_DMA_ISA", "neon",
#endif
				     NULL};

#define UNTOUCHED ((void *)(uintptr_t)0x5a5a)

/* How a copy is made. */
enum fuzz_way {
	/* By a call of the operator. */
	DIRECTLY,
	SYNCHRONOUSLY,
	/* The layouts are destroyed before the wait, unless they must stay. */
	WITH_A_HANDLE,
	WITHOUT_A_HANDLE,
	CANCELLED,
	OLD_WAYS,
	/* By aml_dma_post(), in a batch: see struct manner. */
	POSTED = OLD_WAYS
};

/* The calls that wait for a batch. */
enum fuzz_wait { BY_TEST, BY_WAIT_UNTIL, BY_WAIT_ANY, BY_WAIT_ALL, BY_WAIT_SOME, FUZZ_WAITS };

/* How a copy is posted by aml_dma_post(). */
struct manner {
	enum fuzz_wait wait;
	/* There is a request before it in a chain, with this result; the copy may run always. */
	bool before, always;
	int code_before;
	/* There is a request that does nothing after it in a chain. */
	bool after;
	bool callback, reaped, cancel_all, after_all;
};

/* What is done with the elements of both sides. */
enum fuzz_work { COPIES, COMPARES, CONVERTS, REDUCES };

struct copy {
	struct fuzz_side dst, src;
	enum fuzz_way way;
	enum fuzz_work work;
	struct aml_dma *dma;
	/* The operator to post, and the same operator for a direct call. */
	aml_dma_operator op, direct;
	struct aml_layout *to, *from;
	void *arg;
	/* For a comparison, a conversion, and a reduction. */
	struct aml_dma_linux_difference difference;
	struct aml_dma_linux_convert_arg types;
	struct aml_dma_linux_reduce_arg reduction;
	uint64_t alpha, beta;
	unsigned char factors[2][8];
	/* The expected codes; AML_SUCCESS is expected too if `may_succeed` is set. */
	int codes[4];
	size_t num_codes;
	bool may_succeed;
	struct manner manner;
	/* The copy was posted and did not run; with a cancel, it may have failed instead. */
	bool skipped;
};

/* Engines with 0 to 2 workers, which live as long as the program. */
static struct aml_dma *engines[3];

/* With ThreadSanitizer, a program that still has other threads waits for a second at its exit. */
static void destroy_engines(void)
{
	for (size_t workers = 0; workers < 3; workers++)
		MUST(engines[workers] == NULL ||
		     aml_dma_linux_destroy(&engines[workers]) == AML_SUCCESS);
}

static struct aml_dma *engine_of_workers(size_t workers)
{
	static bool registered;

	if (!registered)
		MUST(atexit(destroy_engines) == 0);
	registered = true;
	if (engines[workers] == NULL)
		MUST(aml_dma_linux_create(&engines[workers], workers) == AML_SUCCESS);
	return engines[workers];
}

static void refuse(struct copy *copy, int code)
{
	if (code == AML_SUCCESS)
		return;
	copy->codes[copy->num_codes++] = code;
	copy->may_succeed = false;
}

static bool right(const struct copy *copy, int code)
{
	if (code == AML_SUCCESS)
		return copy->may_succeed;
	for (size_t i = 0; i < copy->num_codes; i++)
		if (copy->codes[i] == code)
			return true;
	return false;
}

/* Check that the memory and its guard bytes have the expected content. */
static void check_memory(const struct fuzz_side *side)
{
	const struct guard *memory = &side->memory;

	MUST(memcmp(memory->pages, memory->picture, memory->pages_size) == 0);
}

/* Check that each byte of the destination has either its old value or its expected value. */
static void check_partial(const struct fuzz_side *dst, const unsigned char *before)
{
	const struct guard *memory = &dst->memory;

	for (size_t i = 0; i < memory->pages_size; i++)
		MUST(memory->pages[i] == memory->picture[i] || memory->pages[i] == before[i]);
}

/*
 * Post a copy, and wait for it or cancel it. Returns the first failure, or AML_SUCCESS. Sets
 * `*posted` to whether the post succeeded.
 */
static int post(struct copy *copy, bool *posted)
{
	struct aml_dma_request *handle = UNTOUCHED;
	bool has_handle = copy->way != WITHOUT_A_HANDLE;
	int err = aml_dma_async_copy_custom(copy->dma, has_handle ? &handle : NULL, copy->to,
					    copy->from, copy->op, copy->arg);

	*posted = err == AML_SUCCESS;
	if (err != AML_SUCCESS) {
		MUST(handle == UNTOUCHED);
		return err;
	}
	if (!copy->dst.must_stay && !copy->src.must_stay) {
		aml_layout_destroy(&copy->dst.layout);
		aml_layout_destroy(&copy->src.layout);
	}
	if (!has_handle)
		return aml_dma_barrier(copy->dma);
	MUST(handle != UNTOUCHED && handle != NULL);
	if (copy->way == CANCELLED)
		err = aml_dma_cancel(copy->dma, &handle);
	else
		err = aml_dma_wait(copy->dma, &handle);
	MUST(handle == NULL);
	return err;
}

/* The elements of a post, and what is known of their results. */
struct batch {
	size_t n, copy;
	struct aml_dma_post_attr posts[3];
	struct aml_dma_request *reqs[3];
	int codes[3];
	bool known[3];
	atomic_int called;
	int called_with;
};

static int end_with(struct aml_layout *dst, const struct aml_layout *src, void *code)
{
	(void)dst;
	(void)src;
	return (int)(intptr_t)code;
}

static void note_call(int result, void *arg)
{
	struct batch *batch = arg;

	batch->called_with = result;
	atomic_fetch_add(&batch->called, 1);
}

static void make_batch(struct batch *batch, const struct copy *copy)
{
	const struct manner *m = &copy->manner;
	struct aml_dma_post_attr *attr;

	*batch = (struct batch){.copy = m->before};
	for (size_t i = 0; i < 3; i++) {
		batch->posts[i] = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
		batch->posts[i].flags = i > 0 ? AML_DMA_POST_CHAIN : 0;
		batch->reqs[i] = UNTOUCHED;
	}
	batch->n = batch->copy + 1 + m->after;
	if (m->before) {
		batch->posts[0].op = end_with;
		batch->posts[0].op_arg = (void *)(intptr_t)m->code_before;
	}
	attr = &batch->posts[batch->copy];
	attr->dest = copy->to;
	attr->src = copy->from;
	attr->op = copy->op;
	attr->op_arg = copy->arg;
	attr->callback = m->callback ? note_call : NULL;
	attr->callback_arg = batch;
	attr->tag = 77;
	if (m->always)
		attr->flags |= AML_DMA_POST_ALWAYS;
	if (m->reaped)
		attr->flags |= AML_DMA_POST_REAP;
	if (m->after_all)
		attr->flags |= AML_DMA_POST_AFTER_ALL;
}

/* A wait has released the request at this place. */
static void know(struct batch *batch, size_t i, int code)
{
	MUST(i < batch->n && batch->reqs[i] == NULL && !batch->known[i]);
	batch->known[i] = true;
	batch->codes[i] = code;
}

static void wait_for_any(struct aml_dma *dma, struct batch *batch)
{
	for (;;) {
		size_t index = 777;
		int code = 7;

		MUST(aml_dma_wait_any(dma, batch->n, batch->reqs, &index, &code) == AML_SUCCESS);
		if (index == batch->n)
			break;
		know(batch, index, code);
	}
}

static void wait_for_some(struct aml_dma *dma, struct batch *batch)
{
	size_t count, indices[3];
	int codes[3];

	do {
		MUST(aml_dma_wait_some(dma, batch->n, batch->reqs, 1, AML_DMA_NO_DEADLINE, &count,
				       indices, codes) == AML_SUCCESS);
		for (size_t i = 0; i < count; i++)
			know(batch, indices[i], codes[i]);
	} while (count > 0);
}

/* Wait for the requests one by one. */
static void wait_in_turn(struct aml_dma *dma, struct batch *batch, uint64_t deadline)
{
	for (size_t i = 0; i < batch->n; i++) {
		int code = 7, err;

		if (batch->reqs[i] == NULL)
			continue;
		do {
			if (deadline == 0)
				err = aml_dma_test(dma, &batch->reqs[i], &code);
			else
				err = aml_dma_wait_until(dma, &batch->reqs[i], deadline, &code);
		} while (err == -AML_EBUSY && deadline == 0);
		MUST(err == AML_SUCCESS);
		know(batch, i, code);
	}
}

static void wait_for_batch(struct copy *copy, struct batch *batch)
{
	struct aml_dma_completion out = {.tag = 0};
	int codes[3];
	size_t count;

	switch (copy->manner.wait) {
	case BY_WAIT_ANY:
		wait_for_any(copy->dma, batch);
		break;
	case BY_WAIT_SOME:
		wait_for_some(copy->dma, batch);
		break;
	case BY_WAIT_ALL:
		(void)aml_dma_wait_all(copy->dma, batch->n, batch->reqs, codes);
		for (size_t i = 0; i < batch->n; i++)
			if (i != batch->copy || !copy->manner.reaped)
				know(batch, i, codes[i]);
		break;
	default:
		wait_in_turn(copy->dma, batch,
			     copy->manner.wait == BY_TEST ? 0 : AML_DMA_NO_DEADLINE);
		break;
	}
	if (copy->manner.reaped) {
		MUST(aml_dma_reap(copy->dma, 1, &out, 1, AML_DMA_NO_DEADLINE, &count) ==
		     AML_SUCCESS);
		MUST(count == 1 && out.tag == 77 && out.reserved == 0);
		know(batch, batch->copy, out.result);
	}
	MUST(aml_dma_reap(copy->dma, 1, &out, 0, 0, &count) == AML_SUCCESS && count == 0);
}

/* Check the results of a batch against each other. `cancelled`: how many were cancelled. */
static void check_batch(struct copy *copy, const struct batch *batch, size_t cancelled)
{
	const struct manner *m = &copy->manner;
	int code = batch->codes[batch->copy], failed = 0;

	for (size_t i = 0; i < batch->n; i++) {
		MUST(batch->known[i]);
		failed += batch->codes[i] == -AML_FAILURE;
	}
	MUST((size_t)failed >= cancelled);
	if (m->before)
		MUST(batch->codes[0] == m->code_before ||
		     (cancelled > 0 && batch->codes[0] == -AML_FAILURE));
	if (m->before && batch->codes[0] != AML_SUCCESS && !m->always) {
		MUST(code == batch->codes[0] || (cancelled > 0 && code == -AML_FAILURE));
		copy->skipped = true;
	}
	if (cancelled > 0 && code == -AML_FAILURE)
		copy->skipped = true;
	if (m->after)
		MUST(batch->codes[batch->n - 1] == code ||
		     (cancelled > 0 && batch->codes[batch->n - 1] == -AML_FAILURE));
	MUST(atomic_load(&batch->called) == m->callback);
	MUST(!m->callback || batch->called_with == code);
}

/* Post a copy by aml_dma_post(), and wait for it, as post() does. */
static int post_batch(struct copy *copy, bool *posted)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	struct batch batch;
	size_t cancelled = 0;
	int err;

	make_batch(&batch, copy);
	err = aml_dma_post(copy->dma, batch.n, batch.posts, batch.reqs);
	*posted = err == AML_SUCCESS;
	if (err != AML_SUCCESS) {
		for (size_t i = 0; i < 3; i++)
			MUST(batch.reqs[i] == UNTOUCHED);
		MUST(atomic_load(&batch.called) == 0);
		return err;
	}
	for (size_t i = 0; i < batch.n; i++)
		MUST(batch.reqs[i] != UNTOUCHED &&
		     (batch.reqs[i] == NULL) == (i == batch.copy && copy->manner.reaped));
	if (!copy->dst.must_stay && !copy->src.must_stay) {
		aml_layout_destroy(&copy->dst.layout);
		aml_layout_destroy(&copy->src.layout);
	}
	if (copy->manner.cancel_all)
		MUST(aml_dma_cancel_all(copy->dma, &cancelled) == AML_SUCCESS);
	MUST(cancelled <= batch.n);
	wait_for_batch(copy, &batch);
	check_batch(copy, &batch, cancelled);
	MUST(aml_dma_linux_statistics(copy->dma, &stats) == AML_SUCCESS);
	MUST(stats.posted == stats.finished + stats.cancelled);
	return batch.codes[batch.copy];
}

static int run(struct copy *copy, bool *posted)
{
	*posted = true;
	if (copy->way == DIRECTLY)
		return copy->direct(copy->to, copy->from, copy->arg);
	if (copy->way == SYNCHRONOUSLY)
		return aml_dma_copy_custom(copy->dma, copy->to, copy->from, copy->op, copy->arg);
	return copy->way == POSTED ? post_batch(copy, posted) : post(copy, posted);
}

/* Do what the operator does with one element of the expected content. */
static void picture_element(const struct copy *copy, unsigned char *to, const unsigned char *from)
{
	const struct aml_dma_linux_reduce_arg *r = &copy->reduction;

	if (copy->work == COPIES)
		memcpy(to, from, copy->dst.oracle.element_size);
	else if (copy->work == CONVERTS)
		exact_store(copy->types.dst_type, to,
			    exact_convert(copy->types.dst_type, copy->types.src_type,
					  exact_load(copy->types.src_type, from)));
	else if (copy->work == REDUCES)
		exact_store(r->type, to,
			    exact_reduce(r->type, r->operation, exact_load(r->type, to),
					 exact_load(r->type, from), copy->alpha, copy->beta));
}

/* Enter the results of the elements that have an address in the expected content. */
static void picture(struct copy *copy, const struct oracle *src)
{
	const struct oracle *dst = &copy->dst.oracle;
	struct guard *memory = &copy->dst.memory;

	for (size_t n = 0; n < dst->count; n++)
		if (!dst->cells[n].neutral && dst->cells[n].at != NULL && src->cells[n].at != NULL)
			picture_element(copy, memory->expected + (dst->cells[n].at - memory->data),
					src->cells[n].at);
}

/* Whether an element that is read or written has no address. */
static bool holes(const struct copy *copy, const struct oracle *src)
{
	const struct oracle *dst = &copy->dst.oracle;

	for (size_t n = 0; n < dst->count; n++)
		if ((!dst->cells[n].neutral || copy->work == COMPARES) &&
		    (dst->cells[n].at == NULL || src->cells[n].at == NULL))
			return true;
	return false;
}

/* How many elements differ, and the coordinates of the first one. All have an address. */
static uint64_t differences(const struct copy *copy, const struct oracle *src, size_t *first)
{
	const struct oracle *dst = &copy->dst.oracle;
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0};
	uint64_t count = 0;

	for (size_t n = 0; n < dst->count; n++) {
		if (memcmp(dst->cells[n].at, src->cells[n].at, dst->element_size) != 0 &&
		    count++ == 0)
			memcpy(first, coords, sizeof(coords));
		next_coords(dst->ndims, dst->dims, coords);
	}
	return count;
}

/* The count of a structure that no comparison has written. */
#define UNWRITTEN 777777

/* Whether the structure of a comparison says what is right. */
static bool reported(const struct copy *copy, const struct oracle *src)
{
	const struct aml_dma_linux_difference *d = &copy->difference;
	size_t first[AML_LAYOUT_NDIMS_MAX] = {0};

	return d->count == differences(copy, src, first) &&
	       (d->count == 0 || memcmp(first, d->coords, sizeof(first)) == 0);
}

/* Check the result of a comparison that was posted, and that perhaps was cancelled. */
static void check_comparison(const struct copy *copy, const struct oracle *src, int code)
{
	size_t first[AML_LAYOUT_NDIMS_MAX];
	bool differ, failed;

	if (copy->way == CANCELLED || copy->skipped || holes(copy, src)) {
		MUST(copy->difference.count == UNWRITTEN ||
		     (copy->arg != NULL && !holes(copy, src) && reported(copy, src)));
		return;
	}
	differ = differences(copy, src, first) > 0;
	failed = code == -AML_FAILURE && copy->arg == NULL && differ;
	MUST(failed || right(copy, code));
	MUST(code != AML_SUCCESS || copy->arg != NULL || !differ);
	MUST(code == AML_SUCCESS && copy->arg != NULL ? reported(copy, src)
						      : copy->difference.count == UNWRITTEN);
}

/* Whether the copy reaches a layout that cannot be kept. Neutral elements of pads do not count. */
static bool misses_a_side(const struct copy *copy, const struct oracle *from)
{
	const struct oracle *dst = &copy->dst.oracle;

	for (size_t n = 0; n < dst->count; n++)
		if (!dst->cells[n].neutral &&
		    (copy->dst.not_kept != AML_SUCCESS ||
		     (copy->src.not_kept != AML_SUCCESS && !from->cells[n].neutral)))
			return true;
	return false;
}

/* Copy, and compare with `from`: the elements of the source, in the order of the destination. */
static void copy_and_compare(struct copy *copy, const struct oracle *from)
{
	size_t size = copy->dst.memory.pages_size;
	bool asked = copy->way != DIRECTLY && copy->way != SYNCHRONOUSLY, posted;
	unsigned char *before = malloc(size);
	int err;

	MUST(before != NULL);
	memcpy(before, copy->dst.memory.pages, size);
	/* Only posting refuses layouts that cannot be kept. */
	if (asked && copy->may_succeed && copy->dst.oracle.count > 0) {
		refuse(copy, copy->dst.not_kept);
		refuse(copy, copy->src.not_kept);
		/* A layout whose elements the copy does not reach need not be kept. */
		copy->may_succeed |= from != NULL && !misses_a_side(copy, from);
	}
	err = run(copy, &posted);
	if (copy->may_succeed && from != NULL) {
		picture(copy, from);
		if (posted && copy->work == COMPARES)
			check_comparison(copy, from, err);
	}
	if (posted && copy->way == CANCELLED) {
		MUST(copy->may_succeed && err == AML_SUCCESS);
		check_partial(&copy->dst, before);
	} else if (posted && copy->skipped) {
		MUST(copy->may_succeed);
		if (from == NULL || !holes(copy, from))
			memcpy(copy->dst.memory.picture, before, size);
		check_partial(&copy->dst, before);
	} else if (copy->may_succeed && from != NULL && holes(copy, from)) {
		MUST(err == -AML_FAILURE);
		check_partial(&copy->dst, before);
	} else if (posted && copy->may_succeed && from != NULL && copy->work == COMPARES) {
		check_memory(&copy->dst);
	} else {
		MUST(right(copy, err));
		MUST(copy->difference.count == UNWRITTEN || err == AML_SUCCESS);
		/* Some copies may either succeed or be refused. */
		if (err != AML_SUCCESS)
			memcpy(copy->dst.memory.picture, before, size);
		check_memory(&copy->dst);
	}
	check_memory(&copy->src);
	MUST(aml_dma_barrier(copy->dma) == AML_SUCCESS);
	free(before);
}

/* Expect the codes with which the wrong answers of both sides are refused. */
static void refuse_lies(struct copy *copy)
{
	refuse(copy, copy->dst.refused);
	refuse(copy, copy->src.refused);
}

static size_t take_element_size(struct bytes *bytes, size_t count, size_t budget)
{
	static const size_t usual[] = {1, 2, 4, 8, 16, 32, 64, 3, 12, 24, 128, 5, 100};
	size_t v = take(bytes), size = usual[v % (sizeof(usual) / sizeof(*usual))];

	if (budget == BYTES_BIG && count > 0)
		size = budget / count - v;
	else if (v > 240)
		size = v * 16 + take_below(bytes, 16);
	return size * count <= budget && size <= ELEMENT_MAX ? size : 1;
}

static bool same(const struct extents *a, const struct extents *b)
{
	return a->ndims == b->ndims && memcmp(a->dims, b->dims, a->ndims * sizeof(*a->dims)) == 0;
}

/* Copy from layout to layout. */
static void fuzz_generic(struct copy *copy, struct bytes *bytes, const struct extents *extents,
			 const struct extents *other, size_t element_size, size_t other_size)
{
	side_decode(&copy->dst, bytes, element_size, extents);
	side_decode(&copy->src, bytes, other_size, other);
	copy->op = take_bool(bytes) ? aml_dma_linux_copy_generic : NULL;
	copy->direct = aml_dma_linux_copy_generic;
	copy->to = copy->dst.layout;
	copy->from = copy->src.layout;
	refuse_lies(copy);
	if (element_size != other_size || !same(extents, other))
		refuse(copy, -AML_EINVAL);
	else if (copy->dst.zero_step)
		refuse(copy, -AML_EINVAL);
	copy_and_compare(copy, same(extents, other) ? &copy->src.oracle : NULL);
}

/* Whether copy_1D takes the side: a dense layout of one dimension with a unit stride. */
static bool unit_stride(const struct fuzz_side *side)
{
	return side->fast && side->oracle.ndims == 1 && side->oracle.count > 1 &&
	       side->oracle.cells[1].at - side->oracle.cells[0].at ==
		       (ptrdiff_t)side->oracle.element_size;
}

/* With fewer than two elements, the oracle does not show the stride. */
static bool perhaps_unit_stride(const struct fuzz_side *side)
{
	return side->fast && side->oracle.ndims == 1 && side->oracle.count < 2;
}

static void fuzz_1d(struct copy *copy, struct bytes *bytes, const struct extents *extents,
		    const struct extents *other, size_t element_size, size_t other_size)
{
	const struct fuzz_side *dst = &copy->dst, *src = &copy->src;

	side_decode(&copy->dst, bytes, element_size, extents);
	side_decode(&copy->src, bytes, other_size, other);
	copy->op = copy->direct = aml_dma_linux_copy_1D;
	copy->to = copy->dst.layout;
	copy->from = copy->src.layout;
	refuse_lies(copy);
	if (element_size != other_size || !same(extents, other) ||
	    (!unit_stride(dst) && !perhaps_unit_stride(dst)) ||
	    (!unit_stride(src) && !perhaps_unit_stride(src)))
		refuse(copy, -AML_EINVAL);
	else if (!unit_stride(dst) || !unit_stride(src))
		copy->codes[copy->num_codes++] = -AML_EINVAL;
	/* copy_1D keeps no layout. */
	copy->dst.not_kept = copy->src.not_kept = AML_SUCCESS;
	copy_and_compare(copy, same(extents, other) ? &copy->src.oracle : NULL);
}

/* Copy bytes between the memories of both sides. */
static void fuzz_bytes(struct copy *copy, struct bytes *bytes, const struct extents *extents,
		       size_t element_size)
{
	size_t most, size;

	side_decode(&copy->dst, bytes, element_size, extents);
	side_decode(&copy->src, bytes, element_size, extents);
	most = copy->dst.memory.size < copy->src.memory.size ? copy->dst.memory.size
							     : copy->src.memory.size;
	size = most * take(bytes) / 255;
	copy->op = copy->direct = aml_dma_linux_memcpy_op;
	copy->to = (struct aml_layout *)(void *)copy->dst.memory.data;
	copy->from = (struct aml_layout *)(void *)copy->src.memory.data;
	copy->arg = (void *)size;
	copy->dst.not_kept = copy->src.not_kept = AML_SUCCESS;
	memcpy(copy->dst.memory.expected, copy->src.memory.data, size);
	/* The expected content is that of a whole copy, so the copy must not be cancelled. */
	if (copy->way == CANCELLED)
		copy->way = WITH_A_HANDLE;
	copy_and_compare(copy, NULL);
}

/* Copy with permuted dimensions, in this thread. */
static int transform(struct aml_layout *dst, const struct aml_layout *src, void *permutation)
{
	return aml_copy_layout_transform_generic(dst, src, permutation);
}

static void fuzz_transform(struct copy *copy, struct bytes *bytes, struct extents *extents,
			   const struct extents *other, size_t element_size, size_t other_size)
{
	size_t permutation[AML_LAYOUT_NDIMS_MAX], n = other->ndims, wrong;
	struct oracle oracle = {0};
	bool fits = n == extents->ndims;

	for (size_t i = 0; i < n; i++) {
		size_t j = take_below(bytes, i + 1);

		permutation[i] = permutation[j];
		permutation[j] = i;
	}
	/* If the extents are equal, permute those of the destination. */
	if (fits && same(extents, other))
		for (size_t i = 0; i < n; i++)
			extents->dims[i] = other->dims[permutation[i]];
	side_decode(&copy->dst, bytes, element_size, extents);
	side_decode(&copy->src, bytes, other_size, other);
	copy->way = DIRECTLY;
	copy->direct = transform;
	copy->to = copy->dst.layout;
	copy->from = copy->src.layout;
	copy->arg = permutation;
	refuse_lies(copy);
	for (size_t i = 0; fits && i < n; i++)
		fits = extents->dims[i] == other->dims[permutation[i]];
	if (fits)
		oracle_permute(&oracle, &copy->src.oracle, permutation);
	wrong = take(bytes);
	if (wrong > 240) {
		/* Make it an invalid permutation. */
		permutation[wrong % n] = n == 1 || wrong % 2 ? n : permutation[(wrong + 1) % n];
		fits = false;
	}
	if (!fits || element_size != other_size || copy->dst.zero_step)
		refuse(copy, -AML_EINVAL);
	copy_and_compare(copy, oracle.cells != NULL ? &oracle : NULL);
	oracle_destroy(&oracle);
}

/* Choose what to do with numbers, and their types. Only integers: a NaN may have several forms. */
static void take_numbers(struct bytes *bytes, struct copy *copy)
{
	static const int integers[] = {AML_DMA_I8, AML_DMA_I16, AML_DMA_I32, AML_DMA_I64,
				       AML_DMA_U8, AML_DMA_U16, AML_DMA_U32, AML_DMA_U64};
	struct aml_dma_linux_reduce_arg *r = &copy->reduction;

	copy->work = (enum fuzz_work)(COMPARES + take_below(bytes, 3));
	copy->types.dst_type = integers[take_below(bytes, 8)];
	copy->types.src_type = integers[take_below(bytes, 8)];
	r->type = copy->types.dst_type;
	r->operation = (int)take_below(bytes, EXACT_OPERATIONS);
	copy->alpha = exact_convert(r->type, AML_DMA_I8, take(bytes));
	copy->beta = exact_convert(r->type, AML_DMA_I8, take(bytes));
	exact_store(r->type, copy->factors[0], copy->alpha);
	exact_store(r->type, copy->factors[1], copy->beta);
	r->alpha = copy->factors[0];
	r->beta = copy->factors[1];
}

/* Make the elements of the source equal to those of the destination, except for `differ` bytes. */
static void make_similar(struct copy *copy, size_t differ)
{
	const struct oracle *dst = &copy->dst.oracle, *src = &copy->src.oracle;
	struct guard *memory = &copy->src.memory;

	for (size_t n = 0; n < dst->count; n++)
		if (!src->cells[n].neutral && dst->cells[n].at != NULL && src->cells[n].at != NULL)
			memcpy(src->cells[n].at, dst->cells[n].at, dst->element_size);
	for (size_t i = 0; i < differ; i++)
		memory->data[memory->size / differ * i] ^= 1;
	memcpy(memory->expected, memory->data, memory->size);
}

/* Compare, convert or reduce. */
static void fuzz_numbers(struct copy *copy, struct bytes *bytes, const struct extents *extents,
			 const struct extents *other, size_t element_size, size_t other_size)
{
	const aml_dma_operator operators[] = {NULL, aml_dma_linux_compare, aml_dma_linux_convert,
					      aml_dma_linux_reduce};
	void *const args[] = {NULL, &copy->difference, &copy->types, &copy->reduction};
	bool other_sizes = element_size != other_size, fits = same(extents, other);

	take_numbers(bytes, copy);
	if (copy->work != COMPARES) {
		element_size = exact_bytes(copy->types.dst_type);
		other_size = exact_bytes(copy->work == CONVERTS ? copy->types.src_type
								: copy->types.dst_type) +
			     other_sizes;
	}
	side_decode(&copy->dst, bytes, element_size, extents);
	side_decode(&copy->src, bytes, other_size, other);
	copy->op = copy->direct = operators[copy->work];
	copy->to = copy->dst.layout;
	copy->from = copy->src.layout;
	copy->arg = copy->work == COMPARES && take_bool(bytes) ? NULL : args[copy->work];
	if (copy->work == COMPARES && fits && !other_sizes && take_bool(bytes))
		make_similar(copy, take_below(bytes, 4));
	refuse_lies(copy);
	if (other_sizes || !fits || (copy->work != COMPARES && copy->dst.zero_step))
		refuse(copy, -AML_EINVAL);
	copy_and_compare(copy, fits && !other_sizes ? &copy->src.oracle : NULL);
}

/* Change the extents or the element size, now and then. */
static void change(struct bytes *bytes, struct extents *extents, size_t *element_size)
{
	size_t v = take(bytes);

	if (v < 200)
		return;
	if (v < 205 && extents->ndims < AML_LAYOUT_NDIMS_MAX)
		extents->dims[extents->ndims++] = 1;
	else if (v < 210 && extents->ndims > 1)
		extents->ndims--;
	else if (v < 230)
		*element_size = *element_size < ELEMENT_MAX ? *element_size + 1 : 1;
	else
		extents->dims[v % extents->ndims]++;
}

static void take_way(struct bytes *bytes, struct copy *copy)
{
	size_t v = take(bytes);
	struct manner *m = &copy->manner;

	copy->way = v < 160 ? (enum fuzz_way)(v % OLD_WAYS) : POSTED;
	if (copy->way != POSTED)
		return;
	m->wait = (enum fuzz_wait)(v % FUZZ_WAITS);
	v = take(bytes);
	m->before = v & 1;
	m->code_before = v & 2 ? -AML_EDOM : AML_SUCCESS;
	m->always = v & 4;
	m->after = v & 8;
	m->callback = v & 16;
	m->reaped = v & 32;
	m->after_all = v & 64;
	m->cancel_all = v >= 192;
}

static void fuzz_copy(struct bytes *bytes, size_t what)
{
	struct copy *copy = calloc(1, sizeof(*copy));
	struct extents extents, other;
	size_t element_size, other_size, workers, budget;

	MUST(copy != NULL);
	copy->may_succeed = true;
	copy->difference =
		(struct aml_dma_linux_difference){sizeof(copy->difference), UNWRITTEN, {0}};
	take_way(bytes, copy);
	workers = take_below(bytes, 3);
	budget = take(bytes) == 0xB1 ? BYTES_BIG : BYTES_MAX;
	copy->dma = engine_of_workers(workers);
	copy->dst.budget = copy->src.budget = budget;
	copy->src.source = true;
	decode_extents(bytes, &extents);
	element_size = take_element_size(bytes, product(extents.ndims, extents.dims), budget);
	other = extents;
	other_size = element_size;
	change(bytes, &other, &other_size);
	if (what < 4)
		fuzz_generic(copy, bytes, &extents, &other, element_size, other_size);
	else if (what == 4)
		fuzz_transform(copy, bytes, &extents, &other, element_size, other_size);
	else if (what == 5)
		fuzz_1d(copy, bytes, &extents, &other, element_size, other_size);
	else if (what == 6)
		fuzz_bytes(copy, bytes, &extents, element_size);
	else
		fuzz_numbers(copy, bytes, &extents, &other, element_size, other_size);
	side_destroy(&copy->dst);
	side_destroy(&copy->src);
	free(copy);
}

/* Arbitrary sizes. */

struct wild {
	size_t ndims, element_size;
	int order;
	size_t dims[8], stride[8], pitch[8];
};

static size_t take_wild(struct bytes *bytes)
{
	size_t v = take(bytes), word = 0;

	if (v < 160)
		return v % 8;
	if (v < 240)
		return ((size_t)1 << v % (8 * sizeof(size_t))) + take(bytes) - 128;
	for (int i = 0; i < 8; i++)
		word = word << 8 | take(bytes);
	return word;
}

/* A type for products of sizes. times() saturates far above SIZE_MAX, so nothing overflows. */
#if SIZE_MAX > UINT32_MAX
typedef unsigned __int128 wide;
#else
typedef uint64_t wide;
#endif

static wide times(wide a, wide b)
{
	return a > SIZE_MAX || (a > 0 && b > SIZE_MAX) ? (wide)1 << 6 * sizeof(wide) : a * b;
}

/* The number of elements, saturated far above SIZE_MAX. */
static wide count_of(size_t ndims, const size_t *dims)
{
	wide count = 1;

	for (size_t i = 0; i < ndims; i++) {
		if (dims[i] == 0)
			return 0;
		count = times(count, dims[i]);
	}
	return count;
}

/*
 * Whether a dense layout may have these sizes. -1: no, because one of its sizes exceeds size_t. 1:
 * yes, because none does and all elements lie within PTRDIFF_MAX bytes. 0: the layout may be made
 * or refused.
 */
static int judge(const struct wild *w)
{
	wide cpitch = w->element_size, span = w->element_size;
	bool empty = false, over = false;

	for (size_t i = 0; i < w->ndims; i++) {
		size_t at = w->order ? w->ndims - 1 - i : i;
		wide step = times(cpitch, w->stride[at]);

		over = over || step > SIZE_MAX;
		empty = empty || w->dims[at] == 0;
		if (w->dims[at] > 0)
			span += times(step, w->dims[at] - 1);
		cpitch = times(cpitch, w->pitch[at]);
		over = over || cpitch > SIZE_MAX;
	}
	if (empty)
		return over ? 0 : 1;
	if (over || span > SIZE_MAX ||
	    times(count_of(w->ndims, w->dims), w->element_size) > SIZE_MAX)
		return -1;
	return span <= PTRDIFF_MAX;
}

/*
 * Whether a layout may have this slice. -1: no, because an element lies outside the layout. 1: yes.
 * 0: the slice may be made or refused, because it is empty or has very large strides.
 */
static int judge_slice(const struct wild *w, const size_t *offsets, const size_t *dims,
		       const size_t *strides)
{
	bool inside = true, odd = false, empty = false;

	for (size_t i = 0; i < w->ndims; i++) {
		wide step = times(w->stride[i], strides[i]);

		empty = empty || dims[i] == 0;
		if (dims[i] > 0)
			inside = inside && offsets[i] + times(dims[i] - 1, strides[i]) < w->dims[i];
		odd = odd || dims[i] < 2 || step > SIZE_MAX;
	}
	if (empty)
		return 0;
	if (!inside)
		return -1;
	return !odd && times(count_of(w->ndims, dims), w->element_size) <= SIZE_MAX;
}

static void check_made(int judgement, int err, struct aml_layout **made)
{
	if (judgement < 0)
		MUST(err == -AML_EINVAL);
	if (judgement > 0)
		MUST(err == AML_SUCCESS);
	MUST(err == AML_SUCCESS || err == -AML_EINVAL);
	if (err != AML_SUCCESS)
		MUST(*made == UNTOUCHED);
	else
		aml_layout_destroy(made);
	*made = UNTOUCHED;
}

static void take_wilds(struct bytes *bytes, size_t n, size_t *sizes)
{
	for (size_t i = 0; i < n; i++)
		sizes[i] = take_wild(bytes);
}

/* Make other layouts from a layout of arbitrary sizes. Elements are not read or written. */
static void derive(struct aml_layout *layout, const struct wild *w, struct bytes *bytes)
{
	struct aml_layout *made = UNTOUCHED;
	size_t a[8], b[8], c[8], n = 1 + take_below(bytes, 6);
	static unsigned char neutral[16];
	wide count = count_of(w->ndims, w->dims), other;
	int err;

	take_wilds(bytes, 8, a);
	take_wilds(bytes, 8, b);
	take_wilds(bytes, 8, c);
	err = aml_layout_slice(layout, &made, a, b, c);
	check_made(judge_slice(w, a, b, c), err, &made);
	other = count_of(n, a);
	err = aml_layout_reshape(layout, &made, n, a);
	check_made(other != count || count > SIZE_MAX ? -1 : 0, err, &made);
	if (w->element_size > sizeof(neutral) || count > SIZE_MAX / w->element_size)
		return;
	err = aml_layout_reshape_create(&made, layout, w->order, n, a);
	MUST(err == (other == count ? AML_SUCCESS : -AML_EINVAL));
	if (err == AML_SUCCESS)
		free(made);
	made = UNTOUCHED;
	other = times(count_of(w->ndims, b), w->element_size);
	err = aml_layout_pad_create(&made, w->order, layout, b, neutral);
	MUST(err == (other <= SIZE_MAX ? AML_SUCCESS : -AML_EINVAL));
	if (err == AML_SUCCESS)
		free(made);
	else
		MUST(made == UNTOUCHED);
}

/* Whether a steps layout at this address may have these sizes. */
static bool judge_steps(const struct wild *w, uintptr_t at, const ptrdiff_t *steps)
{
	wide below = 0, above = w->element_size, count = count_of(w->ndims, w->dims);

	if (w->element_size == 0 || (at == 0 && count > 0))
		return false;
	if (count == 0)
		return true;
	for (size_t i = 0; i < w->ndims; i++) {
		wide step = steps[i] < 0 ? -(wide)steps[i] : (wide)steps[i];

		*(steps[i] < 0 ? &below : &above) += times(step, w->dims[i] - 1);
	}
	return times(count, w->element_size) <= SIZE_MAX && below + above <= PTRDIFF_MAX &&
	       below < at && at + above <= UINTPTR_MAX;
}

/* A steps layout of arbitrary sizes at an arbitrary address, and layouts made from it. */
static void fuzz_wild_steps(struct bytes *bytes, struct wild *w)
{
	struct aml_layout *layout = UNTOUCHED, *made = UNTOUCHED;
	uintptr_t at = take_wild(bytes);
	size_t a[8], b[8], c[8], dim = take_below(bytes, 8);
	bool fits = true, empty = false;
	ptrdiff_t steps[8];
	int err;

	for (size_t i = 0; i < w->ndims; i++)
		steps[i] = (ptrdiff_t)(take_bool(bytes) ? -w->stride[i] : w->stride[i]);
	err = aml_layout_steps_create(&layout, (void *)at, w->order, w->element_size, w->ndims,
				      w->dims, steps);
	MUST(err == (judge_steps(w, at, steps) ? AML_SUCCESS : -AML_EINVAL));
	if (err != AML_SUCCESS) {
		MUST(layout == UNTOUCHED);
		return;
	}
	check_made(dim < w->ndims ? 1 : -1, aml_layout_reverse(layout, &made, dim), &made);
	take_wilds(bytes, 8, a);
	take_wilds(bytes, 8, b);
	take_wilds(bytes, 8, c);
	for (size_t i = 0; i < w->ndims; i++) {
		empty = empty || b[i] == 0;
		fits = fits && b[i] > 0 && a[i] + times(b[i] - 1, c[i]) < w->dims[i];
	}
	check_made(fits || empty ? times(count_of(w->ndims, b), w->element_size) <= SIZE_MAX : -1,
		   aml_layout_slice(layout, &made, a, b, c), &made);
	check_made(count_of(dim + 1, a) != count_of(w->ndims, w->dims) ? -1 : 0,
		   aml_layout_reshape(layout, &made, dim + 1, a), &made);
	aml_layout_destroy(&layout);
}

static void fuzz_wild(struct bytes *bytes)
{
	static char memory;
	struct aml_layout *layout = UNTOUCHED;
	struct wild w = {0};
	bool strides, pitches;
	size_t dims[8];
	int err, judgement;

	w.ndims = 1 + take_below(bytes, 6);
	w.order = take_bool(bytes);
	w.element_size = take_wild(bytes);
	take_wilds(bytes, w.ndims, w.dims);
	take_wilds(bytes, w.ndims, w.stride);
	take_wilds(bytes, w.ndims, w.pitch);
	strides = take_bool(bytes);
	pitches = take_bool(bytes);
	if (take_bool(bytes)) {
		fuzz_wild_steps(bytes, &w);
		return;
	}
	for (size_t i = 0; i < w.ndims; i++) {
		if (!strides)
			w.stride[i] = 1;
		if (!pitches)
			w.pitch[i] = w.dims[i];
	}
	err = aml_layout_dense_create(&layout, &memory, w.order, w.element_size, w.ndims, w.dims,
				      strides ? w.stride : NULL, pitches ? w.pitch : NULL);
	judgement = w.element_size == 0 ? -1 : judge(&w);
	if (err != AML_SUCCESS) {
		check_made(judgement, err, &layout);
		return;
	}
	MUST(judgement >= 0);
	MUST(aml_layout_ndims(layout) == w.ndims);
	MUST(aml_layout_element_size(layout) == w.element_size);
	MUST(aml_layout_dims(layout, dims) == AML_SUCCESS);
	MUST(memcmp(dims, w.dims, w.ndims * sizeof(*dims)) == 0);
	derive(layout, &w, bytes);
	aml_layout_destroy(&layout);
}

/* Layouts that change their answers. */

static size_t pick(void *arg, size_t n)
{
	return take_below(arg, n);
}

static void fuzz_shifting(struct bytes *bytes)
{
	struct shifting_source source = {pick, bytes, 0};
	struct aml_dma *dma = engine_of_workers(take_below(bytes, 3));
	const char *wrong;
	size_t calls;

	/* The answers change once, or at any time if the byte is 0. */
	source.at = take(bytes);
	wrong = shifting_run(&source, dma, &calls);
	if (wrong != NULL)
		fprintf(stderr, "%s\n", wrong);
	MUST(wrong == NULL);
	MUST(aml_dma_barrier(dma) == AML_SUCCESS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {data, size};
	size_t first = take(&bytes), what = first % 8;

	if (first >= 240)
		fuzz_shifting(&bytes);
	else if (first >= 232 || what < 7)
		fuzz_copy(&bytes, first >= 232 ? 7 : what);
	else
		fuzz_wild(&bytes);
	return 0;
}
