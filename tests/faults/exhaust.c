/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop of fault injection. */
#include "exhaust.h"

#include "suite.h"

/* More faults than any act meets. */
#define MANY 10000

/* An act with the n-th fault of a kind, and with `on` all after it. */
struct fault_turn {
	const struct act *act;
	enum fault_kind kind;
	unsigned long n;
	bool on;
	/* How many faults occurred. */
	unsigned long fired;
};

static int step(int (*fn)(void))
{
	return fn != NULL ? fn() : 0;
}

/* Call without faults. The call must succeed. */
static int succeed(const struct act *act)
{
	NEED(act->call() == AML_SUCCESS);
	return step(act->done);
}

/* Check the state after a call that met a fault. */
static int failed(const struct act *act, int err, long blocks, long threads)
{
	if (err == AML_SUCCESS && act->may_succeed)
		return step(act->done);
	NEED(err == act->error);
	NEED(faults_blocks() == blocks || (act->may_keep && faults_blocks() > blocks));
	NEED(faults_threads() == threads);
	NEED(step(act->untouched) == 0);
	return succeed(act);
}

/* Return 1 if the act met a fault, 0 if it met none, or a negative number if a check failed. */
static int take(struct fault_turn *turn)
{
	const struct act *act = turn->act;
	long blocks = faults_blocks(), threads = faults_threads(), b, t;
	int err = step(act->prepare), result;

	if (err < 0)
		return err;
	b = faults_blocks();
	t = faults_threads();
	faults_arm(turn->kind, turn->n, turn->on);
	err = act->call();
	turn->fired = faults_disarm();
	if (turn->fired > 0) {
		result = failed(act, err, b, t);
	} else {
		NEED(err == AML_SUCCESS);
		result = step(act->done);
	}
	if (result == 0)
		result = step(act->clean);
	if (result < 0)
		return result;
	NEED(faults_blocks() == blocks);
	NEED(faults_threads() == threads);
	return turn->fired > 0;
}

static int take_of(void *turn)
{
	return take(turn);
}

static int take_in_child(struct fault_turn *turn)
{
	return in_child(take_of, turn);
}

static unsigned long round_of(const struct act *act, enum fault_kind kind, bool on,
			      int (*how)(struct fault_turn *))
{
	struct fault_turn turn = {.act = act, .kind = kind, .on = on};
	int result;

	do {
		turn.n++;
		ck_assert_msg(turn.n < MANY, "%s: every run meets a fault", act->name);
		result = how(&turn);
		ck_assert_msg(result >= 0, "%s: %s fault %lu%s: line %d", act->name,
			      faults_name(kind), turn.n, on ? " and all after it" : "", -result);
	} while (result > 0);
	return turn.n - 1;
}

static unsigned long rounds(const struct act *act, enum fault_kind kind,
			    int (*how)(struct fault_turn *))
{
	unsigned long once = round_of(act, kind, false, how);
	unsigned long on = round_of(act, kind, true, how);

	printf("faults: %s: %s: %lu one at a time, %lu with all after it\n", act->name,
	       faults_name(kind), once, on);
	fflush(stdout);
	return once;
}

unsigned long exhaust(const struct act *act, enum fault_kind kind)
{
	return rounds(act, kind, take);
}

unsigned long exhaust_in_children(const struct act *act, enum fault_kind kind)
{
	return rounds(act, kind, take_in_child);
}
