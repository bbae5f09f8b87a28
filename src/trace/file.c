/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of a trace: an array of JSON that grows at its end and is whole at every moment.
 *
 * Events are gathered in a buffer. When it is full, one write puts them over the end of the
 * array, with a new end behind them; so the file lacks at most a buffer of events however the
 * process ends. What a write that fails left is cut off, the end is put back, and the trace is
 * over.
 *
 * The file is locked (flock) for as long as it is open, so that of several processes with one
 * environment one alone writes. Before each write it is looked at: a program that closes all
 * descriptors, and opens files of its own, is not to find events in them.
 *
 * `lock` guards everything here.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/file.h"
#include "util/lock.h"

static const char head[] = "[\n", between[] = ",\n", end[] = "\n]\n";

unsigned trace_mode;
uint64_t trace_pid;

#define LENGTH(text) (sizeof(text) - 1)

static struct lock lock = LOCK_INITIALIZER;
static bool tried;            /* to open it */
static int fd = -1;           /* -1: no trace */
static int error = -1;        /* see trace_file_error() */
static struct stat file;      /* of fd as it was opened */
static off_t offset;          /* of the array's end */
static size_t used;           /* of the buffer */
static char buffer[64 << 10]; /* with room for the end */

/* Is fd still what was opened? */
static bool is_ours(void)
{
	struct stat now;

	return fstat(fd, &now) == 0 && now.st_dev == file.st_dev && now.st_ino == file.st_ino;
}

/* Would a write up to there raise SIGXFSZ? */
static bool is_beyond_limit(off_t to)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	       (rlim_t)to > limit.rlim_cur;
}

/* 0, or an errno. */
static int write_all(const char *text, size_t length, off_t at)
{
	if (is_beyond_limit(at + (off_t)length))
		return EFBIG;
	while (length > 0) {
		ssize_t n = pwrite(fd, text, length, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		text += n;
		length -= (size_t)n;
		at += n;
	}
	return 0;
}

/* No trace from here on. */
static void stop_locked(int code)
{
	__atomic_fetch_and(&trace_mode, ~(unsigned)TRACE_EVENTS, __ATOMIC_RELAXED);
	error = code;
	used = 0;
	if (is_ours())
		close(fd);
	fd = -1;
}

/* After a write that failed; the old end was there before, so there is room for it. */
static void restore_end(void)
{
	off_t length = offset > 0 ? offset + (off_t)LENGTH(end) : 0;

	if (ftruncate(fd, length) == 0 && length > 0)
		(void)write_all(end, LENGTH(end), offset);
}

static void flush_locked(void)
{
	int saved = errno, cancel_state, code;

	if (fd < 0 || used == 0)
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (!is_ours()) {
		stop_locked(EBADF);
	} else {
		memcpy(buffer + used, end, LENGTH(end));
		code = write_all(buffer, used + LENGTH(end), offset);
		if (code != 0) {
			restore_end();
			stop_locked(code);
		} else {
			offset += (off_t)used;
		}
		used = 0;
	}
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
}

static void add_locked(const char *text, size_t length)
{
	memcpy(buffer + used, text, length);
	used += length;
}

/* A program that was started without standard output is not to write to the trace instead. */
static int beyond_standard(int low)
{
	int high, code;

	if (low < 0 || low > STDERR_FILENO)
		return low;
	high = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	code = errno;
	close(low);
	errno = code;
	return high;
}

static void open_locked(const char *path)
{
	/* Not to wait for whoever reads a pipe. */
	fd = beyond_standard(
		open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666));
	error = 0;
	if (fd < 0) {
		error = errno;
	} else if (fstat(fd, &file) != 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 ||
		   ftruncate(fd, 0) != 0) {
		error = errno;
		close(fd);
		fd = -1;
	}
}

/* The first event is the name of the process. */
static void begin_locked(void)
{
	used = (size_t)snprintf(buffer, sizeof(buffer),
				"%s{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%llu,"
				"\"args\":{\"name\":\"",
				head, (unsigned long long)trace_pid);
	for (const char *c = program_invocation_short_name; *c != '\0' && used < 512; c++)
		buffer[used++] = isalnum((unsigned char)*c) ? *c : '_';
	add_locked("\"}}", 3);
	flush_locked();
}

void trace_file_open(const char *path)
{
	int saved = errno, cancel_state;

	lock_acquire(&lock);
	if (!tried) {
		tried = true;
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
		open_locked(path);
		pthread_setcancelstate(cancel_state, NULL);
		trace_pid = (uint64_t)getpid();
		if (fd >= 0)
			begin_locked();
		if (fd >= 0)
			__atomic_fetch_or(&trace_mode, TRACE_TIMES | TRACE_EVENTS,
					  __ATOMIC_RELEASE);
	}
	lock_release(&lock);
	errno = saved;
}

void trace_file_add(const char *event, size_t length)
{
	lock_acquire(&lock);
	if (used + LENGTH(between) + length + LENGTH(end) > sizeof(buffer))
		flush_locked();
	if (fd >= 0) {
		add_locked(between, LENGTH(between));
		add_locked(event, length);
	}
	lock_release(&lock);
}

void trace_file_flush(void)
{
	lock_acquire(&lock);
	flush_locked();
	lock_release(&lock);
}

int trace_file_error(void)
{
	int code;

	lock_acquire(&lock);
	code = error;
	lock_release(&lock);
	return code;
}

void trace_fork_prepare(void)
{
	lock_acquire(&lock);
}

void trace_fork_parent(void)
{
	lock_release(&lock);
}

/* The parent goes on writing, and keeps the file's lock. */
void trace_fork_child(void)
{
	int saved = errno;

	lock_renew(&lock);
	if (fd >= 0)
		stop_locked(-1);
	errno = saved;
}

/* Threads may still run and add events: these are not written. */
__attribute__((destructor)) static void finish(void)
{
	lock_acquire(&lock);
	flush_locked();
	if (fd >= 0)
		stop_locked(0);
	lock_release(&lock);
}
