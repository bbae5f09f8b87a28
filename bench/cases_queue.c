/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cost of posting and waiting for very small copies, by engines and by the thread pools of
 * other libraries.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aml/dma/linux.h>

#include "loops.h"
#include "round.h"

/* The operations. */

/* Cast a size to the argument of memcpy_op. */
static void *size_argument(size_t size)
{
	return (void *)(uintptr_t)size;
}

static int engine_one_by_one(void *arg)
{
	struct engine_entrant *e = arg;
	int err = 0;

	for (size_t i = 0; i < e->copies.count && err == 0; i++) {
		size_t at = i % TASK_PLACES * TASK_BYTES;

		err = aml_dma_copy_custom(e->dma, address(e->copies.dst + at),
					  address(e->copies.src + at), aml_dma_linux_memcpy_op,
					  size_argument(TASK_BYTES));
	}
	return err;
}

static int engine_reverse(void *arg)
{
	struct engine_entrant *e = arg;
	size_t posted = 0;
	int err = 0;

	while (posted < e->copies.count && err == 0) {
		err = entrant_post(e, &e->requests[posted], posted);
		posted += err == 0;
	}
	while (posted > 0) {
		int result = aml_dma_wait(e->dma, &e->requests[--posted]);

		err = err == 0 ? result : err;
	}
	return err;
}

static int engine_transposes(void *arg)
{
	struct engine_entrant *e = arg;
	int err = 0;

	for (size_t i = 0; i < e->copies.count && err == 0; i++)
		err = aml_dma_copy(e->dma, e->dst, e->src);
	return err;
}

static int peer_one_by_one(void *arg)
{
	const struct peer *peer = arg;

	peer->library->one_by_one(&peer->copies);
	return 0;
}

static int peer_burst(void *arg)
{
	const struct peer *peer = arg;

	peer->library->burst(&peer->copies);
	return 0;
}

/* The cases. */

static enum outcome run_sync(const struct bench_case *c, const struct settings *settings,
			     struct results *out)
{
	struct round round;
	enum outcome outcome = round_open(&round, c, settings, out);

	if (outcome == DONE)
		outcome = round_add_engines(&round, engine_one_by_one);
	if (outcome == DONE) {
		if (round.written > (size_t)TASK_PLACES * TASK_BYTES)
			round.written = (size_t)TASK_PLACES * TASK_BYTES;
		round_add_peers(&round, PEER_TBB, peer_one_by_one);
		outcome = round_run(&round, c, round.copies.src, PEER_TBB);
	}
	round_close(&round);
	return outcome;
}

static enum outcome run_burst(const struct bench_case *c, const struct settings *settings,
			      struct results *out)
{
	struct round round;
	enum outcome outcome = round_open(&round, c, settings, out);

	if (outcome == DONE)
		outcome = round_add_engines(&round, entrant_burst);
	if (outcome == DONE) {
		round_add_peers(&round, PEER_OPENMP, peer_burst);
		outcome = round_run(&round, c, round.copies.src, PEER_OPENMP);
	}
	round_close(&round);
	return outcome;
}

#define FEW 1000
#define FEW_SUFFIX " (1000 in flight)"

/* A relative target compares the case with the same operation of a thousand requests. */
static enum outcome run_reverse(const struct bench_case *c, const struct settings *settings,
				struct results *out)
{
	struct round round;
	enum outcome outcome = round_open(&round, c, settings, out);
	char yardstick[NAME_SIZE] = "";

	if (outcome == DONE)
		outcome = round_add_engines(&round, engine_reverse);
	if (outcome == DONE && c->target.sense == SLOWER) {
		unsigned workers = settings->workers;

		if (round_add_engine(&round, workers, FEW, FEW_SUFFIX, engine_reverse) == NULL)
			outcome = FAILED;
		else
			copy_text(yardstick, sizeof(yardstick),
				  round.contestants[round.count - 1].name);
	}
	if (outcome == DONE)
		outcome = round_run(&round, c, round.copies.src, yardstick);
	round_close(&round);
	return outcome;
}

/* A small transpose. */

#define SIDE 8
#define MATRIX_BYTES (SIDE * SIDE * sizeof(double))

struct plain_transposes {
	const struct bench_shape *shape;
	struct task_copies copies;
};

static int run_loops(void *arg)
{
	const struct plain_transposes *plain = arg;
	loops_fn loops = loops_for(plain->shape);

	for (size_t i = 0; i < plain->copies.count; i++)
		loops(plain->shape, plain->copies.dst, plain->copies.src);
	return 0;
}

static enum outcome run_transposes(const struct bench_case *c, const struct settings *settings,
				   struct results *out)
{
	struct bench_shape shape = shape_sorted(&c->shape);
	struct plain_transposes plain = {.shape = &shape};
	struct round round;
	enum outcome outcome = round_open(&round, c, settings, out);
	double expected[SIDE * SIDE];

	if (outcome == DONE)
		outcome = round_add_engines(&round, engine_transposes);
	for (size_t i = 0; i < round.engine_count && outcome == DONE; i++) {
		struct engine_entrant *e = &round.engines[i];

		if (shape_layout(&shape, shape.dst_step, round.copies.dst, &e->dst) != 0 ||
		    shape_layout(&shape, shape.src_step, address(round.copies.src), &e->src) != 0)
			outcome = results_no_memory(out);
	}
	if (outcome == DONE) {
		round.written = MATRIX_BYTES;
		plain.copies = round.copies;
		round_add(&round, "loops", run_loops, &plain, c->count);
		shape_reference(&shape, expected, round.copies.src);
		outcome = round_run(&round, c, expected, "loops");
	}
	round_close(&round);
	return outcome;
}

static void add(struct case_list *list, struct bench_case c, const struct settings *settings)
{
	if (settings->quick && c.count > 2 * FEW)
		c.count = 2 * FEW;
	case_list_add(list, &c);
}

void add_queue_cases(struct case_list *list, const struct settings *settings)
{
	static const struct bench_case cases[] = {
		{.name = "queue/sync-64B",
		 .about = "copies of 64 bytes, each waited for before the next",
		 .run = run_sync,
		 .target = {SLOWER, 0.6},
		 .count = 1000},
		{.name = "queue/burst-64B",
		 .about = "100,000 copies of 64 bytes posted, then a barrier",
		 .run = run_burst,
		 .target = {SLOWER, 1.0},
		 .count = 100000},
		{.name = "queue/handles-1000",
		 .about = "1,000 copies of 64 bytes posted, then waited for in reverse",
		 .run = run_reverse,
		 .target = {BELOW, 150},
		 .count = 1000},
		{.name = "queue/handles-10000",
		 .about = "the same with 10,000",
		 .run = run_reverse,
		 .target = {BELOW, 150},
		 .count = 10000},
		{.name = "queue/handles-100000",
		 .about = "the same with 100,000",
		 .run = run_reverse,
		 .target = {BELOW, 150},
		 .count = 100000},
		{.name = "queue/handles-1000000",
		 .about = "the same with 1,000,000",
		 .run = run_reverse,
		 .target = {SLOWER, 2.0},
		 .count = 1000000},
	};
	struct bench_case transposes = {.name = "queue/transpose-8x8",
					.about = "8 x 8 doubles transposed, synchronously",
					.isa_matters = true,
					.run = run_transposes,
					.target = {BELOW, 150},
					.count = 1000};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		add(list, cases[i], settings);
	transposes.shape = shape_permuted(sizeof(double), 2, (const size_t[]){SIDE, SIDE},
					  (const size_t[]){1, 0});
	add(list, transposes, settings);
}
