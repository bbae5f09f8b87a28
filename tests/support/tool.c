/* SPDX-License-Identifier: BSD-3-Clause */
/* Detection of tools that make tests slow: see tool.h. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

bool under_sanitizer(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
	return true;
#else
	return false;
#endif
#else
	return false;
#endif
}

/* ThreadSanitizer makes code slower than the other sanitizers do. */
static bool under_tsan(void)
{
#if defined(__SANITIZE_THREAD__)
	return true;
#elif defined(__has_feature)
	return __has_feature(thread_sanitizer);
#else
	return false;
#endif
}

bool under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

bool under_helgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "helgrind") != NULL;
}

bool under_race_checker(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return under_helgrind() || (preload != NULL && strstr(preload, "vgpreload_drd") != NULL);
}

bool fork_spares_malloc(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return false;
#elif defined(__has_feature)
	return !__has_feature(address_sanitizer);
#else
	return true;
#endif
}

bool children_have_threads(void)
{
	return !under_tsan() && fork_spares_malloc();
}

size_t effort(size_t n)
{
	size_t part = n;

	if (under_valgrind())
		part = n / 50;
	else if (under_tsan())
		part = n / 8;
	else if (under_sanitizer())
		part = n / 4;
	if (getenv("AML_TEST_LONG") != NULL)
		part *= 10;
	return part > 0 ? part : 1;
}

size_t effort_at_once(size_t n)
{
	size_t part = effort(n);

	return part < n ? part : n;
}

bool effort_has(size_t i, size_t n)
{
	size_t part = effort(n);

	return i * part % n < part;
}

unsigned stretched(unsigned seconds)
{
	const char *factor = getenv("CK_TIMEOUT_MULTIPLIER");
	int times = factor != NULL ? atoi(factor) : 1;

	return times > 0 ? seconds * (unsigned)times : seconds;
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
