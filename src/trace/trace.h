/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reports about requests on their way: the trace of AML_DMA_TRACE, the times of AML_DMA_STATS, and
 * static probes for tracers of the system.
 *
 * A scheduler calls trace_post(), trace_start(), trace_end(), trace_finish() and trace_cancel() at
 * these points of a request's life. If everything is switched off, each call tests `trace_mode`,
 * and each probe is a nop. Without <sys/sdt.h> there are no probes.
 *
 * The member task.data of a request belongs to the engine. It holds the time from which the request
 * is timed: the time of its post and, from its start on, the time of its start. It is NULL if the
 * request was posted before anything was switched on; nothing is reported about such a request.
 *
 * The lock of the trace file is the last one in the order of locks: these functions may be called
 * with a scheduler's lock held, and take no other lock.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <aml/utils/async.h>

#include "trace/file.h"

#ifdef HAVE_SYS_SDT_H
#include <sys/sdt.h>
#define TRACE_PROBE_BYTES(name, task, bytes) DTRACE_PROBE2(aml_dma, name, task, bytes)
#else
#define TRACE_PROBE_BYTES(name, task, bytes) ((void)0)
#endif
#define TRACE_PROBE(name, task) TRACE_PROBE_BYTES(name, task, (task)->priv.bytes)

/* The number of the part in a task that is not divisible. */
enum { TRACE_WHOLE = INT_MAX };

/* Times by powers of two: bucket i counts the times from 2^(i-1) ns to below 2^i ns. */
enum { TRACE_BUCKETS = 64 };

struct trace_times {
	uint64_t queued[TRACE_BUCKETS], run[TRACE_BUCKETS];
};

/* The source of traced tasks: a scheduler, or an engine with requests of its own. */
struct trace_source {
	unsigned number; /* unique to this source */
	/* Return the name of a task, of at most 63 bytes. NULL: the task is not reported. */
	const char *(*name)(const struct aml_task *task);
	/* Return the kind of a task that has a name. The name may be a label instead. */
	const char *(*kind)(const struct aml_task *task);
	struct trace_times times; /* read and written atomically */
};

/* Report whether anything is switched on. */
static inline bool trace_on(void)
{
	return __builtin_expect(__atomic_load_n(&trace_mode, __ATOMIC_RELAXED) != 0, 0);
}

/* The functions below call these ones if something is switched on. */
void trace_posted(struct trace_source *source, struct aml_task *task);
uint64_t trace_started(struct trace_source *source, struct aml_task *task, unsigned part);
void trace_ended(const struct trace_source *source, const struct aml_task *task, unsigned part,
		 uint64_t began);
void trace_finished(struct trace_source *source, struct aml_task *task);
void trace_cancelled(struct trace_source *source, struct aml_task *task);

/* Call after a task was submitted, before any thread can take it. */
static inline void trace_post(struct trace_source *source, struct aml_task *task)
{
	TRACE_PROBE(post, task);
	if (trace_on())
		trace_posted(source, task);
}

/* Call before the calling thread runs a part of a task. Return the argument of trace_end(). */
static inline uint64_t trace_start(struct trace_source *source, struct aml_task *task,
				   unsigned part)
{
	if (part == 0 || part == TRACE_WHOLE)
		TRACE_PROBE(start, task);
	return trace_on() ? trace_started(source, task, part) : 0;
}

/* Call after all taken parts of a task have run. */
static inline void trace_finish(struct trace_source *source, struct aml_task *task)
{
	TRACE_PROBE(finish, task);
	if (trace_on())
		trace_finished(source, task);
}

/* Call after the calling thread has run a part. */
static inline void trace_end(const struct trace_source *source, const struct aml_task *task,
			     unsigned part, uint64_t began)
{
	if (__builtin_expect(began != 0, 0))
		trace_ended(source, task, part, began);
}

/* Call after a task was taken out of the queue: it, or the rest of its parts, will not run. */
static inline void trace_cancel(struct trace_source *source, struct aml_task *task)
{
	TRACE_PROBE(cancel, task);
	if (trace_on())
		trace_cancelled(source, task);
}

/*
 * Initialise a new source: give it a unique number, and switch on what the environment variables
 * ask for.
 */
void trace_open(struct trace_source *source);

/* Call at the start of a worker. The worker gets a track, even if it never runs anything. */
void trace_worker(const struct trace_source *source);

/* Store the times of a source. False: nothing is switched on. */
bool trace_times(const struct trace_source *source, struct trace_times *times);

#endif /* TRACE_TRACE_H */
