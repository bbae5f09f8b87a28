/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a trace, and checks that it has the promised form:
 *
 *     reader TRACE
 *
 * - The trace is strict JSON, an array of objects.
 * - The times of a request increase: it is posted once, then started, then finished. Or it is
 *   cancelled, with or without a start.
 * - Each slice belongs to a request, and lies between the start and the end of the request. A
 *   finished request has as many slices as parts.
 * - Slices of one thread do not overlap, but a slice may lie within another slice.
 * - Each thread with slices has a name.
 *
 * Prints the numbers of events for the tests, one "what: number" per line. If the trace is wrong,
 * prints the reason on stderr and exits with 1.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A member of an event. The members of its "args" are members of the event too. */
struct member {
	char key[32], value[64];
};

struct read_event {
	size_t n;
	struct member members[16];
	/* Nanoseconds. */
	long long ts, dur;
	bool used;
};

static struct read_event *events;
static size_t count;

/* The rest of the text, for the parser, and the whole text. */
static const char *text, *whole;

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (text != NULL)
		fprintf(stderr, " at byte %td: %.40s", text - whole, text);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

/* Under a sanitizer, strspn() would measure the whole rest of the text at each call. */
static void skip_space(void)
{
	while (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n')
		text++;
}

static bool take(char c)
{
	skip_space();
	if (*text != c)
		return false;
	text++;
	return true;
}

static void need(char c)
{
	if (!take(c))
		fail("%c is missing", c);
}

static void store(char *room, size_t size, const char *from, size_t length)
{
	if (length >= size)
		fail("a string of %zu bytes", length);
	memcpy(room, from, length);
	room[length] = '\0';
}

/* Parse a string. Escapes are checked, but kept as they are. */
static void parse_string(char *room, size_t size)
{
	const char *from;

	need('"');
	for (from = text; *text != '"'; text++) {
		if ((unsigned char)*text < ' ')
			fail("a control character in a string");
		if (*text == '\\' && strchr("\"\\/bfnrtu", *++text) == NULL)
			fail("a bad escape");
	}
	store(room, size, from, (size_t)(text - from));
	text++;
}

static void parse_digits(void)
{
	if (!isdigit((unsigned char)*text))
		fail("a digit is missing");
	while (isdigit((unsigned char)*text))
		text++;
}

static void parse_number(char *room, size_t size)
{
	const char *from = text;

	text += *text == '-';
	if (*text == '0')
		text++;
	else
		parse_digits();
	if (*text == '.') {
		text++;
		parse_digits();
	}
	store(room, size, from, (size_t)(text - from));
}

/* Parse an object, and append its members and those of objects in it to the event. */
static void parse_object(struct read_event *e)
{
	need('{');
	if (take('}'))
		return;
	do {
		struct member *m = &e->members[e->n];

		if (e->n == sizeof(e->members) / sizeof(*e->members))
			fail("too many members");
		skip_space();
		parse_string(m->key, sizeof(m->key));
		need(':');
		skip_space();
		if (*text == '{') {
			/* The slot of "args" is used again, for the members of the object. */
			parse_object(e);
			continue;
		}
		e->n++;
		if (*text == '"')
			parse_string(m->value, sizeof(m->value));
		else
			parse_number(m->value, sizeof(m->value));
	} while (take(','));
	need('}');
}

/* The value of the n-th member with this name, counted from 0. NULL if there is none. */
static const char *nth(const struct read_event *e, const char *key, int n)
{
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->members[i].key, key) == 0 && n-- == 0)
			return e->members[i].value;
	return NULL;
}

static const char *get(const struct read_event *e, const char *key)
{
	const char *value = nth(e, key, 0);

	if (value == NULL)
		fail("an event without %s", key);
	return value;
}

static bool is(const struct read_event *e, const char *ph)
{
	return strcmp(get(e, "ph"), ph) == 0;
}

/* Convert microseconds with three decimals to nanoseconds. */
static long long time_of(const char *value)
{
	const char *point = strchr(value, '.');

	if (point == NULL || strlen(point) != 4)
		fail("a time without three decimals: %s", value);
	return atoll(value) * 1000 + atoll(point + 1);
}

static void parse(void)
{
	size_t room = 0;

	need('[');
	do {
		struct read_event *e;

		if (count == room) {
			room = room ? 2 * room : 1024;
			events = realloc(events, room * sizeof(*events));
			if (events == NULL)
				fail("no memory");
		}
		e = &events[count++];
		memset(e, 0, sizeof(*e));
		parse_object(e);
		if (!is(e, "M"))
			e->ts = time_of(get(e, "ts"));
		if (is(e, "X"))
			e->dur = time_of(get(e, "dur"));
	} while (take(','));
	need(']');
	skip_space();
	if (*text != '\0')
		fail("text after the end");
	text = NULL;
}

/* The id of the event's request, to sort by. Empty for metadata. */
static const char *request_of(const struct read_event *e)
{
	return is(e, "M") ? "" : is(e, "X") ? get(e, "request") : get(e, "id");
}

static int by_request(const void *a, const void *b)
{
	return strcmp(request_of(a), request_of(b));
}

/* The kinds of requests. */
#define KINDS 14

struct sum {
	size_t requests, started, finished, failed, cancelled, slices, nested, threads, parts;
	/* Requests whose names are not kinds: labels of the program. */
	size_t labelled;
	size_t kinds[KINDS + 1];
	long long bytes;
};

static const char *const kinds[KINDS + 1] = {
	"empty",    "flat",      "strided",   "transpose", "walk",    "boxes",   "deref",
	"operator", "transform", "copy_user", "fill",      "compare", "convert", "reduce",
};

static void count_kind(struct sum *sum, const struct read_event *post)
{
	for (size_t i = 0; kinds[i] != NULL; i++)
		if (strcmp(get(post, "name"), kinds[i]) == 0) {
			sum->kinds[i]++;
			return;
		}
	sum->labelled++;
}

/* Check the events of one request, and count them. */
static void check_request(struct sum *sum, const struct read_event *e, size_t n)
{
	const struct read_event *post = NULL, *start = NULL, *end = NULL;
	const char *id = request_of(e);
	size_t slices = 0;

	for (size_t i = 0; i < n; i++) {
		const struct read_event **place = is(&e[i], "b")   ? &post
						  : is(&e[i], "n") ? &start
						  : is(&e[i], "e") ? &end
								   : NULL;

		slices += place == NULL;
		if (place != NULL && *place != NULL)
			fail("request %s: two events of %s", id, get(&e[i], "ph"));
		if (place != NULL)
			*place = &e[i];
	}
	if (post == NULL)
		fail("request %s was not posted", id);
	if (start != NULL && start->ts < post->ts)
		fail("request %s started before it was posted", id);
	if (end != NULL && end->ts < (start != NULL ? start : post)->ts)
		fail("request %s ended before it began", id);
	if (end != NULL && strcmp(get(end, "name"), get(post, "name")) != 0)
		fail("request %s changes its name", id);
	for (size_t i = 0; i < n; i++) {
		if (!is(&e[i], "X"))
			continue;
		if (start == NULL || e[i].ts < start->ts)
			fail("request %s runs before its start", id);
		if (end != NULL && e[i].ts + e[i].dur > end->ts)
			fail("request %s runs after its end", id);
		if (strcmp(get(&e[i], "name"), get(post, "name")) != 0)
			fail("request %s has a slice with another name", id);
	}
	sum->requests++;
	count_kind(sum, post);
	sum->bytes += atoll(get(post, "bytes"));
	sum->started += start != NULL;
	sum->parts += (size_t)atoll(get(post, "parts"));
	if (end == NULL)
		return;
	if (nth(end, "cancelled", 0) != NULL) {
		sum->cancelled++;
		return;
	}
	if (start == NULL)
		fail("request %s finished without a start", id);
	if (slices != (size_t)atoll(get(end, "parts")))
		fail("request %s has %zu slices", id, slices);
	sum->finished++;
	sum->failed += atoll(get(end, "result")) != 0;
}

static int by_thread(const void *a, const void *b)
{
	const struct read_event *x = a, *y = b;
	int order;

	if (is(x, "X") != is(y, "X"))
		return is(x, "X") ? -1 : 1;
	if (!is(x, "X"))
		return 0;
	order = strcmp(get(x, "tid"), get(y, "tid"));
	if (order == 0)
		order = (x->ts > y->ts) - (x->ts < y->ts);
	/* An outer slice comes before its inner slices. */
	return order ? order : (x->dur < y->dur) - (x->dur > y->dur);
}

static bool has_name(const char *tid)
{
	for (size_t i = 0; i < count; i++)
		if (is(&events[i], "M") && strcmp(get(&events[i], "name"), "thread_name") == 0 &&
		    strcmp(get(&events[i], "tid"), tid) == 0)
			return true;
	return false;
}

static void check_slices(struct sum *sum)
{
	/* The ends of the open slices, the innermost slice last. */
	long long open[64];
	size_t depth = 0;
	const char *tid = "";

	qsort(events, count, sizeof(*events), by_thread);
	for (size_t i = 0; i < count && is(&events[i], "X"); i++) {
		const struct read_event *e = &events[i];

		if (strcmp(tid, get(e, "tid")) != 0) {
			tid = get(e, "tid");
			depth = 0;
			sum->threads++;
			if (!has_name(tid))
				fail("thread %s has no name", tid);
		}
		while (depth > 0 && open[depth - 1] <= e->ts)
			depth--;
		if (depth > 0 && open[depth - 1] < e->ts + e->dur)
			fail("thread %s: two slices overlap at %lld ns", tid, e->ts);
		if (depth == sizeof(open) / sizeof(*open))
			fail("thread %s: slices are nested too deeply", tid);
		sum->slices++;
		sum->nested += depth > 0;
		open[depth++] = e->ts + e->dur;
	}
}

static void read_all(const char *path)
{
	FILE *stream = fopen(path, "rb");
	size_t have = 0, room = 1 << 20, n;
	char *bytes = malloc(room);

	if (stream == NULL || bytes == NULL)
		fail("%s: cannot be read", path);
	while ((n = fread(bytes + have, 1, room - have - 1, stream)) > 0) {
		have += n;
		if (have + 1 == room) {
			room *= 2;
			bytes = realloc(bytes, room);
			if (bytes == NULL)
				fail("no memory");
		}
	}
	fclose(stream);
	bytes[have] = '\0';
	if (strlen(bytes) != have)
		fail("%s: a byte of 0", path);
	text = bytes;
	whole = bytes;
}

int main(int argc, char *argv[])
{
	struct sum sum = {0};
	size_t workers = 0, n;

	if (argc != 2)
		fail("usage: reader TRACE");
	read_all(argv[1]);
	parse();
	for (size_t i = 0; i < count; i++)
		workers += is(&events[i], "M") && nth(&events[i], "name", 1) != NULL &&
			   strncmp(nth(&events[i], "name", 1), "aml-dma/", 8) == 0;
	qsort(events, count, sizeof(*events), by_request);
	for (size_t i = 0; i < count; i += n) {
		for (n = 1; i + n < count && by_request(&events[i], &events[i + n]) == 0;)
			n++;
		if (!is(&events[i], "M"))
			check_request(&sum, &events[i], n);
	}
	check_slices(&sum);
	printf("requests: %zu\nstarted: %zu\nfinished: %zu\nfailed: %zu\ncancelled: %zu\n"
	       "bytes: %lld\nparts: %zu\nslices: %zu\nnested: %zu\nthreads: %zu\nworkers: %zu\n",
	       sum.requests, sum.started, sum.finished, sum.failed, sum.cancelled, sum.bytes,
	       sum.parts, sum.slices, sum.nested, sum.threads, workers);
	for (size_t i = 0; kinds[i] != NULL; i++)
		printf("%s: %zu\n", kinds[i], sum.kinds[i]);
	printf("labelled: %zu\n", sum.labelled);
	return EXIT_SUCCESS;
}
