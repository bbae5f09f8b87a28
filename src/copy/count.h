/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often each kind of plan and each kernel ran, for the test that none of them is left out
 * (tests/copy/test_kernels.c). Counted in a library built with COPY_COUNT alone; elsewhere COUNT()
 * is nothing. A new kernel gets a COUNT() of its own, and is to be reached from then on.
 */
#ifndef COPY_COUNT_H
#define COPY_COUNT_H

#ifdef COPY_COUNT

/*
 * A place that counts, by the name of its instruction set and of its own. "": that of any set,
 * "wide": of those with wider tiles than SSE2.
 */
struct copy_count {
	const char *isa, *name;
	unsigned long n; /* changed by atomic operations */
};

/* The linker gathers the addresses of all places in an array, from the first to the last. */
extern struct copy_count *__start_copy_counts[], *__stop_copy_counts[];

#define COUNT(when, isa, name)                                                               \
	do {                                                                                 \
		static struct copy_count place = {isa, name, 0};                             \
		static struct copy_count *at __attribute__((section("copy_counts"), used)) = \
			&place;                                                              \
		if (when)                                                                    \
			__atomic_fetch_add(&place.n, 1, __ATOMIC_RELAXED);                   \
	} while (0)

#else
#define COUNT(when, isa, name) ((void)0)
#endif

#endif /* COPY_COUNT_H */
