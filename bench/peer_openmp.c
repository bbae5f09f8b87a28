/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OpenMP tasks. One thread of a team creates the tasks, and taskwait waits for them. The team is
 * formed once per operation, which has a thousand tasks or more.
 */
#include <string.h>

#include "peers.h"

static int team;

static int start(unsigned workers, size_t most)
{
	(void)most;
	team = (int)workers;
	return 0;
}

static void one_by_one(const struct task_copies *copies)
{
	char *dst = copies->dst;
	const char *src = copies->src;
	size_t count = copies->count;

#pragma omp parallel num_threads(team)
#pragma omp single
	for (size_t i = 0; i < count; i++) {
		size_t at = i % TASK_PLACES * TASK_BYTES;

#pragma omp task firstprivate(at, dst, src)
		memcpy(dst + at, src + at, TASK_BYTES);
#pragma omp taskwait
	}
}

static void burst(const struct task_copies *copies)
{
	char *dst = copies->dst;
	const char *src = copies->src;
	size_t count = copies->count;

#pragma omp parallel num_threads(team)
#pragma omp single
	{
		for (size_t i = 0; i < count; i++) {
#pragma omp task firstprivate(i, dst, src)
			memcpy(dst + i * TASK_BYTES, src + i * TASK_BYTES, TASK_BYTES);
		}
#pragma omp taskwait
	}
}

static void stop(void)
{
}

const struct task_peer peer_openmp = {
	.name = PEER_OPENMP,
	.start = start,
	.one_by_one = one_by_one,
	.burst = burst,
	.stop = stop,
};
