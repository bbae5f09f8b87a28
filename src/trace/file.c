/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of a trace: an array of JSON that grows at its end and is whole at every moment.
 *
 * Events are gathered in blocks. When these are full, they are appended to the array; so the file
 * lacks at most what the blocks hold, however the process ends. What a write that fails left is
 * cut off, the end is put back, and the trace is over.
 *
 * A kill can cut a write between two pages of the file, but one step has to replace the array's
 * end by events and a new end. So blocks are appended in two steps. First, spaces are written
 * behind the end. JSON allows them there, and a full disk is noticed there. Then the file is
 * mapped, and the kernel copies each block over the array's end by one process_vm_readv() from
 * the process to itself. The call looks for a kill before it gets hold of a page that it reads,
 * and not while it copies; and a block lies in one page. (process_vm_writev() gets hold of the
 * pages of the file instead, which are several.) If others cut the file meanwhile, the call
 * fails, where a copy by the program would raise SIGBUS. If the mapping or the call is refused,
 * blocks are written, and a kill may cut that write.
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
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "trace/file.h"
#include "util/lock.h"

static const char head[] = "[\n", between[] = ",\n", end[] = "\n]\n";

unsigned trace_mode;
uint64_t trace_pid;

#define LENGTH(text) (sizeof(text) - 1)

/* No machine has smaller pages. */
enum { BLOCK_BYTES = 4096, BLOCKS = 16 };

/* Text to be appended: events, each with a `between` before it. */
struct block {
	_Alignas(BLOCK_BYTES) char text[BLOCK_BYTES]; /* with room for the end behind it */
};

/* A part of the file in memory. */
struct map {
	char *start; /* MAP_FAILED: there is none */
	size_t size;
	off_t from; /* the offset of `start` in the file */
};

static struct lock lock = LOCK_INITIALIZER;
static bool tried GUARDED_BY(lock);       /* to open it */
static int fd GUARDED_BY(lock) = -1;      /* -1: no trace */
static int error GUARDED_BY(lock) = -1;   /* see trace_file_error() */
static struct stat file GUARDED_BY(lock); /* of fd as it was opened */
static off_t offset GUARDED_BY(lock);     /* of the array's end */
static struct block blocks[BLOCKS] GUARDED_BY(lock);
static size_t used[BLOCKS] GUARDED_BY(lock); /* bytes of each block */
static size_t current
	GUARDED_BY(lock); /* the block that is being filled; those behind it are empty */

/* Is fd still what was opened? */
static bool is_ours_locked(void) REQUIRES(lock)
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
static int write_all_locked(const char *text, size_t length, off_t at) REQUIRES(lock)
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

/* 0, or an errno. */
static int write_spaces_locked(size_t length, off_t at) REQUIRES(lock)
{
	static char spaces[sizeof(blocks)];

	memset(spaces, ' ', length);
	return write_all_locked(spaces, length, at);
}

/* No trace from here on. */
static void stop_locked(int code) REQUIRES(lock)
{
	__atomic_fetch_and(&trace_mode, ~(unsigned)TRACE_EVENTS, __ATOMIC_RELAXED);
	error = code;
	memset(used, 0, sizeof(used));
	current = 0;
	if (is_ours_locked())
		close(fd);
	fd = -1;
}

/* After a write that failed; the old end was there before, so there is room for it. */
static void restore_end_locked(void) REQUIRES(lock)
{
	off_t length = offset > 0 ? offset + (off_t)LENGTH(end) : 0;

	if (ftruncate(fd, length) == 0 && length > 0)
		(void)write_all_locked(end, LENGTH(end), offset);
}

/* Map what the file has from `from` to `to`. */
static struct map map_file_locked(off_t from, off_t to) REQUIRES(lock)
{
	off_t page = sysconf(_SC_PAGESIZE);
	struct map map = {.from = from - from % page};

	map.size = (size_t)(to - map.from);
	map.start = mmap(NULL, map.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, map.from);
#ifdef MADV_POPULATE_WRITE
	/* No faults amid a copy; they could fail in a process that is killed. */
	if (map.start != MAP_FAILED)
		(void)madvise(map.start, map.size, MADV_POPULATE_WRITE);
#endif
	return map;
}

static void unmap_file(const struct map *map)
{
	if (map->start != MAP_FAILED)
		munmap(map->start, map->size);
}

/* In one step that nothing cuts; false if it cannot be. The text lies in one page. */
static bool copy_at_once(const struct map *map, char *text, size_t length, off_t at)
{
	struct iovec to = {.iov_len = length}, from = {.iov_base = text, .iov_len = length};

	if (map->start == MAP_FAILED)
		return false;
	to.iov_base = map->start + (at - map->from);
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)length;
}

/* 0, or an errno. */
static int append_block_locked(const struct map *map, char *text, size_t length) REQUIRES(lock)
{
	int code = 0;

	memcpy(text + length, end, LENGTH(end));
	if (!copy_at_once(map, text, length + LENGTH(end), offset))
		code = write_all_locked(text, length + LENGTH(end), offset);
	if (code == 0)
		offset += (off_t)length;
	return code;
}

/* 0, or an errno; then the trace has to stop. */
static int append_blocks_locked(void) REQUIRES(lock)
{
	off_t from = offset, to = from + (off_t)LENGTH(end);
	struct map map;
	size_t room = 0;
	int code;

	for (size_t i = 0; i <= current; i++)
		room += used[i];
	code = write_spaces_locked(room, to);
	if (code != 0)
		return code;
	to += (off_t)room;
	map = map_file_locked(from, to);
	for (size_t i = 0; i <= current && code == 0; i++)
		code = append_block_locked(&map, blocks[i].text, used[i]);
	unmap_file(&map);
	/* A copy into a mapping raises no event of inotify. A write of the last byte, which is
	 * there already, does. */
	return code != 0 ? code : write_all_locked(end + LENGTH(end) - 1, 1, to - 1);
}

static void flush_locked(void) REQUIRES(lock)
{
	int saved = errno, cancel_state, code;

	if (fd < 0 || used[0] == 0)
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (!is_ours_locked()) {
		stop_locked(EBADF);
	} else {
		code = append_blocks_locked();
		if (code != 0) {
			restore_end_locked();
			stop_locked(code);
		}
		memset(used, 0, sizeof(used));
		current = 0;
	}
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
}

static void add_locked(const char *text, size_t length) REQUIRES(lock)
{
	memcpy(blocks[current].text + used[current], text, length);
	used[current] += length;
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

static void open_locked(const char *path) REQUIRES(lock)
{
	/* Not to wait for whoever reads a pipe. */
	const int flags = O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

	/* What may not be read cannot be mapped, but written. */
	fd = open(path, O_RDWR | flags, 0666);
	if (fd < 0 && errno == EACCES)
		fd = open(path, O_WRONLY | flags, 0666);
	fd = beyond_standard(fd);
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

/* The array begins, in one page, with the name of the process. */
static void begin_locked(void) REQUIRES(lock)
{
	char text[1024];
	size_t length = (size_t)snprintf(text, sizeof(text),
					 "%s{\"ph\":\"M\",\"name\":\"process_name\","
					 "\"pid\":%llu,\"args\":{\"name\":\"",
					 head, (unsigned long long)trace_pid);
	int code;

	for (const char *c = program_invocation_short_name; *c != '\0' && length < 512; c++)
		text[length++] = isalnum((unsigned char)*c) ? *c : '_';
	memcpy(text + length, "\"}}", 3);
	length += 3;
	memcpy(text + length, end, LENGTH(end));
	code = write_all_locked(text, length + LENGTH(end), 0);
	if (code != 0) {
		restore_end_locked();
		stop_locked(code);
	} else {
		offset = (off_t)length;
	}
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
	if (used[current] + LENGTH(between) + length + LENGTH(end) > BLOCK_BYTES) {
		if (current + 1 < BLOCKS)
			current++;
		else
			flush_locked();
	}
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

/* These three hold the lock from the first to one of the others, which is not analysed. */
void trace_fork_prepare(void) NOT_ANALYSED
{
	lock_acquire(&lock);
}

void trace_fork_parent(void) NOT_ANALYSED
{
	lock_release(&lock);
}

/* The parent goes on writing, and keeps the file's lock. */
void trace_fork_child(void) NOT_ANALYSED
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
