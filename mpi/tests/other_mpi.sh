#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The library between processes, built for the other implementations of MPI on this machine, passes its
# tests there. `make check-long` runs this test.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL MPIEXEC
if [ -f "$srcdir/config.status" ]; then
	echo "skipped: the source folder is configured, so there can be no other build folder"
	exit 77
fi

# builds MPICC: the library and its tests.
# shellcheck disable=SC2086
builds()
{
	rm -rf "$work/build"
	mkdir "$work/build" && cd "$work/build" && "$srcdir/configure" --enable-werror --with-mpi="$1" &&
		$MAKE && $MAKE $mpi_programs
}

passes()
{
	(cd "$work/build" && CK_TIMEOUT_MULTIPLIER=10 $MAKE check-TESTS VERBOSE=1 TESTS="$mpi_tests" check_PROGRAMS=)
}

# The programs that the tests start.
mpi_programs="bench/aml-dma-bench-mpi $(cd "$srcdir" && for source in mpi/tests/test_*.c; do
	echo "${source%.c}"
done | tr '\n' ' ')"

mpi_tests=$(sed -n 's/^\t%D%\/\([a-z_]*\.sh\).*/mpi\/tests\/\1/p' "$srcdir/mpi/tests/local.am" |
	grep -vE '/(lib|other_mpi)\.sh' | tr '\n' ' ')
others=0
for mpicc in mpicc.openmpi mpicc.mpich; do
	command -v $mpicc >/dev/null || continue
	case $(variable MPI_NAME) in
	"Open MPI"*) [ $mpicc != mpicc.openmpi ] || continue ;;
	MPICH*) [ $mpicc != mpicc.mpich ] || continue ;;
	esac
	others=$((others + 1))
	check "$mpicc: the library builds" builds $mpicc
	check "$mpicc: its tests pass" passes
done
if [ $others -eq 0 ]; then
	echo "skipped: there is no other MPI (Debian: libmpich-dev, mpich; libopenmpi-dev, openmpi-bin)"
	exit 77
fi
summary
