/* SPDX-License-Identifier: BSD-3-Clause */
/* A part of the state of a queue scheduler: what decides whether an idle worker spins. */
#ifndef ASYNC_QUEUE_SPIN_STATE_H
#define ASYNC_QUEUE_SPIN_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* The longest time that a worker spins before it sleeps. */
enum { QUEUE_SPIN_NS_MAX = 500000 };

/* See queue_spin.c. */
struct queue_spin {
	bool allowed;        /* workers may spin; constant once there are workers */
	bool taken;          /* a worker spins; no second one does */
	unsigned short_gaps; /* the number of short gaps since the last long one */
	unsigned needed;     /* the number of short gaps before the next spin */
	uint64_t gap;        /* the longest of the last gaps, in ns */
	/* Used only by the worker that spins, without the lock: */
	bool full;             /* in the last window, all CPUs were in use */
	uint64_t window_began; /* in ns */
	uint64_t window_use;   /* the CPU time that the process had used then, in ns */
	uint64_t spun;         /* the time of spins since then, in ns */
};

#endif /* ASYNC_QUEUE_SPIN_STATE_H */
