# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# What the tests of the command aml-dma share, beside tests/build/lib.sh.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

tool=$builddir/tools/aml-dma
# The environment of these tests must not change what the command prints.
unset AML_DMA_ISA AML_DMA_NUM_THREADS AML_DMA_STATS AML_DMA_TRACE AML_DMA_TUNE AML_DMA_TUNE_FILE

# exits STATUS ARGUMENT…: the command ends with this status. Its output is in $work/out and
# $work/err.
exits()
{
	expected=$1
	shift
	limited "$tool" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ "$status" -eq "$expected" ] || {
		echo "exit status $status instead of $expected"
		cat "$work/out" "$work/err"
		return 1
	}
}

# says TEXT…: the error is one line, and has each text.
says()
{
	[ "$(wc -l <"$work/err")" -eq 1 ] || {
		echo "not one line:"
		cat "$work/err"
		return 1
	}
	for text; do
		grep -qF -e "$text" "$work/err" || {
			cat "$work/err"
			echo "does not say: $text"
			return 1
		}
	done
}

# refuses TEXT ARGUMENT…: the arguments are wrong: status 2, one line with the text on the standard
# error, and nothing on the standard output.
refuses()
{
	text=$1
	shift
	exits 2 "$@" && says "$text" "; see 'aml-dma" && [ ! -s "$work/out" ]
}

# prints TEXT ARGUMENT…: status 0, a line with the text, and nothing on the standard error.
prints()
{
	text=$1
	shift
	exits 0 "$@" && [ ! -s "$work/err" ] || return
	grep -qF -e "$text" "$work/out" || {
		cat "$work/out"
		echo "does not print: $text"
		return 1
	}
}

# A parser that is not ours: python3.
parser=${PYTHON:-python3}
has_parser()
{
	"$parser" -c 'import json' >/dev/null 2>&1
}

# holds EXPRESSION: of the JSON in $work/out, as the dictionary d, the Python expression is true.
holds()
{
	"$parser" - "$work/out" "$1" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    d = json.load(file)
if not eval(f"({sys.argv[2]})"):
    sys.exit(f"not so: {sys.argv[2]}\n{json.dumps(d, indent=1)}")
PYTHON
}

# finds EXPRESSION ARGUMENT…: the command succeeds, and its JSON is as the expression says.
finds()
{
	expression=$1
	shift
	exits 0 "$@" --json && [ ! -s "$work/err" ] && holds "$expression"
}
