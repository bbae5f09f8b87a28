/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An event is a JSON object. Some of its members lie in its member "args". A reading of a member is
 * a function, found by the key in a table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace_event.h"

/* Reads the value of a member. */
typedef bool event_read_member(struct json_reader *r, struct trace_event *event);

struct event_key {
	const char *key;
	event_read_member *read;
	unsigned bit; /* enum event_member */
};

/* Read a number that is not negative. */
static bool read_count(struct json_reader *r, uint64_t *count)
{
	char text[JSON_NUMBER_BYTES];
	char *end;

	if (!json_read_number(r, text))
		return false;
	errno = 0;
	*count = strtoull(text, &end, 10);
	if (*text == '-' || *end != '\0' || errno != 0)
		return json_read_fail(r, "the number %s, not one that counts", text);
	return true;
}

/* Read a time in microseconds, exactly to the nanosecond. */
static bool read_time(struct json_reader *r, uint64_t *ns)
{
	char text[JSON_NUMBER_BYTES], *end;
	uint64_t whole;
	unsigned long part = 0;

	if (!json_read_number(r, text))
		return false;
	errno = 0;
	whole = strtoull(text, &end, 10);
	if (*end == '.')
		for (unsigned unit = 100; *++end >= '0' && *end <= '9'; unit /= 10)
			part += unit * (unsigned long)(*end - '0');
	if (*text == '-' || *end != '\0' || errno != 0 || whole > UINT64_MAX / 2000)
		return json_read_fail(r, "the time %s, not one of a trace", text);
	*ns = whole * 1000 + part;
	return true;
}

static bool read_phase(struct json_reader *r, struct trace_event *event)
{
	static const char phases[] = "MbneX";
	char text[8];
	const char *phase;

	if (!json_read_text(r, text, sizeof(text)))
		return false;
	phase = strlen(text) == 1 ? strchr(phases, *text) : NULL;
	if (phase == NULL)
		return json_read_fail(r, "an event of phase \"%s\": not a trace of this library",
				      text);
	event->phase = (enum event_phase)(phase - phases);
	return true;
}

static bool read_category(struct json_reader *r, struct trace_event *event)
{
	char text[LOG_NAME_BYTES];

	(void)event;
	if (!json_read_text(r, text, sizeof(text)))
		return false;
	return strcmp(text, "request") == 0 ||
	       json_read_fail(r, "an event of category \"%s\": not a trace of this library", text);
}

static bool read_name(struct json_reader *r, struct trace_event *event)
{
	return json_read_text(r, event->name, sizeof(event->name));
}

static bool read_arg_name(struct json_reader *r, struct trace_event *event)
{
	return json_read_text(r, event->arg_name, sizeof(event->arg_name));
}

static bool read_kind(struct json_reader *r, struct trace_event *event)
{
	return json_read_text(r, event->kind, sizeof(event->kind));
}

static bool read_pid(struct json_reader *r, struct trace_event *event)
{
	return read_count(r, &event->pid);
}

static bool read_tid(struct json_reader *r, struct trace_event *event)
{
	return read_count(r, &event->tid);
}

static bool read_ns(struct json_reader *r, struct trace_event *event)
{
	return read_time(r, &event->ns);
}

static bool read_duration(struct json_reader *r, struct trace_event *event)
{
	return read_time(r, &event->duration_ns);
}

/* Read the number of a scheduler, a dot, and the place of a request. */
static bool read_request(struct json_reader *r, struct trace_event *event)
{
	char text[LOG_NAME_BYTES], *end;

	if (!json_read_text(r, text, sizeof(text)))
		return false;
	errno = 0;
	event->source = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '.' && end[1] >= '0' && end[1] <= '9') {
		event->place = strtoull(end + 1, &end, 10);
		if (*end == '\0' && errno == 0)
			return true;
	}
	return json_read_fail(r, "\"%s\" does not name a request of this library", text);
}

static bool read_bytes(struct json_reader *r, struct trace_event *event)
{
	return read_count(r, &event->bytes);
}

static bool read_parts(struct json_reader *r, struct trace_event *event)
{
	return read_count(r, &event->parts);
}

static bool read_part(struct json_reader *r, struct trace_event *event)
{
	return read_count(r, &event->part);
}

static bool read_result(struct json_reader *r, struct trace_event *event)
{
	char text[JSON_NUMBER_BYTES];

	if (!json_read_number(r, text))
		return false;
	event->failed = strcmp(text, "0") != 0;
	return true;
}

static bool read_cancelled(struct json_reader *r, struct trace_event *event)
{
	(void)event;
	return json_read_skip(r);
}

static const struct event_key event_keys[] = {
	{"ph", read_phase, EVENT_HAS_PHASE},
	{"cat", read_category, EVENT_HAS_CATEGORY},
	{"name", read_name, EVENT_HAS_NAME},
	{"pid", read_pid, EVENT_HAS_PID},
	{"tid", read_tid, EVENT_HAS_TID},
	{"ts", read_ns, EVENT_HAS_TIME},
	{"dur", read_duration, EVENT_HAS_DURATION},
	{"id", read_request, EVENT_HAS_REQUEST},
	{NULL, NULL, 0},
};

static const struct event_key event_arg_keys[] = {
	{"name", read_arg_name, EVENT_HAS_ARG_NAME},
	{"kind", read_kind, EVENT_HAS_KIND},
	{"request", read_request, EVENT_HAS_REQUEST},
	{"bytes", read_bytes, EVENT_HAS_BYTES},
	{"parts", read_parts, EVENT_HAS_PARTS},
	{"part", read_part, EVENT_HAS_PART},
	{"result", read_result, EVENT_HAS_RESULT},
	{"cancelled", read_cancelled, EVENT_HAS_CANCELLED},
	{NULL, NULL, 0},
};

/* Read an object whose members are in the table. Objects in it are "args". */
static bool read_members(struct json_reader *r, struct trace_event *event,
			 const struct event_key *keys)
{
	char key[LOG_NAME_BYTES];

	if (!json_read_need(r, '{'))
		return false;
	if (json_read_take(r, '}'))
		return true;
	do {
		const struct event_key *k = keys;
		bool read;

		if (!json_read_text(r, key, sizeof(key)) || !json_read_need(r, ':'))
			return false;
		while (k->key != NULL && strcmp(k->key, key) != 0)
			k++;
		if (k->key != NULL)
			read = k->read(r, event);
		else if (keys == event_keys && strcmp(key, "args") == 0)
			read = read_members(r, event, event_arg_keys);
		else
			read = json_read_skip(r);
		if (!read)
			return false;
		event->has |= k->bit;
	} while (json_read_take(r, ','));
	return json_read_need(r, '}');
}

/* The name of the first member of `missing`, for a message. */
static const char *event_member_text(unsigned missing)
{
	for (const struct event_key *k = event_keys; k->key != NULL; k++)
		if (missing & k->bit)
			return k->key;
	for (const struct event_key *k = event_arg_keys; k->key != NULL; k++)
		if (missing & k->bit)
			return k->key;
	return "args";
}

bool trace_event_read(struct json_reader *r, struct trace_event *event)
{
	static const unsigned of_all = EVENT_HAS_PHASE | EVENT_HAS_NAME | EVENT_HAS_PID,
			      of_request = EVENT_HAS_CATEGORY | EVENT_HAS_TID | EVENT_HAS_TIME |
					   EVENT_HAS_REQUEST,
			      of_end = EVENT_HAS_RESULT | EVENT_HAS_CANCELLED;
	unsigned missing = of_all;

	*event = (struct trace_event){0};
	if (!read_members(r, event, event_keys))
		return false;
	if (event->has & EVENT_HAS_PHASE && event->phase != EVENT_NAME)
		missing |= of_request;
	if (event->has & EVENT_HAS_PHASE && event->phase == EVENT_SLICE)
		missing |= EVENT_HAS_DURATION;
	if (event->has & EVENT_HAS_PHASE && event->phase == EVENT_POST)
		missing |= EVENT_HAS_BYTES | EVENT_HAS_PARTS;
	missing &= ~event->has;
	if (missing != 0)
		return json_read_fail(r, "an event without \"%s\": not a trace of this library",
				      event_member_text(missing));
	if (event->phase == EVENT_END && !(event->has & of_end))
		return json_read_fail(r, "an end with neither \"result\" nor \"cancelled\"");
	return true;
}
