/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A custom layout with only the operations that a copy needs, which several threads may call: a
 * dense matrix of doubles.
 */
#ifndef USER_LAYOUT_H
#define USER_LAYOUT_H

#include <aml/layout.h>

/*
 * Create a layout of `dims[0]` by `dims[1]` doubles, the first dimension fastest. NULL: out of
 * memory. Release it with aml_layout_destroy().
 */
struct aml_layout *user_matrix_create(double *base, const size_t *dims);

#endif /* USER_LAYOUT_H */
