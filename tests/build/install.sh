#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The files of `make install` are sufficient: a program compiles, links and runs with the flags of
# pkg-config only, with the shared and with the static library.
# Contract: NAME-3.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

root=$work/root

# Drop the flags of the make that runs the tests, such as its jobserver and its command line's
# variables.
make_install()
{
	unset MAKEFLAGS MFLAGS MAKELEVEL
	installing "$MAKE" -C "$builddir" install DESTDIR="$root"
}

all_headers()
{
	{
		(cd "$srcdir/include" && find . -name '*.h' -o -name '*.hpp')
		# Of the library between processes, if this build has it.
		[ -z "$(find "$root" -name 'libaml-dma-mpi.*')" ] ||
			(cd "$srcdir/mpi/include" && find . -name '*.h')
	} | sort >"$work/ours"
	(cd "$includedir" && find . -name '*.h' -o -name '*.hpp' | sort) >"$work/installed"
	diff "$work/ours" "$work/installed"
}

# The links of the installed README.md and chapters lead to installed files.
links_lead_somewhere()
{
	documents=$(dirname "$(find "$root" -path '*/guide/start.md')")/..
	for file in "$documents"/README.md "$documents"/guide/*.md; do
		[ -s "$file" ] || echo "$file is missing"
		for link in $(sed '/^```/,/^```/d; /^    /d' "$file" | grep -oE '\]\([^)]*\)' |
			sed 's/^](//; s/)$//; s/#.*//' | grep -vE '^([a-z]+:|$)'); do
			[ -e "$(dirname "$file")/$link" ] || echo "$(basename "$file"): the link $link leads nowhere"
		done
	done >"$work/dead"
	cat "$work/dead"
	[ ! -s "$work/dead" ]
}

# Run pkg-config on the installed .pc file only. A prefix of /usr gets the same flags as any other.
pkg_config()
{
	PKG_CONFIG_LIBDIR=$libdir/pkgconfig PKG_CONFIG_PATH='' PKG_CONFIG_SYSROOT_DIR=$root \
	PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
		"$PKG_CONFIG" "$@" aml-dma
}

# The variables and the output of pkg-config hold several words each.
# shellcheck disable=SC2046,SC2086
build()
{
	$CC $CPPFLAGS $CFLAGS -DVERSION="\"$(pkg_config --modversion)\"" \
		$(pkg_config --cflags) -o "$work/$1" "$work/program.c" \
		$LDFLAGS $(pkg_config --libs $2)
}

cat >"$work/program.c" <<'END'
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>

int main(void)
{
	double from[3][2] = {{1, 2}, {3, 4}, {5, 6}}, to[3][2] = {{0}};
	const size_t dims[] = {3, 2};
	struct aml_layout *src, *dst;
	struct aml_dma_request *request;

	if (strcmp(VERSION, aml_version_string) || strcmp(VERSION, AML_VERSION_STRING))
		return 2;
	if (aml_init(NULL, NULL))
		return 3;
	if (aml_layout_dense_create(&src, from, AML_LAYOUT_ORDER_C, sizeof(double), 2, dims, NULL,
				    NULL) ||
	    aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_C, sizeof(double), 2, dims, NULL,
				    NULL))
		return 4;
	if (aml_dma_async_copy(aml_dma_linux, &request, dst, src) ||
	    aml_dma_wait(aml_dma_linux, &request))
		return 5;
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
	if (aml_finalize())
		return 6;
	return memcmp(from, to, sizeof(from)) ? 7 : 0;
}
END

make_uninstall()
{
	unset MAKEFLAGS MFLAGS MAKELEVEL
	$MAKE -C "$builddir" uninstall DESTDIR="$root"
}

make_installcheck()
{
	unset MAKEFLAGS MFLAGS MAKELEVEL
	$MAKE -C "$builddir" installcheck DESTDIR="$root"
}

# Folders that other packages use too may stay.
# The prefix itself may have the name of the library.
nothing_is_left()
{
	prefix=$(sed -n 's/^prefix = //p' "$builddir/Makefile")
	{
		find "$root" ! -type d
		find "$root$prefix" -mindepth 1 -type d -name '*aml*'
	} >"$work/left"
	cat "$work/left"
	[ ! -s "$work/left" ]
}

check "make install" make_install
check "make installcheck" make_installcheck
includedir=$(dirname "$(find "$root" -name aml.h)")
libdir=$(dirname "$(dirname "$(find "$root" -name aml-dma.pc)")")
check "every header is installed" all_headers
check "the links of the installed documents lead to installed files" links_lead_somewhere

# The variable may or may not have the root in front.
has_fortran()
{
	folder=$(pkg_config --variable=fortrandir)
	[ -f "$root${folder#"$root"}/aml_dma.f90" ]
}
check "the Fortran module is where pkg-config says" has_fortran

# The command, its man page, and its completion where the package bash-completion looks for it.
command_is_installed()
{
	command=$(find "$root" -path '*/bin/aml-dma' -type f)
	[ -x "$command" ] && [ -n "$(find "$root" -path '*/man/man1/aml-dma.1' -type f)" ] &&
		[ -n "$(find "$root" -path '*/bash-completion/completions/aml-dma' -type f)" ]
}
check "the command is installed" command_is_installed

if [ -f "$libdir/libaml-dma.so" ]; then
	check "a program compiles and links, shared" build shared ''
	check "it runs" env LD_LIBRARY_PATH="$libdir" "$work/shared"
	rm -f "$libdir"/libaml-dma.so*
	check "the command runs without the shared library" "$command" info
fi
if [ -f "$libdir/libaml-dma.a" ]; then
	check "a program compiles and links, static" build static --static
	check "it runs" "$work/static"
fi

check "make install, again" make_install
check "make uninstall" make_uninstall
check "nothing is left" nothing_is_left

summary
