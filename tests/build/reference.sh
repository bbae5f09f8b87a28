#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The reference: Doxygen finds nothing to warn of, every exported name has a man page, the
# hand-written man pages are well-formed and name pages that exist, and their example works.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

reference=$builddir/doc/reference
[ -d "$reference/man3" ] || reference=$srcdir/doc/reference
if [ ! -d "$reference/man3" ]; then
	echo "this build has no Doxygen, and makes no pages"
	exit 77
fi

# The log is missing in a release, which has the pages already.
no_warnings()
{
	[ ! -s "$reference/warnings.log" ]
}

# Print the exported names of the version map.
exported()
{
	sed -n 's/^\t\(aml_[A-Za-z0-9_]*\);$/\1/p' "$srcdir/src/libaml-dma.map"
}

has_pages()
{
	exported >"$work/exported"
	[ -s "$work/exported" ]
	while read -r name; do
		[ -s "$reference/man3/$name.3" ] || echo "$name has no man page"
	done <"$work/exported" >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}

# A page is the text of a group or structure, or the name of such a page.
has_no_other_pages()
{
	for page in "$reference"/man3/*; do
		case $page in
		*/aml_*.3 | */AML_*.3) ;;
		*)
			echo "${page##*/} is no page of a public name"
			return 1
			;;
		esac
	done
}

formats()
{
	groff -mdoc -K utf8 -T utf8 -ww "$1" >"$work/page" 2>"$work/complaints"
	cat "$work/complaints"
	[ -s "$work/page" ] && [ ! -s "$work/complaints" ]
}

# Print the pages that a hand-written page refers to, such as "aml_init 3".
references()
{
	sed -n 's/^\(\.It .*Xr\|\.Xr\) \([A-Za-z0-9_-]*\) \([137]\).*/\2.\3/p' "$1"
}

refers_to_pages()
{
	references "$1" >"$work/references"
	[ -s "$work/references" ]
	while read -r page; do
		[ -f "$reference/man3/$page" ] || [ -f "$srcdir/doc/man/$page" ] ||
			echo "$page does not exist"
	done <"$work/references" >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}

# The program of aml-dma.7 transposes a matrix.
example_runs()
{
	sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$srcdir/doc/man/aml-dma.7" | sed '1,/^\.Bd/d; /^\.Ed/d; s/\\e/\\/g' \
		>"$work/example.c"
	link_built "$work/example" "$work/example.c" &&
	[ "$(limited "$work/example")" = "b[2][1] is 6" ]
}

check "Doxygen does not warn" no_warnings
check "every exported name has a man page" has_pages
check "there are no man pages of members or files" has_no_other_pages
for page in "$srcdir"/doc/man/*.[17]; do
	if command -v groff >/dev/null; then
		check "${page##*/} is well-formed" formats "$page"
	fi
	check "${page##*/} refers to pages that exist" refers_to_pages "$page"
done
check "the example of aml-dma.7 transposes" example_runs
summary
