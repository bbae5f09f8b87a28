#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The binary interface of 0.1.0, in tests/abi, has only grown: no exported name and no parameter has
# changed, and structures have new members at the end only. The tables of operators have grown,
# which is why the soname has changed.
#
# The description of 0.1.0 was made from the commit before the first name of AML_DMA_1, built with
# CFLAGS="-g -O2" on x86-64. After each release, make one of that release in the same way:
#
#	abidw --no-show-locs --no-corpus-path --no-comp-dir-path --exported-interfaces-only \
#		--drop-private-types --headers-dir include build/.libs/libaml-dma.so
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
of_the_sources

library=$builddir/.libs/libaml-dma.so
skip()
{
	echo "skipped: $1"
	exit 77
}
[ -f "$library" ] || skip "there is no shared library"
command -v abidiff >/dev/null || skip "there is no abidiff (Debian: abigail-tools)"
case $($CC -dumpmachine) in x86_64-*gnu) ;; *) skip "the description is of x86-64" ;; esac
case $CFLAGS in *-fsanitize*) skip "sanitizers change the interface" ;; *-g*) ;; *) skip "the library has no debugging information" ;; esac

# Exit status 4: something has changed, 8: perhaps incompatibly. Anything else is an error of the
# tool.
abidiff --no-show-locs --no-added-syms "$srcdir/tests/abi/libaml-dma-0.1.0.abi" "$library" \
	>"$work/report" 2>&1
status=$?

it_compares()
{
	[ $((status & 3)) -eq 0 ] && grep -q '^Functions changes summary: ' "$work/report"
}

nothing_is_removed()
{
	cat "$work/report"
	[ "$(grep -c ' changes summary: 0 Removed' "$work/report")" -eq 2 ]
}

# Print each line of the report that a program compiled for 0.1.0 would notice. The sizes of tables,
# and of the variables that are tables, may grow; size changes in bits are of types.
structures_only_grow()
{
	! awk '
		/offset changed|deletion|name changed|qualifiers|was (added|removed)|entity changed/ { print; next }
		/^ *\[C\] .*_ops.* was changed/ { next }
		/was changed:/ { print; next }
		/type .struct [a-z_]+.:$/ { type = $0; next }
		/type size changed from/ && type !~ /aml_(layout|dma)_ops/ { print type; print }' \
		"$work/report" | grep .
}

check "abidiff compares with 0.1.0" it_compares
check "no function and no variable is removed" nothing_is_removed
check "structures have new members at the end only" structures_only_grow

summary
