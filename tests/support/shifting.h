/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layouts that change their answers between any two calls of their operators, and copies of them:
 * number of dimensions, extents, element size, base and steps. What all their answers reach lies in
 * one memory, with guard bytes around it.
 *
 * A copy of such layouts returns a code that it may return, ends, writes to nothing but the
 * destination's memory, and leaves no duplicate behind.
 */
#ifndef TESTS_SUPPORT_SHIFTING_H
#define TESTS_SUPPORT_SHIFTING_H

#include <stddef.h>

#include <aml.h>

/* Where the choices come from. */
struct shifting_source {
	/* 0 to n - 1. Always 0: nothing changes. */
	size_t (*pick)(void *arg, size_t n);
	void *arg;
	/* 0: the answers change by choice. Else once, when this call of an operator is made. */
	size_t at;
};

/*
 * Make two layouts of such layouts, pads and reshapes, copy from one to the other, and release all.
 * `*calls`: how many calls of operators could have changed something. Returns NULL, or what went
 * wrong.
 */
const char *shifting_run(const struct shifting_source *source, struct aml_dma *dma, size_t *calls);

#endif /* TESTS_SUPPORT_SHIFTING_H */
