/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random graphs of requests that depend on each other, posted by several threads at once, singly
 * and in batches, with failures, callbacks, completions, cancels, and operators that wait for other
 * requests. No request begins before its prerequisites have ended, each runs or is skipped as the
 * results of its prerequisites say, and each callback is called once.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "made.h"
#include "random.h"
#include "suite.h"

enum { NODES = 300, AFTER_MAX = 4, POSTERS = 2, BATCH_MAX = 8, NOT_RUN = 1 };

/* The order of all begins and ends. */
static atomic_size_t clock_of_all;

struct node {
	struct graph *graph;
	size_t number;
	unsigned flags;
	size_t nafter, after[AFTER_MAX]; /* older nodes; with CHAIN also the one before it */
	bool calls_back;
	bool cancelled; /* by the poster: its result is not known */
	int own;        /* what its operator returns */
	size_t awaits;  /* a node for which its operator waits, or NODES */
	struct aml_dma_request *req;

	/* Written by the operator and the callback. */
	atomic_size_t begun, ended;
	atomic_int runs, calls;
	int called_with;
	int result; /* of the wait */
};

struct graph {
	struct aml_dma *dma;
	bool cancels; /* requests are cancelled */
	struct rng rng;
	struct node nodes[NODES];
	bool reserved[NODES]; /* its handle belongs to an operator */
	atomic_int errors;
	atomic_size_t reaped;
};

#define EXPECT(graph, condition)                                                        \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			(graph)->errors++;                                              \
		}                                                                       \
	} while (0)

/* Called by the test build of the library where schedules can differ. */
void queue_shake(void);

void queue_shake(void)
{
	static atomic_uint calls;
	static __thread uint64_t state;

	if (state == 0)
		state = 2 * calls++ + 1;
	state = state * 6364136223846793005u + 1442695040888963407u;
	if (state >> 60 == 0)
		sched_yield();
}

static int run_node(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct node *node = arg;
	struct graph *graph = node->graph;

	(void)dst;
	(void)src;
	node->begun = ++clock_of_all;
	node->runs++;
	for (size_t i = 0; i < node->nafter; i++) {
		const struct node *before = &graph->nodes[node->after[i]];

		EXPECT(graph, before->runs == 0 || before->ended != 0);
	}
	if (node->awaits < NODES) {
		struct node *awaited = &graph->nodes[node->awaits];

		awaited->result = aml_dma_wait(graph->dma, &awaited->req);
		EXPECT(graph, awaited->req == NULL);
	}
	if (!node->calls_back)
		node->ended = ++clock_of_all;
	return node->own;
}

static void end_node(int result, void *arg)
{
	struct node *node = arg;

	node->called_with = result;
	node->calls++;
	node->ended = ++clock_of_all;
}

/* Make a node. Its operator may wait for an older one, whose handle nobody else uses then. */
static void make_node(struct graph *graph, size_t number)
{
	static const unsigned flags[] = {0, 0, AML_DMA_POST_ALWAYS, AML_DMA_POST_DETACH,
					 AML_DMA_POST_REAP};
	struct rng *rng = &graph->rng;
	struct node *node = &graph->nodes[number];

	memset(node, 0, sizeof(*node));
	node->graph = graph;
	node->number = number;
	node->flags = flags[rng_below(rng, sizeof(flags) / sizeof(*flags))];
	if (rng_chance(rng, 2))
		node->flags |= AML_DMA_POST_AFTER_ALL;
	node->calls_back = rng_chance(rng, 40);
	node->own = rng_chance(rng, 10) ? -AML_EDOM : 0;
	node->awaits = NODES;
	node->result = NOT_RUN;
	graph->reserved[number] = false;
}

/* Choose prerequisites among the nodes whose handles are there still. */
static void choose_prerequisites(struct graph *graph, struct node *node, size_t posted)
{
	struct rng *rng = &graph->rng;

	for (size_t i = 0; i < AFTER_MAX - 1 && posted > 0; i++) {
		size_t near = posted < 40 ? posted : 40, other = posted - 1 - rng_below(rng, near);

		if (rng_chance(rng, 50) && !graph->reserved[other] &&
		    graph->nodes[other].req != NULL)
			node->after[node->nafter++] = other;
	}
	if (rng_chance(rng, 10) && posted > 0) {
		size_t other = rng_below(rng, posted);

		if (!graph->reserved[other] && graph->nodes[other].req != NULL) {
			node->awaits = other;
			graph->reserved[other] = true;
		}
	}
}

static void fill_attr(struct aml_dma_post_attr *attr, struct node *node,
		      struct aml_dma_request **after)
{
	*attr = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
	attr->op = run_node;
	attr->op_arg = node;
	attr->flags = node->flags;
	attr->tag = node->number;
	attr->nafter = node->nafter;
	attr->after = after;
	for (size_t i = 0; i < node->nafter; i++)
		after[i] = node->graph->nodes[node->after[i]].req;
	if (node->calls_back) {
		attr->callback = end_node;
		attr->callback_arg = node;
	}
}

/* Post some nodes by one call. */
static void post_batch(struct graph *graph, size_t posted, size_t n)
{
	struct aml_dma_post_attr attrs[BATCH_MAX] = {{.size = 0}};
	struct aml_dma_request *after[BATCH_MAX][AFTER_MAX], *reqs[BATCH_MAX];

	for (size_t i = 0; i < n; i++) {
		struct node *node = &graph->nodes[posted + i];

		make_node(graph, posted + i);
		choose_prerequisites(graph, node, posted);
		fill_attr(&attrs[i], node, after[i]);
		if (i > 0 && rng_chance(&graph->rng, 40)) {
			attrs[i].flags |= AML_DMA_POST_CHAIN;
			node->after[node->nafter++] = posted + i - 1;
		}
	}
	EXPECT(graph, aml_dma_post(graph->dma, n, attrs, reqs) == 0);
	for (size_t i = 0; i < n; i++)
		graph->nodes[posted + i].req = reqs[i];
}

/* Release a handle that the poster owns. */
static void release_node(struct graph *graph, struct node *node)
{
	if (graph->reserved[node->number] || node->req == NULL)
		return;
	if (graph->cancels && rng_chance(&graph->rng, 30)) {
		node->cancelled = true;
		EXPECT(graph, aml_dma_cancel(graph->dma, &node->req) == 0);
	} else if (rng_chance(&graph->rng, 30)) {
		while (aml_dma_test(graph->dma, &node->req, &node->result) == -AML_EBUSY)
			sched_yield();
	} else {
		node->result = aml_dma_wait(graph->dma, &node->req);
	}
	EXPECT(graph, node->req == NULL);
}

static void reap_some(struct graph *graph)
{
	struct aml_dma_completion out[16];
	size_t count = 0;

	EXPECT(graph, aml_dma_reap(graph->dma, 16, out, 0, 0, &count) == 0);
	graph->reaped += count;
}

static void *post_graph(void *arg)
{
	struct graph *graph = arg;
	struct rng *rng = &graph->rng;
	size_t posted = 0;

	while (posted < NODES) {
		size_t most = NODES - posted < BATCH_MAX ? NODES - posted : BATCH_MAX;
		size_t n = rng_chance(rng, 50) ? 1 : rng_range(rng, 1, most);

		post_batch(graph, posted, n);
		posted += n;
		if (rng_chance(rng, 10))
			release_node(graph, &graph->nodes[rng_below(rng, posted)]);
		if (rng_chance(rng, 10))
			reap_some(graph);
		if (graph->cancels && rng_chance(rng, 1))
			EXPECT(graph, aml_dma_cancel_all(graph->dma, NULL) == 0);
		if (rng_chance(rng, 1))
			(void)aml_dma_barrier(graph->dma);
	}
	for (size_t i = 0; i < NODES; i++)
		release_node(graph, &graph->nodes[i]);
	return NULL;
}

/* Without cancels, the result of a node follows from the results of its prerequisites. */
static void check_node(struct graph *graph, const int *codes, size_t number, int *code)
{
	const struct node *node = &graph->nodes[number];
	bool skipped = false, known = node->result != NOT_RUN;

	for (size_t i = 0; i < node->nafter; i++)
		skipped = skipped || codes[node->after[i]] != 0;
	skipped = skipped && !(node->flags & AML_DMA_POST_ALWAYS);
	*code = skipped ? -AML_EDOM : node->own;
	EXPECT(graph, node->runs == !skipped);
	EXPECT(graph, !known || node->result == *code);
	EXPECT(graph, !node->calls_back || node->called_with == *code);
}

static void check_graph(struct graph *graph)
{
	static int codes[NODES];

	for (size_t i = 0; i < NODES; i++) {
		const struct node *node = &graph->nodes[i];

		EXPECT(graph, node->calls == node->calls_back);
		EXPECT(graph, node->runs <= 1);
		if (!graph->cancels)
			check_node(graph, codes, i, &codes[i]);
		for (size_t k = 0; k < node->nafter; k++) {
			const struct node *before = &graph->nodes[node->after[k]];

			EXPECT(graph,
			       node->runs == 0 || before->runs == 0 || before->ended < node->begun);
		}
	}
}

static void run_graphs(size_t workers, bool cancels, uint64_t number)
{
	static struct graph graphs[POSTERS];
	struct aml_dma *dma = new_engine(workers);
	pthread_t threads[POSTERS];
	size_t reaps = 0, reaped = 0;

	for (int i = 0; i < POSTERS; i++) {
		graphs[i].dma = dma;
		graphs[i].cancels = cancels;
		graphs[i].errors = 0;
		graphs[i].reaped = 0;
		graphs[i].rng = (struct rng){0};
		rng_start(&graphs[i].rng, POSTERS * number + (uint64_t)i);
		ck_assert_int_eq(pthread_create(&threads[i], NULL, post_graph, &graphs[i]), 0);
	}
	for (int i = 0; i < POSTERS; i++)
		pthread_join(threads[i], NULL);
	while (aml_dma_barrier(dma) != 0)
		;
	for (int i = 0; i < POSTERS; i++)
		for (size_t k = 0; k < NODES; k++)
			reaps += graphs[i].nodes[k].flags == AML_DMA_POST_REAP ||
				 graphs[i].nodes[k].flags ==
					 (AML_DMA_POST_REAP | AML_DMA_POST_AFTER_ALL);
	for (int i = 0; i < POSTERS; i++) {
		size_t before;

		do {
			before = graphs[i].reaped;
			reap_some(&graphs[i]);
		} while (graphs[i].reaped != before);
		reaped += graphs[i].reaped;
	}
	ck_assert_uint_eq(reaped, reaps);
	for (int i = 0; i < POSTERS; i++) {
		check_graph(&graphs[i]);
		ck_assert_msg(graphs[i].errors == 0, RNG_FORMAT "workers = %zu",
			      RNG_ARGS(&graphs[i].rng), workers);
	}
	destroy_engine(&dma);
}

START_TEST(graphs_with_failures)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 400))
		run_graphs(rng_below(&rng, 4), false, rng.number);
}
END_TEST

START_TEST(graphs_with_cancels)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 400))
		run_graphs(rng_below(&rng, 4), true, rng.number);
}
END_TEST

SUITE("stress/graphs", graphs_with_failures, graphs_with_cancels)
