#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The program of doc/guide/mpi.md compiles without a warning, and prints what the chapter says, in
# shared memory and by MPI. Every function of the header occurs in the chapter. The block of MPI in
# doc/guide/transposes.md transposes its matrix.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"
# shellcheck source=tests/build/guide_lib.sh
. "$srcdir/tests/build/guide_lib.sh"

prints_its_text()
{
	start 4 "$work/programs/01" >"$work/printed" && diff "$work/programs/01.text" "$work/printed"
}

shows_all_names()
{
	sed -n 's/^\t\(aml_[A-Za-z0-9_]*\);$/\1/p' "$srcdir/mpi/libaml-dma-mpi.map" >"$work/exported"
	[ -s "$work/exported" ] || return
	while read -r name; do
		[ "$name" = aml_dma_mpi_thread_level ] || grep -qw "$name" "$srcdir/doc/guide/mpi.md" || echo "$name"
	done <"$work/exported" >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}

# The block of C that MPI has in the chapter, in a program that compares each element.
make_transposition()
{
	cat <<'END'
#include <mpi.h>
#include <stdio.h>

static double a[5][7], b[7][5];

int main(int argc, char **argv)
{
	int wrong = 0;

	MPI_Init(&argc, &argv);
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 7; k++)
			a[i][k] = 10 * i + k;
	{
END
	language_blocks "$srcdir/doc/guide/transposes.md" C
	cat <<'END'
	}
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 7; k++)
			wrong += b[k][i] != 10 * i + k;
	printf("%d elements are wrong\n", wrong);
	MPI_Finalize();
	return 0;
}
END
}

transposes()
{
	start 1 "$work/transposition" >"$work/printed" &&
		echo '0 elements are wrong' | diff - "$work/printed"
}

make_programs "$srcdir/doc/guide/mpi.md" "$work/programs"
check "the program compiles" link_mpi "$work/programs/01" -std=gnu11 -Wall -Wextra -Werror "$work/programs/01.c"
check "it prints what the chapter says" prints_its_text
AML_DMA_MPI_METHOD=datatype
export AML_DMA_MPI_METHOD
check "it does by MPI, too" prints_its_text
check "the chapter names every function" shows_all_names

make_transposition >"$work/transposition.c"
check "there are datatypes" grep -q 'MPI_Type_vector' "$work/transposition.c"
check "they compile" link_mpi "$work/transposition" -std=gnu11 -Wall -Wextra -Werror "$work/transposition.c"
check "they transpose" transposes
summary
