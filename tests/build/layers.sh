#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The structure of src: a folder includes only what stands below it, each function that another file
# calls is declared in the header of its own file, and no files use each other in a circle. Who uses
# what the other defines is read from the objects. No two structs, unions or enums of the project have
# one name. tools may include anything of src; nothing includes a header of tools, and what its files
# share is declared in their own headers.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

of_the_sources
src=$srcdir/src

# What each folder may include, beside itself. A dot is src itself.
cat >"$work/below" <<'END'
util
machine util
trace util
layout util
async machine trace util
kernels machine util
plan kernels layout machine util
copy kernels layout machine plan util
ops copy kernels layout machine plan util
dma async copy kernels layout machine ops plan trace util
. dma machine util
END

# One a line: a file of src, and a header that it includes from there.
includes()
{
	(cd "$src" && find . \( -name '*.c' -o -name '*.h' -o -name '*.inc' \) -exec \
		sed -n 's,^#include "\([^"]*\)".*,\1,p;' {} /dev/null \; -print) |
		awk '/^\.\// { for (i = 0; i < n; i++) print substr($0, 3), seen[i]; n = 0; next }
			{ seen[n++] = $0 }'
}

includes_go_down()
{
	includes | awk -v below="$work/below" '
		function folder(path) { return path ~ /\// ? substr(path, 1, index(path, "/") - 1) : "." }
		BEGIN {
			while ((getline line <below) > 0) {
				n = split(line, word, " ")
				known[word[1]] = 1
				for (i = 1; i <= n; i++)
					may[word[1], word[i]] = 1
			}
		}
		{ from = folder($1); to = folder($2) }
		!(from in known) { print "src/" $1 ": its folder is not in the list of this test"; bad = 1; next }
		!((from, to) in may) { print "src/" $1 " includes " $2 ", which does not stand below it"; bad = 1 }
		END { exit bad || NR == 0 }'
}

# One a line, of all objects of the library: a unit, F or D for a function or other data that it
# defines or U for a name that it uses, and the name. A unit is the path of a source in src without its
# ending.
names()
{
	(cd "$src" && find . -name '*.c') >"$work/sources"
	# NM may be several words.
	# shellcheck disable=SC2086
	(cd "$builddir/src" && find . -name 'libaml_dma_la-*.o' -exec $NM -A {} +) |
		sed 's,^\./,,; s,\.libs/,,; s,libaml_dma_la-,,; s,\.o:, ,' |
		awk '
			NR == FNR { sub(/^\.\//, ""); there[$0] = 1; next }
			# An object of a file that was moved may still lie there.
			!(($1 ".c") in there) { next }
			$2 == "U" { print $1, "U", $3 }
			$3 == "T" { print $1, "F", $4 }
			$3 ~ /^[DRBVWC]$/ { print $1, "D", $4 }' "$work/sources" - |
		sort -u
}

# One a line: a unit, another whose name it uses, and the name.
uses()
{
	awk 'NR == FNR { if ($2 != "U") unit[$3] = $1; next }
		$2 == "U" && $3 in unit && unit[$3] != $1 { print $1, unit[$3], $3 }' \
		"$work/names" "$work/names"
}

there_are_no_circles()
{
	[ -s "$work/uses" ] || return
	cut -d ' ' -f 1,2 "$work/uses" | sort -u | tsort 2>&1 >"$work/sorted" | tee "$work/circles"
	[ ! -s "$work/circles" ]
}

# Functions that programs may call are declared in the public headers.
headers_are_their_own()
{
	awk 'NR == FNR { if ($2 == "F") is_function[$3] = 1; next }
		$3 in is_function && $3 !~ /^aml_/ { print $2, $3 }' "$work/names" "$work/uses" |
		sort -u >"$work/shared"
	awk -v src="$src" '
		$1 != unit {
			unit = $1
			split("", declared)
			while ((getline line <(src "/" unit ".h")) > 0) {
				n = split(line, word, /[^A-Za-z0-9_]+/)
				for (i = 1; i <= n; i++)
					declared[word[i]] = 1
			}
		}
		!($2 in declared) {
			print "src/" unit ".c: others use " $2 ", which src/" unit ".h does not declare"
			bad = 1
		}
		END { exit bad || NR == 0 }' "$work/shared"
}

# tools stands above all of src. Only its own tests include its headers.
tools_stand_above()
{
	(cd "$srcdir" && find src include tests bench doc -path tests/tools -prune -o \
		\( -name '*.[ch]' -o -name '*.inc' -o -name '*.cpp' -o -name '*.hpp' \) -exec \
		grep -nE '#include "([^"]*/)?tools/' {} +) && return 1
	bad=0
	for file in "$srcdir"/tools/*.[ch]; do
		for header in $(sed -n 's,^#include "\([^"]*\)".*,\1,p' "$file"); do
			[ -f "$srcdir/tools/$header" ] || [ -f "$src/$header" ] || {
				echo "$file includes $header, which neither tools nor src has"
				bad=1
			}
		done
	done
	return $bad
}

# Each function that the files of tools share is declared in the header of its file.
tools_headers_are_their_own()
{
	bad=0
	for file in "$srcdir"/tools/*.c; do
		unit=$(basename "$file" .c)
		[ "$unit" != aml-dma ] || continue
		for object in "$builddir"/tools/*aml_dma-"$unit.o"; do
			# shellcheck disable=SC2086
			for name in $($NM "$object" | awk '$2 == "T" { print $3 }'); do
				grep -qw "$name" "$srcdir/tools/$unit.h" || {
					echo "tools/$unit.c: $name is not declared in tools/$unit.h"
					bad=1
				}
			done
		done
	done
	return $bad
}

# mpi uses the public interface, and of src only headers of util. src includes nothing of mpi. Each
# function that the files of mpi share is declared in the header of its file.
mpi_stands_apart()
{
	bad=0
	if grep -rnE '#include ("|<)(aml/dma/mpi\.h|mpi\.h|.*mpi/)' "$src" "$srcdir/include"; then
		return 1
	fi
	for file in "$srcdir"/mpi/*.[ch]; do
		for header in $(sed -n 's,^#include "\([^"]*\)".*,\1,p' "$file"); do
			case $header in
			util/*) [ -f "$src/$header" ] ;;
			*) [ -f "$srcdir/mpi/$header" ] ;;
			esac || {
				echo "$file includes $header, which is neither of mpi nor of src/util"
				bad=1
			}
		done
	done
	for object in "$builddir"/mpi/libaml_dma_mpi_la-*.o; do
		[ -f "$object" ] || continue
		unit=$(basename "$object" .o | sed 's/libaml_dma_mpi_la-//')
		# shellcheck disable=SC2086
		for name in $($NM "$object" | awk '$2 == "T" { print $3 }'); do
			grep -qw "$name" "$srcdir/mpi/$unit.h" "$srcdir/mpi/include/aml/dma/mpi.h" 2>"$work/none" || {
				echo "mpi/$unit.c: $name is declared neither in mpi/$unit.h nor in the public header"
				bad=1
			}
		done
	done
	return $bad
}

# One a line: a file, and the name of a struct, union or enum that it defines.
types()
{
	(cd "$srcdir" && find src include mpi tests bench tools doc/examples \( -name '*.c' -o -name '*.h' -o \
		-name '*.inc' \) -exec awk '
		/^[ \t]*((typedef|static|const)[ \t]+)*(struct|union|enum) [A-Za-z0-9_]+ \{/ {
			sub(/ \{.*/, "")
			print FILENAME, $NF
		}' {} +)
}

type_names_are_unique()
{
	types | awk '
		$2 in file { print $1 " and " file[$2] ": both define " $2; bad = 1 }
		{ file[$2] = $1 }
		END { exit bad || NR == 0 }'
}

check "no folder of src includes what stands above it" includes_go_down
names >"$work/names"
uses >"$work/uses"
check "no files of src use each other in a circle" there_are_no_circles
check "what others use of a file is declared in its own header" headers_are_their_own
check "tools stands above src, and nothing above tools" tools_stand_above
check "what the files of tools share is declared in their own headers" tools_headers_are_their_own
check "mpi uses the public interface, and its headers are its own" mpi_stands_apart
check "no two structs, unions or enums have one name" type_names_are_unique

summary
