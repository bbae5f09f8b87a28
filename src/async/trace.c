/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is told of requests: events for the trace, in the format of Chrome that Perfetto opens,
 * and histograms of times.
 *
 * A request is an asynchronous event ("b", "n" at its start, "e"), whose id is the scheduler's
 * number and the request's place in its order. What a thread runs of it is a slice ("X") on the
 * thread's track. Slices of a thread follow each other, or one lies within another where an
 * operator waits and runs a request meanwhile.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "async/queue_state.h"
#include "async/trace.h"
#include "util/clock.h"

unsigned trace_mode;

static unsigned schedulers; /* how many there were; atomic */

/* The calling thread, once its track has a name; else 0. */
static __thread uint64_t tid;

/* The text of an event. There is room for the longest. */
struct event {
	size_t length;
	char text[384];
};

static void add_text(struct event *e, const char *text)
{
	size_t length = strlen(text);

	memcpy(e->text + e->length, text, length);
	e->length += length;
}

/* A text that may have anything in it. */
static void add_foreign(struct event *e, const char *text)
{
	for (; *text != '\0'; text++) {
		bool plain = *text >= ' ' && *text <= '~' && *text != '"' && *text != '\\';

		e->text[e->length++] = plain ? *text : '?';
	}
}

/* `key` has what stands before the number. */
static void add(struct event *e, const char *key, uint64_t number)
{
	char digits[20];
	size_t n = 0;

	add_text(e, key);
	do
		digits[n++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (n > 0)
		e->text[e->length++] = digits[--n];
}

/* The format's unit is the microsecond. */
static void add_time(struct event *e, const char *key, uint64_t ns)
{
	add(e, key, ns / 1000);
	e->text[e->length++] = '.';
	for (unsigned unit = 100; unit > 0; unit /= 10)
		e->text[e->length++] = (char)('0' + ns / unit % 10);
}

static void add_id(struct event *e, const char *key, const struct aml_task *task)
{
	const struct queue_sched *q = task->priv.sched;

	add_text(e, key);
	add(e, "\"", q->number);
	add(e, ".", task->priv.seq);
	add_text(e, "\"");
}

/* Whose event it is. */
static void add_thread(struct event *e)
{
	add(e, "\",\"pid\":", trace_pid);
	add(e, ",\"tid\":", tid);
}

/* The name of the calling thread's track; `q`: whose worker it is. */
static void name_thread(const struct queue_sched *q)
{
	struct event e = {.length = 0};
	char name[17] = "";

	tid = (uint64_t)syscall(SYS_gettid);
	prctl(PR_GET_NAME, name);
	add_text(&e, "{\"ph\":\"M\",\"name\":\"thread_name");
	add_thread(&e);
	add_text(&e, ",\"args\":{\"name\":\"");
	add_foreign(&e, name);
	if (q != NULL)
		add(&e, " of engine ", q->number);
	add_text(&e, "\"}}");
	trace_file_add(e.text, e.length);
}

static void begin(struct event *e, const char *ph, const struct aml_task *task, const char *name,
		  uint64_t now)
{
	const struct queue_sched *q = task->priv.sched;

	if (tid == 0)
		name_thread(NULL);
	e->length = 0;
	add_text(e, "{\"ph\":\"");
	add_text(e, ph);
	add_text(e, "\",\"cat\":\"request\",\"name\":\"");
	add_text(e, name != NULL ? name : q->name(task));
	add_thread(e);
	add_time(e, ",\"ts\":", now);
}

/* A point of time in a request's life; `key` and `number` are the first thing told of it. */
static void tell(const char *ph, const struct aml_task *task, const char *name, uint64_t now,
		 const char *key, uint64_t number)
{
	struct event e;

	begin(&e, ph, task, name, now);
	add_id(&e, ",\"id\":", task);
	add_text(&e, ",\"args\":{");
	add(&e, key, number);
	add(&e, ",\"parts\":", task->priv.parts);
	add_text(&e, "}}");
	trace_file_add(e.text, e.length);
}

/* What the calling thread ran from `began` to `now`. */
static void tell_slice(const struct aml_task *task, unsigned part, uint64_t began, uint64_t now)
{
	struct event e;

	begin(&e, "X", task, NULL, began);
	add_time(&e, ",\"dur\":", now - began);
	add_id(&e, ",\"args\":{\"request\":", task);
	if (part != TRACE_WHOLE)
		add(&e, ",\"part\":", part);
	add_text(&e, "}}");
	trace_file_add(e.text, e.length);
}

static void tell_result(const struct aml_task *task, uint64_t now)
{
	int code = *(const int *)(const void *)task->out;

	tell("e", task, NULL, now, code < 0 ? "\"result\":-" : "\"result\":",
	     code < 0 ? -(uint64_t)code : (uint64_t)code);
}

static bool telling(void)
{
	return __atomic_load_n(&trace_mode, __ATOMIC_ACQUIRE) & TRACE_EVENTS;
}

/* The time, never 0. */
static uint64_t trace_clock(void)
{
	return clock_ns() | 1;
}

/* Requests alone are told of, and of these the ones that were when they were posted. */
static bool is_told(const struct aml_task *task)
{
	return task->priv.flags & TASK_REQUEST && task->data != NULL;
}

/* Where addresses have 32 bits, times are taken modulo 4 seconds. */
static void set_since(struct aml_task *task, uint64_t now)
{
	task->data = (void *)(uintptr_t)now;
}

static void count_time(uint64_t *buckets, const struct aml_task *task, uint64_t now)
{
	uintptr_t time = (uintptr_t)now - (uintptr_t)task->data;
	unsigned i = time == 0 ? 0 : 64 - (unsigned)__builtin_clzll(time);

	if (i >= TRACE_BUCKETS)
		i = TRACE_BUCKETS - 1;
	__atomic_fetch_add(&buckets[i], 1, __ATOMIC_RELAXED);
}

void trace_posted(struct aml_task *task)
{
	uint64_t now = trace_clock();

	if (!(task->priv.flags & TASK_REQUEST))
		return;
	set_since(task, now);
	if (telling())
		tell("b", task, NULL, now, "\"bytes\":", task->priv.bytes);
}

uint64_t trace_started(struct aml_task *task, unsigned part)
{
	struct queue_sched *q = task->priv.sched;
	uint64_t now;

	if (!is_told(task))
		return 0;
	now = trace_clock();
	if (part != 0 && part != TRACE_WHOLE)
		return now;
	count_time(q->times.queued, task, now);
	set_since(task, now);
	if (telling())
		tell("n", task, "start", now, "\"bytes\":", task->priv.bytes);
	return now;
}

void trace_ended(struct aml_task *task, unsigned part, uint64_t began)
{
	if (telling())
		tell_slice(task, part, began, trace_clock());
}

void trace_finished(struct aml_task *task)
{
	struct queue_sched *q = task->priv.sched;
	uint64_t now;

	if (!is_told(task))
		return;
	now = trace_clock();
	count_time(q->times.run, task, now);
	if (telling())
		tell_result(task, now);
}

void trace_cancelled(struct aml_task *task)
{
	if (is_told(task) && telling())
		tell("e", task, NULL, trace_clock(), "\"cancelled\":", 1);
}

void trace_open(struct queue_sched *q)
{
	const char *path = secure_getenv("AML_DMA_TRACE"), *stats = getenv("AML_DMA_STATS");

	q->number = __atomic_add_fetch(&schedulers, 1, __ATOMIC_RELAXED);
	if (stats != NULL && strcmp(stats, "1") == 0)
		__atomic_fetch_or(&trace_mode, TRACE_TIMES, __ATOMIC_RELAXED);
	if (path != NULL && *path != '\0')
		trace_file_open(path);
}

void trace_worker(const struct queue_sched *q)
{
	if (telling())
		name_thread(q);
}

bool trace_times(const struct queue_sched *q, struct trace_times *times)
{
	for (size_t i = 0; i < TRACE_BUCKETS; i++) {
		times->queued[i] = __atomic_load_n(&q->times.queued[i], __ATOMIC_RELAXED);
		times->run[i] = __atomic_load_n(&q->times.run[i], __ATOMIC_RELAXED);
	}
	return trace_on();
}
