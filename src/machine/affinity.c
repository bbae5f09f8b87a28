/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of CPUs, of any size. */
#include "machine/affinity.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

/* Larger masks are not tried. */
enum { AFFINITY_CPUS_MAX = 1 << 20 };

int affinity_read(struct affinity *mask)
{
	int saved = errno, error = EINVAL;

	*mask = (struct affinity){NULL, 0};
	/* EINVAL: the kernel's mask is larger. */
	for (size_t n = CPU_SETSIZE; n <= AFFINITY_CPUS_MAX && error == EINVAL; n *= 2) {
		*mask = (struct affinity){.cpus = CPU_ALLOC(n), .bytes = CPU_ALLOC_SIZE(n)};
		if (mask->cpus == NULL)
			error = ENOMEM;
		else if (sched_getaffinity(0, mask->bytes, mask->cpus) == 0)
			error = 0;
		else
			error = errno;
		if (error != 0)
			affinity_release(mask);
	}
	errno = saved;
	return error;
}

int affinity_copy(struct affinity *set, const void *cpus, size_t bytes)
{
	size_t n;

	*set = (struct affinity){NULL, 0};
	if (__builtin_mul_overflow(bytes, CHAR_BIT, &n) || n > SIZE_MAX - CPU_SETSIZE)
		return ENOMEM;
	/* Of 0 bytes, the C library would make no set. */
	if (n == 0)
		n = CPU_SETSIZE;
	set->cpus = CPU_ALLOC(n);
	if (set->cpus == NULL)
		return ENOMEM;
	set->bytes = CPU_ALLOC_SIZE(n);
	CPU_ZERO_S(set->bytes, set->cpus);
	memcpy(set->cpus, cpus, bytes);
	return 0;
}

void affinity_release(struct affinity *set)
{
	if (set->cpus != NULL)
		CPU_FREE(set->cpus);
	*set = (struct affinity){NULL, 0};
}

size_t affinity_count(const struct affinity *set)
{
	return (size_t)CPU_COUNT_S(set->bytes, set->cpus);
}

void affinity_pick(const struct affinity *set, size_t i, struct affinity *one)
{
	size_t cpu = 0;

	while (!CPU_ISSET_S(cpu, set->bytes, set->cpus) || i-- > 0)
		cpu++;
	CPU_ZERO_S(one->bytes, one->cpus);
	CPU_SET_S(cpu, one->bytes, one->cpus);
}

#ifdef __GLIBC__
int affinity_create_thread(pthread_t *thread, pthread_attr_t *attr, const struct affinity *cpus,
			   void *(*run)(void *), void *arg)
{
	int error = 0;

	if (cpus != NULL)
		error = pthread_attr_setaffinity_np(attr, cpus->bytes, cpus->cpus);
	return error != 0 ? error : pthread_create(thread, attr, run, arg);
}
#else
/* Other C libraries, as musl, have no such attribute. A new thread inherits the creator's mask. */
int affinity_create_thread(pthread_t *thread, pthread_attr_t *attr, const struct affinity *cpus,
			   void *(*run)(void *), void *arg)
{
	struct affinity own;
	int error;

	if (cpus == NULL)
		return pthread_create(thread, attr, run, arg);
	error = affinity_read(&own);
	if (error != 0)
		return error;
	error = pthread_setaffinity_np(pthread_self(), cpus->bytes, cpus->cpus);
	if (error == 0) {
		error = pthread_create(thread, attr, run, arg);
		pthread_setaffinity_np(pthread_self(), own.bytes, own.cpus);
	}
	affinity_release(&own);
	return error;
}
#endif
