/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The application's threads and their calls: submit() of queue_sched.c and the calls of
 * queue_wait.c.
 */

#ifdef WITH_REAP
#define REAPS true
#else
#define REAPS false
#endif
#define IS_OWNED (call == BARRIER || call == POST)
#define IS_POSTED (call == WAIT || call == POST || call == CANCEL || call == CHAIN)

/* Choose the next call, and the kind of its task. */
inline choose()
{
#if SCENE == 1
	/*
	 * Each worker runs an operator that is away until thread 1's wait has returned. A task that
	 * thread 0 cancels may be queued before thread 1's task.
	 */
	if
	:: me == 1 -> call = WAIT; kind = 0
	:: me == 0 && n < NW -> call = POST; kind = AWAY | GATED
	:: else -> call = CANCEL; kind = 0
	fi
#elif SCENE == 2
	/*
	 * Each worker runs an operator that is away for some time. Then thread 1 waits for an
	 * operator that is away until thread 2's wait has returned.
	 */
	if
	:: me == 2 -> call = WAIT; kind = 0
	:: me == 1 -> call = WAIT; kind = AWAY | GATED
	:: else -> call = POST; kind = AWAY
	fi
#elif SCENE == 3
	/* Thread 0's operator ends only after thread 1's operator has run. */
	call = POST;
	kind = (me == 0 -> BLOCKS : OPENS)
#elif SCENE == 4
	/*
	 * While the only slot is taken, an operator of another scheduler begins a task. That task
	 * ends only after thread 2's wait has returned.
	 */
	if
	:: me == 0 -> call = POST; kind = HOLDS
	:: me == 1 -> call = FOREIGN; kind = BLOCKS
	:: me == 2 -> call = WAIT; kind = 0
	fi
#elif SCENE == 5
	/* A worker that gets no CPU until the gate is open may be poked first. */
	call = POST;
	kind = (me == 0 && n == CALLS0 - 1 -> OPENS : 0)
#elif defined(WITH_REAP)
	/* The first thread posts requests with completions. The others reap them. */
	call = (me == 0 -> POST : REAP);
	if
	:: kind = 0
#ifdef WITH_SMALL
	:: kind = SMALL
#endif
	fi
#elif SCENE == 6
	/*
	 * Thread 0's operator is away, and an operator of another scheduler has its slot. Meanwhile
	 * another such operator begins a task, which ends only after thread 0's operator has
	 * continued.
	 */
	if
	:: me == 0 -> call = POST; kind = AWAY | OPENS
	:: me == 1 -> call = FOREIGN; kind = BLOCKS
	:: me == 2 -> call = FOREIGN; kind = HOLDS
	fi
#else
	if
	:: call = WAIT
#ifdef WITH_POST
	:: call = POST
#endif
#ifdef WITH_RUN
	:: call = RUN
#endif
#ifdef WITH_CANCEL
	:: call = CANCEL
#endif
#ifdef WITH_BARRIER
	:: call = BARRIER
#endif
#ifdef WITH_ANY
	:: call = ANY
#endif
#ifdef WITH_FOREIGN
	:: call = FOREIGN
#endif
#ifdef WITH_CHAIN
	:: call = CHAIN
#endif
#ifdef WITH_ALL
	:: call = ALL
#endif
#if defined(WITH_GROUP) && !defined(NO_GROUPS)
	:: call = GROUP
#endif
	fi;
	if
	:: kind = 0
#ifdef WITH_AWAY
	:: kind = AWAY
#endif
#ifdef WITH_PARTS
	:: kind = DIVISIBLE
#ifdef WITH_AWAY
	:: kind = DIVISIBLE | AWAY
#endif
#endif
#ifdef WITH_SMALL
	:: kind = SMALL
#endif
#ifdef WITH_NESTED
	:: call != FOREIGN && me < NESTERS -> kind = SUBMITS
#ifdef WITH_CANCEL
	:: call != FOREIGN && me < NESTERS -> kind = SUBMITS | CANCELS
#endif
#ifdef WITH_AWAY
	:: call != FOREIGN && me < NESTERS -> kind = SUBMITS | AWAY
#endif
#ifdef WITH_GROUP
	:: call != FOREIGN && me < NESTERS -> kind = SUBMITS | GATED
#ifdef WITH_AWAY
	:: call != FOREIGN && me < NESTERS -> kind = SUBMITS | GATED | AWAY
#endif
#endif
#endif
	fi
#endif
}

#ifdef WITH_HELD
/*
 * Choose a handle that may be named, newer than the task `after`, or none. A thread may not name what
 * another one cancels.
 */
inline name(which, after)
{
	which = 0;
	i_ = (after) + 1;
	do
	:: i_ <= seq ->
		if
		:: task[i_].handle && !CANCELLED(i_) -> which = i_; break
		:: true
		fi;
		i_++
	:: else -> break
	od
}

/* Post a request, which may be held. */
inline append_held()
{
#ifdef WITH_CALLBACK
	if
	:: calls_back = 1
	:: calls_back = 0
	fi;
#endif
	name(f_, 0);
	g_ = 0;
#ifdef WITH_TWO
	if
	:: f_ != 0 -> name(g_, f_)
	:: else
	fi;
#endif
	if
	:: queue_post_locked(kind, 0, 0, 0, f_, g_)
#ifdef WITH_AFTER_ALL
	:: queue_post_locked(kind, 0, 1, 0, f_, g_)
#endif
#ifdef WITH_FAILURES
	:: kind != SMALL -> queue_post_locked(kind, 1, 0, 0, f_, g_)
	:: f_ != 0 -> queue_post_locked(kind, 0, 0, 1, f_, g_)
#endif
	fi;
#ifdef WITH_CHAIN
	if
	:: call == CHAIN -> f_ = seq; queue_post_locked(kind, 0, 0, 0, f_, 0)
	:: else
	fi
#endif
}
#endif

/* Submit the call's task. The result is t. */
inline append()
{
	if
#ifdef WITH_GROUP
	:: call == GROUP ->
		queue_append_locked(kind, 0, 0, 0);
		if
		:: kind & SUBMITS -> kind = 0
		:: else
		fi;
		if
		:: queue_append_locked(kind, 0, 0, 0)
#ifdef WITH_FAILURES
		:: queue_append_locked(kind, 0, 0, 1)
#endif
		fi
#ifdef WITH_REAP
	:: call == POST -> queue_append_locked(kind, 0, 1, 0); task[seq].reap = 1
	:: call != GROUP && call != POST -> queue_append_locked(kind, 0, IS_OWNED, 0)
#else
	:: call != GROUP -> queue_append_locked(kind, 0, IS_OWNED, 0)
#endif
#ifdef WITH_FAILURES
	:: call == BARRIER && kind != SMALL -> queue_append_locked(kind, 0, 1, 1)
#endif
#elif defined(WITH_HELD)
	:: IS_POSTED -> append_held()
	:: !IS_POSTED -> queue_append_locked(kind, 0, IS_OWNED, 0)
#else
	:: queue_append_locked(kind, 0, IS_OWNED, 0)
#ifdef WITH_ANY
	:: (call == WAIT || call == POST) && kind != SMALL -> queue_append_locked(kind, 1, 0, 0)
#endif
#ifdef WITH_FAILURES
	:: call == BARRIER && kind != SMALL -> queue_append_locked(kind, 0, 1, 1)
#endif
#endif
	fi;
	t = seq;
	kind = 0
}

#ifdef WITH_CALLBACK
/* The beginning of queue_drop_unrun_locked(): the callback of a request that does not run. */
inline begin_unrun()
{
#ifdef BROKEN_UNRUN_COUNTED
	running++;
#endif
	beyond++;
	busy++
}

inline end_unrun(t)
{
#ifdef BROKEN_UNRUN_COUNTED
	running--;
#endif
	beyond--;
	busy--;
	task[t].going--
}

#ifdef BROKEN_UNRUN_IN_SLOT
#define UNRUN_SLOT true
#else
#define UNRUN_SLOT false
#endif

#ifdef WITH_ALL
/* The first request that a cancel_all still has to end; 0: there is none. The result is t. */
inline next_of_all()
{
	t = 1;
	do
	:: t <= seq && !(all & BIT(t)) -> t++
	:: else -> break
	od;
	t = (t <= seq -> t : 0)
}

/* Take all requests out that have not started. */
inline take_all_out_locked()
{
	t = 1;
	do
	:: t <= seq ->
		if
		/* A synchronous copy has no handle. */
#ifdef BROKEN_ALL_SYNCHRONOUS
		:: UNFINISHED(t) && task[t].taken == 0 ->
#elif defined(BROKEN_ALL_BEGUN)
		:: UNFINISHED(t) && UNTAKEN(t) && (task[t].handle || task[t].owned) ->
#else
		:: UNFINISHED(t) && task[t].taken == 0 && (task[t].handle || task[t].owned) ->
#endif
			take_out_locked(t);
			fail_unrun_locked(t);
			all = all | BIT(t);
			doomed = doomed | BIT(t)
		:: else
		fi;
		t++
	:: else -> break
	od;
#ifndef BROKEN_ALL_NO_WAKE
	queue_wake_locked();
#endif
	calling = 1;
	next_of_all()
}
#endif

/* The callbacks of a cancel, and its end. */
inline end_cancel()
{
	do
	:: calling && t != 0 ->
		if
		:: task[t].callback -> call_back(t, UNRUN_SLOT)
		:: else
		fi;
		atomic {
			LOCK;
			end_unrun(t);
			if
			:: call == CANCEL ->
				withdrawn_locked(t);
				t = 0
#ifdef WITH_ALL
			:: call == ALL ->
				queue_finish_locked(t);
#ifndef BROKEN_ALL_ENDED_NO_WAKE
				queue_wake_locked();
#endif
				all = all & ~BIT(t);
				next_of_all();
				if
				:: t != 0 -> begin_unrun()
				:: else
				fi
#endif
			fi;
			unlock()
		}
	:: atomic { calling && t == 0 ->
		/* queue_give_back(), or the end of queue_cancel_all() */
		LOCK;
#ifndef BROKEN_CANCEL_UNCOUNTED
		callers--;
#endif
		queue_settle_locked();
		calling = 0;
		unlock()
	   }
	:: !calling -> break
	od
}
#define CALLING calling
#else
#define CALLING false
#endif

#ifdef WITH_GROUP
#define HAS_FINISHED(t) (task[t].state == FINISHED)

/* queue_join_locked() and queue_await_locked() for the requests t - 1 and t. */
inline join()
{
	j_ = (HAS_FINISHED(t - 1) -> 1 : 0) + (HAS_FINISHED(t) -> 1 : 0);
	if
	:: least = 1
	:: least = 1; any = 1
	:: least = 2
#ifdef WITH_DEADLINE
	:: least = 0
#endif
	fi;
	if
	:: j_ < least || (least == 0 && j_ < 2) ->
		begin_sleep((HAS_FINISHED(t) -> t - 1 : t));
		task[t - 1].waiter = OUTER(me);
		task[t].waiter = OUTER(me);
		if
		:: least == 0 -> sl[OUTER(me)].deadline = PAST
		:: least > 0 -> sl[OUTER(me)].need = least - j_
#ifdef WITH_DEADLINE
		:: least > 0 && !any -> sl[OUTER(me)].need = least - j_; sl[OUTER(me)].deadline = FAR
		:: least > 0 && !any -> sl[OUTER(me)].need = least - j_; sl[OUTER(me)].deadline = NEAR
#endif
		fi;
		sl[OUTER(me)].only_small =
			sl[OUTER(me)].deadline != 0 || sl[OUTER(me)].need < 2 - j_
	:: else -> part()
	fi
}

/* part_locked(), and the release of what has finished. A wait for any releases the first only. */
inline part()
{
#ifndef BROKEN_WAITER_KEPT
	task[t - 1].waiter = NONE;
	task[t].waiter = NONE;
#endif
	j_ = (HAS_FINISHED(t - 1) -> 1 : 0) + (HAS_FINISHED(t) -> 1 : 0);
	assert(j_ >= least || IS_LATE);
	if
	:: any && (task[t - 1].counted || !HAS_FINISHED(t) ||
		   (HAS_FINISHED(t - 1) && !task[t].counted)) -> returned(t - 1)
	:: any && !(task[t - 1].counted || !HAS_FINISHED(t) ||
		   (HAS_FINISHED(t - 1) && !task[t].counted)) -> returned(t)
	:: !any ->
		if
		:: HAS_FINISHED(t - 1) -> returned(t - 1)
		:: else
		fi;
		if
		:: HAS_FINISHED(t) -> returned(t)
		:: else
		fi
	fi;
	any = 0;
	least = 0
}
#endif

/* The call up to its sleep. If it does not sleep, `sleeping` is 0, and this is the whole call. */
inline enter()
{
	n++;
	if
#ifdef WITH_CANCEL
	:: call == CANCEL -> withdraw_locked(t)
#endif
#ifdef WITH_ALL
	:: call == ALL -> take_all_out_locked()
#endif
#ifdef WITH_ANY
	:: call == WAIT && task[t].plain -> queue_claim_locked()
#endif
	:: else
	fi;
	if
	:: CALLING
	:: IS_WAIT && !CALLING && task[t].state == FINISHED -> returned(t)
	:: IS_WAIT && !CALLING && task[t].state != FINISHED && task[t].state != RETURNED ->
		begin_sleep((call == FOREIGN -> 0 : t));
		task[t].waiter = OUTER(me);
#ifdef WITH_HELD
		sl[OUTER(me)].cancels = call == CANCEL
#endif
#ifdef WITH_BARRIER
	:: call == BARRIER ->
		oldest();
		j_ = i_;
		i_ = 1;
		do
		:: i_ <= seq && !task[i_].unreported -> i_++
		:: else -> break
		od;
		if
#ifdef WITH_GROUP
		:: i_ <= seq && !task[i_].owned -> task[i_].unreported = 0; task[i_].told = 1
		:: i_ <= seq && task[i_].owned -> returned(i_)
#else
		:: i_ <= seq -> returned(i_)
#endif
		:: i_ > seq && j_ != 0 ->
			begin_sleep(seq);
#ifdef WITH_DEADLINE
			if
			:: sl[OUTER(me)].deadline = NEAR
			:: sl[OUTER(me)].deadline = PAST
			:: true
			fi;
#endif
			push(BARRIERS, OUTER(me));
#ifndef BROKEN_BARRIER_UNSETTLED
			settles = 1
#endif
		:: else
		fi
#endif
#ifdef WITH_GROUP
	:: call == GROUP -> join()
#endif
#ifdef WITH_ANY
	:: call == ANY ->
		i_ = 1;
		do
		:: i_ <= seq && !(task[i_].plain && task[i_].state == FINISHED &&
				  task[i_].waiter == NONE) -> i_++
		:: else -> break
		od;
		if
		:: i_ <= seq -> returned(i_); queue_claim_locked()
		:: i_ > seq && unclaimed > 0 -> begin_sleep(UNLIMITED); push(ANYS, OUTER(me))
		:: else
		fi
#endif
	:: else
	fi;
	if
	:: me != 0 && n == CALLS && !once && !helps -> last_calls++
	:: else
	fi;
	if
	:: sleeping -> callers++
#ifdef WITH_CALLBACK
	:: calling ->
#ifndef BROKEN_CANCEL_UNCOUNTED
		callers++;
#endif
		if
		:: t != 0 -> begin_unrun()
		:: else
		fi;
		unlock()
#endif
	:: else -> t = 0; unlock()
	fi
}

/* The rest of a call that has slept. */
inline leave()
{
	callers--;
#ifndef BROKEN_LEAVER_UNSETTLED
	queue_settle_locked();
#endif
	if
#ifdef WITH_GROUP
	:: call == BARRIER && !sl[OUTER(me)].done ->
#ifndef BROKEN_LATE_LISTED
		i_ = 0;
		do
		:: list[BARRIERS].at[i_] != OUTER(me) -> i_++
		:: else -> break
		od;
		take(BARRIERS, i_)
#endif
	:: call == GROUP -> part()
	:: call == BARRIER && !sl[OUTER(me)].code && sl[OUTER(me)].done ->
#else
	:: call == BARRIER && !sl[OUTER(me)].code ->
#endif
		for (i_ : 1 .. sl[OUTER(me)].limit) {
			assert(!UNFINISHED(i_));
			assert(!task[i_].unreported)
		}
	:: IS_WAIT ->
		assert(task[t].state == FINISHED);
#ifdef WITH_HELD
		/* A synchronous copy runs. */
		assert(call != RUN || !task[t].skips);
#endif
		returned(t)
	:: else
	fi;
	sleeper_gone(OUTER(me));
	sleeping = 0;
	t = 0;
	unlock()
}

/* may_begin_locked(), with the further conditions of queue_begin() and queue_begin_locked(). */
#if defined(BROKEN_ONCE_PAST_QUEUE)
#define MAY_BEGIN (running < SLOTS && (call == RUN || NW > 0))
#elif defined(BROKEN_ONCE_WITHOUT_SLOT)
#define MAY_BEGIN (head == 0 && (call == RUN || NW > 0))
#else
#define MAY_BEGIN (head == 0 && running < SLOTS && (call == RUN || NW > 0))
#endif

/* queue_begin() and queue_begin_locked() */
inline begin_at_once()
{
	queue_enter_locked(kind, 0, IS_OWNED, 0);
	t = seq;
	kind = 0;
	for (i_ : 1 .. t - 1) {
		assert(task[i_].state != QUEUED)
	}
	task[t].state = RUNNING;
	task[t].taken = 1;
	task[t].going = 1;
#ifdef WITH_HELD
	task[t].handle = call == WAIT || call == CANCEL;
#endif
	running++;
	busy++;
	assert(busy <= SLOTS + beyond);
	once = 1;
	if
	:: me != 0 && n + 1 == CALLS && (call == RUN || call == POST) -> last_calls++
	:: else
	fi;
	unlock()
}

/* queue_end() and queue_end_locked() */
inline end_at_once()
{
	task[t].going--;
	busy--;
#ifdef BROKEN_ONCE_UNSETTLED
	task[t].state = FINISHED;
	file_request(t);
#else
	queue_finish_locked(t);
#endif
#ifndef BROKEN_ONCE_SLOT_KEPT
	queue_free_slot_locked();
#endif
#ifndef BROKEN_ONCE_NO_WAKE
	queue_wake_locked();
#endif
	skip
}

#ifdef WITH_HELP
/* queue_help_locked() up to where the lock is released, for the task t and no other one. */
#define MAY_HELP_POST (!once && (call == POST || call == WAIT || call == CANCEL) && NW > 0 && \
		       head != 0 && head < t && task[head].kind == SMALL && running < SLOTS)

inline begin_help()
{
	helps = 1;
	if
	:: me != 0 && n + 1 == CALLS && call == POST -> last_calls++
	:: else
	fi;
	limit_ = t - 1;
	take_head_locked()
}

/* The rest of it, and of the post. */
inline end_help()
{
	if
	:: helps ->
		execute(oper);
		ran_locked(oper, true);
		atomic {
			oper = 0;
#ifndef BROKEN_HELP_NO_WAKE
			queue_wake_again_locked();
#endif
			if
			:: call == POST -> enter()
			:: else -> unlock()
			fi;
			helps = 0
		}
	:: else
	fi
}
#endif

/* Submit the call's task, then the call up to its sleep. If it does not sleep, `sleeping` is 0. */
inline begin_call()
{
	atomic {
#if SCENE == 2
		me == 0 || seq >= NW;
#elif SCENE == 4
		me == 0 || (seq > 0 && (me == 2 || task[1].state == RUNNING));
#elif SCENE == 6
		me == 0 || gate || (me == 2 && seq == 1 && task[1].state == RUNNING && busy == 0) ||
			(me == 1 && seq == 2 && task[2].state == RUNNING);
#endif
		LOCK;
		choose();
		if
#ifdef WITH_SMALL
		:: call != ANY && call != ALL && call != REAP && call != CHAIN && !(call == POST && REAPS) && call != GROUP && kind == SMALL && MAY_BEGIN -> begin_at_once()
#endif
		:: call == ANY || call == ALL || call == REAP -> kind = 0
		:: else -> append()
		fi;
		if
		:: once
#ifdef WITH_REAP
		:: !once && call == REAP -> begin_reap()
#endif
		:: !once && (call == RUN || call == ANY || call == ALL) -> enter()
#ifdef WITH_HELP
		:: MAY_HELP_POST -> begin_help()
#endif
		:: else ->
#ifndef BROKEN_SUBMIT_NO_WAKE
			queue_wake_again_locked();
#endif
			if
			:: call == POST -> enter()
			:: else -> unlock()
			fi
		fi
	};
#ifdef WITH_HELP
	end_help();
#endif
#ifdef WITH_SMALL
	/* The calling thread makes the copy here, without the lock. */
	if
	:: once ->
		atomic {
			LOCK;
			end_at_once();
			if
			:: call == RUN || call == POST -> enter()
			:: else -> unlock()
			fi;
			once = 0
		}
	:: else
	fi;
#endif
	if
	:: call == RUN || call == ANY || call == ALL || call == POST || call == REAP
	:: else ->
		atomic {
			LOCK;
			enter()
		}
	fi
#ifdef WITH_CALLBACK
	;
	end_cancel()
#endif
}

inline end_call()
{
	atomic {
		if
		:: sleeping ->
			leave();
#ifdef WITH_FOREIGN
			if
			:: inside -> abroad = 0; inside = 0
			:: else
			fi
#endif
		:: else
		fi
	}
#ifdef BROKEN_CANCEL_RETURNS_LATE
	if
	:: call == CANCEL -> atomic { LOCK; unlock() }
	:: else
	fi;
#endif
#if SCENE == 1 || SCENE == 2 || SCENE == 4
	if
	:: me == NA - 1 -> gate = 1
	:: else
	fi;
#endif
	skip
}

proctype application(byte me)
{
	byte n, call, kind, t, oper, also, child;
	bit sleeping, nested, closing, inside, once, slot, helps, sets_out;
#ifdef WITH_WALK
	byte walked;
	bit yielded, window, kept;
#endif
#ifdef WITH_CALLBACK
	bit calling;
	byte all;
#endif
#ifdef WITH_GROUP
	bit uses, must, any;
#ifdef WITH_REAP
	bit again;
#endif
	byte least;
#endif

	do
	:: n < CALLS || (n == CALLS && me == 0) ->
		if
#ifdef WITH_POLL
		:: n < CALLS && me != 0 -> poll_and_reap()
		:: n < CALLS && me == 0 -> begin_call()
#else
		:: n < CALLS -> begin_call()
#endif
		:: else -> begin_destroy()
		fi;
		/* If the call sleeps, the thread holds the lock from here on. */
		if
#ifdef WITH_REAP
		:: sleeping ->
			do
			:: sleep_locked();
				if
				:: call == REAP -> atomic { reap_again() }
				:: else
				fi;
				if
				:: again -> again = 0
				:: else -> break
				fi
			od
#else
		:: sleeping && call != FOREIGN -> sleep_locked()
#endif
#ifdef WITH_FOREIGN
		:: sleeping && call == FOREIGN -> leave_abroad(); run_abroad(); return_abroad()
		:: sleeping && (call == BARRIER || call == ANY) ->
			leave_abroad();
			sleep_locked();
			return_abroad()
#endif
		:: else
		fi;
		if
		:: call == DESTROY -> end_destroy()
		:: else -> end_call()
		fi
	:: else -> break
	od
}
