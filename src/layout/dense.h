/* SPDX-License-Identifier: BSD-3-Clause */
/* The data of dense layouts. Copies read the data instead of calling the operators. */
#ifndef LAYOUT_DENSE_H
#define LAYOUT_DENSE_H

#include <stddef.h>

#include <aml/layout.h>
#include <aml/layout/dense.h>

/* The data of a dense layout. NULL if the table of operators is not one of the library's tables. */
static inline const struct aml_layout_dense *layout_dense(const struct aml_layout *layout)
{
	if (layout == NULL ||
	    (layout->ops != &aml_layout_column_ops && layout->ops != &aml_layout_row_ops))
		return NULL;
	return (const struct aml_layout_dense *)(const void *)layout->data;
}

/* The operator `concurrent` of dense layouts: always 1. */
int dense_concurrent(const struct aml_layout_data *data);

/* The step of native dimension i in bytes. */
static inline size_t dense_step(const struct aml_layout_dense *d, size_t i)
{
	return d->stride[i] * d->cpitch[i];
}

#endif /* LAYOUT_DENSE_H */
