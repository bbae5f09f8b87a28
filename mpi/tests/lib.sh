# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Functions of the tests of libaml-dma-mpi. See tests/build/lib.sh for the variables and functions
# that all shell tests share. A test of a program:
#
#	. "$srcdir/mpi/tests/lib.sh"
#	on_ranks 2 test_engine
#	summary
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

MPIEXEC=$(sed -n 's/^MPIEXEC = //p' "$builddir/Makefile")
if ! grep -q '^DMA_MPI_LIBS = .' "$builddir/Makefile" || [ -z "$MPIEXEC" ]; then
	echo "this build has no MPI, or no mpiexec"
	exit 77
fi

# Open MPI refuses to run as root, and more processes than CPUs, and then yields only if told. Without
# a network of its own it looks for one, which takes time. Other implementations ignore the variables.
OMPI_ALLOW_RUN_AS_ROOT=1
OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
OMPI_MCA_rmaps_base_oversubscribe=1
OMPI_MCA_mpi_yield_when_idle=1
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM OMPI_MCA_rmaps_base_oversubscribe \
	OMPI_MCA_mpi_yield_when_idle

# start N COMMAND…: run a command in N processes.
start()
{
	n=$1
	shift
	set -- "$MPIEXEC" -n "$n" "$@"
	# See installing() in tests/build/lib.sh.
	! command -v flock >/dev/null 2>&1 || set -- flock --close --shared "$builddir/config.status" "$@"
	# Without a terminal, and without input that the starter would wait for.
	limited "$@" </dev/null
}

# on_ranks N PROGRAM ARGUMENT…: check that a test program passes in N processes.
on_ranks()
{
	n=$1
	program=$2
	shift 2
	check "$program, $n processes${AML_DMA_MPI_METHOD:+, $AML_DMA_MPI_METHOD}${*:+, $*}" \
		start "$n" "$builddir/mpi/tests/$program" "$@"
}

# variable NAME: a variable of the build.
variable()
{
	sed -n "s/^$1 = //p" "$builddir/Makefile"
}

# link_mpi PROGRAM ARGUMENT…: compile and link a program with the library between processes.
link_mpi()
{
	program=$1
	shift
	# The variables hold several words each.
	# shellcheck disable=SC2046,SC2086
	$LIBTOOL --quiet --tag=CC --mode=link $CC -I"$srcdir/mpi/include" -I"$srcdir/include" \
		$(variable DMA_MPI_CPPFLAGS) $CPPFLAGS $CFLAGS $LDFLAGS -no-install -o "$program" "$@" \
		"$builddir/libaml-dma-mpi.la" "$builddir/libaml-dma.la" $(variable DMA_MPI_LIBS) -pthread
}
