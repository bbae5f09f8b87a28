/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layouts as text:
 *
 *	EXTENTS:TYPE[/KEY=VALUE]...
 *
 * EXTENTS are numbers with an x between them: 4096x4096. TYPE is f32, i8, c128 and the like, or a
 * number of bytes. Everything is in the order of the layout: row-major, unless it says
 * order=column. The first keys describe memory, and stand first:
 *
 *	order=row|column      row: the last dimension varies fastest; column: the first
 *	pitch=N,N...          the extents of the array that this is a block of
 *	stride=N,N...         elements from one to the next
 *	steps=N,N...          bytes from one to the next, may be negative; replaces pitch and stride
 *	at=BYTES              the lowest byte lies so far behind the beginning of a page
 *
 * The others change the layout, one after the other:
 *
 *	slice=FROM:TO:STEP,...  some of the elements of each dimension; each number may be missing
 *	reverse=DIMENSION       one dimension backwards
 *	reshape=EXTENTS         the same elements with other extents
 *	pad=EXTENTS[@N,N...]    filled up with zeros, beginning at these coordinates
 */
#ifndef TOOLS_LAYOUT_TEXT_H
#define TOOLS_LAYOUT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

#include "text_span.h"

/* The memory that a text describes, and the rest of the text. */
struct layout_text {
	size_t ndims, element_bytes;
	int order;                             /* AML_LAYOUT_ORDER_… */
	size_t dims[AML_LAYOUT_NDIMS_MAX];     /* in user order, as the following */
	bool by_steps;                         /* else by strides and pitches */
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX]; /* in bytes */
	size_t stride[AML_LAYOUT_NDIMS_MAX], pitch[AML_LAYOUT_NDIMS_MAX];
	size_t first;             /* bytes of memory before element 0 */
	size_t bytes;             /* of memory, all together */
	struct text_span type;    /* as it was given */
	struct text_span changes; /* the keys that change the layout */
};

/* Parse a text, which must outlive `parsed`. False: it is wrong, and *error says why. */
bool layout_text_parse(struct layout_text *parsed, const char *text, char *error);

/*
 * Create the layout, on memory of `parsed->bytes` bytes. The caller releases it. False: the text is
 * wrong, or memory is out, and *error says which.
 */
bool layout_text_create(const struct layout_text *parsed, char *memory, struct aml_layout **layout,
			char *error);

#endif /* TOOLS_LAYOUT_TEXT_H */
