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
#define NEEDS 4
/* In trails, the entry of a record's callback is its number plus this. */
#define CALLBACK_ENTRY RECORDS
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

	/* Of a record that aml_dma_post() has posted, see fuzz_calls.c. */
	bool by_post;
	unsigned flags;
	struct record *needs[NEEDS];
	size_t num_needs;
	bool callback;
	/* How often the callback was called, and with which code. */
	atomic_int calls;
	int called_with;

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
	/* Posted, and neither finished nor cancelled; held back; not to run. */
	bool active, held, skips;
	/* Of a large copy: how many parts are left to run, and whether some have run. */
	size_t parts, parts_left;
	bool begun;
	bool finished;
	/* When it has finished: its number in the order of finishing, and its result. */
	unsigned long finish;
	int result;
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
	/* The descriptor of completions; 0: it was not asked for. */
	int fd;
	/* cancel_all was called. */
	atomic_bool cancels;
	/* Completions that were posted and not reaped. */
	size_t owed;
	atomic_int now, most;
	/* The records that have started, in order. */
	atomic_size_t length;
	int trail[4 * RECORDS];

	/* The reference. */
	unsigned long seq;
	size_t expected_length;
	int expected[4 * RECORDS];
	struct records queue;
	/* Records that are not finished, in the order of posting; those of them that are held. */
	struct records active, held;
	/* Finished records that are to be reaped; how many of them the descriptor has not told. */
	struct records completions;
	uint64_t signals;
	unsigned long finishes, requests;
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
	/* The number of parts of a large copy. */
	size_t parts;
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
/* Wait for one record, or run one record; return whether the record has finished. */
bool model_test(struct place *place, struct record *record);
/*
 * Wait for records. `least` of them must finish, unless only `one` record is to run. Without
 * records to wait for, nothing runs. No record is released.
 */
void model_wait_some(struct place *place, const struct records *list, size_t least, bool one);
/* Release a record that has finished. */
void model_release(struct place *place, struct record *record);
/* Of these records, the one that finished first; NULL: none has finished. */
struct record *model_first(const struct records *list);
/* The same as model_barrier(), after at most one record. False: it has not ended. */
bool model_barrier_once(struct place *place, int *code);
/* Return the number of cancelled records. */
size_t model_cancel_all(struct place *place);
/* Return the number of records that ran. */
size_t model_progress(struct place *place, size_t most);
/* Run until `least` of n completions are there, or at most one record. They are not taken. */
void model_reap(struct place *place, size_t n, size_t least, bool one);
/* Run all that is queued, as the destruction of an engine does. */
void model_drain(struct place *place);

#endif /* TESTS_FUZZ_MODEL_H */
