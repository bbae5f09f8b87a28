/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of a queue scheduler as in queue_state.h, its mutex and its condition variables. */
#ifndef NW
#define NW 1
#endif
#ifndef CALLS0
#define CALLS0 1
#endif
#ifndef CALLS1
#define CALLS1 1
#endif
#ifndef NA
#define NA 2
#endif
#ifndef NESTERS
#define NESTERS NA
#endif
#if defined(WITH_GROUP) && defined(WITH_NESTED) && !defined(NO_GROUPS)
#define EACH 3
#else
#define EACH 2
#endif
#define MAXT (EACH * (CALLS0 + (NA - 1) * CALLS1)) /* tasks: one or two for each call, and its child */
#define PARTS 2                                 /* the parts of a divisible task */
#define SLOTS (NW > 0 -> NW : 1)

/* Threads: the application's come first, then the workers. Each thread has three sleepers. */
#define THREADS (NA + NW)
#define OUTER(th) (3 * (th))      /* for a wait outside operators, and for a worker's own sleep */
#define NESTED(th) (3 * (th) + 1) /* for a wait inside an operator */
#define RESUMER(th) (3 * (th) + 2)
#define SLEEPERS (3 * THREADS)
#define NONE 255
#define UNLIMITED 254
#define FREE 255

/* The states of a task; 0: not submitted. */
#define QUEUED 1
#define RUNNING 2
#define FINISHED 3
#define RETURNED 4
#define HELD 5
#define UNFINISHED(t) (task[t].state == QUEUED || task[t].state == RUNNING || task[t].state == HELD)
#define UNTAKEN(t) (task[t].taken < task[t].parts)
#define CAN_RUN(t) ((task[t].state == QUEUED || task[t].state == RUNNING) && UNTAKEN(t))

/* What an operator does, in this order: */
#define SUBMITS 1 /* it submits a child, and waits for the child at its end */
#define CANCELS 2 /* …or cancels the child */
#define AWAY 4    /* it waits for a task of another scheduler */
#define GATED 8   /* …and that task finishes only after the gate is open */
/* Or only one of these: */
#define DIVISIBLE 16 /* it has parts, which do nothing else, or each of which may be AWAY */
#define BLOCKS 32    /* it keeps its slot until the gate is open */
#define OPENS 64     /* it opens the gate, and may have been AWAY before */
#define SMALL 128    /* it is a small copy by the library */
#define HOLDS (BLOCKS + OPENS) /* ends once a task runs beyond the bound or the gate is open */

/* The calls of the application. Each submits, except wait_any and destroy: */
#define POST 0    /* a request without a handle, or a task */
#define WAIT 1    /* a request or a task, and a wait for it */
#define RUN 2     /* a synchronous copy */
#define CANCEL 3  /* a request, and its cancel */
#define BARRIER 4 /* a request without a handle, and a barrier */
#define ANY 5     /* wait_any */
#define FOREIGN 6 /* a request, and a wait for it inside an operator of another scheduler */
#define DESTROY 7
#define ALL 9     /* cancel_all */
#define REAP 11   /* it submits nothing */
#define GROUP 10  /* two requests in one post, and a wait for any, some or all of them */
#define CHAIN 8   /* two requests in one post, the second after the first, and a wait for it */
#define CALLS (me == 0 -> CALLS0 : CALLS1)
#define NEAR 1 /* a deadline that passes at any time */
#define PAST 2 /* a deadline that has passed */
#define FAR 3  /* a deadline that does not pass */
#define IS_WAIT (call == WAIT || call == RUN || call == CANCEL || call == FOREIGN || call == CHAIN)

typedef task_t {
	byte state;
	byte kind;
	byte waiter = NONE;
	byte parts, taken, going; /* `going` is priv.active in the code */
	bit plain;                /* not a request */
	bit owned;
	bit fails;
	bit unreported
#ifdef WITH_GROUP
	;
#ifdef WITH_REAP
	bit reap;    /* a request with a completion */
#endif
	bit counted; /* ghost: the finish that counted: among the first */
	bit told     /* ghost: a barrier has reported its failure */
#endif
#ifdef WITH_HELD
	;
	bit handle;       /* the program has a handle, which it may name as a prerequisite */
	bit always;       /* it runs even if a prerequisite failed */
	bit after_all;    /* everything posted before is a prerequisite */
	bit in_ready;     /* it is in the heap `ready` */
	bit waits_for_all; /* it is in `afters`. The numbers give the order */
	bit failure;      /* a prerequisite failed: extra.code */
	bit skips;        /* it does not run */
	byte pending;
	byte from0, from1; /* the prerequisites of its edges */
	byte named         /* ghost, bits: all its prerequisites */
#endif
#ifdef WITH_WALK
	;
	bit needed /* a walk has visited it */
#endif
#ifdef WITH_CALLBACK
	;
	bit callback; /* it has a callback */
	bit undone;   /* a cancel has left parts undone */
	bit met;      /* ghost: the same */
	byte called   /* ghost: how often the callback was called */
#endif
}

typedef sleeper_t {
	bit done;
	bit poked;
	bit asleep;
	bit code;    /* of a barrier: it reports a failure */
	bit waiting; /* in pthread_cond_wait() and not signalled */
	bit live;    /* ghost: its memory is valid */
#ifdef WITH_WALK
	bit called;  /* it must walk again */
	bit walks;   /* it is in `walkers` */
#endif
#ifdef WITH_GROUP
#ifdef WITH_REAP
	byte least;     /* the number of completions that it waits for */
#endif
	byte need;      /* tasks that have it as their waiter and must still finish */
	byte deadline;  /* NEAR, PAST, FAR; 0: none */
	bit late;       /* the deadline has passed */
	bit only_small; /* with workers, it runs no task that is not small */
	bit granted;    /* it was poked, and has a slot that it has not used yet */
#endif
#ifdef WITH_HELD
	bit cancels; /* it waits for a request that it has cancelled */
#endif
#ifdef WITH_SPIN
	bit spins;   /* of a worker: it spins, without the mutex */
#endif
	byte limit
}

typedef list_t {
	byte n;
	byte at[THREADS] /* sleepers */
}
#define IDLE 0    /* a stack, its top comes last; a worker that spins stays on top */
#define HELPERS 1 /* a stack too */
#define BARRIERS 2
#define ANYS 3
#define RESUMERS 4
#ifdef WITH_REAP
#define REAPERS 5
#define LISTS 6
#else
#define LISTS 5
#endif

task_t task[MAXT + 1]; /* indexed by number, in the order of submission, from 1 on */
sleeper_t sl[SLEEPERS];
list_t list[LISTS];
byte lock = FREE; /* the thread that holds the mutex */
byte seq, head, fifo, running, unclaimed, callers;
bit waking, stop;
#ifdef WITH_REAP
byte ncompletions;
bit has_eventfd;
byte signals; /* what the next release of the lock adds to the eventfd */
byte eventfd; /* its counter */
byte claimed; /* ghost: the completions that the program has asked for */
byte reaped;  /* ghost: those that it has got */
#endif
bit settles; /* `barriers`, `afters` or `destroyer` are not empty */
#ifdef WITH_SPIN
bit spinning; /* a worker spins */
#endif
byte destroyer = NONE;

/* Ghosts: */
bit released;    /* the scheduler was released */
byte busy;       /* tasks and parts that run and are not blocked in a wait */
byte beyond;     /* how many of them run beyond the bound, for an operator of another scheduler */
byte ended;      /* how many workers have ended */
byte last_calls; /* how many threads, without the first, are in their last call or past it */
bit gate;        /* the gate is open */
#ifdef WITH_WALK
byte urgent; /* bits: ready requests for which no walker was called yet */
#endif
#ifdef WITH_HELD
byte failures;   /* bits: tasks that have finished with a failure, or were cancelled */
#define BIT(t) (1 << ((t) - 1))
#endif
#ifdef WITH_ALL
byte doomed;     /* bits: requests that a cancel_all has met before they started */
#endif
bit abroad;      /* the only slot of the other scheduler is taken */
#ifdef SPURIOUS
byte spurious = SPURIOUS;
#endif
#if defined(BROKEN_POKED_LATE) || defined(BROKEN_DONE_LATE) || defined(BROKEN_SIGNAL_LATE)
byte late = NONE; /* the sleeper for which a thread still has to do something without the lock */
#endif

#ifdef WITH_GROUP
/* sleeper_may_run_locked() */
#define SLEEPER_MAY_RUN(s)                                   \
	((task[head].waiter == (s) && !sl[s].only_small) ||  \
	 (head <= sl[s].limit && (NW == 0 || task[head].kind == SMALL)))
#endif

/* Scratch variables, within one atomic step. */
hidden byte i_, j_, s_, w_, h_, e_, f_, g_, limit_;
#ifdef WITH_CALLBACK
hidden byte calls_back;
#endif

#define LOCK                         \
	(lock == FREE) -> lock = me; \
	assert(!released)

/* The invariants of queue_state.h. */
inline check_owed()
{
#ifdef NO_OWED
	skip
#else
	assert(running <= SLOTS);
	for (i_ : 1 .. seq) {
		assert(!CAN_RUN(i_) || (head != 0 && head <= i_))
#ifdef WITH_HELD
		;
		assert(!(CAN_RUN(i_) && task[i_].in_ready) || fifo == 0 || i_ < fifo);
		assert(!CAN_RUN(i_) || task[i_].in_ready || (fifo != 0 && fifo <= i_));
		assert(!task[i_].in_ready || CAN_RUN(i_));
		assert(task[i_].state != HELD || task[i_].pending > 0)
#endif
	}
	assert(head == 0 || CAN_RUN(head));
	if
	:: head != 0 && running < SLOTS && !waking ->
		assert(list[IDLE].n == 0);
#ifdef WITH_GROUP
		assert(task[head].waiter == NONE || !sl[task[head].waiter].asleep ||
		       !SLEEPER_MAY_RUN(task[head].waiter));
#else
		assert(task[head].waiter == NONE || !sl[task[head].waiter].asleep);
#endif
		for (i_ : 1 .. list[HELPERS].n) {
			assert(sl[list[HELPERS].at[i_ - 1]].limit < head)
		}
	:: else
	fi;
	assert(list[RESUMERS].n == 0 || running == SLOTS)
#endif
}

#ifdef WITH_REAP
/*
 * The lock is free: all completions were added to the eventfd. If a listed reaper could take its
 * completions, another one is on its way to them, and wakes it afterwards.
 */
inline check_reap()
{
	assert(signals == 0);
	for (i_ : 1 .. list[REAPERS].n) {
		if
		:: sl[list[REAPERS].at[i_ - 1]].least <= ncompletions ->
			h_ = 0;
			for (j_ : 0 .. NA - 1) {
				if
				:: sl[OUTER(j_)].live && sl[OUTER(j_)].least > 0 && sl[OUTER(j_)].done -> h_ = 1
				:: else
				fi
			};
			assert(h_ == 1)
		:: else
		fi
	}
}
#endif

#ifdef WITH_WALK
inline queue_call_walkers_locked()
{
	if
	:: urgent != 0 ->
		urgent = 0;
#ifndef BROKEN_WALKERS_NOT_CALLED
		for (i_ : 0 .. THREADS - 1) {
			if
			:: sl[NESTED(i_)].walks -> sl[NESTED(i_)].called = 1; sl[NESTED(i_)].waiting = 0
			:: else
			fi
		}
#endif
	:: else
	fi
}
#endif

inline queue_signal_locked()
{
#ifdef WITH_REAP
	eventfd = eventfd + signals;
	signals = 0
#endif
	skip
}

inline unlock()
{
	assert(lock == me);
	check_owed();
#ifdef WITH_WALK
	queue_call_walkers_locked();
#endif
#ifdef WITH_REAP
#ifndef BROKEN_RELEASE_UNSIGNALLED
	queue_signal_locked();
#endif
#ifndef NO_OWED
	check_reap();
#endif
#endif
	lock = FREE
}

inline signal(s)
{
#ifdef BROKEN_SHARED_COND
	/*
	 * Threads 0 and 1 of the application sleep on one condition variable, and a signal wakes
	 * either of them.
	 */
	if
	:: (s) == OUTER(0) || (s) == OUTER(1) ->
		if
		:: sl[OUTER(0)].waiting -> sl[OUTER(0)].waiting = 0
		:: sl[OUTER(1)].waiting -> sl[OUTER(1)].waiting = 0
		:: !sl[OUTER(0)].waiting && !sl[OUTER(1)].waiting
		fi
	:: else -> sl[s].waiting = 0
	fi
#else
	sl[s].waiting = 0
#endif
}

/*
 * Release the lock, and take it again after a signal. One atomic step ends here, and the next
 * begins.
 */
inline cond_wait(s)
{
	sl[s].waiting = 1;
#if defined(WITH_REAP) && defined(BROKEN_SLEEP_UNSIGNALLED)
	check_owed();
	lock = FREE;
#else
	unlock();
#endif
#ifdef WITH_GROUP
	(!sl[s].waiting && lock == FREE) -> lock = me;
	/* The deadline may pass after a signal. */
	if
	:: sl[s].deadline == NEAR -> sl[s].late = 1
	:: true
	fi;
#else
#if SCENE == 5
	/* The first worker gets no CPU. */
	(!sl[s].waiting && lock == FREE && (gate || me != NA)) -> lock = me;
#else
	(!sl[s].waiting && lock == FREE) -> lock = me;
#endif
#endif
	assert(!released)
}
