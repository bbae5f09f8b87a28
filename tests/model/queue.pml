/* SPDX-License-Identifier: BSD-3-Clause */
/* The moves of tasks and sleepers from state to state: queue.c. */

inline sleeper_init(s, lim)
{
	sl[s].limit = lim;
#ifdef WITH_GROUP
	sl[s].need = 1;
#endif
	sl[s].live = 1
}

/* The frame that contains the sleeper returns. */
inline sleeper_gone(s)
{
	assert(sl[s].live && !sl[s].waiting && !sl[s].asleep && !sl[s].poked);
	sl[s].live = 0;
	sl[s].done = 0;
	sl[s].code = 0;
	sl[s].limit = 0
#ifdef WITH_GROUP
	;
	assert(!sl[s].granted);
	sl[s].need = 0;
#ifdef WITH_REAP
	sl[s].least = 0;
#endif
	sl[s].deadline = 0;
	sl[s].late = 0;
	sl[s].only_small = 0
#endif
#ifdef WITH_HELD
	;
	sl[s].cancels = 0
#endif
}

inline sleeper_done(s)
{
	assert(sl[s].live);
#ifdef BROKEN_DONE_LATE
	if
	:: late == NONE && sl[s].asleep -> late = s
	:: else -> sl[s].done = 1
	fi;
#else
	sl[s].done = 1;
#endif
	if
#ifdef BROKEN_SIGNAL_LATE
	:: late == NONE && sl[s].asleep -> late = s
#endif
	:: sl[s].asleep -> signal(s)
	:: else
	fi
}

inline push(l, s)
{
	for (w_ : 1 .. list[l].n) {
		assert(list[l].at[w_ - 1] != s)
	}
	list[l].at[list[l].n] = s;
	list[l].n++
}

/* Take the k-th sleeper off a list. The result is s_. */
inline take(l, k)
{
	s_ = list[l].at[k];
	list[l].n--;
	w_ = k;
	do
	:: w_ < list[l].n -> list[l].at[w_] = list[l].at[w_ + 1]; w_++
	:: else -> break
	od;
	list[l].at[w_] = 0
}

inline first_done(l)
{
	take(l, 0);
	sleeper_done(s_)
}

/* The sleeper to poke. The result is s_, or NONE. */
inline runner()
{
	s_ = NONE;
	if
	:: list[IDLE].n > 0 ->
		j_ = list[IDLE].n - 1;
#ifdef BROKEN_IDLE_KEPT
		s_ = list[IDLE].at[j_]
#else
		take(IDLE, j_)
#endif
	:: else ->
#ifndef BROKEN_WAITER_NOT_POKED
		s_ = task[head].waiter;
		if
#ifndef BROKEN_POKED_AWAKE
		:: s_ != NONE && !sl[s_].asleep -> s_ = NONE
#endif
#ifdef WITH_GROUP
		:: s_ != NONE && sl[s_].asleep && !SLEEPER_MAY_RUN(s_) -> s_ = NONE
#endif
		:: else
		fi;
#endif
		i_ = list[HELPERS].n;
		do
		:: s_ == NONE && i_ > 0 ->
			i_--;
			if
#ifdef BROKEN_HELPER_UNLIMITED
			:: true -> s_ = list[HELPERS].at[i_]
#else
			:: sl[list[HELPERS].at[i_]].limit >= head -> s_ = list[HELPERS].at[i_]
			:: else
#endif
			fi
		:: else -> break
		od
	fi
}

inline queue_poke_locked()
{
	runner();
	if
	:: s_ == NONE
	:: else ->
		assert(sl[s_].live);
		waking = 1;
#ifdef BROKEN_POKED_LATE
		if
		:: late == NONE -> late = s_
		:: else -> sl[s_].poked = 1
		fi;
#else
		sl[s_].poked = 1;
#endif
		signal(s_)
	fi
}

#ifdef WITH_GROUP
/* Pass a taken slot to a sleeping thread that may run the head. The result is s_, or NONE. */
inline queue_grant_slot_locked()
{
	s_ = NONE;
	if
#ifndef BROKEN_GRANT_WHILE_WAKING
	:: waking
#endif
	:: else ->
		runner();
		if
		:: s_ != NONE ->
			assert(sl[s_].live && !sl[s_].poked);
			sl[s_].granted = 1;
			waking = 1;
			sl[s_].poked = 1;
			signal(s_)
		:: else
		fi
	fi
}
#endif

inline queue_wake_locked()
{
	if
	:: head == 0 || running >= SLOTS || waking
	:: else -> queue_poke_locked()
	fi
}

/*
 * WITH_LATE: chance decides whether the last poke is late. Scene 5: the last poke is late.
 * Otherwise: the last poke is not late.
 */
inline queue_wake_again_locked()
{
	if
	:: head == 0 || running >= SLOTS
#if (SCENE != 5 && !defined(WITH_LATE)) || defined(BROKEN_NOT_AGAIN)
	:: head != 0 && running < SLOTS && waking
#endif
#ifdef WITH_LATE
	:: head != 0 && running < SLOTS && waking
	:: head != 0 && running < SLOTS && waking -> queue_poke_locked()
#elif SCENE == 5 && !defined(BROKEN_NOT_AGAIN)
	:: head != 0 && running < SLOTS && waking -> queue_poke_locked()
#endif
	:: head != 0 && running < SLOTS && !waking -> queue_poke_locked()
	fi
}

/* queue_enter_locked(). The number of the new task is seq. */
inline queue_enter_locked(does, is_plain, is_owned, is_failing)
{
	assert(seq < MAXT);
	seq++;
	task[seq].state = QUEUED;
	task[seq].kind = does;
	task[seq].parts = ((does) & DIVISIBLE -> PARTS : 1);
	task[seq].plain = is_plain;
	task[seq].owned = is_owned;
	task[seq].fails = is_failing
}

inline queue_append_locked(does, is_plain, is_owned, is_failing)
{
	queue_enter_locked(does, is_plain, is_owned, is_failing);
	queue_attach_locked(seq);
	if
	:: is_plain -> unclaimed++
	:: else
	fi
}

#ifdef WITH_HELD
/* Post a request with a handle after two prerequisites; 0: none. calls_back: with a callback. */
inline queue_post_locked(does, is_failing, all, anyway, first, second)
{
	queue_enter_locked(does, 0, 0, is_failing);
	task[seq].handle = 1;
	task[seq].after_all = all;
	task[seq].always = anyway;
	task[seq].named = ((first) != 0 -> BIT(first) : 0) | ((second) != 0 -> BIT(second) : 0);
#ifdef WITH_CALLBACK
	if
	:: (does) != SMALL && calls_back -> task[seq].callback = 1
	:: else
	fi;
#endif
	queue_hold_locked(seq, first, second);
	if
	:: task[seq].state != HELD -> queue_attach_locked(seq)
	:: task[seq].state == HELD && task[seq].waits_for_all ->
#ifndef BROKEN_POST_NO_LOOK
		queue_release_afters_locked()
#endif
	:: else
	fi
}
#endif

/* The first task of `unfinished`. The result is i_, or 0. */
inline oldest()
{
	i_ = 1;
	do
	:: i_ <= seq && !UNFINISHED(i_) -> i_++
	:: else -> break
	od;
	i_ = (i_ <= seq -> i_ : 0)
}

/* The task is its owner's again, or on a free list. The contents of the task no longer matter. */
inline returned(t)
{
	task[t].state = RETURNED;
	task[t].waiter = NONE;
	task[t].unreported = 0;
#ifdef WITH_GROUP
	task[t].told = 0;
	task[t].counted = 0;
#ifdef WITH_REAP
	task[t].reap = 0;
#endif
#endif
	task[t].kind = 0;
	task[t].parts = 0;
	task[t].taken = 0;
	task[t].plain = 0;
	task[t].owned = 0;
	task[t].fails = 0
#ifdef WITH_HELD
	;
	task[t].handle = 0;
	task[t].always = 0;
	task[t].after_all = 0;
	task[t].failure = 0;
	task[t].skips = 0;
#ifdef WITH_WALK
	task[t].needed = 0;
#endif
	task[t].named = 0
#endif
#ifdef WITH_CALLBACK
	;
	task[t].callback = 0;
	task[t].undone = 0;
	task[t].met = 0;
	task[t].called = 0
#endif
}

inline queue_settle_locked()
{
	oldest();
	do
#ifdef BROKEN_BARRIER_EARLY
	:: list[BARRIERS].n > 0 && (i_ == 0 || sl[list[BARRIERS].at[0]].limit <= i_) ->
#else
	:: list[BARRIERS].n > 0 && (i_ == 0 || sl[list[BARRIERS].at[0]].limit < i_) ->
#endif
		first_done(BARRIERS)
	:: else -> break
	od;
	if
#ifdef BROKEN_SETTLED_WITH_CALLERS
	:: destroyer != NONE && i_ == 0 -> sleeper_done(destroyer)
#else
	:: destroyer != NONE && i_ == 0 && callers == 0 -> sleeper_done(destroyer)
#endif
	:: else
	fi;
#ifdef WITH_HELD
#ifndef BROKEN_AFTERS_NOT_SETTLED
	queue_release_afters_locked();
#endif
	e_ = 1;
	do
	:: e_ <= seq && !task[e_].waits_for_all -> e_++
	:: else -> break
	od;
	settles = list[BARRIERS].n > 0 || destroyer != NONE || e_ <= seq
#else
	settles = list[BARRIERS].n > 0 || destroyer != NONE
#endif
}

inline report(t)
{
#ifdef WITH_HELD
	assert(!task[t].skips);
#endif
	j_ = 0;
	do
	:: j_ < list[BARRIERS].n && sl[list[BARRIERS].at[j_]].limit < (t) -> j_++
	:: else -> break
	od;
	if
	:: j_ < list[BARRIERS].n ->
#ifdef WITH_GROUP
		task[t].told = 1;
#endif
		sl[list[BARRIERS].at[j_]].code = 1;
#ifdef BROKEN_REPORTED_LISTED
		sleeper_done(list[BARRIERS].at[j_])
#else
		take(BARRIERS, j_);
		sleeper_done(s_)
#endif
	:: else -> task[t].unreported = 1
	fi
}

inline queue_claim_locked()
{
	unclaimed--;
#ifndef BROKEN_CLAIM_UNTOLD
	do
	:: unclaimed == 0 && list[ANYS].n > 0 -> first_done(ANYS)
	:: else -> break
	od
#endif
}

/* No thread waits for the request. The failure of one that did not run is silent. */
inline file_request(t)
{
	if
#if defined(WITH_HELD) && defined(BROKEN_SKIPPED_REPORTED)
	:: task[t].fails || task[t].skips -> report(t)
#elif defined(WITH_HELD)
	:: task[t].fails && !task[t].skips -> report(t)
#else
	:: task[t].fails -> report(t)
#endif
	:: else
	fi;
	if
	:: task[t].owned && !task[t].unreported -> returned(t)
	:: else
	fi
}

inline file_task(t)
{
	if
	:: list[ANYS].n > 0 ->
		returned(t);
		first_done(ANYS);
		queue_claim_locked()
	:: else
	fi
}

#ifdef WITH_REAP
/* wake_reaper_locked(): wake the first thread whose number of completions is there. */
inline wake_reaper_locked()
{
	j_ = 0;
	do
#ifdef BROKEN_FIRST_REAPER_ONLY
	:: j_ < list[REAPERS].n && sl[list[REAPERS].at[0]].least > ncompletions -> break
	:: j_ < list[REAPERS].n && sl[list[REAPERS].at[0]].least <= ncompletions ->
#else
	:: j_ < list[REAPERS].n && sl[list[REAPERS].at[j_]].least > ncompletions -> j_++
	:: j_ < list[REAPERS].n && sl[list[REAPERS].at[j_]].least <= ncompletions ->
#endif
		take(REAPERS, j_);
		sleeper_done(s_);
		break
	:: else -> break
	od
}

/* Put a finished request on the completion queue. */
inline complete_locked()
{
	ncompletions++;
#ifndef BROKEN_COMPLETION_UNSIGNALLED
	if
	:: has_eventfd -> signals++
	:: else
	fi;
#endif
#ifndef BROKEN_REAPER_NOT_WOKEN
	wake_reaper_locked()
#endif
}
#endif

#define CANCELLED(t) (task[t].waiter != NONE && sl[task[t].waiter].cancels)

inline queue_finish_locked(t)
{
	assert(task[t].going == 0);
#ifdef WITH_CALLBACK
	assert(task[t].called == task[t].callback);
#endif
	task[t].state = FINISHED;
#ifdef BROKEN_SETTLED_FIRST
	queue_settle_locked();
#endif
#ifdef WITH_HELD
	if
	:: task[t].fails || task[t].skips || CANCELLED(t) ->
		failures = failures | BIT(t);
#ifdef BROKEN_CANCEL_SUCCEEDS
		queue_release_held_locked(t, (task[t].fails || task[t].skips))
#else
		queue_release_held_locked(t, 1)
#endif
	:: else -> queue_release_held_locked(t, 0)
	fi;
#endif
	if
#ifdef WITH_GROUP
#ifdef BROKEN_DONE_COUNTED
	:: task[t].waiter != NONE ->
#else
	:: task[t].waiter != NONE && !sl[task[t].waiter].done ->
#endif
		assert(sl[task[t].waiter].live);
		sl[task[t].waiter].need--;
		task[t].counted = 1;
		if
#ifdef BROKEN_NEED_NOT_COUNTED
		:: true -> sleeper_done(task[t].waiter)
#else
		:: sl[task[t].waiter].need == 0 -> sleeper_done(task[t].waiter)
#endif
		:: else
		fi
#else
	:: task[t].waiter != NONE -> sleeper_done(task[t].waiter)
	:: task[t].waiter == NONE && task[t].plain -> file_task(t)
#endif
#ifdef WITH_REAP
	:: task[t].waiter == NONE && task[t].reap -> complete_locked()
#endif
	:: else -> file_request(t)
	fi;
#ifndef BROKEN_FINISH_UNSETTLED
	if
	:: settles -> queue_settle_locked()
	:: else
	fi
#endif
}

inline queue_free_slot_locked()
{
	assert(running > 0);
	running--;
#ifndef BROKEN_RESUMER_FORGOTTEN
	if
	:: running < SLOTS && list[RESUMERS].n > 0 ->
#ifndef BROKEN_RESUMER_WITHOUT_SLOT
		running++;
#endif
		first_done(RESUMERS)
	:: else
	fi
#endif
}
