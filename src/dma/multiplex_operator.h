/* SPDX-License-Identifier: BSD-3-Clause */
/* The operators that a multiplexer posts in the place of others. */
#ifndef DMA_MULTIPLEX_OPERATOR_H
#define DMA_MULTIPLEX_OPERATOR_H

#include "dma/multiplex_state.h"

/*
 * Run the custom operator of a part. `arg` is the part. While it runs, multiplex_is_inside() knows
 * of it.
 */
int multiplex_run_custom(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/* Run the plan of a part, and measure how long it takes. `arg` is the part. */
int multiplex_run_timed(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/* The callback of a part that is timed. `arg` is the part. */
void multiplex_note_finish(int code, void *arg);

/*
 * Is the calling thread inside a custom operator that the multiplexer has posted like this,
 * directly or through other multiplexers?
 */
bool multiplex_is_inside(const struct multiplex *m);

/*
 * Is the operator of a request on the stack of the calling thread? False also if the multiplexer
 * does not know: in an engine of the program.
 */
bool multiplex_is_on_stack(const struct multiplex_request *request);

#endif /* DMA_MULTIPLEX_OPERATOR_H */
