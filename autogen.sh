#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Make configure and its helpers from configure.ac and Makefile.am.
set -eu
cd "$(dirname "$0")"

missing=
# need TOOL PACKAGE: note the package where the tool is missing.
need()
{
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

need autoreconf autoconf
need automake automake
need libtoolize libtool
need pkg-config pkg-config
if [ -n "$missing" ]; then
	echo "autogen.sh: these are missing, under their names in Debian:$missing" >&2
	exit 1
fi
exec autoreconf -fi
