/* SPDX-License-Identifier: BSD-3-Clause */
/* What AML_DMA_TUNE allows. */
#include <string.h>

#include "plan/rules.h"
#include "util/environment.h"

/* Constant after read_rules(). */
static struct choice_rules rules_read;
static bool rules_are_bad;

/* Parse one NAME=VARIANT of `length` characters. */
static bool parse_forced(const char *text, size_t length, struct choice_rules *rules)
{
	const char *equal = memchr(text, '=', length);
	size_t name = equal != NULL ? (size_t)(equal - text) : length;

	for (uint8_t kind = 0; equal != NULL && kind < VARIANT_KINDS; kind++) {
		const char *known = copy_kind_name(kind);

		if (strlen(known) != name || memcmp(known, text, name) != 0)
			continue;
		rules->forced[kind] =
			(uint8_t)copy_variant_named(kind, equal + 1, length - name - 1);
		return rules->forced[kind] != VARIANT_NONE;
	}
	return false;
}

bool tune_rules_parse(const char *text, struct choice_rules *rules)
{
	bool good = true;

	*rules = (struct choice_rules){.off = strcmp(text, "off") == 0};
	if (rules->off)
		return true;
	while (good) {
		size_t length = strcspn(text, ",");

		good = parse_forced(text, length, rules);
		if (text[length] == '\0')
			break;
		text += length + 1;
	}
	if (!good)
		*rules = (struct choice_rules){.off = false};
	return good;
}

bool tune_rules_print(FILE *stream, const char *prefix)
{
	bool ok = true;

	if (rules_are_bad)
		ok = fprintf(stream, "%s  tuning: AML_DMA_TUNE is ignored: it names no variant\n",
			     prefix) >= 0;
	else
		ok = fprintf(stream, "%s  tuning: %s\n", prefix, rules_read.off ? "off" : "on") >=
		     0;
	for (uint8_t kind = 0; ok && kind < VARIANT_KINDS; kind++)
		if (rules_read.forced[kind] != VARIANT_NONE)
			ok = fprintf(stream, "%s  tuning of %s: forced: %s\n", prefix,
				     copy_kind_name(kind),
				     copy_variants[rules_read.forced[kind]].name) >= 0;
	return ok;
}

/* After the caches were found, before any copy can be planned. */
__attribute__((constructor(102))) static void read_rules(void)
{
	const char *text = environment_get("AML_DMA_TUNE");

	if (text != NULL && *text != '\0')
		rules_are_bad = !tune_rules_parse(text, &rules_read);
	copy_set_choice_rules(&rules_read);
}
