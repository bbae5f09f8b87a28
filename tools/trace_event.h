/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the events of a trace file, one after the other. */
#ifndef TOOLS_TRACE_EVENT_H
#define TOOLS_TRACE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "json_read.h"
#include "trace_log.h"

/* What an event is about. */
enum event_phase { EVENT_NAME, EVENT_POST, EVENT_START, EVENT_END, EVENT_SLICE };

/* Members that an event may have, as bits. */
enum event_member {
	EVENT_HAS_PHASE = 1 << 0,
	EVENT_HAS_CATEGORY = 1 << 1,
	EVENT_HAS_NAME = 1 << 2,
	EVENT_HAS_PID = 1 << 3,
	EVENT_HAS_TID = 1 << 4,
	EVENT_HAS_TIME = 1 << 5,
	EVENT_HAS_DURATION = 1 << 6,
	EVENT_HAS_REQUEST = 1 << 7, /* the id of an event, or the argument of a slice */
	EVENT_HAS_BYTES = 1 << 8,
	EVENT_HAS_PARTS = 1 << 9,
	EVENT_HAS_PART = 1 << 10,
	EVENT_HAS_RESULT = 1 << 11,
	EVENT_HAS_CANCELLED = 1 << 12,
	EVENT_HAS_ARG_NAME = 1 << 13, /* the name of a process or a thread */
	EVENT_HAS_KIND = 1 << 14,     /* of a request whose name is a label */
};

struct trace_event {
	unsigned has; /* bits of enum event_member; the other members are 0 */
	enum event_phase phase;
	char name[LOG_NAME_BYTES], arg_name[LOG_NAME_BYTES], kind[LOG_NAME_BYTES];
	uint64_t pid, tid;
	uint64_t ns, duration_ns;
	uint64_t source, place; /* of the request */
	uint64_t bytes, parts, part;
	bool failed; /* the result is not 0 */
};

/*
 * Read an event. False: it is not one of the library's. Members that are not known are skipped. An
 * event has the members that its phase needs.
 */
bool trace_event_read(struct json_reader *r, struct trace_event *event);

#endif /* TOOLS_TRACE_EVENT_H */
