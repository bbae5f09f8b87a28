/* SPDX-License-Identifier: BSD-3-Clause */
/* Injected faults: wrappers that the linker substitutes for functions that acquire something. */
#include "faults.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What is to fail. No call fails while `fail_at` is 0. Calls may come from any thread. */
static atomic_int armed;
static atomic_ulong fail_at, matching, fired;
static atomic_bool fail_on;

static int affinity_error;
static size_t affinity_smaller;

static atomic_ulong calls[FAULT_KINDS];
static atomic_long threads;

/*
 * The allocated blocks, by address. The addresses are needed since the program also releases blocks
 * that the C library allocated internally (strdup) and that were not counted. Guarded by `lock`.
 */
struct counted_block {
	void *at;
	struct counted_block *next;
};

#define BUCKETS 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct counted_block *buckets[BUCKETS];
static long blocks;

void faults_arm(enum fault_kind kind, unsigned long n, bool on)
{
	for (int i = 0; i < FAULT_KINDS; i++)
		atomic_store(&calls[i], 0);
	atomic_store(&matching, 0);
	atomic_store(&fired, 0);
	atomic_store(&armed, (int)kind);
	atomic_store(&fail_on, on);
	atomic_store(&fail_at, n);
}

void faults_affinity(int error, size_t smaller)
{
	affinity_error = error;
	affinity_smaller = smaller;
}

unsigned long faults_disarm(void)
{
	atomic_store(&fail_at, 0);
	return atomic_load(&fired);
}

unsigned long faults_calls(enum fault_kind kind)
{
	return atomic_load(&calls[kind]);
}

long faults_blocks(void)
{
	long n;

	pthread_mutex_lock(&lock);
	n = blocks;
	pthread_mutex_unlock(&lock);
	return n;
}

long faults_threads(void)
{
	return atomic_load(&threads);
}

const char *faults_name(enum fault_kind kind)
{
	static const char *const names[] = {"memory", "thread", "atfork", "mutex",
					    "cond",   "file",   "any"};

	return names[kind];
}

/* Count a call. Return whether it is to fail. */
static bool fails(enum fault_kind kind)
{
	unsigned long at = atomic_load(&fail_at), n;
	int which = atomic_load(&armed);

	if (at == 0)
		return false;
	atomic_fetch_add(&calls[kind], 1);
	if (which != (int)kind && which != FAULT_ANY)
		return false;
	n = atomic_fetch_add(&matching, 1) + 1;
	if (n != at && !(n > at && atomic_load(&fail_on)))
		return false;
	atomic_fetch_add(&fired, 1);
	return true;
}

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

/* The linker's names of the real functions, and of their replacements. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **block, size_t alignment, size_t size);
int __wrap_posix_memalign(void **block, size_t alignment, size_t size);
void __real_free(void *block);
void __wrap_free(void *block);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg);
int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);
int __real_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __real_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr);
int __real_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);
int __real_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *cpus);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *cpus);
int __wrap_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr);

static struct counted_block **bucket_of(const void *at)
{
	return &buckets[((uintptr_t)at >> 4) % BUCKETS];
}

/* Count a new block, unless it is NULL. */
static void *counted(void *at)
{
	struct counted_block *block;

	if (at == NULL)
		return NULL;
	block = __real_malloc(sizeof(*block));
	if (block == NULL)
		abort();
	block->at = at;
	pthread_mutex_lock(&lock);
	block->next = *bucket_of(at);
	*bucket_of(at) = block;
	blocks++;
	pthread_mutex_unlock(&lock);
	return at;
}

/* Stop counting a block before its release. Return whether it was counted. */
static bool forget(void *at)
{
	struct counted_block **link, *block;

	pthread_mutex_lock(&lock);
	link = bucket_of(at);
	while (*link != NULL && (*link)->at != at)
		link = &(*link)->next;
	block = *link;
	if (block != NULL) {
		*link = block->next;
		blocks--;
	}
	pthread_mutex_unlock(&lock);
	__real_free(block);
	return block != NULL;
}

void *__wrap_malloc(size_t size)
{
	return fails(FAULT_MEMORY) ? no_memory() : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails(FAULT_MEMORY) ? no_memory() : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	bool known;
	void *moved;

	if (fails(FAULT_MEMORY))
		return no_memory();
	known = block == NULL || forget(block);
	moved = __real_realloc(block, size);
	/* If memory runs out, the block stays where it was. */
	if (known)
		counted(moved == NULL && size > 0 ? block : moved);
	return moved;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails(FAULT_MEMORY) ? no_memory() : counted(__real_aligned_alloc(alignment, size));
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t size)
{
	int err = fails(FAULT_MEMORY) ? ENOMEM : __real_posix_memalign(block, alignment, size);

	if (err == 0)
		counted(*block);
	return err;
}

void __wrap_free(void *block)
{
	if (block != NULL)
		forget(block);
	__real_free(block);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg)
{
	int err = fails(FAULT_THREAD) ? EAGAIN : __real_pthread_create(thread, attr, fn, arg);

	if (err == 0)
		atomic_fetch_add(&threads, 1);
	return err;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
	int err = __real_pthread_join(thread, result);

	if (err == 0)
		atomic_fetch_sub(&threads, 1);
	return err;
}

int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	return fails(FAULT_ATFORK) ? ENOMEM : __real_pthread_atfork(prepare, parent, child);
}

int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
	return fails(FAULT_MUTEX) ? ENOMEM : __real_pthread_mutex_init(mutex, attr);
}

int __wrap_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
	return fails(FAULT_COND) ? ENOMEM : __real_pthread_cond_init(cond, attr);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	if (!fails(FAULT_FILE))
		return __real_fopen(path, mode);
	errno = EMFILE;
	return NULL;
}

int __wrap_eventfd(unsigned count, int flags)
{
	if (!fails(FAULT_FILE))
		return __real_eventfd(count, flags);
	errno = EMFILE;
	return -1;
}

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *cpus)
{
	if (size >= affinity_smaller)
		return __real_sched_getaffinity(pid, size, cpus);
	errno = affinity_error;
	return -1;
}

#ifdef __GLIBC__
/* The functions that CPU_ALLOC and CPU_FREE call. */
cpu_set_t *__real___sched_cpualloc(size_t n);
cpu_set_t *__wrap___sched_cpualloc(size_t n);
void __real___sched_cpufree(cpu_set_t *set);
void __wrap___sched_cpufree(cpu_set_t *set);

cpu_set_t *__wrap___sched_cpualloc(size_t n)
{
	return fails(FAULT_MEMORY) ? no_memory() : counted(__real___sched_cpualloc(n));
}

void __wrap___sched_cpufree(cpu_set_t *set)
{
	if (set != NULL)
		forget(set);
	__real___sched_cpufree(set);
}
#endif
