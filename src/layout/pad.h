/* SPDX-License-Identifier: BSD-3-Clause */
/* Pads for use inside the library. */
#ifndef LAYOUT_PAD_H
#define LAYOUT_PAD_H

#include <aml/layout.h>
#include <aml/layout/pad.h>

/*
 * Make a pad like `pad` over `target`. Its user order is native order. On success, it owns
 * `target`.
 */
int pad_over(const struct aml_layout_pad *pad, struct aml_layout *target, struct aml_layout **out);

#endif /* LAYOUT_PAD_H */
