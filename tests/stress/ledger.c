/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts allocated blocks. The linker replaces the allocator's functions: -Wl,--wrap=FUNCTION for
 * each __wrap_FUNCTION here. Blocks that the C library or pthreads allocate for themselves are not
 * counted.
 */
#include <aml.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "stress.h"

/*
 * All accesses are relaxed, so that an allocation does not order what the library fails to order.
 */
static atomic_long blocks;

static void *count(void *block)
{
	if (block != NULL)
		atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
	return block;
}

long stress_blocks(void)
{
	return atomic_load_explicit(&blocks, memory_order_relaxed);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **block, size_t alignment, size_t size);
void __real_free(void *block);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **block, size_t alignment, size_t size);
void __wrap_free(void *block);

void *__wrap_malloc(size_t size)
{
	return count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return count(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	void *moved = __real_realloc(block, size);

	return block == NULL ? count(moved) : moved;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return count(__real_aligned_alloc(alignment, size));
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t size)
{
	int err = __real_posix_memalign(block, alignment, size);

	if (err == 0)
		count(*block);
	return err;
}

void __wrap_free(void *block)
{
	if (block != NULL)
		atomic_fetch_sub_explicit(&blocks, 1, memory_order_relaxed);
	__real_free(block);
}

/*
 * The first scheduler of a process reads files. The C library allocates the lines, and the library
 * frees them.
 */
__attribute__((constructor)) static void create_first_scheduler(void)
{
	struct aml_sched *sched = aml_queue_sched_create(1);

	aml_queue_sched_destroy(&sched);
	blocks = 0;
}
