/* SPDX-License-Identifier: BSD-3-Clause */
/* Where in a drawing the threads, slices and requests of a trace lie. */
#ifndef TOOLS_TRACE_PLACE_H
#define TOOLS_TRACE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace_log.h"

enum {
	PLACE_LEFT_PX = 190,   /* of the times; the names of the threads stand before it */
	PLACE_RIGHT_PX = 1080, /* of the times */
	PLACE_LANES_MAX = 60,
};

/* The place of a thread or a request that is not drawn. */
#define PLACE_NONE SIZE_MAX

struct trace_places {
	const struct trace_log *log;
	double from_ns, to_ns; /* what is drawn, after the first event */
	/* The rows: the threads of the program above the workers. */
	size_t *row_of_thread; /* or PLACE_NONE */
	size_t *threads;       /* by row */
	size_t row_count;
	/* The slices, by thread and time. Those within others follow them. */
	size_t *slices;
	/* The lanes of requests: those of a lane do not overlap. */
	size_t *lane_of_request; /* or PLACE_NONE */
	size_t lane_count;
	size_t hidden_requests; /* for which there was no lane */
	bool *is_used;          /* by name: a request that is drawn is of this kind */
};

/*
 * Place a log; times in milliseconds after its first event; `to_ms` < 0: up to the last. False: out
 * of memory, or there is no request at these times, as lane_count 0 shows. Release the places in
 * all cases. The log must outlive them.
 */
bool trace_places_make(struct trace_places *places, const struct trace_log *log, double from_ms,
		       double to_ms);
void trace_places_release(struct trace_places *places);

/* The x of a time of the log. Times outside the drawing move to its edge. */
double trace_place_x(const struct trace_places *places, uint64_t ns);

/* Does any of this time lie in the drawing? */
bool trace_is_placed(const struct trace_places *places, uint64_t from_ns, uint64_t to_ns);

/* The end of a request. Of one that has no end: that of the log. */
uint64_t trace_request_end(const struct trace_log *log, const struct log_request *request);

#endif /* TOOLS_TRACE_PLACE_H */
