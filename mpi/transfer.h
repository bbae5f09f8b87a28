/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transfers: puts and gets that MPI carries out, one section after the other. A transfer is
 * advanced by one thread at a time.
 */
#ifndef MPI_TRANSFER_H
#define MPI_TRANSFER_H

#include <stdbool.h>

#include <aml/layout.h>

#include "layout.h"
#include "state.h"

struct mpi_transfer;

/*
 * Make the transfer between a remote layout, described by `far`, and a local layout of the same
 * shape, which may be destroyed as soon as the call has returned, unless it can be neither
 * described nor duplicated. Calls no function of MPI. Returns -AML_EINVAL or -AML_ENOTSUP for a
 * local layout that cannot be copied, or -AML_ENOMEM.
 */
int transfer_make(struct mpi_engine *engine, const struct remote_view *far,
		  struct aml_layout *local, bool is_put, struct mpi_transfer **out);

/* Release a transfer that is done, or was never advanced. NULL is allowed. */
void transfer_destroy(struct mpi_transfer *transfer);

/* Is it better to let another thread run all of it than to begin it while posting? */
bool transfer_is_long(const struct mpi_transfer *transfer);

/* Advance a transfer by one section. May block. Returns whether it is done now. */
bool transfer_advance(struct mpi_transfer *transfer);

/* End a transfer: wait for what has begun, and do no more. */
void transfer_cancel(struct mpi_transfer *transfer);

/* The result of a transfer that is done. */
int transfer_result(const struct mpi_transfer *transfer);

/* Carry out all of a transfer: an operator, whose argument is the transfer. */
int transfer_run(struct aml_layout *dst, const struct aml_layout *src, void *transfer);

#endif /* MPI_TRANSFER_H */
