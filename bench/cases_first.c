/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first copy of a new class of shapes against later ones: what the library learns of a class
 * must not cost much. Each sample is a child process, which has learnt nothing. The parent has no
 * engine while a child runs.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aml/dma/linux.h>

#include "progress.h"
#include "round.h"
#include "suite.h"

#define MIB ((size_t)1048576)
#define FIRST_BYTES (128 * MIB)
#define QUICK_BYTES ((size_t)16384)

#define SAMPLES 5
#define SAMPLES_AGAIN 15
#define LATER_COPIES 7

/* The speed of the first copy must reach this fraction of that of later ones. */
#define FIRST_NEED (1 / 1.15)

/* The times in one child, in nanoseconds. */
struct first_times {
	double first, later; /* `later`: the median */
};

/*
 * Let the engine's threads run once, on part of the buffers. Contiguous copies of this size are
 * another class than those that are timed.
 */
static int wake_engine(struct contest *contest)
{
	size_t bytes = shape_payload(&contest->shape) / 32;
	int err = 0;

	for (size_t i = 0; i < LATER_COPIES && err == 0; i++)
		err = aml_dma_copy_custom(contest->engines[0], address(contest->dst_buffer),
					  address(contest->src_buffer), aml_dma_linux_memcpy_op,
					  (void *)(uintptr_t)bytes);
	return err;
}

/* Time the copies of a contest. Returns 0, or -1 if a copy failed. */
static int time_copies(struct contest *contest, struct first_times *times)
{
	const struct layout_pair *pair = &contest->entrants[0].pair;
	double later[LATER_COPIES];

	for (size_t i = 0; i <= LATER_COPIES; i++) {
		double begun = now();

		if (aml_dma_copy(contest->engines[0], pair->dst, pair->src) != AML_SUCCESS)
			return -1;
		if (i == 0)
			times->first = now() - begun;
		else
			later[i - 1] = now() - begun;
	}
	times->later = median_of(later, LATER_COPIES);
	return 0;
}

/* The child: write the times to `end`. */
__attribute__((noreturn)) static void run_child(const struct bench_shape *shape,
						const struct settings *settings, int end)
{
	static struct results out;
	const struct bench_case c = {.shape = *shape};
	struct contest contest;
	struct first_times times;
	bool good;

	unsetenv("AML_DMA_TUNE_FILE");
	good = contest_open(&contest, &c, settings, &out) == DONE &&
	       contest_add_engine(&contest, contest_shape_layouts) != ENTRANTS_MAX;
	if (good) {
		/* The pages and the caches are as they are after a copy. */
		memcpy(contest.dst_buffer, contest.src_buffer, shape_payload(shape));
		good = wake_engine(&contest) == 0 && time_copies(&contest, &times) == 0 &&
		       write(end, &times, sizeof(times)) == (ssize_t)sizeof(times);
	}
	contest_close(&contest);
	_exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Measure in a new process. Returns -1 if that failed. */
static int measure_in_child(const struct bench_shape *shape, const struct settings *settings,
			    struct first_times *times)
{
	int ends[2], status = -1;
	ssize_t got;
	pid_t child;

	if (pipe(ends) != 0)
		return -1;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		run_child(shape, settings, ends[1]);
	}
	close(ends[1]);
	got = child < 0 ? -1 : read(ends[0], times, sizeof(*times));
	close(ends[0]);
	if (child > 0)
		waitpid(child, &status, 0);
	return got == (ssize_t)sizeof(*times) && status == 0 ? 0 : -1;
}

/* Take samples. Sets the medians of the times, and of the ratio. -1: a child failed. */
static int take_samples(const struct bench_shape *shape, const struct settings *settings,
			size_t count, struct first_times *medians, double *ratio)
{
	double first[SAMPLES_AGAIN], later[SAMPLES_AGAIN], ratios[SAMPLES_AGAIN];

	for (size_t i = 0; i < count; i++) {
		struct first_times times;

		settle();
		if (measure_in_child(shape, settings, &times) != 0)
			return -1;
		first[i] = times.first;
		later[i] = times.later;
		ratios[i] = times.later / times.first;
	}
	medians->first = median_of(first, count);
	medians->later = median_of(later, count);
	*ratio = median_of(ratios, count);
	return 0;
}

static void run_class(struct suite *suite, const char *about, const struct bench_shape *shape)
{
	const struct settings *settings = &suite->settings;
	struct problem_result result = {.payload = (double)shape_payload(shape)};
	struct score *score = &result.scores[YARD_LATER];
	struct first_times medians, again;
	int err;

	progress_step(about, 0, 0);
	err = take_samples(shape, settings, settings->quick ? 1 : SAMPLES, &medians, &score->ratio);
	score->need = FIRST_NEED;
	if (err == 0 && score->ratio < score->need && !settings->quick)
		err = take_samples(shape, settings, SAMPLES_AGAIN, &again, &score->again);
	if (err != 0) {
		results_note(suite->out, "problem %zu: the child process failed", suite->number);
		suite->outcome = FAILED;
		return;
	}
	result.best = result.median = medians.first;
	score->yard = medians.later;
	suite_report(suite, about, &result);
}

static enum outcome run_first(const struct bench_case *c, const struct settings *settings,
			      struct results *out)
{
	size_t bytes = settings->quick ? QUICK_BYTES : FIRST_BYTES;
	size_t side = settings->quick ? 40 : 4096, cube = settings->quick ? 9 : 250;
	const size_t swap[] = {1, 0}, turn[] = {2, 1, 0}, left[] = {1, 2, 0};
	const size_t six[] = {5, 3, 1, 4, 2, 0}, planes[] = {1, 0, 2};
	const struct {
		const char *about;
		struct bench_shape shape;
	} classes[] = {
		{"contiguous bytes", shape_flat(bytes)},
		{"rows of 1000 B of 1400 B", shape_block(bytes / 1000, 1000, 1400)},
		{"every second of 8 B", shape_take(8, bytes / 8, 2)},
		{"a matrix of 4 B, transposed",
		 shape_permuted(4, 2, (const size_t[]){2 * side, side}, swap)},
		{"a matrix of 8 B, transposed",
		 shape_permuted(8, 2, (const size_t[]){side, side}, swap)},
		{"a wide matrix of 8 B, transposed",
		 shape_permuted(8, 2, (const size_t[]){bytes / 8 / 30, 30}, swap)},
		{"a cube of 8 B, reversed",
		 shape_permuted(8, 3, (const size_t[]){cube, cube, cube}, turn)},
		{"a cube of 8 B, rotated",
		 shape_permuted(8, 3, (const size_t[]){cube, cube, cube}, left)},
		{"6 dimensions of 4 B, permuted",
		 shape_permuted(4, 6,
				settings->quick ? (const size_t[]){4, 3, 4, 3, 4, 2}
						: (const size_t[]){20, 15, 20, 15, 20, 19},
				six)},
		{"planes of 16 x 3 of 4 B, transposed",
		 shape_permuted(4, 3, (const size_t[]){16, 3, bytes / 192}, planes)},
		{"pixels of 3 B to planes", shape_planes(3, bytes / 3)},
	};
	struct suite suite;

	suite_open(&suite, c, settings, settings->workers, out);
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (suite_wants(&suite))
			run_class(&suite, classes[i].about, &classes[i].shape);
	}
	return suite_close(&suite);
}

void add_first_cases(struct case_list *list, const struct settings *settings)
{
	const struct bench_case first = {.name = "first/classes",
					 .about = "the first copy of 128 MiB of a new class of "
						  "shapes, against later ones",
					 .on_request = true,
					 .run = run_first};

	(void)settings;
	case_list_add(list, &first);
}
