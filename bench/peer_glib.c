/* SPDX-License-Identifier: BSD-3-Clause */
/* GLib's GThreadPool with its own threads. The last task of a burst wakes the waiting thread. */
#include <glib.h>
#include <string.h>

#include "peers.h"

static struct {
	GThreadPool *threads;
	GMutex mutex;
	GCond done;
	gboolean finished;  /* guarded by `mutex` */
	volatile gint left; /* unfinished tasks; atomic */
	const struct task_copies *copies;
} pool;

/* A task is its offset in bytes plus one, because a task must not be NULL. */
static void work(gpointer task, gpointer unused)
{
	size_t at = GPOINTER_TO_SIZE(task) - 1;

	(void)unused;
	memcpy(pool.copies->dst + at, pool.copies->src + at, TASK_BYTES);
	if (!g_atomic_int_dec_and_test(&pool.left))
		return;
	g_mutex_lock(&pool.mutex);
	pool.finished = TRUE;
	g_cond_signal(&pool.done);
	g_mutex_unlock(&pool.mutex);
}

static int start(unsigned workers, size_t most)
{
	(void)most;
	g_mutex_init(&pool.mutex);
	g_cond_init(&pool.done);
	pool.threads = g_thread_pool_new(work, NULL, (gint)workers, TRUE, NULL);
	return pool.threads == NULL ? -1 : 0;
}

static void begin(const struct task_copies *copies, size_t tasks)
{
	pool.copies = copies;
	pool.finished = FALSE;
	g_atomic_int_set(&pool.left, (gint)tasks);
}

static void push(size_t at)
{
	g_thread_pool_push(pool.threads, GSIZE_TO_POINTER(at + 1), NULL);
}

static void wait_for_last(void)
{
	g_mutex_lock(&pool.mutex);
	while (!pool.finished)
		g_cond_wait(&pool.done, &pool.mutex);
	g_mutex_unlock(&pool.mutex);
}

static void one_by_one(const struct task_copies *copies)
{
	for (size_t i = 0; i < copies->count; i++) {
		begin(copies, 1);
		push(i % TASK_PLACES * TASK_BYTES);
		wait_for_last();
	}
}

static void burst(const struct task_copies *copies)
{
	begin(copies, copies->count);
	for (size_t i = 0; i < copies->count; i++)
		push(i * TASK_BYTES);
	wait_for_last();
}

static void stop(void)
{
	g_thread_pool_free(pool.threads, FALSE, TRUE);
	g_cond_clear(&pool.done);
	g_mutex_clear(&pool.mutex);
}

const struct task_peer peer_glib = {
	.name = "GLib GThreadPool",
	.start = start,
	.one_by_one = one_by_one,
	.burst = burst,
	.stop = stop,
};
