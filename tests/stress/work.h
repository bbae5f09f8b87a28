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
#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <pthread.h>
#include <stdatomic.h>

#include "stress.h"
#include "turn.h"

enum { WORKS_MAX = 4000, ENGINES_MAX = 128, CORE_MAX = 3, CHILDREN_MAX = 4, DEPTH_MAX = 3 };
enum { NEEDS_MAX = 3, GROUP_MAX = 20 };

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
enum work_way { WAY_HANDLE, WAY_NO_HANDLE, WAY_COPY, WAY_POST };

struct stress_world;

struct stress_engine {
	struct aml_dma *dma;
	struct stress_world *world;
	struct queue queue;
	/* The bound on unfinished requests, or 0. */
	size_t bound;
	/* How often cancel_all was or is called, and what it has counted. */
	atomic_size_t cancel_alls, cancelled;
	/* Completions that were posted and that no call of reap has the right to take. */
	atomic_long owed;
	/* The eventfd, or -1; and what was read from it. */
	int fd;
	atomic_uint_fast64_t signalled;
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
	/* It runs inside another operator, for which a barrier may wait. */
	bool nested;
	/* When it started and ended, and which thread has run the operator or the callback. */
	uint64_t started, ended;
	pthread_t thread;

	/* Of a piece with WAY_POST, see batch.c: AML_DMA_POST_…, and the prerequisites. */
	unsigned flags;
	struct work *needs[NEEDS_MAX];
	size_t nneeds;
	bool has_callback;
	/* An operator must not wait for it, since it may wait for the operator. */
	bool waits_for_all;
	/* The engine's bound refused it: it does not exist. */
	bool refused;
	/* Where the post stores the handle, which is there when the operator starts. */
	struct aml_dma_request **slot;
	/* The thread that has posted it. */
	pthread_t poster;
	/* A cancel has begun. */
	atomic_bool cancelling;
	/* Written by the callback: the number of its calls, when it ended, and the result. */
	int calls;
	uint64_t called;
	int result;
	/* Written by the thread that was told the result: how often, and the result. */
	int tellings;
	int told;

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
	/* The handles of posts with attributes, as these calls store them. */
	struct aml_dma_request *slots[WORKS_MAX];
	atomic_size_t nslots;
	/* The percentages of each kind, of failures, and of posts with attributes. */
	unsigned weights[WORK_KINDS];
	unsigned failures, posts;
	/* Whether threads and operators call cancel_all. */
	bool cancels_all;
};

/* Create an engine of the world. NULL if all ENGINES_MAX places are used. */
struct stress_engine *engine_create(struct stress_world *world, struct rng *rng, size_t workers);
/* Call the engine's barrier and record what it returns. */
int engine_barrier(struct stress_engine *engine);
/* The same with a deadline: false if it has passed. */
bool engine_barrier_until(struct stress_engine *engine, uint64_t deadline, int *code);
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
/*
 * Post the work. A synchronous copy has finished when this returns. False: the engine's bound has
 * refused it. `way` is not WAY_POST.
 */
bool work_post(struct work *work, enum work_way way);
enum work_way work_pick_way(struct rng *rng);
/* A call has released the handle and returned this code. */
void work_released(struct work *work, int code);
void work_wait(struct work *work);
void work_cancel(struct work *work);
/* Check work that has finished or was cancelled. */
void work_check(const struct work *work);
/* Check that work that has finished may have this result. */
void work_check_result(const struct work *work, int result);
/* May a cancel have met the work? */
bool work_may_be_cancelled(const struct work *work);
/* Is there a handle, if the work is posted? */
bool work_has_handle(const struct work *work);
/* The operator and the callback. The operator gets its work also in place of both layouts. */
int work_operate(struct aml_layout *dst, const struct aml_layout *src, void *arg);
void work_call_back(int result, void *arg);

/* Create an engine, use it and destroy it, in a thread or an operator. */
void use_own_engine(struct stress_world *world, struct rng *rng, struct work *parent);

/*
 * batch.c: post pieces of one engine by one call, with attributes at random. The prerequisites are
 * from the batch and from `others`, whose handles the calling thread owns. False: refused.
 */
bool batch_post(struct work **works, size_t n, struct rng *rng, struct work *const *others,
		size_t nothers);
/*
 * Make a random call for the pieces of the list, which have handles and are of one engine: a test
 * or a wait. Remove the pieces that it releases, and return how many are left.
 */
size_t group_call(struct work **works, size_t n, struct rng *rng);
/* Take completions of an engine, with random arguments. `all`: all that are there. */
void stress_reap(struct stress_engine *engine, struct rng *rng, bool all);
void stress_read_fd(struct stress_engine *engine);
void stress_cancel_all(struct stress_engine *engine);
void stress_progress(struct stress_engine *engine, struct rng *rng);
/* A deadline that has passed, that is near, or that never passes. */
uint64_t pick_deadline(struct rng *rng, bool may_be_never);

/* parcel.c: what a piece of kind WORK_COPY copies. */
struct parcel *parcel_create(struct rng *rng);
void parcel_destroy(struct parcel *parcel);
/*
 * Post the copy, with a handle if `req` is not NULL. The layouts are destroyed before this returns.
 */
int parcel_post(struct parcel *parcel, struct aml_dma *dma, struct aml_dma_request **req);
int parcel_now(struct parcel *parcel, struct aml_dma *dma);
/* Set the members of the attributes that describe the copy; and release them after the post. */
void parcel_describe(struct parcel *parcel, struct aml_dma_post_attr *attr);
void parcel_described(const struct parcel *parcel, struct aml_dma_post_attr *attr);
/* The most bytes that the copy moves. */
size_t parcel_bytes(const struct parcel *parcel);
/* Is the destination as expected? */
bool parcel_is_right(const struct parcel *parcel);
/* Overwrite the destination, and check later that nothing else has written to it. */
void parcel_scribble(struct parcel *parcel);
bool parcel_is_scribbled(const struct parcel *parcel);

#endif /* TESTS_STRESS_WORK_H */
