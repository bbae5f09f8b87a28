/* SPDX-License-Identifier: BSD-3-Clause */
/* The writer of JSON, see json.h. The text has a line for each member. */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * The length of the UTF-8 sequence at `text`. 0: the bytes there are none. Overlong forms,
 * surrogates and values above U+10FFFF are none.
 */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if (text[0] >= 0x80 && (text[0] < 0xc2 || text[0] > 0xf4))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

static void put_string(FILE *stream, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	fputc('"', stream);
	while (*at != '\0') {
		size_t length = utf8_length(at);

		if (length == 0)
			fputs("\\ufffd", stream);
		else if (*at == '"' || *at == '\\')
			fprintf(stream, "\\%c", *at);
		else if (*at < ' ' || *at == 0x7f)
			fprintf(stream, "\\u%04x", (unsigned)*at);
		else
			fwrite(at, 1, length, stream);
		at += length == 0 ? 1 : length;
	}
	fputc('"', stream);
}

static void put_indent(const struct json_writer *json)
{
	fprintf(json->stream, "\n%*s", (int)(2 * json->depth), "");
}

/* Begin a member of the innermost object or array. */
static void put_key(struct json_writer *json, const char *key)
{
	unsigned inner = json->depth - 1;

	assert(json->depth > 0 && json->array[inner] == (key == NULL));
	if (!json->empty[inner])
		fputc(',', json->stream);
	json->empty[inner] = false;
	put_indent(json);
	if (key == NULL)
		return;
	put_string(json->stream, key);
	fputs(": ", json->stream);
}

static void open_members(struct json_writer *json, bool array)
{
	if (json->depth == JSON_DEPTH_MAX)
		abort();
	json->array[json->depth] = array;
	json->empty[json->depth] = true;
	json->depth++;
	fputc(array ? '[' : '{', json->stream);
}

void json_begin(struct json_writer *json, FILE *stream, const char *command, int schema)
{
	*json = (struct json_writer){.stream = stream};
	open_members(json, false);
	json_signed(json, "schema", schema);
	json_text(json, "command", command);
}

bool json_end(struct json_writer *json)
{
	assert(json->depth == 1);
	json_close(json);
	fputc('\n', json->stream);
	return fflush(json->stream) == 0 && !ferror(json->stream);
}

void json_object(struct json_writer *json, const char *key)
{
	put_key(json, key);
	open_members(json, false);
}

void json_array(struct json_writer *json, const char *key)
{
	put_key(json, key);
	open_members(json, true);
}

void json_close(struct json_writer *json)
{
	assert(json->depth > 0);
	json->depth--;
	if (!json->empty[json->depth])
		put_indent(json);
	fputc(json->array[json->depth] ? ']' : '}', json->stream);
}

void json_text(struct json_writer *json, const char *key, const char *text)
{
	put_key(json, key);
	if (text == NULL)
		fputs("null", json->stream);
	else
		put_string(json->stream, text);
}

void json_number(struct json_writer *json, const char *key, uint64_t number)
{
	put_key(json, key);
	fprintf(json->stream, "%" PRIu64, number);
}

void json_signed(struct json_writer *json, const char *key, int64_t number)
{
	put_key(json, key);
	fprintf(json->stream, "%" PRId64, number);
}

void json_real(struct json_writer *json, const char *key, double number)
{
	put_key(json, key);
	if (isfinite(number))
		fprintf(json->stream, "%.10g", number);
	else
		fputs("null", json->stream);
}

void json_flag(struct json_writer *json, const char *key, bool flag)
{
	put_key(json, key);
	fputs(flag ? "true" : "false", json->stream);
}

void json_null(struct json_writer *json, const char *key)
{
	json_text(json, key, NULL);
}
