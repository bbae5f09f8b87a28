/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events for the trace, in the format of Chrome, which Perfetto opens; and histograms of times.
 *
 * A request is an asynchronous event ("b", "n" at its start, "e"). The id of the event is the
 * number of the scheduler and the place of the request in the scheduler's order. Each part that a
 * thread runs is a slice ("X") on the track of the thread. Slices of a thread follow each other. If
 * an operator waits and meanwhile runs a request, the request's slice lies within the operator's.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trace/file.h"
#include "trace/trace.h"
#include "util/clock.h"
#include "util/environment.h"

static unsigned source_count; /* of all sources ever opened; read and written atomically */

/* The ID of the calling thread. 0: its track has no name yet. */
static __thread uint64_t thread_id;

/* The text of an event, with room for the longest one. */
struct event {
	size_t length;
	char text[768];
};

static void add_text(struct event *e, const char *text)
{
	size_t length = strlen(text);

	memcpy(e->text + e->length, text, length);
	e->length += length;
}

/*
 * Add a label of the program, which may contain any bytes: what the format does not allow in a
 * string is escaped, and bytes that are no ASCII are replaced.
 */
static void add_label(struct event *e, const char *label)
{
	static const char digits[] = "0123456789abcdef";

	for (; *label != '\0'; label++) {
		unsigned char c = (unsigned char)*label;

		if (c == '"' || c == '\\')
			e->text[e->length++] = '\\';
		if (c >= ' ') {
			e->text[e->length++] = c <= '~' ? (char)c : '?';
			continue;
		}
		add_text(e, "\\u00");
		e->text[e->length++] = digits[c / 16];
		e->text[e->length++] = digits[c % 16];
	}
}

/* Add a text that may contain any bytes. */
static void add_foreign(struct event *e, const char *text)
{
	for (; *text != '\0'; text++) {
		bool plain = *text >= ' ' && *text <= '~' && *text != '"' && *text != '\\';

		e->text[e->length++] = plain ? *text : '?';
	}
}

/* Add `key`, the text before the number, and a number. */
static void add_number(struct event *e, const char *key, uint64_t number)
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

/* Add `key` and a time. The unit of the format is the microsecond. */
static void add_time(struct event *e, const char *key, uint64_t ns)
{
	add_number(e, key, ns / 1000);
	e->text[e->length++] = '.';
	for (unsigned unit = 100; unit > 0; unit /= 10)
		e->text[e->length++] = (char)('0' + ns / unit % 10);
}

static void add_id(struct event *e, const char *key, const struct trace_source *source,
		   const struct aml_task *task)
{
	add_text(e, key);
	add_number(e, "\"", source->number);
	add_number(e, ".", task->priv.seq);
	add_text(e, "\"");
}

/* Add the process and the thread of the event. */
static void add_thread(struct event *e)
{
	add_number(e, "\",\"pid\":", trace_pid);
	add_number(e, ",\"tid\":", thread_id);
}

/* Name the track of the calling thread. `source`: the source whose worker it is, or NULL. */
static void name_thread(const struct trace_source *source)
{
	struct event e = {.length = 0};
	char name[17] = "";

	thread_id = (uint64_t)syscall(SYS_gettid);
	prctl(PR_GET_NAME, name);
	add_text(&e, "{\"ph\":\"M\",\"name\":\"thread_name");
	add_thread(&e);
	add_text(&e, ",\"args\":{\"name\":\"");
	add_foreign(&e, name);
	if (source != NULL)
		add_number(&e, " of engine ", source->number);
	add_text(&e, "\"}}");
	trace_file_add(e.text, e.length);
}

static void begin_event(struct event *e, const char *ph, const char *name, uint64_t now)
{
	if (thread_id == 0)
		name_thread(NULL);
	e->length = 0;
	add_text(e, "{\"ph\":\"");
	add_text(e, ph);
	add_text(e, "\",\"cat\":\"request\",\"name\":\"");
	add_label(e, name);
	add_thread(e);
	add_time(e, ",\"ts\":", now);
}

/* Add the kind of a task if its name is not the kind. */
static void add_kind(struct event *e, const struct trace_source *source,
		     const struct aml_task *task, const char *name)
{
	const char *kind = source->kind != NULL ? source->kind(task) : name;

	if (strcmp(kind, name) == 0)
		return;
	add_text(e, ",\"kind\":\"");
	add_text(e, kind);
	add_text(e, "\"");
}

/* Report a point in a request's life. `key` and `number`: the first argument of the event. */
static void report_point(const char *ph, const struct trace_source *source,
			 const struct aml_task *task, const char *name, uint64_t now,
			 const char *key, uint64_t number)
{
	struct event e;

	begin_event(&e, ph, name, now);
	add_id(&e, ",\"id\":", source, task);
	add_text(&e, ",\"args\":{");
	add_number(&e, key, number);
	add_number(&e, ",\"parts\":", task->priv.parts);
	if (*ph == 'b')
		add_kind(&e, source, task, name);
	add_text(&e, "}}");
	trace_file_add(e.text, e.length);
}

/* Report the part that the calling thread ran from `began` to `now`. */
static void report_slice(const struct trace_source *source, const struct aml_task *task,
			 unsigned part, uint64_t began, uint64_t now)
{
	struct event e;

	begin_event(&e, "X", source->name(task), began);
	add_time(&e, ",\"dur\":", now - began);
	add_id(&e, ",\"args\":{\"request\":", source, task);
	if (part != TRACE_WHOLE)
		add_number(&e, ",\"part\":", part);
	add_text(&e, "}}");
	trace_file_add(e.text, e.length);
}

static void report_result(const struct trace_source *source, const struct aml_task *task,
			  uint64_t now)
{
	int code = *(const int *)(const void *)task->out;

	report_point("e", source, task, source->name(task), now,
		     code < 0 ? "\"result\":-" : "\"result\":",
		     code < 0 ? -(uint64_t)code : (uint64_t)code);
}

static bool has_file(void)
{
	return __atomic_load_n(&trace_mode, __ATOMIC_ACQUIRE) & TRACE_EVENTS;
}

/* Return the time in nanoseconds, never 0. */
static uint64_t trace_clock(void)
{
	return clock_ns() | 1;
}

static bool has_name(const struct trace_source *source, const struct aml_task *task)
{
	return source->name != NULL && source->name(task) != NULL;
}

/* Report whether the task is traced since its post. */
static bool is_traced(const struct trace_source *source, const struct aml_task *task)
{
	return has_name(source, task) && task->data != NULL;
}

/* If addresses have 32 bits, the time is stored modulo 2^32 ns, which is 4 seconds. */
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

void trace_posted(struct trace_source *source, struct aml_task *task)
{
	uint64_t now = trace_clock();

	if (!has_name(source, task))
		return;
	set_since(task, now);
	if (has_file())
		report_point("b", source, task, source->name(task), now,
			     "\"bytes\":", task->priv.bytes);
}

uint64_t trace_started(struct trace_source *source, struct aml_task *task, unsigned part)
{
	uint64_t now;

	if (!is_traced(source, task))
		return 0;
	now = trace_clock();
	if (part != 0 && part != TRACE_WHOLE)
		return now;
	count_time(source->times.queued, task, now);
	set_since(task, now);
	if (has_file())
		report_point("n", source, task, "start", now, "\"bytes\":", task->priv.bytes);
	return now;
}

void trace_ended(const struct trace_source *source, const struct aml_task *task, unsigned part,
		 uint64_t began)
{
	if (has_file())
		report_slice(source, task, part, began, trace_clock());
}

void trace_finished(struct trace_source *source, struct aml_task *task)
{
	uint64_t now;

	if (!is_traced(source, task))
		return;
	now = trace_clock();
	count_time(source->times.run, task, now);
	if (has_file())
		report_result(source, task, now);
}

void trace_cancelled(struct trace_source *source, struct aml_task *task)
{
	if (is_traced(source, task) && has_file())
		report_point("e", source, task, source->name(task), trace_clock(),
			     "\"cancelled\":", 1);
}

void trace_open(struct trace_source *source)
{
	const char *path = environment_get("AML_DMA_TRACE"),
		   *stats = environment_get("AML_DMA_STATS");

	source->number = __atomic_add_fetch(&source_count, 1, __ATOMIC_RELAXED);
	if (stats != NULL && strcmp(stats, "1") == 0)
		__atomic_fetch_or(&trace_mode, TRACE_TIMES, __ATOMIC_RELAXED);
	if (path != NULL && *path != '\0')
		trace_file_open(path);
}

void trace_worker(const struct trace_source *source)
{
	if (has_file())
		name_thread(source);
}

bool trace_times(const struct trace_source *source, struct trace_times *times)
{
	for (size_t i = 0; i < TRACE_BUCKETS; i++) {
		times->queued[i] = __atomic_load_n(&source->times.queued[i], __ATOMIC_RELAXED);
		times->run[i] = __atomic_load_n(&source->times.run[i], __ATOMIC_RELAXED);
	}
	return trace_on();
}
