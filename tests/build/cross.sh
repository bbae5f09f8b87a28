#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Build for other machines, and run the test programs there: aarch64 for the NEON kernels, s390x
# because it is big-endian, i686 because a size has 32 bits. aarch64 and s390x run in an emulator,
# i686 on this machine. `make check-long` runs this test, `make check` does not, because it takes
# many minutes.
#
# A machine whose compiler, emulator or Check is missing is skipped, and the packages of Debian that
# it needs are named. not_emulated() below has the programs that the emulator cannot run, and why.
# The emulator shows that results are right, and nothing about speed.
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

# The programs that run once more with other kernels, and with a sanitizer.
copies='kernels/test_combine kernels/test_fill kernels/test_numbers copy/test_concurrent copy/test_copy
	copy/test_depth copy/test_kernels copy/test_nested_layouts copy/test_padded copy/test_random copy/test_shifting
	copy/test_shuffle copy/test_user_layout copy/test_walk'

# not_emulated PROGRAM: print why the emulator cannot run the program. Fail if it can.
not_emulated()
{
	case $1 in
	async/test_fork | stress/test_fork_storm)
		echo "it ends when a forked child creates a thread"
		;;
	test_init | async/test_workers | regressions/worker_count_follows_the_affinity | \
		regressions/worker_count_follows_the_quota)
		echo "the names of threads are not those that they were given"
		;;
	stress/test_limits)
		echo "memory has no limit"
		;;
	*) return 1 ;;
	esac
}

# The folder of a machine's descriptions for pkg-config.
pkgconfig_folder()
{
	echo "/usr/lib/$("$1-gcc" -print-multiarch)/pkgconfig"
}

# runs_a_program TRIPLET [EMULATOR]: does a program with a thread run?
runs_a_program()
{
	cat >"$work/probe.c" <<'END'
#include <pthread.h>
static void *run(void *arg) { return arg; }
int main(void)
{
	pthread_t thread;

	return pthread_create(&thread, 0, run, 0) || pthread_join(thread, 0);
}
END
	"$1-gcc" -pthread -o "$work/probe" "$work/probe.c" 2>/dev/null || return
	shift
	limited "$@" "$work/probe"
}

# has_tools TRIPLET ARCHITECTURE [EMULATOR]: whether there is everything to build for a machine and
# to run its programs. If not, name the packages.
has_tools()
{
	triplet=$1
	architecture=$2
	shift 2
	command -v "$triplet-gcc" >/dev/null &&
		PKG_CONFIG_LIBDIR=$(pkgconfig_folder "$triplet") \
			${PKG_CONFIG:-pkg-config} --exists check &&
		runs_a_program "$triplet" "$@" &&
		return
	echo "skipped: $triplet. On Debian, it needs these packages:"
	echo "    dpkg --add-architecture $architecture && apt-get update"
	echo "    apt-get install gcc-$triplet libc6-dev-$architecture-cross check:$architecture" \
		"${1:+qemu-user}"
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
		"$srcdir/configure" --host="$triplet" --without-mpi --enable-werror --disable-shared \
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
	check "$name: build" $MAKE -C "$work/$name" -j "$jobs" all check TESTS=
}

# programs NAME: the test programs of a build.
programs()
{
	(cd "$work/$1/tests" && find . -type f -perm -100 \( -name 'test_*' -o -name 'replay_*' -o \
		-path './regressions/*' \) ! -name '*.sh' ! -name '*.o' | sed 's,^\./,,' | sort)
}

# pass NAME ISA EMULATOR PROGRAM…: the test programs pass with one set of kernels. EMULATOR may be
# empty.
pass()
{
	name=$1
	isa=$2
	emulator=$3
	shift 3
	for program; do
		if [ -n "$emulator" ] && why=$(not_emulated "$program"); then
			echo "not run: $name: $program: $why"
			continue
		fi
		check "$name, $isa: $program" env AML_DMA_ISA="$isa" \
			${emulator:+AML_TEST_RUNNER="$emulator" "$emulator"} \
			"$work/$name/tests/$program"
	done
}

# The lists of programs are several words each.
# shellcheck disable=SC2046,SC2086
if has_tools i686-linux-gnu i386; then
	builds i686 i686-linux-gnu CFLAGS="-g -O2"
	pass i686 portable '' $(programs i686)
fi
# shellcheck disable=SC2046,SC2086
if has_tools s390x-linux-gnu s390x qemu-s390x; then
	builds s390x s390x-linux-gnu CFLAGS="-g -O2"
	pass s390x portable qemu-s390x $(programs s390x)
fi
# shellcheck disable=SC2046,SC2086
if has_tools aarch64-linux-gnu arm64 qemu-aarch64; then
	builds aarch64 aarch64-linux-gnu CFLAGS="-g -O2"
	pass aarch64 neon qemu-aarch64 $(programs aarch64)
	pass aarch64 portable qemu-aarch64 $copies
	flags='-fsanitize=undefined -fno-sanitize-recover=all'
	builds aarch64-undefined aarch64-linux-gnu CFLAGS="-g -O1 $flags" \
		LDFLAGS="$flags -static-libubsan"
	pass aarch64-undefined neon qemu-aarch64 $copies
	if command -v clang >/dev/null; then
		builds aarch64-clang aarch64-linux-gnu CC="clang --target=aarch64-linux-gnu"
		pass aarch64-clang neon qemu-aarch64 $copies
	fi
fi
[ "$checks" -gt 0 ] || exit 77
summary
