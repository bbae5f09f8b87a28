/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers, and the end of the scheduler: queue_sched.c. */

#ifdef WITH_SPIN
/* Put a worker on the stack: on top, or below a worker that spins. */
inline push_idle(s)
{
	push(IDLE, s);
	w_ = list[IDLE].n;
	if
	:: w_ > 1 && sl[list[IDLE].at[w_ - 2]].spins ->
		list[IDLE].at[w_ - 1] = list[IDLE].at[w_ - 2];
		list[IDLE].at[w_ - 2] = s
	:: else
	fi
}

/* Spin or not. One atomic step ends here, and the next begins. */
#define SPIN                                                  \
		if                                            \
		:: !spinning ->                               \
			sl[OUTER(me)].spins = 1;              \
			spinning = 1;                         \
			unlock()                              \
		:: true                                       \
		fi                                            \
	   };                                                 \
	   atomic {                                           \
		/* The spin ends, whether or not the worker was poked. */ \
		if                                            \
		:: sl[OUTER(me)].spins ->                     \
			LOCK;                                 \
			sl[OUTER(me)].spins = 0;              \
			spinning = 0                          \
		:: else                                       \
		fi
#endif

proctype worker(byte me)
{
	byte oper, also, child;
	bit nested, closing, sets_out;
#ifdef WITH_LINGER
	byte seen;
#endif
#ifdef WITH_WALK
	byte walked;
	bit yielded, slot, window, kept;
#endif
#ifdef WITH_CALLBACK
	bit calling; /* not used */
#endif
#ifdef WITH_GROUP
	bit uses; /* not used */
#endif

	atomic {
		sleeper_init(OUTER(me), 0);
		LOCK
	};
	do
#ifdef WITH_LINGER
	/* queue_linger_locked(): chance decides whether and how often the worker lingers. */
	:: atomic {
		seen != seq && !stop && callers == 0 && (head == 0 || task[head].kind == SMALL) ->
		seen = seq;
		waking = 1;
		unlock()
	   };
		atomic {
			LOCK;
#ifndef BROKEN_LINGER_KEPT
			waking = 0
#endif
		}
#endif
	:: atomic { head != 0 && running < SLOTS -> limit_ = UNLIMITED; take_head_locked() };
		execute(oper);
		ran_locked(oper, true);
		oper = 0
	:: atomic {
		!(head != 0 && running < SLOTS) && stop ->
		sl[OUTER(me)].live = 0;
		ended++;
		unlock();
		break
	   }
	:: atomic {
		!(head != 0 && running < SLOTS) && !stop ->
#ifndef WITH_SPIN
		push(IDLE, OUTER(me));
#elif defined(BROKEN_SPIN_NOT_IDLE)
		SPIN;
		push_idle(OUTER(me));
#else
		push_idle(OUTER(me));
		SPIN;
#endif
#if defined(BROKEN_WORKER_NO_LOOP) || defined(BROKEN_SPIN_NO_LOOK)
		cond_wait(OUTER(me));
#else
		do
		:: !sl[OUTER(me)].poked -> cond_wait(OUTER(me))
		:: else -> break
		od;
#endif
		sl[OUTER(me)].poked = 0;
#ifndef BROKEN_WORKER_WAKING_KEPT
		waking = 0
#endif
#ifdef WITH_GROUP
		;
		/* queue_use_grant_locked(): the loop runs the head with the slot. */
		if
		:: sl[OUTER(me)].granted ->
			sl[OUTER(me)].granted = 0;
			if
			:: head != 0 -> running--
			:: else -> queue_free_slot_locked()
			fi
		:: else
		fi
#endif
	   }
	od
}

inline join_workers()
{
	atomic {
		LOCK;
		stop = 1;
#ifndef BROKEN_STOP_UNTOLD
		for (i_ : 1 .. list[IDLE].n) {
			sl[list[IDLE].at[i_ - 1]].poked = 1;
			signal(list[IDLE].at[i_ - 1]);
			list[IDLE].at[i_ - 1] = 0
		}
#endif
		list[IDLE].n = 0;
		unlock()
	};
	ended == NW
}

inline release()
{
	assert(lock == FREE && callers == 0 && busy == 0 && running == 0 && beyond == 0);
	assert(head == 0 && destroyer == NONE);
#ifndef NO_OWED
	assert(!waking);
#endif
	for (i_ : 0 .. LISTS - 1) {
		assert(list[i_].n == 0)
	}
	for (i_ : 0 .. SLEEPERS - 1) {
		assert(!sl[i_].live)
	}
	for (i_ : 1 .. seq) {
		assert(task[i_].state == FINISHED || task[i_].state == RETURNED);
#ifdef WITH_GROUP
		/* A failure that no wait has taken is a barrier's. */
		assert(task[i_].state != FINISHED || !task[i_].fails || task[i_].unreported ||
		       task[i_].told)
#endif
	}
	released = 1
}

/*
 * The beginning of aml_queue_sched_destroy(), up to its sleep. `sleeping` is 0 if it need not
 * sleep.
 */
inline begin_destroy()
{
	n++;
	last_calls == NA - 1;
#if defined(SCENE) && SCENE != 5
	gate;
#endif
#ifdef WITH_FOREIGN
	/* The application may call destroy inside an operator of the other scheduler. */
	if
	:: atomic { !abroad -> abroad = 1; inside = 1 }
	:: true
	fi;
#endif
	atomic {
		LOCK;
		call = DESTROY;
		oldest();
		if
#ifdef BROKEN_DESTROY_WITH_CALLERS
		:: i_ != 0 ->
#else
		:: i_ != 0 || callers > 0 ->
#endif
			begin_sleep(UNLIMITED);
			destroyer = OUTER(me);
#ifndef BROKEN_DESTROY_UNSETTLED
			settles = 1
#endif
		:: else -> unlock()
		fi
	}
#if defined(WITH_FOREIGN) && !defined(BROKEN_DESTROY_KEEPS_SLOT)
	if
	:: sleeping && inside ->
		atomic { unlock() };
		atomic { abroad = 0; LOCK }
	:: else
	fi
#endif
}

inline end_destroy()
{
#if defined(WITH_FOREIGN) && !defined(BROKEN_DESTROY_KEEPS_SLOT)
	if
	:: sleeping && inside ->
		atomic { unlock() };
		atomic { !abroad -> abroad = 1; LOCK }
	:: else
	fi;
#endif
	atomic {
		if
		:: sleeping ->
			destroyer = NONE;
			sleeper_gone(OUTER(me));
			sleeping = 0;
			unlock()
		:: else
		fi
	};
	join_workers();
	atomic {
		release()
	}
}
