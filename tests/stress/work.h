/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work for the stress test of engines: requests that record what happens to them and check the
 * engine's promises meanwhile.
 *
 * A piece of work is posted once, with an operator of the test or as a copy of the library. The
 * piece stays in the world's table until the case ends, so that an event that comes too late or
 * twice still finds its record.
 *
 * An operator waits only for its own children, and for engines with a higher rank than its own. So
 * there are no cycles, and every case ends.
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
enum work_kind {
	WORK_COPY,    /* a copy by the library; all other kinds have an operator of the test */
	WORK_LEAF,    /* waits for nothing */
	WORK_NEST,    /* posts other work and waits for some of it */
	WORK_SELF,    /* makes calls that an operator may not make on its own engine */
	WORK_BARRIER, /* calls a barrier of another engine */
	WORK_ENGINE,  /* creates, uses and destroys an engine */
	WORK_KINDS
};

/* What happened to a handle. */
enum fate { FATE_NONE, FATE_OUT, FATE_WAITED, FATE_CANCELLED };

/* How a piece is posted. */
enum work_way { WAY_HANDLE, WAY_NO_HANDLE, WAY_COPY };

struct stress_world;

struct stress_engine {
	struct aml_dma *dma;
	struct stress_world *world;
	struct queue queue;
};

struct work {
	struct stress_engine *engine;
	enum work_kind kind;
	enum work_way way;
	struct rng rng;
	/* How many operators are its ancestors; 0: a thread has posted it. */
	int depth;
	/* It posts only to its own engine. */
	bool local;
	/* Its result. The code of a failure contains the number of the piece. */
	int code;

	/* Written by the owner of the handle. */
	struct aml_dma_request *req;
	enum fate fate;
	/* Another thread may own the handle. */
	bool given;

	struct turn turn;
	/* When a wait or a cancel had returned, or 0. */
	atomic_uint_fast64_t settled;
	/* How often barriers have returned its failure. */
	atomic_int reports;

	/* Written by the operator. The members are plain, since a waiter must see them. */
	int runs;
	bool running, finished;

	/* The buffers of a copy, see parcel.c. */
	struct parcel *parcel;
	/* The next piece of the same poster. */
	struct work *next;
};

/* All data of a case. */
struct stress_world {
	/* The first `ncore` engines last as long as the case; `ncore` is at most CORE_MAX. */
	struct stress_engine engines[ENGINES_MAX];
	size_t ncore;
	atomic_size_t nengines;
	struct work works[WORKS_MAX];
	atomic_size_t nworks;
	/* The percentages of each kind, and of failures. */
	unsigned weights[WORK_KINDS];
	unsigned failures;
};

/* Create an engine of the world. NULL if all ENGINES_MAX places are used. */
struct stress_engine *engine_create(struct stress_world *world, size_t workers);
/* Call the engine's barrier and record what it returns. */
int engine_barrier(struct stress_engine *engine);
/* Call barriers until one succeeds. */
void engine_settle(struct stress_engine *engine);
void engine_destroy(struct stress_engine *engine);
/* The number that aml_dma_fprintf() prints after the label. */
unsigned long long engine_figure(struct stress_engine *engine, const char *label);

/* Does the engine last as long as the case? */
bool engine_is_core(const struct stress_engine *engine);

/* Create random work for an engine. NULL if all WORKS_MAX places are used. `parent` may be NULL. */
struct work *work_create(struct stress_world *world, struct rng *rng, struct stress_engine *engine,
			 struct work *parent);
/* Post the work. A synchronous copy has finished when this returns. */
void work_post(struct work *work, enum work_way way);
void work_wait(struct work *work);
void work_cancel(struct work *work);
/* Check work that has finished or was cancelled. */
void work_check(const struct work *work);

/* Create an engine, use it and destroy it, in a thread or an operator. */
void use_own_engine(struct stress_world *world, struct rng *rng, struct work *parent);

/* parcel.c: what a piece of kind WORK_COPY copies. */
struct parcel *parcel_create(struct rng *rng);
void parcel_destroy(struct parcel *parcel);
/*
 * Post the copy, with a handle if `req` is not NULL. The layouts are destroyed before this returns.
 */
int parcel_post(struct parcel *parcel, struct aml_dma *dma, struct aml_dma_request **req);
int parcel_now(struct parcel *parcel, struct aml_dma *dma);
/* The most bytes that the copy moves. */
size_t parcel_bytes(const struct parcel *parcel);
/* Is the destination as expected? */
bool parcel_is_right(const struct parcel *parcel);
/* Overwrite the destination, and check later that nothing else has written to it. */
void parcel_scribble(struct parcel *parcel);
bool parcel_is_scribbled(const struct parcel *parcel);

#endif /* TESTS_STRESS_WORK_H */
