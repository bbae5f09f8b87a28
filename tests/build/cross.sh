#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Build for other machines, and run the tests of copies in an emulator: aarch64 for its kernels, and
# a big-endian and a 32-bit machine for the rest. `make check-long` runs this test, `make check` does
# not. A machine without its compiler, its emulator or its Check is skipped; the output names the
# packages of Debian to install. The emulator shows only that results are right.
# Contract: ENV-2, COPY-5.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

# The emulator is some ten times slower than the machine.
CK_TIMEOUT_MULTIPLIER=$((40 * ${CK_TIMEOUT_MULTIPLIER:-1}))
export CK_TIMEOUT_MULTIPLIER
unset AML_TEST_LONG AML_DMA_ISA

if [ -e "$srcdir/config.status" ]; then
	echo "skipped: a tree that was configured in place cannot be built in another folder"
	exit 77
fi

# What to run. The tests of queues, faults and processes test more of the emulator than of the library.
programs='copy/test_copy copy/test_kernels copy/test_large copy/test_nested_layouts copy/test_random
copy/test_shifting copy/test_user_layout dma/test_engine dma/test_operators kernels/test_fill
layout/test_dense layout/test_layout layout/test_pad layout/test_reshape
layout/test_reshape_layout layout/test_slice machine/test_cpus plan/test_parts plan/test_plan
async/test_order async/test_workers test_abi test_error'

# has_tools TRIPLET QEMU DEBIAN_NAME: whether everything for the machine is installed; otherwise say what to
# install.
has_tools()
{
	"$1-gcc" --version >/dev/null 2>&1 && "$2" --version >/dev/null 2>&1 &&
		echo '#include <check.h>' | "$1-gcc" -E - >/dev/null 2>&1 &&
		PKG_CONFIG_LIBDIR=$(pkg_folder "$1") "$PKG_CONFIG" --exists check && return
	echo "skipped: $1. Install what it needs:"
	echo "    dpkg --add-architecture $3 && apt-get update"
	echo "    apt-get install gcc-$1 libc6-dev-$3-cross qemu-user check:$3"
	return 1
}
