/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mutex with annotations for clang's -Wthread-safety. For other compilers the annotations are
 * empty.
 *
 * REQUIRES marks a function that needs the lock; ACQUIRE and RELEASE mark functions that take and
 * release it. GUARDED_BY marks a variable. It cannot mark a member of a struct, because C has no
 * name for the struct of a member: a comment at the member says which lock guards it.
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
/* For functions that the analysis cannot follow. A comment says why. */
#define NOT_ANALYSED LOCK_ATTRIBUTE(no_thread_safety_analysis)

/* For a struct that stands for its own lock in annotations. */
#define CAPABILITY LOCK_ATTRIBUTE(capability("mutex"))

struct CAPABILITY lock {
	pthread_mutex_t mutex;
};

#define LOCK_INITIALIZER                  \
	{                                 \
		PTHREAD_MUTEX_INITIALIZER \
	}

/* Not analysed: the analysis builds on these four functions. */
static inline void lock_acquire(struct lock *lock) ACQUIRE(lock) NOT_ANALYSED
{
	pthread_mutex_lock(&lock->mutex);
}

/* Take the lock if it is free. Return whether it is taken. */
static inline bool lock_try(struct lock *lock) TRY_ACQUIRE(true, lock) NOT_ANALYSED
{
	return pthread_mutex_trylock(&lock->mutex) == 0;
}

static inline void lock_release(struct lock *lock) RELEASE(lock) NOT_ANALYSED
{
	pthread_mutex_unlock(&lock->mutex);
}

/*
 * Release a lock in a forked child; the forking thread took it before the fork. The unlock informs
 * tools that watch locks. The lock is then initialised anew, because threads that waited for it do
 * not exist in the child.
 */
static inline void lock_renew(struct lock *lock) RELEASE(lock) NOT_ANALYSED
{
	pthread_mutex_unlock(&lock->mutex);
	*lock = (struct lock)LOCK_INITIALIZER;
}

#endif /* UTIL_LOCK_H */
