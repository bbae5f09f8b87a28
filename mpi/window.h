/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows: what the engine does with them. */
#ifndef MPI_WINDOW_H
#define MPI_WINDOW_H

#include "state.h"

/* Do the windows of this MPI have the memory model MPI_WIN_UNIFIED? Collective; not agreed. */
int window_check_model(MPI_Comm comm);

/* Let this process see what others have put into its windows. */
int window_synchronise(struct mpi_engine *engine);

#endif /* MPI_WINDOW_H */
