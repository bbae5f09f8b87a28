/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a layout's text that change the layout: see layout_text.h. */
#ifndef TOOLS_LAYOUT_CHANGES_H
#define TOOLS_LAYOUT_CHANGES_H

#include <stdbool.h>

#include <aml/layout.h>

#include "text_span.h"

/*
 * Apply changes, with a slash between them, one after the other: each replaces *layout. False: one
 * is wrong, and *error says why. The caller releases *layout in any case.
 */
bool layout_changes_apply(struct aml_layout **layout, struct text_span changes, char *error);

#endif /* TOOLS_LAYOUT_CHANGES_H */
