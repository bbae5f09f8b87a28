/* SPDX-License-Identifier: BSD-3-Clause */
/* Reshape layouts for use inside the library. */
#ifndef LAYOUT_RESHAPE_H
#define LAYOUT_RESHAPE_H

#include <aml/layout.h>
#include <aml/layout/reshape.h>

/*
 * Make a reshape layout like `reshape` over `target`. Its user order is native order. On success,
 * it owns `target`.
 */
int reshape_over(const struct aml_layout_data_reshape *reshape, struct aml_layout *target,
		 struct aml_layout **out);

#endif /* LAYOUT_RESHAPE_H */
