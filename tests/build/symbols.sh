#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The headers declare, the version script names, and the shared library exports the same functions
# and variables. The library needs only the C library. tests/test_abi.c has every member of a
# structure and every constant.
# Contract: NAME-2.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/names_lib.sh
. "$srcdir/tests/build/names_lib.sh"
LC_ALL=C
export LC_ALL

# The names that the public headers declare. The preprocessed text of these headers is cut at the
# semicolons, and text in braces is dropped.
declared()
{
	(cd "$srcdir/include" && find . -name '*.h') | sed 's,^\./\(.*\),#include <\1>,' \
		>"$work/all.c"
	# $CPPFLAGS holds several words.
	# shellcheck disable=SC2086
	$CC $CPPFLAGS -E -I"$srcdir/include" "$work/all.c" | awk -v ours="\"$srcdir/include/" '
		/^# [0-9]+ "/ { reading = index($0, ours) > 0; next }
		/^#/ || !reading { next }
		{ text = text $0 " " }
		END {
			for (i = 1; i <= length(text); i++) {
				c = substr(text, i, 1)
				if (c == "{") {
					depth++
				} else if (c == "}") {
					depth--
				} else if (depth == 0 && c == ";") {
					declaration(s)
					s = ""
				} else if (depth == 0) {
					s = s c
				}
			}
		}
		# The name of a function is the word before the first parenthesis. The name of a
		# variable is the last word.
		function declaration(s) {
			if (s ~ /^[ \t]*typedef /)
				return
			if (match(s, /[A-Za-z_0-9]+[ \t]*\(/))
				s = substr(s, RSTART, RLENGTH - 1)
			else if (s !~ /^[ \t]*extern /)
				return
			sub(/[ \t]*(\[.*)?$/, "", s)
			sub(/.*[^A-Za-z_0-9]/, "", s)
			print s
		}' | sort -u
}

# nm also lists the version node of the script, as an absolute symbol ("A").
exported()
{
	$NM -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u
}

# The needed libraries that are not part of the C library. A sanitizer's runtime is allowed.
foreign()
{
	$OBJDUMP -p "$1" | awk '$1 == "NEEDED" { print $2 }' |
		grep -Ev '^(libc|libpthread|ld-linux.*|ld.*|lib[a-z]*san)\.so'
}

# Are the names of each node in order?
nodes_are_sorted()
{
	awk '/{$/ { node++ }
		/^[[:space:]]*[A-Za-z_0-9]*;/ { printf "%03d %s\n", node, $1 }' \
		"$srcdir/src/libaml-dma.map" | sort -c
}

none()
{
	! "$@"
}

not_empty()
{
	[ -s "$1" ]
}

# The assertions that tests/test_abi.c must have. Versions, initialisers, macros that stand for
# functions, and the backends that this library was built without are no constants of its interface.
frozen()
{
	defined_names | awk '
		$1 == "member" { print "SAME(struct " $2 ", " $3 ")" }
		$1 == "enumerator" { print $2 }
		$1 == "macro" && $2 !~ /^AML_(VERSION|HAVE_BACKEND)_|_INIT$|^aml_/ { print $2 }' | sort
}

# The assertions that tests/test_abi.c has, in the same form.
has_frozen()
{
	tr '\n\t' '  ' <"$srcdir/tests/test_abi.c" | tr -s ' ' |
		grep -oE 'SAME\(struct aml_[a-z_]*, struct [a-z_]*, [a-z_]*\)|ck_assert_u?int_[eg][qe]\(AML_[A-Z0-9_]*' |
		sed 's/, struct [a-z_]*, /, /; s/^ck.*(//' | sort -u
}

declared >"$work/declared"
sed -n 's/^[[:space:]]*\([A-Za-z_0-9]*\);.*/\1/p' "$srcdir/src/libaml-dma.map" | sort >"$work/map"
check "the headers declare something" not_empty "$work/declared"
check "each node of the version script is sorted" nodes_are_sorted
check "the version script names nothing twice" sort -cu "$work/map"
check "the version script names what the headers declare" diff "$work/declared" "$work/map"

sed -n 's/^ \(aml_[A-Za-z_0-9]*\)@.*/\1/p' "$srcdir/debian/libaml-dma1.symbols" | sort >"$work/debian"
check "debian/libaml-dma1.symbols names what the version script names" \
	diff "$work/map" "$work/debian"

frozen >"$work/frozen"
has_frozen >"$work/has_frozen"
check "the headers define structures and constants" not_empty "$work/frozen"
check "tests/test_abi.c has every member and every constant" diff "$work/frozen" "$work/has_frozen"

library=$builddir/.libs/libaml-dma.so
if [ -f "$library" ]; then
	exported "$library" >"$work/exported"
	check "the library exports what the version script names" diff "$work/map" "$work/exported"
	check "the library needs only the C library" none foreign "$library"
else
	echo "no shared library was built: its symbols are not tested"
fi

summary
