/* SPDX-License-Identifier: BSD-3-Clause */
/* The stream is read with getc(), so its buffer is the only one. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "json_read.h"

/* A value that lies in more arrays and objects than this one is refused. */
enum { JSON_READ_DEPTH_MAX = 32 };

void json_read_begin(struct json_reader *r, FILE *stream)
{
	*r = (struct json_reader){.stream = stream, .line = 1, .byte = 1};
}

bool json_read_fail(struct json_reader *r, const char *format, ...)
{
	va_list args;
	int n;

	if (r->failed)
		return false;
	r->failed = true;
	n = snprintf(r->why, sizeof(r->why), "line %zu, byte %zu: ", r->line, r->byte);
	va_start(args, format);
	(void)vsnprintf(r->why + n, sizeof(r->why) - (size_t)n, format, args);
	va_end(args);
	return false;
}

/* Take the next character. EOF: the end, or a failure. */
static int json_read_char(struct json_reader *r)
{
	int c = r->failed ? EOF : getc_unlocked(r->stream);

	if (c == EOF)
		return EOF;
	r->byte++;
	if (c == '\n')
		r->line++;
	return c;
}

/* See the next character. */
static int json_read_see(struct json_reader *r)
{
	int c = r->failed ? EOF : getc_unlocked(r->stream);

	if (c != EOF)
		ungetc(c, r->stream);
	else if (ferror(r->stream))
		json_read_fail(r, "%s", strerror(errno));
	return c;
}

/* Fail because the next character is not `wanted`. */
static bool json_read_other(struct json_reader *r, const char *wanted)
{
	int c = json_read_see(r);

	if (c == EOF)
		return json_read_fail(r, "the file ends where %s should be", wanted);
	if (c < ' ' || c > '~')
		return json_read_fail(r, "byte 0x%02x where %s should be", (unsigned)c, wanted);
	return json_read_fail(r, "'%c' where %s should be", c, wanted);
}

int json_read_peek(struct json_reader *r)
{
	int c;

	while ((c = json_read_see(r)) == ' ' || c == '\t' || c == '\r' || c == '\n')
		(void)json_read_char(r);
	return c;
}

bool json_read_take(struct json_reader *r, char c)
{
	if (json_read_peek(r) != c)
		return false;
	(void)json_read_char(r);
	return true;
}

bool json_read_need(struct json_reader *r, char c)
{
	const char wanted[] = {'\'', c, '\'', '\0'};

	return json_read_take(r, c) || json_read_other(r, wanted);
}

/* Read the four digits of an escape. -1: they are wrong. */
static int json_read_hex(struct json_reader *r)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int code = 0;

	for (int i = 0; i < 4; i++) {
		int c = json_read_see(r);
		const char *digit = c > 0 ? strchr(digits, c) : NULL;

		if (digit == NULL) {
			json_read_other(r, "a hexadecimal digit");
			return -1;
		}
		code = 16 * code + (int)((digit - digits) % 16);
		(void)json_read_char(r);
	}
	return code;
}

/* Read what follows a backslash. -1: it is wrong. */
static int json_read_escape(struct json_reader *r)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	int c = json_read_see(r), code;
	const char *name = c > 0 ? strchr(names, c) : NULL;

	if (name == NULL && c != 'u') {
		json_read_other(r, "an escape");
		return -1;
	}
	(void)json_read_char(r);
	if (name != NULL)
		return values[name - names];
	code = json_read_hex(r);
	return code == 0 || code > '~' ? '?' : code;
}

/* Read a string to `text`, which has room for `size` bytes. NULL: drop a string of any length. */
static bool read_string(struct json_reader *r, char *text, size_t size)
{
	size_t n = 0;

	if (!json_read_need(r, '"'))
		return false;
	for (;;) {
		int c = json_read_see(r);

		if (c == EOF || c < ' ')
			return json_read_other(r, "the rest of a string");
		(void)json_read_char(r);
		if (c == '"')
			break;
		if (c == '\\' && (c = json_read_escape(r)) < 0)
			return false;
		if (text == NULL)
			continue;
		if (n + 1 == size)
			return json_read_fail(r, "a string of more than %zu bytes", size - 1);
		text[n++] = (char)c;
	}
	if (text != NULL)
		text[n] = '\0';
	return true;
}

bool json_read_text(struct json_reader *r, char *text, size_t size)
{
	return read_string(r, text, size);
}

/* Append digits. There is at least one. */
static bool json_read_digits(struct json_reader *r, char *text, size_t *n)
{
	size_t from = *n;
	int c;

	while ((c = json_read_see(r)) >= '0' && c <= '9') {
		if (*n + 4 >= JSON_NUMBER_BYTES)
			return json_read_fail(r, "a number of too many digits");
		text[(*n)++] = (char)json_read_char(r);
	}
	return *n > from || json_read_other(r, "a digit");
}

bool json_read_number(struct json_reader *r, char text[JSON_NUMBER_BYTES])
{
	size_t n = 0;
	int c = json_read_peek(r);

	if (c == '-')
		text[n++] = (char)json_read_char(r);
	if (!json_read_digits(r, text, &n))
		return false;
	if (json_read_see(r) == '.') {
		text[n++] = (char)json_read_char(r);
		if (!json_read_digits(r, text, &n))
			return false;
	}
	c = json_read_see(r);
	if (c == 'e' || c == 'E') {
		text[n++] = (char)json_read_char(r);
		c = json_read_see(r);
		if (c == '-' || c == '+')
			text[n++] = (char)json_read_char(r);
		if (!json_read_digits(r, text, &n))
			return false;
	}
	text[n] = '\0';
	return true;
}

static bool json_read_word(struct json_reader *r, const char *word)
{
	for (; *word != '\0'; word++) {
		if (json_read_see(r) != *word)
			return json_read_other(r, "a value");
		(void)json_read_char(r);
	}
	return true;
}

/* Drop a value that lies in `depth` others. */
static bool json_read_skip_at(struct json_reader *r, unsigned depth)
{
	char number[JSON_NUMBER_BYTES];
	int c = json_read_peek(r);

	if (c == '"')
		return read_string(r, NULL, 0);
	if (c == 't' || c == 'f' || c == 'n')
		return json_read_word(r, c == 't' ? "true" : c == 'f' ? "false" : "null");
	if (c != '{' && c != '[')
		return c == '-' || (c >= '0' && c <= '9') ? json_read_number(r, number)
							  : json_read_other(r, "a value");
	if (depth == JSON_READ_DEPTH_MAX)
		return json_read_fail(r, "arrays and objects in more than %u others", depth);
	(void)json_read_char(r);
	if (json_read_take(r, c == '{' ? '}' : ']'))
		return true;
	do {
		if (c == '{' && (!read_string(r, NULL, 0) || !json_read_need(r, ':')))
			return false;
		if (!json_read_skip_at(r, depth + 1))
			return false;
	} while (json_read_take(r, ','));
	return json_read_need(r, c == '{' ? '}' : ']');
}

bool json_read_skip(struct json_reader *r)
{
	return json_read_skip_at(r, 0);
}

bool json_read_end(struct json_reader *r)
{
	return (json_read_peek(r) == EOF && !r->failed) ||
	       json_read_other(r, "the end of the file");
}
