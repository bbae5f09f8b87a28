/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work for the stress test of engines: requests that keep account of what becomes of them, and
 * check on the way what the engine promises.
 *
 * A piece of work is posted once, with an operator of the test's own or as one of the library's
 * copies. It stands in the world's table until the case is over, so that whatever happens too late
 * or twice finds its account.
 *
 * No piece waits for anything but its own children, and for engines that come after all that it
 * stems from; so there are no cycles, and every case comes to its end.
 */
#ifndef TESTS_STRESS_WORK_H
#define TESTS_STRESS_WORK_H

#include <aml.h>
#include <aml/dma/linux.h>
#include <stdatomic.h>

#include "stress.h"
#include "turn.h"

enum { WORKS_MAX = 4000, ENGINES_MAX = 128, CORE_MAX = 3, CHILDREN_MAX = 4, DEPTH_MAX = 3 };

/* What a piece of work does. */
enum kind {
	WORK_COPY,    /* one of the library's copies; all others are operators of the test's */
	WORK_LEAF,    /* waits for nothing */
	WORK_NEST,    /* posts others, and waits for some */
	WORK_SELF,    /* tries what an operator may not do to its own engine */
	WORK_BARRIER, /* calls a barrier of another engine */
	WORK_ENGINE,  /* makes an engine of its own, uses and destroys it */
	WORK_KINDS
};

/* What became of a handle. */
enum fate { FATE_NONE, FATE_OUT, FATE_WAITED, FATE_CANCELLED };

/* How a piece is posted. */
enum way { WAY_HANDLE, WAY_NO_HANDLE, WAY_COPY };

struct world;

struct engine {
	struct aml_dma *dma;
	struct world *world;
	struct queue queue;
};

struct work {
	struct engine *engine;
	enum kind kind;
	enum way way;
	struct rng rng;
	/* How many operators stand above it; 0: posted by a thread. */
	int depth;
	/* It posts on its own engine alone. */
	bool local;
	/* Its result; a failure's tells its number. */
	int code;

	/* Written by the owner of the handle. */
	struct aml_dma_request *req;
	enum fate fate;
	/* Another thread may have the handle. */
	bool given;

	struct turn turn;
	/* When a wait or cancel had returned, or 0. */
	atomic_uint_fast64_t settled;
	/* How often barriers have returned its failure. */
	atomic_int reports;

	/* Written by the operator, plain: who waits for it must see it. */
	int runs;
	bool running, finished;

	/* A copy's buffers, see parcel.c. */
	struct parcel *parcel;
	/* The next one of the same poster. */
	struct work *next;
};

/* All that a case is made of. */
struct world {
	/* The first CORE_MAX at most last as long as the case. */
	struct engine engines[ENGINES_MAX];
	size_t ncore;
	atomic_size_t nengines;
	struct work works[WORKS_MAX];
	atomic_size_t nworks;
	/* Of a hundred pieces, by kind; and how many fail. */
	unsigned weights[WORK_KINDS];
	unsigned failures;
};

/* A new engine of the world; NULL if it has had too many. */
struct engine *engine_create(struct world *world, size_t workers);
/* Its barrier, with accounts of what it returns. */
int engine_barrier(struct engine *engine);
/* Barriers until one succeeds. */
void engine_settle(struct engine *engine);
void engine_destroy(struct engine *engine);
/* The figure that aml_dma_fprintf() gives under the label. */
unsigned long long engine_figure(struct engine *engine, const char *label);

/* Is the engine one of those that last? */
bool engine_is_core(const struct engine *engine);

/* New work for an engine, at random; NULL if the world has had enough. `parent` may be NULL. */
struct work *work_create(struct world *world, struct rng *rng, struct engine *engine,
			 struct work *parent);
/* Post it. A synchronous copy is over by then. */
void work_post(struct work *work, enum way way);
void work_wait(struct work *work);
void work_cancel(struct work *work);
/* It has finished, or was cancelled. */
void work_check(const struct work *work);

/* What a thread or an operator does with an engine of its own. */
void use_own_engine(struct world *world, struct rng *rng, struct work *parent);

/* parcel.c: what a piece of kind WORK_COPY copies. */
struct parcel *parcel_create(struct rng *rng);
void parcel_destroy(struct parcel *parcel);
/* Post it, with a handle if `req` is not NULL; the layouts are destroyed before this returns. */
int parcel_post(struct parcel *parcel, struct aml_dma *dma, struct aml_dma_request **req);
int parcel_now(struct parcel *parcel, struct aml_dma *dma);
/* The bytes that it moves at most. */
size_t parcel_bytes(const struct parcel *parcel);
/* Whether the destination is what it should be. */
bool parcel_is_right(const struct parcel *parcel);
/* Write something else to the destination, and look whether it stays. */
void parcel_scribble(struct parcel *parcel);
bool parcel_is_scribbled(const struct parcel *parcel);

#endif /* TESTS_STRESS_WORK_H */
