/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: bytes are decoded into calls on two engines, with 0 to 3 workers each, and on their
 * schedulers. Each call must agree with the reference, model.h. Without workers, the reference is
 * exact: it predicts the records that run, and their order. With workers, the target checks the
 * properties that hold under every schedule: each result is right, each failure is reported once,
 * each record runs once or is cancelled, one worker keeps the order, and the number of records that
 * run at once stays within its bound.
 */
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <sched.h>

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
	struct aml_dma_request *own = record->req;
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
	} else if (record->with_handle) {
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
		MUST(aml_dma_wait(place_of(child)->dma, &req) == child->code && req == NULL);
		enter(place);
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
	if (place_of(record)->workers != 1)
		return false;
	for (size_t i = 0; i < world->num_records; i++) {
		const struct record *other = &world->records[i];

		if (other->place == record->place && other->holds && !other->opened &&
		    !other->cancelled && other->seq < record->seq && other->seq > 0)
			return true;
	}
	return false;
}

/* Whether a record has run as often as it is due. A copy shows in its destination only. */
static bool has_run(const struct record *record)
{
	return is_copy(record) ? has_copied(record) : atomic_load(&record->runs) >= record->due;
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
		    !is_copy(record) && record->seq > 0 && record->seq < last->seq)
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

static void call_wait(struct bytes *bytes)
{
	struct record *record = pick(bytes, false);

	if (record == NULL)
		return;
	open_gates();
	MUST(aml_dma_wait(here()->dma, &record->req) == record->code);
	MUST(record->req == NULL);
	finish_wait(record);
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
		    record->cancelled || record->kind == OWN_TASK)
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

/* Check all records of a place whose engine is destroyed. */
static void check_end(struct place *place, bool settled)
{
	for (size_t i = 0; i < world->num_records; i++) {
		struct record *record = &world->records[i];
		int runs = atomic_load(&record->runs);

		if (place_of(record) != place)
			continue;
		if (record->parent == NULL && !is_copy(record))
			MUST(runs == record->due);
		else if (record->parent == NULL && record->cancelled)
			MUST(has_copied_nothing(record));
		else if (record->parent == NULL)
			MUST(has_copied(record));
		if (settled && runs > 0 && record->code != AML_SUCCESS &&
		    record->kind == OWN_OPERATOR && record->parent == NULL)
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
			int theirs;

			if (action == BE_REFUSED)
				continue;
			theirs = atomic_load(&child->runs);
			if (action == POST_AND_CANCEL)
				MUST(theirs <= runs);
			else if (is_copy(child))
				MUST(runs > 0 ? has_copied(child) : has_copied_nothing(child));
			else
				MUST(theirs == runs);
			if (settled && runs > 0 && child->code != AML_SUCCESS &&
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
		const struct record *record = &world->records[place->trail[i]];

		/* For a task that was submitted again, only the last sequence number is known. */
		if (record->parent != NULL || record->due > 1)
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

/* Decode one call, and make it. */
static void call(struct bytes *bytes)
{
	switch (take_below(bytes, 16)) {
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
	}
	compare(&world->places[0]);
	compare(&world->places[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {data, size};
	size_t v = take(&bytes);
	bool settled = v & 1, crossed;

	world = calloc(1, sizeof(*world));
	MUST(world != NULL);
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
