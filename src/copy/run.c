/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a copy plan, or a part of it. */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/deref.h"
#include "copy/run.h"
#include "copy/shuffle.h"
#include "copy/staged.h"
#include "copy/strided.h"
#include "copy/transpose.h"
#include "copy/walk.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "plan/boxes.h"
#include "plan/part.h"

static void run_flat(const struct copy_plan *plan)
{
	if (plan->method == COPY_BY_STREAM)
		kernels()->stream(plan->run.dst, plan->run.src, plan->run.bytes);
	else
		memcpy(plan->run.dst, plan->run.src, plan->run.bytes);
}

static void run_boxes(const struct copy_plan *plan)
{
	const struct copy_plan *box = NULL;
	union copy_plan_room room;

	for (size_t i = 0; i < plan->boxes.count; i++) {
		box = copy_next_box(plan, box);
		copy_take_box(plan, box, &room);
		copy_plan_run(&room.plan);
	}
}

int copy_plan_run(const struct copy_plan *plan)
{
	switch ((enum copy_kind)plan->kind) {
	case COPY_EMPTY:
		COUNT(true, "", "empty");
		return AML_SUCCESS;
	case COPY_FLAT:
		COUNT(true, "", "flat");
		run_flat(plan);
		break;
	case COPY_STRIDED:
		COUNT(true, "", "strided");
		if (plan->method == COPY_BY_SHUFFLE)
			copy_shuffled(plan);
		else
			copy_strided(plan);
		break;
	case COPY_TRANSPOSE:
		COUNT(true, "", "transpose");
		if (plan->method == COPY_BY_STAGE)
			copy_staged(plan);
		else
			copy_transpose(plan);
		break;
	case COPY_WALK:
		COUNT(true, "", "walk");
		copy_walk(plan);
		break;
	case COPY_BOXES:
		COUNT(true, "", "boxes");
		run_boxes(plan);
		return AML_SUCCESS;
	case COPY_DEREF:
		COUNT(true, "", "deref");
		return copy_deref(plan);
	}
	if (plan->stream)
		kernels()->drain();
	return AML_SUCCESS;
}

void copy_plan_run_part(const struct copy_plan *plan, unsigned part)
{
	union copy_plan_room room;

	if (copy_plan_part(plan, part, &room))
		copy_plan_run(&room.plan);
}
