#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The suites of the benchmark run with tiny sizes, and their results are right. Reports have a line
# for each problem and a summary. No figure is looked at.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

bench=$builddir/bench/aml-dma-bench
if ! has_bench; then
	echo "skipped: configure was told not to build the benchmark"
	exit 77
fi
# The pools of other libraries are not built for this tool.
case "$CFLAGS" in *-fsanitize=thread*)
	echo "skipped: ThreadSanitizer reports the threads of other libraries"
	exit 77
	;;
esac

# suite NAME: run a suite, with its reports.
suite()
{
	limited "$bench" --quick --case="$1" --csv="$work/suite.csv" --json="$work/suite.json" &&
		grep -q "^$1[^,]*/[0-9][0-9] .*,engine " "$work/suite.csv" &&
		grep -q "^$1[^,]*/summary .*,worst: " "$work/suite.csv" &&
		grep -q "\"case\": \"$1[^\"]*/summary\"" "$work/suite.json"
}

for name in permutations random tiny steps operators transpose/limit first together flat/powers; do
	check "suite $name" suite "$name"
done

# A problem depends on the seed and its number only.
parts_are_the_whole()
{
	run="limited $bench --quick --case=random/copies --seed=5"
	$run --problems=9 --csv="$work/all.csv" &&
		$run --problems=4 --csv="$work/first.csv" &&
		$run --problems=5-9 --csv="$work/second.csv" || return 1
	cut -d, -f1 "$work/all.csv" | grep '/[0-9]' | sort -u >"$work/all"
	cat "$work/first.csv" "$work/second.csv" | cut -d, -f1 | grep '/[0-9]' | sort -u >"$work/parts"
	cmp "$work/all" "$work/parts" &&
		"$bench" --summarize="$work/first.csv" --summarize="$work/second.csv" |
		grep 'geometric mean of 9'
}
check "a suite in parts has the problems of the whole, and a summary" parts_are_the_whole

refuses()
{
	"$bench" "$@"
	[ $? -eq 2 ]
}
check "unknown pages are refused" refuses --pages=2m
check "a range that ends before it begins is refused" refuses --case=random --problems=5-4
check "no problem is refused" refuses --case=random --problems=0
summary
