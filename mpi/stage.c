/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pool of stages. Stages of up to STAGE_SMALL_BYTES, and those larger than STAGE_BYTES, are
 * allocated each time.
 */
#include <stdlib.h>

#include "stage.h"

#define STAGE_ALIGNMENT 64
#define STAGE_SMALL_BYTES ((size_t)32 << 10)

static bool stage_is_kept(size_t bytes)
{
	return bytes > STAGE_SMALL_BYTES && bytes <= STAGE_BYTES;
}

static void *stage_allocate(size_t bytes)
{
	void *stage;

	return posix_memalign(&stage, STAGE_ALIGNMENT, bytes) == 0 ? stage : NULL;
}

void *stage_get(struct stage_pool *pool, size_t bytes)
{
	void *stage = NULL;

	if (!stage_is_kept(bytes))
		return stage_allocate(bytes);
	lock_acquire(&pool->lock);
	if (pool->nkept > 0)
		stage = pool->kept[--pool->nkept];
	lock_release(&pool->lock);
	return stage != NULL ? stage : stage_allocate(STAGE_BYTES);
}

void stage_put(struct stage_pool *pool, void *stage, size_t bytes)
{
	if (stage != NULL && stage_is_kept(bytes)) {
		lock_acquire(&pool->lock);
		if (pool->nkept < STAGES_KEPT) {
			pool->kept[pool->nkept++] = stage;
			stage = NULL;
		}
		lock_release(&pool->lock);
	}
	free(stage);
}

void stage_pool_make(struct stage_pool *pool)
{
	*pool = (struct stage_pool){.lock = LOCK_INITIALIZER};
}

void stage_pool_destroy(struct stage_pool *pool)
{
	while (pool->nkept > 0)
		free(pool->kept[--pool->nkept]);
	pthread_mutex_destroy(&pool->lock.mutex);
}
