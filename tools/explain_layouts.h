/* SPDX-License-Identifier: BSD-3-Clause */
/* The layouts of aml-dma explain, from their texts. */
#ifndef TOOLS_EXPLAIN_LAYOUTS_H
#define TOOLS_EXPLAIN_LAYOUTS_H

#include <stdbool.h>

#include "explain_data.h"

/*
 * Create the layouts of `data->src.text` and `data->dst.text`. Without a text, the destination is
 * contiguous. `permutation` is the value of --permute or NULL. If the memory is to be used,
 * `measure` is set. Refuses texts that are wrong, and layouts that do not match: does not return
 * then.
 */
void explain_layouts_create(struct explain_data *data, const char *permutation, bool measure);

/* Do the elements lie at steps, so that none is dropped when the layout is written? */
bool explain_layouts_has_steps(const struct aml_layout *layout);

void explain_layouts_release(struct explain_data *data);

#endif /* TOOLS_EXPLAIN_LAYOUTS_H */
