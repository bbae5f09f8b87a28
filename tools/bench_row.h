/* SPDX-License-Identifier: BSD-3-Clause */
/* What aml-dma bench measures of one copy, or of one way to make requests. */
#ifndef TOOLS_BENCH_ROW_H
#define TOOLS_BENCH_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "usage.h"

enum { BENCH_NAME_BYTES = 128 };

/* How much is measured. */
struct bench_effort {
	unsigned rounds;
	uint64_t turn_ns; /* see race.h */
};

struct bench_row {
	char name[BENCH_NAME_BYTES];
	/* What was copied, as aml-dma explain takes it. NULL: requests of small contiguous copies.
	 */
	const char *src, *dst, *permute; /* dst, permute: or NULL */
	uint64_t bytes;                  /* of a copy */
	double best_ns, median_ns;       /* of a copy, or of a request */
	/* The same bytes by memcpy() of C, in the calling thread. */
	double memcpy_best_ns, memcpy_median_ns;
	/* Whether the result was compared, which a pad in the destination prevents, and is right.
	 */
	bool compared, right;
};

/* The engine, and how to complain. */
struct bench_setting {
	const struct usage_command *command;
	struct aml_dma *dma;
	size_t workers;
	struct bench_effort effort;
};

#endif /* TOOLS_BENCH_ROW_H */
