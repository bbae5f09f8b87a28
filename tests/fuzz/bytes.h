/* SPDX-License-Identifier: BSD-3-Clause */
/* What the fuzz targets share: a reader of the fuzzer's bytes, and the way to tell of a find. */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What a fuzzer calls for each input; replay.c does with each file. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The name of the target, that of its corpus's folder. */
extern const char fuzz_target[];

/* What replay.c puts into the environment, one at a time: NAME, VALUE, …, NULL. */
extern const char *const fuzz_variants[];

/* What must hold. */
#define MUST(condition)                                                                         \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* The bytes that are left; 0 for ever after the last. */
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

/* 0 to n - 1, n at most 256. */
static inline size_t take_below(struct bytes *bytes, size_t n)
{
	return take(bytes) % n;
}

static inline bool take_bool(struct bytes *bytes)
{
	return take(bytes) & 1;
}

#endif /* TESTS_FUZZ_BYTES_H */
