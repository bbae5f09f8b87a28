/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mutex that clang's -Wthread-safety understands; other compilers see nothing of the annotations.
 *
 * A function that needs the lock says so with REQUIRES, one that takes or releases it with ACQUIRE
 * or RELEASE. GUARDED_BY marks a variable; it cannot mark a member of a struct, since C has no name
 * for the struct that a member belongs to: there a comment says which lock guards it.
 */
#ifndef UTIL_LOCK_H
#define UTIL_LOCK_H

#include <pthread.h>
#include <stdbool.h>

#ifdef __clang__
#define LOCK_ATTRIBUTE(...) __attribute__((__VA_ARGS__))
#else
#define LOCK_ATTRIBUTE(...)
#endif

#define GUARDED_BY(lock) LOCK_ATTRIBUTE(guarded_by(lock))
#define REQUIRES(lock) LOCK_ATTRIBUTE(requires_capability(lock))
#define ACQUIRE(lock) LOCK_ATTRIBUTE(acquire_capability(lock))
#define TRY_ACQUIRE(success, lock) LOCK_ATTRIBUTE(try_acquire_capability(success, lock))
#define RELEASE(lock) LOCK_ATTRIBUTE(release_capability(lock))
/* For what the analysis cannot follow: a comment says why. */
#define NOT_ANALYSED LOCK_ATTRIBUTE(no_thread_safety_analysis)

/* What a struct is that stands for its own lock in the annotations. */
#define CAPABILITY LOCK_ATTRIBUTE(capability("mutex"))

struct CAPABILITY lock {
	pthread_mutex_t mutex;
};

#define LOCK_INITIALIZER                  \
	{                                 \
		PTHREAD_MUTEX_INITIALIZER \
	}

/* These four are what the analysis builds on. */
static inline void lock_acquire(struct lock *lock) ACQUIRE(lock) NOT_ANALYSED
{
	pthread_mutex_lock(&lock->mutex);
}

/* Take it if nobody has it. */
static inline bool lock_try(struct lock *lock) TRY_ACQUIRE(true, lock) NOT_ANALYSED
{
	return pthread_mutex_trylock(&lock->mutex) == 0;
}

static inline void lock_release(struct lock *lock) RELEASE(lock) NOT_ANALYSED
{
	pthread_mutex_unlock(&lock->mutex);
}

/*
 * In a forked child, a lock that the forking thread took before the fork: release it, so that tools
 * that watch locks know, and initialise it anew, since those who waited for it are not here.
 */
static inline void lock_renew(struct lock *lock) RELEASE(lock) NOT_ANALYSED
{
	pthread_mutex_unlock(&lock->mutex);
	*lock = (struct lock)LOCK_INITIALIZER;
}

#endif /* UTIL_LOCK_H */
