/* SPDX-License-Identifier: BSD-3-Clause */
/* The writer of JSON: its text, letter by letter. tests/tools/info.sh gives it to a parser. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "tools/json.h"

/* Write an object with one text, and check it. */
static void check_text(const char *text, const char *expected)
{
	char *written = NULL, whole[256];
	size_t size = 0;
	FILE *stream = open_memstream(&written, &size);
	struct json_writer json;

	ck_assert_ptr_nonnull(stream);
	json_begin(&json, stream, "x", 3);
	json_text(&json, "text", text);
	ck_assert(json_end(&json));
	fclose(stream);
	snprintf(whole, sizeof(whole),
		 "{\n  \"schema\": 3,\n  \"command\": \"x\",\n  \"text\": %s\n}\n", expected);
	ck_assert_str_eq(written, whole);
	free(written);
}

START_TEST(texts)
{
	check_text("", "\"\"");
	check_text(NULL, "null");
	check_text("a/b c", "\"a/b c\"");
	check_text("\"\\", "\"\\\"\\\\\"");
	check_text("\n\t\x01\x1f\x7f", "\"\\u000a\\u0009\\u0001\\u001f\\u007f\"");
	/* UTF-8 of two, three and four bytes stays. */
	check_text("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
		   "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}
END_TEST

START_TEST(bytes_that_are_no_text)
{
	check_text("a\xff", "\"a\\ufffd\"");
	check_text("\x80", "\"\\ufffd\"");
	/* An end that is missing, overlong forms, a surrogate, and a value that is too large. */
	check_text("\xc3", "\"\\ufffd\"");
	check_text("\xe2\x82", "\"\\ufffd\\ufffd\"");
	check_text("\xc0\xaf", "\"\\ufffd\\ufffd\"");
	check_text("\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\"");
	check_text("\xf0\x80\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	check_text("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	check_text("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	check_text("\xf5\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}
END_TEST

START_TEST(members)
{
	char *written = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&written, &size);
	struct json_writer json;

	ck_assert_ptr_nonnull(stream);
	json_begin(&json, stream, "x", 1);
	json_number(&json, "most", UINT64_MAX);
	json_signed(&json, "least", INT64_MIN);
	json_real(&json, "real", 1.5e-7);
	json_real(&json, "not", NAN);
	json_real(&json, "endless", -INFINITY);
	json_flag(&json, "yes", true);
	json_flag(&json, "no", false);
	json_null(&json, "nothing");
	json_object(&json, "empty");
	json_close(&json);
	json_array(&json, "list");
	json_number(&json, NULL, 1);
	json_array(&json, NULL);
	json_close(&json);
	json_object(&json, NULL);
	json_number(&json, "a", 2);
	json_close(&json);
	json_close(&json);
	ck_assert(json_end(&json));
	fclose(stream);
	ck_assert_str_eq(written, "{\n"
				  "  \"schema\": 1,\n"
				  "  \"command\": \"x\",\n"
				  "  \"most\": 18446744073709551615,\n"
				  "  \"least\": -9223372036854775808,\n"
				  "  \"real\": 1.5e-07,\n"
				  "  \"not\": null,\n"
				  "  \"endless\": null,\n"
				  "  \"yes\": true,\n"
				  "  \"no\": false,\n"
				  "  \"nothing\": null,\n"
				  "  \"empty\": {},\n"
				  "  \"list\": [\n"
				  "    1,\n"
				  "    [],\n"
				  "    {\n"
				  "      \"a\": 2\n"
				  "    }\n"
				  "  ]\n"
				  "}\n");
	free(written);
}
END_TEST

START_TEST(a_stream_that_fails)
{
	FILE *full = fopen("/dev/full", "w");
	struct json_writer json;

	if (full == NULL)
		return;
	json_begin(&json, full, "x", 1);
	ck_assert(!json_end(&json));
	fclose(full);
}
END_TEST

SUITE("tools/json", texts, bytes_that_are_no_text, members, a_stream_that_fails)
