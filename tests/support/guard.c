/* SPDX-License-Identifier: BSD-3-Clause */
/* Guarded memory: see guard.h. */
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The offset of the memory in its pages, in bytes. */
static size_t place(struct rng *rng, size_t size, size_t pages_size)
{
	size_t alignment = (size_t)1 << rng_below(rng, 7);

	switch (rng_below(rng, 4)) {
	case 0:
		return 0;
	case 1:
	case 2:
		return pages_size - size;
	default:
		return rng_below(rng, (pages_size - size) / alignment + 1) * alignment;
	}
}

void guard_create(struct guard *guard, size_t size, struct rng *rng)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *map;

	guard->pages_size = (size + 256 + page - 1) / page * page;
	map = mmap(NULL, guard->pages_size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	ck_assert_msg(map != MAP_FAILED, "no memory for a test");
	guard->pages = map + page;
	ck_assert_int_eq(mprotect(guard->pages, guard->pages_size, PROT_READ | PROT_WRITE), 0);
	rng_bytes(rng, guard->pages, guard->pages_size);
	guard->picture = malloc(guard->pages_size);
	ck_assert_msg(guard->picture != NULL, "no memory for a test");
	memcpy(guard->picture, guard->pages, guard->pages_size);
	guard_replace(guard, size, rng);
}

void guard_replace(struct guard *guard, size_t size, struct rng *rng)
{
	size_t start = place(rng, size, guard->pages_size);

	guard->size = size;
	guard->data = guard->pages + start;
	guard->expected = guard->picture + start;
}

void guard_destroy(struct guard *guard)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	munmap(guard->pages - page, guard->pages_size + 2 * page);
	free(guard->picture);
	*guard = (struct guard){0};
}

bool guard_intact(const struct guard *guard)
{
	return memcmp(guard->pages, guard->picture, guard->pages_size) == 0;
}

const char *guard_report(const struct guard *guard)
{
	static char text[160];
	size_t i = 0, wrong = 0;

	for (size_t j = guard->pages_size; j-- > 0;) {
		if (guard->pages[j] != guard->picture[j]) {
			i = j;
			wrong++;
		}
	}
	snprintf(text, sizeof(text), "byte %td of %zu is 0x%02x, not 0x%02x; %zu bytes are wrong",
		 guard->pages + i - guard->data, guard->size, guard->pages[i], guard->picture[i],
		 wrong);
	return text;
}
