/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NUMA nodes of the machine.
 *
 * /sys/devices/system/node/online lists the nodes, and nodeN/cpulist there the CPUs of a node, as
 * ranges: 0-3,8-11. A node may have memory only; its list is empty then.
 *
 * move_pages(), asked to move nothing, reports the node of a page, or that the page has no memory
 * yet. get_mempolicy() reports from which nodes its memory may come. Both ask about the process
 * itself, which needs no privilege, but sandboxes such as Docker's refuse them by default.
 */
#include "machine/numa.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine/files.h"

#define NODES_FOLDER "/sys/devices/system/node"

/* Larger numbers are taken for errors in the files. */
enum { NUMA_NODES_MAX = 1 << 16, NUMA_CPUS_MAX = 1 << 20 };

/* Of the interface of the kernel, whose headers may be missing. */
enum { POLICY_PREFERRED = 1, POLICY_BIND = 2, POLICY_NODE = 1 << 0, POLICY_ADDR = 1 << 1 };

/* The bits of the kernel's largest set of nodes. */
enum { POLICY_NODES = 1024, POLICY_WORD_BITS = CHAR_BIT * sizeof(unsigned long) };

/* Parse a number up to `most`. *text moves behind it. False: there is none. */
static bool take_index(const char **text, size_t most, size_t *number)
{
	const char *c = *text;

	*number = 0;
	for (; *c >= '0' && *c <= '9'; c++) {
		*number = *number * 10 + (size_t)(*c - '0');
		if (*number > most)
			return false;
	}
	if (c == *text)
		return false;
	*text = c;
	return true;
}

/* Parse the next range of a list. *text moves behind it. False: the list ends, or is malformed. */
static bool take_range(const char **text, size_t most, size_t *first, size_t *last)
{
	if (!take_index(text, most, first))
		return false;
	*last = *first;
	if (**text == '-') {
		++*text;
		if (!take_index(text, most, last) || *last < *first)
			return false;
	}
	if (**text == ',')
		++*text;
	return true;
}

/* Read the first line of a file in the folder of the nodes. The caller frees it. NULL: none. */
static char *read_list(const char *name)
{
	FILE *file = machine_open_file(NODES_FOLDER, name);
	char *line = NULL;
	size_t room = 0;

	if (file == NULL)
		return NULL;
	if (!machine_next_line(file, &line, &room)) {
		free(line);
		line = NULL;
	}
	(void)fclose(file);
	return line;
}

/* Make a set of the CPUs in a list, as large as `like` at least. Return 0 or ENOMEM. */
static int read_cpus(const char *list, const struct affinity *like, struct affinity *set)
{
	size_t first, last, most = like->bytes * CHAR_BIT - 1;

	for (const char *at = list; take_range(&at, NUMA_CPUS_MAX, &first, &last);)
		most = last > most ? last : most;
	set->cpus = CPU_ALLOC(most + 1);
	if (set->cpus == NULL)
		return ENOMEM;
	set->bytes = CPU_ALLOC_SIZE(most + 1);
	CPU_ZERO_S(set->bytes, set->cpus);
	for (const char *at = list; take_range(&at, NUMA_CPUS_MAX, &first, &last);)
		for (size_t cpu = first; cpu <= last; cpu++)
			CPU_SET_S(cpu, set->bytes, set->cpus);
	return 0;
}

static void release_node(struct numa_node *node)
{
	affinity_release(&node->all);
	affinity_release(&node->mine);
}

/* Make a node of a list of CPUs and a mask. `mine` may become empty. Return 0 or ENOMEM. */
static int make_node(struct numa_node *node, size_t id, const char *list,
		     const struct affinity *mask)
{
	*node = (struct numa_node){.id = (int)id};
	if (read_cpus(list, mask, &node->all) != 0)
		return ENOMEM;
	if (affinity_copy(&node->mine, mask->cpus, mask->bytes) != 0) {
		release_node(node);
		return ENOMEM;
	}
	for (size_t cpu = 0; cpu < mask->bytes * CHAR_BIT; cpu++)
		if (!CPU_ISSET_S(cpu, node->all.bytes, node->all.cpus))
			CPU_CLR_S(cpu, node->mine.bytes, node->mine.cpus);
	return 0;
}

/* Append a node if it has a CPU of the mask. Return 0 or ENOMEM. */
static int append_node(struct numa **numa, size_t id, const struct affinity *mask)
{
	char name[sizeof("/node/cpulist") + 3 * sizeof(id)], *list;
	struct numa_node node;
	struct numa *larger;
	int error;

	(void)snprintf(name, sizeof(name), "/node%zu/cpulist", id);
	list = read_list(name);
	if (list == NULL)
		return 0;
	error = make_node(&node, id, list, mask);
	free(list);
	if (error != 0)
		return error;
	if (affinity_count(&node.mine) == 0) {
		release_node(&node);
		return 0;
	}
	larger = realloc(*numa, sizeof(**numa) + ((*numa)->count + 1) * sizeof(node));
	if (larger == NULL) {
		release_node(&node);
		return ENOMEM;
	}
	*numa = larger;
	larger->nodes[larger->count++] = node;
	return 0;
}

/* Append the nodes that are online. Return 0 or ENOMEM. */
static int append_nodes(struct numa **numa, const struct affinity *mask)
{
	char *online = read_list("/online");
	size_t first, last;
	int error = 0;

	if (online == NULL)
		return 0;
	for (const char *at = online; error == 0 && take_range(&at, NUMA_NODES_MAX, &first, &last);)
		for (; error == 0 && first <= last; first++)
			error = append_node(numa, first, mask);
	free(online);
	return error;
}

/* Make the only node of the whole mask. There is room for it. Return 0 or ENOMEM. */
static int make_only_node(struct numa *numa, const struct affinity *mask)
{
	struct numa_node *node = &numa->nodes[0];

	*node = (struct numa_node){.id = 0};
	if (affinity_copy(&node->all, mask->cpus, mask->bytes) != 0 ||
	    affinity_copy(&node->mine, mask->cpus, mask->bytes) != 0) {
		release_node(node);
		return ENOMEM;
	}
	numa->count = 1;
	return 0;
}

int numa_read(struct numa **numa)
{
	struct numa *nodes = malloc(sizeof(*nodes) + sizeof(*nodes->nodes));
	int saved = errno, cancel_state, error;
	struct affinity mask;

	if (nodes == NULL)
		return ENOMEM;
	nodes->count = 0;
	error = affinity_read(&mask);
	if (error == 0) {
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
		error = append_nodes(&nodes, &mask);
		pthread_setcancelstate(cancel_state, NULL);
		if (error == 0 && nodes->count == 0)
			error = make_only_node(nodes, &mask);
		affinity_release(&mask);
	}
	errno = saved;
	if (error == 0)
		*numa = nodes;
	else
		numa_release(nodes);
	return error;
}

void numa_release(struct numa *numa)
{
	for (size_t i = 0; numa != NULL && i < numa->count; i++)
		release_node(&numa->nodes[i]);
	free(numa);
}

size_t numa_of_thread(const struct numa *numa)
{
	int cpu = sched_getcpu();

	for (size_t i = 0; cpu >= 0 && i < numa->count; i++)
		if (CPU_ISSET_S((size_t)cpu, numa->nodes[i].all.bytes, numa->nodes[i].all.cpus))
			return i;
	return 0;
}

/* Return the index of the node with this number. `count`: there is none. */
static size_t index_of_node(const struct numa *numa, int id)
{
	size_t i = 0;

	while (i < numa->count && numa->nodes[i].id != id)
		i++;
	return i;
}

/* Return the number of the only node of a set. -1: there are others. */
static int only_node(const unsigned long *set)
{
	int id = -1;

	for (int i = 0; i < POLICY_NODES; i++) {
		if (!(set[(size_t)i / POLICY_WORD_BITS] >> (size_t)i % POLICY_WORD_BITS & 1))
			continue;
		if (id >= 0)
			return -1;
		id = i;
	}
	return id;
}

/* Return the number of the only node from which a page may get its memory. -1: there is none. */
static int node_of_policy(void *page)
{
	unsigned long set[POLICY_NODES / POLICY_WORD_BITS] = {0};
	int policy = 0;

	if (syscall(SYS_get_mempolicy, &policy, set, (unsigned long)POLICY_NODES, page,
		    (unsigned long)POLICY_ADDR) != 0)
		return -1;
	policy &= 0xff; /* without the flags */
	return policy == POLICY_PREFERRED || policy == POLICY_BIND ? only_node(set) : -1;
}

/* Return the number of the node of a page, without move_pages(). -1: it is not known. */
static int node_of_memory(void *page)
{
	int id = -1;

	if (syscall(SYS_get_mempolicy, &id, NULL, 0UL, page,
		    (unsigned long)(POLICY_NODE | POLICY_ADDR)) != 0)
		return -1;
	return id;
}

size_t numa_of_page(const struct numa *numa, const void *address)
{
	uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
	void *page = (void *)((uintptr_t)address & ~(size - 1));
	int status = -1, saved = errno, id;

	if (syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0) != 0)
		id = node_of_memory(page);
	else if (status < 0)
		id = node_of_policy(page);
	else
		id = status;
	errno = saved;
	return id >= 0 ? index_of_node(numa, id) : numa->count;
}
