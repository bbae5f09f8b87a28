/* SPDX-License-Identifier: BSD-3-Clause */
/* Pads for use inside the library. */
#ifndef LAYOUT_PAD_H
#define LAYOUT_PAD_H

#include <aml/layout.h>
#include <aml/layout/pad.h>

/* Make a layout like this one, in native order, over another target, which it then owns. */
int pad_over(const struct aml_layout_pad *pad, struct aml_layout *target, struct aml_layout **out);

#endif /* LAYOUT_PAD_H */
