/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads JSON from a stream, piece by piece, in memory of a fixed size. The first failure ends the
 * reading: each later call fails, and the reader says what was wrong, and where.
 */
#ifndef TOOLS_JSON_READ_H
#define TOOLS_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { JSON_WHY_BYTES = 200, JSON_NUMBER_BYTES = 64 };

struct json_reader {
	FILE *stream;      /* the caller's */
	size_t line, byte; /* of the next character, counted from 1 */
	bool failed;
	char why[JSON_WHY_BYTES]; /* what failed, with the line and the byte */
};

/* Read from the start of a stream. */
void json_read_begin(struct json_reader *r, FILE *stream);

/* Fail at this place. Returns false. */
bool json_read_fail(struct json_reader *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The next character that is no space, which stays there. EOF: the end, or a failure. */
int json_read_peek(struct json_reader *r);

/* Take the next character that is no space if it is `c`. */
bool json_read_take(struct json_reader *r, char c);

/* Take it, or fail. */
bool json_read_need(struct json_reader *r, char c);

/*
 * Read a string of less than `size` bytes. Escapes are resolved; what is no ASCII then becomes '?'
 * or stays, byte by byte.
 */
bool json_read_text(struct json_reader *r, char *text, size_t size);

/* Read a number, as text. */
bool json_read_number(struct json_reader *r, char text[JSON_NUMBER_BYTES]);

/* Read a value of any kind, and drop it. */
bool json_read_skip(struct json_reader *r);

/* Read the end of the stream: only spaces are left. */
bool json_read_end(struct json_reader *r);

#endif /* TOOLS_JSON_READ_H */
