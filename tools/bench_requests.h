/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures requests of 64 bytes: what a copy costs beside its bytes. */
#ifndef TOOLS_BENCH_REQUESTS_H
#define TOOLS_BENCH_REQUESTS_H

#include "bench_row.h"

/* The ways to copy: synchronously, posted and waited for, and many that are posted. */
enum bench_way { BENCH_SYNC, BENCH_WAITED, BENCH_POSTED, BENCH_WAYS };

/* Measure one. Fails if a call does: does not return then. */
void bench_requests_measure(const struct bench_setting *setting, enum bench_way way,
			    struct bench_row *row);

#endif /* TOOLS_BENCH_REQUESTS_H */
