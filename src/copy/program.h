/* SPDX-License-Identifier: BSD-3-Clause */
/* The shuffles of a unit of a shuffled plan. */
#ifndef COPY_PROGRAM_H
#define COPY_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/kernels.h"
#include "plan/plan.h"
#include "plan/shuffling.h"

/* The vectors of a unit. Plain data. */
struct shuffle_program {
	size_t vectors;
	size_t pass; /* the units for which the vectors are run, to stay in the first-level cache */
	struct shuffle_vector vector[SHUFFLE_VECTORS_MAX];
};

/* Make the program of a shuffled plan. Returns false if a vector needs too many windows. */
bool copy_make_program(const struct copy_plan *plan, struct shuffle_program *program);

#endif /* COPY_PROGRAM_H */
