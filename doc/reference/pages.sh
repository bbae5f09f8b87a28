#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Make the reference from the public headers: doc/reference/html, and doc/reference/man3 for man.
# Doxygen makes the pages. Of its man pages, those of files and of members of structures are left
# out. The others get a NAME section as man expects it, and the header to include.
# usage: pages.sh DOXYGEN INCLUDE    in the build folder; INCLUDE is the folder of the headers
set -eu
doxygen=$1
include=$2
cd doc/reference
rm -rf html man man3
(cd ../.. && "$doxygen" doc/reference/Doxyfile)

# header_of PAGE: the header that describes a group or defines a structure.
header_of()
{
	(cd "$include" && grep -rlE "@defgroup $1 |^struct $1 \{" . | sed 's,^\./,,')
}

mkdir man3
for page in man/man3/aml_*.3 man/man3/AML_*.3; do
	name=$(basename "$page" .3)
	if ! grep -q '^\.TH' "$page"; then
		cp "$page" man3
		continue
	fi
	awk -v header="$(header_of "$name")" '
		/^\.SH NAME/ { inside_name = 1 }
		/^\.SH SYNOPSIS/ {
			inside_name = 0
			print
			print ".nf"
			print "\\fB#include <" header ">\\fP"
			print ".fi"
			next
		}
		inside_name && /^(\.PP| \\- )/ { next }
		/^\\fC#include </ { next }
		{ print }' "$page" >"man3/$name.3"
done
rm -r man
