#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fuzz each target for SECONDS with libFuzzer under the address and undefined behaviour sanitizers,
# starting from the corpus in the tree. The targets run at the same time; libFuzzer uses one thread.
# usage: fuzz.sh SECONDS [TARGET…]
#
# The script needs clang, or the compiler in $CLANG, with libFuzzer. Without it, the script exits
# with 77. New inputs go to $builddir/tests/fuzz/new, failing inputs to $builddir/tests/fuzz/found.
# To run an input again:
#
#	$builddir/tests/fuzz/fuzz_copy FILE
#
# To add new inputs to the tree, with as few files as keep the coverage:
#
#	$builddir/tests/fuzz/fuzz_copy -merge=1 -use_counters=0 NEW-FOLDER FOLDER…
set -u

seconds=${1:?usage: fuzz.sh SECONDS [TARGET…]}
shift
[ $# -gt 0 ] || set -- copy calls
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${builddir:-$srcdir/build/fuzz}
export srcdir builddir

# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

clang=${CLANG:-clang}
sanitizers=-fsanitize=fuzzer,address,undefined
here=$builddir/tests/fuzz
mkdir -p "$here/found" || exit 99

echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' \
	>"$work/probe.c"
if ! "$clang" "$sanitizers" -o "$work/probe" "$work/probe.c" 2>"$work/output"; then
	cat "$work/output"
	echo "fuzz.sh: $clang with libFuzzer is needed"
	exit 77
fi

# A target contains the library's sources, so that libFuzzer sees their coverage. COPY_PART and
# CACHES_LAST_BYTES are small, so that small copies are split into parts and bypass the caches.
flags="$sanitizers -fno-sanitize-recover=undefined -g -O1 -std=gnu11 -D_GNU_SOURCE
	-DCOPY_PART=512 -DCACHES_LAST_BYTES=4096 -I$srcdir/tests/fuzz/check
	-I$srcdir/include -I$srcdir/src -I$srcdir/tests/support -I$srcdir/tests/fuzz"

# Compile the library once for both targets, on all CPUs. An object is named by its source's path.
# No file name contains a blank, and $flags holds several words.
compile_library()
{
	mkdir "$work/objects" && export clang flags work &&
		(cd "$srcdir" && find src -name '*.c') |
		xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 1 sh -c \
			'exec $clang $flags -c -o "$work/objects/$(echo "$0" | tr / _).o" "$srcdir/$0"'
}

# shellcheck disable=SC2086
compile()
{
	target=$1
	shift
	"$clang" $flags -o "$here/fuzz_$target" "$work"/objects/*.o \
		"$srcdir/tests/fuzz/fuzz_$target.c" "$@" \
		"$srcdir/tests/support/oracle.c" "$srcdir/tests/support/user_layout.c" -pthread
}

# start TARGET: fuzz it in the background.
start()
{
	corpus=$here/new/$1
	mkdir -p "$corpus"
	"$here/fuzz_$1" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=4096 \
		-max_len=400 -len_control=0 -reload=0 -print_final_stats=1 \
		-artifact_prefix="$here/found/$1-" "$corpus" "$srcdir/tests/fuzz/corpus/$1" \
		>"$work/$1.log" 2>&1 &
	echo $! >"$work/$1.pid"
}

# ended TARGET: wait for it. It found nothing.
ended()
{
	wait "$(cat "$work/$1.pid")"
	status=$?
	cat "$work/$1.log"
	return $status
}

check "the library compiles" compile_library
targets=$*
for target; do
	case $target in
	copy)
		set -- "$srcdir/tests/fuzz/side.c" "$srcdir/tests/support/numbers.c" \
			"$srcdir/tests/support/random.c" "$srcdir/tests/support/shifting.c" \
			"$srcdir/tests/support/tool.c"
		;;
	calls) set -- "$srcdir/tests/fuzz/model.c" ;;
	*)
		echo "fuzz.sh: there is no target $target"
		exit 99
		;;
	esac
	check "$target compiles" compile "$target" "$@"
done
for target in $targets; do
	[ -x "$here/fuzz_$target" ] && start "$target"
done
for target in $targets; do
	[ -x "$here/fuzz_$target" ] || continue
	check "$target for $seconds seconds" ended "$target"
	grep -E 'DONE|^stat::number_of_executed_units' "$work/output" || :
done

# Run the inputs that were found with the fastest kernels with the other kernels too.
if [ -d "$here/new/copy" ]; then
	for isa in portable sse2 avx2; do
		check "copy's corpus with $isa kernels" env AML_DMA_ISA=$isa "$here/fuzz_copy" \
			-runs=0 "$here/new/copy" "$srcdir/tests/fuzz/corpus/copy"
	done
fi

summary
