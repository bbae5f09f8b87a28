/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Derived datatypes of MPI for any number of bytes. Counts of MPI are ints: whatever is larger is
 * made of several types, and used with a count of 1.
 */
#ifndef MPI_TYPES_H
#define MPI_TYPES_H

#include <mpi.h>
#include <stddef.h>

struct type_loop {
	size_t extent;  /* not 0 */
	ptrdiff_t step; /* in bytes */
};

/*
 * Make and commit a type of runs of `run` bytes in nested loops, of which loop 0 is the innermost.
 * The caller frees it with MPI_Type_free(). Returns a code of the library.
 */
int type_make(size_t run, size_t n, const struct type_loop *loops, MPI_Datatype *type);

#endif /* MPI_TYPES_H */
