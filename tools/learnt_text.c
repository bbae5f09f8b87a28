/* SPDX-License-Identifier: BSD-3-Clause */
/* What was learnt, see learnt_text.h. */
#include "learnt_text.h"

#include "plan/class.h"
#include "plan/learnt.h"
#include "plan/tune.h"
#include "plan/variant.h"

/* A cost is in picoseconds per KiB. */
static const double COST_UNITS_PER_SECOND = 1e12, COST_BYTES = 1024;

double learnt_text_rate(uint32_t cost)
{
	return COST_BYTES * COST_UNITS_PER_SECOND / cost;
}

void learnt_text_print(void)
{
	struct tune_record record;
	unsigned classes = 0;

	for (unsigned slot = 0; slot < TUNE_SLOTS; slot++)
		classes += tune_read(slot, &record);
	printf("\nlearnt: %s\n",
	       classes > 0 ? "class of copies: best variant; rates by worker" : "nothing");
	(void)learnt_print(stdout, "");
}

void learnt_text_json(struct json_writer *json, const char *key)
{
	char text[TUNE_CLASS_TEXT_BYTES];
	struct tune_record record;

	json_array(json, key);
	for (unsigned slot = 0; slot < TUNE_SLOTS; slot++) {
		unsigned best;
		uint8_t kind;

		if (!tune_read(slot, &record))
			continue;
		kind = tune_class_kind(&record.class);
		tune_class_text(&record.class, text);
		json_object(json, NULL);
		json_text(json, "kind", copy_kind_name(kind));
		json_text(json, "class", text);
		json_number(json, "uses", record.uses);
		best = learnt_fastest(&record);
		json_text(json, "best_variant",
			  best != VARIANT_NONE ? copy_variants[best].name : NULL);
		json_array(json, "variants");
		for (unsigned i = 0; i < TUNE_VARIANTS_MAX; i++) {
			if (record.costs[i].cost == 0)
				continue;
			json_object(json, NULL);
			json_text(json, "variant",
				  copy_variants[copy_first_variant[kind] + i].name);
			json_real(json, "bytes_per_second", learnt_text_rate(record.costs[i].cost));
			json_number(json, "samples", record.costs[i].samples);
			json_close(json);
		}
		json_close(json);
		json_close(json);
	}
	json_close(json);
}
