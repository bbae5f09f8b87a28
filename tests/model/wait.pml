/* SPDX-License-Identifier: BSD-3-Clause */
/* Running tasks (queue_run.c) and sleeping (queue_wait.c), outside and inside operators. */

/* A task that is taken must run or be skipped, as its prerequisites say. */
inline check_prerequisites(t)
{
#ifdef WITH_ALL
	assert(!(doomed & BIT(t)));
#endif
#ifdef WITH_HELD
	for (i_ : 1 .. (t) - 1) {
		assert(!(task[t].after_all || task[t].named & BIT(i_)) || !UNFINISHED(i_))
	}
	assert(task[t].skips == ((task[t].named & failures) != 0 && !task[t].always));
	assert(!task[t].skips || task[t].parts == 1)
#endif
	skip
}

/*
 * The first half of queue_run_task_locked(), up to where the lock is released and the task's
 * function is called.
 */
inline run_locked(t)
{
	assert(CAN_RUN(t));
	check_prerequisites(t);
	task[t].taken++;
	task[t].state = RUNNING;
	task[t].going++;
	if
	:: UNTAKEN(t)
	:: else -> queue_leave_locked(t)
	fi;
#ifndef BROKEN_RUN_NO_WAKE
	queue_wake_locked();
#endif
	busy++;
	assert(busy <= SLOTS + beyond);
	unlock()
}

/*
 * The second half, after the task's function has returned. The slot is freed if the task had its
 * own.
 */
inline ran_locked(t, own_slot)
{
	atomic {
		LOCK;
		assert(task[t].state == RUNNING);
		task[t].going--;
#ifdef WITH_PARTS
		if
		:: task[t].kind & DIVISIBLE && !UNTAKEN(t) && task[t].going == 0 ->
			closing = 1;
			unlock()
		:: else
		fi
	};
#if defined(WITH_CALLBACK) && !defined(BROKEN_CALLBACK_LATE)
	if
	:: closing && task[t].callback -> call_back(t, true)
	:: else
	fi;
#endif
	atomic {
		if
		:: closing -> closing = 0; LOCK
		:: else
		fi;
#endif
		busy--;
		if
#ifdef BROKEN_PART_FINISHES
		:: task[t].state == RUNNING && !UNTAKEN(t) -> queue_finish_locked(t)
#else
		:: !UNTAKEN(t) && task[t].going == 0 -> queue_finish_locked(t)
#endif
		:: else
		fi;
#if defined(WITH_SMALL) && NW > 0
		if
		:: sets_out ->
#ifndef BROKEN_SHORT_KEPT
			waking = 0;
#endif
			sets_out = 0
		:: else
		fi;
		if
		:: also != 0 ->
#ifndef BROKEN_BATCH_FORGOTTEN
			task[also].going--;
			queue_finish_locked(also);
#endif
			also = 0
		:: else
		fi;
#endif
		if
		:: own_slot -> queue_free_slot_locked()
		:: else
		fi
	}
}

inline doze_locked(s)
{
	sl[s].asleep = 1;
#if NW == 0
	push(HELPERS, s);
#endif
	do
#ifdef WITH_WALK
	:: !sl[s].done && !sl[s].poked && !sl[s].called -> cond_wait(s)
#elif defined(WITH_GROUP)
	:: !sl[s].done && !sl[s].poked && !sl[s].late -> cond_wait(s)
#else
	:: !sl[s].done && !sl[s].poked -> cond_wait(s)
#endif
	:: else -> break
	od;
#if NW == 0
#ifndef BROKEN_HELPER_KEPT
	j_ = 0;
	do
	:: list[HELPERS].at[j_] != s -> j_++
	:: else -> break
	od;
	take(HELPERS, j_);
#endif
#endif
	sl[s].asleep = 0;
	if
	:: sl[s].poked ->
		sl[s].poked = 0;
#ifdef BROKEN_WAKING_KEPT
		waking = sl[s].done
#else
		waking = 0
#endif
	:: else
	fi;
#ifdef WITH_GROUP
	/* The first half of queue_use_grant_locked(). */
	if
	:: sl[s].granted ->
#ifndef BROKEN_GRANT_KEPT
		sl[s].granted = 0;
#endif
		if
#ifdef BROKEN_GRANT_LOST
		:: true
#else
		:: !sl[s].done && head != 0 && SLEEPER_MAY_RUN(s) -> uses = 1
		:: else -> queue_free_slot_locked()
#endif
		fi
	:: else
	fi
#endif
}

/* sleep_locked() of a thread that may run nothing. */
inline sleep_idly_locked(s)
{
	do
	:: sl[s].done -> break
	:: else ->
		queue_wake_again_locked();
		doze_locked(s)
	od;
	queue_wake_locked()
}

inline yield_slot_locked()
{
#ifndef BROKEN_SLOT_KEPT
	queue_free_slot_locked();
#ifndef BROKEN_YIELD_NO_WAKE
	queue_wake_locked();
#endif
#endif
	skip
}

inline await_slot_locked()
{
	sleeper_init(RESUMER(me), 0);
	push(RESUMERS, RESUMER(me));
	sl[RESUMER(me)].asleep = 1;
#ifdef BROKEN_RESUMER_NO_LOOP
	cond_wait(RESUMER(me));
#else
	do
	:: !sl[RESUMER(me)].done -> cond_wait(RESUMER(me))
	:: else -> break
	od;
#endif
	sl[RESUMER(me)].asleep = 0;
	sleeper_gone(RESUMER(me))
}

inline regain_slot_locked()
{
#ifndef BROKEN_SLOT_KEPT
	if
	:: running < SLOTS -> running++
	:: else ->
#ifndef BROKEN_SLOT_NOT_ASKED
		await_slot_locked()
#endif
	fi;
#endif
	busy++;
	assert(busy <= SLOTS + beyond)
}

#ifdef BROKEN_BEYOND_YIELDS
#define YIELDS(has_slot) true
#else
#define YIELDS(has_slot) (has_slot)
#endif

/* An operator waits at another scheduler. */
inline away(does, has_slot)
{
	atomic {
		LOCK;
		busy--;
		if
		:: YIELDS(has_slot) -> yield_slot_locked()
		:: else
		fi;
		unlock()
	};
#ifdef SCENE
	if
	:: (does) & GATED -> gate
	:: else
	fi;
#endif
	atomic {
		LOCK;
		if
		:: YIELDS(has_slot) -> regain_slot_locked()
		:: else -> busy++
		fi;
		unlock()
	}
}

/* What tasks do in the scenes. */
inline act(t)
{
#if SCENE >= 3
	if
	:: task[t].kind == BLOCKS -> gate
	:: task[t].kind == HOLDS -> beyond > 0 || gate
	:: task[t].kind == OPENS || task[t].kind == (AWAY | OPENS) -> gate = 1
	:: else
	fi;
#endif
	skip
}

/* The function of a child, or of a task that an operator of another scheduler runs. */
inline execute_child(t, has_slot)
{
#ifdef WITH_AWAY
	if
	:: task[t].kind & AWAY -> away(task[t].kind, has_slot)
	:: else
	fi;
#endif
	act(t)
}

#ifdef WITH_CALLBACK
/* The callback of a request, in its slot if it has one. It may do what an operator may do. */
inline call_back(t, has_slot)
{
	atomic {
		task[t].called++;
		assert(lock != me);
		/* Its code. */
		assert(task[t].fails || task[t].skips || task[t].undone == task[t].met)
	};
	if
	:: true
#ifdef WITH_AWAY
	:: away(0, has_slot)
#endif
#ifdef WITH_CALLBACK_POST
	:: atomic {
		seq < MAXT ->
		LOCK;
		f_ = t;
		calls_back = 0;
		queue_post_locked(0, 0, 0, 0, f_, 0);
		queue_wake_again_locked();
		unlock()
	   }
#endif
	fi
}
#endif

/* A request was taken out before it started: it is RUNNING, and fails without running. */
inline fail_unrun_locked(t)
{
	task[t].state = RUNNING;
	task[t].parts = 1;
	task[t].taken = 1;
	task[t].going = 1;
	task[t].skips = 1
}

/* The end of withdraw_locked(): no part of the task runs. */
inline withdrawn_locked(t)
{
#ifdef WITH_CALLBACK
	assert(task[t].called == task[t].callback);
#endif
	returned(t);
#ifdef WITH_HELD
	failures = failures | BIT(t);
#ifndef BROKEN_CANCEL_NOT_PASSED
	queue_release_held_locked(t, 1);
#endif
#endif
#ifndef BROKEN_CANCEL_UNSETTLED
	queue_settle_locked();
#endif
#if defined(WITH_HELD) && !defined(BROKEN_WITHDRAWN_NO_WAKE)
	queue_wake_locked()
#endif
}

/*
 * Afterwards the task is RETURNED; or it is to call its callback, which has set `calling`; or the
 * caller must wait for it.
 */
inline withdraw_locked(t)
{
	if
	:: task[t].state != FINISHED && UNTAKEN(t) ->
#ifdef WITH_HELD
		take_out_locked(t);
#else
		queue_leave_locked(t);
#endif
#ifndef BROKEN_CANCEL_NO_WAKE
		queue_wake_locked();
#endif
		if
		:: task[t].going > 0 ->
			task[t].parts = task[t].taken;
#ifdef WITH_CALLBACK
			task[t].met = 1;
#ifndef BROKEN_UNDONE_SUCCEEDS
			task[t].undone = 1
#endif
#endif
#if defined(WITH_CALLBACK) && !defined(BROKEN_CANCEL_NO_CALLBACK)
		:: task[t].going == 0 && task[t].callback ->
			fail_unrun_locked(t);
			task[t].handle = 0;
			calling = 1
#endif
		:: else -> withdrawn_locked(t)
		fi
	:: else
	fi
}

/* An operator waits for its child, or cancels it. */
inline finish_child(does)
{
	atomic {
		LOCK;
#ifdef WITH_CANCEL
		if
		:: (does) & CANCELS -> withdraw_locked(child)
		:: else
		fi;
#endif
		if
		:: task[child].state == RETURNED
		:: task[child].state == FINISHED -> returned(child)
		:: else ->
			sleeper_init(NESTED(me), 0);
			task[child].waiter = NESTED(me);
			callers++;
			busy--;
			nested = 1
		fi;
		if
		:: nested
		:: else -> child = 0; unlock()
		fi
	};
	/* If the operator has to wait, the thread holds the lock from here on. */
#ifdef WITH_WALK
	/* run_group_locked() in the slot, then sleep_walking_locked(). */
	do
	:: !nested -> break
	:: atomic { nested && !yielded && !sl[NESTED(me)].done ->
		walk_next_locked();
		walked = e_;
		if
		:: walked != 0 -> run_locked(walked)
		:: else ->
			yield_slot_locked();
			yielded = 1;
#ifdef WITH_WINDOW
			window = 1;
			unlock()
#endif
		fi
	   };
		if
		:: walked != 0 ->
			execute_child(walked, true);
			ran_locked(walked, false)
		:: else
		fi;
		walked = 0
#ifdef WITH_WINDOW
	:: atomic { nested && window -> LOCK; window = 0;
#ifdef BROKEN_WALK_KEPT
		/* What the walk found before the lock was released still counts. */
		kept = !sl[NESTED(me)].done
#endif
	   }
#endif
	:: atomic { nested && yielded && !window && !sl[NESTED(me)].done ->
		walk_next_locked();
		walked = (kept -> 0 : e_);
		kept = 0;
		if
		:: walked != 0 ->
			/* run_abroad_locked() */
			slot = running < SLOTS && (head == 0 || head == walked);
			if
			:: slot -> running++
			:: else -> beyond++
			fi;
			run_locked(walked)
		:: else ->
			queue_wake_again_locked();
			sl[NESTED(me)].walks = 1;
			doze_locked(NESTED(me));
			sl[NESTED(me)].walks = 0;
			sl[NESTED(me)].called = 0
		fi
	   };
		if
		:: walked != 0 ->
			execute_child(walked, slot);
			ran_locked(walked, slot);
			if
			:: slot
			:: else -> beyond--
			fi;
			slot = 0
		:: else
		fi;
		walked = 0
	:: atomic { nested && !window && sl[NESTED(me)].done ->
		queue_wake_locked();
		if
		:: yielded -> yielded = 0; regain_slot_locked()
		:: else -> busy++
		fi;
		callers--;
		queue_settle_locked();
		sleeper_gone(NESTED(me));
		assert(task[child].state == FINISHED);
		returned(child);
		child = 0;
		nested = 0;
		unlock()
	   }
	od
#else
	do
	:: !nested -> break
#ifndef BROKEN_NESTED_SLEEPS
	:: atomic { nested && UNTAKEN(child) -> run_locked(child) };
		execute_child(child, true);
		ran_locked(child, false)
	:: atomic {
		nested && !UNTAKEN(child) ->
#else
	:: atomic {
		nested ->
#endif
		if
		:: sl[NESTED(me)].done ->
			busy++
		:: else ->
#ifdef BROKEN_NESTED_SLOT_KEPT
			sleep_idly_locked(NESTED(me));
			busy++
#else
			yield_slot_locked();
			sleep_idly_locked(NESTED(me));
			regain_slot_locked()
#endif
		fi;
		callers--;
		queue_settle_locked();
		sleeper_gone(NESTED(me));
		assert(task[child].state == FINISHED);
		returned(child);
		child = 0;
		nested = 0;
		unlock()
	   }
	od
#endif
}

#if defined(WITH_GROUP) && defined(WITH_NESTED)
/* If an operator waits for a slot, or a thread could run the head, pass it the own slot. */
inline pass_slot_locked()
{
	if
	:: list[RESUMERS].n > 0 ->
		queue_free_slot_locked();
		await_slot_locked()
	:: list[RESUMERS].n == 0 && head != 0 && running == SLOTS ->
		queue_grant_slot_locked();
		if
		:: s_ != NONE ->
#ifdef BROKEN_GRANT_NOT_AWAITED
			skip
#else
			await_slot_locked()
#endif
		:: else
		fi
	:: else
	fi
}

/* A test inside of the operator: queue_wait_until() with a deadline that has passed. */
inline test_child()
{
	atomic {
		LOCK;
		if
		:: task[child].state == FINISHED ->
			returned(child);
			child = 0;
			unlock()
		:: else ->
			sleeper_init(NESTED(me), 0);
			task[child].waiter = NESTED(me);
			callers++;
			busy--;
			nested = 1
		fi
	};
	if
	:: !nested
	:: nested && UNTAKEN(child) ->
		atomic { run_locked(child) };
		execute_child(child, true);
		ran_locked(child, false)
	:: nested && !UNTAKEN(child) ->
		atomic { pass_slot_locked() }
	fi;
	if
	:: atomic { nested ->
		nested = 0;
		busy++;
		assert(busy <= SLOTS + beyond);
		queue_wake_locked();
		callers--;
		queue_settle_locked();
		task[child].waiter = NONE;
		sleeper_gone(NESTED(me));
		if
		:: task[child].state == FINISHED -> returned(child); child = 0
		:: else
		fi;
		unlock()
	   }
	:: else
	fi
}
#endif

/* The function of a task. The thread does not hold the lock. */
inline execute(t)
{
#ifdef WITH_NESTED
	if
	:: task[t].kind & SUBMITS ->
		atomic {
			LOCK;
			if
#ifdef WITH_WALK
			/* After an older request, which cannot need this operator. */
			:: true ->
				f_ = 0;
				i_ = 1;
				do
				:: i_ < t ->
					if
					:: task[i_].handle && !CANCELLED(i_) -> f_ = i_; break
					:: true
					fi;
					i_++
				:: else -> break
				od;
				queue_post_locked(0, 0, 0, 0, f_, 0)
#endif
			:: queue_append_locked(0, 0, 0, 0)
#ifdef WITH_AWAY
			:: queue_append_locked(AWAY, 0, 0, 0)
#endif
#ifdef WITH_PARTS
			:: queue_append_locked(DIVISIBLE, 0, 0, 0)
#endif
			fi;
			child = seq;
			queue_wake_locked();
			unlock()
		}
	:: else
	fi;
#endif
#ifdef WITH_AWAY
	if
	:: task[t].kind & AWAY -> away(task[t].kind, true)
	:: else
	fi;
#endif
	act(t);
#ifdef WITH_NESTED
	if
#if defined(WITH_GROUP)
	:: task[t].kind & SUBMITS && task[t].kind & GATED ->
		test_child();
		if
		:: child != 0 -> finish_child(task[t].kind)
		:: else
		fi
	:: task[t].kind & SUBMITS && !(task[t].kind & GATED) ->
		finish_child(task[t].kind)
#else
	:: task[t].kind & SUBMITS -> finish_child(task[t].kind)
#endif
	:: else
	fi;
#endif
#if defined(WITH_CALLBACK) && !defined(BROKEN_CALLBACK_LATE)
	if
	:: task[t].callback && !(task[t].kind & DIVISIBLE) -> call_back(t, true)
	:: else
	fi;
#endif
	skip
}

/* Take a task into a batch. */
inline take_small(t)
{
	check_prerequisites(t);
	task[t].taken = 1;
	task[t].state = RUNNING;
	task[t].going = 1;
#ifdef BROKEN_BATCH_KEPT
	if
	:: (t) == oper -> queue_leave_locked(t)
	:: else
	fi
#else
	queue_leave_locked(t)
#endif
}

#ifdef WITH_HELD
/*
 * queue_take_next_of_chain_locked(), batch_append() and fail_next_of_chain(): take the request into
 * the batch of its only unfinished prerequisite, which runs before it. Small operators do not fail.
 */
inline take_next_of_chain(t, next)
{
	for (i_ : 1 .. (next) - 1) {
		assert(task[i_].state != QUEUED);
		assert(i_ == (t) || !(task[next].after_all || task[next].named & BIT(i_)) ||
		       !UNFINISHED(i_))
	}
#ifndef BROKEN_CHAIN_EDGE_KEPT
	task[next].from0 = 0;
	task[next].from1 = 0;
	task[next].pending = 0;
#endif
#ifdef WITH_WALK
	urgent = urgent & ~BIT(next);
#endif
	task[next].taken = 1;
	task[next].state = RUNNING;
	task[next].going = 1;
#ifndef BROKEN_CHAIN_FAILURE_LOST
	if
	:: task[t].skips && !task[next].always -> task[next].skips = 1
	:: else
	fi;
#endif
	assert(task[next].skips == ((task[t].skips || task[next].failure) && !task[next].always))
}

/* The request that queue_next_of_chain_locked() found can join the batch. */
#define CHAINS (e_ != 0 && task[e_].kind == SMALL && e_ <= limit_)
#else
#define CHAINS false
#endif

/*
 * The beginning of queue_run_head_locked() up to queue_run_task_locked(), or of run_some_locked()
 * up to the same point, for tasks up to limit_.
 */
inline take_head_locked()
{
	oper = head;
	/* No older task is queued. */
	for (i_ : 1 .. oper - 1) {
		assert(task[i_].state != QUEUED)
	}
	running++;
#if defined(WITH_SMALL) && NW > 0
	if
	:: task[oper].kind == SMALL ->
		take_small(oper);
#ifdef WITH_HELD
		queue_next_of_chain_locked(oper);
#endif
		if
#ifdef WITH_HELD
		:: CHAINS ->
			also = e_;
			take_next_of_chain(oper, also)
#endif
		:: !CHAINS && head != 0 && task[head].kind == SMALL && head <= limit_ ->
			also = head;
			take_small(also)
		:: else
		fi;
		/* Chance decides whether the batch is short. */
		if
		:: !waking ->
			waking = 1;
			sets_out = 1
#ifndef BROKEN_BATCH_NO_WAKE
		:: queue_wake_locked()
#else
		:: true
#endif
		fi;
		busy++;
		assert(busy <= SLOTS + beyond);
		unlock()
	:: else -> run_locked(oper)
	fi
#else
	run_locked(oper)
#endif
}

inline begin_sleep(lim)
{
	sleeper_init(OUTER(me), lim);
	sleeping = 1
}

/* The task that this thread waits for. */
#define MINE (IS_WAIT -> t : NONE)
#ifdef WITH_GROUP
#define MAY_RUN (head != 0 && running < SLOTS && SLEEPER_MAY_RUN(OUTER(me)))
#define IS_LATE sl[OUTER(me)].late
#define USES uses
#else
#define USES false
#define IS_LATE false
#define MAY_HELP (head <= sl[OUTER(me)].limit && (NW == 0 || task[head].kind == SMALL))
#ifdef BROKEN_HELP_WITHOUT_SLOT
#define MAY_RUN (head != 0 && ((head == MINE && running < SLOTS) || MAY_HELP))
#else
#define MAY_RUN (head != 0 && running < SLOTS && (head == MINE || MAY_HELP))
#endif

#endif

/* sleep_locked() of a wait outside operators. The thread holds the lock at the end. */
inline sleep_locked()
{
#if defined(WITH_GROUP) && NW == 0
	atomic {
		/* The first half of `runs_one`: the head may be any task. */
		must = (call == GROUP || call == BARRIER) && head != 0 && running < SLOTS;
#ifndef BROKEN_RUNS_NONE
		uses = must;
		if
		:: must -> running++
		:: else
		fi
#endif
	};
#endif
#ifdef WITH_GROUP
	if
	:: sl[OUTER(me)].deadline == PAST -> sl[OUTER(me)].late = 1
	:: else
	fi;
#endif
	do
#ifdef WITH_GROUP
	/* With a slot that the thread has. */
	:: atomic { uses ->
		uses = 0;
		must = 0;
		running--;
		limit_ = sl[OUTER(me)].limit;
		take_head_locked()
	   };
		execute(oper);
		ran_locked(oper, true);
		oper = 0
	:: atomic { !uses && !sl[OUTER(me)].done && !IS_LATE && sl[OUTER(me)].deadline == NEAR ->
		sl[OUTER(me)].late = 1
	   }
#endif
	:: atomic { !USES && !sl[OUTER(me)].done && !IS_LATE && MAY_RUN ->
#ifdef WITH_GROUP
		must = 0;
#endif
		limit_ = sl[OUTER(me)].limit;
		take_head_locked()
	   };
		execute(oper);
		ran_locked(oper, true);
		oper = 0
	:: atomic {
		!USES && !sl[OUTER(me)].done && !IS_LATE && !MAY_RUN ->
#ifndef BROKEN_DOZE_NO_WAKE
		queue_wake_again_locked();
#endif
		doze_locked(OUTER(me))
	   }
	:: atomic {
		!USES && (sl[OUTER(me)].done || IS_LATE) ->
#ifdef WITH_GROUP
		/* A loop of tests makes progress. */
		assert(!must || sl[OUTER(me)].done);
		must = 0;
#endif
#ifndef BROKEN_LEAVE_NO_WAKE
		queue_wake_locked();
#endif
		break
	   }
	od
}

/*
 * queue_sleep_locked() inside an operator of another scheduler, first part: give up the slot there.
 */
inline leave_abroad()
{
	atomic {
		unlock()
	};
	atomic {
		LOCK
	}
}

/*
 * Second part, run_abroad_locked(): run the untaken parts of the task that the thread waits for,
 * then sleep until that task has finished.
 */
inline run_abroad()
{
	do
	:: atomic {
		UNTAKEN(t) ->
		slot = running < SLOTS && (head == 0 || head == t);
		if
		:: slot -> running++
		:: else ->
			beyond++
#ifdef BROKEN_BEYOND_COUNTED
			;
			running++
#endif
		fi;
		run_locked(t)
	   };
		execute_child(t, slot);
#ifdef BROKEN_BEYOND_COUNTED
		ran_locked(t, true);
#else
		ran_locked(t, slot);
#endif
		if
		:: slot
		:: else -> beyond--
		fi;
		slot = 0
	:: atomic { !UNTAKEN(t) -> break }
	od;
	atomic {
		sleep_idly_locked(OUTER(me))
	}
}

/* Third part: take a slot of the other scheduler again. */
inline return_abroad()
{
	atomic {
		unlock()
	};
	atomic {
		!abroad -> abroad = 1;
		inside = 1
	};
	atomic {
		LOCK
	}
}
