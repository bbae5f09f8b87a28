/* SPDX-License-Identifier: BSD-3-Clause */
/* Pads and reshape layouts over each other. All in native order. */
#ifndef LAYOUT_NEST_H
#define LAYOUT_NEST_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

#include "layout/sizes.h"

/* The native operators, by which pads and reshape layouts are recognised. */
void *pad_deref_native(const struct aml_layout_data *data, const size_t *coords);
void *reshape_deref_native(const struct aml_layout_data *data, const size_t *coords);

/*
 * The target of one of the library's pads and reshape layouts, whoever asks it; NULL: the layout is
 * none. `*outline` becomes the target's, as it was when the layout was made.
 */
struct aml_layout *layout_target(const struct aml_layout *layout, struct outline *outline);

/*
 * How many pads and reshape layouts lie over each other, or one more than AML_LAYOUT_DEPTH_MAX if
 * there are too many.
 */
unsigned layout_depth(const struct aml_layout *layout);

/*
 * Where to write an element: false if the write is to be dropped, since the coordinates are
 * outside a pad's target. `*place` is NULL if a layout gave no address.
 */
bool layout_place(const struct aml_layout *layout, const size_t *coords, void **place);

#endif /* LAYOUT_NEST_H */
