/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulation of an engine without workers: one thread, one queue. */
#include "model.h"

void records_push(struct records *records, struct record *record)
{
	MUST(records->n < RECORDS);
	records->at[records->n++] = record;
}

bool records_remove(struct records *records, struct record *record)
{
	size_t i = 0;

	while (i < records->n && records->at[i] != record)
		i++;
	if (i == records->n)
		return false;
	records->n--;
	for (; i < records->n; i++)
		records->at[i] = records->at[i + 1];
	return true;
}

static void run(struct place *place, struct record *record);

void model_post(struct place *place, struct record *record)
{
	record->seq = ++place->seq;
	record->queued = true;
	record->awaited = false;
	records_push(&place->queue, record);
}

/* Remove a record from the queue, and run it. */
static void take_out(struct place *place, struct record *record)
{
	MUST(records_remove(&place->queue, record));
	record->queued = false;
	run(place, record);
}

/* Do one step of a record. Children in another place are not simulated. */
static void act(struct place *place, enum action action, struct record *child)
{
	if (action == BE_REFUSED || child->place != child->parent->place)
		return;
	model_post(place, child);
	switch (action) {
	case POST_AND_WAIT:
	case COPY_NOW:
	case SUBMIT_AND_WAIT:
		child->awaited = true;
		take_out(place, child);
		break;
	case POST_AND_CANCEL:
		model_cancel(place, child);
		break;
	default:
		break;
	}
}

static void finish(struct place *place, struct record *record)
{
	if (record->awaited)
		return;
	if (record->kind == OWN_TASK) {
		if (place->any && place->returned == NULL)
			place->returned = record;
		else
			records_push(&place->done, record);
	} else if (record->code != AML_SUCCESS) {
		if (place->barrier >= record->seq && place->reported == NULL)
			place->reported = record;
		else
			records_push(&place->failed, record);
	}
}

static void run(struct place *place, struct record *record)
{
	record->due++;
	if (!is_copy(record)) {
		MUST(place->expected_length < sizeof(place->expected) / sizeof(*place->expected));
		place->expected[place->expected_length++] = record->id;
	}
	for (size_t i = 0; i < record->num_steps; i++)
		act(place, record->steps[i].action, record->steps[i].child);
	finish(place, record);
}

static void run_head(struct place *place)
{
	take_out(place, place->queue.at[0]);
}

void model_wait(struct place *place, struct record *record)
{
	if (record->queued) {
		record->awaited = true;
		while (record->queued)
			run_head(place);
	}
	records_remove(&place->failed, record);
	records_remove(&place->done, record);
}

void model_cancel(struct place *place, struct record *record)
{
	if (record->queued) {
		MUST(records_remove(&place->queue, record));
		record->queued = false;
	}
	records_remove(&place->failed, record);
}

/* Whether the queue has a request that was posted before the barrier. */
static bool covers(const struct place *place)
{
	for (size_t i = 0; i < place->queue.n; i++)
		if (place->queue.at[i]->seq <= place->barrier &&
		    place->queue.at[i]->kind != OWN_TASK)
			return true;
	return false;
}

static int told(struct record *record)
{
	record->told = true;
	return record->code;
}

int model_barrier(struct place *place)
{
	if (place->failed.n > 0) {
		struct record *first = place->failed.at[0];

		records_remove(&place->failed, first);
		return told(first);
	}
	place->barrier = place->seq;
	place->reported = NULL;
	while (covers(place) && place->reported == NULL)
		run_head(place);
	place->barrier = 0;
	return place->reported != NULL ? told(place->reported) : AML_SUCCESS;
}

void model_follow(struct place *place)
{
	size_t length = atomic_load(&place->length);

	while (place->expected_length < length && place->queue.n > 0 &&
	       place->queue.at[0]->kind == OWN_TASK &&
	       place->queue.at[0]->id == place->trail[place->expected_length])
		run_head(place);
}

struct record *model_wait_any(struct place *place)
{
	struct record *first;
	bool unclaimed = place->done.n > 0;

	for (size_t i = 0; i < place->queue.n; i++)
		unclaimed = unclaimed || place->queue.at[i]->kind == OWN_TASK;
	if (!unclaimed)
		return NULL;
	if (place->done.n > 0) {
		first = place->done.at[0];
		records_remove(&place->done, first);
		return first;
	}
	place->any = true;
	place->returned = NULL;
	while (place->returned == NULL)
		run_head(place);
	place->any = false;
	return place->returned;
}

void model_drain(struct place *place)
{
	while (place->queue.n > 0)
		run_head(place);
}
