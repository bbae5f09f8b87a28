# SPDX-License-Identifier: BSD-3-Clause
# The MPI library that libaml-dma-mpi is built for.

# AML_DMA_MPI_NAME
# Asks the header mpi.h for the implementation and its version. Sets MPI_NAME.
AC_DEFUN([AML_DMA_MPI_NAME],
[cat >conftest.c <<'END'
#include <mpi.h>
#if defined OPEN_MPI
aml_dma_mpi_name "Open MPI" OMPI_MAJOR_VERSION OMPI_MINOR_VERSION OMPI_RELEASE_VERSION
#elif defined I_MPI_VERSION
aml_dma_mpi_name "Intel MPI" I_MPI_VERSION
#elif defined MVAPICH2_VERSION
aml_dma_mpi_name "MVAPICH2" MVAPICH2_VERSION
#elif defined MPICH_VERSION
aml_dma_mpi_name "MPICH" MPICH_VERSION
#else
aml_dma_mpi_name "MPI" MPI_VERSION MPI_SUBVERSION
#endif
END
MPI_NAME=`$CC $DMA_MPI_CPPFLAGS -E -P conftest.c 2>&AS_MESSAGE_LOG_FD |
	sed -n 's/^aml_dma_mpi_name //p' | tr -d '"' | sed 's/\(@<:@0-9@:>@\) \(@<:@0-9@:>@\)/\1.\2/g'`
# A second time, because the digit between two blanks belongs to one match only.
MPI_NAME=`AS_ECHO(["$MPI_NAME"]) | sed 's/\(@<:@0-9@:>@\) \(@<:@0-9@:>@\)/\1.\2/g'`
rm -f conftest.c])

# AML_DMA_MPI
# Looks for an MPI compiler command and asks it for its flags, so that everything is compiled by
# $CC. Sets the conditional MPI, DMA_MPI_CPPFLAGS, DMA_MPI_LIBS, MPI_NAME, MPICC and MPIEXEC. With --with-mpi,
# a missing MPI is an error.
AC_DEFUN([AML_DMA_MPI],
[AC_ARG_WITH([mpi], [AS_HELP_STRING([--with-mpi@<:@=MPICC@:>@],
	[build libaml-dma-mpi for the MPI of this compiler command @<:@mpicc, if it is found@:>@])],
	[], [with_mpi=check])
AC_ARG_VAR([MPIEXEC], [command that starts MPI programs, used by the tests only])
MPICC= DMA_MPI_CPPFLAGS= DMA_MPI_LIBS= MPI_NAME= aml_dma_found_mpi=no
AS_CASE([$with_mpi],
	[no], [],
	[yes|check], [AC_PATH_PROG([MPICC], [mpicc])],
	[*/*], [MPICC=$with_mpi],
	[AC_PATH_PROG([MPICC], [$with_mpi])])
AS_IF([test -n "$MPICC"],
	[AC_MSG_CHECKING([whether $CC makes a program with the flags of $MPICC])
	# The first word is the compiler. The headers are the system's: they need not be free of warnings.
	for aml_dma_word in `$MPICC -show 2>&AS_MESSAGE_LOG_FD | sed 's/^@<:@^ @:>@* *//'`
	do
		AS_CASE([$aml_dma_word],
			[-I*], [AS_VAR_APPEND([DMA_MPI_CPPFLAGS],
				[" -isystem `AS_ECHO(["$aml_dma_word"]) | sed 's/^-I//'`"])],
			[-D*], [AS_VAR_APPEND([DMA_MPI_CPPFLAGS], [" $aml_dma_word"])],
			[-L*|-l*|-Wl,*|-pthread], [AS_VAR_APPEND([DMA_MPI_LIBS], [" $aml_dma_word"])])
	done
	aml_dma_users_CPPFLAGS=$CPPFLAGS
	aml_dma_users_LIBS=$LIBS
	CPPFLAGS="$CPPFLAGS $DMA_MPI_CPPFLAGS"
	LIBS="$DMA_MPI_LIBS $LIBS"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>
		#if MPI_VERSION < 3
		#error MPI 3 is needed
		#endif]],
		[[return MPI_Win_flush(0, MPI_WIN_NULL);]])],
		[aml_dma_found_mpi=yes])
	CPPFLAGS=$aml_dma_users_CPPFLAGS
	LIBS=$aml_dma_users_LIBS
	AC_MSG_RESULT([$aml_dma_found_mpi])])
AS_IF([test "$aml_dma_found_mpi" = yes],
	[AML_DMA_MPI_NAME
	# The command that belongs to the compiler command: mpiexec.mpich to mpicc.mpich.
	AS_IF([test -z "$MPIEXEC"],
		[MPIEXEC=`AS_ECHO(["$MPICC"]) | sed 's,mpicc\(@<:@^/@:>@*\)$,mpiexec\1,'`
		AS_IF([test ! -x "$MPIEXEC"], [MPIEXEC=])])],
	[AS_CASE([$with_mpi], [no|check], [],
		[AC_MSG_ERROR([no program with MPI 3 or later can be made (--with-mpi=$with_mpi): see config.log])])])
AC_SUBST([MPICC])
AC_SUBST([DMA_MPI_CPPFLAGS])
AC_SUBST([DMA_MPI_LIBS])
AC_SUBST([MPI_NAME])
AM_CONDITIONAL([MPI], [test "$aml_dma_found_mpi" = yes])
# Its file for pkg-config is made only with the library.
AM_COND_IF([MPI], [AC_CONFIG_FILES([mpi/aml-dma-mpi.pc])])])
