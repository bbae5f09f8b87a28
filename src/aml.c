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
#include <aml/dma/linux.h>

#include "async/queue_sched.h"
#include "machine/cpus.h"

const int aml_version_major = AML_VERSION_MAJOR;
const int aml_version_minor = AML_VERSION_MINOR;
const int aml_version_patch = AML_VERSION_PATCH;
const char *aml_version_revision = AML_VERSION_REVISION;
const char *aml_version_string = AML_VERSION_STRING;

struct aml_dma *aml_dma_linux;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long inits; /* calls of aml_init() that were not undone */
static bool handled;        /* the fork handlers are in place */

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

static void after_fork_in_child(void)
{
	/* As in queue_fork.c: let go and made anew. */
	pthread_mutex_unlock(&lock);
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

/* fork() takes `lock` before the schedulers' locks, as aml_init() does: the last one registered
 * goes first. */
static int handle_fork(void)
{
	int err = queue_handle_fork();

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
static int num_threads(size_t *n)
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
static int start(void)
{
	size_t n;
	int err = num_threads(&n);

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
	pthread_mutex_lock(&lock);
	if (inits == 0)
		err = start();
	if (err == AML_SUCCESS)
		inits++;
	pthread_mutex_unlock(&lock);
	return err;
}

int aml_finalize(void)
{
	struct aml_dma *last;
	int err = AML_SUCCESS;

	pthread_mutex_lock(&lock);
	if (inits == 0)
		err = -AML_EINVAL;
	else if (inits == 1 &&
		 queue_inside(queue_of(((struct aml_dma_linux_data *)aml_dma_linux->data)->sched)))
		err = -AML_EBUSY;
	else
		inits--;
	if (err != AML_SUCCESS || inits > 0) {
		pthread_mutex_unlock(&lock);
		return err;
	}
	last = aml_dma_linux;
	pthread_mutex_unlock(&lock);
	/* What it still runs may use aml_dma_linux to the end. */
	aml_dma_linux_destroy(&last);
	pthread_mutex_lock(&lock);
	/* Unless it was started again meanwhile. */
	if (inits == 0)
		aml_dma_linux = NULL;
	pthread_mutex_unlock(&lock);
	return AML_SUCCESS;
}
