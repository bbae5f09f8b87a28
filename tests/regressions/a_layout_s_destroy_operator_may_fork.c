/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cancel released layouts in the middle of the call: in a child that was forked there, the call's
 * end was counted but not its beginning, and the destruction of the engine hung.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "gate.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

enum { ELEMENTS = 4 };

static unsigned char from[ELEMENTS], to[ELEMENTS];
static pid_t forked = -1; /* what the fork returned */
static bool may_fork;

static void fork_and_destroy(struct aml_layout *layout)
{
	free(user_layout_of(layout));
	if (may_fork) {
		may_fork = false;
		forked = fork();
	}
}

/* A layout that can only be copied element by element, so that a posted copy keeps a duplicate. */
static struct aml_layout *create(unsigned char *bytes)
{
	size_t dims[] = {ELEMENTS};
	struct user_layout *user;
	struct oracle oracle;

	oracle_dense(&oracle, bytes, AML_LAYOUT_ORDER_C, 1, 1, dims, NULL, NULL);
	user = user_layout_create(&oracle, AML_LAYOUT_ORDER_C, USER_DUPLICATE, NULL);
	user->ops.destroy = fork_and_destroy;
	oracle_destroy(&oracle);
	return &user->layout;
}

/* In the child: the engine works, and ends. */
static int use_and_destroy(struct aml_dma **dma)
{
	struct job job = {.result = -AML_EDOM};

	NEED(job_copy(*dma, &job) == -AML_EDOM);
	NEED(aml_dma_linux_destroy(dma) == 0);
	return 0;
}

/* The child goes on from the fork to its exit here; the parent looks at that. */
static int join(struct aml_dma **dma)
{
	int status = -1;

	if (forked == 0)
		_exit(use_and_destroy(dma) == 0 ? 0 : 1);
	NEED(forked > 0 && waitpid(forked, &status, 0) == forked);
	return status;
}

/* Post a copy that stays in the queue. */
static void post_behind(struct aml_dma *dma, struct job *holder, struct aml_dma_request **reqs)
{
	struct aml_layout *dst = create(to), *src = create(from);

	ck_assert_int_eq(job_post(dma, &reqs[0], holder), 0);
	gate_await(holder->gate);
	ck_assert_int_eq(aml_dma_async_copy(dma, &reqs[1], dst, src), 0);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
}

/* Contract: FORK-5. */
START_TEST(in_a_cancel)
{
	struct gate gate;
	struct job holder = {.gate = &gate};
	struct aml_dma_request *reqs[2] = {NULL};
	struct aml_dma *dma = NULL;

	gate_init(&gate);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	post_behind(dma, &holder, reqs);
	may_fork = true;
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[1]), 0);
	ck_assert_int_eq(join(&dma), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}
END_TEST

struct inherited {
	struct aml_dma *dma;
	struct aml_dma_request **reqs;
};

/* In a child, where the request belongs to the parent: its wait releases it, and forks. */
static int wait_for_an_orphan(void *arg)
{
	struct inherited *i = arg;

	may_fork = true;
	NEED(aml_dma_wait(i->dma, &i->reqs[1]) == -AML_FAILURE);
	NEED(join(&i->dma) == 0);
	return use_and_destroy(&i->dma);
}

/* Contract: FORK-5. */
START_TEST(in_the_wait_of_a_child)
{
	struct gate gate;
	struct job holder = {.gate = &gate};
	struct aml_dma_request *reqs[2] = {NULL};
	struct aml_dma *dma = NULL;
	struct inherited inherited;

	gate_init(&gate);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	post_behind(dma, &holder, reqs);
	inherited = (struct inherited){dma, reqs};
	ck_assert_int_eq(in_child(wait_for_an_orphan, &inherited), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}
END_TEST

SUITE("regressions/a_layout_s_destroy_operator_may_fork", in_a_cancel, in_the_wait_of_a_child)
