/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of the trace, and the switches. An event is the text of a JSON object, without the
 * separator between events.
 */
#ifndef TRACE_FILE_H
#define TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* The switches, in bits. */
enum {
	TRACE_TIMES = 1 << 0,  /* the histograms */
	TRACE_EVENTS = 1 << 1, /* the file */
};
/* The switches that are on. Read and written atomically. */
extern unsigned trace_mode __attribute__((visibility("hidden")));

/* The ID of the process that writes the trace. Set before TRACE_EVENTS. */
extern uint64_t trace_pid;

/* Create the file, and switch on TRACE_EVENTS. Only the first call does anything. */
void trace_file_open(const char *path);
/* Add an event of `length` bytes. It is written later. */
void trace_file_add(const char *event, size_t length);
/* Write the added events. */
void trace_file_flush(void);
/* Return 0 if the trace is being written, the errno that ended it, or -1 if there is no trace. */
int trace_file_error(void);

/*
 * The fork handlers. The lock is held from the first to one of the other two. The child has no
 * trace.
 */
void trace_fork_prepare(void);
void trace_fork_parent(void);
void trace_fork_child(void);

#endif /* TRACE_FILE_H */
