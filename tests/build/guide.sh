#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The code in the chapters of doc/guide compiles without a warning and runs. The first block of a
# chapter that has code is a program, which the blocks of each section fill: see guide_lib.sh.
# Together with the examples, the chapters show every function.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/guide_lib.sh
. "$srcdir/tests/build/guide_lib.sh"

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

# forks_unseen SOURCE: the program forks, and a sanitizer cannot follow. ThreadSanitizer takes a thread
# that the child creates for one of the parent. In the child, the lock of AddressSanitizer's allocator
# stays taken if a worker, which has just begun, allocates during the fork.
forks_unseen()
{
	case $CFLAGS in
	*-fsanitize=thread* | *-fsanitize=address*) grep -q 'fork()' "$1" ;;
	*) false ;;
	esac
}

for chapter in "$srcdir"/doc/guide/*.md; do
	grep -q '^```c[[:space:]]*$' "$chapter" || continue
	name=$(basename "$chapter" .md)
	# mpi/tests/guide.sh runs this one.
	[ "$name" != mpi ] || continue
	make_programs "$chapter" "$work/programs"
	check "$name has code" has_programs
	for source in "$work/programs"/*.c; do
		title=$(cat "${source%.c}.title")
		# -UNDEBUG: the blocks check their results with assert().
		check "$name, $title: compiles" link_built "${source%.c}" -std=gnu11 -Wall -Wextra \
			-Wno-unused-variable -Wno-unused-but-set-variable -Werror -UNDEBUG "$source"
		forks_unseen "$source" || check "$name, $title: runs" runs "${source%.c}"
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
	aml_dma_multiplex_request_* | aml_dma_multiplex_barrier | aml_dma_multiplex_ops) true ;;
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
