/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a trace file of the library says: requests, the slices that threads ran of them, and the
 * threads. src/trace/trace.c describes the events of the file.
 *
 * A log that was read is consistent: each slice belongs to a request and a thread of the log, and
 * the times of a request follow each other.
 */
#ifndef TOOLS_TRACE_LOG_H
#define TOOLS_TRACE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash_index.h"
#include "json_read.h"

enum { LOG_NAME_BYTES = 128 };

/* A name of requests: the kind of a copy, or a label of the program. */
struct log_name {
	char text[LOG_NAME_BYTES];
};

struct log_thread {
	uint64_t tid;
	char name[LOG_NAME_BYTES]; /* as in the file */
	bool is_worker;            /* of an engine; else a thread of the program */
};

/* The request `place` of the scheduler `source`. Times in nanoseconds. */
struct log_request {
	uint64_t source, place;
	uint64_t posted_ns;
	uint64_t started_ns; /* if `started` */
	uint64_t ended_ns;   /* if `ended` */
	uint64_t bytes, parts;
	size_t name; /* in log->names */
	size_t kind; /* the same; if it is not `name`, that is a label of the program */
	bool started, ended;
	bool cancelled, failed; /* how it ended */
};

/* A part of a request, or a whole one, on a thread. */
struct log_slice {
	uint64_t from_ns, to_ns;
	size_t request, thread; /* in the arrays of the log */
	size_t part;            /* SIZE_MAX: the request has no parts */
};

struct trace_log {
	char program[LOG_NAME_BYTES]; /* empty: unknown */
	uint64_t pid;
	struct log_name *names;
	struct log_thread *threads;
	struct log_request *requests; /* in the order of their posts */
	struct log_slice *slices;     /* in the order of their ends */
	size_t name_count, thread_count, request_count, slice_count;
	uint64_t first_ns,
		last_ns; /* the first and the last time in the file; 0 without requests */
	struct hash_index name_index, thread_index, request_index;
	size_t name_room, thread_room, request_room, slice_room; /* of the arrays */
};

/*
 * Read a file. False: it is not a trace of the library, or damaged; `why` says what is wrong, and
 * where. Release the log in both cases.
 */
bool trace_log_read(struct trace_log *log, const char *path, char why[JSON_WHY_BYTES]);

void trace_log_release(struct trace_log *log);

#endif /* TOOLS_TRACE_LOG_H */
