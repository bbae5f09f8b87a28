/* SPDX-License-Identifier: BSD-3-Clause */
/* What a plan will do, in words and numbers. */
#ifndef TOOLS_PLAN_FACTS_H
#define TOOLS_PLAN_FACTS_H

#include <stdint.h>

#include "plan/plan.h"

struct plan_facts {
	uint64_t payload_bytes;
	const char *kind;
	const char *method; /* NULL: a kind without methods */
	const char *method_in_words;
	const char *variant;    /* NULL: the plan is too small to have a choice */
	const char *choice;     /* of the variant: "learnt", "forced" or "first"; NULL: none */
	const char *kernel;     /* member of struct kernels, or "memcpy" or "loop" of C */
	const char *kernel_set; /* the instruction set; NULL: no kernel of the library */
	bool streams;           /* past the caches */
	unsigned parts;         /* for the workers */
	uint64_t smallest_bytes, largest_bytes; /* of a part */
	/* What was learnt of the variant, in bytes per second and worker. 0: nothing. */
	double learnt_rate;
	uint32_t learnt_samples;
};

/* Find the facts of a plan. The texts are constant. */
void plan_facts_find(struct plan_facts *facts, const struct copy_plan *plan);

#endif /* TOOLS_PLAN_FACTS_H */
