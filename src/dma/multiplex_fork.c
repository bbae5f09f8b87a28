/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Multiplexers across fork(). fork() takes the lock of each multiplexer, so that the child finds
 * its state complete, before it takes the locks of the queues. It takes the lock of the newest
 * first: an outer multiplexer is newer than its inner ones.
 *
 * In the child, only the forking thread exists. What other threads had claimed is free again. What
 * other threads were posting has failed, and so has each part for which they were inside a call of
 * an inner engine that releases its request: nobody knows how far this call had come, so the handle
 * is not used any more. The inner engine releases what is left. All else is left to the inner
 * engines.
 */
#include "dma/multiplex_fork.h"

#include <aml/utils/error.h>

#include "dma/linux.h"
#include "dma/multiplex_claim.h"

struct multiplexers {
	struct multiplex *first, *last;
};
DEFINE_LIST(multiplexers, struct multiplex, next_of_all, prev_of_all)

/* Guards the two variables below. Taken before the lock of any multiplexer. */
static struct lock multiplexers_lock = LOCK_INITIALIZER;
static struct multiplexers all_multiplexers GUARDED_BY(multiplexers_lock);
static bool fork_is_handled GUARDED_BY(multiplexers_lock);

/* Not analysed: the handlers take and release the locks of any number of multiplexers. */
static void lock_multiplexers(void) NOT_ANALYSED
{
	lock_acquire(&multiplexers_lock);
	for (struct multiplex *m = all_multiplexers.last; m != NULL; m = m->prev_of_all)
		lock_acquire(&m->lock);
}

static void unlock_multiplexers(void) NOT_ANALYSED
{
	for (struct multiplex *m = all_multiplexers.first; m != NULL; m = m->next_of_all)
		lock_release(&m->lock);
	lock_release(&multiplexers_lock);
}

static void fail_part(struct multiplex_request *r, size_t i)
{
	r->pub.reqs[i] = NULL;
	r->parts[i].code = -AML_FAILURE;
	r->parts[i].done = true;
	r->parts[i].ending = false;
}

/* Take an unfinished request away from a thread that does not exist in the child. */
static void free_request_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m)
{
	bool posting = r->state == MULTIPLEX_POSTING;

	if (r->state == MULTIPLEX_POSTED || pthread_equal(r->user, pthread_self()))
		return;
	/* The frame does not exist any more. */
	if (r->framed) {
		multiplex_list_unlink(&m->unfinished, r);
		return;
	}
	for (size_t i = 0; i < r->pub.count; i++)
		if (posting || (r->parts[i].ending && !r->parts[i].done))
			fail_part(r, i);
	if (posting && r->detached)
		multiplex_owned_list_push(&m->owned, r);
	multiplex_unclaim_locked(m, r);
}

static void renew_multiplex(struct multiplex *m) NOT_ANALYSED
{
	struct multiplex_request *next;

	lock_renew(&m->lock);
	m->sleepers = (struct multiplex_sleepers){NULL, NULL};
	m->destroyer = NULL;
	m->callers = 0;
	for (size_t i = 0; i < m->data.count; i++)
		m->engines[i].rate.active = 0;
	for (struct multiplex_request *r = m->unfinished.first; r != NULL; r = next) {
		next = r->next;
		r->orphan = true;
		for (size_t i = 0; i < r->pub.count; i++)
			r->parts[i].timed = false;
		free_request_locked(m, r);
	}
}

static void renew_multiplexers(void) NOT_ANALYSED
{
	for (struct multiplex *m = all_multiplexers.first; m != NULL; m = m->next_of_all)
		renew_multiplex(m);
	lock_renew(&multiplexers_lock);
}

/* Register the fork handlers, once: after those of the queues, so that fork() calls them before. */
static int handle_multiplexers_fork(void)
{
	int err = linux_handle_fork();

	if (err != AML_SUCCESS)
		return err;
	lock_acquire(&multiplexers_lock);
	if (!fork_is_handled)
		fork_is_handled = pthread_atfork(lock_multiplexers, unlock_multiplexers,
						 renew_multiplexers) == 0;
	err = fork_is_handled ? AML_SUCCESS : -AML_ENOMEM;
	lock_release(&multiplexers_lock);
	return err;
}

/* At load time, for the reason given in queue_fork.c. */
__attribute__((constructor)) static void handle_multiplexers_early(void)
{
	(void)handle_multiplexers_fork();
}

int multiplex_register(struct multiplex *m)
{
	int err = handle_multiplexers_fork();

	if (err != AML_SUCCESS)
		return err;
	lock_acquire(&multiplexers_lock);
	multiplexers_push(&all_multiplexers, m);
	lock_release(&multiplexers_lock);
	return AML_SUCCESS;
}

void multiplex_unregister(struct multiplex *m)
{
	lock_acquire(&multiplexers_lock);
	multiplexers_unlink(&all_multiplexers, m);
	lock_release(&multiplexers_lock);
}
