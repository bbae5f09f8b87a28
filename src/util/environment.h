/* SPDX-License-Identifier: BSD-3-Clause */
/* The environment. */
#ifndef UTIL_ENVIRONMENT_H
#define UTIL_ENVIRONMENT_H

#include <stdlib.h>
#include <unistd.h>

/*
 * Return the value of an environment variable. NULL: it is not set, or the program has the
 * privileges of another user, whose files and work the environment must not affect.
 */
static inline const char *environment_get(const char *name)
{
#ifdef __linux__
	return secure_getenv(name);
#else
	return getuid() == geteuid() && getgid() == getegid() ? getenv(name) : NULL;
#endif
}

#endif /* UTIL_ENVIRONMENT_H */
