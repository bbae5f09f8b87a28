/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of parsers, see text_span.h. */
#include "text_span.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

bool text_refuse(char *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(error, TEXT_ERROR_BYTES, format, arguments);
	va_end(arguments);
	return false;
}

int text_length(const struct text_span *span)
{
	return span->end - span->at > INT16_MAX ? INT16_MAX : (int)(span->end - span->at);
}

bool text_is(const struct text_span *span, const char *word)
{
	size_t length = (size_t)(span->end - span->at);

	return strlen(word) == length && memcmp(span->at, word, length) == 0;
}

struct text_span text_cut(struct text_span *span, char stop)
{
	const char *at = memchr(span->at, stop, (size_t)(span->end - span->at));
	struct text_span cut = {span->at, at != NULL ? at : span->end};

	span->at = at != NULL ? at + 1 : span->end;
	return cut;
}

bool text_number(const struct text_span *span, size_t *number)
{
	*number = 0;
	for (const char *at = span->at; at < span->end; at++)
		if (*at < '0' || *at > '9' || __builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, (size_t)(*at - '0'), number))
			return false;
	return span->at < span->end;
}

bool text_signed(const struct text_span *span, ptrdiff_t *number)
{
	bool negative = span->at < span->end && *span->at == '-';
	struct text_span digits = {span->at + negative, span->end};
	size_t magnitude;

	if (!text_number(&digits, &magnitude) || magnitude > PTRDIFF_MAX)
		return false;
	*number = negative ? -(ptrdiff_t)magnitude : (ptrdiff_t)magnitude;
	return true;
}

bool text_numbers(struct text_span span, char separator, const char *what, size_t most,
		  size_t *numbers, size_t *count, char *error)
{
	const char *end = span.end;

	for (*count = 0;; ++*count) {
		struct text_span one = text_cut(&span, separator);

		if (*count == most)
			return text_refuse(error, "%s: there are more than %zu numbers", what,
					   most);
		if (!text_number(&one, &numbers[*count]))
			return text_refuse(error, "%s: '%.*s' is not a number", what,
					   text_length(&one), one.at);
		if (one.end == end)
			break;
	}
	++*count;
	return true;
}

void text_copy(const struct text_span *span, char *room, size_t bytes)
{
	(void)snprintf(room, bytes, "%.*s", text_length(span), span->at);
}
