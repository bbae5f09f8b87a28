/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml_dma_cancel() released layouts in the middle of the call. In a child that was forked by a
 * layout's destroy operator, the end of the call was counted but its beginning was not. The
 * destruction of the engine then hung.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "gate.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

enum { ELEMENTS = 4 };

static unsigned char from[ELEMENTS], to[ELEMENTS];
static pid_t forked = -1; /* the result of fork() */
static bool may_fork;

static void fork_and_destroy(struct aml_layout *layout)
{
	free(user_layout_of(layout));
	if (may_fork) {
		may_fork = false;
		forked = fork();
	}
}

/* A layout without the fast path, so that a posted copy keeps a duplicate. */
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

/* In the child: use the engine and destroy it. */
static int use_and_destroy(struct aml_dma **dma)
{
	struct job job = {.result = -AML_EDOM};

	NEED(job_copy(*dma, &job) == -AML_EDOM);
	NEED(aml_dma_linux_destroy(dma) == 0);
	return 0;
}

/* The child continues from the fork to its exit here. The parent checks the exit status. */
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

/*
 * In a child: wait for a request that the parent posted. The wait releases the request's layouts,
 * whose destroy operator forks.
 */
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
