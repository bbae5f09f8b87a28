/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory that a text describes. layout_changes.c has the keys that change it. */
#include "layout_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aml/layout/dense.h>
#include <aml/layout/steps.h>
#include <aml/utils/error.h>

#include "distance.h"
#include "layout_changes.h"

enum { ELEMENT_BYTES_MAX = 1 << 20, SHIFT_BYTES_MAX = 1 << 20, KEY_BYTES = 32 };

static const struct layout_type {
	const char *name;
	size_t bytes;
} types[] = {
	{"i8", 1},   {"u8", 1},  {"i16", 2}, {"u16", 2},   {"f16", 2},
	{"bf16", 2}, {"i32", 4}, {"u32", 4}, {"f32", 4},   {"i64", 8},
	{"u64", 8},  {"f64", 8}, {"c64", 8}, {"c128", 16}, {"f128", 16},
};

enum { TYPES = sizeof(types) / sizeof(*types) };

/* The keys that describe memory. Each is a bit of a set, too. */
enum memory_key { KEY_ORDER, KEY_PITCH, KEY_STRIDE, KEY_STEPS, KEY_AT, MEMORY_KEYS };

static const char *const memory_keys[MEMORY_KEYS] = {"order", "pitch", "stride", "steps", "at"};

/* What was given, while a text is parsed. */
struct memory_parts {
	unsigned given; /* the set of keys */
	size_t shift;
};

static bool parse_type(struct layout_text *parsed, const struct text_span *type, char *error)
{
	const char *names[TYPES], *likely;
	char word[KEY_BYTES];

	for (size_t i = 0; i < TYPES; i++) {
		names[i] = types[i].name;
		parsed->element_bytes = types[i].bytes;
		if (text_is(type, names[i]))
			return true;
	}
	if (text_number(type, &parsed->element_bytes)) {
		if (parsed->element_bytes > 0 && parsed->element_bytes <= ELEMENT_BYTES_MAX)
			return true;
		return text_refuse(error, "an element has 1 to %d bytes, not %.*s",
				   ELEMENT_BYTES_MAX, text_length(type), type->at);
	}
	text_copy(type, word, sizeof(word));
	likely = distance_nearest(word, names, TYPES);
	if (likely != NULL)
		return text_refuse(error, "'%s' is not a type: did you mean '%s'?", word, likely);
	return text_refuse(error, "'%s' is not a type like f64, nor a number of bytes", word);
}

/* Parse EXTENTS:TYPE. */
static bool parse_shape(struct layout_text *parsed, struct text_span shape, char *error)
{
	struct text_span extents = text_cut(&shape, ':');

	if (!text_numbers(extents, 'x', "extents", AML_LAYOUT_NDIMS_MAX, parsed->dims,
			  &parsed->ndims, error))
		return false;
	if (shape.at == shape.end)
		return text_refuse(error, "the type of the elements is missing: '%.*s:f64'",
				   text_length(&extents), extents.at);
	parsed->type = shape;
	return parse_type(parsed, &shape, error);
}

/* Parse a list with a number for each dimension. */
static bool parse_list(const struct layout_text *parsed, const char *key, struct text_span value,
		       size_t *numbers, char *error)
{
	size_t count;

	if (!text_numbers(value, ',', key, AML_LAYOUT_NDIMS_MAX, numbers, &count, error))
		return false;
	if (count != parsed->ndims)
		return text_refuse(error,
				   "%s: one number for each dimension is needed: %zu, not %zu", key,
				   parsed->ndims, count);
	return true;
}

static bool parse_steps(struct layout_text *parsed, struct text_span value, char *error)
{
	size_t count = 0;

	for (bool more = true; more; count++) {
		struct text_span one = text_cut(&value, ',');

		more = one.end != value.end;
		if (count == parsed->ndims)
			return text_refuse(error, "steps: there are more than %zu numbers",
					   parsed->ndims);
		if (!text_signed(&one, &parsed->steps[count]))
			return text_refuse(error, "steps: '%.*s' is not a number",
					   text_length(&one), one.at);
	}
	if (count != parsed->ndims)
		return text_refuse(error,
				   "steps: one number for each dimension is needed: %zu, not %zu",
				   parsed->ndims, count);
	return true;
}

static bool parse_value(struct layout_text *parsed, struct memory_parts *parts, enum memory_key key,
			struct text_span value, char *error)
{
	switch (key) {
	case KEY_ORDER:
		parsed->order = text_is(&value, "row") ? AML_LAYOUT_ORDER_ROW_MAJOR
						       : AML_LAYOUT_ORDER_COLUMN_MAJOR;
		if (text_is(&value, "row") || text_is(&value, "column"))
			return true;
		return text_refuse(error, "order: '%.*s' is not row or column", text_length(&value),
				   value.at);
	case KEY_PITCH:
		return parse_list(parsed, "pitch", value, parsed->pitch, error);
	case KEY_STRIDE:
		return parse_list(parsed, "stride", value, parsed->stride, error);
	case KEY_STEPS:
		return parse_steps(parsed, value, error);
	default:
		if (text_number(&value, &parts->shift) && parts->shift <= SHIFT_BYTES_MAX)
			return true;
		return text_refuse(error, "at: '%.*s' is not a number of bytes up to %d",
				   text_length(&value), value.at, SHIFT_BYTES_MAX);
	}
}

/* Parse the keys that describe memory. What follows is left in `parsed->changes`. */
static bool parse_memory(struct layout_text *parsed, struct memory_parts *parts, char *error)
{
	while (parsed->changes.at < parsed->changes.end) {
		struct text_span rest = parsed->changes, value = text_cut(&rest, '/');
		struct text_span name = text_cut(&value, '=');
		unsigned key = 0;

		while (key < MEMORY_KEYS && !text_is(&name, memory_keys[key]))
			key++;
		if (key == MEMORY_KEYS)
			return true;
		if (value.at == value.end)
			return text_refuse(error, "%s: the value is missing", memory_keys[key]);
		if (parts->given >> key & 1)
			return text_refuse(error, "%s: it is given twice", memory_keys[key]);
		parts->given |= 1u << key;
		if (!parse_value(parsed, parts, (enum memory_key)key, value, error))
			return false;
		parsed->changes = rest;
	}
	return true;
}

/* Compute the steps from pitches and strides. */
static bool compute_steps(struct layout_text *parsed)
{
	bool row = parsed->order == AML_LAYOUT_ORDER_ROW_MAJOR;
	size_t pitch = parsed->element_bytes;

	for (size_t n = 0; n < parsed->ndims; n++) {
		size_t i = row ? parsed->ndims - 1 - n : n, step;

		if (__builtin_mul_overflow(pitch, parsed->stride[i], &step) || step > PTRDIFF_MAX)
			return false;
		parsed->steps[i] = (ptrdiff_t)step;
		/* The pitch of the slowest dimension does not matter. */
		if (n + 1 < parsed->ndims &&
		    __builtin_mul_overflow(pitch, parsed->pitch[i], &pitch))
			return false;
	}
	return true;
}

/* Compute how much memory there must be before and behind element 0. */
static bool compute_span(struct layout_text *parsed, size_t shift)
{
	size_t before = 0, behind = parsed->element_bytes;

	for (size_t i = 0; i < parsed->ndims; i++) {
		ptrdiff_t step = parsed->steps[i];
		size_t far, *side = step < 0 ? &before : &behind;

		if (parsed->dims[i] == 0) {
			before = behind = 0;
			break;
		}
		if (__builtin_mul_overflow(step < 0 ? -(size_t)step : (size_t)step,
					   parsed->dims[i] - 1, &far) ||
		    __builtin_add_overflow(*side, far, side))
			return false;
	}
	parsed->first = before + shift;
	return !__builtin_add_overflow(before, behind, &parsed->bytes) &&
	       !__builtin_add_overflow(parsed->bytes, shift, &parsed->bytes) &&
	       parsed->bytes <= PTRDIFF_MAX;
}

bool layout_text_parse(struct layout_text *parsed, const char *text, char *error)
{
	struct memory_parts parts = {.given = 0};
	struct text_span shape;

	*parsed = (struct layout_text){.order = AML_LAYOUT_ORDER_ROW_MAJOR,
				       .changes = {text, text + strlen(text)}};
	shape = text_cut(&parsed->changes, '/');
	if (!parse_shape(parsed, shape, error))
		return false;
	if (shape.end != parsed->changes.end && parsed->changes.end[-1] == '/')
		return text_refuse(error, "there is nothing after the last '/'");
	for (size_t i = 0; i < parsed->ndims; i++) {
		parsed->stride[i] = 1;
		parsed->pitch[i] = parsed->dims[i];
	}
	if (!parse_memory(parsed, &parts, error))
		return false;
	parsed->by_steps = parts.given >> KEY_STEPS & 1;
	if (parsed->by_steps && parts.given & (1u << KEY_PITCH | 1u << KEY_STRIDE))
		return text_refuse(error, "steps: they replace pitch and stride");
	if (!parsed->by_steps && !compute_steps(parsed))
		return text_refuse(error, "the layout is larger than the address space");
	if (!compute_span(parsed, parts.shift))
		return text_refuse(error, "the layout is larger than the address space");
	return true;
}

bool layout_text_create(const struct layout_text *parsed, char *memory, struct aml_layout **layout,
			char *error)
{
	void *first = memory + parsed->first;
	int err;

	if (parsed->by_steps)
		err = aml_layout_steps_create(layout, first, parsed->order, parsed->element_bytes,
					      parsed->ndims, parsed->dims, parsed->steps);
	else
		err = aml_layout_dense_create(layout, first, parsed->order, parsed->element_bytes,
					      parsed->ndims, parsed->dims, parsed->stride,
					      parsed->pitch);
	if (err != AML_SUCCESS)
		return text_refuse(error, "the layout cannot be created: %s", aml_strerror(err));
	if (layout_changes_apply(layout, parsed->changes, error))
		return true;
	aml_layout_destroy(layout);
	return false;
}
