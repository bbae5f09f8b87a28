/* SPDX-License-Identifier: BSD-3-Clause */
/* Contests of copies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml/dma/linux.h>

#include "contest.h"
#include "progress.h"

/* The content of a destination before a copy. It must remain between the elements. */
#define BACKGROUND 0xa5

/* The size of a side's buffer, in which memcpy() can copy the payload, too. */
static size_t buffer_bytes(const struct bench_shape *shape, const ptrdiff_t *step, size_t shift)
{
	size_t bytes = shift + shape_extent(shape, step), payload = shape_payload(shape);

	return bytes > payload ? bytes : payload;
}

enum outcome contest_open(struct contest *contest, const struct bench_case *c,
			  const struct settings *settings, struct results *out)
{
	memset(contest, 0, sizeof(*contest));
	contest->c = c;
	contest->settings = settings;
	contest->out = out;
	contest->shape = shape_sorted(&c->shape);
	contest->dst_bytes = buffer_bytes(&c->shape, c->shape.dst_step, c->shape.dst_shift);
	contest->src_bytes = buffer_bytes(&c->shape, c->shape.src_step, c->shape.src_shift);
	if (!memory_suffices(2 * (double)contest->dst_bytes + (double)contest->src_bytes, out))
		return SKIPPED;
	contest->dst_buffer = buffer_create(settings, contest->dst_bytes);
	contest->src_buffer = buffer_create(settings, contest->src_bytes);
	contest->expected = buffer_create(settings, contest->dst_bytes);
	if (contest->dst_buffer == NULL || contest->src_buffer == NULL || contest->expected == NULL)
		return results_no_memory(out);
	contest->dst = (char *)contest->dst_buffer + c->shape.dst_shift +
		       shape_below(&c->shape, c->shape.dst_step);
	contest->src = (char *)contest->src_buffer + c->shape.src_shift +
		       shape_below(&c->shape, c->shape.src_step);
	if (aml_dma_linux_create(&contest->engines[0], settings->workers) != AML_SUCCESS) {
		results_note(out, "an engine could not be created");
		return FAILED;
	}
	return DONE;
}

size_t contest_add(struct contest *contest, const char *name, int (*run)(void *), void *arg,
		   bool maps)
{
	size_t i = contest->count;
	struct contestant *contestant = &contest->contestants[i];
	struct entrant *entrant = &contest->entrants[i];

	if (i == ENTRANTS_MAX)
		return i;
	memset(entrant, 0, sizeof(*entrant));
	entrant->contest = contest;
	entrant->maps = maps;
	entrant->yardstick = i;
	copy_text(contestant->name, sizeof(contestant->name), name);
	contestant->run = run;
	contestant->arg = arg == NULL ? entrant : arg;
	contestant->units = 1;
	contest->count++;
	return i;
}

size_t contest_half_traffic(const struct contest *contest)
{
	return contest->half_traffic > 0 ? contest->half_traffic : shape_payload(&contest->shape);
}

int contest_shape_layouts(const struct contest *contest, struct layout_pair *pair)
{
	const struct bench_shape *shape = &contest->c->shape;
	int err = shape_layout(shape, shape->dst_step, contest->dst, &pair->dst);

	if (err != AML_SUCCESS)
		return err;
	err = shape_layout(shape, shape->src_step, contest->src, &pair->src);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&pair->dst);
	return err;
}

static int run_engine(void *arg)
{
	struct entrant *entrant = arg;

	return aml_dma_copy(entrant->dma, entrant->pair.dst, entrant->pair.src);
}

static size_t add_engine(struct contest *contest, const char *suffix, layouts_fn make,
			 struct aml_dma *dma, unsigned workers)
{
	struct layout_pair pair;
	char engine[NAME_SIZE], name[2 * NAME_SIZE];
	size_t i;

	if (contest->count == ENTRANTS_MAX || make(contest, &pair) != AML_SUCCESS)
		return ENTRANTS_MAX;
	engine_name(engine, workers);
	snprintf(name, sizeof(name), "%s%s", engine, suffix);
	i = contest_add(contest, name, run_engine, NULL, true);
	if (i == ENTRANTS_MAX)
		return ENTRANTS_MAX;
	contest->entrants[i].dma = dma;
	contest->entrants[i].workers = workers;
	contest->entrants[i].pair = pair;
	return i;
}

size_t contest_add_engine(struct contest *contest, layouts_fn make)
{
	return add_engine(contest, "", make, contest->engines[0], contest->settings->workers);
}

size_t contest_add_engines(struct contest *contest, const char *name_suffix, layouts_fn make)
{
	unsigned workers = contest->settings->workers;
	size_t first = add_engine(contest, name_suffix, make, contest->engines[0], workers);

	if (first == ENTRANTS_MAX || workers == 1)
		return first;
	if (contest->engines[1] == NULL &&
	    aml_dma_linux_create(&contest->engines[1], 1) != AML_SUCCESS)
		return ENTRANTS_MAX;
	if (add_engine(contest, name_suffix, make, contest->engines[1], 1) == ENTRANTS_MAX)
		return ENTRANTS_MAX;
	return first;
}

static int run_memcpy(void *arg)
{
	const struct contest *contest = ((struct entrant *)arg)->contest;

	memcpy(contest->dst_buffer, contest->src_buffer, contest_half_traffic(contest));
	return 0;
}

size_t contest_add_memcpy(struct contest *contest)
{
	const struct bench_shape *shape = &contest->shape;
	bool flat = contest->reference == NULL && shape->ndims == 1 &&
		    shape_is_dense(shape, shape->dst_step) &&
		    shape_is_dense(shape, shape->src_step) && shape->dst_shift == 0 &&
		    shape->src_shift == 0;

	return contest_add(contest, "memcpy", run_memcpy, NULL, flat);
}

static int run_loops(void *arg)
{
	const struct entrant *entrant = arg;
	const struct contest *contest = entrant->contest;

	entrant->loops(&entrant->order, contest->dst, contest->src);
	return 0;
}

size_t contest_add_loops(struct contest *contest, const char *name, loops_fn loops)
{
	size_t i = contest_add(contest, name, run_loops, NULL, true);

	if (i < ENTRANTS_MAX) {
		contest->entrants[i].loops = loops;
		contest->entrants[i].order = contest->shape;
	}
	return i;
}

static int run_peer(void *arg)
{
	const struct entrant *entrant = arg;

	return entrant->peer->run(entrant->plan);
}

size_t contest_add_peer(struct contest *contest, const struct copy_peer *peer)
{
	unsigned workers = contest->settings->workers;
	void *plan;
	size_t i;

	progress_step(peer->name, 0, 0);
	plan = peer->prepare(&contest->c->shape, contest->dst, contest->src,
			     workers > 1 ? workers : 1);
	if (plan == NULL)
		return ENTRANTS_MAX;
	i = contest_add(contest, peer->name, run_peer, NULL, true);
	if (i == ENTRANTS_MAX) {
		peer->release(plan);
		return i;
	}
	contest->entrants[i].peer = peer;
	contest->entrants[i].plan = plan;
	return i;
}

void contest_add_peers(struct contest *contest)
{
	for (const struct copy_peer *const *peer = copy_peers; *peer != NULL; peer++)
		contest_add_peer(contest, *peer);
}

/* Run a contestant and check its result. Returns NULL, or how it failed. */
static const char *run_checked(struct contest *contest, size_t i)
{
	const struct contestant *contestant = &contest->contestants[i];

	progress_step(contestant->name, 0, 0);
	memset(contest->dst_buffer, BACKGROUND, contest->dst_bytes);
	if (contestant->run(contestant->arg) != 0)
		return "the copy failed";
	if (contest->entrants[i].maps &&
	    memcmp(contest->dst_buffer, contest->expected, contest->dst_bytes) != 0)
		return "the copy is wrong";
	return NULL;
}

/* Remove another library that cannot do what it says. It is no yardstick of a row that stays. */
static void remove_peer(struct contest *contest, size_t i)
{
	struct entrant *entrant = &contest->entrants[i];

	entrant->peer->release(entrant->plan);
	contest->count--;
	for (; i < contest->count; i++) {
		struct contestant *contestant = &contest->contestants[i];
		bool own = contest->contestants[i + 1].arg == &contest->entrants[i + 1];

		contest->entrants[i] = contest->entrants[i + 1];
		*contestant = contest->contestants[i + 1];
		if (own)
			contestant->arg = &contest->entrants[i];
	}
}

/* Run each contestant once and check its result. A planner may have written to the source. */
enum outcome contest_check(struct contest *contest)
{
	char *expected = contest->expected;

	expected += (char *)contest->dst - (char *)contest->dst_buffer;
	if (contest->fill_source != NULL)
		contest->fill_source(contest);
	else
		buffer_fill(contest->src_buffer, contest->src_bytes);
	memset(contest->expected, BACKGROUND, contest->dst_bytes);
	if (contest->reference != NULL)
		contest->reference(contest, expected);
	else
		shape_reference(&contest->c->shape, expected, contest->src);
	for (size_t i = 0; i < contest->count; i++) {
		const char *name = contest->contestants[i].name;
		const char *failure = run_checked(contest, i);

		if (failure == NULL)
			continue;
		results_note(contest->out, "%s: %s", name, failure);
		if (contest->entrants[i].peer == NULL)
			return FAILED;
		contest->wrong |= contest->entrants[i].kinds;
		remove_peer(contest, i--);
	}
	buffer_destroy(contest->expected, contest->dst_bytes);
	contest->expected = NULL;
	return DONE;
}

static void add_rows(const struct contest *contest)
{
	struct result *first = NULL;

	for (size_t i = 0; i < contest->count; i++) {
		const struct contestant *contestant = &contest->contestants[i];
		struct result *row = results_add(contest->out, contestant->name);

		first = i == 0 ? row : first;
		row->best = contestant->best;
		row->median = contestant->median;
		row->payload = (double)shape_payload(&contest->shape);
		if (contest->entrants[i].dma != NULL)
			result_is_engine(row, contest->entrants[i].workers);
	}
	for (size_t i = 0; i < contest->count; i++) {
		const struct entrant *entrant = &contest->entrants[i];
		const struct result *yardstick = first + entrant->yardstick;

		result_judge(first + i, entrant->yardstick == i ? NULL : yardstick,
			     entrant->target);
	}
}

enum outcome contest_run(struct contest *contest)
{
	enum outcome outcome = contest_check(contest);

	if (outcome != DONE)
		return outcome;
	outcome = measure(contest->settings, contest->contestants, contest->count, contest->out);
	if (outcome == DONE)
		add_rows(contest);
	return outcome;
}

void contest_close(struct contest *contest)
{
	for (size_t i = 0; i < contest->count; i++) {
		struct entrant *entrant = &contest->entrants[i];

		aml_layout_destroy(&entrant->pair.dst);
		aml_layout_destroy(&entrant->pair.src);
		if (entrant->peer != NULL)
			entrant->peer->release(entrant->plan);
	}
	for (int i = 0; i < 2; i++) {
		if (contest->engines[i] != NULL)
			aml_dma_linux_destroy(&contest->engines[i]);
	}
	buffer_destroy(contest->expected, contest->dst_bytes);
	buffer_destroy(contest->src_buffer, contest->src_bytes);
	buffer_destroy(contest->dst_buffer, contest->dst_bytes);
}
