#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Datatypes: test_types.c.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"

on_ranks 1 test_types
summary
