#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Spin visits all states of the model of the scheduler's sleep and wake protocol, and finds the error
# in each broken variant. README.md beside this file describes the model. AML_TEST_LONG=1 adds
# configurations of several million states; AML_TEST_SOURCES=no skips everything.
: "${CC:=cc}"
if [ "${AML_TEST_SOURCES-}" = no ]; then
	echo "AML_TEST_SOURCES=no: the model is not checked"
	exit 77
fi
if ! command -v spin >/dev/null; then
	echo "Spin is not installed (Debian: apt-get install spin): the model is not checked"
	exit 77
fi
# CC may contain several words.
# shellcheck disable=SC2086
if ! echo 'int main(void) { return 0; }' | $CC -x c -fsyntax-only - 2>/dev/null; then
	echo "$CC does not compile: the model is not checked"
	exit 77
fi
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

# Most of the time goes into compiling the searches. clang takes half as long as gcc.
pan_cc=$CC
command -v clang >/dev/null && echo 'int main(void) { return 0; }' |
	clang -x c -fsyntax-only - 2>/dev/null && pan_cc=clang

models=$srcdir/tests/model
spin=$work/spin
total=0

# Search all states of a configuration. $1 is `states` to find a wrong state, or `cycles` to find
# threads that run for ever. The other arguments are the configuration.
search()
{
	if [ "$1" = cycles ]; then
		kind=-DNP
		options=-l
	else
		kind=-DSAFETY
		options=
	fi
	shift
	rm -rf "$spin"
	mkdir "$spin" && cp "$models"/*.pml "$spin" || return
	# Each of these variables may contain several words.
	# shellcheck disable=SC2086
	(
		cd "$spin" &&
			spin -P"$CC -E -x c" "$@" -a model.pml &&
			$pan_cc -O0 -w $kind -DMEMLIM=1900 -o pan pan.c &&
			./pan -n -m100000 -w22 $options >pan.out 2>&1
		cat pan.out
	) </dev/null
	states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$spin/pan.out")
	[ -n "$states" ]
}

# Succeed if the search finds no error and skips no state.
holds()
{
	search "$@" && total=$((total + states)) &&
		grep -q ' errors: 0$' "$spin/pan.out" &&
		! grep -q 'Search not completed' "$spin/pan.out" && return
	[ ! -f "$spin/model.pml.trail" ] || echo "the last steps before the error:"
	shift
	[ ! -f "$spin/model.pml.trail" ] ||
		(cd "$spin" && spin -P"$CC -E -x c" "$@" -t -p model.pml | tail -n 200)
	return 1
}

# Succeed if the search finds an error.
fails()
{
	search "$@" && grep -q ' errors: 1$' "$spin/pan.out"
}

# Print the error as pan describes it.
finding()
{
	sed -n 's/^pan:[0-9]*: //p' "$spin/pan.out" | sed 's/ (at depth.*//' | cut -c 1-60 | head -n 1
}

every_variant_is_tried()
{
	cat "$models"/*.pml | grep -o 'BROKEN_[A-Z_]*[A-Z]' | sed 's/^BROKEN_//' | sort -u >"$work/there"
	cut -d ' ' -f 1 "$work/variants" | sort -u | diff "$work/there" -
}

# Each line: the kind of search, a name, and the configuration.
cat >"$work/configurations" <<'END'
states calls       -DNW=0 -DWITH_POST -DWITH_RUN -DWITH_CANCEL -DWITH_BARRIER -DWITH_FAILURES -DCALLS0=2 -DCALLS1=2
states calls       -DNW=1 -DWITH_POST -DWITH_RUN -DWITH_CANCEL -DWITH_BARRIER -DWITH_FAILURES -DCALLS0=2 -DCALLS1=2
states calls       -DNW=2 -DWITH_POST -DWITH_RUN -DWITH_CANCEL -DWITH_BARRIER -DWITH_FAILURES -DCALLS0=2
states wait_any    -DNW=0 -DWITH_POST -DWITH_ANY -DCALLS0=2 -DCALLS1=2
states wait_any    -DNW=1 -DWITH_POST -DWITH_ANY -DCALLS0=2 -DCALLS1=2
states wait_any    -DNW=2 -DWITH_POST -DWITH_ANY -DCALLS0=2
states parts       -DNW=0 -DWITH_PARTS -DWITH_POST -DWITH_CANCEL -DWITH_BARRIER
states parts       -DNW=1 -DWITH_PARTS -DWITH_POST -DWITH_CANCEL -DWITH_BARRIER
states parts       -DNW=2 -DWITH_PARTS -DWITH_POST -DWITH_CANCEL -DWITH_BARRIER
states parts-away  -DNW=0 -DWITH_PARTS -DWITH_AWAY -DWITH_CANCEL -DWITH_BARRIER
states parts-away  -DNW=1 -DWITH_PARTS -DWITH_AWAY -DWITH_POST -DWITH_CANCEL -DWITH_BARRIER
states parts-away  -DNW=1 -DWITH_PARTS -DWITH_AWAY -DWITH_FOREIGN -DWITH_CANCEL
states parts-away  -DNW=2 -DWITH_PARTS -DWITH_AWAY -DWITH_CANCEL
states abroad      -DNW=0 -DWITH_AWAY -DWITH_FOREIGN -DWITH_CANCEL -DWITH_BARRIER -DWITH_ANY
states abroad      -DNW=1 -DWITH_AWAY -DWITH_FOREIGN -DWITH_CANCEL -DWITH_BARRIER -DWITH_ANY
states abroad      -DNW=2 -DWITH_AWAY -DWITH_FOREIGN -DWITH_CANCEL
states nested      -DNW=0 -DWITH_NESTED -DWITH_AWAY -DWITH_BARRIER
states nested      -DNW=1 -DWITH_NESTED -DWITH_AWAY -DWITH_BARRIER
states nested      -DNW=2 -DWITH_NESTED -DWITH_AWAY -DNESTERS=1
states nested+     -DNW=0 -DWITH_NESTED -DWITH_CANCEL -DWITH_PARTS
states nested+     -DNW=1 -DWITH_NESTED -DWITH_CANCEL -DWITH_PARTS
states nested+     -DNW=2 -DWITH_NESTED -DWITH_CANCEL -DWITH_PARTS -DNESTERS=1
states spurious    -DNW=0 -DWITH_POST -DWITH_AWAY -DSPURIOUS=2
states spurious    -DNW=1 -DWITH_POST -DWITH_AWAY -DSPURIOUS=2
states spurious    -DNW=2 -DWITH_POST -DSPURIOUS=2
states three       -DNW=0 -DNA=3 -DWITH_POST -DWITH_CANCEL -DWITH_BARRIER
states three       -DNW=1 -DNA=3 -DWITH_AWAY
states scene-1     -DNW=1 -DSCENE=1 -DWITH_AWAY -DWITH_CANCEL -DCALLS0=2
states scene-1     -DNW=2 -DSCENE=1 -DWITH_AWAY -DWITH_CANCEL -DCALLS0=3
states scene-2     -DNW=1 -DSCENE=2 -DWITH_AWAY -DNA=3
states scene-3     -DNW=2 -DSCENE=3
states scene-4     -DNW=1 -DSCENE=4 -DNA=3 -DWITH_FOREIGN
states scene-5     -DNW=2 -DSCENE=5 -DCALLS0=2
states scene-6     -DNW=1 -DSCENE=6 -DNA=3 -DWITH_FOREIGN -DWITH_AWAY
states late        -DNW=0 -DWITH_LATE -DNA=3 -DWITH_POST -DWITH_BARRIER
states late        -DNW=1 -DWITH_LATE -DWITH_POST -DWITH_BARRIER -DWITH_AWAY
states late        -DNW=2 -DWITH_LATE -DWITH_POST -DWITH_BARRIER
states small       -DNW=0 -DWITH_SMALL -DWITH_POST -DWITH_RUN -DWITH_CANCEL -DWITH_BARRIER -DCALLS0=2
states small       -DNW=1 -DWITH_SMALL -DWITH_POST -DWITH_RUN -DWITH_CANCEL -DWITH_BARRIER
states small       -DNW=1 -DWITH_SMALL -DWITH_POST -DWITH_CANCEL -DWITH_AWAY -DCALLS0=2
states small       -DNW=1 -DNA=3 -DWITH_SMALL -DWITH_POST
states small       -DNW=2 -DWITH_SMALL -DWITH_POST -DWITH_BARRIER
states spin        -DNW=1 -DWITH_SPIN -DWITH_POST -DWITH_RUN -DWITH_CANCEL -DWITH_BARRIER
states spin        -DNW=1 -DWITH_SPIN -DWITH_LATE -DWITH_POST -DWITH_AWAY
states spin        -DNW=2 -DWITH_SPIN -DWITH_POST -DWITH_BARRIER
states spin        -DNW=2 -DWITH_SPIN -DSCENE=3
states held        -DNW=0 -DWITH_HELD -DWITH_AFTER_ALL -DWITH_FAILURES -DWITH_BARRIER -DWITH_CANCEL -DWITH_POST
states held        -DNW=1 -DWITH_HELD -DWITH_AFTER_ALL -DWITH_FAILURES -DWITH_BARRIER -DWITH_CANCEL -DWITH_POST
states held        -DNW=2 -DWITH_HELD -DWITH_AFTER_ALL -DWITH_FAILURES -DWITH_BARRIER -DWITH_POST
states held        -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CANCEL -DCALLS0=2
states held        -DNW=1 -DWITH_HELD -DNA=3 -DWITH_TWO -DWITH_POST
states held-chain  -DNW=0 -DWITH_HELD -DWITH_TWO -DWITH_POST -DWITH_CHAIN -DCALLS0=2
states held-chain  -DNW=1 -DWITH_HELD -DWITH_TWO -DWITH_CHAIN -DCALLS0=2
states held-parts  -DNW=1 -DWITH_HELD -DWITH_PARTS -DWITH_CANCEL -DWITH_FAILURES -DWITH_POST
states held-parts  -DNW=2 -DWITH_HELD -DWITH_PARTS -DWITH_CANCEL
states held-small  -DNW=0 -DWITH_HELD -DWITH_SMALL -DWITH_RUN -DWITH_AFTER_ALL -DWITH_POST -DCALLS0=2
states held-small  -DNW=1 -DWITH_HELD -DWITH_SMALL -DWITH_RUN -DWITH_AFTER_ALL -DWITH_POST
states held-small  -DNW=2 -DWITH_HELD -DWITH_SMALL -DWITH_POST
states held-away   -DNW=1 -DWITH_HELD -DWITH_AWAY -DWITH_POST -DWITH_AFTER_ALL
states callback    -DNW=0 -DWITH_HELD -DWITH_CALLBACK -DWITH_CANCEL -DWITH_ALL -DWITH_CALLBACK_POST -DWITH_BARRIER -DWITH_POST
states callback    -DNW=1 -DWITH_HELD -DWITH_CALLBACK -DWITH_CANCEL -DWITH_CALLBACK_POST -DWITH_POST
states callback    -DNW=1 -DWITH_HELD -DWITH_CALLBACK -DWITH_CANCEL -DWITH_AWAY -DWITH_POST
states callback    -DNW=1 -DWITH_HELD -DWITH_CALLBACK -DWITH_CANCEL -DWITH_PARTS -DWITH_POST
states callback    -DNW=2 -DWITH_HELD -DWITH_CALLBACK -DWITH_CANCEL -DWITH_POST
states cancel-all  -DNW=1 -DWITH_HELD -DWITH_CALLBACK -DWITH_ALL -DWITH_CALLBACK_POST -DWITH_BARRIER -DWITH_POST
states cancel-all  -DNW=1 -DWITH_HELD -DWITH_CALLBACK -DWITH_ALL -DWITH_RUN -DWITH_AFTER_ALL -DWITH_BARRIER -DWITH_FAILURES -DWITH_POST
states cancel-all  -DNW=2 -DWITH_HELD -DWITH_CALLBACK -DWITH_ALL -DWITH_BARRIER -DWITH_POST
cycles calls       -DNW=0 -DWITH_POST -DWITH_CANCEL -DWITH_BARRIER
cycles calls       -DNW=1 -DWITH_POST -DWITH_CANCEL -DWITH_BARRIER
cycles calls       -DNW=2 -DWITH_POST -DWITH_CANCEL -DWITH_BARRIER
cycles nested      -DNW=0 -DWITH_NESTED -DWITH_AWAY
cycles nested      -DNW=1 -DWITH_NESTED -DWITH_AWAY -DNESTERS=1
cycles three       -DNW=0 -DNA=3 -DWITH_AWAY
cycles scene-4     -DNW=1 -DSCENE=4 -DNA=3 -DWITH_FOREIGN
cycles scene-6     -DNW=1 -DSCENE=6 -DNA=3 -DWITH_FOREIGN -DWITH_AWAY
cycles late        -DNW=2 -DWITH_LATE -DWITH_POST
cycles small       -DNW=1 -DWITH_SMALL -DWITH_POST -DWITH_BARRIER
cycles small       -DNW=2 -DWITH_SMALL -DWITH_POST
cycles spin        -DNW=2 -DWITH_SPIN -DWITH_POST
cycles held        -DNW=1 -DWITH_HELD -DWITH_AFTER_ALL -DWITH_CANCEL -DWITH_POST
cycles held        -DNW=2 -DWITH_HELD -DWITH_POST
END
[ -z "${AML_TEST_LONG-}" ] || cat >>"$work/configurations" <<'END'
states everything  -DNW=0 -DWITH_POST -DWITH_RUN -DWITH_CANCEL -DWITH_BARRIER -DWITH_ANY -DWITH_FOREIGN -DWITH_AWAY -DWITH_NESTED -DWITH_PARTS -DWITH_FAILURES
states everything  -DNW=1 -DWITH_RUN -DWITH_CANCEL -DWITH_BARRIER -DWITH_FOREIGN -DWITH_AWAY -DWITH_NESTED -DWITH_PARTS -DWITH_FAILURES -DNESTERS=1
states abroad      -DNW=2 -DWITH_AWAY -DWITH_FOREIGN -DWITH_BARRIER -DWITH_ANY
states calls       -DNW=2 -DWITH_POST -DWITH_RUN -DWITH_CANCEL -DWITH_BARRIER -DWITH_FAILURES -DCALLS0=2 -DCALLS1=2
states nested      -DNW=2 -DWITH_NESTED -DWITH_AWAY
states nested+     -DNW=2 -DWITH_NESTED -DWITH_CANCEL -DWITH_PARTS
states scene-2     -DNW=2 -DSCENE=2 -DWITH_AWAY -DNA=3 -DCALLS0=2
cycles nested      -DNW=2 -DWITH_NESTED -DWITH_AWAY -DNESTERS=1
states held        -DNW=2 -DWITH_HELD -DWITH_POST -DWITH_CANCEL -DCALLS0=2
states held        -DNW=1 -DWITH_HELD -DWITH_AFTER_ALL -DWITH_FAILURES -DWITH_BARRIER -DWITH_CANCEL -DWITH_POST -DCALLS0=2
states held-chain  -DNW=2 -DWITH_HELD -DWITH_TWO -DWITH_POST -DWITH_CHAIN -DCALLS0=2
states callback    -DNW=2 -DWITH_HELD -DWITH_CALLBACK -DWITH_CANCEL -DWITH_ALL -DWITH_BARRIER -DWITH_POST
cycles three       -DNW=0 -DNA=3 -DWITH_AWAY -DWITH_BARRIER
END

# Each line: a broken variant, the kind of search, and a configuration that shows the error.
cat >"$work/variants" <<'END'
SUBMIT_NO_WAKE states -DNW=2 -DNO_OWED -DSCENE=3
RUN_NO_WAKE states -DNW=2 -DNO_OWED -DSCENE=3
LEAVE_NO_WAKE states -DNW=0 -DNO_OWED -DWITH_POST
DOZE_NO_WAKE states -DNW=1 -DNO_OWED -DSCENE=2 -DWITH_AWAY -DNA=3
YIELD_NO_WAKE states -DNW=1 -DNO_OWED -DSCENE=2 -DWITH_AWAY -DNA=3
CANCEL_NO_WAKE states -DNW=1 -DNO_OWED -DSCENE=1 -DWITH_AWAY -DWITH_CANCEL -DCALLS0=2
CANCEL_NO_WAKE states -DNW=1 -DWITH_CANCEL -DWITH_POST -DCALLS0=2
POKED_LATE states -DNW=1 -DNO_OWED
DONE_LATE states -DNW=1 -DNO_OWED
SIGNAL_LATE states -DNW=1 -DNO_OWED
SHARED_COND states -DNW=1 -DNO_OWED
WORKER_NO_LOOP states -DNW=1 -DSPURIOUS=1
RESUMER_NO_LOOP states -DNW=1 -DSPURIOUS=1 -DWITH_AWAY
WAKING_KEPT states -DNW=0 -DNO_OWED -DWITH_POST -DCALLS0=2 -DCALLS1=2
WORKER_WAKING_KEPT states -DNW=2 -DNO_OWED -DSCENE=3
WAITER_NOT_POKED states -DNW=1 -DNO_OWED -DSCENE=2 -DWITH_AWAY -DNA=3
POKED_AWAKE states -DNW=0 -DWITH_AWAY
IDLE_KEPT states -DNW=1
HELPER_KEPT states -DNW=0
HELPER_UNLIMITED cycles -DNW=0 -DNA=3 -DWITH_AWAY -DWITH_BARRIER
RESUMER_FORGOTTEN states -DNW=1 -DNO_OWED -DWITH_AWAY
RESUMER_WITHOUT_SLOT states -DNW=1 -DNO_OWED -DWITH_AWAY
SLOT_NOT_ASKED states -DNW=1 -DWITH_AWAY
SLOT_KEPT states -DNW=1 -DNO_OWED -DSCENE=1 -DWITH_AWAY -DWITH_CANCEL -DCALLS0=2
NESTED_SLOT_KEPT states -DNW=0 -DNO_OWED -DWITH_NESTED -DWITH_AWAY
NESTED_SLEEPS states -DNW=1 -DNO_OWED -DWITH_NESTED
HEAD_IS_NEXT states -DNW=1 -DNO_OWED -DWITH_FOREIGN -DWITH_AWAY
HEAD_PASSES_PARTS states -DNW=2 -DWITH_NESTED -DWITH_PARTS -DNESTERS=1
BEYOND_COUNTED states -DNW=1 -DNO_OWED -DSCENE=4 -DNA=3 -DWITH_FOREIGN
BEYOND_COUNTED states -DNW=1 -DNO_OWED -DSCENE=6 -DNA=3 -DWITH_FOREIGN -DWITH_AWAY
BEYOND_YIELDS states -DNW=1 -DNO_OWED -DNA=3 -DWITH_FOREIGN -DWITH_AWAY
NOT_AGAIN states -DNW=2 -DSCENE=5 -DCALLS0=2
PART_FINISHES states -DNW=2 -DWITH_PARTS
BARRIER_EARLY states -DNW=1 -DWITH_BARRIER
SETTLED_FIRST states -DNW=1 -DWITH_BARRIER -DWITH_FAILURES
REPORTED_LISTED states -DNW=1 -DWITH_BARRIER -DWITH_FAILURES
FINISH_UNSETTLED states -DNW=1 -DWITH_BARRIER
CANCEL_UNSETTLED states -DNW=1 -DWITH_CANCEL -DWITH_BARRIER
CANCEL_RETURNS_LATE states -DNW=1 -DWITH_CANCEL
CLAIM_UNTOLD states -DNW=1 -DWITH_POST -DWITH_ANY -DCALLS0=2 -DCALLS1=2
LEAVER_UNSETTLED states -DNW=1
SETTLED_WITH_CALLERS states -DNW=1
DESTROY_WITH_CALLERS states -DNW=1
DESTROY_KEEPS_SLOT states -DNW=1 -DWITH_FOREIGN
STOP_UNTOLD states -DNW=1
ONCE_PAST_QUEUE states -DNW=1 -DWITH_SMALL -DWITH_AWAY -DWITH_POST -DCALLS0=2
ONCE_WITHOUT_SLOT states -DNW=1 -DWITH_SMALL
ONCE_SLOT_KEPT states -DNW=1 -DNO_OWED -DWITH_SMALL
ONCE_NO_WAKE states -DNW=1 -DWITH_SMALL -DWITH_POST
ONCE_UNSETTLED states -DNW=1 -DNO_OWED -DWITH_SMALL -DWITH_BARRIER
BATCH_FORGOTTEN states -DNW=1 -DNO_OWED -DNA=3 -DWITH_SMALL -DWITH_POST
BATCH_KEPT states -DNW=1 -DNO_OWED -DNA=3 -DWITH_SMALL -DWITH_POST
BATCH_NO_WAKE states -DNW=2 -DNA=3 -DWITH_SMALL -DWITH_POST
SPIN_NO_LOOK states -DNW=1 -DNO_OWED -DWITH_SPIN -DWITH_POST
SPIN_NOT_IDLE states -DNW=1 -DNO_OWED -DWITH_SPIN -DWITH_POST
HELP_WITHOUT_SLOT states -DNW=1 -DWITH_SMALL -DWITH_POST -DWITH_AWAY
READY_KEPT states -DNW=1 -DNO_OWED -DWITH_HELD -DWITH_POST
READY_UNSCANNED states -DNW=1 -DNO_OWED -DWITH_HELD -DWITH_POST -DCALLS0=2
READY_IS_LAST states -DNW=1 -DNO_OWED -DWITH_HELD -DWITH_POST -DCALLS0=2
SCAN_TAKES_HELD states -DNW=1 -DNO_OWED -DWITH_HELD -DWITH_POST -DCALLS0=2
ALWAYS_SKIPS states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_FAILURES
SKIPPED_PARTS states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_FAILURES -DWITH_PARTS
SKIPPED_REPORTED states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_FAILURES
EDGE_TO_FINISHED states -DNW=1 -DNO_OWED -DWITH_HELD -DWITH_POST
PAST_FAILURE_LOST states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_FAILURES
FAILURE_LOST states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_FAILURES
CANCEL_SUCCEEDS states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CANCEL
CANCEL_NOT_PASSED states -DNW=1 -DNO_OWED -DWITH_HELD -DWITH_POST -DWITH_CANCEL
WITHDRAWN_NO_WAKE states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CANCEL -DCALLS0=2
UNHOLD_EDGES_KEPT states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CANCEL
UNHOLD_AFTER_KEPT states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CANCEL -DWITH_AFTER_ALL
AFTERS_UNSETTLED states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_AFTER_ALL
AFTERS_NOT_SETTLED states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_AFTER_ALL
POST_NO_LOOK states -DNW=1 -DWITH_HELD -DWITH_AFTER_ALL
BARRIER_UNSETTLED states -DNW=1 -DWITH_BARRIER
DESTROY_UNSETTLED states -DNW=1 -DWITH_POST
TAKEN_OUT_HELD states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CANCEL
CALLBACK_LATE states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK
CANCEL_NO_CALLBACK states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK -DWITH_CANCEL
UNDONE_SUCCEEDS states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK -DWITH_CANCEL -DWITH_PARTS
CANCEL_UNCOUNTED states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK -DWITH_CANCEL
UNRUN_COUNTED states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK -DWITH_CANCEL
UNRUN_IN_SLOT states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK -DWITH_CANCEL -DWITH_AWAY
ALL_SYNCHRONOUS states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK -DWITH_ALL -DWITH_RUN -DCALLS0=2
ALL_BEGUN states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK -DWITH_ALL -DWITH_PARTS
ALL_NO_WAKE states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK -DWITH_ALL -DWITH_RUN -DCALLS0=2
ALL_ENDED_NO_WAKE states -DNW=1 -DWITH_HELD -DWITH_POST -DWITH_CALLBACK -DWITH_ALL -DWITH_CALLBACK_POST
END

check "every broken variant is tried" every_variant_is_tried
while read -r what name configuration; do
	# shellcheck disable=SC2086
	check "$what, $name: $configuration" holds $what $configuration
	echo "    $states states"
done <"$work/configurations"
echo "$total states in all"
while read -r variant what configuration; do
	# shellcheck disable=SC2086
	check "BROKEN_$variant is found: $configuration" \
		fails $what -DBROKEN_$variant $configuration
	echo "    after $states states: $(finding)"
done <"$work/variants"

summary
