#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A trace, opened by a viewer that is not ours: speedscope, in Chromium. Each worker's track is there,
# and has slices. The screenshots stay in the folder that AML_TEST_SCREENSHOTS names. Needs Chromium
# and node (Debian: chromium nodejs npm), and two packages of npm, installed globally or in a folder
# that NODE_PATH names:
#
#	npm install --global speedscope playwright-core
#
# shellcheck source=tests/tools/lib.sh
. "$srcdir/tests/tools/lib.sh"

for chromium in chromium chromium-browser google-chrome none; do
	! command -v "$chromium" >/dev/null 2>&1 || break
done
if [ "$chromium" = none ] || ! command -v node >/dev/null 2>&1; then
	echo "skipped: there is no Chromium, or no node"
	exit 77
fi
NODE_PATH=${NODE_PATH-}:$(npm root --global 2>/dev/null)
export NODE_PATH
if ! node -e 'require.resolve("speedscope/package.json"); require("playwright-core")' 2>/dev/null; then
	echo "skipped: npm's packages speedscope and playwright-core are missing"
	exit 77
fi

trace=$work/trace.json
shots=${AML_TEST_SCREENSHOTS:-$work/shots}
mkdir -p "$shots"

# Large copies by two workers, and operators that run requests.
records()
{
	AML_DMA_TRACE=$trace limited "$builddir/tests/trace/acts" "$1" 2
}

# The names of the workers that have slices, one a line.
workers()
{
	awk '/"ph":"M"/ && / of engine / {
			match($0, /"tid":[0-9]*/); tid = substr($0, RSTART, RLENGTH)
			match($0, /"args":[{]"name":"[^"]*/); name[tid] = substr($0, RSTART + 16, RLENGTH - 16)
		}
		/"ph":"X"/ { match($0, /"tid":[0-9]*/); runs[substr($0, RSTART, RLENGTH)] = 1 }
		END { for (tid in runs) if (tid in name) print name[tid] }' "$trace" | sort
}

shows_workers()
{
	workers >"$work/workers"
	[ -s "$work/workers" ] || return
	tr '\n' '\0' <"$work/workers" |
		limited xargs -0 node "$srcdir/tests/tools/viewer.js" "$(command -v "$chromium")" "$trace" \
			"$shots"
}

for act in nested divisible; do
	check "$act: a trace" records $act
	check "$act: speedscope shows each worker that ran something" shows_workers
done

summary
