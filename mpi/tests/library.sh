#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# libaml-dma-mpi: its header, the version script and the library have the same names; the header
# compiles alone in each language; the core does not need MPI; a program compiles, links and runs with
# the installed files; the bench runs.
# Contract: MPI-2.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"
LC_ALL=C
export LC_ALL

library=$builddir/.libs/libaml-dma-mpi.so
map=$srcdir/mpi/libaml-dma-mpi.map

sed -n 's/^[[:space:]]*\([A-Za-z_0-9]*\);.*/\1/p' "$map" | sort >"$work/map"
grep -oE '\<aml_(dma|layout)_mpi_[a-z_]+\(' "$srcdir/mpi/include/aml/dma/mpi.h" | tr -d '(' | sort -u >"$work/named"
check "the header names what the version script names" diff "$work/map" "$work/named"

exports_the_names()
{
	$NM -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$work/exported"
	diff "$work/map" "$work/exported"
}

core_is_without_mpi()
{
	! $OBJDUMP -p "$builddir/.libs/libaml-dma.so" | grep NEEDED | grep -i mpi
}

if [ -f "$library" ]; then
	check "the library exports them" exports_the_names
	check "the core does not need MPI" core_is_without_mpi
fi

# The variables hold several words each.
# shellcheck disable=SC2046,SC2086
compiles()
{
	"$@" $CPPFLAGS $(variable DMA_MPI_CPPFLAGS) -I"$srcdir/include" -I"$srcdir/mpi/include" -Wall -Wextra \
		-Wpedantic -Werror -fsyntax-only
}
printf '#include <aml/dma/mpi.h>\n#include <aml/dma/mpi.h>\nextern int not_empty;\n' >"$work/alone.c"
cp "$work/alone.c" "$work/alone.cc"
for std in c99 c11 gnu11; do
	# shellcheck disable=SC2086
	check "the header as $std" compiles $CC -std=$std "$work/alone.c"
done
if command -v "${CXX%% *}" >/dev/null 2>&1; then
	for std in c++11 c++17; do
		# shellcheck disable=SC2086
		check "the header as $std" compiles $CXX -std=$std "$work/alone.cc"
	done
fi

# A program, with the flags that pkg-config gives of the installed files.
cat >"$work/program.c" <<'END'
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/mpi.h>

int main(int argc, char **argv)
{
	struct aml_dma *dma;
	int bad;

	MPI_Init(&argc, &argv);
	bad = aml_init(&argc, &argv) || aml_dma_mpi_create(&dma, MPI_COMM_WORLD, aml_dma_linux) ||
	      aml_dma_mpi_destroy(&dma) || aml_finalize();
	MPI_Finalize();
	return bad;
}
END

make_install()
{
	unset MAKEFLAGS MFLAGS MAKELEVEL
	installing "$MAKE" -C "$builddir" install-libLTLIBRARIES install-includeHEADERS install-amlHEADERS \
		install-amldmaHEADERS install-amllayoutHEADERS install-amlutilsHEADERS install-pkgconfigDATA \
		install-cmakeDATA \
		DESTDIR="$work/root"
}

pkg_config()
{
	PKG_CONFIG_LIBDIR=$libdir/pkgconfig PKG_CONFIG_PATH='' PKG_CONFIG_SYSROOT_DIR=$work/root \
	PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 "$PKG_CONFIG" "$@" aml-dma-mpi
}

# shellcheck disable=SC2046,SC2086
consumes()
{
	$CC $CPPFLAGS $CFLAGS $(pkg_config --cflags) $(variable DMA_MPI_CPPFLAGS) -o "$work/program" \
		"$work/program.c" $LDFLAGS $(pkg_config --libs) -L"$libdir" -laml-dma $(variable DMA_MPI_LIBS)
}

names_its_mpi()
{
	[ -n "$(pkg_config --variable=mpi)" ] && [ "$(pkg_config --variable=mpi)" = "$(variable MPI_NAME)" ]
}

mkdir "$work/cmake"
cp "$work/program.c" "$work/cmake"
cat >"$work/cmake/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.13)
project(consumer C)
find_package(aml-dma 0.2 REQUIRED COMPONENTS mpi)
find_package(aml-dma 0.2 REQUIRED COMPONENTS mpi shared)
add_executable(program program.c)
target_link_libraries(program PRIVATE aml-dma::aml-dma-mpi)
END

consumes_with_cmake()
{
	unset MAKEFLAGS MFLAGS MAKELEVEL
	cmake -S "$work/cmake" -B "$work/cmake/build" -DCMAKE_PREFIX_PATH="${libdir%/lib*}" \
		-DCMAKE_C_COMPILER="${CC%% *}" -DCMAKE_C_FLAGS="$CPPFLAGS $CFLAGS" \
		-DCMAKE_EXE_LINKER_FLAGS="$LDFLAGS" &&
		cmake --build "$work/cmake/build" && start 2 "$work/cmake/build/program"
}

check "make install" make_install
libdir=$(dirname "$(dirname "$(find "$work/root" -name aml-dma-mpi.pc)")")
check "the file for pkg-config names the MPI" names_its_mpi
if [ -f "$libdir/libaml-dma-mpi.so" ]; then
	check "a program compiles and links" consumes
	check "it runs" start 2 env LD_LIBRARY_PATH="$libdir" "$work/program"
	if command -v cmake >/dev/null; then
		check "a program compiles, links and runs with CMake" consumes_with_cmake
	fi
fi

if has_bench; then
	check "the bench runs" start 2 "$builddir/bench/aml-dma-bench-mpi" --quick
	check "the bench says what it needs" start 1 "$builddir/bench/aml-dma-bench-mpi" --help
fi
summary
