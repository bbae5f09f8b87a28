/* SPDX-License-Identifier: BSD-3-Clause */
/* Dense layouts, whose data a copy reads instead of calling the operators. */
#ifndef LAYOUT_DENSE_H
#define LAYOUT_DENSE_H

#include <stddef.h>

#include <aml/layout.h>
#include <aml/layout/dense.h>

/* The data of a dense layout; NULL: it is none, or its table is not one of the library's own. */
static inline const struct aml_layout_dense *layout_dense(const struct aml_layout *layout)
{
	if (layout == NULL ||
	    (layout->ops != &aml_layout_column_ops && layout->ops != &aml_layout_row_ops))
		return NULL;
	return (const struct aml_layout_dense *)(const void *)layout->data;
}

/* The step of its dimension i, in bytes. */
static inline size_t dense_step(const struct aml_layout_dense *d, size_t i)
{
	return d->stride[i] * d->cpitch[i];
}

#endif /* LAYOUT_DENSE_H */
