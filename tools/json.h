/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes one JSON object, member by member, as the subcommands do for --json. It begins with the
 * members "schema", the version of its contents, and "command", the name of the subcommand. Each
 * number is a number, and its key says the unit: "size_bytes".
 *
 *	struct json_writer json;
 *
 *	json_begin(&json, stdout, "info", 1);
 *	json_array(&json, "sizes_bytes");
 *	json_number(&json, NULL, 64);
 *	json_close(&json);
 *	return json_end(&json) ? TOOL_DONE : TOOL_FAILED;
 *
 * The key is NULL in an array, and only there.
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MAX = 16 };

/* Only json.c looks inside. */
struct json_writer {
	FILE *stream;
	unsigned depth;             /* of open objects and arrays */
	bool array[JSON_DEPTH_MAX]; /* by depth: an array; else an object */
	bool empty[JSON_DEPTH_MAX]; /* by depth: has no member yet */
};

/*
 * Open the outermost object. `schema` grows by one when a member is removed or gets another
 * meaning. The stream must outlive the writer.
 */
void json_begin(struct json_writer *json, FILE *stream, const char *command, int schema);

/* Close the outermost object. False: not everything could be written. */
bool json_end(struct json_writer *json);

void json_object(struct json_writer *json, const char *key);
void json_array(struct json_writer *json, const char *key);
/* Close the innermost object or array. */
void json_close(struct json_writer *json);

/* A text, or null for NULL. Bytes that are no UTF-8 become U+FFFD. */
void json_text(struct json_writer *json, const char *key, const char *text);
void json_number(struct json_writer *json, const char *key, uint64_t number);
void json_signed(struct json_writer *json, const char *key, int64_t number);
/* A number, or null if it is not finite. */
void json_real(struct json_writer *json, const char *key, double number);
void json_flag(struct json_writer *json, const char *key, bool flag);
void json_null(struct json_writer *json, const char *key);

#endif /* TOOLS_JSON_H */
