/* SPDX-License-Identifier: BSD-3-Clause */
#include "trace_place.h"

#include <stdlib.h>
#include <string.h>

/* Between two requests of a lane. */
static const double place_gap_px = 2.2;

double trace_place_x(const struct trace_places *places, uint64_t ns)
{
	double at = (double)(ns - places->log->first_ns);

	if (at < places->from_ns)
		at = places->from_ns;
	if (at > places->to_ns)
		at = places->to_ns;
	return PLACE_LEFT_PX + (at - places->from_ns) / (places->to_ns - places->from_ns) *
				       (PLACE_RIGHT_PX - PLACE_LEFT_PX);
}

bool trace_is_placed(const struct trace_places *places, uint64_t from_ns, uint64_t to_ns)
{
	return (double)(to_ns - places->log->first_ns) >= places->from_ns &&
	       (double)(from_ns - places->log->first_ns) <= places->to_ns;
}

uint64_t trace_request_end(const struct trace_log *log, const struct log_request *request)
{
	return request->ended ? request->ended_ns : log->last_ns;
}

/* Threads of the program come first, then workers by engine and number. */
static int compare_threads(const void *a, const void *b, void *arg)
{
	const struct trace_log *log = arg;
	const struct log_thread *x = &log->threads[*(const size_t *)a],
				*y = &log->threads[*(const size_t *)b];
	int order = (int)x->is_worker - (int)y->is_worker;

	if (order == 0 && x->is_worker)
		order = strverscmp(strstr(x->name, " of engine "), strstr(y->name, " of engine "));
	if (order == 0)
		order = strverscmp(x->name, y->name);
	return order != 0 ? order : (x->tid > y->tid) - (x->tid < y->tid);
}

/* Choose the rows: all workers, and each other thread with a slice in the drawing. */
static void place_threads(struct trace_places *places)
{
	const struct trace_log *log = places->log;

	for (size_t i = 0; i < log->thread_count; i++)
		places->row_of_thread[i] = log->threads[i].is_worker ? 0 : PLACE_NONE;
	for (size_t i = 0; i < log->slice_count; i++)
		if (trace_is_placed(places, log->slices[i].from_ns, log->slices[i].to_ns))
			places->row_of_thread[log->slices[i].thread] = 0;
	for (size_t i = 0; i < log->thread_count; i++)
		if (places->row_of_thread[i] == 0)
			places->threads[places->row_count++] = i;
	qsort_r(places->threads, places->row_count, sizeof(*places->threads), compare_threads,
		(void *)(uintptr_t)log);
	for (size_t i = 0; i < places->row_count; i++)
		places->row_of_thread[places->threads[i]] = i;
}

static int compare_slices(const void *a, const void *b, void *arg)
{
	const struct trace_log *log = arg;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct log_slice *x = &log->slices[i], *y = &log->slices[j];

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->from_ns != y->from_ns)
		return x->from_ns < y->from_ns ? -1 : 1;
	if (x->to_ns != y->to_ns)
		return x->to_ns > y->to_ns ? -1 : 1;
	return i > j ? -1 : 1; /* the event of an outer slice comes later */
}

static void place_slices(struct trace_places *places)
{
	for (size_t i = 0; i < places->log->slice_count; i++)
		places->slices[i] = i;
	qsort_r(places->slices, places->log->slice_count, sizeof(*places->slices), compare_slices,
		(void *)(uintptr_t)places->log);
}

/* Give each request the first lane that is free while it lasts. */
static void place_requests(struct trace_places *places)
{
	const struct trace_log *log = places->log;
	double lane_end[PLACE_LANES_MAX];

	for (size_t i = 0; i < log->request_count; i++) {
		const struct log_request *request = &log->requests[i];
		uint64_t end = trace_request_end(log, request);
		size_t lane = 0;

		places->lane_of_request[i] = PLACE_NONE;
		if (!trace_is_placed(places, request->posted_ns, end))
			continue;
		places->is_used[request->kind] = true;
		while (lane < places->lane_count &&
		       lane_end[lane] > trace_place_x(places, request->posted_ns))
			lane++;
		if (lane == PLACE_LANES_MAX) {
			places->hidden_requests++;
			continue;
		}
		if (lane == places->lane_count)
			places->lane_count++;
		lane_end[lane] = trace_place_x(places, end) + place_gap_px;
		places->lane_of_request[i] = lane;
	}
}

bool trace_places_make(struct trace_places *places, const struct trace_log *log, double from_ms,
		       double to_ms)
{
	*places = (struct trace_places){
		.log = log,
		.from_ns = from_ms * 1e6,
		.to_ns = to_ms < 0 ? (double)(log->last_ns - log->first_ns) : to_ms * 1e6,
		.row_of_thread = calloc(log->thread_count + 1, sizeof(size_t)),
		.threads = calloc(log->thread_count + 1, sizeof(size_t)),
		.slices = calloc(log->slice_count + 1, sizeof(size_t)),
		.lane_of_request = calloc(log->request_count + 1, sizeof(size_t)),
		.is_used = calloc(log->name_count + 1, sizeof(bool)),
	};
	if (places->row_of_thread == NULL || places->threads == NULL || places->slices == NULL ||
	    places->lane_of_request == NULL || places->is_used == NULL)
		return false;
	/* A drawing of no time has no scale. */
	if (places->to_ns <= places->from_ns)
		places->to_ns = places->from_ns + 1;
	place_threads(places);
	place_slices(places);
	place_requests(places);
	return places->lane_count > 0;
}

void trace_places_release(struct trace_places *places)
{
	free(places->row_of_thread);
	free(places->threads);
	free(places->slices);
	free(places->lane_of_request);
	free(places->is_used);
	*places = (struct trace_places){0};
}
