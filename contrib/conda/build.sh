#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Build and install for conda-build, which sets $PREFIX and $CPU_COUNT.
set -eu
./autogen.sh
mkdir -p build-conda
cd build-conda
../configure --prefix="$PREFIX" --disable-static
make -j "${CPU_COUNT:-2}"
make install
make installcheck
