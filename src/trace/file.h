/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of the trace, and what is switched on. An event is the text of an object of JSON,
 * without what stands between events.
 */
#ifndef TRACE_FILE_H
#define TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* What is switched on, in bits. */
enum {
	TRACE_TIMES = 1 << 0,  /* the histograms */
	TRACE_EVENTS = 1 << 1, /* the file */
};
/* Read and written atomically. */
extern unsigned trace_mode __attribute__((visibility("hidden")));

/* The process that has the trace; set before TRACE_EVENTS is. */
extern uint64_t trace_pid;

/* Make the file and switch TRACE_EVENTS on; the first call alone does anything. */
void trace_file_open(const char *path);
void trace_file_add(const char *event, size_t length);
/* Write what was added. */
void trace_file_flush(void);
/* 0: the file has what happened. Else the errno that ended it, and -1: there was none. */
int trace_file_error(void);

/* A fork: the lock is held from the first to one of the others. The child has no trace. */
void trace_fork_prepare(void);
void trace_fork_parent(void);
void trace_fork_child(void);

#endif /* TRACE_FILE_H */
