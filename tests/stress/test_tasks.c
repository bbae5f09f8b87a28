/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queue schedulers under random calls from several threads and from their own tasks. Threads wait
 * for their own tasks and for each other's, and take any task. Each submission is returned to
 * exactly one of them.
 */
#include <aml.h>

#include "stress.h"
#include "suite.h"
#include "turn.h"

enum { SCHEDS_MAX = 2, THREADS_MAX = 5, TASKS_MAX = 8, CHILDREN_MAX = 1500, DEPTH_MAX = 3 };

struct task_pool {
	struct aml_sched *sched;
	struct queue queue;
};

struct task_world;

/*
 * A task and its record. The task stays with one scheduler, so that other threads know which one.
 */
struct piece {
	struct aml_task task;
	struct task_world *world;
	struct task_pool *pool;
	struct turn turn;
	struct rng rng;
	int depth;
	/* Posted by the thread to which a call has returned the task, once for each submission. */
	sem_t back;
	/* Its owner has submitted it and has not got it back. */
	bool out;
	/* It was submitted at least once. */
	atomic_int known;
	/* Plain, since a thread to which a call returns the task must see what the task did. */
	int submissions, runs, result;
};

/* A thread that submits tasks. */
struct submitter {
	pthread_t thread;
	struct task_world *world;
	struct rng rng;
	size_t steps;
	struct piece pieces[TASKS_MAX];
};

struct task_world {
	struct task_pool pools[SCHEDS_MAX];
	size_t npools, nowners;
	struct submitter owners[THREADS_MAX];
	/*
	 * The tasks that tasks submit. Their memory stays until the end, since calls may return
	 * them late.
	 */
	struct piece children[CHILDREN_MAX];
	atomic_size_t nchildren;
};

static void work(struct aml_task_in *in, struct aml_task_out *out);

static void piece_init(struct piece *piece, struct task_world *world, struct rng *rng)
{
	memset(piece, 0, sizeof(*piece));
	piece->world = world;
	piece->pool = &world->pools[rng_below(rng, world->npools)];
	piece->turn.queue = &piece->pool->queue;
	piece->rng = stress_fork(rng);
	piece->task.in = (struct aml_task_in *)piece;
	piece->task.out = (struct aml_task_out *)&piece->result;
	piece->task.fn = work;
	piece->task.data = piece;
	REQUIRE(sem_init(&piece->back, 0, 0) == 0);
}

static void submit(struct piece *piece)
{
	REQUIRE(!piece->out);
	piece->out = true;
	piece->submissions++;
	turn_post(&piece->turn);
	REQUIRE(aml_sched_submit_task(piece->pool->sched, &piece->task) == 0);
	turn_posted(&piece->turn);
}

/* Record that a call has returned the task to the calling thread, which may not be its owner. */
static void returned(struct piece *piece)
{
	REQUIRE(piece->task.in == (void *)piece && piece->task.out == (void *)&piece->result);
	REQUIRE(piece->task.fn == work && piece->task.data == piece);
	REQUIRE(piece->runs == piece->submissions && piece->result == piece->runs);
	REQUIRE(sem_post(&piece->back) == 0);
}

/* Wait for the task and return the result of the wait. */
static int wait_for(struct piece *piece)
{
	struct context outer = turn_block(&piece->turn, NULL);
	int err = aml_sched_wait_task(piece->pool->sched, &piece->task);

	turn_unblock(outer);
	REQUIRE(err == AML_SUCCESS || err == -AML_EINVAL || err == -AML_EBUSY);
	if (err == AML_SUCCESS)
		returned(piece);
	return err;
}

/* Wait until the task comes back to its owner, from its own wait or from another thread. */
static void collect(struct piece *piece)
{
	int left;

	wait_for(piece);
	REQUIRE(sem_wait(&piece->back) == 0);
	REQUIRE(sem_getvalue(&piece->back, &left) == 0 && left == 0);
	piece->out = false;
}

static struct piece *wait_any(struct task_pool *pool)
{
	struct context outer = turn_block(NULL, &pool->queue);
	struct aml_task *task;

	aml_errno = AML_EDOM;
	task = aml_sched_wait_any(pool->sched);
	turn_unblock(outer);
	REQUIRE(aml_errno == AML_EDOM);
	if (task == NULL)
		return NULL;
	returned(task->data);
	return task->data;
}

/* Wait for another thread's task, while its owner may wait for it too and others may take it. */
static void rival(struct submitter *owner)
{
	struct task_world *world = owner->world;
	struct submitter *other = &world->owners[rng_below(&owner->rng, world->nowners)];
	struct piece *piece = &other->pieces[rng_below(&owner->rng, TASKS_MAX)];

	if (other != owner && atomic_load(&piece->known))
		wait_for(piece);
}

/* Submit a child and wait for it, unless a wait_any takes it first. */
static void nest(struct piece *piece)
{
	struct task_world *world = piece->world;
	size_t number = atomic_fetch_add(&world->nchildren, 1);
	struct piece *child;

	if (number >= CHILDREN_MAX)
		return;
	child = &world->children[number];
	piece_init(child, world, &piece->rng);
	child->depth = piece->depth + 1;
	submit(child);
	stress_dawdle(&piece->rng);
	REQUIRE(wait_for(child) != -AML_EBUSY);
}

/* Make calls that return an error and change nothing. */
static void try_on_itself(struct piece *piece)
{
	struct aml_sched *sched = piece->pool->sched;
	int before = aml_errno;

	REQUIRE(aml_sched_wait_task(sched, &piece->task) == -AML_EBUSY);
	aml_errno = AML_SUCCESS;
	REQUIRE(aml_sched_wait_any(sched) == NULL && aml_errno == AML_EBUSY);
	aml_queue_sched_destroy(&sched);
	REQUIRE(sched == piece->pool->sched);
	aml_errno = before;
}

static void work(struct aml_task_in *in, struct aml_task_out *out)
{
	struct piece *piece = (struct piece *)in;
	struct context outer = turn_enter(&piece->turn);

	REQUIRE((void *)out == &piece->result);
	REQUIRE(++piece->runs == piece->submissions);
	stress_dawdle(&piece->rng);
	if (piece->depth < DEPTH_MAX && rng_chance(&piece->rng, 30))
		nest(piece);
	if (rng_chance(&piece->rng, 5))
		try_on_itself(piece);
	*(int *)(void *)out = piece->runs;
	turn_leave(&piece->turn, outer);
}

static void step(struct submitter *owner)
{
	struct task_world *world = owner->world;
	struct piece *piece = &owner->pieces[rng_below(&owner->rng, TASKS_MAX)];
	size_t at = rng_below(&owner->rng, 100);

	if (at < 10) {
		rival(owner);
	} else if (at < 25) {
		wait_any(&world->pools[rng_below(&owner->rng, world->npools)]);
	} else if (!piece->out) {
		submit(piece);
		atomic_exchange(&piece->known, 1);
	} else if (at < 30) {
		struct task_pool *wrong = &world->pools[(size_t)(piece->pool - world->pools) ^ 1];

		if (world->npools == 2)
			REQUIRE(aml_sched_wait_task(wrong->sched, &piece->task) == -AML_EINVAL);
	} else {
		collect(piece);
	}
}

static void *owner_main(void *arg)
{
	struct submitter *owner = arg;

	for (size_t i = 0; i < owner->steps; i++) {
		step(owner);
		if (rng_chance(&owner->rng, 10))
			stress_dawdle(&owner->rng);
	}
	if (rng_chance(&owner->rng, 50))
		for (size_t i = 0; i < TASKS_MAX; i++)
			if (owner->pieces[i].out)
				collect(&owner->pieces[i]);
	return NULL;
}

/* Each submission has run. If the scheduler was drained, a task that is out has been returned. */
static void check(struct piece *piece, const struct task_pool *pool, bool drained)
{
	int left;

	if (piece->pool != pool)
		return;
	REQUIRE(piece->runs == piece->submissions);
	REQUIRE(sem_getvalue(&piece->back, &left) == 0);
	REQUIRE(drained ? left == piece->out : left <= piece->out);
}

/* Destroy the scheduler, which runs the tasks that nothing has drained, and check all tasks. */
static void finish(struct task_world *world, struct task_pool *pool, bool drained)
{
	struct context outer = turn_block(NULL, &pool->queue);

	aml_queue_sched_destroy(&pool->sched);
	turn_unblock(outer);
	REQUIRE(pool->sched == NULL && atomic_load(&pool->queue.active) == 0);
	for (size_t i = 0; i < world->nowners; i++)
		for (size_t k = 0; k < TASKS_MAX; k++)
			check(&world->owners[i].pieces[k], pool, drained);
	for (size_t i = 0; i < CHILDREN_MAX && i < atomic_load(&world->nchildren); i++)
		check(&world->children[i], pool, drained);
}

static void run_case(struct rng *rng, size_t most_workers, size_t steps)
{
	long blocks = stress_blocks();
	struct task_world *world = calloc(1, sizeof(*world));
	bool drain;

	REQUIRE(world != NULL);
	world->npools = rng_range(rng, 1, SCHEDS_MAX);
	world->nowners = rng_range(rng, 2, THREADS_MAX);
	/* Tasks that run while one scheduler is destroyed need the other one. */
	drain = world->npools > 1 || rng_chance(rng, 50);
	for (size_t i = 0; i < world->npools; i++) {
		size_t workers = rng_below(rng, most_workers + 1);

		turn_queue_init(&world->pools[i].queue, workers);
		world->pools[i].sched = aml_queue_sched_create(workers);
		REQUIRE(world->pools[i].sched != NULL);
	}
	for (size_t i = 0; i < world->nowners; i++) {
		struct submitter *owner = &world->owners[i];

		owner->world = world;
		owner->rng = stress_fork(rng);
		owner->steps = rng_range(rng, 1, 2 * steps);
		for (size_t k = 0; k < TASKS_MAX; k++)
			piece_init(&owner->pieces[k], world, rng);
	}
	for (size_t i = 0; i < world->nowners; i++)
		REQUIRE(pthread_create(&world->owners[i].thread, NULL, owner_main,
				       &world->owners[i]) == 0);
	for (size_t i = 0; i < world->nowners; i++)
		REQUIRE(pthread_join(world->owners[i].thread, NULL) == 0);
	for (size_t i = 0; drain && i < world->npools; i++)
		while (wait_any(&world->pools[i]) != NULL)
			;
	for (size_t i = 0; i < world->npools; i++)
		finish(world, &world->pools[i], drain);
	free(world);
	REQUIRE(stress_blocks() == blocks);
}

/* Contract: WAIT-4. */
START_TEST(each_task_is_returned_once_under_all_calls_at_random)
{
	struct rng rng = {0};

	while (stress_next_case(&rng, 600))
		run_case(&rng, 8, 80);
}
END_TEST

/* Contract: ORDER-1. */
START_TEST(one_slot_runs_tasks_in_order_under_all_calls_at_random)
{
	struct rng rng = {0};

	while (stress_next_case(&rng, 600))
		run_case(&rng, 1, 80);
}
END_TEST

SUITE("stress/tasks", each_task_is_returned_once_under_all_calls_at_random,
      one_slot_runs_tasks_in_order_under_all_calls_at_random)
