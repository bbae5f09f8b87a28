#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The tarball of `make dist` has the files in git and the generated build system, nothing else, and
# is the same, bit for bit, when it is made twice.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
of_the_sources

if ! git -C "$srcdir" ls-files --error-unmatch configure.ac >/dev/null 2>&1; then
	echo "skipped: not in a checkout of git"
	exit 77
fi
if ! grep -q '^DOXYGEN = .' "$builddir/Makefile" && [ ! -f "$srcdir/doc/reference/pages.stamp" ]; then
	echo "skipped: the pages of the reference need Doxygen"
	exit 77
fi
unset MAKEFLAGS MFLAGS MAKELEVEL
SOURCE_DATE_EPOCH=1700000000
export SOURCE_DATE_EPOCH

# make_tarball FOLDER: move the tarball there.
make_tarball()
{
	$MAKE -C "$builddir" dist-gzip && mkdir "$1" && mv "$builddir"/libaml-dma-*.tar.gz "$1"
}

# What autoreconf and automake add.
generated()
{
	cat <<'END'
Makefile.in
aclocal.m4
configure
build-aux/ar-lib
build-aux/compile
build-aux/config.guess
build-aux/config.sub
build-aux/depcomp
build-aux/install-sh
build-aux/ltmain.sh
build-aux/missing
build-aux/test-driver
m4/libtool.m4
m4/ltoptions.m4
m4/ltsugar.m4
m4/ltversion.m4
m4/lt~obsolete.m4
m4/pkg.m4
END
}

has_the_files()
{
	{
		git -C "$srcdir" ls-files
		generated
	} | sort >"$work/expected"
	tar -tzf "$work/first/$name" | grep -v '/$' | sed 's,^[^/]*/,,' | sort >"$work/found"
	# A listed helper need not be there: which ones are depends on the version of automake. The
	# pages of the reference are there if Doxygen is.
	generated | sort >"$work/generated"
	comm -3 "$work/expected" "$work/found" | tr -d '\t' | grep -vxFf "$work/generated" |
		grep -vE '^doc/reference/(html/|man3/|pages\.stamp$)' >"$work/wrong"
	cat "$work/wrong"
	[ -s "$work/found" ] && [ ! -s "$work/wrong" ]
}

check "make dist" make_tarball "$work/first"
check "make dist, again" make_tarball "$work/second"
name=$(cd "$work/first" && echo libaml-dma-*.tar.gz)
check "both are the same" cmp "$work/first/$name" "$work/second/$name"
check "the files of git, and what is generated" has_the_files

summary
