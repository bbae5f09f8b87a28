/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limit of the memory. New threads wait at a closed gate, so they can be ended if one of them
 * cannot be created. Once the gate is open, the threads and the caller meet at a barrier before
 * and after each copy.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "limit.h"

struct share {
	struct limit *limit;
	pthread_t thread;
	char *dst;
	const char *src;
	size_t bytes;
};

struct limit {
	pthread_mutex_t gate; /* held while threads are created */
	pthread_barrier_t barrier;
	limit_fn copy;
	unsigned threads;
	bool over; /* written before the gate or the barrier opens, read afterwards */
	struct share shares[];
};

static void *work(void *arg)
{
	struct share *share = arg;
	struct limit *limit = share->limit;

	pthread_mutex_lock(&limit->gate);
	pthread_mutex_unlock(&limit->gate);
	if (limit->over)
		return NULL;
	for (;;) {
		pthread_barrier_wait(&limit->barrier);
		if (limit->over)
			return NULL;
		limit->copy(share->dst, share->src, share->bytes);
		pthread_barrier_wait(&limit->barrier);
	}
}

int limit_run(void *arg)
{
	struct limit *limit = arg;
	struct share *own = &limit->shares[0];

	pthread_barrier_wait(&limit->barrier);
	limit->copy(own->dst, own->src, own->bytes);
	pthread_barrier_wait(&limit->barrier);
	return 0;
}

/* Split the buffers into shares of whole cache lines. The last share has the rest. */
static void deal(struct limit *limit, void *dst, const void *src, size_t bytes)
{
	size_t each = bytes / limit->threads & ~(size_t)63;

	for (unsigned i = 0; i < limit->threads; i++) {
		struct share *share = &limit->shares[i];

		share->limit = limit;
		share->dst = (char *)dst + i * each;
		share->src = (const char *)src + i * each;
		share->bytes = i + 1 < limit->threads ? each : bytes - i * each;
	}
}

static void release(struct limit *limit, unsigned started)
{
	for (unsigned i = 1; i < started; i++)
		pthread_join(limit->shares[i].thread, NULL);
	pthread_barrier_destroy(&limit->barrier);
	pthread_mutex_destroy(&limit->gate);
	free(limit);
}

struct limit *limit_create(unsigned threads, limit_fn copy, void *dst, const void *src,
			   size_t bytes)
{
	struct limit *limit = calloc(1, sizeof(*limit) + threads * sizeof(limit->shares[0]));
	unsigned started = 1;

	if (limit == NULL)
		return NULL;
	limit->copy = copy;
	limit->threads = threads;
	deal(limit, dst, src, bytes);
	pthread_mutex_init(&limit->gate, NULL);
	pthread_barrier_init(&limit->barrier, NULL, threads);
	pthread_mutex_lock(&limit->gate);
	while (started < threads && pthread_create(&limit->shares[started].thread, NULL, work,
						   &limit->shares[started]) == 0)
		started++;
	limit->over = started < threads;
	pthread_mutex_unlock(&limit->gate);
	if (started == threads)
		return limit;
	release(limit, started);
	return NULL;
}

void limit_destroy(struct limit *limit)
{
	if (limit == NULL)
		return;
	limit->over = true;
	pthread_barrier_wait(&limit->barrier);
	release(limit, limit->threads);
}
