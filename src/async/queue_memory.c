/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of requests: blocks of slots of one size. A block is one allocation.
 *
 * A request takes the first free slot of a block, so that a burst of requests uses addresses in
 * ascending order, in whatever order the requests before were released.
 *
 * A block without requests is idle. Idle blocks stay, because the next burst would have to get
 * their memory from the system again, page by page, which takes as long as the requests themselves.
 * At most QUEUE_IDLE_BYTES_MAX stay. Of these, QUEUE_IDLE_BYTES_MIN stay for good. A period is a
 * number of blocks that became idle. What stayed idle for a whole period, beyond the minimum, is
 * released during the next periods: for each block that becomes idle, one.
 */
#include <stdlib.h>

#include "async/queue_lock.h"
#include "async/queue_memory.h"
#include "async/queue_sched.h"

enum { SLOT_ALIGNMENT_BYTES = CACHE_LINE_BYTES / 2 };

/* The members of a slot before the request. */
struct request_slot {
	struct request_block *block;
	struct aml_task task;
};

/* Slots of flat copies are whole lines. Whole lines for all would make others a tenth larger. */
static size_t slot_bytes(const struct queue_sched *q, unsigned list)
{
	size_t bytes = offsetof(struct request_slot, task) + q->sizes[list];

	return (bytes + SLOT_ALIGNMENT_BYTES - 1) / SLOT_ALIGNMENT_BYTES * SLOT_ALIGNMENT_BYTES;
}

struct request_block *queue_create_block(const struct queue_sched *q, unsigned list)
{
	size_t bytes = slot_bytes(q, list);
	struct request_block *block = malloc(QUEUE_BLOCK_BYTES);
	char *begin = (char *)(block + 1);

	if (block == NULL)
		return NULL;
	begin += -(uintptr_t)begin & (CACHE_LINE_BYTES - 1);
	*block = (struct request_block){
		.list = list,
		.bytes = (uint32_t)bytes,
		.slots = (uint32_t)((size_t)((char *)block + QUEUE_BLOCK_BYTES - begin) / bytes),
		.begin = begin,
	};
	if (block->slots > QUEUE_BLOCK_SLOTS_MAX)
		block->slots = QUEUE_BLOCK_SLOTS_MAX;
	for (uint32_t i = 0; i < block->slots; i++) {
		((struct request_slot *)(void *)(begin + i * bytes))->block = block;
		block->free[i / 64] |= (uint64_t)1 << i % 64;
	}
	block->nfree = block->slots;
	return block;
}

static struct aml_task *take_slot_locked(struct queue_sched *q, struct request_block *block)
	REQUIRES(q)
{
	unsigned word = block->free[0] == 0;
	unsigned slot = word * 64 + (unsigned)__builtin_ctzll(block->free[word]);

	if (block->nfree == block->slots) {
		q->idle_bytes -= QUEUE_BLOCK_BYTES;
		if (q->idle_bytes < q->idle_low)
			q->idle_low = q->idle_bytes;
	}
	block->free[word] &= block->free[word] - 1;
	if (--block->nfree == 0)
		open_list_unlink(&q->open[block->list], block);
	return &((struct request_slot *)(void *)(block->begin + (size_t)slot * block->bytes))->task;
}

struct aml_task *queue_take_free_locked(struct queue_sched *q, unsigned list)
{
	struct request_block *block = q->open[list].last;

	return block != NULL ? take_slot_locked(q, block) : NULL;
}

struct aml_task *queue_take_new_locked(struct queue_sched *q, struct request_block *block)
{
	block_list_push(&q->blocks, block);
	q->nblocks++;
	open_list_push(&q->open[block->list], block);
	q->idle_bytes += QUEUE_BLOCK_BYTES;
	return take_slot_locked(q, block);
}

/* A block has become idle: keep it or release it. */
static void block_idle_locked(struct queue_sched *q, struct request_block *block) REQUIRES(q)
{
	if (++q->idle_blocks % QUEUE_IDLE_PERIOD == 0) {
		q->excess =
			q->idle_low > QUEUE_IDLE_BYTES_MIN ? q->idle_low - QUEUE_IDLE_BYTES_MIN : 0;
		q->idle_low = q->idle_bytes;
	}
	if (q->excess < QUEUE_BLOCK_BYTES &&
	    q->idle_bytes + QUEUE_BLOCK_BYTES <= QUEUE_IDLE_BYTES_MAX) {
		q->idle_bytes += QUEUE_BLOCK_BYTES;
		return;
	}
	if (q->excess >= QUEUE_BLOCK_BYTES)
		q->excess -= QUEUE_BLOCK_BYTES;
	open_list_unlink(&q->open[block->list], block);
	block_list_unlink(&q->blocks, block);
	q->nblocks--;
	block->next = q->surplus;
	q->surplus = block;
}

void queue_put_free_locked(struct queue_sched *q, struct aml_task *task)
{
	char *at = (char *)task - offsetof(struct request_slot, task);
	struct request_block *block = ((struct request_slot *)(void *)at)->block;
	uint32_t slot = (uint32_t)(at - block->begin) / block->bytes;

	task->priv.state = TASK_RETURNED;
	block->free[slot / 64] |= (uint64_t)1 << slot % 64;
	if (block->nfree++ == 0)
		open_list_push(&q->open[block->list], block);
	if (block->nfree == block->slots)
		block_idle_locked(q, block);
}

void queue_free_surplus(struct request_block *blocks)
{
	while (blocks != NULL) {
		struct request_block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
}

void queue_free_blocks(struct queue_sched *q)
{
	struct request_block *block;

	while ((block = block_list_pop(&q->blocks)) != NULL)
		free(block);
	queue_free_surplus(q->surplus);
}
