/* SPDX-License-Identifier: BSD-3-Clause */
/* A table with open addressing, at most half full. */
#include <stdlib.h>

#include "hash_index.h"

struct hash_entry {
	uint64_t hash;
	size_t number; /* of the element, plus 1; 0: the entry is free */
};

enum { HASH_ROOM_FIRST = 64 };

uint64_t hash_of(const void *bytes, size_t n)
{
	const unsigned char *b = bytes;
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, and a last mix for the low bits */

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ b[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

size_t hash_index_find(const struct hash_index *index, uint64_t hash, hash_index_equal *equal,
		       const void *array, const void *key)
{
	if (index->room == 0)
		return HASH_INDEX_NONE;
	for (size_t i = (size_t)hash & (index->room - 1);; i = (i + 1) & (index->room - 1)) {
		const struct hash_entry *e = &index->entries[i];

		if (e->number == 0)
			return HASH_INDEX_NONE;
		if (e->hash == hash && equal(array, e->number - 1, key))
			return e->number - 1;
	}
}

static void hash_entry_put(struct hash_entry *entries, size_t room, const struct hash_entry *entry)
{
	size_t i = (size_t)entry->hash & (room - 1);

	while (entries[i].number != 0)
		i = (i + 1) & (room - 1);
	entries[i] = *entry;
}

static bool hash_index_grow(struct hash_index *index)
{
	size_t room = index->room > 0 ? 2 * index->room : HASH_ROOM_FIRST;
	struct hash_entry *entries = calloc(room, sizeof(*entries));

	if (entries == NULL)
		return false;
	for (size_t i = 0; i < index->room; i++)
		if (index->entries[i].number != 0)
			hash_entry_put(entries, room, &index->entries[i]);
	free(index->entries);
	index->entries = entries;
	index->room = room;
	return true;
}

bool hash_index_add(struct hash_index *index, uint64_t hash, size_t i)
{
	const struct hash_entry entry = {.hash = hash, .number = i + 1};

	if (2 * (index->used + 1) > index->room && !hash_index_grow(index))
		return false;
	hash_entry_put(index->entries, index->room, &entry);
	index->used++;
	return true;
}

void hash_index_release(struct hash_index *index)
{
	free(index->entries);
	*index = (struct hash_index){0};
}
