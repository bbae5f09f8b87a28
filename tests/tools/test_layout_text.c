/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layouts as text: where their elements lie, computed by hand, and a message for each thing that
 * can be wrong.
 */
#include <stdint.h>
#include <string.h>

#include <aml/layout.h>

#include "suite.h"
#include "tools/layout_text.h"

static char memory[1 << 16];

/* An element of a layout: its coordinates in user order, and its offset from the memory. */
struct text_element {
	size_t coords[3];
	ptrdiff_t offset;
};

struct text_case {
	const char *text;
	size_t bytes; /* of memory */
	size_t ndims, dims[3], element_bytes;
	int order;
	struct text_element elements[3];
};

#define ROW AML_LAYOUT_ORDER_ROW_MAJOR
#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR

static const struct text_case text_cases[] = {
	{"5:f64", 40, 1, {5}, 8, ROW, {{{0}, 0}, {{1}, 8}, {{4}, 32}}},
	{"3x4:i16", 24, 2, {3, 4}, 2, ROW, {{{0, 1}, 2}, {{1, 0}, 8}, {{2, 3}, 22}}},
	{"3x4:i16/order=row", 24, 2, {3, 4}, 2, ROW, {{{0, 1}, 2}, {{1, 0}, 8}, {{2, 3}, 22}}},
	{"3x4:7/order=column", 84, 2, {3, 4}, 7, COLUMN, {{{1, 0}, 7}, {{0, 1}, 21}, {{2, 3}, 77}}},
	/* Rows of an array of 10 × 20; the first pitch does not matter. */
	{"3x4:u8/pitch=10,20", 44, 2, {3, 4}, 1, ROW, {{{0, 3}, 3}, {{1, 0}, 20}, {{2, 3}, 43}}},
	{"3x4:u8/stride=2,3/pitch=10,20",
	 90,
	 2,
	 {3, 4},
	 1,
	 ROW,
	 {{{0, 1}, 3}, {{1, 0}, 40}, {{2, 3}, 89}}},
	{"2x3x4:f32", 96, 3, {2, 3, 4}, 4, ROW, {{{0, 0, 1}, 4}, {{0, 1, 0}, 16}, {{1, 0, 0}, 48}}},
	/* Element 0 is the highest one of the first dimension. */
	{"3x4:u8/steps=-10,2", 27, 2, {3, 4}, 1, ROW, {{{0, 0}, 20}, {{2, 0}, 0}, {{0, 3}, 26}}},
	{"4:c128/at=64", 128, 1, {4}, 16, ROW, {{{0}, 64}, {{1}, 80}, {{3}, 112}}},
	{"6x8:u8/slice=1:4,::3", 48, 2, {3, 3}, 1, ROW, {{{0, 0}, 8}, {{0, 1}, 11}, {{2, 2}, 30}}},
	{"6x8:u8/slice=:,:/reverse=1",
	 48,
	 2,
	 {6, 8},
	 1,
	 ROW,
	 {{{0, 0}, 7}, {{0, 7}, 0}, {{5, 7}, 40}}},
	{"6x8:u8/reverse=0/slice=0:2,4:8",
	 48,
	 2,
	 {2, 4},
	 1,
	 ROW,
	 {{{0, 0}, 44}, {{1, 0}, 36}, {{1, 3}, 39}}},
	{"6x8:u8/reshape=4x12", 48, 2, {4, 12}, 1, ROW, {{{0, 8}, 8}, {{1, 0}, 12}, {{3, 11}, 47}}},
	/* Rows of 3 do not divide rows of 8 that lie 10 apart: row-major element 8 is row 1's
	   first. */
	{"6x8:u8/pitch=6,10/reshape=16x3",
	 58,
	 2,
	 {16, 3},
	 1,
	 ROW,
	 {{{2, 1}, 7}, {{2, 2}, 10}, {{15, 2}, 57}}},
	{"3x4:u8/order=column/slice=1:3,2:4",
	 12,
	 2,
	 {2, 2},
	 1,
	 COLUMN,
	 {{{0, 0}, 7}, {{1, 0}, 8}, {{0, 1}, 10}}},
	/* The target of the pad. */
	{"3x4:u8/pad=8x8@2,1", 12, 2, {8, 8}, 1, ROW, {{{2, 1}, 0}, {{2, 4}, 3}, {{4, 4}, 11}}},
	{"3x4:u8/pad=4x5", 12, 2, {4, 5}, 1, ROW, {{{0, 0}, 0}, {{0, 3}, 3}, {{2, 3}, 11}}},
};

START_TEST(elements_lie_where_they_should)
{
	for (size_t i = 0; i < sizeof(text_cases) / sizeof(*text_cases); i++) {
		const struct text_case *c = &text_cases[i];
		struct aml_layout *layout = NULL;
		char error[TEXT_ERROR_BYTES] = "";
		struct layout_text parsed;
		size_t dims[3];

		ck_assert_msg(layout_text_parse(&parsed, c->text, error), "%s: %s", c->text, error);
		ck_assert_msg(parsed.bytes == c->bytes, "%s: %zu bytes", c->text, parsed.bytes);
		ck_assert_msg(layout_text_create(&parsed, memory, &layout, error), "%s: %s",
			      c->text, error);
		ck_assert_uint_eq(aml_layout_ndims(layout), c->ndims);
		ck_assert_uint_eq(aml_layout_element_size(layout), c->element_bytes);
		ck_assert_int_eq(aml_layout_order(layout), c->order);
		ck_assert_int_eq(aml_layout_dims(layout, dims), 0);
		ck_assert_mem_eq(dims, c->dims, c->ndims * sizeof(*dims));
		for (size_t k = 0; k < 3; k++) {
			const struct text_element *e = &c->elements[k];
			char *at = aml_layout_deref(layout, e->coords);

			ck_assert_msg(at == memory + e->offset, "%s: element %zu at %td", c->text,
				      k, at - memory);
		}
		aml_layout_destroy(&layout);
	}
}
END_TEST

START_TEST(an_empty_layout)
{
	struct aml_layout *layout = NULL;
	char error[TEXT_ERROR_BYTES] = "";
	struct layout_text parsed;

	ck_assert(layout_text_parse(&parsed, "0x5:f64", error));
	ck_assert_uint_eq(parsed.bytes, 0);
	ck_assert(layout_text_create(&parsed, memory, &layout, error));
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(types)
{
	static const struct {
		const char *name;
		size_t bytes;
	} known[] = {{"i8", 1},   {"u8", 1},  {"i16", 2},          {"u16", 2},   {"f16", 2},
		     {"bf16", 2}, {"i32", 4}, {"u32", 4},          {"f32", 4},   {"i64", 8},
		     {"u64", 8},  {"f64", 8}, {"c64", 8},          {"c128", 16}, {"f128", 16},
		     {"1", 1},    {"24", 24}, {"1048576", 1048576}};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		char text[32], error[TEXT_ERROR_BYTES] = "";
		struct layout_text parsed;

		snprintf(text, sizeof(text), "2:%s", known[i].name);
		ck_assert_msg(layout_text_parse(&parsed, text, error), "%s: %s", text, error);
		ck_assert_uint_eq(parsed.element_bytes, known[i].bytes);
	}
}
END_TEST

/* A text that is wrong, and a part of the message. */
static const struct text_error {
	const char *text, *message;
} text_errors[] = {
	{"", "extents: '' is not a number"},
	{":f64", "extents: '' is not a number"},
	{"4x:f64", "extents: '' is not a number"},
	{"4*4:f64", "extents: '4*4' is not a number"},
	{"-4:f64", "extents: '-4' is not a number"},
	{"99999999999999999999:f64", "is not a number"},
	{"1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x"
	 "1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1:u8",
	 "extents: there are more than 64 numbers"},
	{"4x4", "the type of the elements is missing"},
	{"4x4:", "the type of the elements is missing"},
	{"4:f63", "'f63' is not a type: did you mean 'f64'?"},
	{"4:banana", "'banana' is not a type like f64"},
	{"4:0", "an element has 1 to 1048576 bytes, not 0"},
	{"4:1048577", "an element has 1 to 1048576 bytes, not 1048577"},
	{"1x65536x65536x65536x65536:f64", "larger than the address space"},
#if SIZE_MAX > UINT32_MAX
	{"99999999999x99999999999:f64", "larger than the address space"},
	{"4:f64/stride=9223372036854775807", "larger than the address space"},
	{"9x9:f64/pitch=1,4611686018427387904", "larger than the address space"},
	{"4:u8/steps=9223372036854775807", "larger than the address space"},
#else
	{"4:f64/stride=2147483647", "larger than the address space"},
	{"9x9:f64/pitch=1,1073741824", "larger than the address space"},
	{"4:u8/steps=2147483647", "larger than the address space"},
#endif
	{"4:f64/order=diagonal", "order: 'diagonal' is not row or column"},
	{"4:f64/order", "order: the value is missing"},
	{"4:f64/order=", "order: the value is missing"},
	{"4:f64/order=row/order=row", "order: it is given twice"},
	{"4x4:f64/", "there is nothing after the last '/'"},
	{"4x4:f64/pitch=5", "pitch: one number for each dimension is needed: 2, not 1"},
	{"4x4:f64/pitch=5,5,5", "pitch: one number for each dimension is needed: 2, not 3"},
	{"4x4:f64/pitch=5,b", "pitch: 'b' is not a number"},
	{"4x4:f64/stride=1", "stride: one number for each dimension is needed: 2, not 1"},
	{"4x4:f64/stride=1,-1", "stride: '-1' is not a number"},
	{"4x4:f64/steps=8", "steps: one number for each dimension is needed: 2, not 1"},
	{"4x4:f64/steps=8,8,8", "steps: there are more than 2 numbers"},
	{"4x4:f64/steps=8,--8", "steps: '--8' is not a number"},
	{"4x4:f64/steps=8,64/pitch=4,4", "steps: they replace pitch and stride"},
	{"4:f64/at=-1", "at: '-1' is not a number of bytes up to 1048576"},
	{"4:f64/at=1048577", "at: '1048577' is not a number of bytes up to 1048576"},
};

/* The same for what is found only when the layout is created. */
static const struct text_error change_errors[] = {
	{"4:f64/slise=0:2", "'slise' is not a key: did you mean 'slice'?"},
	{"4:f64/banana=0:2", "'banana' is not a key"},
	{"4:f64/pitsh=5", "'pitsh' is not a key: did you mean 'pitch'?"},
	{"4:f64/slice=0:2/order=row", "order: it must stand before"},
	{"4:f64/slice=", "slice: the value is missing"},
	{"4:f64/slice=2", "slice: '2' is not FROM:TO"},
	{"4:f64/slice=a:b", "slice: 'a:b' is not FROM:TO"},
	{"4:f64/slice=0:2:1:1", "slice: '0:2:1:1' is not FROM:TO"},
	{"4:f64/slice=0:5", "slice: '0:5' is not within the extent 4"},
	{"4:f64/slice=3:2", "slice: '3:2' is not within the extent 4"},
	{"4:f64/slice=0:4:0", "slice: '0:4:0': the step is 0"},
	{"4x4:f64/slice=0:2", "slice: there are 1 sections for 2 dimensions"},
	{"4x4:f64/slice=:,:,:", "slice: there are more than 2 sections"},
	{"4x4:f64/reverse=2", "reverse: '2' is not a dimension from 0 to 1"},
	{"4x4:f64/reverse=x", "reverse: 'x' is not a dimension from 0 to 1"},
	{"4x4:f64/reshape=3x5", "reshape: '3x5' has another number of elements"},
	{"4x4:f64/reshape=4y4", "reshape: '4y4' is not a number"},
	{"4x4:f64/reshape=65536x65536x65536x65536x16", "has another number of elements"},
	{"4x4:f64/pad=8", "pad: there are not as many numbers as dimensions, 2"},
	{"4x4:f64/pad=8x8@1", "pad: there are not as many numbers as dimensions, 2"},
	{"4x4:f64/pad=8x8@1,b", "pad: coordinates: 'b' is not a number"},
	{"4x4:f64/pad=8xb", "pad: 'b' is not a number"},
	{"4x4:f64/pad=8x8/slice=:,:", "slice: only pad and reshape may follow a pad"},
	{"4x4:f64/pad=8x8/reverse=0", "reverse: only pad and reshape may follow a pad"},
};

START_TEST(each_cause_has_a_message)
{
	for (size_t i = 0; i < sizeof(text_errors) / sizeof(*text_errors); i++) {
		char error[TEXT_ERROR_BYTES] = "";
		struct layout_text parsed;

		ck_assert_msg(!layout_text_parse(&parsed, text_errors[i].text, error), "%s",
			      text_errors[i].text);
		ck_assert_msg(strstr(error, text_errors[i].message) != NULL, "%s: %s",
			      text_errors[i].text, error);
	}
}
END_TEST

START_TEST(each_cause_of_a_change_has_a_message)
{
	for (size_t i = 0; i < sizeof(change_errors) / sizeof(*change_errors); i++) {
		struct aml_layout *layout = NULL;
		char error[TEXT_ERROR_BYTES] = "";
		struct layout_text parsed;

		ck_assert_msg(layout_text_parse(&parsed, change_errors[i].text, error), "%s: %s",
			      change_errors[i].text, error);
		ck_assert_msg(!layout_text_create(&parsed, memory, &layout, error), "%s",
			      change_errors[i].text);
		ck_assert_ptr_null(layout);
		ck_assert_msg(strstr(error, change_errors[i].message) != NULL, "%s: %s",
			      change_errors[i].text, error);
	}
}
END_TEST

SUITE("tools/layout_text", elements_lie_where_they_should, an_empty_layout, types,
      each_cause_has_a_message, each_cause_of_a_change_has_a_message)
