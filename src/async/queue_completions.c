/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of the completion queue: its blocks, from their creation to their end. */
#include <stdlib.h>
#include <string.h>

#include "async/queue_completions.h"

_Static_assert(sizeof(struct completion_block) <= COMPLETION_BLOCK_BYTES, "a block's size");

struct completion_block *completions_create_block(void)
{
	return malloc(sizeof(struct completion_block));
}

void completions_add_block(struct completion_queue *c, struct completion_block *block)
{
	block->next = NULL;
	if (c->last != NULL)
		c->last->next = block;
	c->last = block;
	if (c->first == NULL)
		c->first = block;
	if (c->tail == NULL)
		c->tail = block;
	c->blocks++;
}

/* All completions of the first block were taken: make it a spare block, or surplus. */
static void retire_first(struct completion_queue *c, struct completion_block **surplus)
{
	struct completion_block *block = c->first;
	size_t needed = c->promised / COMPLETION_BLOCK_PLACES + 1;

	c->first = block->next;
	if (c->first == NULL)
		c->last = NULL;
	c->blocks--;
	c->read = 0;
	if (c->blocks < needed + COMPLETION_SPARE_BLOCKS_MAX) {
		completions_add_block(c, block);
	} else {
		block->next = *surplus;
		*surplus = block;
	}
}

size_t completions_take(struct completion_queue *c, struct aml_dma_completion *out, size_t n,
			struct completion_block **surplus)
{
	size_t taken = 0;

	while (taken < n && c->count > 0) {
		size_t some = COMPLETION_BLOCK_PLACES - c->read;

		some = some < c->count ? some : c->count;
		some = some < n - taken ? some : n - taken;
		memcpy(out + taken, &c->first->places[c->read], some * sizeof(*out));
		taken += some;
		c->read += some;
		c->count -= some;
		c->promised -= some;
		if (c->read == COMPLETION_BLOCK_PLACES)
			retire_first(c, surplus);
	}
	return taken;
}

void completions_drop(struct completion_queue *c, size_t promises)
{
	c->promised -= c->count + promises;
	c->count = 0;
	c->tail = c->first;
	c->read = 0;
	c->write = 0;
}

void completions_free_blocks(struct completion_block *blocks)
{
	while (blocks != NULL) {
		struct completion_block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
}
