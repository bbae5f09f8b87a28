/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine for the NUMA nodes of the machine: a multiplexer that owns an engine of linux.c for
 * each node, whose workers may run on the CPUs of the node. Its weights are not used:
 * multiplex_node.c chooses the node.
 */
#include <errno.h>
#include <stdlib.h>

#include <aml/dma/linux.h>
#include <aml/dma/multiplex.h>
#include <aml/utils/error.h>

#include "async/queue_sched.h"
#include "dma/linux_attr.h"
#include "dma/multiplex.h"
#include "machine/numa.h"

/* The number of CPUs of all nodes. */
static size_t count_cpus(const struct numa *numa)
{
	size_t n = 0;

	for (size_t i = 0; i < numa->count; i++)
		n += affinity_count(&numa->nodes[i].mine);
	return n;
}

/* The workers of a node with `cpus` of `all` CPUs: its share of `workers`. */
static size_t workers_of_node(size_t workers, size_t cpus, size_t all)
{
	size_t share = (size_t)((double)workers * (double)cpus / (double)all + 0.5);

	return share > 0 || workers == 0 ? share : 1;
}

static int create_engine(struct aml_dma **dma, const struct numa_node *node, size_t workers)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;

	attr.num_threads = workers;
	attr.cpus = node->mine.cpus;
	attr.cpus_size = node->mine.bytes;
	return aml_dma_linux_create_attr(dma, &attr);
}

static void destroy_engines(struct aml_dma **dmas, size_t n)
{
	while (n-- > 0)
		(void)aml_dma_linux_destroy(&dmas[n]);
}

/* Create an engine for each node. On an error, none is left. */
static int create_engines(struct aml_dma **dmas, const struct numa *numa, size_t workers)
{
	size_t all = count_cpus(numa);

	for (size_t i = 0; i < numa->count; i++) {
		size_t cpus = affinity_count(&numa->nodes[i].mine);
		int err = create_engine(&dmas[i], &numa->nodes[i],
					workers_of_node(workers, cpus, all));

		if (err != AML_SUCCESS) {
			destroy_engines(dmas, i);
			return err;
		}
	}
	return AML_SUCCESS;
}

/* Create the multiplexer over an engine for each node. It then owns `numa`. */
static int create_over_nodes(struct aml_dma **dma, struct numa *numa, size_t workers)
{
	struct aml_dma **dmas = calloc(numa->count, sizeof(*dmas));
	struct multiplex *m;
	int err;

	if (dmas == NULL)
		return -AML_ENOMEM;
	err = create_engines(dmas, numa, workers);
	if (err == AML_SUCCESS) {
		err = multiplex_create(&m, numa->count, dmas, NULL);
		if (err != AML_SUCCESS)
			destroy_engines(dmas, numa->count);
	}
	free(dmas);
	if (err != AML_SUCCESS)
		return err;
	m->adapts = false;
	m->ends = true;
	m->numa = numa;
	*dma = &m->dma;
	return AML_SUCCESS;
}

/* Choose the number of workers of all nodes together, as aml_init() does. */
static int choose_workers(size_t *workers)
{
	struct linux_attr known;
	int err = linux_attr_read(&known, NULL);

	if (err != AML_SUCCESS)
		return err;
	*workers = known.queue.num_threads;
	linux_attr_release(&known);
	return AML_SUCCESS;
}

int aml_dma_multiplex_create_numa(struct aml_dma **dma)
{
	struct numa *numa;
	size_t workers;
	int err;

	if (dma == NULL)
		return -AML_EINVAL;
	err = choose_workers(&workers);
	if (err != AML_SUCCESS)
		return err;
	err = numa_read(&numa);
	if (err == ENOMEM)
		return -AML_ENOMEM;
	/* Without a mask, nothing is known of nodes. */
	if (err != 0)
		return aml_dma_linux_create_attr(dma, NULL);
	if (numa->count > 1) {
		err = create_over_nodes(dma, numa, workers);
		if (err != AML_SUCCESS)
			numa_release(numa);
		return err;
	}
	err = create_engine(dma, &numa->nodes[0], workers);
	numa_release(numa);
	return err;
}
