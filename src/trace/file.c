/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of a trace: a JSON array that grows at its end and is complete at every moment.
 *
 * Events are collected in blocks. When all blocks are full, they are appended to the array. However
 * the process ends, the file lacks only the events that are still in the blocks. If a write fails,
 * the file is cut back to the old array and its end, and the trace stops.
 *
 * Events and a new end of the array must replace the old end in one step, but a kill can cut a
 * write between two pages of the file. So blocks are appended in two steps:
 *  1. Write spaces after the end. JSON allows spaces there, and a full disk is noticed here.
 *  2. Map the file. The kernel then copies each block over the array's end by one
 *     process_vm_readv() from the process to itself.
 * process_vm_readv() checks for a kill before it pins a page that it reads, and not while it
 * copies. A block lies in one page. (process_vm_writev() pins the pages of the file instead, and
 * there are several.) If another process truncates the file meanwhile, the call fails; a copy by
 * the program would raise SIGBUS. If the mapping or the call is refused, the blocks are written
 * normally, and a kill may cut that write.
 *
 * The file is locked (flock) as long as it is open, so that only one of several processes with the
 * same environment writes. Before each write, the file is checked: a program may close all
 * descriptors and open files of its own, and must not find events in them.
 *
 * `file_lock` guards everything in this file.
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

static const char array_start[] = "[\n", separator[] = ",\n", array_end[] = "\n]\n";

unsigned trace_mode;
uint64_t trace_pid;

#define LENGTH(text) (sizeof(text) - 1)

/* A block is as large as the smallest page of any machine. */
enum { BLOCK_BYTES = 4096, BLOCK_COUNT = 16 };

/* Text to be appended: events, each with a separator before it. */
struct block {
	_Alignas(BLOCK_BYTES) char text[BLOCK_BYTES]; /* with room for the array's end */
};

/* A mapped part of the file. */
struct map {
	char *start; /* MAP_FAILED: there is no mapping */
	size_t size;
	off_t from; /* the offset of `start` in the file */
};

static struct lock file_lock = LOCK_INITIALIZER;
static bool open_tried GUARDED_BY(file_lock);
static int file_fd GUARDED_BY(file_lock) = -1;        /* -1: no trace */
static int file_error GUARDED_BY(file_lock) = -1;     /* see trace_file_error() */
static struct stat file_opened GUARDED_BY(file_lock); /* the file of file_fd when it was opened */
static off_t end_offset GUARDED_BY(file_lock);        /* of the array's end */
static struct block blocks[BLOCK_COUNT] GUARDED_BY(file_lock);
static size_t block_used[BLOCK_COUNT] GUARDED_BY(file_lock); /* bytes of each block */
/* The block that is being filled. The blocks after it are empty. */
static size_t block_current GUARDED_BY(file_lock);

/* Report whether file_fd still is the file that was opened. */
static bool is_ours_locked(void) REQUIRES(file_lock)
{
	struct stat now;

	return fstat(file_fd, &now) == 0 && now.st_dev == file_opened.st_dev &&
	       now.st_ino == file_opened.st_ino;
}

/* Report whether a write up to the offset `to` would raise SIGXFSZ. */
static bool is_beyond_limit(off_t to)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	       (rlim_t)to > limit.rlim_cur;
}

/* Write the text at an offset. Return 0 or an errno. */
static int write_all_locked(const char *text, size_t length, off_t at) REQUIRES(file_lock)
{
	if (is_beyond_limit(at + (off_t)length))
		return EFBIG;
	while (length > 0) {
		ssize_t n = pwrite(file_fd, text, length, at);

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

/* Write spaces at an offset. Return 0 or an errno. */
static int write_spaces_locked(size_t length, off_t at) REQUIRES(file_lock)
{
	static char spaces[sizeof(blocks)];

	memset(spaces, ' ', length);
	return write_all_locked(spaces, length, at);
}

/* Stop the trace. */
static void stop_locked(int code) REQUIRES(file_lock)
{
	__atomic_fetch_and(&trace_mode, ~(unsigned)TRACE_EVENTS, __ATOMIC_RELAXED);
	file_error = code;
	memset(block_used, 0, sizeof(block_used));
	block_current = 0;
	if (is_ours_locked())
		close(file_fd);
	file_fd = -1;
}

/*
 * Restore the old end of the array after a failed write. The disk has room for it, because it was
 * there before.
 */
static void restore_end_locked(void) REQUIRES(file_lock)
{
	off_t length = end_offset > 0 ? end_offset + (off_t)LENGTH(array_end) : 0;

	if (ftruncate(file_fd, length) == 0 && length > 0)
		(void)write_all_locked(array_end, LENGTH(array_end), end_offset);
}

/* Map the file from offset `from` to offset `to`. */
static struct map map_file_locked(off_t from, off_t to) REQUIRES(file_lock)
{
	off_t page = sysconf(_SC_PAGESIZE);
	struct map map = {.from = from - from % page};

	map.size = (size_t)(to - map.from);
	map.start = mmap(NULL, map.size, PROT_READ | PROT_WRITE, MAP_SHARED, file_fd, map.from);
#ifdef MADV_POPULATE_WRITE
	/* Avoid faults during a copy: they could fail in a process that is being killed. */
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

/* Copy a text that lies in one page in one uninterruptible step. False: that is impossible. */
static bool copy_at_once(const struct map *map, char *text, size_t length, off_t at)
{
	struct iovec to = {.iov_len = length}, from = {.iov_base = text, .iov_len = length};

	if (map->start == MAP_FAILED)
		return false;
	to.iov_base = map->start + (at - map->from);
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)length;
}

/* Append a block, and put the array's end after it. Return 0 or an errno. */
static int append_block_locked(const struct map *map, char *text, size_t length) REQUIRES(file_lock)
{
	int code = 0;

	memcpy(text + length, array_end, LENGTH(array_end));
	if (!copy_at_once(map, text, length + LENGTH(array_end), end_offset))
		code = write_all_locked(text, length + LENGTH(array_end), end_offset);
	if (code == 0)
		end_offset += (off_t)length;
	return code;
}

/* Append all blocks. Return 0, or an errno: the trace must stop. */
static int append_blocks_locked(void) REQUIRES(file_lock)
{
	off_t from = end_offset, to = from + (off_t)LENGTH(array_end);
	struct map map;
	size_t room = 0;
	int code;

	for (size_t i = 0; i <= block_current; i++)
		room += block_used[i];
	code = write_spaces_locked(room, to);
	if (code != 0)
		return code;
	to += (off_t)room;
	map = map_file_locked(from, to);
	for (size_t i = 0; i <= block_current && code == 0; i++)
		code = append_block_locked(&map, blocks[i].text, block_used[i]);
	unmap_file(&map);
	/* A copy into a mapping raises no inotify event. So write the last byte again. */
	return code != 0 ? code : write_all_locked(array_end + LENGTH(array_end) - 1, 1, to - 1);
}

static void flush_locked(void) REQUIRES(file_lock)
{
	int saved = errno, cancel_state, code;

	if (file_fd < 0 || block_used[0] == 0)
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
		memset(block_used, 0, sizeof(block_used));
		block_current = 0;
	}
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
}

static void add_locked(const char *text, size_t length) REQUIRES(file_lock)
{
	memcpy(blocks[block_current].text + block_used[block_current], text, length);
	block_used[block_current] += length;
}

/*
 * Return the descriptor, or a copy of it above the standard ones: a program that was started
 * without a standard output must not write to the trace.
 */
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

static void open_locked(const char *path) REQUIRES(file_lock)
{
	/* O_NONBLOCK: if the path is a pipe, do not wait for a reader. */
	const int flags = O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

	/* A file that must not be read cannot be mapped, but it can be written. */
	file_fd = open(path, O_RDWR | flags, 0666);
	if (file_fd < 0 && errno == EACCES)
		file_fd = open(path, O_WRONLY | flags, 0666);
	file_fd = beyond_standard(file_fd);
	file_error = 0;
	if (file_fd < 0) {
		file_error = errno;
	} else if (fstat(file_fd, &file_opened) != 0 || flock(file_fd, LOCK_EX | LOCK_NB) != 0 ||
		   ftruncate(file_fd, 0) != 0) {
		file_error = errno;
		close(file_fd);
		file_fd = -1;
	}
}

/* Write the start of the array, in one page: the name of the process. */
static void begin_locked(void) REQUIRES(file_lock)
{
	char text[1024];
	size_t length = (size_t)snprintf(text, sizeof(text),
					 "%s{\"ph\":\"M\",\"name\":\"process_name\","
					 "\"pid\":%llu,\"args\":{\"name\":\"",
					 array_start, (unsigned long long)trace_pid);
	int code;

	for (const char *c = program_invocation_short_name; *c != '\0' && length < 512; c++)
		text[length++] = isalnum((unsigned char)*c) || strchr("+-.", *c) != NULL ? *c : '_';
	memcpy(text + length, "\"}}", 3);
	length += 3;
	memcpy(text + length, array_end, LENGTH(array_end));
	code = write_all_locked(text, length + LENGTH(array_end), 0);
	if (code != 0) {
		restore_end_locked();
		stop_locked(code);
	} else {
		end_offset = (off_t)length;
	}
}

void trace_file_open(const char *path)
{
	int saved = errno, cancel_state;

	lock_acquire(&file_lock);
	if (!open_tried) {
		open_tried = true;
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
		open_locked(path);
		pthread_setcancelstate(cancel_state, NULL);
		trace_pid = (uint64_t)getpid();
		if (file_fd >= 0)
			begin_locked();
		if (file_fd >= 0)
			__atomic_fetch_or(&trace_mode, TRACE_TIMES | TRACE_EVENTS,
					  __ATOMIC_RELEASE);
	}
	lock_release(&file_lock);
	errno = saved;
}

void trace_file_add(const char *event, size_t length)
{
	lock_acquire(&file_lock);
	if (block_used[block_current] + LENGTH(separator) + length + LENGTH(array_end) >
	    BLOCK_BYTES) {
		if (block_current + 1 < BLOCK_COUNT)
			block_current++;
		else
			flush_locked();
	}
	if (file_fd >= 0) {
		add_locked(separator, LENGTH(separator));
		add_locked(event, length);
	}
	lock_release(&file_lock);
}

void trace_file_flush(void)
{
	lock_acquire(&file_lock);
	flush_locked();
	lock_release(&file_lock);
}

int trace_file_error(void)
{
	int code;

	lock_acquire(&file_lock);
	code = file_error;
	lock_release(&file_lock);
	return code;
}

/* Not analysed: fork() holds the lock from the first handler to one of the other two. */
void trace_fork_prepare(void) NOT_ANALYSED
{
	lock_acquire(&file_lock);
}

void trace_fork_parent(void) NOT_ANALYSED
{
	lock_release(&file_lock);
}

/* The parent continues to write, and keeps the file lock of flock(). */
void trace_fork_child(void) NOT_ANALYSED
{
	int saved = errno;

	lock_renew(&file_lock);
	if (file_fd >= 0)
		stop_locked(-1);
	errno = saved;
}

/* Events that threads add after this call are not written. */
__attribute__((destructor)) static void finish_file(void)
{
	lock_acquire(&file_lock);
	flush_locked();
	if (file_fd >= 0)
		stop_locked(0);
	lock_release(&file_lock);
}
