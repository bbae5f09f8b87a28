/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the fuzz targets: a reader of the fuzzer's bytes, and the assertion MUST(). */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Run one input. The fuzzer calls it for each input, replay.c for each file. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The name of the target, and of the folder of its corpus. */
extern const char fuzz_target[];

/*
 * Environment variables: NAME, VALUE, …, NULL. replay.c runs each input once for each pair, with
 * this variable set.
 */
extern const char *const fuzz_variants[];

/* Abort if the condition is false, which the fuzzer reports as a failing input. */
#define MUST(condition)                                                                         \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* The remaining bytes. After the last byte, each further byte is 0. */
struct bytes {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t take(struct bytes *bytes)
{
	if (bytes->left == 0)
		return 0;
	bytes->left--;
	return *bytes->at++;
}

/* 0 to n - 1. n is 1 to 256. */
static inline size_t take_below(struct bytes *bytes, size_t n)
{
	return take(bytes) % n;
}

static inline bool take_bool(struct bytes *bytes)
{
	return take(bytes) & 1;
}

#endif /* TESTS_FUZZ_BYTES_H */
