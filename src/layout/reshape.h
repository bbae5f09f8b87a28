/* SPDX-License-Identifier: BSD-3-Clause */
/* Reshape layouts for use inside the library. */
#ifndef LAYOUT_RESHAPE_H
#define LAYOUT_RESHAPE_H

#include <aml/layout.h>
#include <aml/layout/reshape.h>

/* Make a layout like this one, in native order, over another target, which it then owns. */
int reshape_over(const struct aml_layout_data_reshape *reshape, struct aml_layout *target,
		 struct aml_layout **out);

#endif /* LAYOUT_RESHAPE_H */
