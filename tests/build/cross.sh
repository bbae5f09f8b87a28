#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Build for other machines, and run the tests of layouts, plans, kernels and copies there in an
# emulator: aarch64 for the NEON kernels, s390x because it is big-endian, i686 because a size has 32
# bits. If there is clang, it builds for aarch64 too. `make check-long` runs this test, `make check`
# does not, because it takes many minutes.
#
# A machine whose compiler, emulator or Check is missing is skipped, and the packages of Debian that
# it needs are named. In qemu, limits of memory have no effect, and the names of threads are wrong.
# So the tests of workers are not run. The emulator shows that results are right, and nothing about
# speed.
# Contract: ENV-2, COPY-5.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

if [ -e "$srcdir/config.status" ]; then
	echo "skipped: the source folder is configured, so there can be no other build folder"
	exit 77
fi

# An emulator is some ten times slower than the machine. The builds below must not use the flags and
# the job server of the build that runs this test.
CK_TIMEOUT_MULTIPLIER=$((40 * ${CK_TIMEOUT_MULTIPLIER:-1}))
export CK_TIMEOUT_MULTIPLIER
unset MAKEFLAGS MFLAGS MAKELEVEL AML_TEST_LONG AML_DMA_ISA CPPFLAGS LDFLAGS
jobs=$(nproc 2>/dev/null || echo 1)

# What every machine runs, and what one set of kernels runs.
common='test_abi test_conventions test_error async/test_order dma/test_engine dma/test_large_requests
	dma/test_operators layout/test_dense layout/test_layout layout/test_pad layout/test_reshape
	layout/test_reshape_layout layout/test_slice layout/test_steps machine/test_cpus
	plan/test_parts plan/test_plan plan/test_sections plan/test_tune'
copies='kernels/test_fill copy/test_concurrent copy/test_copy copy/test_depth copy/test_kernels
	copy/test_nested_layouts copy/test_random copy/test_shifting copy/test_user_layout
	copy/test_walk'

# The folder of a machine's descriptions for pkg-config.
pkgconfig_folder()
{
	echo "/usr/lib/$("$1-gcc" -print-multiarch)/pkgconfig"
}

# has_tools TRIPLET EMULATOR ARCHITECTURE: whether there is everything to build for a machine and to
# run its programs. If not, name the packages.
has_tools()
{
	command -v "$1-gcc" >/dev/null && command -v "$2" >/dev/null &&
		echo '#include <stdlib.h>' | "$1-gcc" -E - >/dev/null 2>&1 &&
		PKG_CONFIG_LIBDIR=$(pkgconfig_folder "$1") ${PKG_CONFIG:-pkg-config} --exists check &&
		return
	echo "skipped: $1. On Debian, it needs these packages:"
	echo "    dpkg --add-architecture $3 && apt-get update"
	echo "    apt-get install gcc-$1 libc6-dev-$3-cross qemu-user check:$3"
	return 1
}

# configured FOLDER TRIPLET ARGUMENT…: configure a build for the machine.
configured()
{
	folder=$1
	triplet=$2
	shift 2
	mkdir -p "$folder"
	(
		cd "$folder" || exit
		PKG_CONFIG_LIBDIR=$(pkgconfig_folder "$triplet")
		export PKG_CONFIG_LIBDIR
		unset CC CXX NM OBJDUMP CFLAGS
		"$srcdir/configure" --host="$triplet" --enable-werror --disable-shared \
			PKG_CONFIG="${PKG_CONFIG:-pkg-config}" "$@"
	)
}

# builds NAME TRIPLET ARGUMENT…: everything builds without a warning, with these arguments for
# configure.
builds()
{
	name=$1
	shift
	check "$name: configure" configured "$work/$name" "$@"
	check "$name: build" $MAKE -C "$work/$name" -j "$jobs" check TESTS=
}

# pass NAME EMULATOR ISA PROGRAM…: the test programs pass with one set of kernels.
pass()
{
	name=$1
	emulator=$2
	isa=$3
	shift 3
	for program; do
		check "$name, $isa: $program" env AML_DMA_ISA="$isa" "$emulator" \
			"$work/$name/tests/$program"
	done
}

# The lists of programs are several words each.
# shellcheck disable=SC2086
if has_tools aarch64-linux-gnu qemu-aarch64 arm64; then
	builds aarch64 aarch64-linux-gnu CFLAGS="-g -O2"
	pass aarch64 qemu-aarch64 neon $common $copies copy/test_shapes copy/test_large
	pass aarch64 qemu-aarch64 portable $copies
	flags='-fsanitize=undefined -fno-sanitize-recover=all'
	builds aarch64-undefined aarch64-linux-gnu CFLAGS="-g -O1 $flags" \
		LDFLAGS="$flags -static-libubsan"
	pass aarch64-undefined qemu-aarch64 neon $common $copies
	if command -v clang >/dev/null; then
		builds aarch64-clang aarch64-linux-gnu CC="clang --target=aarch64-linux-gnu"
		pass aarch64-clang qemu-aarch64 neon $copies
	fi
fi
# shellcheck disable=SC2086
if has_tools s390x-linux-gnu qemu-s390x s390x; then
	builds s390x s390x-linux-gnu CFLAGS="-g -O2"
	pass s390x qemu-s390x portable $common $copies
fi
# shellcheck disable=SC2086
if has_tools i686-linux-gnu qemu-i386 i386; then
	builds i686 i686-linux-gnu CFLAGS="-g -O2"
	pass i686 qemu-i386 portable $common $copies
fi
[ "$checks" -gt 0 ] || exit 77
summary
