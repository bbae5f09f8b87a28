/* SPDX-License-Identifier: BSD-3-Clause */
/* Lets the library learn which variant of a copy is the fastest. */
#ifndef TOOLS_TUNING_RUN_H
#define TOOLS_TUNING_RUN_H

#include <stdint.h>

#include <aml/dma.h>

#include "plan/class.h"
#include "plan/tune.h"
#include "tuning_shapes.h"
#include "usage.h"

/* What was learnt about the class of a shape. */
struct tuning_result {
	const struct tuning_shape *shape;
	uint8_t kind;         /* enum copy_kind */
	unsigned first, best; /* enum copy_variant_id; VARIANT_NONE: nothing was learnt */
	unsigned copies;      /* that were made */
	double gain;          /* the rate of `best` over that of `first`; 0: one is unknown */
	char text[TUNE_CLASS_TEXT_BYTES]; /* the class in words */
	struct tune_record record;        /* the costs of the variants */
};

/* Learn without regard to AML_DMA_TUNE. Call it before there is an engine. */
void tuning_begin(void);

/*
 * Copy a shape again and again for about `ns` nanoseconds, ten times at least. Refuses a wrong
 * shape, and fails if a copy does: does not return then.
 */
void tuning_run(const struct usage_command *command, struct aml_dma *dma,
		const struct tuning_shape *shape, uint64_t ns, struct tuning_result *result);

#endif /* TOOLS_TUNING_RUN_H */
