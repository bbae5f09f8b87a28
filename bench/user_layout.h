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

struct contest;
struct layout_pair;

/* Create such a layout over each buffer of a contest: a layouts_fn. */
int user_pair(const struct contest *contest, struct layout_pair *pair);

/* Copy between the layouts of the first entrant by loops_deref(). `arg` is the contest. */
int run_user_loops(void *arg);

#endif /* USER_LAYOUT_H */
