/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Spin model of the sleep and wake protocol of the queue scheduler, src/async/queue*.c. README.md
 * beside this file lists what corresponds to what, and why the model is sound. check.sh runs it.
 *
 * Options -D define a configuration:
 *
 *   NW             number of workers, 0 to 2
 *   NA             number of application threads, 2 to 4
 *   CALLS0, CALLS1 number of calls of the first thread, and of each other thread. The first thread
 *                  then destroys the scheduler, as soon as each other thread is in its last call
 *   WITH_…         what these calls and the operators may be, chosen by chance; see choose()
 *   WITH_HELD      requests may be held until others have finished: held.pml. Besides:
 *                  WITH_TWO          two prerequisites
 *                  WITH_AFTER_ALL    …or everything that was posted before
 *                  WITH_FAILURES     any request may fail
 *                  WITH_CHAIN        a call may post two requests, the second after the first
 *                  WITH_CALLBACK     a request may have a callback, which may be AWAY as an operator
 *                  WITH_CALLBACK_POST  …or may post a request after its own
 *                  WITH_ALL          a call may be cancel_all. It needs WITH_CALLBACK
 *   WITH_GROUP     a call may wait for any, some or all of two requests; operators may test
 *                  NO_GROUPS         only operators do
 *                  WITH_DEADLINE     these waits and barriers may have deadlines
 *   WITH_REAP      thread 0 posts requests with completions, and the others reap them. It needs
 *                  WITH_GROUP and NO_GROUPS
 *                  WITH_DEADLINE     each call that reaps has a deadline
 *                  WITH_POLL         …or sleeps on the eventfd before
 *   WITH_WALK      operators may submit held requests. It needs WITH_HELD and WITH_NESTED
 *   WITH_WINDOW    …of another scheduler, whose wait releases the lock before it sleeps
 *   NESTERS        number of application threads that submit tasks that submit tasks
 *   SCENE          1 to 6: a fixed program instead of random calls; see choose()
 *   WITH_LATE      a poke may count as late whenever a thread posts or is about to sleep
 *   WITH_SPIN      a worker may spin before it sleeps
 *   SPURIOUS       total number of spurious wakeups
 *   BROKEN_…       one line is wrong or missing, and the check must find the consequence
 *   NO_OWED        do not assert that an owed poke is paid, so that only the consequences of an
 *                  unpaid poke are found
 */
#include "state.pml"
#include "held.pml"
#include "queue.pml"
#include "wait.pml"
#include "sched.pml"
#include "reap.pml"
#include "application.pml"

#ifdef SPURIOUS
/* A thread that sleeps may wake without a reason. */
active proctype wakeups()
{
	byte i;
end:
	do
	:: atomic {
		spurious > 0 && lock == FREE -> spurious--;
		select (i : 0 .. SLEEPERS - 1);
		sl[i].waiting = 0;
		i = 0
	   }
	od
}
#endif

#ifdef WITH_DEADLINE
#define PASSES(th) (lock == FREE && sl[OUTER(th)].waiting && sl[OUTER(th)].deadline == NEAR)
#define PASS(th)                   \
	sl[OUTER(th)].late = 1;    \
	sl[OUTER(th)].waiting = 0
/* The deadline of a thread that sleeps may pass. */
active proctype deadlines()
{
end:
	do
	:: atomic { PASSES(0) -> PASS(0) }
	:: atomic { PASSES(1) -> PASS(1) }
#if NA > 2
	:: atomic { PASSES(2) -> PASS(2) }
#endif
#if NA > 3
	:: atomic { PASSES(3) -> PASS(3) }
#endif
	od
}
#endif

#if defined(BROKEN_POKED_LATE) || defined(BROKEN_DONE_LATE) || defined(BROKEN_SIGNAL_LATE)
/* Acts for a thread that does something too late, after it has released the lock. */
active proctype latecomer()
{
end:
	do
	:: atomic {
		late != NONE && lock == FREE ->
		assert(sl[late].live);
#ifdef BROKEN_POKED_LATE
		sl[late].poked = 1;
#endif
#ifdef BROKEN_DONE_LATE
		sl[late].done = 1;
#endif
#ifdef BROKEN_SIGNAL_LATE
		sl[late].waiting = 0;
#endif
		late = NONE
	   }
	od
}
#endif

init {
	atomic {
		run application(0);
		run application(1);
#if NA > 2
		run application(2);
#endif
#if NA > 3
		run application(3);
#endif
#if NW > 0
		run worker(NA);
#endif
#if NW > 1
		run worker(NA + 1)
#endif
	}
}
