/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Posting with attributes. A post goes through its elements twice. First, each element is checked
 * and planned, and its memory beyond a slot is allocated: a *draft*. Drafts are on the stack, some
 * tens at a time. Then requests are made of the drafts, in slots of the scheduler. When all
 * elements are requests, all of them are appended with the lock held once.
 *
 * Until then a request is on a list of its own, linked by priv.next, and unknown to the scheduler.
 * If an element is wrong, what was made is given back. If memory runs out, the other elements are
 * still checked, because an element that is wrong is reported first.
 */
#include <aml/utils/error.h>

#include "async/queue_extra.h"
#include "async/queue_memory.h"
#include "async/queue_post.h"
#include "dma/linux_ops.h"
#include "dma/linux_post.h"
#include "dma/linux_request.h"
#include "plan/keep.h"
#include "plan/part.h"
#include "util/versioned.h"

enum { POST_DRAFTS = 32, POST_PLANS_BYTES = POST_DRAFTS * 128 };

enum {
	POST_FLAGS = AML_DMA_POST_CHAIN | AML_DMA_POST_AFTER_ALL | AML_DMA_POST_ALWAYS |
		     AML_DMA_POST_DETACH | AML_DMA_POST_REAP,
};

/* An element of a post that is checked, planned, and not yet a request. */
struct draft {
	const struct aml_dma_post_attr *attr;
	struct copy_plan *plan; /* in `plans` of the post; NULL: a custom operator */
	uint64_t bytes;
	size_t plan_bytes;
	unsigned flags, parts;
	unsigned list;              /* the free list of its slot */
	struct queue_extras extras; /* with TASK_EXTENDED */
};

struct posting {
	struct queue_sched *q;
	const struct aml_dma_post_attr *first;
	struct aml_dma_request **reqs; /* NULL: no handles are made */
	struct aml_task *tasks, *last; /* the requests made so far */
	bool no_memory;
	struct draft *end; /* of the drafts */
	size_t used;       /* bytes of `plans` */
	struct draft drafts[POST_DRAFTS];
	_Alignas(union copy_plan_room) char plans[POST_PLANS_BYTES + sizeof(union copy_plan_room)];
};

/* The operator of a request that does nothing. */
static int join_prerequisites(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	(void)arg;
	return AML_SUCCESS;
}

static bool is_join(const struct aml_dma_post_attr *attr)
{
	return attr->op == NULL && attr->dest == NULL && attr->src == NULL;
}

/* Report whether the element can be posted like a request without attributes. */
static inline bool is_plain(const struct aml_dma_post_attr *attr)
{
	return attr->nafter == 0 && attr->callback == NULL &&
	       !(attr->flags & (AML_DMA_POST_AFTER_ALL | AML_DMA_POST_CHAIN | AML_DMA_POST_REAP)) &&
	       !(attr->label != NULL && trace_on());
}

/* Report whether the engine makes a handle of the element. */
static inline bool has_handle(const struct posting *post, const struct aml_dma_post_attr *attr)
{
	return post->reqs != NULL && !(attr->flags & (AML_DMA_POST_DETACH | AML_DMA_POST_REAP));
}

/* Report whether all prerequisites are handles of the engine. */
static bool check_after(const struct posting *post, const struct aml_dma_post_attr *attr)
{
	if (attr->after == NULL)
		return false;
	for (size_t i = 0; i < attr->nafter; i++) {
		const struct request *r = (const struct request *)attr->after[i];

		if (r != NULL && r->pub.task.priv.sched != post->q)
			return false;
	}
	return true;
}

/* Check all of an element that is not the operator's: the members and the prerequisites. */
static inline int check_attr(const struct posting *post, const struct aml_dma_post_attr *attr)
{
	size_t size = post->first->size;

	if (attr->size != size)
		return -AML_EINVAL;
	if (__builtin_expect(size != sizeof(*attr), false)) {
		int err = versioned_check(attr, sizeof(*attr), sizeof(*attr));

		if (size % _Alignof(struct aml_dma_post_attr) != 0)
			return -AML_EINVAL;
		if (err != AML_SUCCESS)
			return err;
	}
	if (attr->reserved != 0 || attr->flags & ~(unsigned)POST_FLAGS)
		return -AML_EINVAL;
	if (attr->flags & AML_DMA_POST_CHAIN && attr == post->first)
		return -AML_EINVAL;
	return attr->nafter == 0 || check_after(post, attr) ? AML_SUCCESS : -AML_EINVAL;
}

/* Describe the extras of an element for the scheduler, and allocate what they need. */
static inline bool draft_extras(const struct posting *post, struct draft *draft)
{
	const struct aml_dma_post_attr *attr = draft->attr;
	struct queue_extras *extras = &draft->extras;

	_Static_assert((AML_DMA_POST_ALWAYS >> 2) == EXTRA_ALWAYS &&
			       (AML_DMA_POST_REAP >> 3) == EXTRA_REAP &&
			       (AML_DMA_POST_AFTER_ALL << 1) == EXTRA_AFTER_ALL,
		       "options are flags, moved");
	extras->options = (attr->flags & AML_DMA_POST_ALWAYS) >> 2 |
			  (attr->flags & AML_DMA_POST_REAP) >> 3 |
			  (attr->flags & AML_DMA_POST_AFTER_ALL) << 1;
	extras->attr = attr;
	extras->chain = attr->flags & AML_DMA_POST_CHAIN;
	extras->label = trace_on() ? attr->label : NULL;
	return queue_create_side(post->q, extras);
}

/* Describe the plan of an element, and keep what it needs. */
static int draft_keep(struct draft *draft, union copy_plan_room *room)
{
	const struct copy_plan *plan = &room->plan;
	uint64_t bytes;

	if (plan->kind == COPY_DEREF || plan->src_is_neutral) {
		int err = copy_plan_keep(room);

		if (err != AML_SUCCESS)
			return err;
	}
	bytes = copy_plan_payload(plan);
	if (plan->kind != COPY_FLAT) {
		draft->plan_bytes = copy_plan_size(plan);
		draft->list += request_class(draft->plan_bytes);
	}
	draft->plan = &room->plan;
	draft->bytes = bytes;
	draft->parts = copy_plan_parts_of(plan, bytes);
	if (draft->attr->callback == NULL && request_is_small(plan, bytes))
		draft->flags |= TASK_SMALL;
	return AML_SUCCESS;
}

/*
 * Plan the element, and keep the layouts that it needs. On an error, there is nothing to release.
 */
static inline int draft_plan(struct draft *draft, union copy_plan_room *room)
{
	const struct aml_dma_post_attr *attr = draft->attr;
	enum linux_operator which = linux_operator_of(attr->op);
	int err;

	if (is_join(attr) || which == LINUX_OPERATOR_FOREIGN)
		return AML_SUCCESS;
	if ((attr->dest == NULL || attr->src == NULL) &&
	    !linux_accepts_null(attr->op, attr->op_arg))
		return -AML_EINVAL;
	err = linux_plan(which, room, attr->dest, attr->src, attr->op_arg);
	return err == AML_SUCCESS ? draft_keep(draft, room) : err;
}

static void draft_release(struct draft *draft)
{
	if (draft->flags & TASK_EXTENDED)
		free(draft->extras.side);
	if (draft->plan != NULL)
		copy_plan_release(draft->plan);
}

/*
 * Make a draft of an element that was checked. There must be room for one. -AML_ENOMEM: it is left
 * out.
 */
static inline int draft_make(struct posting *post, const struct aml_dma_post_attr *attr)
{
	struct draft *draft = post->end;
	bool extended = !is_plain(attr);
	int err;

	draft->attr = attr;
	draft->plan = NULL;
	draft->bytes = 0;
	draft->plan_bytes = sizeof(struct copy_plan);
	draft->flags = TASK_REQUEST | (extended ? TASK_EXTENDED : 0) |
		       (has_handle(post, attr) ? 0 : TASK_OWNED);
	draft->parts = 1;
	draft->list = extended ? QUEUE_SIZES : 0;
	draft->extras.side = NULL;
	err = draft_plan(draft, (union copy_plan_room *)(void *)(post->plans + post->used));
	if (err != AML_SUCCESS)
		return err;
	if (extended && !draft_extras(post, draft)) {
		draft_release(draft);
		return -AML_ENOMEM;
	}
	if (__builtin_expect(post->no_memory, false)) {
		draft_release(draft);
		return AML_SUCCESS;
	}
	post->end = draft + 1;
	if (draft->plan != NULL)
		post->used += (draft->plan_bytes + 15) / 16 * 16;
	return AML_SUCCESS;
}

static inline bool has_room(const struct posting *post)
{
	return post->end < post->drafts + POST_DRAFTS && post->used <= POST_PLANS_BYTES;
}

/*
 * Take slots of a free list for up to n drafts. Return their number. 0: out of memory. The lock may
 * be released meanwhile.
 */
static size_t take_slots_locked(struct queue_sched *q, unsigned list, size_t n,
				struct aml_task **tasks) REQUIRES(q)
{
	struct request_block *block;

	if (n > 1) {
		size_t taken = queue_take_several_locked(q, list, n, tasks);

		if (taken > 0)
			return taken;
	} else {
		tasks[0] = queue_take_free_locked(q, list);
		if (tasks[0] != NULL)
			return 1;
	}
	queue_unlock(q);
	block = queue_create_block(q, list);
	queue_lock(q);
	if (block == NULL)
		return 0;
	tasks[0] = queue_take_new_locked(q, block);
	return 1;
}

/* Make a request of a draft in a slot, and put it on the list of the post. */
static inline void request_fill_draft(struct posting *post, const struct draft *draft,
				      struct aml_task *task)
{
	const struct aml_dma_post_attr *attr = draft->attr;
	int flags = draft->flags & TASK_OWNED ? AML_DMA_LINUX_REQUEST_FLAGS_OWNED : 0;

	task->priv.flags |= draft->flags;
	task->priv.parts = draft->parts;
	task->priv.bytes = draft->bytes;
	task->priv.next = NULL;
	if (draft->plan != NULL) {
		request_fill_planned((struct request *)(void *)task, draft->plan, draft->plan_bytes,
				     draft->parts, flags);
	} else {
		const struct aml_dma_linux_task_in in = {
			.op = attr->op != NULL ? attr->op : join_prerequisites,
			.dst = attr->dest,
			.src = attr->src,
			.op_arg = attr->op_arg};

		request_fill_foreign((struct request *)(void *)task, &in, flags);
	}
	if (draft->flags & TASK_EXTENDED)
		queue_fill_extra(post->q, task, &draft->extras, post->last);
	if (post->last != NULL)
		post->last->priv.next = task;
	else
		post->tasks = task;
	post->last = task;
}

/*
 * Make requests of up to n drafts that use the same free list. Return how many were made. 0: out of
 * memory. The lock may be released meanwhile.
 */
static size_t requests_fill_locked(struct posting *post, const struct draft *drafts, size_t n)
	REQUIRES(post->q)
{
	struct aml_task *tasks[POST_DRAFTS];
	size_t taken = take_slots_locked(post->q, drafts->list, n, tasks), i;

	for (i = 0; i < taken; i++) {
		if (drafts[i].attr->flags & AML_DMA_POST_REAP &&
		    !queue_promise_completion_locked(post->q))
			break;
		request_fill_draft(post, &drafts[i], tasks[i]);
	}
	if (i < taken)
		queue_put_several_locked(post->q, tasks + i, taken - i);
	return i;
}

/* Make requests of all drafts. If out of memory, release the rest of the drafts. */
static void requests_make_locked(struct posting *post) REQUIRES(post->q)
{
	struct draft *draft = post->drafts;
	size_t made = 1;

	while (draft < post->end && made > 0) {
		size_t n = 1;

		while (draft + n < post->end && draft[n].list == draft->list)
			n++;
		made = requests_fill_locked(post, draft, n);
		draft += made;
	}
	if (draft < post->end) {
		post->no_memory = true;
		queue_unlock(post->q);
		for (; draft < post->end; draft++)
			draft_release(draft);
		queue_lock(post->q);
	}
	post->end = post->drafts;
	post->used = 0;
}

/* Give back everything that was made. The lock is not held. */
static void post_undo(struct posting *post)
{
	struct aml_task *next;

	for (struct draft *draft = post->drafts; draft < post->end; draft++)
		draft_release(draft);
	for (struct aml_task *task = post->tasks; task != NULL; task = next) {
		next = task->priv.next;
		queue_free_extra(task);
		copy_plan_release(&((struct request *)(void *)task)->plan);
		queue_lock(post->q);
		queue_unmake_locked(post->q, task);
		queue_unlock(post->q);
	}
}

static const struct aml_dma_post_attr *next_attr(const struct aml_dma_post_attr *attr)
{
	return (const struct aml_dma_post_attr *)(const void *)((const char *)attr + attr->size);
}

/* Append all requests, and store their handles before the first one can start. */
static void post_submit_locked(struct posting *post) REQUIRES(post->q)
{
	struct aml_task *task;
	struct aml_dma_request **req = post->reqs;

	for (task = post->tasks; req != NULL && task != NULL; task = task->priv.next)
		*req++ = task->priv.flags & TASK_OWNED ? NULL : (struct aml_dma_request *)task;
	queue_post_locked(post->q, post->tasks);
}

/* All elements are right: post them, unless they exceed the bound or memory has run out. */
static int post_finish(struct posting *post, size_t n)
{
	int err;

	queue_lock(post->q);
	if (!post->no_memory)
		requests_make_locked(post);
	err = queue_may_post_locked(post->q, n);
	if (err == AML_SUCCESS && post->no_memory)
		err = -AML_ENOMEM;
	if (err == AML_SUCCESS)
		post_submit_locked(post);
	queue_unlock(post->q);
	if (err != AML_SUCCESS)
		post_undo(post);
	return err;
}

/* Post all elements. The first one was checked. */
static int post_all(struct posting *post, size_t n)
{
	const struct aml_dma_post_attr *attr = post->first;

	for (size_t i = 0; i < n; i++, attr = i < n ? next_attr(attr) : NULL) {
		int err = i > 0 ? check_attr(post, attr) : AML_SUCCESS;

		if (!has_room(post)) {
			queue_lock(post->q);
			requests_make_locked(post);
			queue_unlock(post->q);
		}
		if (err == AML_SUCCESS)
			err = draft_make(post, attr);
		if (err == -AML_ENOMEM) {
			post->no_memory = true;
		} else if (err != AML_SUCCESS) {
			post_undo(post);
			return err;
		}
	}
	return post_finish(post, n);
}

int engine_post(struct aml_dma_data *data, size_t n, const struct aml_dma_post_attr *posts,
		struct aml_dma_request **reqs)
{
	struct posting post;
	int err;

	if (data == NULL)
		return -AML_EINVAL;
	if (n == 0)
		return AML_SUCCESS;
	post.q = linux_queue(data);
	post.first = posts;
	post.reqs = reqs;
	post.tasks = NULL;
	post.last = NULL;
	post.no_memory = false;
	post.end = post.drafts;
	post.used = 0;
	err = check_attr(&post, posts);
	if (err != AML_SUCCESS)
		return err;
	/* A slot that is to be NULL must be so before the request starts: post_all() does it. */
	if (n == 1 && is_plain(posts) && posts->dest != NULL && posts->src != NULL &&
	    (reqs == NULL || has_handle(&post, posts)))
		return aml_dma_linux_request_create(data, reqs, posts->dest, posts->src, posts->op,
						    posts->op_arg);
	return post_all(&post, n);
}
