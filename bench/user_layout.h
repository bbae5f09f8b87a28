/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A custom layout with only the operations that a copy needs, which several threads may call: a
 * dense matrix of doubles.
 */
#ifndef USER_LAYOUT_H
#define USER_LAYOUT_H

struct contest;
struct layout_pair;

/* Create such a layout over each buffer of a contest, with the case's extents: a layouts_fn. */
int user_pair(const struct contest *contest, struct layout_pair *pair);

/* Copy between the layouts of the first entrant by loops_deref(). `arg` is the contest. */
int run_user_loops(void *arg);

#endif /* USER_LAYOUT_H */
