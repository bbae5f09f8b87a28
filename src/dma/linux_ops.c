/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The three operators as functions: each plans its copy and runs the plan at once. The engine does
 * not call these functions. It plans the copy when the copy is posted, see linux_plan().
 */
#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "copy/run.h"
#include "dma/linux_ops.h"

/* Run the plan in `room`, unless planning failed with `err`. */
static int run_planned(const union copy_plan_room *room, int err)
{
	return err == AML_SUCCESS ? copy_plan_run(&room->plan) : err;
}

int aml_dma_linux_copy_1D(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	union copy_plan_room room;

	(void)arg;
	return run_planned(&room, copy_plan_1d(&room, dst, src));
}

int aml_dma_linux_memcpy_op(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	union copy_plan_room room;

	return run_planned(&room, copy_plan_bytes(&room, dst, src, (size_t)arg));
}

int aml_dma_linux_copy_generic(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	union copy_plan_room room;

	(void)arg;
	return run_planned(&room, copy_plan_layouts(&room, dst, src, NULL));
}
