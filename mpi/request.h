/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests. A request is one of these:
 *  - done from the beginning: it has no elements;
 *  - *inner*: the engine `local` has a request of its own for it, whose handle this one keeps. The
 *    copy stays in this process, or is in shared memory; or it is a long transfer, which an
 * operator of `local` carries out, if MPI allows all threads;
 *  - a *transfer* that the threads advance that wait for it.
 *
 * A thread that does something with the inner handle or the transfer has *claimed* the request. It
 * then does so without the lock. Each request that is not released is in the engine's list
 * `posted`.
 *
 * The program owns the handle of a request. A request without a handle is released by a barrier, by
 * a later post after it has succeeded, or with the engine. A post does not release it if only a
 * test that may run operators would tell that it has succeeded.
 */
#ifndef MPI_REQUEST_H
#define MPI_REQUEST_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <aml/dma.h>

#include "state.h"
#include "transfer.h"
#include "util/list.h"

enum request_claim {
	CLAIM_NONE,
	CLAIM_POST,    /* the posting call has not returned */
	CLAIM_WAIT,    /* a thread waits for it, tests or cancels it */
	CLAIM_BARRIER, /* a barrier or aml_dma_mpi_progress() advances it */
};

struct mpi_request {
	/* Constant. */
	struct mpi_engine *engine;
	uint64_t number;
	struct aml_dma_mpi_window *window; /* of the remote side; NULL: there is none */

	/* Guarded by the engine's lock. */
	struct mpi_request *next, *prev; /* in engine->posted */
	enum request_claim claim;
	pthread_t claimer;
	const void *listed; /* the call that looks for handles that stand in its list twice */
	bool detached;      /* it has no handle */
	bool done;
	bool reported;   /* a barrier has returned the result */
	int result;      /* if done */
	uint64_t finish; /* if done: its place in the order of finishing */
	unsigned pins;   /* calls refer to it that have not claimed it */
	bool released;   /* to be freed with the last pin */

	/* Belongs to whoever has claimed the request. */
	size_t index;              /* in the list of handles of a call that waits */
	struct mpi_request *after; /* in a list of that call */
	struct aml_dma_request *inner;
	struct mpi_transfer *transfer; /* of an inner request, its operator's argument */
};

DEFINE_LIST(mpi_request_list, struct mpi_request, next, prev)

/* Operations of the engine: see struct aml_dma_ops. */
int mpi_request_create(struct aml_dma_data *data, struct aml_dma_request **req,
		       struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
		       void *op_arg);
int mpi_request_wait(struct aml_dma_data *data, struct aml_dma_request **req);
int mpi_request_cancel(struct aml_dma_data *data, struct aml_dma_request **req);
int mpi_request_copy(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		     aml_dma_operator op, void *op_arg);

/*
 * Claim a request for a wait. Returns -AML_EBUSY if another wait has claimed it, or if this thread
 * has. Waits for a barrier or a post that has. Another wait may claim and release the request
 * first, so a caller that may have to wait has pinned it.
 */
int request_claim_locked(struct mpi_engine *engine, struct mpi_request *r, enum request_claim claim)
	REQUIRES(&engine->lock);
void request_unclaim_locked(struct mpi_engine *engine, struct mpi_request *r)
	REQUIRES(&engine->lock);

/* May the calling thread wait for this request? AML_SUCCESS or -AML_EPERM. */
int request_may_wait(const struct mpi_request *r);

/* Unless it has finished before, a request finishes. */
void request_finish_locked(struct mpi_engine *engine, struct mpi_request *r, int result)
	REQUIRES(&engine->lock);

/* Take a request out of the engine. Free it with request_free() once the lock is released. */
void request_release_locked(struct mpi_engine *engine, struct mpi_request *r)
	REQUIRES(&engine->lock);
/* Free a released request, unless it is pinned. */
void request_free(struct mpi_request *r);
/* Take back a pin, and free the request if it was the last one of a released request. */
void request_unpin(struct mpi_engine *engine, struct mpi_request *r);

/*
 * Take a request that the caller has claimed out of its engine, and free it, unless it is pinned.
 * Called without the lock.
 */
void request_release(struct mpi_request *r);

/* Release the inner request of a claimed request if it has finished. Needs aml_dma_wait_some(). */
bool request_test_inner(struct mpi_request *r, int *result);

/* Has the request a transfer that has not finished, and that nobody has claimed? */
bool request_is_free_transfer(const struct mpi_request *r);
/* Advance the transfer of a claimed request by a step, and give the request back. */
void request_advance(struct mpi_request *r);
/* Advance each transfer that nobody has claimed by a step. */
void requests_advance(struct mpi_engine *engine);

/*
 * Run a request that the caller has claimed to its end. Returns the error of `local` if that
 * refuses the wait: -AML_EBUSY inside the request's operator.
 */
int request_complete(struct mpi_request *r);

/* Run all requests of an engine that is destroyed, and release them. */
void requests_end(struct mpi_engine *engine);

#endif /* MPI_REQUEST_H */
