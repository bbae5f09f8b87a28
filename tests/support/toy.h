/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines of a test's own, which share nothing with the library's: they run a request in the thread
 * that waits for it or posts it, record what they get, and fail or hang as the test wants.
 */
#ifndef TESTS_SUPPORT_TOY_H
#define TESTS_SUPPORT_TOY_H

#include <aml.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "gate.h"

/* The order in which several engines got their requests: the name of the engine for each one. */
#define TOY_POSTS_MAX 65536
struct toy_order {
	atomic_size_t length;
	char names[TOY_POSTS_MAX];
};

/* All members from `name` on may be set by the test, before the engine is used. */
struct toy {
	struct aml_dma dma;
	struct aml_dma_ops ops;
	struct aml_dma_extension extension;

	char name;
	struct toy_order *order; /* where its posts are recorded; may be NULL */
	bool shared;             /* several threads post: do not record the arguments */
	bool at_post;            /* run a request when it is posted, not when it is waited for */
	size_t accepts;          /* posts that succeed before all others fail; SIZE_MAX: all */
	int refusal;             /* the code of a post that fails */
	int code;                /* of each request, instead of the operator's, unless it is 0 */
	struct gate *gate;       /* passed by each wait before the request runs; may be NULL */
	atomic_bool hangs;       /* tests and waits with a deadline find nothing finished */

	/* What it saw. */
	atomic_size_t posts, runs, waits, cancels, barriers, live;
	/* The arguments of the last post. */
	aml_dma_operator op;
	struct aml_layout *dest, *src;
	void *op_arg;
};

/* Make an engine. `tests`: it has the operations of aml_dma_test() and aml_dma_wait_until(). */
void toy_init(struct toy *toy, char name, bool tests);

#endif /* TESTS_SUPPORT_TOY_H */
