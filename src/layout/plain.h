/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plain layouts: the library's dense and steps layouts. Copies read their data instead of calling
 * operators. What the data says was checked when the layout was created.
 */
#ifndef LAYOUT_PLAIN_H
#define LAYOUT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

#include "layout/dense.h"
#include "layout/steps.h"

/* The data of a plain layout, in native order. */
struct plain_layout {
	char *ptr;
	size_t ndims, element_size;
	const size_t *dims;
	const ptrdiff_t *steps;               /* of a steps layout; NULL: the layout is dense */
	const struct aml_layout_dense *dense; /* NULL: it is a steps layout */
};

static inline struct plain_layout plain_of_dense(const struct aml_layout_dense *d)
{
	return (struct plain_layout){.ptr = d->ptr,
				     .ndims = d->ndims,
				     .element_size = d->cpitch[0],
				     .dims = d->dims,
				     .dense = d};
}

/* Read a plain layout. Returns false if the table of operators is not one of the library's. */
static inline bool layout_plain(const struct aml_layout *layout, struct plain_layout *plain)
{
	const struct aml_layout_dense *d = layout_dense(layout);
	const struct aml_layout_steps *s;

	if (d != NULL) {
		*plain = plain_of_dense(d);
		return true;
	}
	if (layout == NULL || (layout->ops != &aml_layout_steps_column_ops &&
			       layout->ops != &aml_layout_steps_row_ops))
		return false;
	s = (const struct aml_layout_steps *)(const void *)layout->data;
	*plain = (struct plain_layout){.ptr = s->ptr,
				       .ndims = s->ndims,
				       .element_size = s->element_size,
				       .dims = s->dims,
				       .steps = s->steps};
	return true;
}

/* The step of native dimension i in bytes. */
static inline ptrdiff_t plain_step(const struct plain_layout *plain, size_t i)
{
	return plain->steps != NULL ? plain->steps[i] : (ptrdiff_t)dense_step(plain->dense, i);
}

#endif /* LAYOUT_PLAIN_H */
