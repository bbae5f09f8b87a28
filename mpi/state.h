/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data of an engine between processes, and of its windows.
 *
 * libaml-dma-mpi stands above the core library, of which it uses the public interface only; from
 * src it takes headers of util. Its units, from the top: engine.c creates engines; operations.c has
 * the tables of their operations; barrier.c, waits.c and request.c are these operations; transfer.c
 * carries out a put or get; window.c makes windows; sides.c checks a put or get, move.c calls MPI
 * for it; layout.c has the remote layouts; guard.c checks who calls; below are shape.c, runs.c,
 * types.c, stage.c, method.c, codes.c and fork.c. A unit includes only what stands below it.
 *
 * Who owns what: the program owns the engine `local`. An engine owns its communicators, its
 * requests and its stages. A window owns its memory, unless it is the program's. A remote layout
 * refers to its window; to destroy the layout does not touch the window.
 */
#ifndef MPI_STATE_H
#define MPI_STATE_H

#include <mpi.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aml/dma.h>

#include "method.h"
#include "stage.h"
#include "util/lock.h"

struct mpi_request;

struct mpi_request_list {
	struct mpi_request *first, *last;
};

struct mpi_engine {
	/* What the program has. Its data is this structure. */
	struct aml_dma dma;
	/* Constant until the engine is destroyed. */
	struct aml_dma *local;
	MPI_Comm comm;          /* the duplicate */
	MPI_Comm node;          /* the processes of this host that may share memory */
	int rank, size;         /* in comm */
	int *node_ranks;        /* the rank in node of each rank of comm, or MPI_UNDEFINED */
	int level;              /* of thread support */
	pthread_t main;         /* below MPI_THREAD_SERIALIZED: the only thread that may call MPI */
	enum mpi_method forced; /* MPI_METHOD_AUTO: none */
	bool posts;             /* local has aml_dma_post() */
	bool waits_for_some;    /* local has aml_dma_wait_some() */

	/* Changed by collective calls only, which the program does not make at once. */
	struct aml_dma_mpi_window *windows;

	struct lock lock;
	/* Guarded by the lock. */
	pthread_cond_t changed;         /* a request has finished or is no longer claimed */
	struct mpi_request_list posted; /* all that are not released, in the order of posting */
	uint64_t next_number;           /* of a request, in the order of posting */
	uint64_t next_finish;           /* counts requests that have finished */

	struct stage_pool stages; /* has a lock of its own */
};

struct aml_dma_mpi_window {
	struct mpi_engine *engine;
	struct aml_dma_mpi_window *next; /* of the same engine */
	MPI_Win win;                     /* of comm; MPI_WIN_NULL: all memory is shared */
	MPI_Win shared;                  /* of node, whose memory it is; or MPI_WIN_NULL */
	void *own;                       /* this process's part */
	void *memory;                    /* that is not shared and that the window frees; or NULL */
	/* For each rank of comm. */
	size_t *sizes;    /* in bytes */
	char **addresses; /* of the part in this process; NULL: it is not shared */
	/* Guarded by the engine's lock. */
	size_t unfinished; /* requests in this window that are not released */
};

#endif /* MPI_STATE_H */
