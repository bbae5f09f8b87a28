/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of requests. */
#ifndef ASYNC_QUEUE_MEMORY_H
#define ASYNC_QUEUE_MEMORY_H

#include "async/queue_request.h"

/* A block of memory for requests. */
struct request_block;

/* Set the size in bytes of the requests of each class, before anything is submitted. */
void queue_set_sizes(struct queue_sched *q, const size_t sizes[QUEUE_SIZES]);

/*
 * Take the memory of a request from free list `list`. NULL: the list is empty. Then create a block
 * without the lock, and take the memory from the block. Of the private members of the task, only
 * `flags` is set: its list and its slot, which the request must keep.
 */
struct aml_task *queue_take_free_locked(struct queue_sched *q, unsigned list) REQUIRES(q);

/* Take the memory of up to n requests in the same way. Return their number. */
size_t queue_take_several_locked(struct queue_sched *q, unsigned list, size_t n,
				 struct aml_task **tasks) REQUIRES(q);

/* Allocate a block. NULL: out of memory. */
struct request_block *queue_create_block(const struct queue_sched *q, unsigned list);

/* Add a block to the scheduler, which then owns it, and take the memory of a request from it. */
struct aml_task *queue_take_new_locked(struct queue_sched *q, struct request_block *block)
	REQUIRES(q);

/* Put a request into its block. If the block has no other request, it may go to `surplus`. */
void queue_put_free_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/* Put n requests into their blocks. */
void queue_put_several_locked(struct queue_sched *q, struct aml_task *const *tasks, size_t n)
	REQUIRES(q);

/* Pass blocks that are linked by `next` to free(). */
void queue_free_surplus(struct request_block *blocks);

/* Free all blocks of a scheduler that no thread uses any more. */
void queue_free_blocks(struct queue_sched *q);

#endif /* ASYNC_QUEUE_MEMORY_H */
