/* SPDX-License-Identifier: BSD-3-Clause */
/* Remote layouts. */
#ifndef MPI_LAYOUT_H
#define MPI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

#include "state.h"

/* What a remote layout says about its elements, in native order. */
struct remote_view {
	struct aml_dma_mpi_window *window;
	int rank;
	bool shared; /* this process has the elements in its memory */
	size_t element_size, ndims;
	size_t at; /* the displacement of element 0; undefined if the layout is empty */
	size_t dims[AML_LAYOUT_NDIMS_MAX];
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
};

bool layout_is_remote(const struct aml_layout *layout);

/*
 * Does a layout have a fast path that belongs to its other operators? A program may have copied one
 * of the core's tables and replaced some of these.
 */
bool layout_has_fast_path(const struct aml_layout *layout);

/* Describe a remote layout. */
void layout_remote_view(const struct aml_layout *layout, struct remote_view *view);

#endif /* MPI_LAYOUT_H */
