/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * If operators of another engine waited for requests, these requests were counted as if they had
 * slots, although they ran beyond the bound. Meanwhile the head of the queue had to wait, and so
 * had an operator that needed its slot back.
 */
#include "gate.h"
#include "suite.h"

#define HOGS 3

/*
 * An operator of the engine `other` (outer) that copies on the engine `dma` (inner). The inner job
 * waits at the gate.
 */
struct nested_copy {
	struct gate gate;
	struct job inner, outer;
	struct aml_dma_request *req;
};

struct two_engines {
	struct aml_dma *dma, *other;
	struct nested_copy hogs[HOGS];
};

/* A body: run the job `other` as a synchronous copy on the engine `dma`. */
static int copy_there(struct job *job)
{
	return job_copy(job->dma, job->other);
}

static void scene_up(struct two_engines *scene)
{
	memset(scene, 0, sizeof(*scene));
	ck_assert_int_eq(aml_dma_linux_create(&scene->dma, 1), 0);
	ck_assert_int_eq(aml_dma_linux_create(&scene->other, HOGS), 0);
}

/* Start all hogs in order. On return, each inner job is at its gate. */
static void bring_hogs(struct two_engines *scene)
{
	for (int i = 0; i < HOGS; i++) {
		struct nested_copy *hog = &scene->hogs[i];

		gate_init(&hog->gate);
		hog->inner = (struct job){.gate = &hog->gate, .result = -AML_EDOM};
		hog->outer =
			(struct job){.body = copy_there, .dma = scene->dma, .other = &hog->inner};
		ck_assert_int_eq(job_post(scene->other, &hog->req, &hog->outer), 0);
		gate_await(&hog->gate);
	}
}

/* Let a hog end. */
static void dismiss(struct two_engines *scene, struct nested_copy *hog)
{
	gate_open(&hog->gate);
	ck_assert_int_eq(aml_dma_wait(scene->other, &hog->req), -AML_EDOM);
	gate_destroy(&hog->gate);
}

/* Check that only one request runs at a time again, and destroy both engines. */
static void scene_down(struct two_engines *scene)
{
	struct crowd crowd = {0};
	struct job job = {.crowd = &crowd};

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(job_post(scene->dma, NULL, &job), 0);
	ck_assert_int_eq(aml_dma_barrier(scene->dma), 0);
	ck_assert_int_eq(job.runs, 100);
	ck_assert_int_eq(atomic_load(&crowd.most), 1);
	ck_assert_int_eq(aml_dma_linux_destroy(&scene->other), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&scene->dma), 0);
}

/* Contract: ORDER-3. */
START_TEST(the_head_of_the_queue_runs_beside_them)
{
	struct two_engines scene;
	struct gate gate;
	struct job holder = {.gate = &gate}, plain = {.result = -AML_EPERM};
	struct aml_dma_request *held = NULL, *req = NULL;

	scene_up(&scene);
	gate_init(&gate);
	/* The holder has the only slot, so the hogs run beyond the bound. */
	ck_assert_int_eq(job_post(scene.dma, &held, &holder), 0);
	gate_await(&gate);
	bring_hogs(&scene);
	ck_assert_int_eq(job_post(scene.dma, &req, &plain), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(scene.dma, &req), -AML_EPERM);
	ck_assert_int_eq(aml_dma_wait(scene.dma, &held), 0);
	for (int i = 0; i < HOGS; i++)
		dismiss(&scene, &scene.hogs[i]);
	scene_down(&scene);
	gate_destroy(&gate);
}
END_TEST

/* Contract: ORDER-3. */
START_TEST(an_operator_gets_its_slot_back_beside_them)
{
	struct two_engines scene;
	struct aml_dma *third = NULL;
	struct gate gate;
	struct job away = {.gate = &gate, .result = -AML_EPERM};
	struct job waits = {.body = copy_there, .other = &away};
	struct aml_dma_request *req = NULL;

	scene_up(&scene);
	gate_init(&gate);
	ck_assert_int_eq(aml_dma_linux_create(&third, 1), 0);
	waits.dma = third;
	ck_assert_int_eq(job_post(scene.dma, &req, &waits), 0);
	gate_await(&gate);
	/* The first hog has the slot that the operator gave up. The others run beyond the bound. */
	bring_hogs(&scene);
	gate_open(&gate);
	dismiss(&scene, &scene.hogs[0]);
	ck_assert_int_eq(aml_dma_wait(scene.dma, &req), -AML_EPERM);
	for (int i = 1; i < HOGS; i++)
		dismiss(&scene, &scene.hogs[i]);
	ck_assert_int_eq(aml_dma_linux_destroy(&third), 0);
	scene_down(&scene);
	gate_destroy(&gate);
}
END_TEST

/* A body: copy on both engines. The copies must not give up a slot, because this job has none. */
static int copy_everywhere(struct job *job)
{
	struct job plain = {.result = -AML_EDOM};

	for (int i = 0; i < 3; i++) {
		NEED(job_copy(job->dma, &plain) == -AML_EDOM);
		NEED(job_copy(job->other->dma, &plain) == -AML_EDOM);
	}
	NEED(plain.runs == 6);
	return -AML_EPERM;
}

/* Contract: ORDER-3. */
START_TEST(one_that_runs_beyond_the_bound_may_wait_itself)
{
	struct two_engines scene;
	struct gate gate;
	struct job holder = {.gate = &gate}, there, inner, outer;
	struct aml_dma_request *held = NULL;

	scene_up(&scene);
	gate_init(&gate);
	there = (struct job){.dma = scene.other};
	inner = (struct job){.body = copy_everywhere, .dma = scene.dma, .other = &there};
	outer = (struct job){.body = copy_there, .dma = scene.dma, .other = &inner};
	ck_assert_int_eq(job_post(scene.dma, &held, &holder), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_copy(scene.other, &outer), -AML_EPERM);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(scene.dma, &held), 0);
	scene_down(&scene);
	gate_destroy(&gate);
}
END_TEST

SUITE("regressions/waits_of_other_engines_operators_do_not_starve_a_queue",
      the_head_of_the_queue_runs_beside_them, an_operator_gets_its_slot_back_beside_them,
      one_that_runs_beyond_the_bound_may_wait_itself)
