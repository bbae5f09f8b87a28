/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose turn it is: the weights of a multiplexer. */
#ifndef DMA_MULTIPLEX_TURN_H
#define DMA_MULTIPLEX_TURN_H

#include "dma/multiplex_state.h"

/*
 * Set the weights. NULL: equal ones, which adapt. -AML_EINVAL: as aml_dma_multiplex_create(). No
 * lock is needed: the multiplexer is new.
 */
int multiplex_set_weights(struct multiplex *m, const size_t *weights) NOT_ANALYSED;

/* Without weights from the program: compute them anew if it is time. Each post begins with it. */
void multiplex_adapt_locked(struct multiplex *m) REQUIRES(m);

/* Return the number of the engine whose turn it is, and take the turn. */
size_t multiplex_take_turn_locked(struct multiplex *m) REQUIRES(m);

/* Take a turn back that has led to no request: the engine gets the next one. */
void multiplex_owe_turn_locked(struct multiplex *m, size_t engine) REQUIRES(m);

/*
 * Return where the share of an engine in a split copy ends, of COPY_SHARES_MAX in all. `sum`: of
 * the shares of this engine and all before it.
 */
size_t multiplex_share_end_locked(const struct multiplex *m, size_t sum) REQUIRES(m);

/* A part is posted: of a whole request, or of a split one. */
void multiplex_count_post_locked(struct multiplex *m, const struct multiplex_part *part, bool whole)
	REQUIRES(m);

/* Undo this: the part could not be posted. */
void multiplex_uncount_post_locked(struct multiplex *m, const struct multiplex_part *part,
				   bool whole) REQUIRES(m);

/* A timed part has finished, or will not run. It is not timed any more. */
void multiplex_count_finish_locked(struct multiplex *m, struct multiplex_part *part, int code)
	REQUIRES(m);

#endif /* DMA_MULTIPLEX_TURN_H */
