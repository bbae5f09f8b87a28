#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The reference: Doxygen finds nothing to warn of, and would warn of a name without a description;
# every public name of C has a man page, every class of C++ a page in HTML, which has the guide, too;
# no link is dead. The hand-written man pages are well-formed and name pages that exist, and their
# example works.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/names_lib.sh
. "$srcdir/tests/build/names_lib.sh"

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
	sed -n 's/^\t\(aml_[A-Za-z0-9_]*\);$/\1/p' "$srcdir/src/libaml-dma.map" \
		"$srcdir/mpi/libaml-dma-mpi.map"
}

# Print each public name: "symbol NAME" if it is exported, else as defined_names does.
public()
{
	exported | sed 's/^/symbol /'
	defined_names | grep -v '^member '
}

# have_pages KIND: man finds every public name of this kind.
have_pages()
{
	awk -v kind="$1" '$1 == kind { print $2 }' "$work/public" >"$work/names"
	[ -s "$work/names" ] || return 1
	while read -r name; do
		[ -s "$reference/man3/$name.3" ] || echo "$name has no man page"
	done <"$work/names" >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}

# groff fills lines of 80 columns. Examples of code have up to 100, and are indented.
has_no_long_lines()
{
	for page in $(grep -L '^\.so' "$reference"/man3/*.3); do
		groff -man -rLL=80n -K utf8 -T ascii -P -cbou "$page" 2>"$work/complaints" |
			sed -n "/.\{111\}/s/^/${page##*/}: /p"
	done >"$work/wrong"
	cat "$work/wrong"
	[ ! -s "$work/wrong" ]
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

# A page that only refers to another one: that one is there, and has the name in its NAME section.
refers_to_its_page()
{
	for page in "$reference"/man3/*.3; do
		target=$(sed -n '1s,^\.so man3/,,p' "$page")
		[ -n "$target" ] || continue
		name=$(basename "$page" .3)
		if [ ! -f "$reference/man3/$target" ]; then
			echo "$name.3 refers to $target, which does not exist"
		elif ! sed -n '/^\.SH NAME/,/^\.SH SYN/p' "$reference/man3/$target" | grep -qw "$name"; then
			echo "the NAME section of $target does not list $name"
		fi
	done >"$work/wrong"
	cat "$work/wrong"
	[ ! -s "$work/wrong" ]
}

# man finds name and description in each page that has a text.
is_indexed()
{
	grep -L '^\.so' "$reference"/man3/*.3 | xargs lexgrog >"$work/indexed" || true
	grep -E 'parse failed|: "[^"]* - "' "$work/indexed" >"$work/wrong"
	cat "$work/wrong"
	[ -s "$work/indexed" ] && [ ! -s "$work/wrong" ]
}

classes_have_pages()
{
	sed -n 's/^class \([a-z_]*\).*/\1/p' "$srcdir/include/aml/dma.hpp" >"$work/classes"
	[ "$(wc -l <"$work/classes")" -ge 8 ]
	while read -r name; do
		case $name in
		list | error_category_type) continue ;; # of the header's own
		engine_calls) name=detail::engine_calls ;;
		esac
		file=$(echo "class aml::$name" | sed 's/ aml::/aml::/; s/_/__/g; s/::/_1_1/g').html
		[ -s "$reference/html/$file" ] || echo "$name has no page ($file)"
	done <"$work/classes" >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}

has_the_guide()
{
	for chapter in "$srcdir"/doc/guide/*.md; do
		page=md_$(basename "$chapter" .md | tr - _).html
		grep -q "\"$page\"" "$reference/html/index.html" || echo "the main page has no link to $page"
		[ -s "$reference/html/$page" ] || echo "$page does not exist"
	done >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}

# Doxygen makes the first letter of a summary a capital, also that of a function's name.
summaries_begin_with_words()
{
	grep -o '>Aml_[a-z_]*' "$reference/html/modules.html" "$reference/html/annotated.html" >"$work/wrong"
	cat "$work/wrong"
	[ ! -s "$work/wrong" ]
}

# Print "FILE TARGET" for each link of the pages within the reference.
links()
{
	(cd "$reference/html" && grep -oE '(href|src)="[^"]*"' -- *.html) |
		sed 's/^\([^:]*\):[a-z]*="\(.*\)"$/\1 \2/' |
		grep -vE ' ([a-z]+:|#$|$)' | sed 's/^\([^ ]*\) #/\1 \1#/' | sort -u
}

# Print "FILE#ANCHOR" for each anchor.
anchors()
{
	(cd "$reference/html" && grep -oE '(id|name)="[^"]*"' -- *.html) |
		sed 's/^\([^:]*\):[a-z]*="\(.*\)"$/\1#\2/'
}

has_no_dead_links()
{
	links >"$work/links"
	{
		anchors
		(cd "$reference/html" && find . -type f | sed 's,^\./,,')
	} >"$work/targets"
	[ -s "$work/links" ]
	awk 'NR == FNR { there[$1] = 1; next } !($2 in there)' "$work/targets" "$work/links" >"$work/dead"
	cat "$work/dead"
	[ ! -s "$work/dead" ]
}

# warns_without TEXT HEADER: without the description that has this text, Doxygen warns.
warns_without()
{
	rm -rf "$work/doxygen"
	mkdir -p "$work/doxygen/doc/reference" "$work/doxygen/include"
	cp -R "$srcdir/include/." "$work/doxygen/include"
	chmod -R u+w "$work/doxygen/include"
	grep -qF -- "$1" "$work/doxygen/include/$2" || return 1
	grep -vF -- "$1" "$work/doxygen/include/$2" >"$work/header"
	cp "$work/header" "$work/doxygen/include/$2"
	{
		cat "$builddir/doc/reference/Doxyfile"
		printf '%s\n' "INPUT = $work/doxygen/include" 'LAYOUT_FILE =' 'GENERATE_HTML = NO' \
			'GENERATE_XML = YES'
	} >"$work/doxygen/Doxyfile"
	(cd "$work/doxygen" && doxygen Doxyfile)
	cat "$work/doxygen/doc/reference/warnings.log"
	grep -q 'is not documented' "$work/doxygen/doc/reference/warnings.log"
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
		# memcpy(3) is a page of the system.
		[ -f "$reference/man3/$page" ] || [ -f "$srcdir/doc/man/$page" ] || [ "$page" = memcpy.3 ] ||
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
public >"$work/public"
for kind in symbol macro struct enum enumerator typedef; do
	check "every $kind has a man page" have_pages $kind
done
check "there are no man pages of members or files" has_no_other_pages
check "every page that refers to another one refers to its own" refers_to_its_page
if command -v lexgrog >/dev/null; then
	check "man finds the names of all pages" is_indexed
fi
if command -v groff >/dev/null; then
	check "no line of a man page is too long" has_no_long_lines
fi
check "every class of C++ has a page" classes_have_pages
check "the pages have the guide" has_the_guide
check "no summary of a group begins with a name" summaries_begin_with_words
check "no link is dead" has_no_dead_links
if command -v doxygen >/dev/null; then
	check "a variable of C without description is reported" \
		warns_without '/** AML_VERSION_STRING of the running library. */' aml/utils/version.h
	check "a member of C++ without description is reported" \
		warns_without '/** Return whether this object has a handle. */' aml/dma.hpp
	check "a class of C++ without description is reported" \
		warns_without '/** An engine that somebody else owns.' aml/dma.hpp
fi
for page in "$srcdir"/doc/man/*.[17]; do
	if command -v groff >/dev/null; then
		check "${page##*/} is well-formed" formats "$page"
	fi
	check "${page##*/} refers to pages that exist" refers_to_pages "$page"
done
check "the example of aml-dma.7 transposes" example_runs
summary
