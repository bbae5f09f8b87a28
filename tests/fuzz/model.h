/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reference for calls on an engine. A record is a request or a task: it has the work to do and
 * the work that is done. A place is an engine and its scheduler. In a place without workers
 * everything runs in one thread, so a simulation predicts the records that run in each call, and
 * their order. Nothing here calls the library.
 */
#ifndef TESTS_FUZZ_MODEL_H
#define TESTS_FUZZ_MODEL_H

#include <aml.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "bytes.h"

/* The number of places, and the largest numbers of records and of steps of a record. */
#define PLACES 2
#define RECORDS 96
#define STEPS 3
/* The sizes of copies in bytes. In the test build, the large copy has several parts. */
#define DATA 48
#define DATA_LARGE 4000

/* How a record does its work. */
enum record_kind {
	/* A custom operator or task, which counts its runs. */
	OWN_OPERATOR,
	OWN_TASK,
	/* From here on: copies by the library's operators. */
	COPY_BYTES,
	COPY_FLAT,
	COPY_STRIDED,
	COPY_KEPT,
	COPY_LARGE,
	KINDS
};

/* The actions of an operator on a child. */
enum action {
	POST_AND_WAIT,
	POST_AND_LEAVE,
	POST_AND_CANCEL,
	COPY_NOW,
	SUBMIT_AND_WAIT,
	SUBMIT_AND_LEAVE,
	/* Make calls that are refused inside an operator. There is no child. */
	BE_REFUSED,
	ACTIONS
};

struct record {
	int id, place;
	enum record_kind kind;
	/* The result of the operator or task. */
	int code;
	bool with_handle;
	/* First, the record yields the CPU to other threads. */
	bool lingers;
	/* Then it waits for its gate. */
	bool holds, opened;
	sem_t gate;
	/* Then it does these steps. */
	struct {
		enum action action;
		struct record *child;
	} steps[STEPS];
	size_t num_steps;
	struct record *parent;

	/* Objects that the library uses. */
	struct aml_dma_request *req;
	struct aml_task task;
	int out;
	size_t size;
	unsigned char *from, *to;

	/* How often the record has started. */
	atomic_int runs;

	/*
	 * The reference: how often the record must run in all. In a place without workers: how
	 * often it must have run up to now.
	 */
	int due;
	/* Posted or submitted, and neither waited for nor cancelled. */
	bool open;
	bool cancelled;
	/* The failure was reported, by a barrier or a wait, or need not be reported. */
	bool told;
	/* The number of the record in the order of posting, from 1 on. */
	unsigned long seq;
	/* In the simulation: in the queue; a wait will return the result. */
	bool queued, awaited;
};

/* Records in some order. */
struct records {
	struct record *at[RECORDS];
	size_t n;
};

struct place {
	struct aml_dma *dma;
	struct aml_sched *sched;
	size_t workers;
	/* Operators of the other place post here, so more records than the bound may run. */
	bool crossed;
	atomic_int now, most;
	/* The records that have started, in order. */
	atomic_size_t length;
	int trail[4 * RECORDS];

	/* The reference. */
	unsigned long seq;
	size_t expected_length;
	int expected[4 * RECORDS];
	struct records queue;
	/* Requests with unreported failures; tasks that are done and that no wait has returned. */
	struct records failed, done;
	/* The barrier or wait_any in progress: its condition, and the record that ends it. */
	unsigned long barrier;
	struct record *reported;
	bool any;
	struct record *returned;
};

struct model_world {
	struct place places[PLACES];
	struct record records[RECORDS];
	size_t num_records;
	/* The place that calls go to. */
	int here;
	unsigned long seq;
};

static inline bool is_copy(const struct record *record)
{
	return record->kind >= COPY_BYTES;
}

/* Whether records of the place run only during calls of this thread. */
static inline bool exact(const struct place *place)
{
	return place->workers == 0;
}

void records_push(struct records *records, struct record *record);
/* Returns whether the record was in the list. */
bool records_remove(struct records *records, struct record *record);

/*
 * The simulation of a place without workers. Each function has the effect of the call in its name
 * on the reference. model_wait() runs the head of the queue until the record is done.
 */
void model_post(struct place *place, struct record *record);
void model_wait(struct place *place, struct record *record);
void model_cancel(struct place *place, struct record *record);
/* Returns the barrier's code. Tasks behind the last request may run in a barrier too, or not. */
int model_barrier(struct place *place);
/* Run those of these tasks that the place's trail shows. */
void model_follow(struct place *place);
/* Returns the task that wait_any returns, or NULL. */
struct record *model_wait_any(struct place *place);
/* Run all that is queued, as the destruction of an engine does. */
void model_drain(struct place *place);

#endif /* TESTS_FUZZ_MODEL_H */
