/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reference for calls on an engine: what each record, a request or a task, is to do and has
 * done, and for a place without workers, where everything happens in one thread, a simulation
 * that tells what runs in which call, and in which order. Nothing here calls the library.
 */
#ifndef TESTS_FUZZ_MODEL_H
#define TESTS_FUZZ_MODEL_H

#include <aml.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "bytes.h"

/* Two engines with a scheduler each, and all that one input may make. */
#define PLACES 2
#define RECORDS 96
#define STEPS 3
/* What a copy copies, in bytes; the larger one in several parts where these are small. */
#define DATA 48
#define DATA_LARGE 4000

/* How a record does its work. */
enum kind {
	/* An operator or a task of this program's, which counts its runs. */
	OWN_OPERATOR,
	OWN_TASK,
	/* Copies by the library's operators; from here on. */
	COPY_BYTES,
	COPY_FLAT,
	COPY_STRIDED,
	COPY_KEPT,
	COPY_LARGE,
	KINDS
};

/* What an operator does with a child. */
enum action {
	POST_AND_WAIT,
	POST_AND_LEAVE,
	POST_AND_CANCEL,
	COPY_NOW,
	SUBMIT_AND_WAIT,
	SUBMIT_AND_LEAVE,
	/* All that is refused inside an operator; no child. */
	BE_REFUSED,
	ACTIONS
};

struct record {
	int id, place;
	enum kind kind;
	/* What it returns. */
	int code;
	bool with_handle;
	/* It lets others go first when it has started. */
	bool lingers;
	/* It waits for the gate then. */
	bool holds, opened;
	sem_t gate;
	/* What it does then. */
	struct {
		enum action action;
		struct record *child;
	} steps[STEPS];
	size_t num_steps;
	struct record *parent;

	/* The library's. */
	struct aml_dma_request *req;
	struct aml_task task;
	int out;
	size_t size;
	unsigned char *from, *to;

	/* How often it has started. */
	atomic_int runs;

	/* The reference: how often it is to have run, in a place without workers up to now. */
	int due;
	/* It was posted or submitted, and neither waited for nor cancelled. */
	bool open;
	bool cancelled;
	/* A barrier has told of its failure, or somebody who waited was told, or need not be. */
	bool told;
	/* Its place in the order of posting. */
	unsigned long seq;
	/* In a simulation: it is in the queue; its result goes to whoever waits for it. */
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
	/* Operators of the other place post here, so that it may exceed its bound. */
	bool crossed;
	atomic_int now, most;
	/* Which records have started, in order. */
	atomic_size_t length;
	int trail[4 * RECORDS];

	/* The reference. */
	unsigned long seq;
	size_t expected_length;
	int expected[4 * RECORDS];
	struct records queue;
	/* Requests that have failed, and nobody was told; tasks that are done, and nobody has. */
	struct records failed, done;
	/* A barrier or wait_any that waits: what ends it. */
	unsigned long barrier;
	struct record *reported;
	bool any;
	struct record *returned;
};

struct world {
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

/* Nothing happens in it but in calls, in this thread. */
static inline bool exact(const struct place *place)
{
	return place->workers == 0;
}

void records_push(struct records *records, struct record *record);
/* Whether it was among them. */
bool records_remove(struct records *records, struct record *record);

/*
 * The simulation of a place without workers. A record is posted; the head of the queue runs until
 * a record is done, as a wait does; a call of the others' names is made.
 */
void model_post(struct place *place, struct record *record);
void model_wait(struct place *place, struct record *record);
void model_cancel(struct place *place, struct record *record);
/* Returns the code. Tasks that are posted behind the last request may run too or not. */
int model_barrier(struct place *place);
/* What the trail shows of such tasks. */
void model_follow(struct place *place);
/* The task that it returns, or NULL. */
struct record *model_wait_any(struct place *place);
void model_drain(struct place *place);

#endif /* TESTS_FUZZ_MODEL_H */
