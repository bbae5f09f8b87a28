/* SPDX-License-Identifier: BSD-3-Clause */
/* Contestants that run operators, see operator_entrants.h. */
#include "operator_entrants.h"

size_t operator_add(struct contest *contest, const char *name, int (*run)(void *),
		    const struct layout_pair *pair)
{
	struct layout_pair owned = *pair;
	size_t i = contest_add(contest, name, run, NULL, true);

	if (i == ENTRANTS_MAX) {
		aml_layout_destroy(&owned.dst);
		aml_layout_destroy(&owned.src);
		return i;
	}
	contest->entrants[i].dma = contest->engines[0];
	contest->entrants[i].workers = contest->settings->workers;
	contest->entrants[i].pair = owned;
	return i;
}

static int run_equal_copy(void *arg)
{
	struct entrant *entrant = arg;

	return aml_dma_copy(entrant->dma, entrant->pair.dst, entrant->pair.src);
}

size_t operator_add_equal_copy(struct contest *contest, const struct layout_pair *pair)
{
	size_t i = operator_add(contest, "equal copy", run_equal_copy, pair);

	yard_count(contest, i, YARD_EQUAL);
	return i;
}
