#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The code in the chapters of doc/guide compiles without a warning and runs. The first block of a
# chapter that has code is a program, which the blocks of each section fill: see guide_lib.sh.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/guide_lib.sh
. "$srcdir/tests/build/guide_lib.sh"

has_programs()
{
	[ -n "$(ls "$work/programs")" ]
}

# runs PROGRAM: with no worker, one and two.
runs()
{
	for threads in 0 1 2; do
		limited env AML_DMA_NUM_THREADS=$threads "$1" || return 1
	done
}

for chapter in "$srcdir"/doc/guide/*.md; do
	grep -q '^```c[[:space:]]*$' "$chapter" || continue
	name=$(basename "$chapter" .md)
	make_programs "$chapter" "$work/programs"
	check "$name has code" has_programs
	for source in "$work/programs"/*.c; do
		title=$(cat "${source%.c}.title")
		# -UNDEBUG: the blocks check their results with assert().
		check "$name, $title: compiles" link_built "${source%.c}" -std=gnu11 -Wall -Wextra \
			-Wno-unused-variable -Wno-unused-but-set-variable -Werror -UNDEBUG "$source"
		check "$name, $title: runs" runs "${source%.c}"
	done
done

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
