# SPDX-License-Identifier: BSD-3-Clause
# Flags of the bench, and checks for the libraries that the bench compares with. All of these
# libraries are optional. libaml-dma needs none of them.

# AML_DMA_BENCH_NATIVE
# Checks how to compile the bench's plain loops for this machine. Sets NATIVE_CFLAGS.
AC_DEFUN([AML_DMA_BENCH_NATIVE],
[NATIVE_CFLAGS=
AML_DMA_APPEND_CFLAGS([NATIVE_CFLAGS], [-O3 -march=native])
AC_SUBST([NATIVE_CFLAGS])])

# AML_DMA_BENCH_PEER(NAME, MODULES)
# Checks for MODULES with pkg-config. Sets the conditional BENCH_NAME. If they are there, appends
# -DBENCH_NAME and their flags to BENCH_CPPFLAGS and BENCH_LIBS.
AC_DEFUN([AML_DMA_BENCH_PEER],
[PKG_CHECK_MODULES([$1], [$2],
	[bench_$1=yes
	AS_VAR_APPEND([BENCH_CPPFLAGS], [" -DBENCH_$1 $$1_CFLAGS"])
	AS_VAR_APPEND([BENCH_LIBS], [" $$1_LIBS"])],
	[bench_$1=no])
AM_CONDITIONAL([BENCH_$1], [test "$bench_$1" = yes])])

# AML_DMA_BENCH_OPENMP
# Checks whether the C compiler supports OpenMP. Sets OPENMP_CFLAGS and the conditional
# BENCH_OPENMP. If it does, appends -DBENCH_OPENMP to BENCH_CPPFLAGS.
AC_DEFUN([AML_DMA_BENCH_OPENMP],
[AC_OPENMP
AS_IF([test -n "$OPENMP_CFLAGS"], [AS_VAR_APPEND([BENCH_CPPFLAGS], [" -DBENCH_OPENMP"])])
AM_CONDITIONAL([BENCH_OPENMP], [test -n "$OPENMP_CFLAGS"])])

# AML_DMA_BENCH_TBB
# Checks for TBB, a C++ library: an object that $CXX compiles must link into a program of $CC.
# Sets TBB_CFLAGS and the conditional BENCH_TBB. If TBB is there, appends to BENCH_CPPFLAGS and
# BENCH_LIBS.
AC_DEFUN([AML_DMA_BENCH_TBB],
[PKG_CHECK_MODULES([TBB], [tbb], [bench_TBB=yes], [bench_TBB=no])
AS_IF([test "$bench_TBB" = yes],
	[AC_MSG_CHECKING([whether $CXX and $CC make a program with TBB])
	echo '#include <tbb/global_control.h>
		#include <tbb/task_arena.h>
		#include <tbb/task_group.h>
		int main() { tbb::task_group g; g.run([[]] {}); g.wait(); }' >conftest.cpp
	AS_IF([$CXX $TBB_CFLAGS -c -o conftest.tbb.o conftest.cpp >&AS_MESSAGE_LOG_FD 2>&1 &&
		$CC $LDFLAGS -o conftest.tbb conftest.tbb.o $TBB_LIBS -lstdc++ \
			>&AS_MESSAGE_LOG_FD 2>&1],
		[AS_VAR_APPEND([BENCH_CPPFLAGS], [" -DBENCH_TBB"])
		AS_VAR_APPEND([BENCH_LIBS], [" $TBB_LIBS -lstdc++"])],
		[bench_TBB=no])
	rm -f conftest.cpp conftest.tbb conftest.tbb.o
	AC_MSG_RESULT([$bench_TBB])])
AM_CONDITIONAL([BENCH_TBB], [test "$bench_TBB" = yes])])

# AML_DMA_BENCH_ONEDNN
# Checks for oneDNN, which has no file for pkg-config. Sets the conditional BENCH_ONEDNN. If it is
# there, appends to BENCH_CPPFLAGS and BENCH_LIBS.
AC_DEFUN([AML_DMA_BENCH_ONEDNN],
[AC_CHECK_HEADER([dnnl.h],
	[AC_CHECK_LIB([dnnl], [dnnl_reorder_primitive_desc_create],
		[bench_ONEDNN=yes], [bench_ONEDNN=no])],
	[bench_ONEDNN=no])
AS_IF([test "$bench_ONEDNN" = yes],
	[AS_VAR_APPEND([BENCH_CPPFLAGS], [" -DBENCH_ONEDNN"])
	AS_VAR_APPEND([BENCH_LIBS], [" -ldnnl"])])
AM_CONDITIONAL([BENCH_ONEDNN], [test "$bench_ONEDNN" = yes])])

# AML_DMA_BENCH_HPTT
# With --with-hptt=DIR, requires HPTT in DIR/include and DIR/lib. Sets HPTT_CFLAGS and the
# conditional BENCH_HPTT, and appends to BENCH_CPPFLAGS and BENCH_LIBS.
AC_DEFUN([AML_DMA_BENCH_HPTT],
[AC_ARG_WITH([hptt], [AS_HELP_STRING([--with-hptt=DIR],
	[compare the bench with HPTT, which is built in DIR])],
	[], [with_hptt=no])
AS_IF([test "$with_hptt" != no],
	[HPTT_CFLAGS="-I$with_hptt/include"
	hptt_libs="-L$with_hptt/lib -Wl,-rpath,$with_hptt/lib -lhptt"
	AC_MSG_CHECKING([for HPTT in $with_hptt])
	printf '%s\n' '#include <vector>' '#include <hptt.h>' \
		'int main() { int p@<:@@:>@ = {1, 0}, n@<:@@:>@ = {8, 8}; float a@<:@64@:>@, b@<:@64@:>@;' \
		'hptt::create_plan(p, 2, 1.0f, a, n, nullptr, 0.0f, b, nullptr, hptt::ESTIMATE, 1)->execute(); }' \
		>conftest.cpp
	AS_IF([$CXX $OPENMP_CFLAGS $HPTT_CFLAGS -c -o conftest.hptt.o conftest.cpp \
			>&AS_MESSAGE_LOG_FD 2>&1 &&
		$CC $OPENMP_CFLAGS $LDFLAGS -o conftest.hptt conftest.hptt.o $hptt_libs -lstdc++ -lm \
			>&AS_MESSAGE_LOG_FD 2>&1],
		[AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		AC_MSG_ERROR([no program with HPTT can be made: see config.log])])
	rm -f conftest.cpp conftest.hptt conftest.hptt.o
	AS_VAR_APPEND([BENCH_CPPFLAGS], [" -DBENCH_HPTT"])
	AS_VAR_APPEND([BENCH_LIBS], [" $hptt_libs -lstdc++"])])
AC_SUBST([HPTT_CFLAGS])
AM_CONDITIONAL([BENCH_HPTT], [test "$with_hptt" != no])])

# AML_DMA_BENCH_PEERS
# Checks for each library that the bench compares with. Sets BENCH_CPPFLAGS, BENCH_LIBS and one
# conditional per library: BENCH_FFTW, BENCH_MPI, BENCH_GLIB, BENCH_UV, BENCH_OPENBLAS, BENCH_OPENMP,
# BENCH_TBB, BENCH_ONEDNN, BENCH_HPTT.
AC_DEFUN([AML_DMA_BENCH_PEERS],
[BENCH_CPPFLAGS= BENCH_LIBS=
PKG_CHECK_EXISTS([ompi-c], [aml_dma_mpi=ompi-c], [aml_dma_mpi=mpich])
AML_DMA_BENCH_PEER([FFTW], [fftw3 fftw3f])
AML_DMA_BENCH_PEER([MPI], [$aml_dma_mpi])
AML_DMA_BENCH_PEER([GLIB], [glib-2.0 >= 2.32])
AML_DMA_BENCH_PEER([UV], [libuv >= 1.0])
AML_DMA_BENCH_PEER([OPENBLAS], [openblas])
AML_DMA_BENCH_OPENMP
AML_DMA_BENCH_TBB
AML_DMA_BENCH_ONEDNN
AML_DMA_BENCH_HPTT
AC_SUBST([BENCH_CPPFLAGS])
AC_SUBST([BENCH_LIBS])])
