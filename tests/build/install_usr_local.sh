#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# README.md's way to install: after `make install` under /usr/local and `ldconfig`, the program of
# README.md compiles with the flags of pkg-config, and starts. This happens in a mount namespace
# with another /usr/local and another /etc, so the machine is not changed. Skipped without the right
# to make such a namespace, and for builds with another prefix or without a shared library.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

skip()
{
	echo "skipped: $1"
	exit 77
}

# apart COMMAND…: run the command in a mount namespace of its own.
apart()
{
	if [ "$(id -u)" -eq 0 ]; then
		limited unshare --mount "$@"
	else
		limited unshare --map-root-user --mount "$@"
	fi
}

[ -f "$builddir/.libs/libaml-dma.so" ] || skip "there is no shared library"
# shellcheck disable=SC2016
if ! grep -qx 'prefix=/usr/local' "$builddir/aml-dma.pc" ||
	! grep -qx 'libdir=${exec_prefix}/lib' "$builddir/aml-dma.pc"; then
	skip "the prefix is not /usr/local"
fi
grep -rqsx '/usr/local/lib' /etc/ld.so.conf /etc/ld.so.conf.d ||
	skip "the linker of this system does not search /usr/local/lib"
PATH=$PATH:/usr/sbin:/sbin
for tool in "${CC%% *}" "${MAKE%% *}" "${PKG_CONFIG%% *}" ldconfig unshare; do
	case $(command -v "$tool") in
	'') skip "there is no $tool" ;;
	/usr/local/*) skip "$tool itself lies in /usr/local" ;;
	esac
done
case $builddir in /usr/local/* | /etc/*) skip "the build folder would be hidden" ;; esac

mkdir "$work/local" "$work/etc"
apart mount --bind "$work/local" /usr/local 2>"$work/refused" ||
	skip "no mount namespace: $(cat "$work/refused")"
# Not everybody may read all of /etc.
cp -a /etc/. "$work/etc" 2>/dev/null

awk '/^```c[ \t]*$/ { inside = 1; next } /^```/ && inside { exit } inside' "$srcdir/README.md" \
	>"$work/first.c"

# The steps, with an output line for each one that worked. CC and the flags hold several words.
cat >"$work/steps" <<'END'
set -eu
mount --bind "$work/local" /usr/local
mount --bind "$work/etc" /etc
unset MAKEFLAGS MFLAGS MAKELEVEL PKG_CONFIG_PATH LD_LIBRARY_PATH
ldconfig
# See installing() in tests/build/lib.sh.
! command -v flock >/dev/null 2>&1 || set -- flock --close "$builddir/config.status"
"$@" $MAKE -C "$builddir" install >"$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }
echo installed
$CC $CPPFLAGS $CFLAGS -o "$work/first" "$work/first.c" $LDFLAGS \
	$($PKG_CONFIG --cflags --libs aml-dma)
echo compiled
if "$work/first" >"$work/early" 2>&1; then
	echo "started without ldconfig"
	exit 1
fi
ldconfig
"$work/first"
echo started
END
export work
walk()
{
	apart sh "$work/steps" >"$work/walked" 2>&1 || {
		cat "$work/walked"
		return 1
	}
}
walked()
{
	grep -qx "$1" "$work/walked"
}
check "README.md's steps work" walk
for step in installed compiled started; do
	check "the library or program is $step" walked $step
done

summary
