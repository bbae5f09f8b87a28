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

/*
 * Slots have no word that says where their block is: requests must not grow. The flags of the task
 * have the number of the slot, and the word before slot 0 is the address of the block.
 */
enum { SLOT_ALIGNMENT_BYTES = sizeof(void *), EXTENDED_ALIGNMENT_BYTES = CACHE_LINE_BYTES };

static bool list_is_extended(unsigned list)
{
	return list >= QUEUE_SIZES;
}

/* Return the size of a slot of free list `list`. */
static size_t slot_bytes(const struct queue_sched *q, unsigned list)
{
	size_t bytes = q->sizes[list % QUEUE_SIZES], unit = SLOT_ALIGNMENT_BYTES;

	if (list_is_extended(list)) {
		bytes += sizeof(struct request_extra);
		unit = EXTENDED_ALIGNMENT_BYTES;
	}
	return (bytes + unit - 1) / unit * unit;
}

/* Return the block of a request. */
static struct request_block *block_of(const struct queue_sched *q, struct aml_task *task)
{
	const struct slot_place *place =
		&q->places[task->priv.flags >> TASK_CLASS_SHIFT & (QUEUE_FREE_LISTS - 1)];
	size_t slot = task->priv.flags >> TASK_SLOT_SHIFT;
	char *begin = (char *)task - slot * place->bytes - place->offset;

	return ((struct request_block **)(void *)begin)[-1];
}

void queue_set_sizes(struct queue_sched *q, const size_t sizes[QUEUE_SIZES])
{
	for (size_t i = 0; i < QUEUE_SIZES; i++)
		q->sizes[i] = sizes[i];
	for (unsigned i = 0; i < QUEUE_FREE_LISTS; i++) {
		q->places[i].bytes = (uint32_t)slot_bytes(q, i);
		q->places[i].offset = list_is_extended(i) ? sizeof(struct request_extra) : 0;
	}
}

struct request_block *queue_create_block(const struct queue_sched *q, unsigned list)
{
	size_t bytes = q->places[list].bytes;
	struct request_block *block = malloc(QUEUE_BLOCK_BYTES);
	char *begin = (char *)(block + 1) + sizeof(block);

	if (block == NULL)
		return NULL;
	begin += -(uintptr_t)begin & (CACHE_LINE_BYTES - 1);
	*block = (struct request_block){
		.list = list,
		.mark = list << TASK_CLASS_SHIFT,
		.bytes = (uint32_t)bytes,
		.slots = (uint32_t)((size_t)((char *)block + QUEUE_BLOCK_BYTES - begin) / bytes),
		.tasks = begin + q->places[list].offset,
	};
	if (block->slots > QUEUE_BLOCK_SLOTS_MAX)
		block->slots = QUEUE_BLOCK_SLOTS_MAX;
	((struct request_block **)(void *)begin)[-1] = block;
	for (uint32_t i = 0; i < block->slots; i++)
		block->free[i / 64] |= (uint64_t)1 << i % 64;
	block->nfree = block->slots;
	return block;
}

static struct aml_task *take_slot_locked(struct queue_sched *q, struct request_block *block)
	REQUIRES(q)
{
	unsigned word = block->free[0] == 0;
	unsigned slot = word * 64 + (unsigned)__builtin_ctzll(block->free[word]);
	char *task = block->tasks + (size_t)slot * block->bytes;

	if (block->nfree == block->slots) {
		q->idle_bytes -= QUEUE_BLOCK_BYTES;
		if (q->idle_bytes < q->idle_low)
			q->idle_low = q->idle_bytes;
	}
	block->free[word] &= block->free[word] - 1;
	if (--block->nfree == 0)
		open_list_unlink(&q->open[block->list], block);
	((struct aml_task *)(void *)task)->priv.flags = block->mark | slot << TASK_SLOT_SHIFT;
	return (struct aml_task *)(void *)task;
}

/* Take up to n slots of a block that has a free one. Return their number. */
static size_t take_slots_locked(struct queue_sched *q, struct request_block *block, size_t n,
				struct aml_task **tasks) REQUIRES(q)
{
	size_t taken = 0;

	if (block->nfree == block->slots) {
		q->idle_bytes -= QUEUE_BLOCK_BYTES;
		if (q->idle_bytes < q->idle_low)
			q->idle_low = q->idle_bytes;
	}
	for (unsigned word = 0; word < QUEUE_BLOCK_SLOTS_MAX / 64; word++) {
		uint64_t free = block->free[word];

		for (; free != 0 && taken < n; free &= free - 1) {
			unsigned slot = word * 64 + (unsigned)__builtin_ctzll(free);
			char *at = block->tasks + (size_t)slot * block->bytes;
			struct aml_task *task = (struct aml_task *)(void *)at;

			task->priv.flags = block->mark | slot << TASK_SLOT_SHIFT;
			tasks[taken++] = task;
		}
		block->free[word] = free;
	}
	block->nfree -= (uint32_t)taken;
	if (block->nfree == 0)
		open_list_unlink(&q->open[block->list], block);
	return taken;
}

struct aml_task *queue_take_free_locked(struct queue_sched *q, unsigned list)
{
	struct request_block *block = q->open[list].last;

	return block != NULL ? take_slot_locked(q, block) : NULL;
}

size_t queue_take_several_locked(struct queue_sched *q, unsigned list, size_t n,
				 struct aml_task **tasks)
{
	struct request_block *block;
	size_t taken = 0;

	while (taken < n && (block = q->open[list].last) != NULL)
		taken += take_slots_locked(q, block, n - taken, tasks + taken);
	return taken;
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
	q->chores = true;
}

void queue_put_free_locked(struct queue_sched *q, struct aml_task *task)
{
	struct request_block *block = block_of(q, task);
	uint32_t slot = task->priv.flags >> TASK_SLOT_SHIFT;

	task->priv.state = TASK_RETURNED;
	block->free[slot / 64] |= (uint64_t)1 << slot % 64;
	if (block->nfree++ == 0)
		open_list_push(&q->open[block->list], block);
	if (block->nfree == block->slots)
		block_idle_locked(q, block);
}

/* Report whether a task lies in a block. */
static bool is_in_block(const struct request_block *block, const struct aml_task *task)
{
	return (uintptr_t)task - (uintptr_t)block < QUEUE_BLOCK_BYTES;
}

void queue_put_several_locked(struct queue_sched *q, struct aml_task *const *tasks, size_t n)
{
	for (size_t i = 0; i < n;) {
		struct request_block *block = block_of(q, tasks[i]);
		uint32_t before = block->nfree;

		do {
			uint32_t slot = tasks[i]->priv.flags >> TASK_SLOT_SHIFT;

			tasks[i]->priv.state = TASK_RETURNED;
			block->free[slot / 64] |= (uint64_t)1 << slot % 64;
			block->nfree++;
			i++;
		} while (i < n && is_in_block(block, tasks[i]));
		if (before == 0)
			open_list_push(&q->open[block->list], block);
		if (block->nfree == block->slots)
			block_idle_locked(q, block);
	}
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
