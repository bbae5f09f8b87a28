/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libuv's work queue. Requests run on libuv's pool, and the loop reports their completion. The
 * process has one pool. Its size comes from the environment at the first use, so later sizes have
 * no effect.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "peers.h"

struct uv_copy {
	uv_work_t request;
	char *dst;
	const char *src;
};

static uv_loop_t loop;
static struct uv_copy *works;

static void copy(uv_work_t *request)
{
	struct uv_copy *work = request->data;

	memcpy(work->dst, work->src, TASK_BYTES);
}

/* The loop calls this when a request is complete. There is nothing to do. */
static void done(uv_work_t *request, int status)
{
	(void)request;
	(void)status;
}

static int start(unsigned workers, size_t most)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", workers);
	setenv("UV_THREADPOOL_SIZE", number, 0);
	works = calloc(most, sizeof(*works));
	if (works == NULL)
		return -1;
	if (uv_loop_init(&loop) == 0)
		return 0;
	free(works);
	return -1;
}

static void post(const struct task_copies *copies, struct uv_copy *work, size_t at)
{
	work->request.data = work;
	work->dst = copies->dst + at;
	work->src = copies->src + at;
	uv_queue_work(&loop, &work->request, copy, done);
}

static void one_by_one(const struct task_copies *copies)
{
	for (size_t i = 0; i < copies->count; i++) {
		post(copies, &works[0], i % TASK_PLACES * TASK_BYTES);
		uv_run(&loop, UV_RUN_DEFAULT);
	}
}

static void burst(const struct task_copies *copies)
{
	for (size_t i = 0; i < copies->count; i++)
		post(copies, &works[i], i * TASK_BYTES);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void stop(void)
{
	uv_loop_close(&loop);
	free(works);
}

const struct task_peer peer_uv = {
	.name = PEER_UV,
	.start = start,
	.one_by_one = one_by_one,
	.burst = burst,
	.stop = stop,
};
