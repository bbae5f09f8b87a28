/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts how often each kind of plan and each kernel runs. tests/copy/test_kernels.c checks that
 * its copies reach all of them. COUNT() compiles to nothing unless the library is built with
 * KERNELS_COUNT, as it is for tests.
 */
#ifndef KERNELS_COUNT_H
#define KERNELS_COUNT_H

#ifdef KERNELS_COUNT

/* A place in the code that is counted. */
struct kernels_count {
	const char *isa;  /* its instruction set; "": any; "wide": any with wider tiles than SSE2 */
	const char *name; /* its own name */
	unsigned long n;  /* changed by atomic operations */
};

/* The linker gathers the addresses of all places in an array, from the first to the last. */
extern struct kernels_count *__start_kernels_counts[], *__stop_kernels_counts[];

#define COUNT(when, isa, name)                                                       \
	do {                                                                         \
		static struct kernels_count counted = {isa, name, 0};                \
		static struct kernels_count *counted_at                              \
			__attribute__((section("kernels_counts"), used)) = &counted; \
		if (when)                                                            \
			__atomic_fetch_add(&counted.n, 1, __ATOMIC_RELAXED);         \
	} while (0)

#else
#define COUNT(when, isa, name) ((void)0)
#endif

#endif /* KERNELS_COUNT_H */
