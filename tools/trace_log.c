/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays grow by doubling. Requests, threads and names are found by hashes. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "progress.h"
#include "trace_event.h"
#include "trace_log.h"

enum { LOG_ROOM_FIRST = 64, LOG_PROGRESS_EVENTS = 1 << 14, LOG_PROGRESS_BYTES = 1 << 20 };

/*
 * Make room for one more element of `size` bytes in an array of `count` elements. Return the array,
 * or NULL: out of memory; the old one stays.
 */
static void *array_grown(struct json_reader *r, void *array, size_t size, size_t count,
			 size_t *room)
{
	size_t more = count < LOG_ROOM_FIRST ? LOG_ROOM_FIRST : 2 * count;
	void *grown;

	if (count < *room)
		return array;
	grown = realloc(array, more * size);
	if (grown == NULL)
		json_read_fail(r, "out of memory");
	else
		*room = more;
	return grown;
}

static bool name_equal(const void *array, size_t i, const void *key)
{
	const struct log_name *names = array;

	return strcmp(names[i].text, key) == 0;
}

/* Find or add a name of requests. */
static bool log_name_of(struct trace_log *log, struct json_reader *r, const char *text,
			size_t *name)
{
	uint64_t hash = hash_of(text, strlen(text));
	struct log_name *names;

	*name = hash_index_find(&log->name_index, hash, name_equal, log->names, text);
	if (*name != HASH_INDEX_NONE)
		return true;
	names = array_grown(r, log->names, sizeof(*names), log->name_count, &log->name_room);
	if (names == NULL)
		return false;
	log->names = names;
	if (!hash_index_add(&log->name_index, hash, log->name_count))
		return json_read_fail(r, "out of memory");
	*name = log->name_count++;
	strcpy(log->names[*name].text, text);
	return true;
}

static bool thread_equal(const void *array, size_t i, const void *key)
{
	const struct log_thread *threads = array;

	return threads[i].tid == *(const uint64_t *)key;
}

/* Find or add a thread. One that is added has no name. */
static bool log_thread_of(struct trace_log *log, struct json_reader *r, uint64_t tid,
			  size_t *thread)
{
	uint64_t hash = hash_of(&tid, sizeof(tid));
	struct log_thread *threads;

	*thread = hash_index_find(&log->thread_index, hash, thread_equal, log->threads, &tid);
	if (*thread != HASH_INDEX_NONE)
		return true;
	threads = array_grown(r, log->threads, sizeof(*threads), log->thread_count,
			      &log->thread_room);
	if (threads == NULL)
		return false;
	log->threads = threads;
	if (!hash_index_add(&log->thread_index, hash, log->thread_count))
		return json_read_fail(r, "out of memory");
	*thread = log->thread_count++;
	log->threads[*thread] = (struct log_thread){.tid = tid};
	(void)snprintf(log->threads[*thread].name, LOG_NAME_BYTES, "thread %" PRIu64, tid);
	return true;
}

/* Does the name of a thread end like that of a worker, "… of engine 1"? */
static bool is_worker_name(const char *name)
{
	static const char mark[] = " of engine ";
	const char *at = strstr(name, mark);

	if (at == NULL)
		return false;
	at += sizeof(mark) - 1;
	return *at != '\0' && at[strspn(at, "0123456789")] == '\0';
}

static bool request_equal(const void *array, size_t i, const void *key)
{
	const struct log_request *requests = array, *one = key;

	return requests[i].source == one->source && requests[i].place == one->place;
}

/* Find the request of an event. HASH_INDEX_NONE: it was not posted. */
static size_t log_request_of(const struct trace_log *log, const struct trace_event *event,
			     uint64_t *hash)
{
	const struct log_request key = {.source = event->source, .place = event->place};
	const uint64_t words[] = {key.source, key.place};

	*hash = hash_of(words, sizeof(words));
	return hash_index_find(&log->request_index, *hash, request_equal, log->requests, &key);
}

/* Fail because of the request of an event. */
static bool log_refuse(struct json_reader *r, const struct trace_event *event, const char *what)
{
	return json_read_fail(r, "request %" PRIu64 ".%" PRIu64 " %s", event->source, event->place,
			      what);
}

static bool log_name_event(struct trace_log *log, struct json_reader *r,
			   const struct trace_event *event)
{
	size_t thread;

	if (!(event->has & EVENT_HAS_ARG_NAME))
		return true;
	log->pid = event->pid;
	if (strcmp(event->name, "process_name") == 0)
		strcpy(log->program, event->arg_name);
	if (strcmp(event->name, "thread_name") != 0 || !(event->has & EVENT_HAS_TID))
		return true;
	if (!log_thread_of(log, r, event->tid, &thread))
		return false;
	strcpy(log->threads[thread].name, event->arg_name);
	log->threads[thread].is_worker = is_worker_name(event->arg_name);
	return true;
}

static bool log_post(struct trace_log *log, struct json_reader *r, const struct trace_event *event)
{
	struct log_request request = {.source = event->source,
				      .place = event->place,
				      .posted_ns = event->ns,
				      .bytes = event->bytes,
				      .parts = event->parts},
			   *requests;
	uint64_t hash;

	if (log_request_of(log, event, &hash) != HASH_INDEX_NONE)
		return log_refuse(r, event, "is posted twice");
	if (!log_name_of(log, r, event->name, &request.name) ||
	    !log_name_of(log, r, event->has & EVENT_HAS_KIND ? event->kind : event->name,
			 &request.kind))
		return false;
	requests = array_grown(r, log->requests, sizeof(*requests), log->request_count,
			       &log->request_room);
	if (requests == NULL)
		return false;
	log->requests = requests;
	if (!hash_index_add(&log->request_index, hash, log->request_count))
		return json_read_fail(r, "out of memory");
	log->requests[log->request_count++] = request;
	return true;
}

static bool log_start(struct log_request *request, struct json_reader *r,
		      const struct trace_event *event)
{
	if (request->started)
		return log_refuse(r, event, "starts twice");
	if (request->ended)
		return log_refuse(r, event, "starts after its end");
	if (event->ns < request->posted_ns)
		return log_refuse(r, event, "starts before it is posted");
	request->started = true;
	request->started_ns = event->ns;
	return true;
}

static bool log_end(struct log_request *request, struct json_reader *r,
		    const struct trace_event *event)
{
	if (request->ended)
		return log_refuse(r, event, "ends twice");
	if (event->ns < (request->started ? request->started_ns : request->posted_ns))
		return log_refuse(r, event, "ends before it begins");
	request->ended = true;
	request->ended_ns = event->ns;
	request->cancelled = event->has & EVENT_HAS_CANCELLED;
	request->failed = event->failed;
	if (!request->started && !request->cancelled)
		return log_refuse(r, event, "ends without a start");
	return true;
}

static bool log_slice(struct trace_log *log, size_t request, struct json_reader *r,
		      const struct trace_event *event)
{
	struct log_slice slice = {.from_ns = event->ns,
				  .to_ns = event->ns + event->duration_ns,
				  .request = request,
				  .part = SIZE_MAX},
			 *slices;

	if (event->has & EVENT_HAS_PART)
		slice.part = (size_t)event->part;
	if (!log->requests[request].started || event->ns < log->requests[request].started_ns)
		return log_refuse(r, event, "runs before its start");
	if (!log_thread_of(log, r, event->tid, &slice.thread))
		return false;
	slices = array_grown(r, log->slices, sizeof(*slices), log->slice_count, &log->slice_room);
	if (slices == NULL)
		return false;
	log->slices = slices;
	log->slices[log->slice_count++] = slice;
	return true;
}

static bool log_event(struct trace_log *log, struct json_reader *r, const struct trace_event *event)
{
	uint64_t hash, to = event->ns + event->duration_ns;
	size_t request;

	if (event->phase == EVENT_NAME)
		return log_name_event(log, r, event);
	if (log->request_count == 0 || event->ns < log->first_ns)
		log->first_ns = event->ns;
	if (to > log->last_ns)
		log->last_ns = to;
	if (event->phase == EVENT_POST)
		return log_post(log, r, event);
	request = log_request_of(log, event, &hash);
	if (request == HASH_INDEX_NONE)
		return log_refuse(r, event, "was not posted");
	switch (event->phase) {
	case EVENT_START:
		return log_start(&log->requests[request], r, event);
	case EVENT_END:
		return log_end(&log->requests[request], r, event);
	default:
		return log_slice(log, request, r, event);
	}
}

/* Show how much of a large file was read. */
static void show_progress(const struct json_reader *r, const struct stat *status, size_t events)
{
	if (events % LOG_PROGRESS_EVENTS == 0)
		progress_show(r->byte / LOG_PROGRESS_BYTES,
			      (size_t)status->st_size / LOG_PROGRESS_BYTES, "MiB of the trace");
}

static bool log_read_events(struct trace_log *log, struct json_reader *r)
{
	struct trace_event event;
	struct stat status;
	size_t events = 0;

	if (json_read_peek(r) == EOF)
		return json_read_fail(r, "the file is empty");
	if (!json_read_need(r, '['))
		return false;
	if (fstat(fileno(r->stream), &status) != 0)
		return json_read_fail(r, "%s", strerror(errno));
	do {
		if (!trace_event_read(r, &event) || !log_event(log, r, &event))
			return false;
		show_progress(r, &status, ++events);
	} while (json_read_take(r, ','));
	return json_read_need(r, ']') && json_read_end(r);
}

bool trace_log_read(struct trace_log *log, const char *path, char why[JSON_WHY_BYTES])
{
	struct json_reader r;
	FILE *stream = fopen(path, "re");
	bool read;

	*log = (struct trace_log){0};
	if (stream == NULL) {
		(void)snprintf(why, JSON_WHY_BYTES, "%s", strerror(errno));
		return false;
	}
	json_read_begin(&r, stream);
	read = log_read_events(log, &r);
	progress_remove();
	(void)snprintf(why, JSON_WHY_BYTES, "%s", r.why);
	(void)fclose(stream);
	return read;
}

void trace_log_release(struct trace_log *log)
{
	free(log->names);
	free(log->threads);
	free(log->requests);
	free(log->slices);
	hash_index_release(&log->name_index);
	hash_index_release(&log->thread_index);
	hash_index_release(&log->request_index);
	*log = (struct trace_log){0};
}
