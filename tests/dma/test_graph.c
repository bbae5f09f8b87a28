/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random graphs of requests that depend on each other. The order of events must respect each edge,
 * and each result must follow from the results of the prerequisites.
 */
#include "gate.h"
#include "made.h"
#include "random.h"
#include "suite.h"

enum { NODES = 1000, BATCH_MAX = 8, AFTER_MAX = 6, NODE_FAILURE = -AML_FAILURE };

/* How a node's result comes to the test. */
enum node_way { NODE_HANDLE, NODE_CALLBACK, NODE_COMPLETION };

struct random_graph;

/* A request of the graph. */
struct random_node {
	struct random_graph *graph;
	enum node_way way;
	bool always, after_all, cancelled;
	bool early; /* the handle is released while others are posted */
	int own;    /* the result of the operator */
	size_t nafter;
	size_t after[AFTER_MAX + 1]; /* with the node before it in a chain */

	struct aml_dma_request *req;
	/* Outcomes. */
	atomic_int runs, calls;
	uint64_t began, ended; /* stamps of the operator, and of the callback if there is one */
	int result;
	bool known; /* the result was stored */
};

struct random_graph {
	struct aml_dma *dma;
	struct gate *gate; /* passed by node 0; NULL: none */
	atomic_uint_fast64_t clock;
	struct random_node nodes[NODES];
	size_t reaped;
};

static uint64_t stamp(struct random_graph *graph)
{
	return 1 + atomic_fetch_add(&graph->clock, 1);
}

static int run_node(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct random_node *node = arg;

	(void)dst;
	(void)src;
	node->began = stamp(node->graph);
	if (node == node->graph->nodes && node->graph->gate != NULL)
		gate_pass(node->graph->gate);
	atomic_fetch_add(&node->runs, 1);
	node->ended = stamp(node->graph);
	return node->own;
}

static void call_node(int result, void *arg)
{
	struct random_node *node = arg;

	atomic_fetch_add(&node->calls, 1);
	node->result = result;
	node->known = true;
	node->ended = stamp(node->graph);
}

/* Choose what node i is. `chained`: it follows the node before it in its batch. */
static void choose_node(struct rng *rng, struct random_graph *graph, size_t i, bool chained)
{
	struct random_node *node = &graph->nodes[i];

	*node = (struct random_node){.graph = graph};
	node->way = (enum node_way)rng_below(rng, 3);
	node->always = rng_chance(rng, 20);
	node->after_all = rng_chance(rng, 3);
	node->early = rng_chance(rng, 10);
	node->own = i > 0 && rng_chance(rng, 5) ? -(int)rng_range(rng, 1, 6) : 0;
	if (chained)
		node->after[node->nafter++] = i - 1;
}

/* Describe node i for the post. `first`: the first node of its batch. `list` has AFTER_MAX places.
 */
static struct aml_dma_post_attr describe_node(struct rng *rng, struct random_graph *graph, size_t i,
					      size_t first, struct aml_dma_request **list)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;
	struct random_node *node = &graph->nodes[i];
	size_t wanted = first > 0 ? rng_below(rng, AFTER_MAX + 1) : 0;

	attr.op = run_node;
	attr.op_arg = node;
	attr.flags = (node->always ? AML_DMA_POST_ALWAYS : 0u) |
		     (node->after_all ? AML_DMA_POST_AFTER_ALL : 0u) |
		     (node->nafter > 0 ? AML_DMA_POST_CHAIN : 0u) |
		     (node->way == NODE_COMPLETION ? AML_DMA_POST_REAP : 0u) |
		     (node->way == NODE_CALLBACK ? AML_DMA_POST_DETACH : 0u);
	if (node->way == NODE_CALLBACK) {
		attr.callback = call_node;
		attr.callback_arg = node;
	}
	attr.tag = i;
	attr.after = list;
	/* With a gate, everything follows node 0, so that nothing starts before it opens. */
	if (graph->gate != NULL && i > 0) {
		list[attr.nafter++] = graph->nodes[0].req;
		node->after[node->nafter++] = 0;
	}
	while (attr.nafter < wanted) {
		size_t before = rng_below(rng, first);

		list[attr.nafter++] = graph->nodes[before].req; /* NULL: it has no handle */
		if (graph->nodes[before].req != NULL)
			node->after[node->nafter++] = before;
	}
	return attr;
}

/* Release some handles early: finished ones by a test and, if nothing can run, others by a cancel.
 */
static void release_early(struct random_graph *graph, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		struct random_node *node = &graph->nodes[i];

		if (node->req == NULL || !node->early || i == 0)
			continue;
		if (graph->gate != NULL) {
			ck_assert_int_eq(aml_dma_cancel(graph->dma, &node->req), 0);
			node->cancelled = true;
			node->result = NODE_FAILURE;
			node->known = true;
		} else if (aml_dma_test(graph->dma, &node->req, &node->result) == AML_SUCCESS) {
			node->known = true;
		}
	}
}

/* Post the nodes in batches. */
static void post_graph(struct rng *rng, struct random_graph *graph)
{
	for (size_t first = 0, n; first < NODES; first += n) {
		struct aml_dma_post_attr posts[BATCH_MAX];
		struct aml_dma_request *lists[BATCH_MAX][AFTER_MAX], *reqs[BATCH_MAX];

		n = first == 0 ? 1 : rng_range(rng, 1, BATCH_MAX);
		n = n < NODES - first ? n : NODES - first;
		for (size_t k = 0; k < n; k++) {
			choose_node(rng, graph, first + k, k > 0 && rng_chance(rng, 50));
			if (first + k == 0)
				graph->nodes[0].way = NODE_HANDLE;
			posts[k] = describe_node(rng, graph, first + k, first, lists[k]);
		}
		ck_assert_int_eq(aml_dma_post(graph->dma, n, posts, reqs), 0);
		for (size_t k = 0; k < n; k++) {
			ck_assert((reqs[k] != NULL) ==
				  (graph->nodes[first + k].way == NODE_HANDLE));
			graph->nodes[first + k].req = reqs[k];
		}
		release_early(graph, first, first + n);
	}
}

/* Wait for all handles, take all completions, and wait for the callbacks. */
static void finish_graph(struct random_graph *graph)
{
	static struct aml_dma_request *reqs[NODES];
	static int results[NODES];
	struct aml_dma_completion out[16];
	size_t completions = 0, count;

	for (size_t i = 0; i < NODES; i++) {
		reqs[i] = graph->nodes[i].req;
		completions += graph->nodes[i].way == NODE_COMPLETION;
	}
	(void)aml_dma_wait_all(graph->dma, NODES, reqs, results);
	for (size_t i = 0; i < NODES; i++) {
		ck_assert_ptr_null(reqs[i]);
		if (graph->nodes[i].req == NULL)
			continue;
		graph->nodes[i].result = results[i];
		graph->nodes[i].known = true;
	}
	while (completions > 0) {
		ck_assert_int_eq(aml_dma_reap(graph->dma, 16, out, 1, AML_DMA_NO_DEADLINE, &count),
				 0);
		ck_assert_uint_le(count, completions);
		completions -= count;
		for (size_t k = 0; k < count; k++) {
			struct random_node *node = &graph->nodes[out[k].tag];

			ck_assert(node->way == NODE_COMPLETION && !node->known);
			node->result = out[k].result;
			node->known = true;
		}
	}
	/* Handles have reported their failures, and callbacks and completions theirs. */
	ck_assert_int_eq(aml_dma_barrier(graph->dma), 0);
	ck_assert_int_eq(aml_dma_reap(graph->dma, 16, out, 0, 0, &count), 0);
	ck_assert_uint_eq(count, 0);
}

/* Check that node i came after node k, if both have run. */
static void check_edge(const struct rng *rng, const struct random_graph *graph, size_t k, size_t i)
{
	const struct random_node *from = &graph->nodes[k], *to = &graph->nodes[i];

	if (to->runs == 1 && from->ended > 0)
		ck_assert_msg(from->ended < to->began,
			      RNG_FORMAT "node %zu began before node %zu had ended", RNG_ARGS(rng),
			      i, k);
}

/* Check that node i ran, or did not, as its prerequisites require, and has the right result. */
static void check_node(const struct rng *rng, const struct random_graph *graph, size_t i)
{
	const struct random_node *node = &graph->nodes[i];
	bool failed = false, handed_on = false;

	ck_assert_msg(node->known, RNG_FORMAT "node %zu", RNG_ARGS(rng), i);
	for (size_t k = 0; k < node->nafter; k++) {
		int code = graph->nodes[node->after[k]].result;

		failed = failed || code != AML_SUCCESS;
		handed_on = handed_on || (code != AML_SUCCESS && code == node->result);
		check_edge(rng, graph, node->after[k], i);
	}
	if (node->after_all)
		for (size_t k = 0; k < i; k++)
			check_edge(rng, graph, k, i);
	ck_assert_int_eq(node->calls, node->way == NODE_CALLBACK);
	if (node->cancelled) {
		ck_assert_int_eq(node->runs, 0);
		return;
	}
	ck_assert_msg(node->runs == (!failed || node->always), RNG_FORMAT "node %zu ran %d times",
		      RNG_ARGS(rng), i, node->runs);
	ck_assert_msg(node->runs == 1 ? node->result == node->own : handed_on,
		      RNG_FORMAT "node %zu: result %d", RNG_ARGS(rng), i, node->result);
}

static void check_graphs(bool gated)
{
	static struct random_graph graph;
	struct rng rng = {0};

	while (rng_next_case(&rng, 12)) {
		struct gate gate;

		graph.dma = new_engine(rng_below(&rng, 4));
		graph.gate = gated ? &gate : NULL;
		atomic_store(&graph.clock, 0);
		gate_init(&gate);
		post_graph(&rng, &graph);
		if (gated)
			gate_open(&gate);
		finish_graph(&graph);
		for (size_t i = 0; i < NODES; i++)
			check_node(&rng, &graph, i);
		destroy_engine(&graph.dma);
		gate_destroy(&gate);
	}
}

/* Contract: AFTER-1, AFTER-2, AFTER-4, AFTER-8, AFTER-9, CALLBACK-1, REAP-1. */
START_TEST(graphs_run_in_an_order_that_respects_each_edge)
{
	check_graphs(false);
}
END_TEST

/* Contract: AFTER-10, AFTER-15. */
START_TEST(cancelled_requests_of_a_graph_never_run_and_count_as_failed)
{
	check_graphs(true);
}
END_TEST

SUITE("graph", graphs_run_in_an_order_that_respects_each_edge,
      cancelled_requests_of_a_graph_never_run_and_count_as_failed)
