/* SPDX-License-Identifier: BSD-3-Clause */
/* A section of a text that is being parsed, and the message that says what is wrong with it. */
#ifndef TOOLS_TEXT_SPAN_H
#define TOOLS_TEXT_SPAN_H

#include <stdbool.h>
#include <stddef.h>

/* What is left to parse. */
struct text_span {
	const char *at, *end;
};

enum { TEXT_ERROR_BYTES = 256 };

/* Write a message to `error`, which has TEXT_ERROR_BYTES bytes. Returns false. */
bool text_refuse(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The length of what is left, for "%.*s". */
int text_length(const struct text_span *span);

/* Is a span this word? */
bool text_is(const struct text_span *span, const char *word);

/* Cut off what stands before the next `stop`, and the stop. Without a stop, cut off everything. */
struct text_span text_cut(struct text_span *span, char stop);

/* The span as a number. False: it is none, or too large. */
bool text_number(const struct text_span *span, size_t *number);

/* The same for a number that may be negative. */
bool text_signed(const struct text_span *span, ptrdiff_t *number);

/*
 * The span as 1 to `most` numbers with `separator` between them; `*count` of them. On an error, the
 * message begins with `what`.
 */
bool text_numbers(struct text_span span, char separator, const char *what, size_t most,
		  size_t *numbers, size_t *count, char *error);

/* Copy a span as a name, cut to the room, to compare it with others or to print it. */
void text_copy(const struct text_span *span, char *room, size_t bytes);

#endif /* TOOLS_TEXT_SPAN_H */
