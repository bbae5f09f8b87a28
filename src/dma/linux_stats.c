/* SPDX-License-Identifier: BSD-3-Clause */
/* The statistics of an engine. */
#include <string.h>

#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "async/queue_stats.h"
#include "dma/linux_request.h"
#include "util/versioned.h"

/* The size of the structure in the first version that has it. */
enum { STATS_BYTES_MIN = offsetof(struct aml_dma_linux_stats, run_ns) + TRACE_BUCKETS * 8 };

_Static_assert(sizeof(((struct aml_dma_linux_stats *)NULL)->run_ns) == TRACE_BUCKETS * 8,
	       "the same buckets");

/* Report whether the engine is one of this kind: its requests are made and released here. */
static bool is_linux_engine(const struct aml_dma *dma)
{
	return dma->ops->create_request == aml_dma_linux_request_create &&
	       dma->ops->destroy_request == aml_dma_linux_request_destroy &&
	       dma->ops->wait_request == aml_dma_linux_request_wait &&
	       dma->ops->barrier == aml_dma_linux_barrier;
}

int aml_dma_linux_statistics(const struct aml_dma *dma, struct aml_dma_linux_stats *stats)
{
	struct aml_dma_linux_stats known;
	struct queue_stats now;
	struct trace_times times;
	int err;

	if (dma == NULL || dma->ops == NULL || dma->data == NULL || stats == NULL ||
	    !is_linux_engine(dma))
		return -AML_EINVAL;
	err = versioned_check(stats, STATS_BYTES_MIN, sizeof(known));
	if (err != AML_SUCCESS)
		return err;
	queue_stats(linux_queue(dma->data), &now);
	(void)trace_times(queue_trace(linux_queue(dma->data)), &times);
	known = (struct aml_dma_linux_stats){
		.posted = now.posted,
		.finished = now.finished,
		.failed = now.failed,
		.cancelled = now.cancelled,
		.bytes = now.bytes,
		.parts = now.parts,
		.workers = now.workers,
		.queued = now.queued,
		.held = now.held,
		.running = now.running,
	};
	memcpy(known.queued_ns, times.queued, sizeof(known.queued_ns));
	memcpy(known.run_ns, times.run, sizeof(known.run_ns));
	versioned_write(stats, &known, sizeof(known));
	return AML_SUCCESS;
}
