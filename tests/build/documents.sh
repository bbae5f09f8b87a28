#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every file and every function that a document names is there: names in backquotes that end like a
# file's, or in parentheses. Its links lead to files that are there. The lines of a document are as
# short as .editorconfig asks for. Some lists are complete: of variants, and of functions that return
# -AML_EINVAL.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
of_the_sources

# Documents, without what quotes commands and programs (indented, or between fences).
documents="README.md CONTRIBUTING.md SECURITY.md doc/architecture.md doc/contract.md
	$(cd "$srcdir" && echo doc/guide/*.md) doc/performance.md tests/model/README.md"

# The names in backquotes of a document.
quoted()
{
	sed '/^```/,/^```/d; /^    /d' "$srcdir/$1" | grep -o '`[^` ]*`' | tr -d '`' | sort -u
}

(cd "$srcdir" && find . \( -path ./build -o -name .git -o -name '*.tmp' \) -prune -o -type f -print) |
	sed 's,^\./,,' >"$work/files"

# Any end of a path may be named, and a folder too. A * stands for any letters.
is_there()
{
	pattern=$(printf '%s' "$1" | sed 's,^\./,,; s,/$,,; s,[.+],\\&,g; s,\*,[^/]*,g')
	grep -qE "(^|/)$pattern(\$|/)" "$work/files"
}

# Files that a build or a user makes, and headers of the system.
is_made()
{
	case $1 in
	*.log | *.json | *.trs | *.so* | *.la | *.pc | coverage/* | build/* | Makefile) true ;;
	sys/* | /usr/* | check.h | bench/aml-dma-bench | bench/aml-dma-bench-mpi | mpi.h) true ;;
	*) false ;;
	esac
}

files_are_there()
{
	bad=0
	for name in $(quoted "$1" | grep -E '(^|/)[A-Za-z0-9_.*-]+\.(c|h|hpp|py|f90|inc|md|sh|pml|am|ac|m4|map|svg|in)$|^(src|tests|include|doc|bench|tools|mpi|m4|build-aux)/'); do
		is_made "$name" || is_there "$name" || {
			echo "$1: \`$name\` is not there"
			bad=1
		}
	done
	return $bad
}

functions_are_there()
{
	bad=0
	# Those of the system are not looked for.
	for name in $(quoted "$1" | sed -n 's/^\([A-Za-z_][A-Za-z_0-9]*\)()$/\1/p' |
		grep -vxE 'futex|free|malloc|fork|dlopen|_exit|exit|process_vm_readv|memcpy|epoll_wait|MPI_[A-Za-z_]*'); do
		grep -rqw --include='*.[ch]' --include='*.hpp' --include='*.inc' --include='*.sh' --include='*.pml' "$name" \
			"$srcdir/src" "$srcdir/include" "$srcdir/tests" "$srcdir/bench" "$srcdir/tools" "$srcdir/mpi" || {
			echo "$1: $name() is not there"
			bad=1
		}
	done
	return $bad
}

# Tables may be wider, and so may quoted commands. A character counts once, whatever its bytes.
lines_are_short()
{
	! LC_ALL=C.UTF-8 grep -nE '^.{121}' "$srcdir/$1" | grep -vE '^[0-9]+:(\||    )'
}

# Links to other documents and pictures, without a place within them.
links_lead_somewhere()
{
	bad=0
	for link in $(sed '/^```/,/^```/d; /^    /d' "$srcdir/$1" |
		grep -oE '\]\([^)]*\)' | sed 's/^](//; s/)$//; s/#.*//' | grep -vE '^([a-z]+:|$)'); do
		[ -e "$srcdir/$(dirname "$1")/$link" ] || {
			echo "$1: the link $link leads nowhere"
			bad=1
		}
	done
	return $bad
}

# The guide is installed without most of the tree. A paragraph that names a file of the rest says so.
# A chapter is named by a link, which is the same before and after the installation.
names_installed_files()
{
	bad=0
	! grep -nE '`(doc/guide/)?[a-z-]+\.md`' "$srcdir/$1" || bad=1
	awk -v RS= '/`(doc\/[a-z]+\.md|(src|tests|bench|mpi|tools|python|contrib|debian)\/[^`]*)`/ {
		text = $0
		gsub(/[ \n]+/, " ", text)
		if (text !~ /source tree/)
			print
	}' "$srcdir/$1" >"$work/unsaid"
	cat "$work/unsaid"
	[ "$bad" -eq 0 ] && [ ! -s "$work/unsaid" ]
}

for document in $documents bench/README.md tests/README.md; do
	check "$document has no line over 120 characters" lines_are_short "$document"
	check "the links of $document lead to files" links_lead_somewhere "$document"
done
for document in $documents; do
	check "$document names files that are there" files_are_there "$document"
	check "$document names functions that are there" functions_are_there "$document"
done

for chapter in "$srcdir"/doc/guide/*.md; do
	check "${chapter##*/} says which files are in the source tree" names_installed_files "doc/guide/${chapter##*/}"
done

# names_variants DOCUMENT: the document names each variant that AML_DMA_TUNE can force.
names_variants()
{
	sed -n 's/.*\.name = "\([a-z-]*\)".*/\1/p' "$srcdir/src/plan/variant.c" | grep -vx none |
		sort -u >"$work/variants"
	[ -s "$work/variants" ]
	while read -r variant; do
		grep -qE -e "(^|[^a-z-])$variant([^a-z-]|$)" "$srcdir/$1" || echo "$1 does not name $variant"
	done <"$work/variants" >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}

# The functions of the headers whose description has AML_EINVAL.
functions_with_einval()
{
	find "$srcdir/include" "$srcdir/mpi/include" -name '*.h' -exec cat {} + | awk '
		/^\/\*\*/ { inside = 1; has_code = 0 }
		inside {
			has_code += /AML_EINVAL/
			if (/\*\//) {
				inside = 0
				follows = 1
			}
			next
		}
		follows && match($0, /aml_[A-Za-z0-9_]*\(/) {
			if (has_code)
				print substr($0, RSTART, RLENGTH - 1)
			follows = 0
		}
		/^$/ || /;/ { follows = 0 }' | sort -u
}

names_causes()
{
	functions_with_einval >"$work/functions"
	[ "$(wc -l <"$work/functions")" -gt 50 ] || return
	while read -r name; do
		grep -qw "$name" "$srcdir/doc/guide/errors.md" || echo "errors.md does not name $name"
	done <"$work/functions" >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}

check "errors.md names each function that may return -AML_EINVAL" names_causes
check "the guide names all variants" names_variants doc/guide/environment.md
check "aml-dma-env.7 names all variants" names_variants doc/man/aml-dma-env.7

summary
