#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The command aml-dma: its exit status, the one line that says what is wrong, its help, and that it
# exports nothing.
# shellcheck source=tests/tools/lib.sh
. "$srcdir/tests/tools/lib.sh"

version=$(sed -n 's/^#define AML_VERSION_STRING "\(.*\)"$/\1/p' "$srcdir/include/aml/utils/version.h")

has_the_version()
{
	exits 0 --version && [ "$(cat "$work/out")" = "aml-dma $version" ]
}

# The subcommands, as --help lists them.
subcommands()
{
	"$tool" --help | sed -n '/^commands:$/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

lists_the_subcommands()
{
	subcommands >"$work/subcommands"
	cat "$work/subcommands"
	for name in explain info; do
		grep -qx "$name" "$work/subcommands" || return
	done
	sort -c "$work/subcommands"
}

# Each subcommand has help, which names --json, and refuses an option that is none.
each_has_help()
{
	while read -r name; do
		prints "usage: aml-dma $name " "$name" --help || return
		grep -q -- '--json' "$work/out" || return
		refuses "unknown option '--nothing-like-it'" "$name" --nothing-like-it || return
		refuses "'--help=5': this option takes no value" "$name" --help=5 || return
	done <"$work/subcommands"
}

# The man page has a section for each subcommand, with each of its options.
has_a_man_page()
{
	[ "${AML_TEST_SOURCES-}" != no ] || return 0
	while read -r name; do
		sed -n "/^\.Ss aml-dma $name\$/,\$p" "$srcdir/doc/man/aml-dma.1" |
			awk 'NR > 1 && /^\.S[sh] / { exit } { print }' >"$work/section"
		"$tool" "$name" --help | sed -n '/^options:$/,/^$/s/^  --\([a-z-]*\).*/\1/p' |
			grep -vx help >"$work/options"
		[ -s "$work/section" ] && [ -s "$work/options" ] || {
			echo "$name: aml-dma.1 has no section of it"
			return 1
		}
		while read -r option; do
			grep -q "^\.It Fl -$option\( \|\$\)" "$work/section" || {
				echo "$name: --$option is not in its section of aml-dma.1"
				return 1
			}
		done <"$work/options"
	done <"$work/subcommands"
}

# A full disk is noticed.
notices_that_nothing_is_written()
{
	"$tool" "$@" >/dev/full 2>"$work/err"
	[ $? -eq 1 ] && says "could not be written"
}

# The command links the library's objects: it needs no libaml-dma.so. What it takes from the C
# library by a copy of the data has the version of the C library. What begins with an underscore is of
# the files that every program begins with.
exports_nothing()
{
	# NM may be several words.
	# shellcheck disable=SC2086
	$NM -D --defined-only "$tool" | grep -v '@' | awk '$NF !~ /^_/' >"$work/exports"
	cat "$work/exports"
	! grep -q . "$work/exports"
}

needs_no_library_of_ours()
{
	$OBJDUMP -p "$tool" >"$work/headers" && grep -q NEEDED "$work/headers" &&
		! grep NEEDED "$work/headers" | grep libaml
}

check "--version" has_the_version
check "--help lists the subcommands, in order" lists_the_subcommands
check "each subcommand has help" each_has_help
check "the man page has all subcommands and options" has_a_man_page
check "no subcommand" refuses "no command is given"
check "an unknown subcommand" refuses "unknown command 'banana'" banana
check "a misspelt subcommand" refuses "unknown command 'inof': did you mean 'info'?" inof
check "an unknown option" refuses "unknown option '-x'" -x
check "a misspelt option" refuses "unknown option '--verison': did you mean '--version'?" --verison
check "an empty subcommand" refuses "unknown command ''" ''
check "a misspelt option of a subcommand" \
	refuses "unknown option '--jsno': did you mean '--json'?" info --jsno
check "a short option" refuses "unknown option '-j'" info -j
check "an option with a value that it does not take" \
	refuses "'--json=3': this option takes no value" info --json=3
check "an argument that is no option" refuses "'banana': only options are expected" info banana
check "an option without its value" refuses "'--src' needs a value: --src LAYOUT" explain --src
check "an abbreviation" prints "usage: aml-dma info" info --he
check "a number that is none" refuses "--workers: 'two' is not a number from 0 to 1024" \
	explain --src 4:f64 --workers two
check "a number that is too large" refuses "--workers: '1025' is not a number" \
	explain --src 4:f64 --workers 1025
check "a number that overflows" refuses "'99999999999999999999' is not a number" \
	explain --src 4:f64 --workers 99999999999999999999
if [ -c /dev/full ]; then
	check "text that cannot be written" notices_that_nothing_is_written info
	check "JSON that cannot be written" notices_that_nothing_is_written info --json
	check "help that cannot be written" notices_that_nothing_is_written --help
fi
case "$CFLAGS" in
*-fsanitize*) echo "not checked with a sanitizer: exports" ;;
*)
	check "it exports nothing" exports_nothing
	check "it needs no library of ours" needs_no_library_of_ours
	;;
esac

summary
