/* SPDX-License-Identifier: BSD-3-Clause */
/* Nests: pads and reshape layouts on top of each other. Everything is in native order. */
#ifndef LAYOUT_NEST_H
#define LAYOUT_NEST_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

#include "layout/sizes.h"

/* The operators that identify pads and reshape layouts. */
void *pad_deref_native(const struct aml_layout_data *data, const size_t *coords);
void *reshape_deref_native(const struct aml_layout_data *data, const size_t *coords);

/* The operators `concurrent` of pads and reshape layouts: the answer of the target. */
int pad_concurrent(const struct aml_layout_data *data);
int reshape_concurrent(const struct aml_layout_data *data);

/*
 * May several threads ask a layout for the addresses of elements at once? The answer of a table
 * counts only if it belongs to the table's deref_native: a program may copy one of the library's
 * tables and replace deref_native only. The nest must not be deeper than AML_LAYOUT_DEPTH_MAX.
 */
bool layout_is_concurrent(const struct aml_layout *layout);

/*
 * The target of a pad or a reshape layout, even if a program replaced other operators than
 * deref_native. NULL if the layout is neither. Stores in `*outline` the number of dimensions and
 * the extents that the target had when the layout was created.
 */
struct aml_layout *layout_target(const struct aml_layout *layout, struct outline *outline);

/*
 * The coordinates at which the target of a pad begins, even if a program replaced other operators
 * than deref_native. NULL if the layout is not a pad.
 */
const size_t *layout_offsets(const struct aml_layout *layout);

/*
 * The number of pads and reshape layouts on top of each other. If there are more than
 * AML_LAYOUT_DEPTH_MAX, returns AML_LAYOUT_DEPTH_MAX + 1.
 */
unsigned layout_depth(const struct aml_layout *layout);

/*
 * Find the address to write an element to. Returns false if the coordinates are outside a pad's
 * target: drop the write. `*place` is NULL if a layout returned NULL.
 */
bool layout_place(const struct aml_layout *layout, const size_t *coords, void **place);

#endif /* LAYOUT_NEST_H */
