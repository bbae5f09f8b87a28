/* SPDX-License-Identifier: BSD-3-Clause */
/* Notices forks by a handler that only sets a variable. */
#include <pthread.h>
#include <stdatomic.h>

#include "fork.h"

static atomic_bool is_child;
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;
static bool watches; /* written once */

static void note_child(void)
{
	atomic_store_explicit(&is_child, true, memory_order_relaxed);
}

static void watch_forks(void)
{
	watches = pthread_atfork(NULL, NULL, note_child) == 0;
}

bool fork_watch(void)
{
	return pthread_once(&watch_once, watch_forks) == 0 && watches;
}

bool fork_is_child(void)
{
	return atomic_load_explicit(&is_child, memory_order_relaxed);
}
