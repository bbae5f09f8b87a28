/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of the queue (queue_head.c), and held requests (queue_held.c). */

/* Set the head to the older one of `fifo` and the first request of `ready`. */
inline choose_head_locked()
{
#ifdef WITH_HELD
	h_ = 1;
	do
	:: h_ <= seq && !task[h_].in_ready -> h_++
	:: else -> break
	od;
	head = (h_ <= seq -> h_ : fifo)
#else
	head = fifo
#endif
}

/* Put a QUEUED task, the newest one, on the queue. */
inline queue_attach_locked(t)
{
	if
	:: fifo != 0
	:: else ->
		fifo = t;
		if
		:: head == 0 -> head = t
		:: else
		fi
	fi
}

inline queue_leave_locked(t)
{
#ifdef WITH_WALK
	urgent = urgent & ~BIT(t);
#endif
	if
	:: (t) == fifo ->
		h_ = (t) + 1;
		do
#if defined(BROKEN_HEAD_IS_NEXT)
		:: h_ <= seq && !UNFINISHED(h_) -> h_++
#elif defined(BROKEN_HEAD_PASSES_PARTS)
		:: h_ <= seq && task[h_].state != QUEUED -> h_++
#elif defined(BROKEN_SCAN_TAKES_HELD)
		:: h_ <= seq && !(UNFINISHED(h_) && UNTAKEN(h_)) -> h_++
#else
		:: h_ <= seq && !CAN_RUN(h_) -> h_++
#endif
		:: else -> break
		od;
		fifo = (h_ <= seq -> h_ : 0);
		choose_head_locked()
#ifdef WITH_HELD
	:: (t) != fifo && task[t].in_ready ->
#ifndef BROKEN_READY_KEPT
		task[t].in_ready = 0;
#endif
		choose_head_locked()
#endif
	:: else
	fi
}

#ifdef WITH_HELD
/* A HELD request is ready. */
inline queue_ready_locked(t)
{
	task[t].state = QUEUED;
#ifdef WITH_WALK
	if
	:: task[t].needed -> urgent = urgent | BIT(t)
	:: else
	fi;
#endif
	if
#ifndef BROKEN_READY_UNSCANNED
	:: fifo != 0 && fifo < (t)
#endif
	:: else ->
		task[t].in_ready = 1;
#ifdef BROKEN_READY_IS_LAST
		if
		:: head == 0 -> head = t
		:: else
		fi
#else
		choose_head_locked()
#endif
	fi
}

/* The last prerequisite has finished: if one has failed, the request does not run. */
inline decide_to_run_locked(t)
{
	if
#ifdef BROKEN_ALWAYS_SKIPS
	:: task[t].failure ->
#else
	:: task[t].failure && !task[t].always ->
#endif
		task[t].skips = 1;
#ifndef BROKEN_SKIPPED_PARTS
		task[t].parts = 1;
#endif
		task[t].kind = task[t].kind & SMALL
	:: else
	fi
}

inline count_down_locked(t)
{
	assert(task[t].state == HELD && task[t].pending > 0);
	task[t].pending--;
	if
	:: task[t].pending == 0 ->
		decide_to_run_locked(t);
		queue_ready_locked(t)
	:: else
	fi
}

/* Link an edge to a prerequisite that has not finished. The result is e_, or 0: there is none. */
inline link_edge_locked(t, to)
{
	e_ = 0;
	if
#ifdef BROKEN_EDGE_TO_FINISHED
	:: (to) != 0 ->
#else
	:: (to) != 0 && UNFINISHED(to) ->
#endif
		e_ = to;
		task[t].pending++
#ifndef BROKEN_EDGE_TO_FINISHED
	:: (to) != 0 && !UNFINISHED(to) && (task[to].fails || task[to].skips) ->
#ifndef BROKEN_PAST_FAILURE_LOST
		task[t].failure = 1
#endif
#endif
	:: else
	fi
}

/* The request is HELD afterwards if it has to wait. */
inline queue_hold_locked(t, first, second)
{
	link_edge_locked(t, first);
	task[t].from0 = e_;
	link_edge_locked(t, second);
	task[t].from1 = e_;
	if
	:: task[t].after_all ->
		task[t].waits_for_all = 1;
		task[t].pending++;
#ifndef BROKEN_AFTERS_UNSETTLED
		settles = 1
#endif
	:: else
	fi;
	if
	:: task[t].pending > 0 -> task[t].state = HELD
	:: else -> decide_to_run_locked(t)
	fi
}

/* A task has finished: pass its result on. */
inline queue_release_held_locked(t, failed)
{
	e_ = (t) + 1;
	do
	:: e_ <= seq ->
		if
		:: task[e_].from0 == (t) || task[e_].from1 == (t) ->
			if
			:: task[e_].from0 == (t) -> task[e_].from0 = 0
			:: else -> task[e_].from1 = 0
			fi;
#ifndef BROKEN_FAILURE_LOST
			if
			:: failed -> task[e_].failure = 1
			:: else
			fi;
#endif
			count_down_locked(e_)
		:: else
		fi;
		e_++
	:: else -> break
	od
}

/*
 * queue_next_of_chain_locked(): the HELD request that waits only for this task, as no other request
 * does, if nothing that is queued is older. The result is e_, or 0.
 */
inline queue_next_of_chain_locked(t)
{
	e_ = 0;
	h_ = 0;
	for (i_ : (t) + 1 .. seq) {
		if
		:: task[i_].from0 == (t) || task[i_].from1 == (t) -> e_ = i_; h_++
		:: else
		fi
	}
	if
	:: h_ != 1 -> e_ = 0
#ifndef BROKEN_CHAIN_OF_TWO
	:: h_ == 1 && task[e_].pending > 1 -> e_ = 0
#endif
#ifndef BROKEN_CHAIN_AFTER_FAILURE
	:: h_ == 1 && task[e_].failure && !task[e_].always -> e_ = 0
#endif
#ifndef BROKEN_CHAIN_PASSES_OLDER
	:: h_ == 1 && head != 0 && head < e_ -> e_ = 0
#endif
	:: else
	fi
}

/* Is everything before the request finished? The result is h_ == t. */
inline all_before_finished_locked(t)
{
	h_ = 1;
	do
	:: h_ < (t) && !UNFINISHED(h_) -> h_++
	:: else -> break
	od
}

inline queue_release_afters_locked()
{
	e_ = 1;
	do
	:: e_ <= seq && !task[e_].waits_for_all -> e_++
	:: e_ <= seq && task[e_].waits_for_all ->
		all_before_finished_locked(e_);
		if
		:: h_ == e_ ->
			task[e_].waits_for_all = 0;
			count_down_locked(e_)
		:: else -> break
		fi
	:: e_ > seq -> break
	od
}

/* A HELD request was cancelled. */
inline queue_unhold_locked(t)
{
#ifndef BROKEN_UNHOLD_EDGES_KEPT
	task[t].from0 = 0;
	task[t].from1 = 0;
#endif
#ifndef BROKEN_UNHOLD_AFTER_KEPT
	task[t].waits_for_all = 0;
#endif
	task[t].pending = 0
}

/* take_out_locked(): a task that has not started, or the rest of its parts. */
inline take_out_locked(t)
{
	if
#ifndef BROKEN_TAKEN_OUT_HELD
	:: task[t].state == HELD -> queue_unhold_locked(t)
#endif
	:: else -> queue_leave_locked(t)
	fi
}
#endif

#ifdef WITH_WALK
/*
 * queue_walk_next_locked(): a task that can run and that the child needs. The result is e_, or 0.
 * Each request has one prerequisite here.
 */
inline walk_next_locked()
{
	e_ = child;
	do
	:: e_ != 0 && task[e_].state == HELD ->
#ifndef BROKEN_NOT_NEEDED
		task[e_].needed = 1;
#endif
		e_ = task[e_].from0
	:: else -> break
	od;
	if
	:: e_ != 0 && !CAN_RUN(e_) -> e_ = 0
	:: else
	fi
}
#endif
