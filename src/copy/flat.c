/* SPDX-License-Identifier: BSD-3-Clause */
/* One contiguous run of bytes. */
#include <string.h>

#include "copy/machine.h"
#include "copy/plan.h"

void copy_flat(const struct copy_plan *plan, char *dst, const char *src)
{
	if (plan->stream)
		machine()->kernels->stream(dst, src, plan->size);
	else
		memcpy(dst, src, plan->size);
}
