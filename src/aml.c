/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library's beginning and end: the engine that every program has, and how often it was
 * asked for.
 *
 * `lock` guards the count and aml_dma_linux. The engine is destroyed without it held, since
 * operators that it still runs may call aml_init() or aml_finalize().
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include <aml.h>

#include "dma/linux.h"
#include "machine/cpus.h"
#include "util/lock.h"

const int aml_version_major = AML_VERSION_MAJOR;
const int aml_version_minor = AML_VERSION_MINOR;
const int aml_version_patch = AML_VERSION_PATCH;
const char *aml_version_revision = AML_VERSION_REVISION;
const char *aml_version_string = AML_VERSION_STRING;

struct aml_dma *aml_dma_linux;

static struct lock lock = LOCK_INITIALIZER;
/* Calls of aml_init() that were not undone. */
static unsigned long inits GUARDED_BY(lock);
static bool handled; /* the fork handlers are in place; at load time, then guarded by `lock` */

/* fork() holds the lock from the first of these to one of the others, which is not analysed. */
static void before_fork(void) NOT_ANALYSED
{
	lock_acquire(&lock);
}

static void after_fork_in_parent(void) NOT_ANALYSED
{
	lock_release(&lock);
}

static void after_fork_in_child(void) NOT_ANALYSED
{
	lock_renew(&lock);
}

/* fork() takes `lock` before the schedulers' locks, as aml_init() does: the last one registered
 * goes first. */
static int handle_fork(void)
{
	int err = linux_handle_fork();

	if (err != AML_SUCCESS || handled)
		return err;
	if (pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0)
		return -AML_ENOMEM;
	handled = true;
	return AML_SUCCESS;
}

/* At load time, as in queue_fork.c. */
__attribute__((constructor)) static void handle_fork_early(void)
{
	(void)handle_fork();
}

/* How many workers aml_dma_linux is to have. */
static int choose_num_threads(size_t *n)
{
	const char *text = getenv("AML_DMA_NUM_THREADS");
	size_t value = 0;

	if (text == NULL) {
		*n = machine_cpus();
		return AML_SUCCESS;
	}
	if (*text == '\0')
		return -AML_EINVAL;
	for (; *text != '\0'; text++)
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (size_t)(*text - '0'), &value))
			return -AML_EINVAL;
	*n = value;
	return AML_SUCCESS;
}

/* The first aml_init(). */
static int start_library(void)
{
	size_t n;
	int err = choose_num_threads(&n);

	if (err == AML_SUCCESS)
		err = handle_fork();
	if (err == AML_SUCCESS)
		err = aml_dma_linux_create(&aml_dma_linux, n);
	return err;
}

int aml_init(int *argc, char **argv[])
{
	int err = AML_SUCCESS;

	(void)argc;
	(void)argv;
	lock_acquire(&lock);
	if (inits == 0)
		err = start_library();
	if (err == AML_SUCCESS)
		inits++;
	lock_release(&lock);
	return err;
}

int aml_finalize(void)
{
	struct aml_dma *last;
	int err = AML_SUCCESS;

	lock_acquire(&lock);
	if (inits == 0)
		err = -AML_EINVAL;
	else if (inits == 1 && linux_is_inside(aml_dma_linux))
		err = -AML_EBUSY;
	else
		inits--;
	if (err != AML_SUCCESS || inits > 0) {
		lock_release(&lock);
		return err;
	}
	last = aml_dma_linux;
	lock_release(&lock);
	/* What it still runs may use aml_dma_linux to the end. */
	aml_dma_linux_destroy(&last);
	lock_acquire(&lock);
	/* Unless it was started again meanwhile. */
	if (inits == 0)
		aml_dma_linux = NULL;
	lock_release(&lock);
	return AML_SUCCESS;
}
