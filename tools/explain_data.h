/* SPDX-License-Identifier: BSD-3-Clause */
/* What aml-dma explain has found out, to print it as text or as JSON. */
#ifndef TOOLS_EXPLAIN_DATA_H
#define TOOLS_EXPLAIN_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

#include "copy_rate.h"
#include "layout_text.h"
#include "plan/plan.h"
#include "plan_facts.h"
#include "usage.h"

/* A side of the copy. */
struct explain_side {
	const char *text; /* as it was given, or `derived` */
	struct layout_text parsed;
	char *memory; /* of `parsed.bytes` bytes */
	struct aml_layout *layout;
};

enum { EXPLAIN_TEXT_BYTES = 2048 }; /* room for the extents of any layout */

struct explain_data {
	const struct usage_command *command;
	struct explain_side src, dst;
	char derived[EXPLAIN_TEXT_BYTES]; /* the text of a destination that was not given */
	bool permutes;
	/* By dimension of the destination: that of the source. In user order, and in native order.
	 */
	size_t permutation[AML_LAYOUT_NDIMS_MAX], native[AML_LAYOUT_NDIMS_MAX];
	size_t workers;
	struct plan_facts facts;
	bool measured;
	struct copy_rate rate;
	/* Whether the copy was compared with the source. Pads in the destination drop elements. */
	bool compared, right;
	union copy_plan_room room; /* has a member of variable size */
};

#endif /* TOOLS_EXPLAIN_DATA_H */
