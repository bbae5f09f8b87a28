#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The completion of aml-dma in bash offers subcommands and options, and all of them.
# shellcheck source=tests/tools/lib.sh
. "$srcdir/tests/tools/lib.sh"

if ! command -v bash >/dev/null; then
	echo "skipped: there is no bash"
	exit 77
fi

# Bash calls the function that is registered for the command with the words of the line. The last
# word is the one that is being typed.
cat >"$work/complete.bash" <<'END_OF_SCRIPT'
. "$srcdir/tools/completion/aml-dma"
[ "$(complete -p aml-dma)" = "complete -F _aml_dma aml-dma" ] || exit 1
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_aml_dma
printf '%s\n' "${COMPREPLY[@]}"
END_OF_SCRIPT

# offers WORDS LINE…: for the words of a line, exactly these words, in any order.
offers()
{
	expected=$1
	shift
	srcdir=$srcdir limited bash --norc "$work/complete.bash" "$tool" "$@" >"$work/offered" || return
	echo "$expected" | tr ' ' '\n' | sort >"$work/expected"
	sort "$work/offered" | diff "$work/expected" -
}

# Every option that the help of a subcommand describes.
offers_all_options()
{
	"$tool" --help | sed -n '/^commands:$/,/^$/s/^  \([a-z]*\) .*/\1/p' >"$work/subcommands"
	[ -s "$work/subcommands" ] || return
	while read -r name; do
		options=$("$tool" "$name" --help | sed -n '/^options:$/,/^$/s/^  \(--[a-z-]*\).*/\1/p' |
			tr '\n' ' ' | sed 's/ $//')
		case $options in *--help*) ;; *) return 1 ;; esac
		offers "$options" "$name" -- || return
	done <"$work/subcommands"
}

all=$("$tool" --help | sed -n '/^commands:$/,/^$/s/^  \([a-z]*\) .*/\1/p' | tr '\n' ' ')

check "subcommands" offers "$all--help --version" ""
check "a subcommand that begins so" offers "explain" exp
check "options of the command" offers "--help --version" --
check "options of subcommands" offers_all_options
check "one option" offers "--permute" explain --p
check "an option after a value" offers "--measure" explain --src 4:f64 --m
check "no option where a value is expected" offers "" explain --src --m
check "nothing for what is no subcommand" offers "" banana --x

summary
