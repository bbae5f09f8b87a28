/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How requests scale with the number of posting threads, the number of workers, the size of a
 * request, and the number of requests in flight. Each case group varies one of these. A posting
 * thread keeps its share of requests in flight: it waits for its oldest request before it posts
 * the next. The latency of a request is the time from the posting call to the return of the wait.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml.h>
#include <aml/dma/linux.h>

#include "histogram.h"
#include "measure.h"
#include "progress.h"
#include "round.h"

#define GIB (1024 * 1024 * (double)1024)

/* A posting thread. `slots` is its number of requests in flight. */
struct poster {
	struct scene *scene;
	pthread_t thread;
	char *dst;
	const char *src;
	size_t slots;
	struct aml_dma_request **requests; /* one per slot */
	double *posted;                    /* one per slot: the time of the post */
	struct histogram latencies;
	double begun, ended;
	int err;
};

struct scene {
	const struct bench_case *c;
	const struct settings *settings;
	struct aml_dma *dma;
	pthread_barrier_t start;
	size_t each; /* requests per poster in a repetition */
	size_t slots;
	char *dst, *src;
	struct aml_dma_request **requests;
	double *posted;
	struct poster *posters;
};

static void post(struct poster *p, size_t slot)
{
	size_t size = p->scene->c->size, at = slot * size;

	p->posted[slot] = now();
	p->err |= aml_dma_async_copy_custom(p->scene->dma, &p->requests[slot], address(p->dst + at),
					    address(p->src + at), aml_dma_linux_memcpy_op,
					    (void *)(uintptr_t)size);
}

static void await(struct poster *p, size_t slot)
{
	if (p->requests[slot] == NULL)
		return;
	p->err |= aml_dma_wait(p->scene->dma, &p->requests[slot]);
	histogram_add(&p->latencies, now() - p->posted[slot]);
}

static void *work(void *arg)
{
	struct poster *p = arg;

	pthread_barrier_wait(&p->scene->start);
	p->begun = now();
	for (size_t i = 0; i < p->scene->each && p->err == 0; i++) {
		await(p, i % p->slots);
		post(p, i % p->slots);
	}
	for (size_t i = 0; i < p->slots; i++)
		await(p, (p->scene->each + i) % p->slots);
	p->ended = now();
	return NULL;
}

/* Run all posters; the caller is the first. The time per request; negative: a copy failed. */
static double repeat(struct scene *scene)
{
	unsigned posters = scene->c->posters;
	struct poster *p = scene->posters;
	double begun, ended;
	int err = 0;

	for (unsigned i = 1; i < posters; i++) {
		/* The barrier waits for all posters, so a missing thread would block the others. */
		if (pthread_create(&p[i].thread, NULL, work, &p[i]) != 0) {
			fputs("aml-dma-bench: a thread could not be created\n", stderr);
			exit(EXIT_FAILURE);
		}
	}
	work(&p[0]);
	begun = p[0].begun;
	ended = p[0].ended;
	err = p[0].err;
	for (unsigned i = 1; i < posters; i++) {
		pthread_join(p[i].thread, NULL);
		begun = p[i].begun < begun ? p[i].begun : begun;
		ended = p[i].ended > ended ? p[i].ended : ended;
		err |= p[i].err;
	}
	return err != 0 ? -1 : (ended - begun) / (double)(scene->each * posters);
}

/* Assign each poster its share of the buffers. */
static void deal(struct scene *scene)
{
	const struct bench_case *c = scene->c;
	size_t slots = scene->slots / c->posters;

	for (unsigned i = 0; i < c->posters; i++) {
		struct poster *p = &scene->posters[i];

		p->scene = scene;
		p->slots = slots;
		p->dst = scene->dst + i * slots * c->size;
		p->src = scene->src + i * slots * c->size;
		p->requests = scene->requests + i * slots;
		p->posted = scene->posted + i * slots;
	}
}

/* The requests of a repetition: 2 GiB, but at most 200,000 and at least two per slot. */
static size_t requests_of(const struct scene *scene)
{
	const struct bench_case *c = scene->c;
	double requests = 2 * GIB / (double)c->size;

	if (scene->settings->quick)
		return scene->slots * 2;
	if (requests > 200000)
		requests = 200000;
	if (requests < 2 * (double)scene->slots)
		requests = 2 * (double)scene->slots;
	return (size_t)requests;
}

static enum outcome open_scene(struct scene *scene, const struct bench_case *c,
			       const struct settings *settings, struct results *out)
{
	size_t bytes;

	*scene = (struct scene){.c = c, .settings = settings};
	scene->slots = c->count - c->count % c->posters;
	scene->each = requests_of(scene) / c->posters;
	bytes = scene->slots * c->size;
	pthread_barrier_init(&scene->start, NULL, c->posters);
	if (!memory_suffices(2 * (double)bytes + 512.0 * (double)scene->slots, out))
		return SKIPPED;
	scene->dst = buffer_create(settings, bytes);
	scene->src = buffer_create(settings, bytes);
	scene->requests = calloc(scene->slots, sizeof(struct aml_dma_request *));
	scene->posted = calloc(scene->slots, sizeof(double));
	scene->posters = calloc(c->posters, sizeof(*scene->posters));
	if (scene->dst == NULL || scene->src == NULL || scene->requests == NULL ||
	    scene->posted == NULL || scene->posters == NULL ||
	    aml_dma_linux_create(&scene->dma, c->workers) != AML_SUCCESS)
		return results_no_memory(out);
	buffer_fill(scene->src, bytes);
	deal(scene);
	return DONE;
}

static void close_scene(struct scene *scene)
{
	size_t bytes = scene->slots * scene->c->size;

	if (scene->dma != NULL)
		aml_dma_linux_destroy(&scene->dma);
	free(scene->posters);
	free(scene->posted);
	free(scene->requests);
	buffer_destroy(scene->src, bytes);
	buffer_destroy(scene->dst, bytes);
	pthread_barrier_destroy(&scene->start);
}

/* One repetition warms up; the others count. */
static enum outcome run_scene(struct scene *scene, struct results *out)
{
	const struct settings *settings = scene->settings;
	const struct bench_case *c = scene->c;
	struct histogram latencies = {.total = 0};
	double *times = calloc(settings->repetitions, sizeof(*times));
	double last = times == NULL ? -1 : repeat(scene);
	struct result *row;
	char name[NAME_SIZE];

	for (unsigned i = 0; i < c->posters; i++)
		memset(&scene->posters[i].latencies, 0, sizeof(latencies));
	engine_name(name, c->workers);
	for (unsigned i = 0; i < settings->repetitions && last >= 0; i++) {
		progress_step(name, i + 1, settings->repetitions);
		settle();
		last = times[i] = repeat(scene);
	}
	if (last < 0 || memcmp(scene->dst, scene->src, scene->slots * c->size) != 0) {
		results_note(out, "a copy failed or is wrong");
		free(times);
		return FAILED;
	}
	for (unsigned i = 0; i < c->posters; i++)
		histogram_merge(&latencies, &scene->posters[i].latencies);
	row = results_add(out, name);
	result_is_engine(row, c->workers);
	row->median = median_of(times, settings->repetitions);
	row->best = times[0];
	row->payload = (double)c->size;
	row->p50 = histogram_percentile(&latencies, 0.5);
	row->p99 = histogram_percentile(&latencies, 0.99);
	row->p999 = histogram_percentile(&latencies, 0.999);
	free(times);
	return DONE;
}

static enum outcome run_scaling(const struct bench_case *c, const struct settings *settings,
				struct results *out)
{
	struct scene scene;
	enum outcome outcome = open_scene(&scene, c, settings, out);

	if (outcome == DONE)
		outcome = run_scene(&scene, out);
	close_scene(&scene);
	return outcome;
}

static void add(struct case_list *list, const char *axis, size_t at, unsigned posters,
		unsigned workers, size_t size, size_t in_flight)
{
	struct bench_case c = {.on_request = true,
			       .run = run_scaling,
			       .count = in_flight,
			       .size = size,
			       .posters = posters,
			       .workers = workers};

	snprintf(c.name, sizeof(c.name), "scaling/%s/%zu", axis, at);
	snprintf(c.about, sizeof(c.about), "%u posting, %u worker%s, %zu bytes each, %zu in flight",
		 posters, workers, workers == 1 ? "" : "s", size, in_flight);
	case_list_add(list, &c);
}

/* Vary each axis by itself; posters and workers together, because they contend for one lock. */
void add_scaling_cases(struct case_list *list, const struct settings *settings)
{
	static const unsigned workers[] = {0, 1, 2, 3, 4, 6, 8};
	size_t most = settings->quick ? 1000 : 1000000;
	char axis[32];

	for (size_t i = 0; i < sizeof(workers) / sizeof(*workers); i++) {
		snprintf(axis, sizeof(axis), "posters-%u-workers", workers[i]);
		for (unsigned posters = 1; posters <= 8; posters++)
			add(list, axis, posters, posters, workers[i], TASK_BYTES,
			    (size_t)64 * posters);
	}
	for (size_t size = TASK_BYTES; size <= 1024 * 1024; size *= 2)
		add(list, "bytes", size, 1, settings->workers, size, 64);
	for (size_t in_flight = 1; in_flight <= most; in_flight *= 10) {
		add(list, "in-flight", in_flight, 1, settings->workers, TASK_BYTES, in_flight);
		if (3 * in_flight <= most)
			add(list, "in-flight", 3 * in_flight, 1, settings->workers, TASK_BYTES,
			    3 * in_flight);
	}
}
