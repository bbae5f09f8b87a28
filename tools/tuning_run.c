/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The copies are those of any program, so the library tries variants, and learns, as it always
 * does. What the first choice for the CPU is, a plan says that is made while nothing may be learnt.
 */
#include "tuning_run.h"

#include <string.h>

#include <aml/dma/operators.h>
#include <aml/utils/error.h>

#include "explain_data.h"
#include "explain_layouts.h"
#include "plan/choose.h"
#include "plan/learnt.h"
#include "plan/make.h"
#include "plan/variant.h"
#include "util/clock.h"

/* Enough to try both routes, and to check the other one again. */
enum { TUNING_COPIES_MIN = 10 };

void tuning_begin(void)
{
	const struct choice_rules rules = {.off = false};

	copy_set_choice_rules(&rules);
}

static int plan_shape(struct explain_data *data)
{
	return copy_plan_layouts(&data->room, data->dst.layout, data->src.layout,
				 data->permutes ? data->native : NULL);
}

static int copy_shape(struct aml_dma *dma, struct explain_data *data)
{
	if (!data->permutes)
		return aml_dma_copy(dma, data->dst.layout, data->src.layout);
	return aml_dma_copy_custom(dma, data->dst.layout, data->src.layout, aml_dma_linux_transform,
				   data->native);
}

/* The variant that is taken if nothing was learnt. */
static unsigned first_choice(struct explain_data *data)
{
	const struct choice_rules rules = {.off = true};
	int err;

	copy_set_choice_rules(&rules);
	err = plan_shape(data);
	tuning_begin();
	if (err != AML_SUCCESS)
		usage_refuse(data->command, "the library refuses the copy: %s", aml_strerror(err));
	return data->room.plan.variant;
}

/* Read what was learnt about the class of the copy. */
static void read_result(struct explain_data *data, struct tuning_result *result)
{
	struct copy_plan *plan = &data->room.plan;
	unsigned base;
	uint32_t first_cost;

	if (result->first == VARIANT_NONE || plan_shape(data) != AML_SUCCESS ||
	    !tune_read(plan->tune_slot, &result->record))
		return;
	base = copy_first_variant[plan->kind];
	tune_class_text(&result->record.class, result->text);
	result->best = learnt_fastest(&result->record);
	first_cost = result->record.costs[result->first - base].cost;
	if (result->best != VARIANT_NONE && first_cost > 0)
		result->gain = (double)first_cost / result->record.costs[result->best - base].cost;
}

void tuning_run(const struct usage_command *command, struct aml_dma *dma,
		const struct tuning_shape *shape, uint64_t ns, struct tuning_result *result)
{
	struct explain_data data = {.command = command,
				    .src.text = shape->src,
				    .dst.text = *shape->dst != '\0' ? shape->dst : NULL};
	uint64_t from;
	int err = AML_SUCCESS;

	explain_layouts_create(&data, *shape->permute != '\0' ? shape->permute : NULL, true);
	memset(data.src.memory, 1, data.src.parsed.bytes);
	memset(data.dst.memory, 0, data.dst.parsed.bytes);
	*result = (struct tuning_result){.shape = shape, .first = first_choice(&data)};
	result->kind = data.room.plan.kind;
	from = clock_ns();
	while (err == AML_SUCCESS &&
	       (result->copies < TUNING_COPIES_MIN || clock_ns() - from < ns)) {
		err = copy_shape(dma, &data);
		result->copies++;
	}
	if (err != AML_SUCCESS)
		usage_fail(command, TOOL_FAILED, "%s: the copy failed: %s", shape->src,
			   aml_strerror(err));
	read_result(&data, result);
	explain_layouts_release(&data);
}
