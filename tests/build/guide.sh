#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The code in the chapters of doc/guide compiles without a warning and runs. The first block of a
# chapter that has code is a program with two places. Each section's blocks fill them: a block that
# begins with "static" goes to the definitions, any other block to the statements. A first block
# without the places is a whole program, whose output is the block of text after it. Together with
# the examples, the chapters show every function.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

# make_programs CHAPTER: write $work/programs/NN.c for each section that has code, with the name of
# the section in NN.title.
make_programs()
{
	rm -rf "$work/programs"
	mkdir "$work/programs"
	awk -v folder="$work/programs" '
		function end_section(    i, name, line)
		{
			if (definitions == "" && statements == "")
				return
			name = sprintf("%s/%02d", folder, ++sections)
			print title >(name ".title")
			for (i = 1; i <= lines; i++) {
				if (program[i] == "/* Definitions of the section */")
					printf "%s", definitions >(name ".c")
				else if (program[i] == "\t/* Statements of the section */")
					printf "%s", statements >(name ".c")
				else
					print program[i] >(name ".c")
			}
			close(name ".c")
			close(name ".title")
			definitions = statements = ""
		}
		/^```c[ \t]*$/ { inside = 1; first = 1; next }
		/^```/ && inside { inside = 0; whole = 1; next }
		inside && !whole {
			program[++lines] = $0
			places += /^\t?\/\* (Definitions|Statements) of the section \*\/$/
			next
		}
		/^```text[ \t]*$/ && whole && !places { inside_text = 1; next }
		/^```/ { inside_text = 0 }
		inside_text { print >(folder "/01.text") }
		inside {
			if (first)
				static_block = /^static /
			first = 0
			if (static_block)
				definitions = definitions $0 "\n"
			else
				statements = statements "\t" $0 "\n"
			next
		}
		/^## / { end_section(); title = substr($0, 4) }
		END {
			if (lines > 0 && !places) {
				print "the program" >(folder "/01.title")
				for (i = 1; i <= lines; i++)
					print program[i] >(folder "/01.c")
			}
			end_section()
		}' "$1"
}

has_programs()
{
	[ -n "$(ls "$work/programs")" ]
}

# runs PROGRAM: with no worker, one and two. If there is PROGRAM.text, the program prints it.
runs()
{
	for threads in 0 1 2; do
		limited env AML_DMA_NUM_THREADS=$threads "$1" >"$work/printed" || return 1
		[ ! -f "$1.text" ] || diff "$1.text" "$work/printed" || return 1
	done
}

for chapter in "$srcdir"/doc/guide/*.md; do
	grep -q '^```c[[:space:]]*$' "$chapter" || continue
	name=$(basename "$chapter" .md)
	make_programs "$chapter"
	check "$name has code" has_programs
	for source in "$work/programs"/*.c; do
		title=$(cat "${source%.c}.title")
		# -UNDEBUG: the blocks check their results with assert().
		check "$name, $title: compiles" link_built "${source%.c}" -std=gnu11 -Wall -Wextra \
			-Wno-unused-variable -Wno-unused-but-set-variable -Werror -UNDEBUG "$source"
		check "$name, $title: runs" runs "${source%.c}"
	done
done

# The code of the chapters and the examples.
all_code()
{
	cat "$srcdir"/doc/examples/*.c
	for chapter in "$srcdir"/doc/guide/*.md; do
		awk '/^```c[ \t]*$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$chapter"
	done
}

# Exported names that programs need only to write tables of operators, or only read.
is_for_tables()
{
	case $1 in
	aml_dma_linux_request_* | aml_dma_linux_exec_request | aml_dma_linux_barrier) true ;;
	aml_layout_row_* | aml_layout_column_* | aml_layout_dense_ndims) true ;;
	aml_layout_dense_element_size | aml_layout_*_row_ops | aml_layout_*_column_ops) true ;;
	aml_layout_pad_destroy | aml_layout_reshape_destroy | aml_version_*) true ;;
	*) false ;;
	esac
}

shows_all_names()
{
	all_code >"$work/code"
	sed -n 's/^\t\(aml_[A-Za-z0-9_]*\);$/\1/p' "$srcdir/src/libaml-dma.map" >"$work/exported"
	[ -s "$work/exported" ]
	while read -r name; do
		is_for_tables "$name" || grep -qw "$name" "$work/code" || echo "$name"
	done <"$work/exported" >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}
check "the guide or an example shows every function" shows_all_names

# drawn FIGURE: the figure in the tree is the one that is drawn now.
drawn()
{
	"$builddir/doc/guide/figures" "$(basename "$1" .svg | sed 's/^layout-//')" >"$work/figure.svg" &&
	diff "$1" "$work/figure.svg"
}

for figure in "$srcdir"/doc/guide/layout-*.svg; do
	check "${figure##*/} is what the library draws" drawn "$figure"
done

summary
