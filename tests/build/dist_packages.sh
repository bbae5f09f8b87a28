#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# From the tarball of `make dist`: the library installs to a clean prefix, and consumers build
# against it; `make uninstall` empties the prefix. Debian's packages build, and lintian finds no
# errors. In a minimal system, the packages install beside the unrelated libaml-dev, and what they
# bring works. For `make check-long`: this compiles the library twice. What has no tools is left out.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/system_lib.sh
. "$srcdir/tests/build/system_lib.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL AML_TEST_SOURCES
jobs=$(getconf _NPROCESSORS_ONLN)

make_tarball()
{
	$MAKE -C "$builddir" dist-gzip && mkdir "$work/deb" &&
		mv "$builddir"/libaml-dma-*.tar.gz "$work/deb/$tarball"
}

unpack()
{
	mkdir "$1" && tar -C "$1" --strip-components=1 -xzf "$work/deb/$tarball"
}

# Debian wants sources only: its tarball is without the generated pages of the reference.
repack_for_debian()
{
	unpack "$work/deb/source" &&
		rm -rf "$work/deb/source/doc/reference/html" "$work/deb/source/doc/reference/man3" \
			"$work/deb/source/doc/reference/pages.stamp" &&
		tar -C "$work/deb" -czf "$work/deb/$tarball" source
}

install_to_prefix()
{
	mkdir "$work/build" && (cd "$work/build" && "$work/source/configure" --prefix="$work/prefix" &&
		$MAKE -j "$jobs" && $MAKE install installcheck)
}

# The test of consumers, with the sources and the build of the tarball.
consumers_build()
{
	mkdir -p "$work/build/tests/build" &&
		srcdir=$work/source builddir=$work/build AML_CONSUME_PREFIX=$work/prefix \
			sh "$work/source/tests/build/consume.sh"
}

uninstall_leaves_nothing()
{
	$MAKE -C "$work/build" uninstall && ! find "$work/prefix" ! -type d -o -type d -name '*aml*' |
		grep .
}

builds_packages()
{
	(cd "$work/deb/source" && unset CFLAGS CPPFLAGS LDFLAGS CC CXX srcdir builddir &&
		DEB_BUILD_OPTIONS="parallel=$jobs" dpkg-buildpackage -us -uc)
}

# The flags of an installed package. The linker's folder is a system folder, and not named.
flags_name_the_folder()
{
	dpkg-deb -x "$work"/deb/libaml-dma-dev_*.deb "$work/dev" &&
		pc=$(find "$work/dev" -name aml-dma.pc) && [ -n "$pc" ] &&
		PKG_CONFIG_LIBDIR=$(dirname "$pc") "$PKG_CONFIG" --cflags aml-dma |
		grep -qw -- -I/usr/include/aml-dma && [ -f "$work/dev/usr/include/aml-dma/aml.h" ] &&
		[ ! -e "$work/dev/usr/include/aml.h" ]
}

symbols_have_versions()
{
	dpkg-deb -e "$work"/deb/libaml-dma1_*.deb "$work/dev/control" &&
		diff "$srcdir/debian/libaml-dma1.symbols" "$work/dev/control/symbols"
}

lintian_finds_no_errors()
{
	lintian --fail-on error "$work"/deb/*.changes
}

packages_install()
{
	make_system gcc libc6-dev pkg-config libaml-dev && mkdir "$system/root/deb" &&
		cp "$work"/deb/*.deb "$system/root/deb" &&
		inside deb 'apt-get update -q && apt-get install -q -y --no-install-recommends ./*.deb'
}

# The program of README.md, with the headers of the package.
first_program_runs()
{
	awk '/^```c[ \t]*$/ { inside = 1; next } /^```/ && inside { exit } inside' \
		"$srcdir/README.md" >"$system/root/first.c"
	inside . 'cc first.c $(pkg-config --cflags --libs aml-dma) && ./a.out' >"$work/printed" &&
		printf '1 4\n2 5\n3 6\n' | diff - "$work/printed"
}

python_module_works()
{
	inside . 'python3 -c "
import aml_dma
memory = bytearray(3)
aml_dma.copy(memory, memoryview(b\"a-b-c\")[::2])
assert memory == b\"abc\""'
}

tools_run()
{
	inside . 'aml-dma info && aml-dma explain --src 8x8:f64 --permute 1,0 && aml-dma-bench --help'
}

pages_are_installed()
{
	[ -f "$system/usr/share/man/man1/aml-dma.1.gz" ] &&
		[ -f "$system/usr/share/man/man3/aml_dma_linux_create.3.gz" ] &&
		[ -f "$system/usr/share/man/man7/aml-dma.7.gz" ]
}

version=$(sed -n 's/^#define AML_VERSION_STRING "\(.*\)"$/\1/p' "$srcdir/include/aml/utils/version.h")
tarball=libaml-dma_$version.orig.tar.gz
check "make dist" make_tarball
check "the tarball unpacks" unpack "$work/source"
check "it builds, and installs to a clean prefix" install_to_prefix
check "consumers build against the prefix" consumers_build
check "make uninstall leaves nothing" uninstall_leaves_nothing
if command -v dpkg-buildpackage >/dev/null && command -v dh >/dev/null &&
	command -v dh_python3 >/dev/null; then
	check "the tarball unpacks for Debian" repack_for_debian
	check "Debian's packages build" builds_packages
	check "the flags name a folder of the package" flags_name_the_folder
	check "the file of symbols is complete" symbols_have_versions
	if command -v lintian >/dev/null; then
		check "lintian finds no errors" lintian_finds_no_errors
	fi
	if why=$(system_lacks); then
		echo "the packages are not installed: $why"
	else
		check "the packages install beside libaml-dev" packages_install
		check "the first program runs" first_program_runs
		check "the Python module works" python_module_works
		check "the tools run" tools_run
		check "the manual pages are there" pages_are_installed
	fi
else
	echo "Debian's packages are not tested: install dpkg-dev, debhelper and dh-python"
fi

summary
