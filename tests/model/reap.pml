/* SPDX-License-Identifier: BSD-3-Clause */
/* The completion queue and the eventfd: queue_reap.c. */
#ifdef WITH_REAP

/* Take up to `most` completions. */
inline take_completions_locked(most)
{
	i_ = 1;
	h_ = 0;
	do
	:: i_ <= seq && h_ < (most) ->
		if
		:: task[i_].reap && task[i_].state == FINISHED -> returned(i_); h_++
		:: else
		fi;
		i_++
	:: else -> break
	od;
	assert(h_ <= ncompletions && (h_ == (most) || h_ == ncompletions));
	ncompletions = ncompletions - h_
}

/* The end of queue_reap(). */
inline end_reap(most)
{
	take_completions_locked(most);
	reaped = reaped + h_;
#ifndef BROKEN_REST_NOT_PASSED
	if
	:: ncompletions > 0 -> wake_reaper_locked()
	:: else
	fi;
#endif
	queue_wake_locked();
#ifndef BROKEN_REAPER_UNCOUNTED
	callers--;
#endif
	queue_settle_locked()
}

/* await_completions_locked(): begin to sleep. */
inline await_completions_locked()
{
	begin_sleep(UNLIMITED);
	sl[OUTER(me)].least = least;
#ifdef WITH_DEADLINE
	sl[OUTER(me)].deadline = NEAR;
#endif
	push(REAPERS, OUTER(me))
}

/* The first part of queue_reap(). The program asks for no more completions than there will be. */
inline begin_reap()
{
	n++;
	if
	:: least = 1
	:: least = 2
	fi;
#ifndef WITH_DEADLINE
	if
	:: claimed + least > CALLS0 -> least = CALLS0 - claimed
	:: else
	fi;
	claimed = claimed + least;
#endif
	if
	:: n == CALLS -> last_calls++
	:: else
	fi;
#ifndef BROKEN_REAPER_UNCOUNTED
	callers++;
#endif
	if
	:: ncompletions < least -> await_completions_locked()
	:: else -> end_reap(least); least = 0; unlock()
	fi
}

/* After the sleep: sleep again if another thread has taken the completions. */
inline reap_again()
{
	if
	:: !sl[OUTER(me)].done ->
#ifndef BROKEN_LATE_REAPER_LISTED
		i_ = 0;
		do
		:: list[REAPERS].at[i_] != OUTER(me) -> i_++
		:: else -> break
		od;
		take(REAPERS, i_)
#endif
	:: else -> again = 1
	fi;
	sleeper_gone(OUTER(me));
	sleeping = 0;
	if
#ifndef BROKEN_REAPER_NO_LOOP
	:: again && ncompletions < least -> await_completions_locked()
#endif
	:: else ->
		assert(!again || ncompletions >= least);
		again = 0;
		end_reap(least);
		least = 0;
		unlock()
	fi
}

#ifdef WITH_POLL
/* A program that sleeps on the eventfd until it has reaped all. */
inline poll_and_reap()
{
	atomic {
		/* queue_eventfd() */
		LOCK;
		n++;
		has_eventfd = 1;
#ifndef BROKEN_EVENTFD_EMPTY
		signals = ncompletions;
#endif
		unlock()
	};
	do
	:: reaped < CALLS0 ->
		atomic {
			/* poll() and read() */
			eventfd > 0 -> eventfd = 0
		};
		/* Fewer than two: nothing is left that the descriptor has announced. */
		do
		:: atomic {
			LOCK;
			callers++;
			end_reap(2);
			again = h_ == 2;
			unlock();
			if
			:: again -> again = 0
			:: else -> break
			fi
		   }
		od
	:: else -> last_calls++; break
	od
}
#endif
#endif
