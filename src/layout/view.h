/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Views. A view says in numbers where the elements of a layout lie, in native linear order, by
 * factors: a factor of extent n is n times what the factors before it say, `step` bytes apart. A
 * dense layout has a factor for each dimension; a reshape layout has those of its target.
 */
#ifndef LAYOUT_VIEW_H
#define LAYOUT_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

#include "layout/sizes.h"

struct factor {
	size_t extent;
	ptrdiff_t step;
};

struct view {
	char *base;      /* element 0 */
	bool by_dims;    /* factor i is dimension i */
	size_t nfactors; /* at most NDIMS_MAX */
	struct factor factors[NDIMS_MAX];
};

/*
 * Make the view of a layout that is not empty and whose targets were checked. -AML_ENOTSUP: the
 * layout can only be asked element by element; -AML_EINVAL: it reports what cannot be.
 */
int layout_view(const struct aml_layout *layout, const struct outline *outline, struct view *view);

/*
 * May a layout that is not empty be written to? Not if two elements are one: if it has a step of 0
 * over more than one of them.
 */
bool view_is_writable(const struct view *view);

/*
 * May the elements of such a layout be asked for one by one? -AML_EINVAL: they lie nowhere or out
 * of reach of each other; or two of them that a write reaches are one, by a step of 0.
 */
int layout_check_elements(const struct aml_layout *layout, const struct outline *outline,
			  bool is_written);

/* Drop factors of 1 and merge those that are one: as few as there can be. */
void view_merge(struct view *view);

#endif /* LAYOUT_VIEW_H */
