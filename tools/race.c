/* SPDX-License-Identifier: BSD-3-Clause */
#include "race.h"

#include <stdlib.h>

#include "progress.h"
#include "util/clock.h"

enum { RACE_BATCH_MAX = 1 << 20 };

static int compare_turns(const void *one, const void *other)
{
	const double *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

/* The clock is read after 1, 2, 4, ... operations, so that reading it takes no part of the time. */
static int race_turn(struct race_runner *runner, unsigned round, uint64_t turn_ns)
{
	uint64_t from, now, count = 0;
	int err = runner->run(runner->arg);

	from = clock_ns();
	do {
		uint64_t batch = count > 0 ? count : 1;

		for (uint64_t i = 0; err == 0 && i < batch && i < RACE_BATCH_MAX; i++, count++)
			err = runner->run(runner->arg);
		now = clock_ns();
	} while (err == 0 && now - from < turn_ns);
	runner->turns_ns[round] = (double)(now - from) / (double)(count > 0 ? count : 1);
	return err;
}

int race_run(struct race_runner *runners, size_t count, unsigned rounds, uint64_t turn_ns,
	     const char *what)
{
	int err = 0;

	for (unsigned round = 0; err == 0 && round < rounds; round++) {
		progress_show(round, rounds, what);
		for (size_t i = 0; err == 0 && i < count; i++)
			err = race_turn(&runners[(i + round) % count], round, turn_ns);
	}
	for (size_t i = 0; err == 0 && i < count; i++) {
		struct race_runner *runner = &runners[i];

		qsort(runner->turns_ns, rounds, sizeof(*runner->turns_ns), compare_turns);
		runner->best_ns = runner->turns_ns[0];
		runner->median_ns = runner->turns_ns[rounds / 2];
	}
	return err;
}
