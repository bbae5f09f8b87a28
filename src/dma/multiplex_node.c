/* SPDX-License-Identifier: BSD-3-Clause */
/* The choice of a node, for an engine with an inner engine for each NUMA node. */
#include "dma/multiplex_node.h"

#include <aml/layout.h>
#include <aml/utils/error.h>

#include "machine/numa.h"

/* Smaller copies are not worth a system call. */
enum { NODE_BYTES_MIN = 1 << 20 };

/* Return the first address that a plan writes to. NULL: it is not known. */
static const void *first_address(const struct copy_plan *plan)
{
	if (plan->kind == COPY_BOXES)
		return copy_next_box(plan, NULL)->run.dst;
	if (plan->kind != COPY_DEREF)
		return plan->run.dst;
	return plan->sides.dst == COPY_SIDE_ADDRESS ? plan->elements.dst.address
						    : aml_layout_rawptr(plan->elements.dst.layout);
}

size_t multiplex_choose_node(const struct multiplex *m, const struct copy_plan *plan,
			     uint64_t bytes)
{
	const void *address = NULL;
	int saved = aml_errno;
	size_t node;

	if (plan != NULL && bytes >= NODE_BYTES_MIN)
		address = first_address(plan);
	aml_errno = saved;
	node = address != NULL ? numa_of_page(m->numa, address) : m->data.count;
	return node < m->data.count ? node : numa_of_thread(m->numa);
}
