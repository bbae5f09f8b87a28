/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pairing heap, ordered by the numbers of the requests. Each request has a list of children,
 * which are newer: `ready_child` is the first one, `ready_next` the next one of the same parent.
 * `ready_prev` is the child before it, or the parent. Adding takes constant time; removing takes
 * logarithmic time on average. Neither recurses, nor allocates.
 */
#include "async/queue_ready.h"

static bool is_older(const struct request_extra *a, const struct request_extra *b)
{
	return task_of(a)->priv.seq < task_of(b)->priv.seq;
}

/* Make one heap of two. Either may be NULL. The links of the root to others are not set. */
static struct request_extra *ready_merge(struct request_extra *a, struct request_extra *b)
{
	struct request_extra *root = a, *child = b;

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	if (is_older(b, a)) {
		root = b;
		child = a;
	}
	child->ready_prev = root;
	child->ready_next = root->ready_child;
	if (child->ready_next != NULL)
		child->ready_next->ready_prev = child;
	root->ready_child = child;
	return root;
}

/* Make one heap of the children that begin with `first`. */
static struct request_extra *ready_merge_children(struct request_extra *first)
{
	struct request_extra *pairs = NULL, *root = NULL;

	/* Merge pairs from left to right, then the pairs from right to left. */
	while (first != NULL) {
		struct request_extra *second = first->ready_next, *rest = NULL, *pair;

		if (second != NULL)
			rest = second->ready_next;
		pair = ready_merge(first, second);
		pair->ready_next = pairs;
		pairs = pair;
		first = rest;
	}
	while (pairs != NULL) {
		struct request_extra *next = pairs->ready_next;

		root = ready_merge(root, pairs);
		pairs = next;
	}
	return root;
}

static void ready_set_root(struct request_extra **root, struct request_extra *extra)
{
	*root = extra;
	if (extra == NULL)
		return;
	extra->ready_next = NULL;
	extra->ready_prev = NULL;
}

void ready_add(struct request_extra **root, struct request_extra *extra)
{
	extra->is_ready = true;
	extra->ready_child = NULL;
	ready_set_root(root, ready_merge(*root, extra));
}

void ready_remove(struct request_extra **root, struct request_extra *extra)
{
	struct request_extra *children = ready_merge_children(extra->ready_child);

	extra->is_ready = false;
	if (extra == *root) {
		ready_set_root(root, children);
		return;
	}
	if (extra->ready_prev->ready_child == extra)
		extra->ready_prev->ready_child = extra->ready_next;
	else
		extra->ready_prev->ready_next = extra->ready_next;
	if (extra->ready_next != NULL)
		extra->ready_next->ready_prev = extra->ready_prev;
	ready_set_root(root, ready_merge(*root, children));
}
