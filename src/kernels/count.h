/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts how often each kind of plan and each kernel runs. tests/copy/test_kernels.c checks that
 * its copies reach every counter. COUNT() compiles to nothing unless KERNELS_COUNT is defined. The
 * test build of the library defines it.
 */
#ifndef KERNELS_COUNT_H
#define KERNELS_COUNT_H

#ifdef KERNELS_COUNT

/* A counter at one place in the code. */
struct kernels_count {
	/*
	 * Its set; "": any; "wide": any set with tiles wider than those of SSE2; "shuffle": any set
	 * that has a shuffle; "lanes": any set that has a shuffle without masks; "stepped": any set
	 * that has stepped().
	 */
	const char *isa;
	const char *name; /* of the counter */
	unsigned long n;  /* atomic */
};

/* The linker collects the addresses of all counters in an array, which lies between these. */
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
