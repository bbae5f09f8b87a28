/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shifting layouts, and copies of them. Between any two calls of its operators, a shifting layout
 * may change its number of dimensions, extents, element size, base and steps. All elements that any
 * of the answers describes lie in one block of memory, with guard bytes around the block.
 *
 * A copy of such layouts must end, return a documented code, write only to the destination's
 * memory, and release every duplicate.
 */
#ifndef TESTS_SUPPORT_SHIFTING_H
#define TESTS_SUPPORT_SHIFTING_H

#include <stddef.h>

#include <aml.h>

/* The source of all choices. */
struct shifting_source {
	/* Returns 0 to n - 1. If it always returns 0, nothing changes. */
	size_t (*pick)(void *arg, size_t n);
	void *arg;
	/*
	 * If 0, each call of an operator may change the answers, by choice. Otherwise only call
	 * number `at`, counted from 1, changes them.
	 */
	size_t at;
};

/*
 * Make two layouts from shifting layouts, pads and reshapes, copy from one to the other, and
 * release both. Stores in `*calls` the number of operator calls that could have changed the
 * answers. Returns NULL, or a message about the failure.
 */
const char *shifting_run(const struct shifting_source *source, struct aml_dma *dma, size_t *calls);

#endif /* TESTS_SUPPORT_SHIFTING_H */
