/* SPDX-License-Identifier: BSD-3-Clause */
/* The bound on unfinished requests, of the schedulers that have one. */
#include "async/queue_bound.h"
#include "async/queue_run.h"

int queue_bounded_room_locked(const struct queue_sched *q, size_t n)
{
	uint64_t unfinished;

	if (queue_frame != NULL)
		return AML_SUCCESS;
	if (n > q->unfinished_max)
		return -AML_EINVAL;
	/* Requests that were not refused may exceed the bound. */
	unfinished = queue_unfinished_locked(q);
	if (unfinished >= q->unfinished_max || n > q->unfinished_max - unfinished)
		return -AML_EBUSY;
	return AML_SUCCESS;
}
