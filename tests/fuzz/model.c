/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulation of an engine without workers: one thread, one queue. */
#include "model.h"

#include <aml/dma/completion.h>

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

/* Insert a record into the queue by the order of posting. */
static void enqueue(struct place *place, struct record *record)
{
	size_t i;

	record->queued = true;
	records_push(&place->queue, record);
	for (i = place->queue.n - 1; i > 0 && place->queue.at[i - 1]->seq > record->seq; i--)
		place->queue.at[i] = place->queue.at[i - 1];
	place->queue.at[i] = record;
}

/* Whether a record waits for another one. */
static bool must_wait(const struct place *place, const struct record *record)
{
	for (size_t i = 0; i < record->num_needs; i++)
		if (record->needs[i]->active)
			return true;
	return record->flags & AML_DMA_POST_AFTER_ALL && place->active.at[0] != record;
}

static void fail_for(struct record *record, int code)
{
	if (code == AML_SUCCESS || record->skips || record->flags & AML_DMA_POST_ALWAYS)
		return;
	record->skips = true;
	record->result = code;
}

/* Of the finished prerequisites, the one that failed first counts. */
static void take_earlier_failure(struct record *record)
{
	const struct record *first = NULL;

	for (size_t i = 0; i < record->num_needs; i++) {
		const struct record *need = record->needs[i];

		if (need->finished && need->result != AML_SUCCESS &&
		    (first == NULL || need->finish < first->finish))
			first = need;
	}
	if (first != NULL)
		fail_for(record, first->result);
}

/* A record is no longer active: pass its result on, and enqueue what is ready. */
static void settle_held(struct place *place, struct record *record, int code)
{
	MUST(records_remove(&place->active, record));
	record->active = false;
	for (size_t i = 0; i < place->held.n; i++)
		for (size_t j = 0; j < place->held.at[i]->num_needs; j++)
			if (place->held.at[i]->needs[j] == record)
				fail_for(place->held.at[i], code);
	for (size_t i = 0; i < place->held.n;) {
		struct record *held = place->held.at[i];

		if (must_wait(place, held)) {
			i++;
			continue;
		}
		held->held = false;
		MUST(records_remove(&place->held, held));
		enqueue(place, held);
	}
}

void model_post(struct place *place, struct record *record)
{
	record->seq = ++place->seq;
	record->awaited = record->skips = record->finished = record->begun = false;
	record->parts_left = record->parts;
	record->active = true;
	records_push(&place->active, record);
	place->requests += record->kind != OWN_TASK;
	take_earlier_failure(record);
	record->held = must_wait(place, record);
	if (record->held)
		records_push(&place->held, record);
	else
		enqueue(place, record);
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

static void expect_entry(struct place *place, int entry)
{
	MUST(place->expected_length < sizeof(place->expected) / sizeof(*place->expected));
	place->expected[place->expected_length++] = entry;
}

/* Whether a barrier reports a failure of the record. */
static bool is_reported(const struct record *record)
{
	if (record->skips || record->result == AML_SUCCESS)
		return false;
	return record->with_handle || !record->by_post ||
	       !(record->callback || record->flags & AML_DMA_POST_REAP);
}

static void finish(struct place *place, struct record *record)
{
	if (record->callback)
		expect_entry(place, record->id + CALLBACK_ENTRY);
	record->finished = true;
	record->finish = ++place->finishes;
	settle_held(place, record, record->result);
	if (record->flags & AML_DMA_POST_REAP) {
		records_push(&place->completions, record);
		place->signals++;
	}
	if (record->awaited)
		return;
	if (record->kind == OWN_TASK) {
		if (place->any && place->returned == NULL)
			place->returned = record;
		else
			records_push(&place->done, record);
	} else if (is_reported(record)) {
		if (place->barrier >= record->seq && place->reported == NULL)
			place->reported = record;
		else
			records_push(&place->failed, record);
	}
}

static void run(struct place *place, struct record *record)
{
	if (record->skips) {
		finish(place, record);
		return;
	}
	record->due++;
	record->result = record->code;
	if (!is_copy(record))
		expect_entry(place, record->id);
	for (size_t i = 0; i < record->num_steps; i++)
		act(place, record->steps[i].action, record->steps[i].child);
	finish(place, record);
}

static void run_head(struct place *place)
{
	struct record *head = place->queue.at[0];

	head->begun = true;
	if (head->skips || head->parts_left <= 1)
		take_out(place, head);
	else
		head->parts_left--;
}

void model_wait(struct place *place, struct record *record)
{
	record->awaited = record->active;
	while (record->active)
		run_head(place);
	model_release(place, record);
	records_remove(&place->done, record);
}

void model_release(struct place *place, struct record *record)
{
	records_remove(&place->failed, record);
}

static size_t count_finished(const struct records *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->at[i]->finished;
	return n;
}

void model_wait_some(struct place *place, const struct records *list, size_t least, bool one)
{
	if (count_finished(list) >= least)
		return;
	for (size_t i = 0; i < list->n; i++)
		list->at[i]->awaited = list->at[i]->active;
	do
		run_head(place);
	while (!one && count_finished(list) < least);
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i]->active)
			list->at[i]->awaited = false;
}

bool model_test(struct place *place, struct record *record)
{
	struct records list = {.at = {record}, .n = 1};

	model_wait_some(place, &list, 1, true);
	return record->finished;
}

struct record *model_first(const struct records *list)
{
	struct record *first = NULL;

	for (size_t i = 0; i < list->n; i++)
		if (list->at[i]->finished && (first == NULL || list->at[i]->finish < first->finish))
			first = list->at[i];
	return first;
}

/* Take a record out before it has started. */
static void withdraw(struct place *place, struct record *record)
{
	MUST(records_remove(record->held ? &place->held : &place->queue, record));
	record->held = record->queued = false;
}

void model_cancel(struct place *place, struct record *record)
{
	if (record->active) {
		withdraw(place, record);
		if (record->callback)
			expect_entry(place, record->id + CALLBACK_ENTRY);
		record->result = -AML_FAILURE;
		settle_held(place, record, -AML_FAILURE);
	}
	records_remove(&place->failed, record);
}

size_t model_cancel_all(struct place *place)
{
	struct records list = {.n = 0};

	for (size_t i = 0; i < place->active.n; i++)
		if (place->active.at[i]->kind != OWN_TASK && !place->active.at[i]->begun)
			records_push(&list, place->active.at[i]);
	for (size_t i = 0; i < list.n; i++)
		withdraw(place, list.at[i]);
	for (size_t i = 0; i < list.n; i++) {
		list.at[i]->skips = true;
		list.at[i]->result = -AML_FAILURE;
		finish(place, list.at[i]);
	}
	return list.n;
}

size_t model_progress(struct place *place, size_t most)
{
	size_t n = 0;

	for (; n < most && place->queue.n > 0; n++)
		run_head(place);
	return n;
}

/* Whether a record that is not finished is to be reaped. */
static bool will_complete(const struct place *place)
{
	for (size_t i = 0; i < place->active.n; i++)
		if (place->active.at[i]->flags & AML_DMA_POST_REAP)
			return true;
	return false;
}

void model_reap(struct place *place, size_t n, size_t least, bool one)
{
	if (place->completions.n < n && will_complete(place) && place->queue.n > 0)
		run_head(place);
	while (!one && place->completions.n < least)
		run_head(place);
}

/* Whether a request that was posted before the barrier is not finished. */
static bool covers(const struct place *place)
{
	for (size_t i = 0; i < place->active.n; i++)
		if (place->active.at[i]->seq <= place->barrier &&
		    place->active.at[i]->kind != OWN_TASK)
			return true;
	return false;
}

static int told(struct record *record)
{
	record->told = true;
	return record->result;
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

bool model_barrier_once(struct place *place, int *code)
{
	bool ended;

	*code = AML_SUCCESS;
	if (place->failed.n > 0) {
		*code = model_barrier(place);
		return true;
	}
	place->barrier = place->seq;
	place->reported = NULL;
	if (covers(place))
		run_head(place);
	ended = place->reported != NULL || !covers(place);
	if (place->reported != NULL)
		*code = told(place->reported);
	place->barrier = 0;
	return ended;
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
