/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of the completion queue. A finished request leaves its slot and is a completion from
 * then on, so that requests that were not reaped yet take little memory.
 *
 * Completions lie in blocks, in the order of finishing. The oldest one is in the block `first`, the
 * next one goes to the block `tail`. The blocks behind `tail` are spare. No allocation may fail
 * when a request finishes, so its post is promised a place: `promised` counts the completions, and
 * those to come. The places never are fewer. The scheduler's lock guards all members.
 */
#ifndef ASYNC_QUEUE_COMPLETIONS_H
#define ASYNC_QUEUE_COMPLETIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aml/dma/completion.h>

enum {
	COMPLETION_BLOCK_BYTES = 16 << 10,
	COMPLETION_BLOCK_PLACES = COMPLETION_BLOCK_BYTES / sizeof(struct aml_dma_completion) - 2,
	/* The spare blocks that are kept: 4 MiB. */
	COMPLETION_SPARE_BLOCKS_MAX = 256,
};

/* A block of completions: one allocation. */
struct completion_block {
	struct completion_block *next;
	struct aml_dma_completion places[COMPLETION_BLOCK_PLACES];
};

struct completion_queue {
	struct completion_block *first, *tail, *last; /* NULL: there is no such block */
	size_t blocks;                                /* their number */
	size_t read;  /* the place in `first` of the oldest completion */
	size_t write; /* the place in `tail` for the next one */
	size_t count; /* completions */
	size_t promised;
};

/* Promise a place. False: first add a block. */
static inline bool completions_promise(struct completion_queue *c)
{
	if (c->promised == c->blocks * COMPLETION_BLOCK_PLACES - c->read)
		return false;
	c->promised++;
	return true;
}

/* Append a completion, for which a place was promised. */
static inline void completions_push(struct completion_queue *c, uint64_t tag, int result)
{
	c->tail->places[c->write++] = (struct aml_dma_completion){.tag = tag, .result = result};
	c->count++;
	if (c->write < COMPLETION_BLOCK_PLACES)
		return;
	c->tail = c->tail->next;
	c->write = 0;
}

/* Allocate a block, without the lock. NULL: out of memory. */
struct completion_block *completions_create_block(void);

/* Add a spare block, which then belongs to the queue. */
void completions_add_block(struct completion_queue *c, struct completion_block *block);

/*
 * Take up to n of the oldest completions. Return their number. The caller frees the blocks of
 * `*surplus` without the lock.
 */
size_t completions_take(struct completion_queue *c, struct aml_dma_completion *out, size_t n,
			struct completion_block **surplus);

/* Drop all completions, and the promises of `promises` requests that will not finish. */
void completions_drop(struct completion_queue *c, size_t promises);

/* Free a list of blocks. */
void completions_free_blocks(struct completion_block *blocks);

#endif /* ASYNC_QUEUE_COMPLETIONS_H */
