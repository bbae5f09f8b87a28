/* SPDX-License-Identifier: BSD-3-Clause */
/* The joint shuffles of the vectors of a unit. */
#ifndef COPY_JOINT_H
#define COPY_JOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/kernels.h"
#include "plan/plan.h"
#include "plan/shuffling.h"

enum { JOINT_GROUPS_MAX = (SHUFFLE_VECTORS_MAX + JOINT_VECTORS_MAX - 1) / JOINT_VECTORS_MAX };

/* The vectors of a unit, in groups that are made jointly. Plain data. */
struct joint_program {
	size_t groups;
	size_t pass; /* the units for which several groups are run, to stay in the first-level cache
		      */
	bool planes; /* the loop after the row loop has the vectors: a unit has one of each plane */
	struct shuffle_joint group[JOINT_GROUPS_MAX];
};

/*
 * Make the joint shuffles of a shuffled plan. Returns false if its vectors cannot be made jointly.
 */
bool copy_make_joint(const struct copy_plan *plan, struct joint_program *program);

#endif /* COPY_JOINT_H */
