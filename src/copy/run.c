/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a copy plan, or a part of it. */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/bricks.h"
#include "copy/columns.h"
#include "copy/deref.h"
#include "copy/listed.h"
#include "copy/looped.h"
#include "copy/padded.h"
#include "copy/planes.h"
#include "copy/run.h"
#include "copy/shuffle.h"
#include "copy/staged.h"
#include "copy/strided.h"
#include "copy/tiny.h"
#include "copy/transpose.h"
#include "copy/walk.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "plan/boxes.h"
#include "plan/choose.h"
#include "plan/part.h"
#include "plan/section.h"
#include "util/clock.h"

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

/* Inline, because the call would take a share of the time of a small copy. */
__attribute__((always_inline)) static inline int run_kind(const struct copy_plan *plan)
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
		if (plan->method == COPY_BY_ELEMENTS)
			copy_tiny(plan);
		else if (plan->method == COPY_BY_SHUFFLE)
			copy_shuffled(plan);
		else if (plan->method == COPY_BY_LOOPED)
			copy_looped(plan);
		else if (plan->method == COPY_BY_STEPPED)
			copy_stepped(plan);
		else
			copy_strided(plan);
		break;
	case COPY_TRANSPOSE:
		COUNT(true, "", "transpose");
		if (plan->method == COPY_BY_STAGE)
			copy_staged(plan);
		else if (plan->method == COPY_BY_LISTS)
			copy_listed(plan);
		else if (plan->method == COPY_BY_PLANES)
			copy_planes(plan);
		else if (plan->method == COPY_BY_COLUMNS)
			copy_columns(plan);
		else
			copy_transpose(plan);
		break;
	case COPY_WALK:
		COUNT(true, "", "walk");
		copy_walk(plan, 0, (size_t)(copy_plan_payload(plan) / plan->run.bytes));
		break;
	case COPY_BOXES:
		COUNT(true, "", "boxes");
		run_boxes(plan);
		return AML_SUCCESS;
	case COPY_PADDED:
		copy_padded_rows(plan);
		break;
	case COPY_DEREF:
		COUNT(true, "", "deref");
		return copy_deref(plan, NULL);
	}
	return AML_SUCCESS;
}

/* Run a plan with a variant. The time includes the drain: that is when streamed bytes arrive. */
__attribute__((noinline)) static int run_variant(const struct copy_plan *plan)
{
	uint64_t began = plan->timed ? clock_ns() : 0;

#ifdef KERNELS_COUNT
	__atomic_fetch_add(&copy_variant_runs[plan->variant], 1, __ATOMIC_RELAXED);
#endif
	if (copy_variant_of(plan)->bricks)
		copy_bricks(plan, run_kind);
	else
		(void)run_kind(plan);
	if (plan->stream)
		kernels()->drain();
	if (plan->timed)
		copy_choice_report(plan, clock_ns() - began);
	return AML_SUCCESS;
}

int copy_plan_run(const struct copy_plan *plan)
{
	return plan->variant == VARIANT_NONE ? run_kind(plan) : run_variant(plan);
}

int copy_plan_run_part(const struct copy_plan *plan, unsigned part)
{
	union copy_plan_room room;
	size_t first, count;

	if (plan->kind == COPY_DEREF) {
		struct copy_section section = copy_deref_section(plan, part);

		COUNT(true, "", "deref part");
		return copy_deref(plan, &section);
	}
	if (plan->kind == COPY_WALK) {
		copy_plan_walk_part(plan, part, &first, &count);
		copy_walk(plan, first, count);
	} else if (copy_plan_part(plan, part, &room)) {
		copy_plan_run(&room.plan);
	}
	return AML_SUCCESS;
}
