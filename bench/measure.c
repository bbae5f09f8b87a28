/* SPDX-License-Identifier: BSD-3-Clause */
/* Measuring, see measure.h. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "progress.h"

#define MILLISECOND 1e6
#define SECOND 1e9

static double clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * SECOND + (double)ts.tv_nsec;
}

double now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

double cpu_time(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void pause_for(double ns)
{
	time_t seconds = (time_t)(ns / SECOND);
	struct timespec ts = {.tv_sec = seconds, .tv_nsec = (long)(ns - (double)seconds * SECOND)};

	nanosleep(&ts, NULL);
}

/* Pools of other libraries spin before they sleep, which would slow down the next contestant. */
void settle(void)
{
	double begun = now();
	double used;

	do {
		used = cpu_time();
		pause_for(MILLISECOND);
		used = cpu_time() - used;
	} while (used > 0.2 * MILLISECOND && now() - begun < 500 * MILLISECOND);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median_of(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* The state of a contestant while it is measured. */
struct course {
	struct contestant *contestant;
	size_t iterations; /* per turn */
	double operation;  /* the approximate time of one operation */
	double spent;      /* in all turns */
	double *times;     /* the time per unit in each turn */
	size_t turns;
};

/* The time of `iterations` operations; negative if one failed. */
static double time_of(const struct contestant *c, size_t iterations)
{
	double begun = now();

	for (size_t i = 0; i < iterations; i++) {
		if (c->run(c->arg) != 0)
			return -1;
	}
	return now() - begun;
}

/*
 * Warm up, and determine how many operations a turn needs to take long enough. A long operation
 * counts as the first turn.
 */
static int calibrate(const struct effort *effort, struct course *course, bool quick)
{
	double time, shortest = quick ? 0 : effort->turn_ns;

	time = time_of(course->contestant, 1);
	course->iterations = 1;
	if (time >= effort->long_ns) {
		course->times[course->turns++] = time / course->contestant->units;
		course->spent += time;
	} else if (time >= 0) {
		time = time_of(course->contestant, 1);
	}
	while (time >= 0 && time < shortest) {
		course->iterations *= 2;
		time = time_of(course->contestant, course->iterations);
	}
	course->operation = time / (double)course->iterations;
	return time < 0 ? -1 : 0;
}

static int take_turn(const struct effort *effort, struct course *course)
{
	const struct contestant *c = course->contestant;
	double time;

	settle();
	if (course->operation < effort->long_ns && c->run(c->arg) != 0)
		return -1;
	time = time_of(c, course->iterations);
	if (time < 0)
		return -1;
	course->times[course->turns++] = time / (double)course->iterations / c->units;
	course->spent += time;
	return 0;
}

static bool has_finished(const struct settings *settings, const struct course *course)
{
	return course->turns == settings->repetitions ||
	       (course->spent > settings->effort.budget_ns &&
		course->turns >= settings->effort.fewest);
}

static void finish(struct course *course)
{
	struct contestant *c = course->contestant;

	c->median = median_of(course->times, course->turns);
	c->best = course->times[0];
}

/* Calibrate all contestants, then take turns. NULL, or the contestant that failed. */
static const struct contestant *run_courses(const struct settings *settings, struct course *courses,
					    size_t count)
{
	const struct effort *effort = &settings->effort;

	for (size_t i = 0; i < count; i++) {
		progress_step(courses[i].contestant->name, 0, settings->repetitions);
		if (calibrate(effort, &courses[i], settings->quick) != 0)
			return courses[i].contestant;
	}
	for (unsigned turn = 0; turn < settings->repetitions; turn++) {
		for (size_t i = 0; i < count; i++) {
			struct course *course = &courses[(i + turn) % count];

			if (has_finished(settings, course))
				continue;
			progress_step(course->contestant->name, turn + 1, settings->repetitions);
			if (take_turn(effort, course) != 0)
				return course->contestant;
		}
	}
	for (size_t i = 0; i < count; i++)
		finish(&courses[i]);
	return NULL;
}

enum outcome measure(const struct settings *settings, struct contestant *contestants, size_t count,
		     struct results *out)
{
	struct course *courses = calloc(count, sizeof(*courses));
	double *times = calloc(count * settings->repetitions, sizeof(*times));
	enum outcome outcome = DONE;
	const struct contestant *failed;

	if (courses != NULL && times != NULL) {
		for (size_t i = 0; i < count; i++) {
			courses[i].contestant = &contestants[i];
			courses[i].times = times + i * settings->repetitions;
		}
		failed = run_courses(settings, courses, count);
		if (failed != NULL) {
			results_note(out, "%s: an operation failed", failed->name);
			outcome = FAILED;
		}
	} else {
		outcome = results_no_memory(out);
	}
	free(times);
	free(courses);
	return outcome;
}

static void buffer_advise(enum pages pages, void *buffer, size_t bytes)
{
#ifdef MADV_HUGEPAGE
	if (pages == PAGES_THP)
		madvise(buffer, bytes, MADV_HUGEPAGE);
	else if (pages == PAGES_4K)
		madvise(buffer, bytes, MADV_NOHUGEPAGE);
#else
	(void)pages;
	(void)buffer;
	(void)bytes;
#endif
}

void *buffer_create(const struct settings *settings, size_t bytes)
{
	void *buffer =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (buffer == MAP_FAILED)
		return NULL;
	buffer_advise(settings->pages, buffer, bytes);
	memset(buffer, 1, bytes);
	return buffer;
}

void buffer_destroy(void *buffer, size_t bytes)
{
	if (buffer != NULL)
		munmap(buffer, bytes);
}

/* The bytes make numbers that peers can multiply by 1 without a change: no NaN, no tiny number. */
void buffer_fill(void *buffer, size_t bytes)
{
	unsigned char *at = buffer;
	uint64_t state = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < bytes; i += sizeof(state)) {
		size_t left = bytes - i;
		uint64_t value;

		state = state * 6364136223846793005u + 1442695040888963407u;
		value = ((state ^ state >> 29) & 0x3f3f3f3f3f3f3f3fu) + 0x2020202020202020u;
		memcpy(at + i, &value, left < sizeof(value) ? left : sizeof(value));
	}
}

/* The number after `key` in a file, or the first number if `key` is NULL. Negative: none. */
static double number_in(const char *path, const char *key)
{
	FILE *stream = fopen(path, "re");
	char line[256];
	double value = -1;

	if (stream == NULL)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), stream) != NULL) {
		const char *at = line;
		char *end;

		if (key != NULL && strncmp(line, key, strlen(key)) != 0)
			continue;
		at += key == NULL ? 0 : strlen(key);
		value = strtod(at, &end);
		if (end == at)
			value = -1;
	}
	fclose(stream);
	return value;
}

/* The memory that is available on this machine or in this container, in bytes. */
static double memory_available(void)
{
	double available = 1024 * number_in("/proc/meminfo", "MemAvailable:");
	double limit = number_in("/sys/fs/cgroup/memory.max", NULL);
	double used = number_in("/sys/fs/cgroup/memory.current", NULL);

	if (available < 0)
		available = (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
	if (limit >= 0 && used >= 0 && limit - used < available)
		available = limit - used;
	return available;
}

bool memory_suffices(double bytes, struct results *out)
{
	double available = memory_available();

	if (bytes < 0.8 * available)
		return true;
	results_note(out, "this case needs %.0f MiB of memory, but only %.0f MiB are available",
		     bytes / 1048576, available / 1048576);
	return false;
}
