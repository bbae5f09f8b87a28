/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the place of an element in an array by a key of the element. The array belongs to the
 * caller. The index holds only the numbers of its elements, which are never removed.
 */
#ifndef TOOLS_HASH_INDEX_H
#define TOOLS_HASH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What hash_index_find() returns if no element has the key. */
#define HASH_INDEX_NONE SIZE_MAX

/* Starts as {0}. */
struct hash_index {
	struct hash_entry *entries; /* owned; `room` of them, a power of two */
	size_t room, used;
};

/* Reports whether element `i` of the array has this key. */
typedef bool hash_index_equal(const void *array, size_t i, const void *key);

/* The hash of some bytes. */
uint64_t hash_of(const void *bytes, size_t n);

/* The number of the element with this key and this hash, or HASH_INDEX_NONE. */
size_t hash_index_find(const struct hash_index *index, uint64_t hash, hash_index_equal *equal,
		       const void *array, const void *key);

/* Add element `i`, which is not there yet. False: out of memory; then nothing was added. */
bool hash_index_add(struct hash_index *index, uint64_t hash, size_t i);

void hash_index_release(struct hash_index *index);

#endif /* TOOLS_HASH_INDEX_H */
