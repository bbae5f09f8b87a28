/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: bytes are decoded into calls on two engines, with 0 to 3 workers each, and on their
 * schedulers. Each call must agree with the reference, model.h. Without workers, the reference is
 * exact: it predicts the records that run, and their order. With workers, the target checks the
 * properties that hold under every schedule: each result is right, each failure is reported once,
 * each record runs once or is cancelled, one worker keeps the order, and the number of records that
 * run at once stays within its bound.
 */
#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <sched.h>
#include <unistd.h>

#include "model.h"
#include "oracle.h"
#include "user_layout.h"

const char fuzz_target[] = "calls";
const char *const fuzz_variants[] = {"AML_DMA_ISA", "", NULL};

/* Record number i fails with the code -(FIRST_CODE + i), so each code names its record. */
#define FIRST_CODE 1000
#define CALLS_MAX 64

static struct model_world *world;
static struct aml_layout any_layout;

/* The work of records, in any thread. */

static struct place *place_of(const struct record *record)
{
	return &world->places[record->place];
}

static void enter(struct place *place)
{
	int now = atomic_fetch_add(&place->now, 1) + 1;
	int most = atomic_load(&place->most);

	while (now > most && !atomic_compare_exchange_weak(&place->most, &most, now))
		;
}

static void leave(struct place *place)
{
	atomic_fetch_sub(&place->now, 1);
}

static int operate(struct aml_layout *dst, const struct aml_layout *src, void *record);
static void work(struct aml_task_in *in, struct aml_task_out *out);

/* Make a layout for a copy of a record's data. Release it with unmake_layout(). */
static void make_layout(const struct record *record, bool is_dst, unsigned char *data,
			struct aml_layout **layout)
{
	size_t dims[2] = {6, 4}, pitches[2] = {is_dst ? 6 : 12, is_dst ? 8 : 4},
	       flat = record->size;
	struct oracle oracle;

	switch (record->kind) {
	case COPY_BYTES:
		*layout = (struct aml_layout *)(void *)data;
		break;
	case COPY_FLAT:
	case COPY_LARGE:
		MUST(aml_layout_dense_create(layout, data, AML_LAYOUT_ORDER_C, 1, 1, &flat, NULL,
					     NULL) == AML_SUCCESS);
		break;
	case COPY_STRIDED:
		/* Six rows of four bytes. In the destination, rows are eight bytes apart. */
		MUST(aml_layout_dense_create(layout, data, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL,
					     is_dst ? pitches : NULL) == AML_SUCCESS);
		break;
	default:
		oracle_dense(&oracle, data, AML_LAYOUT_ORDER_C, 1, 1, &flat, NULL, NULL);
		*layout = &user_layout_create(&oracle, AML_LAYOUT_ORDER_C, USER_DUPLICATE, NULL)
				   ->layout;
		oracle_destroy(&oracle);
		break;
	}
}

static void unmake_layout(const struct record *record, struct aml_layout **layout)
{
	if (record->kind != COPY_BYTES)
		aml_layout_destroy(layout);
}

/* Post a record, or run it synchronously. If `req` is NULL, there is no handle. */
static int begin(struct record *record, bool at_once, struct aml_dma_request **req)
{
	struct aml_dma *dma = place_of(record)->dma;
	struct aml_layout *dst = &any_layout, *src = &any_layout;
	aml_dma_operator op = operate;
	void *arg = record;
	int err;

	if (is_copy(record)) {
		make_layout(record, true, record->to, &dst);
		make_layout(record, false, record->from, &src);
		op = record->kind == COPY_BYTES ? aml_dma_linux_memcpy_op : NULL;
		arg = (void *)record->size;
	}
	if (at_once)
		err = aml_dma_copy_custom(dma, dst, src, op, arg);
	else
		err = aml_dma_async_copy_custom(dma, req, dst, src, op, arg);
	if (is_copy(record)) {
		unmake_layout(record, &dst);
		unmake_layout(record, &src);
	}
	return err;
}

static void submit(struct record *record)
{
	struct aml_task *task = &record->task;

	task->in = (struct aml_task_in *)record;
	task->out = (struct aml_task_out *)&record->out;
	task->fn = work;
	task->data = record;
	MUST(aml_sched_submit_task(place_of(record)->sched, task) == AML_SUCCESS);
}

/* Whether a record writes the byte at this offset of its destination. */
static bool copies(const struct record *record, size_t at)
{
	return record->kind != COPY_STRIDED || at % 8 < 4;
}

static size_t copied_from(const struct record *record, size_t at)
{
	return record->kind == COPY_STRIDED ? at / 8 * 4 + at % 8 : at;
}

static bool has_copied(const struct record *record)
{
	for (size_t i = 0; i < record->size; i++) {
		unsigned char expected = 0xEE;

		if (copies(record, i))
			expected = record->from[copied_from(record, i)];
		if (record->to[i] != expected)
			return false;
	}
	return true;
}

static bool is_to_copy(const struct record *record, size_t at, unsigned char byte)
{
	return copies(record, at) && byte == record->from[copied_from(record, at)];
}

/* Whether each byte has either its old value or its copied value. */
static bool has_copied_in_part(const struct record *record)
{
	for (size_t i = 0; i < record->size; i++)
		if (record->to[i] != 0xEE && !is_to_copy(record, i, record->to[i]))
			return false;
	return true;
}

static bool has_copied_nothing(const struct record *record)
{
	for (size_t i = 0; i < record->size; i++)
		if (record->to[i] != 0xEE)
			return false;
	return true;
}

/* Make calls that are refused inside a record's own function. They must change nothing. */
static void be_refused(struct record *record)
{
	struct place *place = place_of(record);
	struct aml_dma *dma = place->dma;
	struct aml_sched *sched = place->sched;
	/* The handle of a record of a batch is not known yet. */
	struct aml_dma_request *own = record->by_post ? NULL : record->req;
	int before = aml_errno;

	MUST(aml_dma_barrier(dma) == -AML_EBUSY);
	MUST(aml_dma_linux_destroy(&dma) == -AML_EBUSY && dma == place->dma);
	aml_errno = AML_SUCCESS;
	MUST(aml_sched_wait_any(sched) == NULL && aml_errno == AML_EBUSY);
	/* This may run in a thread that checks aml_errno afterwards. */
	aml_errno = before;
	aml_queue_sched_destroy(&sched);
	MUST(sched == place->sched);
	if (record->kind == OWN_TASK) {
		MUST(aml_sched_wait_task(sched, &record->task) == -AML_EBUSY);
	} else if (record->with_handle && !record->by_post) {
		MUST(aml_dma_wait(dma, &own) == -AML_EBUSY && own == record->req);
		MUST(aml_dma_cancel(dma, &own) == -AML_EBUSY && own == record->req);
	}
}

static void do_step(struct record *record, enum action action, struct record *child)
{
	struct place *place = place_of(record);
	struct aml_dma_request *req = NULL;
	int err;

	switch (action) {
	case POST_AND_WAIT:
		MUST(begin(child, false, &req) == AML_SUCCESS && req != NULL);
		leave(place);
		err = aml_dma_wait(place_of(child)->dma, &req);
		enter(place);
		MUST(req == NULL);
		/* The main thread may cancel all. */
		if (err == -AML_FAILURE && place_of(child)->cancels)
			break;
		MUST(err == child->code);
		MUST(!is_copy(child) || has_copied(child));
		break;
	case POST_AND_LEAVE:
		MUST(begin(child, false, NULL) == AML_SUCCESS);
		break;
	case POST_AND_CANCEL:
		MUST(begin(child, false, &req) == AML_SUCCESS && req != NULL);
		leave(place);
		MUST(aml_dma_cancel(place_of(child)->dma, &req) == AML_SUCCESS && req == NULL);
		enter(place);
		break;
	case COPY_NOW:
		leave(place);
		MUST(begin(child, true, NULL) == child->code);
		enter(place);
		MUST(!is_copy(child) || has_copied(child));
		break;
	case SUBMIT_AND_WAIT:
		submit(child);
		leave(place);
		err = aml_sched_wait_task(place_of(child)->sched, &child->task);
		enter(place);
		/* With workers, a call of wait_any may have returned the task before. */
		if (err != -AML_EINVAL || exact(place_of(child)))
			MUST(err == AML_SUCCESS && child->out == child->code);
		break;
	case SUBMIT_AND_LEAVE:
		submit(child);
		break;
	case BE_REFUSED:
	case ACTIONS:
		be_refused(record);
		break;
	}
}

static int perform(struct record *record)
{
	struct place *place = place_of(record);
	size_t at;

	enter(place);
	at = atomic_fetch_add(&place->length, 1);
	MUST(at < sizeof(place->trail) / sizeof(*place->trail));
	place->trail[at] = record->id;
	atomic_fetch_add(&record->runs, 1);
	for (int i = 0; i < 10 && record->lingers; i++)
		sched_yield();
	if (record->holds)
		while (sem_wait(&record->gate) != 0)
			;
	for (size_t i = 0; i < record->num_steps; i++)
		do_step(record, record->steps[i].action, record->steps[i].child);
	leave(place);
	return record->code;
}

static int operate(struct aml_layout *dst, const struct aml_layout *src, void *record)
{
	MUST(dst == &any_layout && src == &any_layout);
	return perform(record);
}

static void work(struct aml_task_in *in, struct aml_task_out *out)
{
	*(int *)(void *)out = perform((struct record *)(void *)in);
}

/* Decoding. */

static bool full(void)
{
	return world->num_records == RECORDS;
}

static struct record *new_record(int place, enum record_kind kind)
{
	struct record *record;

	MUST(!full());
	record = &world->records[world->num_records];
	record->id = (int)world->num_records++;
	record->place = place;
	record->kind = kind;
	record->parts = kind == COPY_LARGE ? world->parts : 1;
	if (is_copy(record)) {
		record->size = kind == COPY_LARGE ? DATA_LARGE : DATA;
		record->from = malloc(record->size);
		record->to = malloc(record->size);
		MUST(record->from != NULL && record->to != NULL);
		memset(record->to, 0xEE, record->size);
		/* Each byte differs from the old content of the destination. */
		for (size_t i = 0; i < record->size; i++)
			record->from[i] = (unsigned char)((record->id * 7 + (int)i) % 200);
	}
	MUST(sem_init(&record->gate, 0, 0) == 0);
	return record;
}

/* Decode the behaviour of a record with its own operator or task. */
static void take_behaviour(struct record *record, struct bytes *bytes, size_t depth)
{
	size_t v = take(bytes);

	if (v % 4 == 3)
		record->code = -FIRST_CODE - record->id;
	record->lingers = v / 16 % 4 == 3;
	record->num_steps = depth > 0 && v >= 128 ? v / 4 % (STEPS + 1) : 0;
	for (size_t i = 0; i < record->num_steps; i++) {
		size_t what = take(bytes);
		enum action action = (enum action)(what % ACTIONS);
		int there = record->place;
		enum record_kind kind = OWN_OPERATOR;

		if (full())
			action = BE_REFUSED;
		record->steps[i].action = action;
		if (action == BE_REFUSED)
			continue;
		/* Other threads must not post to a place whose calls are predicted. */
		if (what >= 224 && !exact(&world->places[1 - there]) &&
		    world->places[1 - there].dma != NULL) {
			there = 1 - there;
			world->places[there].crossed = true;
		}
		if (action == SUBMIT_AND_WAIT || action == SUBMIT_AND_LEAVE)
			kind = OWN_TASK;
		else if (what / ACTIONS % 4 == 3)
			kind = (enum record_kind)(COPY_BYTES +
						  what / ACTIONS / 4 % (KINDS - COPY_BYTES));
		record->steps[i].child = new_record(there, kind);
		record->steps[i].child->parent = record;
		if (!is_copy(record->steps[i].child))
			take_behaviour(record->steps[i].child, bytes, depth - 1);
	}
}

/* The calls. */

static struct place *here(void)
{
	return &world->places[world->here];
}

static void create(struct place *place, size_t workers)
{
	memset(place, 0, sizeof(*place));
	place->workers = workers;
	MUST(aml_dma_linux_create(&place->dma, workers) == AML_SUCCESS && place->dma != NULL);
	place->sched = ((struct aml_dma_linux_data *)(void *)place->dma->data)->sched;
}

static void open_gate(struct record *record)
{
	if (!record->holds || record->opened)
		return;
	record->opened = true;
	MUST(sem_post(&record->gate) == 0);
}

/* Called before each call that may wait for a record. */
static void open_gates(void)
{
	for (size_t i = 0; i < world->num_records; i++)
		open_gate(&world->records[i]);
}

/* Whether the place has one worker, and an earlier record there still waits at its gate. */
static bool held_up(const struct record *record)
{
	if (place_of(record)->workers != 1 || place_of(record)->cancels)
		return false;
	for (size_t i = 0; i < world->num_records; i++) {
		const struct record *other = &world->records[i];

		if (other->place == record->place && other->holds && !other->opened &&
		    !other->by_post && !other->cancelled && other->seq < record->seq &&
		    other->seq > 0)
			return true;
	}
	return false;
}

/* Whether a record has run as often as it is due. A copy shows in its destination only. */
static bool has_run(const struct record *record)
{
	return is_copy(record) ? has_copied(record) : atomic_load(&record->runs) >= record->due;
}

/*
 * With workers: report whether a request may have failed without running. This is not about
 * requests that a cancel of their own has met.
 */
static bool is_uncertain(const struct record *record)
{
	return record->by_post || place_of(record)->cancels;
}

/* Whether a record without a handle was posted by aml_dma_post() and reports its failure itself. */
static bool reports_itself(const struct record *record)
{
	return record->by_post && !record->with_handle &&
	       (record->callback || record->flags & AML_DMA_POST_REAP);
}

/* In a place without workers, exactly the records that the reference predicts have run. */
static void compare(struct place *place)
{
	if (place->dma == NULL || !exact(place))
		return;
	MUST(atomic_load(&place->length) == place->expected_length);
	MUST(memcmp(place->trail, place->expected,
		    place->expected_length * sizeof(*place->trail)) == 0);
	for (size_t i = 0; i < world->num_records; i++) {
		const struct record *record = &world->records[i];

		if (place_of(record) != place || record->seq == 0)
			continue;
		if (!is_copy(record))
			MUST(atomic_load(&record->runs) == record->due);
		else if (record->active && record->begun)
			MUST(has_copied_in_part(record));
		else
			MUST(record->due > 0 && !record->cancelled ? has_copied(record)
								   : has_copied_nothing(record));
	}
}

/*
 * With at most one worker, records that this thread posted start in order: all before `last` have
 * run.
 */
static void check_order(const struct place *place, const struct record *last)
{
	if (place->workers > 1)
		return;
	for (size_t i = 0; i < world->num_records; i++) {
		const struct record *record = &world->records[i];

		if (place_of(record) == place && record->parent == NULL && !record->cancelled &&
		    !is_copy(record) && !is_uncertain(record) && record->seq > 0 &&
		    record->seq < last->seq)
			MUST(atomic_load(&record->runs) >= record->due);
	}
}

/* Note in the reference that the record is posted now. */
static void posted(struct record *record, bool open)
{
	struct place *place = place_of(record);

	record->open = open;
	if (exact(place)) {
		model_post(place, record);
	} else {
		record->seq = ++place->seq;
		record->due++;
	}
}

static struct record *take_operator(struct bytes *bytes)
{
	struct record *record = new_record(world->here, OWN_OPERATOR);

	take_behaviour(record, bytes, 2);
	return record;
}

static void call_post(struct bytes *bytes, bool copy)
{
	size_t v = take(bytes);
	struct record *record;

	if (full())
		return;
	if (copy) {
		record = new_record(world->here,
				    (enum record_kind)(COPY_BYTES + v / 4 % (KINDS - COPY_BYTES)));
	} else {
		record = take_operator(bytes);
		record->holds = v >= 192;
	}
	record->with_handle = v % 4 != 3;
	/* The record may run during the post, so update the reference first. */
	posted(record, record->with_handle);
	MUST(begin(record, false, record->with_handle ? &record->req : NULL) == AML_SUCCESS);
	MUST(!record->with_handle || record->req != NULL);
}

static void finish_wait(struct record *record)
{
	record->open = false;
	record->told = true;
	if (exact(place_of(record)))
		model_wait(place_of(record), record);
	MUST(has_run(record));
	check_order(place_of(record), record);
}

static void call_copy(struct bytes *bytes)
{
	size_t v = take(bytes);
	struct record *record;

	if (full())
		return;
	if (v % 2 == 0)
		record = take_operator(bytes);
	else
		record = new_record(world->here,
				    (enum record_kind)(COPY_BYTES + v / 2 % (KINDS - COPY_BYTES)));
	open_gates();
	posted(record, false);
	MUST(begin(record, true, NULL) == record->code);
	finish_wait(record);
}

/* Pick one of the open requests or tasks of the current place. NULL if there is none. */
static struct record *pick(struct bytes *bytes, bool task)
{
	struct record *open[RECORDS];
	size_t n = 0;

	for (size_t i = 0; i < world->num_records; i++) {
		struct record *record = &world->records[i];

		if (record->open && record->parent == NULL && record->place == world->here &&
		    (record->kind == OWN_TASK) == task)
			open[n++] = record;
	}
	return n > 0 ? open[take_below(bytes, n)] : NULL;
}

/* With workers: whether a record that has finished may have this result. */
static bool may_end(const struct record *record, int code)
{
	if (code == -AML_FAILURE && (record->cancelled || place_of(record)->cancels))
		return true;
	if (!record->by_post)
		return code == record->code;
	for (size_t i = 0; i < record->num_needs && !(record->flags & AML_DMA_POST_ALWAYS); i++)
		if (code != AML_SUCCESS && may_end(record->needs[i], code))
			return true;
	return code == record->code;
}

/* A call has returned the result of a record. In the reference, the record has finished. */
static void check_result(struct record *record, int code)
{
	if (exact(place_of(record)))
		MUST(code == record->result);
	else
		MUST(may_end(record, code));
	if (record->callback)
		MUST(atomic_load(&record->calls) == 1 && record->called_with == code);
	/* Each record has a code of its own. It may have run and failed as a prerequisite. */
	if (is_copy(record) && code == AML_SUCCESS)
		MUST(has_copied(record));
	else if (is_copy(record))
		MUST(has_copied_nothing(record));
	else if (code == record->code)
		MUST(atomic_load(&record->runs) > 0);
}

/* The handle of a record was released with this code. */
static void released(struct record *record, int code)
{
	MUST(record->req == NULL);
	if (exact(place_of(record)))
		model_release(place_of(record), record);
	record->open = false;
	record->told = true;
	check_result(record, code);
}

static void call_wait(struct bytes *bytes)
{
	struct record *record = pick(bytes, false);
	int code;

	if (record == NULL)
		return;
	open_gates();
	code = aml_dma_wait(here()->dma, &record->req);
	if (exact(here()))
		model_wait(here(), record);
	released(record, code);
	check_order(here(), record);
}

static void call_cancel(struct bytes *bytes)
{
	struct record *record = pick(bytes, false);
	bool queued;

	if (record == NULL)
		return;
	queued = held_up(record);
	if (!queued)
		open_gates();
	MUST(aml_dma_cancel(here()->dma, &record->req) == AML_SUCCESS);
	MUST(record->req == NULL);
	record->open = false;
	record->told = true;
	if (exact(here()))
		model_cancel(here(), record);
	/* The record must not run from here on. */
	if (is_copy(record))
		record->due = has_copied(record);
	else if (!exact(here()))
		record->due = atomic_load(&record->runs);
	record->cancelled = true;
	MUST(!queued || record->due == 0);
	if (!is_copy(record))
		return;
	/* The copy may have stopped early. No thread works on it any more. */
	MUST(queued ? has_copied_nothing(record) : has_copied_in_part(record));
	memset(record->to, 0xEE, record->size);
}

/* After a barrier that returned success, all requests that this thread posted have run. */
static void check_barrier(struct place *place)
{
	for (size_t i = 0; i < world->num_records; i++) {
		const struct record *record = &world->records[i];

		if (place_of(record) != place || record->parent != NULL || record->seq == 0 ||
		    record->cancelled || record->kind == OWN_TASK || is_uncertain(record))
			continue;
		MUST(has_run(record));
		MUST(record->code == AML_SUCCESS || record->told);
	}
}

/* Find the record whose failure a barrier has returned. It must not have been reported before. */
static void check_told(struct place *place, int code)
{
	int id = -code - FIRST_CODE;
	struct record *record;

	MUST(id >= 0 && id < (int)world->num_records);
	record = &world->records[id];
	MUST(place_of(record) == place && record->code == code && !record->told);
	MUST(!reports_itself(record));
	MUST(atomic_load(&record->runs) == 1);
	record->told = true;
}

static int call_barrier(struct place *place)
{
	int expected = 0, code;

	open_gates();
	if (exact(place))
		expected = model_barrier(place);
	code = aml_dma_barrier(place->dma);
	if (exact(place)) {
		MUST(code == expected);
		model_follow(place);
	} else if (code == AML_SUCCESS) {
		check_barrier(place);
	} else {
		check_told(place, code);
	}
	return code;
}

static void call_submit(struct bytes *bytes)
{
	size_t v = take(bytes);
	struct record *record = NULL;

	/* A task that was returned may be submitted again. */
	for (size_t i = 0; i < world->num_records && v % 4 == 3; i++) {
		struct record *old = &world->records[i];

		if (old->kind == OWN_TASK && old->place == world->here && old->parent == NULL &&
		    !old->open && !old->holds && old->num_steps == 0 && old->seq > 0)
			record = old;
	}
	if (record == NULL && full())
		return;
	if (record == NULL) {
		record = new_record(world->here, OWN_TASK);
		take_behaviour(record, bytes, 2);
		record->holds = v >= 192;
	}
	posted(record, true);
	submit(record);
}

static void call_wait_task(struct bytes *bytes)
{
	struct record *record = pick(bytes, true);

	if (record == NULL)
		return;
	open_gates();
	MUST(aml_sched_wait_task(here()->sched, &record->task) == AML_SUCCESS);
	finish_wait(record);
	MUST(record->out == record->code);
	/* A second wait is an error. */
	MUST(aml_sched_wait_task(here()->sched, &record->task) == -AML_EINVAL);
}

static struct record *call_wait_any(struct place *place)
{
	struct record *expected = NULL, *record;
	struct aml_task *task;

	open_gates();
	if (exact(place))
		expected = model_wait_any(place);
	aml_errno = AML_SUCCESS;
	task = aml_sched_wait_any(place->sched);
	MUST(aml_errno == AML_SUCCESS);
	record = task != NULL ? task->data : NULL;
	if (exact(place)) {
		MUST(record == expected);
	} else if (record == NULL) {
		for (size_t i = 0; i < world->num_records; i++) {
			const struct record *left = &world->records[i];

			MUST(place_of(left) != place || left->kind != OWN_TASK ||
			     left->parent != NULL || !left->open);
		}
	}
	if (record == NULL)
		return NULL;
	MUST(record->kind == OWN_TASK && place_of(record) == place);
	MUST(record->parent != NULL ? !record->told : record->open);
	MUST(has_run(record) && record->out == record->code);
	record->open = false;
	record->told = true;
	return record;
}

static void call_fprintf(void)
{
	char text[1024] = "", *line;
	FILE *stream = fmemopen(text, sizeof(text), "w");

	MUST(stream != NULL);
	MUST(aml_dma_fprintf(stream, "<fuzz> ", here()->dma) == AML_SUCCESS);
	fclose(stream);
	MUST(text[0] != '\0');
	for (line = text; *line != '\0'; line = strchr(line, '\n') + 1)
		MUST(strncmp(line, "<fuzz> ", 7) == 0 && strchr(line, '\n') != NULL);
}

/* Make calls that are refused. They must change nothing. */
static void call_wrongly(struct bytes *bytes)
{
	struct aml_dma *other = world->places[1 - world->here].dma;
	struct aml_dma_request *none = NULL, *before;
	struct record *record = pick(bytes, false);
	size_t dims[2] = {4, 12};
	struct aml_layout *a, *b;
	char data[DATA];

	MUST(aml_dma_wait(here()->dma, &none) == -AML_EINVAL);
	MUST(aml_dma_cancel(here()->dma, &none) == -AML_EINVAL);
	if (record != NULL && other != NULL) {
		before = record->req;
		MUST(aml_dma_wait(other, &record->req) == -AML_EINVAL);
		MUST(aml_dma_cancel(other, &record->req) == -AML_EINVAL);
		MUST(record->req == before);
	}
	MUST(aml_layout_dense_create(&a, data, 0, 1, 2, dims, NULL, NULL) == AML_SUCCESS);
	MUST(aml_layout_dense_create(&b, data, 1, 1, 2, dims, NULL, NULL) == AML_SUCCESS);
	MUST(aml_dma_async_copy(here()->dma, &none, a, b) == -AML_EINVAL && none == NULL);
	MUST(aml_dma_async_copy(here()->dma, NULL, a, b) == -AML_EINVAL);
	MUST(aml_dma_copy(here()->dma, a, b) == -AML_EINVAL);
	aml_layout_destroy(&a);
	aml_layout_destroy(&b);
}

/* Call barriers and wait_any until they have nothing left to report. */
static void settle(struct place *place)
{
	/* Records that finish meanwhile may have posted more records. */
	for (int quiet = 0; quiet < 4;) {
		quiet++;
		while (call_barrier(place) != AML_SUCCESS)
			quiet = 0;
		while (call_wait_any(place) != NULL)
			quiet = 0;
	}
}

/* Check a record of the main thread whose engine is destroyed. */
static void check_record_end(const struct record *record)
{
	int runs = atomic_load(&record->runs);
	bool exactly = exact(place_of(record)) || !is_uncertain(record);

	if (record->callback)
		MUST(atomic_load(&record->calls) == 1);
	if (!is_copy(record))
		MUST(exactly ? runs == record->due : runs <= record->due);
	else if (record->cancelled || (exactly && record->due == 0))
		MUST(has_copied_nothing(record));
	else if (exactly || (record->callback && record->called_with == AML_SUCCESS))
		MUST(has_copied(record));
	else
		MUST(has_copied(record) || has_copied_nothing(record));
}

/* Check all records of a place whose engine is destroyed. */
static void check_end(struct place *place, bool settled)
{
	for (size_t i = 0; i < world->num_records; i++) {
		struct record *record = &world->records[i];
		int runs = atomic_load(&record->runs);

		if (place_of(record) != place)
			continue;
		if (record->parent == NULL)
			check_record_end(record);
		if (settled && runs > 0 && record->code != AML_SUCCESS &&
		    record->kind == OWN_OPERATOR && record->parent == NULL &&
		    !reports_itself(record))
			MUST(record->told);
		/* No later call uses the record. */
		record->open = false;
	}
	MUST(atomic_load(&place->now) == 0);
	if (!place->crossed)
		MUST(atomic_load(&place->most) <= (int)(place->workers > 1 ? place->workers : 1));
}

/*
 * Each child has run as often as its parent. The failure of a child for which its parent did not
 * wait has been reported.
 */
static void check_children(bool settled)
{
	for (size_t i = 0; i < world->num_records; i++) {
		const struct record *parent = &world->records[i];
		int runs = atomic_load(&parent->runs);

		for (size_t j = 0; j < parent->num_steps; j++) {
			enum action action = parent->steps[j].action;
			const struct record *child = parent->steps[j].child;
			bool doubtful;
			int theirs;

			if (action == BE_REFUSED)
				continue;
			theirs = atomic_load(&child->runs);
			doubtful = place_of(child)->cancels && child->kind != OWN_TASK;
			if (action == POST_AND_CANCEL || doubtful)
				MUST(theirs <= runs);
			else if (is_copy(child))
				MUST(runs > 0 ? has_copied(child) : has_copied_nothing(child));
			else
				MUST(theirs == runs);
			if (settled && runs > 0 && child->code != AML_SUCCESS && !doubtful &&
			    (action == POST_AND_LEAVE || action == SUBMIT_AND_LEAVE))
				MUST(child->told);
		}
	}
}

/* With one worker, records that this thread posted have started in the order of posting. */
static void check_trail(const struct place *place)
{
	unsigned long last = 0;

	if (place->workers != 1)
		return;
	for (size_t i = 0; i < atomic_load(&place->length); i++) {
		const struct record *record;

		if (place->trail[i] >= CALLBACK_ENTRY)
			continue;
		record = &world->records[place->trail[i]];

		/* For a task that was submitted again, only the last sequence number is known. */
		if (record->parent != NULL || record->due > 1 || record->by_post)
			continue;
		MUST(record->seq > last);
		last = record->seq;
	}
}

static void destroy_place(struct place *place, bool settled)
{
	open_gates();
	if (exact(place))
		model_drain(place);
	MUST(aml_dma_linux_destroy(&place->dma) == AML_SUCCESS && place->dma == NULL);
	if (exact(place)) {
		MUST(atomic_load(&place->length) == place->expected_length);
		MUST(memcmp(place->trail, place->expected,
			    place->expected_length * sizeof(*place->trail)) == 0);
	}
	check_trail(place);
	check_end(place, settled);
}

/* The calls of aml/dma/completion.h. */

static void note_callback(int result, void *arg)
{
	struct record *record = arg;
	struct place *place = place_of(record);
	size_t at = atomic_fetch_add(&place->length, 1);

	MUST(at < sizeof(place->trail) / sizeof(*place->trail));
	place->trail[at] = record->id + CALLBACK_ENTRY;
	record->called_with = result;
	atomic_fetch_add(&record->calls, 1);
}

/* Choose prerequisites among the open records of the place. */
static void take_needs(struct bytes *bytes, struct record *record)
{
	size_t n = take_below(bytes, 3);

	while (n-- > 0) {
		struct record *need = pick(bytes, false);

		if (need != NULL && record->num_needs < NEEDS - 1)
			record->needs[record->num_needs++] = need;
	}
}

static struct record *take_posted(struct bytes *bytes)
{
	size_t v = take(bytes);
	struct record *record;

	if (v % 2)
		record = new_record(world->here,
				    (enum record_kind)(COPY_BYTES + v / 4 % (KINDS - COPY_BYTES)));
	else
		record = take_operator(bytes);
	record->holds = !is_copy(record) && v >= 192;
	v = take(bytes);
	record->by_post = true;
	record->callback = v & 1;
	record->flags |= v & 2 ? AML_DMA_POST_ALWAYS : 0;
	record->flags |= v & 4 ? AML_DMA_POST_AFTER_ALL : 0;
	record->flags |= (v & 24) == 24 ? AML_DMA_POST_DETACH : 0;
	record->flags |= (v & 96) == 96 ? AML_DMA_POST_REAP : 0;
	if (v & 128)
		take_needs(bytes, record);
	return record;
}

/* Describe a record for a post. Release its layouts with unmake_layout(). */
static void describe_record(struct record *record, struct aml_dma_post_attr *attr,
			    struct aml_dma_request **after)
{
	size_t num_after = record->num_needs - (record->flags & AML_DMA_POST_CHAIN ? 1 : 0);

	*attr = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
	if (is_copy(record)) {
		make_layout(record, true, record->to, &attr->dest);
		make_layout(record, false, record->from, &attr->src);
		attr->op = record->kind == COPY_BYTES ? aml_dma_linux_memcpy_op : NULL;
		attr->op_arg = (void *)record->size;
	} else {
		attr->dest = attr->src = &any_layout;
		attr->op = operate;
		attr->op_arg = record;
	}
	for (size_t i = 0; i < num_after; i++)
		after[i] = record->needs[i]->req;
	attr->flags = record->flags;
	attr->nafter = num_after;
	attr->after = after;
	attr->callback = record->callback ? note_callback : NULL;
	attr->callback_arg = record;
	attr->tag = (uint64_t)record->id;
	attr->label = "fuzz";
}

static void call_batch(struct bytes *bytes)
{
	enum { BATCH = 4 };
	struct aml_dma_post_attr attrs[BATCH];
	struct aml_dma_request *after[BATCH][NEEDS], *reqs[BATCH];
	struct record *records[BATCH];
	size_t n = 0, most = 1 + take_below(bytes, BATCH);

	while (n < most && world->num_records + 16 < RECORDS) {
		struct record *record = records[n] = take_posted(bytes);

		if (n > 0 && take_bool(bytes)) {
			record->flags |= AML_DMA_POST_CHAIN;
			record->needs[record->num_needs++] = records[n - 1];
		}
		describe_record(record, &attrs[n], after[n]);
		record->with_handle = !(record->flags & (AML_DMA_POST_DETACH | AML_DMA_POST_REAP));
		here()->owed += (record->flags & AML_DMA_POST_REAP) != 0;
		n++;
	}
	for (size_t i = 0; i < n; i++)
		posted(records[i], records[i]->with_handle);
	MUST(aml_dma_post(here()->dma, n, attrs, reqs) == AML_SUCCESS);
	for (size_t i = 0; i < n; i++) {
		MUST((reqs[i] != NULL) == records[i]->with_handle);
		records[i]->req = reqs[i];
		if (is_copy(records[i])) {
			unmake_layout(records[i], &attrs[i].dest);
			unmake_layout(records[i], &attrs[i].src);
		}
	}
}

/* Open all gates, if the call may run a record in this thread or may wait long. */
static void open_gates_for(uint64_t deadline)
{
	if (exact(here()) || deadline != 0)
		open_gates();
}

static void call_test(struct bytes *bytes)
{
	struct record *record = pick(bytes, false);
	bool test = take_bool(bytes), ends = true;
	uint64_t deadline = !test && take_bool(bytes) ? AML_DMA_NO_DEADLINE : 0;
	int code = 7, err;

	if (record == NULL)
		return;
	open_gates_for(deadline);
	if (exact(here()) && deadline == 0)
		ends = model_test(here(), record);
	else if (exact(here()))
		model_wait(here(), record);
	if (test)
		err = aml_dma_test(here()->dma, &record->req, &code);
	else
		err = aml_dma_wait_until(here()->dma, &record->req, deadline, &code);
	if (exact(here()))
		MUST(err == (ends ? AML_SUCCESS : -AML_EBUSY));
	else
		MUST(err == AML_SUCCESS || (err == -AML_EBUSY && deadline == 0));
	if (err == AML_SUCCESS)
		released(record, code);
	else
		MUST(record->req != NULL && code == 7);
}

/* A list of open records, in which some slots are NULL. */
struct call_list {
	struct record *at[RECORDS];
	struct aml_dma_request *reqs[RECORDS];
	size_t n;
	struct records records;
};

static void take_list(struct bytes *bytes, struct call_list *list)
{
	size_t most = 1 + take_below(bytes, 24);

	list->n = list->records.n = 0;
	while (list->n < most) {
		struct record *record = pick(bytes, false);

		for (size_t i = 0; i < list->n && record != NULL; i++)
			if (list->at[i] == record)
				record = NULL;
		list->at[list->n] = record;
		list->reqs[list->n++] = record != NULL ? record->req : NULL;
		if (record != NULL)
			records_push(&list->records, record);
	}
}

/* The call has released the record at this place. */
static void taken(struct call_list *list, size_t i, int code)
{
	MUST(i < list->n && list->at[i] != NULL && list->reqs[i] == NULL);
	list->at[i]->req = NULL;
	released(list->at[i], code);
	list->at[i] = NULL;
}

/* All other slots are as before. */
static void check_rest(const struct call_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		MUST(list->reqs[i] == (list->at[i] != NULL ? list->at[i]->req : NULL));
}

static void call_wait_first(struct bytes *bytes)
{
	struct record *expected = NULL;
	struct call_list list;
	size_t index = 777;
	int code = 7;

	take_list(bytes, &list);
	open_gates();
	if (exact(here()) && list.records.n > 0) {
		model_wait_some(here(), &list.records, 1, false);
		expected = model_first(&list.records);
	}
	MUST(aml_dma_wait_any(here()->dma, list.n, list.reqs, &index, &code) == AML_SUCCESS);
	if (list.records.n == 0) {
		MUST(index == list.n && code == AML_SUCCESS);
		return;
	}
	MUST(index < list.n);
	MUST(expected == NULL || list.at[index] == expected);
	taken(&list, index, code);
	check_rest(&list);
}

static void call_wait_all(struct bytes *bytes)
{
	int codes[RECORDS], first = AML_SUCCESS, err;
	struct call_list list;

	take_list(bytes, &list);
	open_gates();
	if (exact(here()))
		model_wait_some(here(), &list.records, list.records.n, false);
	err = aml_dma_wait_all(here()->dma, list.n, list.reqs, codes);
	for (size_t i = 0; i < list.n; i++) {
		first = first != AML_SUCCESS ? first : codes[i];
		if (list.at[i] != NULL)
			taken(&list, i, codes[i]);
		else
			MUST(codes[i] == AML_SUCCESS);
	}
	MUST(err == first);
	check_rest(&list);
}

static void call_wait_some(struct bytes *bytes)
{
	size_t least, count = 777, indices[RECORDS], enough;
	uint64_t deadline = take_bool(bytes) ? AML_DMA_NO_DEADLINE : 0;
	int codes[RECORDS], err;
	struct call_list list;

	take_list(bytes, &list);
	least = take_below(bytes, list.n + 2);
	enough = least < list.records.n ? least : list.records.n;
	open_gates_for(least > 0 ? deadline : 0);
	/* With `least` 0, a call runs one record if one of the list has not finished. */
	if (exact(here()) && least > 0)
		model_wait_some(here(), &list.records, enough, deadline == 0);
	else if (exact(here()))
		model_wait_some(here(), &list.records, list.records.n, true);
	err = aml_dma_wait_some(here()->dma, list.n, list.reqs, least, deadline, &count, indices,
				codes);
	MUST(count <= list.records.n && err == (count >= enough ? AML_SUCCESS : -AML_EBUSY));
	MUST(err == AML_SUCCESS || deadline == 0);
	for (size_t i = 0; i < count; i++) {
		struct record *expected = model_first(&list.records);

		if (exact(here())) {
			MUST(indices[i] < list.n && list.at[indices[i]] == expected);
			records_remove(&list.records, expected);
		}
		taken(&list, indices[i], codes[i]);
	}
	MUST(!exact(here()) || model_first(&list.records) == NULL);
	check_rest(&list);
}

static void call_barrier_until(struct bytes *bytes)
{
	struct place *place = here();
	uint64_t deadline = take_bool(bytes) ? AML_DMA_NO_DEADLINE : 0;
	int expected = 0, code = 7, err;
	bool ends = true;

	open_gates_for(deadline);
	if (exact(place) && deadline == 0)
		ends = model_barrier_once(place, &expected);
	else if (exact(place))
		expected = model_barrier(place);
	err = aml_dma_barrier_until(place->dma, deadline, &code);
	if (exact(place)) {
		/* If only tasks are left, it may wait for them, or not. */
		if (ends && expected == AML_SUCCESS && deadline == 0 && place->active.n > 0)
			ends = err == AML_SUCCESS;
		MUST(err == (ends ? AML_SUCCESS : -AML_EBUSY));
		MUST(code == (ends ? expected : 7));
		model_follow(place);
	} else if (err != AML_SUCCESS) {
		MUST(err == -AML_EBUSY && deadline == 0 && code == 7);
	} else if (code == AML_SUCCESS) {
		check_barrier(place);
	} else {
		check_told(place, code);
	}
}

static void call_reap(struct bytes *bytes)
{
	struct place *place = here();
	struct aml_dma_completion out[8];
	size_t n = take_below(bytes, 9), least, count = 777;
	uint64_t deadline = take_bool(bytes) ? AML_DMA_NO_DEADLINE : 0;
	int err;

	least = take_below(bytes, n + 1);
	if (least > place->owed)
		deadline = 0;
	open_gates_for(least > 0 ? deadline : 0);
	MUST(aml_dma_reap(place->dma, n, out, n + 1, deadline, &count) == -AML_EINVAL);
	if (exact(place))
		model_reap(place, n, least, deadline == 0);
	err = aml_dma_reap(place->dma, n, n > 0 ? out : NULL, least, deadline, &count);
	MUST(count <= n && count <= place->owed);
	MUST(err == (count >= least ? AML_SUCCESS : -AML_EBUSY));
	MUST(err == AML_SUCCESS || deadline == 0);
	if (exact(place))
		MUST(count == (place->completions.n < n ? place->completions.n : n));
	for (size_t i = 0; i < count; i++) {
		struct record *record;

		MUST(out[i].tag < world->num_records && out[i].reserved == 0);
		record = &world->records[out[i].tag];
		MUST(place_of(record) == place && record->flags & AML_DMA_POST_REAP);
		MUST(!record->told);
		record->told = true;
		if (exact(place))
			MUST(record == place->completions.at[0] &&
			     records_remove(&place->completions, record));
		check_result(record, out[i].result);
	}
	place->owed -= count;
}

static void call_eventfd(void)
{
	struct place *place = here();
	int fd = aml_dma_linux_eventfd(place->dma);
	uint64_t n = 0;

	MUST(fd >= 0 && (place->fd == 0 || fd == place->fd));
	/* It starts with the number of completions that wait. */
	if (place->fd == 0)
		place->signals = place->completions.n;
	place->fd = fd;
	if (read(fd, &n, sizeof(n)) != sizeof(n))
		n = 0;
	if (exact(place))
		MUST(n == place->signals);
	place->signals = 0;
}

static void call_cancel_all(void)
{
	struct place *place = here();
	size_t count = 777, expected = 0;

	place->cancels = true;
	if (exact(place))
		expected = model_cancel_all(place);
	MUST(aml_dma_cancel_all(place->dma, &count) == AML_SUCCESS);
	MUST(!exact(place) || count == expected);
}

static void call_progress(struct bytes *bytes)
{
	size_t most = take_below(bytes, 6), ran = 777, expected = 0;

	open_gates();
	if (exact(here()))
		expected = model_progress(here(), most);
	MUST(aml_dma_progress(here()->dma, most, &ran) == AML_SUCCESS);
	MUST(exact(here()) ? ran == expected : ran <= most);
}

static void call_statistics(void)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	const struct place *place = here();
	size_t queued = 0, running = 0;

	MUST(aml_dma_linux_statistics(place->dma, &stats) == AML_SUCCESS);
	MUST(stats.workers == place->workers);
	if (!exact(place))
		return;
	for (size_t i = 0; i < place->queue.n; i++)
		queued += place->queue.at[i]->kind != OWN_TASK && !place->queue.at[i]->begun;
	for (size_t i = 0; i < place->queue.n; i++)
		running += place->queue.at[i]->begun;
	MUST(stats.posted == place->requests && stats.running == running);
	MUST(stats.held == place->held.n && stats.queued == queued);
	MUST(stats.finished + stats.cancelled + queued + running + stats.held == stats.posted);
}

/* Decode one of these calls, and make it. */
static void call_beyond(struct bytes *bytes)
{
	switch (take_below(bytes, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		call_batch(bytes);
		break;
	case 5:
	case 6:
		call_test(bytes);
		break;
	case 7:
		call_wait_first(bytes);
		break;
	case 8:
		call_wait_all(bytes);
		break;
	case 9:
	case 10:
		call_wait_some(bytes);
		break;
	case 11:
		call_barrier_until(bytes);
		break;
	case 12:
		call_reap(bytes);
		break;
	case 13:
		call_progress(bytes);
		break;
	case 14:
		call_eventfd();
		break;
	case 15:
		if (take_bool(bytes))
			call_cancel_all();
		else
			call_statistics();
		break;
	}
}

/* Decode one call, and make it. */
static void call(struct bytes *bytes)
{
	size_t v = take(bytes);

	switch (v < 160 ? v % 16 : 16) {
	case 0:
	case 1:
	case 2:
		call_post(bytes, false);
		break;
	case 3:
	case 4:
		call_post(bytes, true);
		break;
	case 5:
		call_copy(bytes);
		break;
	case 6:
	case 7:
		call_wait(bytes);
		break;
	case 8:
		call_cancel(bytes);
		break;
	case 9:
		call_barrier(here());
		break;
	case 10:
		call_submit(bytes);
		break;
	case 11:
		call_wait_task(bytes);
		break;
	case 12:
		call_wait_any(here());
		break;
	case 13:
		if (take_bool(bytes))
			call_fprintf();
		else
			call_wrongly(bytes);
		break;
	case 14:
		world->here = 1 - world->here;
		break;
	case 15:
		open_gates();
		break;
	case 16:
		call_beyond(bytes);
		break;
	}
	compare(&world->places[0]);
	compare(&world->places[1]);
}

/* How many parts the library makes of a large copy. */
static size_t count_parts(void)
{
	static unsigned char from[DATA_LARGE], to[DATA_LARGE];
	static size_t parts;
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	struct aml_dma *dma;

	if (parts > 0)
		return parts;
	MUST(aml_dma_linux_create(&dma, 0) == AML_SUCCESS);
	MUST(aml_dma_copy_custom(dma, (struct aml_layout *)(void *)to,
				 (struct aml_layout *)(void *)from, aml_dma_linux_memcpy_op,
				 (void *)sizeof(to)) == AML_SUCCESS);
	MUST(aml_dma_linux_statistics(dma, &stats) == AML_SUCCESS);
	MUST(aml_dma_linux_destroy(&dma) == AML_SUCCESS);
	parts = (size_t)stats.parts;
	return parts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {data, size};
	size_t v = take(&bytes);
	bool settled = v & 1, crossed;

	world = calloc(1, sizeof(*world));
	MUST(world != NULL);
	world->parts = count_parts();
	create(&world->places[0], v / 2 % 4);
	create(&world->places[1], v / 8 % 4);
	for (int n = 0; n < CALLS_MAX && bytes.left > 0; n++)
		call(&bytes);
	/* Operators must not post to a destroyed engine. */
	crossed = world->places[0].crossed || world->places[1].crossed;
	for (int i = 0; i < PLACES && (settled || crossed); i++)
		settle(&world->places[i]);
	for (int i = 0; i < PLACES && crossed; i++)
		settle(&world->places[i]);
	for (int i = 0; i < PLACES; i++)
		destroy_place(&world->places[i], settled);
	check_children(settled);
	for (size_t i = 0; i < world->num_records; i++) {
		sem_destroy(&world->records[i].gate);
		free(world->records[i].from);
		free(world->records[i].to);
	}
	free(world);
	return 0;
}
