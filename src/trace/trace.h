/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tells of requests while they are on their way: the trace of AML_DMA_TRACE, the times of
 * AML_DMA_STATS, and static probes for tracers of the system.
 *
 * A scheduler calls trace_post(), trace_start(), trace_end(), trace_finish() and
 * trace_cancel() where these things happen. Switched off, each is a test of `trace_mode`, and a
 * probe is a nop; without <sys/sdt.h> there are no probes.
 *
 * The time that a request is timed from is kept in task.data, which is the engine's in a
 * request: when it was posted, and from its start on when it started; NULL if it was posted
 * before anything was switched on, and then nothing is told of it.
 *
 * The lock of the trace's file is the last in the order of locks: these functions may be called
 * with a scheduler's lock held, and take no other.
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
#define trace_probe_bytes(name, task, bytes) DTRACE_PROBE2(aml_dma, name, task, bytes)
#else
#define trace_probe_bytes(name, task, bytes) ((void)0)
#endif
#define trace_probe(name, task) trace_probe_bytes(name, task, (task)->priv.bytes)

/* The part of a task that is not divisible. */
enum { TRACE_WHOLE = INT_MAX };

/* Times by powers of two: number i counts those below 2^i ns and not below half of it. */
enum { TRACE_BUCKETS = 44 };

struct trace_times {
	uint64_t queued[TRACE_BUCKETS], run[TRACE_BUCKETS];
};

/* Whose tasks they are: a scheduler, or an engine with requests of its own. */
struct trace_source {
	unsigned number; /* that no other source has */
	/* What a task is called: a word of plain letters. NULL: nothing is told of it. */
	const char *(*name)(const struct aml_task *task);
	struct trace_times times; /* atomic */
};

static inline bool trace_on(void)
{
	return __builtin_expect(__atomic_load_n(&trace_mode, __ATOMIC_RELAXED) != 0, 0);
}

/* What the functions below call if something is switched on. */
void trace_posted(struct trace_source *source, struct aml_task *task);
uint64_t trace_started(struct trace_source *source, struct aml_task *task, unsigned part);
void trace_ended(const struct trace_source *source, const struct aml_task *task, unsigned part,
		 uint64_t began);
void trace_finished(struct trace_source *source, struct aml_task *task);
void trace_cancelled(struct trace_source *source, struct aml_task *task);

/* A task was submitted, and nobody has taken it yet. */
static inline void trace_post(struct trace_source *source, struct aml_task *task)
{
	trace_probe(post, task);
	if (trace_on())
		trace_posted(source, task);
}

/* The calling thread is about to run a part of a task. Returns what trace_end() wants. */
static inline uint64_t trace_start(struct trace_source *source, struct aml_task *task,
				   unsigned part)
{
	if (part == 0 || part == TRACE_WHOLE)
		trace_probe(start, task);
	return trace_on() ? trace_started(source, task, part) : 0;
}

/* All parts that were taken have run. */
static inline void trace_finish(struct trace_source *source, struct aml_task *task)
{
	trace_probe(finish, task);
	if (trace_on())
		trace_finished(source, task);
}

/* The calling thread has run the part. */
static inline void trace_end(const struct trace_source *source, const struct aml_task *task,
			     unsigned part, uint64_t began)
{
	if (__builtin_expect(began != 0, 0))
		trace_ended(source, task, part, began);
}

/* A task was taken out of the queue and will not run, or no further. */
static inline void trace_cancel(struct trace_source *source, struct aml_task *task)
{
	trace_probe(cancel, task);
	if (trace_on())
		trace_cancelled(source, task);
}

/*
 * A source is made: give it a number that no other has, and look at the environment for what is to
 * be switched on.
 */
void trace_open(struct trace_source *source);

/* A worker begins: it has a track, though it may never run anything. */
void trace_worker(const struct trace_source *source);

/* What was taken of a source's times. False: nothing is switched on. */
bool trace_times(const struct trace_source *source, struct trace_times *times);

#endif /* TRACE_TRACE_H */
