/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The start and the end of the library: the engine aml_dma_linux, and the count of aml_init().
 *
 * `init_lock` guards the count and aml_dma_linux. The engine is destroyed without the lock, because
 * operators that the engine still runs may call aml_init() or aml_finalize().
 */
#include <pthread.h>
#include <stdbool.h>

#include <aml.h>

#include "dma/linux.h"
#include "util/lock.h"

const int aml_version_major = AML_VERSION_MAJOR;
const int aml_version_minor = AML_VERSION_MINOR;
const int aml_version_patch = AML_VERSION_PATCH;
const char *aml_version_revision = AML_VERSION_REVISION;
const char *aml_version_string = AML_VERSION_STRING;

struct aml_dma *aml_dma_linux;

static struct lock init_lock = LOCK_INITIALIZER;
/* The number of calls of aml_init() that are not undone. */
static unsigned long init_count GUARDED_BY(init_lock);
/* The fork handlers are registered. Set at load time; then guarded by `init_lock`. */
static bool fork_handled;

/* Not analysed: fork() holds the lock from the first handler to one of the other two. */
static void before_fork(void) NOT_ANALYSED
{
	lock_acquire(&init_lock);
}

static void after_fork_in_parent(void) NOT_ANALYSED
{
	lock_release(&init_lock);
}

static void after_fork_in_child(void) NOT_ANALYSED
{
	lock_renew(&init_lock);
}

/*
 * Register the fork handlers, once. fork() calls the handler first that was registered last. So it
 * takes `init_lock` before the schedulers' locks, in the order in which aml_init() takes them.
 */
static int handle_fork(void)
{
	int err = linux_handle_fork();

	if (err != AML_SUCCESS || fork_handled)
		return err;
	if (pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0)
		return -AML_ENOMEM;
	fork_handled = true;
	return AML_SUCCESS;
}

/* At load time, for the reason given in queue_fork.c. */
__attribute__((constructor)) static void handle_fork_early(void)
{
	(void)handle_fork();
}

/* Do the work of the first aml_init(). */
static int start_library(void)
{
	int err = handle_fork();

	return err == AML_SUCCESS ? aml_dma_linux_create_attr(&aml_dma_linux, NULL) : err;
}

int aml_init(int *argc, char **argv[])
{
	int err = AML_SUCCESS;

	(void)argc;
	(void)argv;
	lock_acquire(&init_lock);
	if (init_count == 0)
		err = start_library();
	if (err == AML_SUCCESS)
		init_count++;
	lock_release(&init_lock);
	return err;
}

int aml_finalize(void)
{
	struct aml_dma *last;
	int err = AML_SUCCESS;

	lock_acquire(&init_lock);
	if (init_count == 0)
		err = -AML_EINVAL;
	else if (init_count == 1 && linux_is_inside(aml_dma_linux))
		err = -AML_EBUSY;
	else
		init_count--;
	if (err != AML_SUCCESS || init_count > 0) {
		lock_release(&init_lock);
		return err;
	}
	last = aml_dma_linux;
	lock_release(&init_lock);
	/* Operators that the engine still runs may use aml_dma_linux until they return. */
	aml_dma_linux_destroy(&last);
	lock_acquire(&init_lock);
	/* Another thread may have started the library again meanwhile. */
	if (init_count == 0)
		aml_dma_linux = NULL;
	lock_release(&init_lock);
	return AML_SUCCESS;
}
