/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A view describes where the elements of a layout lie, in native linear order, by factors. A factor
 * of extent n repeats the elements of the previous factors n times, `step` bytes apart. A layout
 * with the fast path has a factor for each dimension. A reshape layout has the factors of its
 * target.
 */
#ifndef LAYOUT_VIEW_H
#define LAYOUT_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

#include "layout/sizes.h"

struct factor {
	size_t extent;
	ptrdiff_t step; /* in bytes */
};

struct view {
	char *base;      /* the address of element 0 */
	bool by_dims;    /* factor i is dimension i */
	size_t nfactors; /* at most NDIMS_MAX */
	struct factor factors[NDIMS_MAX];
};

/*
 * Make the view of a layout. The layout must not be empty, and layout_check_targets() must have
 * succeeded. Returns -AML_ENOTSUP if the layout has no fast path: query it element by element.
 * Returns -AML_EINVAL if the base address or the steps are invalid.
 */
int layout_view(const struct aml_layout *layout, const struct outline *outline, struct view *view);

/*
 * Can a layout that is not empty be written to? It cannot if a factor with more than one iteration
 * has a step of 0, because several elements then have the same address.
 */
bool view_is_writable(const struct view *view);

/*
 * Check a layout before a copy element by element. The layout must not be empty. Returns
 * -AML_EINVAL if its address is NULL, if its elements span more than PTRDIFF_MAX bytes, or if it is
 * written and a step of 0 gives several elements that are written the same address.
 */
int layout_check_elements(const struct aml_layout *layout, const struct outline *outline,
			  bool is_written);

/* Reorder the factors: factor i becomes factor permutation[i] of before. */
void view_permute(struct view *view, const size_t *permutation);

/* Minimise the factors: drop those of extent 1, and merge those that continue each other. */
void view_merge(struct view *view);

#endif /* LAYOUT_VIEW_H */
