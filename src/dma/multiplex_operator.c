/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The operators that a multiplexer posts in the place of others.
 *
 * An operator must not call the barrier of the multiplexer that it was posted to. Inner engines
 * only know that the thread is inside one of their own operators, which others may have posted. So
 * to the engines of linux.c a multiplexer posts a custom operator inside of one of its own, which
 * leaves a frame on the stack. Other engines get the operator itself: they may give it a meaning.
 */
#include "dma/multiplex_operator.h"

#include "copy/run.h"
#include "dma/multiplex_turn.h"

/* An operator on the stack of the calling thread. */
struct multiplex_frame {
	const struct multiplex_request *request;
	struct multiplex_frame *outer;
};

static __thread struct multiplex_frame *innermost;

int multiplex_run_custom(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	const struct multiplex_part *part = arg;
	struct multiplex_frame frame = {part->request, innermost};
	int code;

	innermost = &frame;
	code = part->op(dst, src, part->op_arg);
	innermost = frame.outer;
	return code;
}

int multiplex_run_timed(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	int code = copy_plan_run(((struct multiplex_part *)arg)->plan);

	(void)dst;
	(void)src;
	multiplex_note_finish(code, arg);
	return code;
}

void multiplex_note_finish(int code, void *arg)
{
	struct multiplex_part *part = arg;
	struct multiplex *m = part->request->owner;

	multiplex_acquire(m);
	if (part->timed)
		multiplex_count_finish_locked(m, part, code);
	multiplex_release(m);
}

bool multiplex_is_on_stack(const struct multiplex_request *request)
{
	for (const struct multiplex_frame *f = innermost; f != NULL; f = f->outer)
		for (const struct multiplex_request *r = f->request; r != NULL; r = r->parent)
			if (r == request)
				return true;
	return false;
}

bool multiplex_is_inside(const struct multiplex *m)
{
	for (const struct multiplex_frame *f = innermost; f != NULL; f = f->outer)
		for (const struct multiplex_request *r = f->request; r != NULL; r = r->parent)
			if (r->owner == m)
				return true;
	return false;
}
