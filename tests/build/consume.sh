#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Programs in C and C++ build with pkg-config, CMake, Meson and plain make against the installed
# files, and run: where `make install DESTDIR=…` staged them, and after that tree was moved. With
# AML_CONSUME_PREFIX, the files are those of that prefix. A tool that is missing is left out.
# Contract: NAME-3.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
of_the_sources

unset MAKEFLAGS MFLAGS MAKELEVEL PKG_CONFIG_PATH CMAKE_PREFIX_PATH

# The programs. C++ sees the same source.
awk '/^```c[ \t]*$/ { inside = 1; next } /^```/ && inside { exit } inside' "$srcdir/README.md" \
	>"$work/first.c"
cp "$work/first.c" "$work/first.cc"
printf '1 4\n2 5\n3 6\n' >"$work/expected"

mkdir "$work/cmake" "$work/meson" "$work/make"
cp "$work/first.c" "$work/first.cc" "$work/cmake"
cp "$work/first.c" "$work/first.cc" "$work/meson"
cp "$work/first.c" "$work/make"
# The second search finds the package again, from another folder.
cat >"$work/cmake/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.13)
project(consumer C CXX)
find_package(aml-dma 0.2 REQUIRED)
find_package(aml-dma REQUIRED COMPONENTS ${COMPONENTS})
add_subdirectory(again)
add_executable(c first.c)
target_link_libraries(c PRIVATE aml-dma::aml-dma)
add_executable(cxx first.cc)
target_link_libraries(cxx PRIVATE aml-dma::aml-dma)
find_package(aml-dma 1.0 QUIET)
if(aml-dma_FOUND)
	message(FATAL_ERROR "version 0 is taken for version 1")
endif()
END
mkdir "$work/cmake/again"
cat >"$work/cmake/again/CMakeLists.txt" <<'END'
find_package(aml-dma 0.1 REQUIRED)
if(TARGET aml-dma::aml-dma-static)
	add_executable(static ../first.c)
	target_link_libraries(static PRIVATE aml-dma::aml-dma-static)
endif()
END
cat >"$work/meson/meson.build" <<'END'
project('consumer', 'c', 'cpp')
aml_dma = dependency('aml-dma', version: '>= 0.2')
executable('c', 'first.c', dependencies: aml_dma)
executable('cxx', 'first.cc', dependencies: aml_dma)
END
cat >"$work/make/Makefile" <<'END'
CFLAGS += $(shell $(PKG_CONFIG) --cflags aml-dma)
LDLIBS += $(shell $(PKG_CONFIG) --libs aml-dma)
first: first.c
END

# Set $libdir and what the tools need for the tree below $1. The .pc file has the prefix at which
# configure aimed; pkg-config derives the real one from the file's place.
use_tree()
{
	libdir=$(dirname "$(dirname "$(find "$1" -name aml-dma.pc)")")
	printf '#!/bin/sh\nexec %s --define-prefix "$@"\n' "$pkg_config" >"$work/pkg-config"
	chmod +x "$work/pkg-config"
	PKG_CONFIG=$work/pkg-config
	PKG_CONFIG_PATH=$libdir/pkgconfig
	LD_LIBRARY_PATH=$libdir
	export PKG_CONFIG PKG_CONFIG_PATH LD_LIBRARY_PATH
}
pkg_config=${PKG_CONFIG:-pkg-config}

prints_the_matrix()
{
	limited "$1" >"$work/printed" && diff "$work/expected" "$work/printed"
}

# The variables and the output of pkg-config hold several words each.
# shellcheck disable=SC2046,SC2086
compiled()
{
	"$@" $CPPFLAGS $CFLAGS $("$PKG_CONFIG" --cflags aml-dma) -o "$work/program" $source \
		$LDFLAGS $("$PKG_CONFIG" --libs $static aml-dma) && prints_the_matrix "$work/program"
}

with_cmake()
{
	rm -rf "$work/cmake/build"
	env CC="${CC%% *}" CXX="${CXX%% *}" CFLAGS="$CPPFLAGS $CFLAGS" CXXFLAGS="$CPPFLAGS $CFLAGS" \
		cmake -S "$work/cmake" -B "$work/cmake/build" -DCMAKE_PREFIX_PATH="${libdir%/lib*}" \
		-DCMAKE_EXE_LINKER_FLAGS="$LDFLAGS" "-DCOMPONENTS=$1" &&
		cmake --build "$work/cmake/build" &&
		prints_the_matrix "$work/cmake/build/c" && prints_the_matrix "$work/cmake/build/cxx" &&
		{ [ ! -f "$libdir/libaml-dma.a" ] || prints_the_matrix "$work/cmake/build/again/static"; }
}

with_meson()
{
	rm -rf "$work/meson/build"
	env CC="${CC%% *}" CXX="${CXX%% *}" CFLAGS="$CPPFLAGS $CFLAGS" CXXFLAGS="$CPPFLAGS $CFLAGS" \
		meson setup "$work/meson/build" "$work/meson" && meson compile -C "$work/meson/build" &&
		prints_the_matrix "$work/meson/build/c" && prints_the_matrix "$work/meson/build/cxx"
}

with_make()
{
	rm -f "$work/make/first"
	CFLAGS="$CPPFLAGS $CFLAGS" "$MAKE" -C "$work/make" CC="$CC" LDFLAGS="$LDFLAGS" &&
		prints_the_matrix "$work/make/first"
}

# consume WHERE TREE: all consumers of the tree.
consume()
{
	use_tree "$2"
	static=
	if [ -f "$libdir/libaml-dma.so" ]; then
		source=$work/first.c
		# shellcheck disable=SC2086
		check "$1: C" compiled $CC
		source=$work/first.cc
		# shellcheck disable=SC2086
		[ -z "$CXX" ] || check "$1: C++" compiled $CXX
		check "$1: make" with_make
		if [ -n "$CXX" ] && command -v cmake >/dev/null; then
			check "$1: CMake" with_cmake shared
		fi
		if [ -n "$CXX" ] && command -v meson >/dev/null && command -v ninja >/dev/null; then
			check "$1: Meson" with_meson
		fi
	fi
	if [ -f "$libdir/libaml-dma.a" ]; then
		mkdir "$work/hidden"
		[ ! -f "$libdir/libaml-dma.so" ] || mv "$libdir"/libaml-dma.so* "$work/hidden"
		source=$work/first.c
		static=--static
		# shellcheck disable=SC2086
		check "$1: C, static" compiled $CC
		if [ -n "$CXX" ] && command -v cmake >/dev/null; then
			check "$1: CMake, static" with_cmake static
		fi
		[ ! -f "$work/hidden/libaml-dma.so" ] || mv "$work/hidden"/* "$libdir"
		rmdir "$work/hidden"
	fi
}

CXX=$(command -v "${CXX%% *}" >/dev/null 2>&1 && echo "$CXX")
if [ -n "${AML_CONSUME_PREFIX-}" ]; then
	consume "the prefix" "$AML_CONSUME_PREFIX"
	summary
fi
check "make install" installing "$MAKE" -C "$builddir" install DESTDIR="$work/root"
consume staged "$work/root"
tree=$(dirname "$libdir")
check "the tree moves" mv "$tree" "$work/elsewhere"
consume moved "$work/elsewhere"

summary
