/* SPDX-License-Identifier: BSD-3-Clause */
/* Rounds of requests, see round.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml/dma/linux.h>

#include "round.h"

struct aml_layout *address(const void *at)
{
	return (struct aml_layout *)(uintptr_t)at;
}

/* Setting up and taking down. */

enum outcome round_open(struct round *round, const struct bench_case *c,
			const struct settings *settings, struct results *out)
{
	size_t bytes = c->count * TASK_BYTES;

	*round = (struct round){.settings = settings, .out = out};
	round->copies.count = c->count;
	round->written = bytes;
	/* A request takes some hundred bytes in each engine. */
	if (!memory_suffices(2.0 * (double)bytes + 1024.0 * (double)c->count, out))
		return SKIPPED;
	round->copies.dst = buffer_create(settings, bytes);
	round->copies.src = buffer_create(settings, bytes);
	if (round->copies.dst == NULL || round->copies.src == NULL)
		return results_no_memory(out);
	buffer_fill((void *)(uintptr_t)round->copies.src, bytes);
	return DONE;
}

void round_add(struct round *round, const char *name, int (*run)(void *), void *arg,
	       size_t requests)
{
	struct contestant *contestant = &round->contestants[round->count++];

	copy_text(contestant->name, sizeof(contestant->name), name);
	contestant->run = run;
	contestant->arg = arg;
	contestant->units = (double)requests;
}

struct engine_entrant *round_add_engine(struct round *round, unsigned workers, size_t requests,
					const char *suffix, int (*run)(void *))
{
	struct engine_entrant *e = &round->engines[round->engine_count];
	char engine[NAME_SIZE], name[2 * NAME_SIZE];

	*e = (struct engine_entrant){.workers = workers, .copies = round->copies};
	e->copies.count = requests;
	e->requests = calloc(requests, sizeof(struct aml_dma_request *));
	if (e->requests == NULL || aml_dma_linux_create(&e->dma, workers) != AML_SUCCESS) {
		free(e->requests);
		results_note(round->out, "an engine could not be created");
		return NULL;
	}
	round->engine_count++;
	engine_name(engine, workers);
	snprintf(name, sizeof(name), "%s%s", engine, suffix);
	round_add(round, name, run, e, requests);
	return e;
}

enum outcome round_add_engines(struct round *round, int (*run)(void *))
{
	unsigned workers = round->settings->workers;

	if (round_add_engine(round, workers, round->copies.count, "", run) == NULL)
		return FAILED;
	if (workers != 1 && round_add_engine(round, 1, round->copies.count, "", run) == NULL)
		return FAILED;
	return DONE;
}

void round_add_peers(struct round *round, const char *yardstick, int (*run)(void *))
{
	unsigned workers = round->settings->workers > 0 ? round->settings->workers : 1;

	for (size_t i = 0; task_peers[i] != NULL && round->peer_count < PEERS_MAX; i++) {
		struct peer *peer = &round->peers[round->peer_count];

		if (round->settings->brief && strcmp(task_peers[i]->name, yardstick) != 0)
			continue;
		if (task_peers[i]->start(workers, round->copies.count) != 0)
			continue;
		*peer = (struct peer){task_peers[i], round->copies};
		round->peer_count++;
		round_add(round, peer->library->name, run, peer, round->copies.count);
	}
}

int entrant_post(struct engine_entrant *e, struct aml_dma_request **request, size_t i)
{
	size_t at = i * TASK_BYTES;

	return aml_dma_async_copy_custom(e->dma, request, address(e->copies.dst + at),
					 address(e->copies.src + at), aml_dma_linux_memcpy_op,
					 (void *)(uintptr_t)TASK_BYTES);
}

int entrant_burst(void *entrant)
{
	struct engine_entrant *e = entrant;
	int err = 0;

	for (size_t i = 0; i < e->copies.count && err == 0; i++)
		err = entrant_post(e, NULL, i);
	return err == 0 ? aml_dma_barrier(e->dma) : err;
}

void round_close(struct round *round)
{
	size_t bytes = round->copies.count * TASK_BYTES;

	for (size_t i = 0; i < round->peer_count; i++)
		round->peers[i].library->stop();
	for (size_t i = 0; i < round->engine_count; i++) {
		struct engine_entrant *e = &round->engines[i];

		aml_layout_destroy(&e->dst);
		aml_layout_destroy(&e->src);
		aml_dma_linux_destroy(&e->dma);
		free(e->requests);
	}
	buffer_destroy(round->copies.dst, bytes);
	buffer_destroy((void *)(uintptr_t)round->copies.src, bytes);
}

/* Running. */

/* Check the result of each contestant. `expected`: the destination's first bytes. */
static enum outcome check(struct round *round, const void *expected)
{
	for (size_t i = 0; i < round->count; i++) {
		const struct contestant *contestant = &round->contestants[i];
		size_t bytes = round->written;

		/* An operation with fewer requests writes fewer bytes. */
		if (contestant->units < (double)round->copies.count)
			bytes = (size_t)contestant->units * TASK_BYTES;
		memset(round->copies.dst, 0, bytes);
		if (contestant->run(contestant->arg) == 0 &&
		    memcmp(round->copies.dst, expected, bytes) == 0)
			continue;
		results_note(round->out, "%s: a copy failed or is wrong", contestant->name);
		return FAILED;
	}
	return DONE;
}

static const struct result *row_of(const struct results *out, const char *contestant)
{
	for (size_t i = 0; i < out->count; i++) {
		if (strcmp(out->rows[i].contestant, contestant) == 0)
			return &out->rows[i];
	}
	return NULL;
}

/* The target applies only to the first engine. The others are shown for comparison. */
static void add_rows(const struct round *round, const struct bench_case *c, const char *yardstick)
{
	struct results *out = round->out;
	const struct result *other;

	for (size_t i = 0; i < round->count; i++) {
		struct result *row = results_add(out, round->contestants[i].name);

		row->best = round->contestants[i].best;
		row->median = round->contestants[i].median;
		if (i < round->engine_count)
			result_is_engine(row, round->engines[i].workers);
	}
	other = row_of(out, yardstick);
	for (size_t i = 0; i < round->count; i++) {
		struct result *row = &out->rows[i];
		struct target target = {c->target.sense == BELOW ? NO_TARGET : c->target.sense, 0};

		if (i == 0 && row->workers >= 2)
			target = c->target;
		result_judge(row, row == other ? NULL : other, target);
	}
	if (other == NULL && *yardstick != '\0')
		results_note(out, "%s was not found when the benchmark was configured", yardstick);
}

enum outcome round_run(struct round *round, const struct bench_case *c, const void *expected,
		       const char *yardstick)
{
	enum outcome outcome = check(round, expected);

	if (outcome == DONE)
		outcome = measure(round->settings, round->contestants, round->count, round->out);
	if (outcome == DONE)
		add_rows(round, c, yardstick);
	return outcome;
}
