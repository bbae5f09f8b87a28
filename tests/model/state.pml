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
#define MAXT (2 * (CALLS0 + (NA - 1) * CALLS1)) /* tasks: a call's, and its child */
#define PARTS 2                                 /* of a divisible one */
#define SLOTS (NW > 0 -> NW : 1)

/* Threads: the application's, then the workers. Each has three sleepers. */
#define THREADS (NA + NW)
#define OUTER(th) (3 * (th))      /* of a wait outside operators; a worker's own */
#define NESTED(th) (3 * (th) + 1) /* of a wait inside one */
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

/* What an operator does, in this order: */
#define SUBMITS 1 /* submits a child, which it waits for in the end, */
#define CANCELS 2 /* …or cancels; */
#define AWAY 4    /* waits for a task of another scheduler, */
#define GATED 8   /* …which finishes once the gate is open. */
/* Or one of these alone: */
#define DIVISIBLE 16 /* it has parts, which do nothing of all that; */
#define BLOCKS 32    /* it keeps its slot until the gate is open; */
#define OPENS 64     /* it opens the gate, and may have been away before; */
#define SMALL 128    /* it is a small copy of the library's own. */
#define HOLDS (BLOCKS + OPENS) /* …until a task runs beyond the bound, or the gate is open. */

/* The application's calls. */
#define POST 0    /* a request without handle, or a task */
#define WAIT 1    /* a request or a task, and wait for it */
#define RUN 2     /* a synchronous one */
#define CANCEL 3  /* a request, and cancel it */
#define BARRIER 4 /* a request without handle, and a barrier */
#define ANY 5     /* wait_any */
#define FOREIGN 6 /* a request, and wait for it inside an operator of another scheduler */
#define DESTROY 7
#define IS_WAIT (call == WAIT || call == RUN || call == CANCEL || call == FOREIGN)

typedef task_t {
	byte state;
	byte kind;
	byte waiter = NONE;
	byte parts, taken, going; /* `going` is the code's priv.active */
	bit plain;                /* not a request */
	bit owned;
	bit fails;
	bit unreported
}

typedef sleeper_t {
	bit done;
	bit poked;
	bit asleep;
	bit code;    /* a barrier's: it reports a failure */
	bit waiting; /* in pthread_cond_wait() and not signalled */
	bit live;    /* ghost: its memory is there */
	byte limit
}

typedef list_t {
	byte n;
	byte at[THREADS] /* sleepers */
}
#define IDLE 0    /* a stack, its top last */
#define HELPERS 1 /* …too */
#define BARRIERS 2
#define ANYS 3
#define RESUMERS 4
#define LISTS 5

task_t task[MAXT + 1]; /* by number, which is the order of submission, from 1 on */
sleeper_t sl[SLEEPERS];
list_t list[LISTS];
byte lock = FREE; /* the thread that holds the mutex */
byte seq, head, running, unclaimed, callers;
bit waking, stop;
byte destroyer = NONE;

/* Ghosts. */
bit released;    /* the scheduler is */
byte busy;       /* tasks and parts that run and are not blocked in a wait */
byte beyond;     /* so many of them are beyond the bound, for another scheduler's operator */
byte ended;      /* workers */
byte last_calls; /* so many threads but the first are inside of their last call, or beyond */
bit gate;        /* is open */
bit abroad;      /* the other scheduler's one slot is taken */
#ifdef SPURIOUS
byte spurious = SPURIOUS;
#endif
#if defined(BROKEN_POKED_LATE) || defined(BROKEN_DONE_LATE) || defined(BROKEN_SIGNAL_LATE)
byte late = NONE; /* the sleeper for which something is still to be done without the lock */
#endif

/* Scratch, within one atomic step. */
hidden byte i_, j_, s_, w_, limit_;

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
		assert(!(task[i_].state == QUEUED || task[i_].state == RUNNING) ||
		       task[i_].taken == task[i_].parts || (head != 0 && head <= i_))
	}
	if
	:: head != 0 && running < SLOTS && !waking ->
		assert(list[IDLE].n == 0);
		assert(task[head].waiter == NONE || !sl[task[head].waiter].asleep);
		for (i_ : 1 .. list[HELPERS].n) {
			assert(sl[list[HELPERS].at[i_ - 1]].limit < head)
		}
	:: else
	fi;
	assert(list[RESUMERS].n == 0 || running == SLOTS)
#endif
}

inline unlock()
{
	assert(lock == me);
	check_owed();
	lock = FREE
}

inline signal(s)
{
#ifdef BROKEN_SHARED_COND
	/* The application's threads sleep on one, and the signal wakes either. */
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

/* The lock is let go, and taken again after a signal: an atomic step ends and begins in here. */
inline cond_wait(s)
{
	sl[s].waiting = 1;
	unlock();
#if SCENE == 5
	/* One worker gets no CPU. */
	(!sl[s].waiting && lock == FREE && (gate || me != NA)) -> lock = me;
#else
	(!sl[s].waiting && lock == FREE) -> lock = me;
#endif
	assert(!released)
}
