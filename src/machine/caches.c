/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the sizes of the caches in /sys. On some machines, the result of sysconf() is wrong by an
 * order of magnitude. sysconf() is used only if /sys has no sizes.
 */
#include <stdio.h>
#include <unistd.h>

#include "machine/caches.h"

enum {
	LAST_CACHE_GUESS_BYTES = 8 << 20,
	/* A guest may have a few CPUs of a large machine, and is shown its whole last-level cache.
	 */
	LAST_CACHE_BYTES_PER_CPU_MAX = 16 << 20,
};

/* Guesses, until find_caches() has run. Other constructors may copy before that. */
struct caches caches_found = {LAST_CACHE_GUESS_BYTES, LAST_CACHE_GUESS_BYTES / 2, 64, 8};

/*
 * Reads a number from the file `name` of cache `index` of CPU 0. Cache 0 is the first-level data
 * cache. Returns 0 if there is no such number.
 */
static size_t cache_number(int index, const char *name)
{
	char path[80];
	size_t number = 0;
	char unit = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%zu%c", &number, &unit) == 2)
		number <<= unit == 'M' ? 20 : unit == 'K' ? 10 : 0;
	fclose(file);
	return number;
}

/* The size of the largest cache, which is the last-level cache. Tests build with another size. */
static size_t last_cache_bytes(void)
{
	size_t largest = 0;

#ifdef CACHES_LAST_BYTES
	return CACHES_LAST_BYTES;
#endif
	/* Each cache has a level. On some machines, some caches have no size. */
	for (int index = 0; cache_number(index, "level") > 0; index++) {
		size_t size = cache_number(index, "size");

		if (size > largest)
			largest = size;
	}
#ifdef _SC_LEVEL3_CACHE_SIZE
	if (largest == 0 && sysconf(_SC_LEVEL3_CACHE_SIZE) > 0)
		largest = (size_t)sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
	return largest > 0 ? largest : LAST_CACHE_GUESS_BYTES;
}

/* Half of what this machine's CPUs may expect of the last-level cache: both sides of a copy. */
static size_t expected_stream_bytes(size_t last)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = (cpus > 0 ? (size_t)cpus : 1) * LAST_CACHE_BYTES_PER_CPU_MAX;

	return (last < most ? last : most) / 2;
}

/*
 * Runs when the library is loaded, so that caches() needs no check; before the constructors without
 * a priority, which use it.
 */
__attribute__((constructor(101))) static void find_caches(void)
{
	size_t sets = cache_number(0, "number_of_sets");
	size_t ways = cache_number(0, "ways_of_associativity");

	caches_found.last_bytes = last_cache_bytes();
	caches_found.stream_bytes = expected_stream_bytes(caches_found.last_bytes);
	if (sets > 0 && ways > 0) {
		caches_found.first_sets = sets;
		caches_found.first_ways = ways;
	}
}
