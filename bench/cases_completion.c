/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cost of waiting for several requests, of callbacks, dependencies and batches, and of the
 * completion queue. All requests copy 64 bytes. The yardsticks are libuv's work queue, whose loop
 * also reports each completion, and plain posts by the same engine.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aml.h>
#include <aml/dma/linux.h>

#include "round.h"

/* The posts of a batch, and the completions that one call reaps. */
#define BATCH 32
#define REAPED 256

/* The requests in flight of a program that posts and reaps in turn. */
#define REAP_WINDOW 1000

/* Names of contestants. */
#define ALL_SUFFIX " (wait_all)"
#define PLAIN_SUFFIX " (plain posts)"

static void *copy_size(void)
{
	return (void *)(uintptr_t)TASK_BYTES;
}

static struct aml_dma_post_attr attr_of(const struct engine_entrant *e, size_t i)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;
	size_t at = i * TASK_BYTES;

	attr.dest = address(e->copies.dst + at);
	attr.src = address(e->copies.src + at);
	attr.op = aml_dma_linux_memcpy_op;
	attr.op_arg = copy_size();
	return attr;
}

/* Posts with handles, and the waits for them. */

static int post_handles(struct engine_entrant *e)
{
	int err = 0;

	for (size_t i = 0; i < e->copies.count && err == 0; i++)
		err = entrant_post(e, &e->requests[i], i);
	return err;
}

static int wait_for_all(void *arg)
{
	struct engine_entrant *e = arg;
	int err = post_handles(e);

	return err == 0 ? aml_dma_wait_all(e->dma, e->copies.count, e->requests, NULL) : err;
}

static int wait_for_any(void *arg)
{
	struct engine_entrant *e = arg;
	int err = post_handles(e);

	for (size_t i = 0; i < e->copies.count && err == 0; i++) {
		size_t index;
		int result = 0;

		err = aml_dma_wait_any(e->dma, e->copies.count, e->requests, &index, &result);
		err = err == 0 ? result : err;
	}
	return err;
}

/* Wait for any, and post the next request in the place of the one that has finished. */
static int refill_any(void *arg)
{
	struct engine_entrant *e = arg;
	size_t window = e->copies.count / 10, posted = 0, done = 0;
	int err = 0;

	for (; posted < window && err == 0; posted++)
		err = entrant_post(e, &e->requests[posted], posted);
	for (; done < e->copies.count && err == 0; done++) {
		size_t index;
		int result = 0;

		err = aml_dma_wait_any(e->dma, window, e->requests, &index, &result);
		if (err == 0 && posted < e->copies.count) {
			err = entrant_post(e, &e->requests[index], posted);
			posted++;
		}
		err = err == 0 ? result : err;
	}
	return err;
}

static int wait_for_some(void *arg)
{
	struct engine_entrant *e = arg;
	size_t done = 0;
	int err = post_handles(e);

	while (done < e->copies.count && err == 0) {
		size_t count = 0;

		err = aml_dma_wait_some(e->dma, e->copies.count, e->requests, 1,
					AML_DMA_NO_DEADLINE, &count, NULL, NULL);
		done += count;
	}
	return err;
}

/* Posts without handles. */

static void count_down(int result, void *left)
{
	(void)result;
	__atomic_fetch_sub((size_t *)left, 1, __ATOMIC_RELAXED);
}

/* Post with callbacks that count down. `reqs`: NULL, or room for the handles. */
static int post_callbacks(struct engine_entrant *e, struct aml_dma_request **reqs, size_t *left)
{
	int err = 0;

	for (size_t i = 0; i < e->copies.count && err == 0; i++) {
		struct aml_dma_post_attr attr = attr_of(e, i);

		attr.callback = count_down;
		attr.callback_arg = left;
		err = aml_dma_post(e->dma, 1, &attr, reqs != NULL ? &reqs[i] : NULL);
	}
	return err;
}

static int callbacks(void *arg)
{
	struct engine_entrant *e = arg;
	size_t left = e->copies.count;
	int err = post_callbacks(e, NULL, &left);

	if (err == 0)
		err = aml_dma_barrier(e->dma);
	return err == 0 && __atomic_load_n(&left, __ATOMIC_RELAXED) > 0 ? -1 : err;
}

/*
 * Post in batches, with these flags on all elements but the first of each. `reqs`: NULL, or room
 * for the handles.
 */
static int post_batches(struct engine_entrant *e, struct aml_dma_request **reqs, unsigned flags)
{
	struct aml_dma_post_attr attrs[BATCH];
	int err = 0;

	for (size_t i = 0; i < e->copies.count && err == 0; i += BATCH) {
		size_t n = e->copies.count - i < BATCH ? e->copies.count - i : BATCH;

		for (size_t j = 0; j < n; j++) {
			attrs[j] = attr_of(e, i + j);
			attrs[j].flags = j > 0 ? flags : 0;
			if (reqs == NULL)
				attrs[j].flags |= AML_DMA_POST_DETACH;
		}
		err = aml_dma_post(e->dma, n, attrs, reqs != NULL ? &reqs[i] : NULL);
	}
	return err;
}

static int batches(void *arg)
{
	struct engine_entrant *e = arg;
	int err = post_batches(e, NULL, 0);

	return err == 0 ? aml_dma_barrier(e->dma) : err;
}

static int chained_batches(void *arg)
{
	struct engine_entrant *e = arg;
	int err = post_batches(e, NULL, AML_DMA_POST_CHAIN);

	return err == 0 ? aml_dma_barrier(e->dma) : err;
}

/* Each request has the one before it as its prerequisite, in one chain. */
static int post_chain(struct engine_entrant *e)
{
	int err = 0;

	for (size_t i = 0; i < e->copies.count && err == 0; i++) {
		struct aml_dma_post_attr attr = attr_of(e, i);

		attr.nafter = i > 0;
		attr.after = i > 0 ? &e->requests[i - 1] : NULL;
		err = aml_dma_post(e->dma, 1, &attr, &e->requests[i]);
	}
	return err;
}

static int chain(void *arg)
{
	struct engine_entrant *e = arg;
	int err = post_chain(e);

	return err == 0 ? aml_dma_wait_all(e->dma, e->copies.count, e->requests, NULL) : err;
}

/* Posts with handles, and a wait for each, in reverse. */

static int wait_in_reverse(struct engine_entrant *e)
{
	int err = 0;

	for (size_t i = e->copies.count; i > 0; i--) {
		int result = aml_dma_wait(e->dma, &e->requests[i - 1]);

		err = err == 0 ? result : err;
	}
	return err;
}

static int plain_waits(void *arg)
{
	int err = post_handles(arg);

	return err == 0 ? wait_in_reverse(arg) : err;
}

static int callback_waits(void *arg)
{
	struct engine_entrant *e = arg;
	size_t left = e->copies.count;
	int err = post_callbacks(e, e->requests, &left);

	return err == 0 ? wait_in_reverse(e) : err;
}

static int chain_waits(void *arg)
{
	int err = post_chain(arg);

	return err == 0 ? wait_in_reverse(arg) : err;
}

static int batch_waits(void *arg)
{
	struct engine_entrant *e = arg;
	int err = post_batches(e, e->requests, 0);

	return err == 0 ? wait_in_reverse(e) : err;
}

static int chained_batch_waits(void *arg)
{
	struct engine_entrant *e = arg;
	int err = post_batches(e, e->requests, AML_DMA_POST_CHAIN);

	return err == 0 ? wait_in_reverse(e) : err;
}

/* Post up to `most` more requests for the completion queue. */
static int post_reaped(struct engine_entrant *e, size_t *posted, size_t most)
{
	int err = 0;

	for (; *posted < e->copies.count && most > 0 && err == 0; most--, (*posted)++) {
		struct aml_dma_post_attr attr = attr_of(e, *posted);

		attr.flags = AML_DMA_POST_REAP;
		attr.tag = *posted;
		err = aml_dma_post(e->dma, 1, &attr, NULL);
	}
	return err;
}

/* Let up to `window` requests be posted and not reaped. */
static int reap_by_window(struct engine_entrant *e, size_t window)
{
	struct aml_dma_completion out[REAPED];
	size_t posted = 0, done = 0;
	int err = 0;

	while (done < e->copies.count && err == 0) {
		size_t n = 0;

		err = post_reaped(e, &posted, window - (posted - done));
		if (err == 0)
			err = aml_dma_reap(e->dma, REAPED, out, 1, AML_DMA_NO_DEADLINE, &n);
		for (size_t i = 0; i < n && err == 0; i++)
			err = out[i].result;
		done += n;
	}
	return err;
}

static int reap(void *arg)
{
	struct engine_entrant *e = arg;

	return reap_by_window(e, e->copies.count);
}

static int reap_window(void *arg)
{
	return reap_by_window(arg, REAP_WINDOW);
}

static int peer_work(void *arg)
{
	const struct peer *peer = arg;

	peer->library->burst(&peer->copies);
	return 0;
}

/* The cases. */

/* Measure the case's operation with the engines, and libuv as the yardstick. */
static enum outcome run_to_uv(const struct bench_case *c, const struct settings *settings,
			      struct results *out)
{
	struct round round;
	enum outcome outcome = round_open(&round, c, settings, out);

	if (outcome == DONE)
		outcome = round_add_engines(&round, c->operation);
	if (outcome == DONE) {
		round_add_peers(&round, PEER_UV, peer_work);
		outcome = round_run(&round, c, round.copies.src, PEER_UV);
	}
	round_close(&round);
	return outcome;
}

/* Measure the case's operation, with its other operation by such an engine as the yardstick. */
static enum outcome run_to_engine(const struct bench_case *c, const struct settings *settings,
				  struct results *out)
{
	const char *suffix = c->operation == wait_for_any ? ALL_SUFFIX : PLAIN_SUFFIX;
	struct round round;
	enum outcome outcome = round_open(&round, c, settings, out);

	if (outcome == DONE &&
	    (round_add_engine(&round, settings->workers, c->count, "", c->operation) == NULL ||
	     round_add_engine(&round, settings->workers, c->count, suffix, c->other) == NULL))
		outcome = FAILED;
	if (outcome == DONE)
		outcome = round_run(&round, c, round.copies.src, round.contestants[1].name);
	round_close(&round);
	return outcome;
}

static const struct bench_case completion_cases[] = {
	{.name = "completion/any-1000",
	 .about = "1,000 copies of 64 bytes, then wait_any until all are done",
	 .run = run_to_uv,
	 .operation = wait_for_any,
	 .target = {SLOWER, 1.0},
	 .count = 1000},
	{.name = "completion/any-to-all-1000",
	 .about = "the same, compared with one wait_all",
	 .run = run_to_engine,
	 .operation = wait_for_any,
	 .other = wait_for_all,
	 .target = {SLOWER, 3.0},
	 .count = 1000},
	{.name = "completion/any-refilled",
	 .about = "wait_any over 1,000, of which the released one is posted anew",
	 .run = run_to_uv,
	 .operation = refill_any,
	 .target = {SLOWER, 1.0},
	 .count = 10000},
	{.name = "completion/all-1000",
	 .about = "1,000 copies of 64 bytes, then wait_all",
	 .run = run_to_uv,
	 .operation = wait_for_all,
	 .target = {SLOWER, 1.0},
	 .count = 1000},
	{.name = "completion/some-1000",
	 .about = "1,000 copies of 64 bytes, then wait_some for at least one until all are done",
	 .run = run_to_uv,
	 .operation = wait_for_some,
	 .target = {SLOWER, 1.0},
	 .count = 1000},
	{.name = "completion/callbacks",
	 .about = "100,000 copies of 64 bytes, each with a callback, then a barrier",
	 .run = run_to_engine,
	 .operation = callbacks,
	 .other = entrant_burst,
	 .target = {SLOWER, 1.3},
	 .count = 100000},
	{.name = "completion/batches",
	 .about = "the same in batches of 32, without callbacks",
	 .run = run_to_engine,
	 .operation = batches,
	 .other = entrant_burst,
	 .target = {SLOWER, 0.7},
	 .count = 100000},
	{.name = "completion/chained-batches",
	 .about = "the same, each batch a chain",
	 .run = run_to_engine,
	 .operation = chained_batches,
	 .other = entrant_burst,
	 .target = {SLOWER, 1.3},
	 .count = 100000},
	{.name = "completion/chain",
	 .about = "one chain of 100,000 posts with handles, then wait_all",
	 .run = run_to_engine,
	 .operation = chain,
	 .other = wait_for_all,
	 .target = {SLOWER, 1.3},
	 .count = 100000},
	{.name = "completion/waits-callbacks",
	 .about =
		 "1,000 with handles and callbacks, waited for in reverse, compared with plain ones",
	 .run = run_to_engine,
	 .operation = callback_waits,
	 .other = plain_waits,
	 .target = {SLOWER, 1.3},
	 .count = 1000},
	{.name = "completion/waits-chain",
	 .about = "the same in one chain, without callbacks",
	 .run = run_to_engine,
	 .operation = chain_waits,
	 .other = plain_waits,
	 .target = {SLOWER, 1.3},
	 .count = 1000},
	{.name = "completion/waits-batches",
	 .about = "the same in batches of 32, without prerequisites",
	 .run = run_to_engine,
	 .operation = batch_waits,
	 .other = plain_waits,
	 .target = {SLOWER, 0.7},
	 .count = 1000},
	{.name = "completion/waits-chained-batches",
	 .about = "the same, each batch a chain",
	 .run = run_to_engine,
	 .operation = chained_batch_waits,
	 .other = plain_waits,
	 .target = {SLOWER, 1.3},
	 .count = 1000},
	{.name = "completion/reap-1000000",
	 .about = "1,000,000 copies of 64 bytes through the completion queue",
	 .run = run_to_uv,
	 .operation = reap,
	 .target = {SLOWER, 1.0},
	 .count = 1000000},
	{.name = "completion/reap-window",
	 .about = "the same with at most 1,000 in flight; libuv has all of them",
	 .run = run_to_uv,
	 .operation = reap_window,
	 .target = {SLOWER, 1.0},
	 .count = 1000000},
};

void add_completion_cases(struct case_list *list, const struct settings *settings)
{
	for (size_t i = 0; i < sizeof(completion_cases) / sizeof(*completion_cases); i++) {
		struct bench_case c = completion_cases[i];

		if (settings->quick && c.count > 2000)
			c.count = 2000;
		case_list_add(list, &c);
	}
}
