/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Public structures that may grow. Such a structure begins with `size_t size`, which the program
 * sets to the size that it was compiled with. `known` is the size in this version of the library,
 * `first` the size in the first version. A program that is older than the library has a smaller
 * structure; the members that it lacks count as 0. A program that is newer has a larger one; it may
 * use the library only if the members that the library does not know are 0.
 *
 * The functions access `size` by memcpy(), because they do not know the type of the structure.
 */
#ifndef UTIL_VERSIONED_H
#define UTIL_VERSIONED_H

#include <stddef.h>
#include <string.h>

#include <aml/utils/error.h>

static inline size_t versioned_size(const void *given)
{
	size_t size;

	memcpy(&size, given, sizeof(size));
	return size;
}

/*
 * Check a structure of the program, for reading or for writing. -AML_EINVAL: it is smaller than in
 * the first version. -AML_ENOTSUP: a byte behind what the library knows is not 0.
 */
static inline int versioned_check(const void *given, size_t first, size_t known)
{
	const unsigned char *bytes = given;
	size_t size = versioned_size(given);

	if (size < first)
		return -AML_EINVAL;
	for (size_t i = known; i < size; i++)
		if (bytes[i] != 0)
			return -AML_ENOTSUP;
	return AML_SUCCESS;
}

/* Copy a checked structure of the program to `to`, of `known` bytes. What it lacks becomes 0. */
static inline void versioned_read(void *to, size_t known, const void *given)
{
	size_t size = versioned_size(given);

	memset(to, 0, known);
	memcpy(to, given, size < known ? size : known);
}

/* Copy `from`, of `known` bytes, to a checked structure of the program, except for `size`. */
static inline void versioned_write(void *given, const void *from, size_t known)
{
	size_t size = versioned_size(given);

	memcpy((char *)given + sizeof(size), (const char *)from + sizeof(size),
	       (size < known ? size : known) - sizeof(size));
}

#endif /* UTIL_VERSIONED_H */
