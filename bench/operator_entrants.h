/* SPDX-License-Identifier: BSD-3-Clause */
/* Contestants that run an operator of aml/dma/operators.h on an engine, and the copies beside. */
#ifndef OPERATOR_ENTRANTS_H
#define OPERATOR_ENTRANTS_H

#include "yardsticks.h"

/*
 * Add a contestant that runs an operator between two layouts. The argument of `run` is its entrant.
 * The contest destroys the layouts, also if there is no room. Returns its index or ENTRANTS_MAX.
 */
size_t operator_add(struct contest *contest, const char *name, int (*run)(void *),
		    const struct layout_pair *pair);

/* Add the copy between two layouts as YARD_EQUAL. The same as above otherwise. */
size_t operator_add_equal_copy(struct contest *contest, const struct layout_pair *pair);

#endif /* OPERATOR_ENTRANTS_H */
