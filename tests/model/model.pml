/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sleep and wake protocol of the queue scheduler, src/async/queue*.c, for Spin. README.md
 * beside this file tells what stands for what and why that is sound; check.sh runs it.
 *
 * A configuration is chosen by -D:
 *
 *   NW             workers, 0 to 2
 *   NA             threads of the application, 2 or 3
 *   CALLS0, CALLS1 how many calls the first of them and each other one make; the first one then
 *                  destroys the scheduler, as soon as each other one is in its last call
 *   WITH_…         what these calls and the operators may be, by chance; see choose()
 *   NESTERS        how many application threads submit tasks that submit tasks
 *   SCENE          1 to 6: calls that are fixed instead; see choose()
 *   WITH_LATE      a poke may be taken for late whenever somebody posts or goes to sleep
 *   SPURIOUS       so many wakeups out of the blue, in all
 *   BROKEN_…       one line is wrong or left out, which the check must find
 *   NO_OWED        does not assert that a poke that is owed is paid; what is found then is found
 *                  by what it leads to
 */
#include "state.pml"
#include "queue.pml"
#include "wait.pml"
#include "sched.pml"
#include "application.pml"

#ifdef SPURIOUS
/* Anybody who sleeps may wake for no reason. */
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

#if defined(BROKEN_POKED_LATE) || defined(BROKEN_DONE_LATE) || defined(BROKEN_SIGNAL_LATE)
/* What a thread does too late, after it has let the lock go. */
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
#if NW > 0
		run worker(NA);
#endif
#if NW > 1
		run worker(NA + 1)
#endif
	}
}
