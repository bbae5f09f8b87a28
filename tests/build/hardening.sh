#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The built shared library has every hardening that configure chose flags for.
# Contract: INIT-8.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

library=$builddir/.libs/libaml-dma.so
if [ ! -f "$library" ] || ! command -v readelf >/dev/null; then
	echo "skipped: there is no shared library, or no readelf"
	exit 77
fi
readelf --wide --program-headers --dynamic --notes "$library" >"$work/elf"
# Control flow protection shows in the landing pads (endbr). The linker's note about it also depends
# on the C library's start files.
$OBJDUMP -d "$library" | grep -m 3 endbr >"$work/pads"
$NM -D --undefined-only "$library" >"$work/undefined"
# A library built with a sanitizer calls the sanitizer's functions instead of the hardened ones.
case "$CFLAGS" in *-fsanitize*) instrumented=yes ;; *) instrumented=no ;; esac

# hardened FLAG WHAT PATTERN FILE: if configure chose FLAG, FILE matches PATTERN.
hardened()
{
	case " $HARDEN_CFLAGS $HARDEN_LDFLAGS " in
	*" $1 "*) check "$2" grep -Eq "$3" "$work/$4" ;;
	*) echo "not checked: $2: the tools do not take $1" ;;
	esac
}

hardened -Wl,-z,relro "relocations are read-only" GNU_RELRO elf
hardened -Wl,-z,now "all symbols are bound at the start" 'BIND_NOW|FLAGS.*NOW' elf
hardened -Wl,-z,noexecstack "the stack is not executable" 'GNU_STACK.* RW ' elf
hardened -Wl,-z,nodelete "dlclose() does not unload it" NODELETE elf
hardened -fstack-protector-strong "stacks are guarded" __stack_chk_fail undefined
if [ "$instrumented" = no ]; then
	hardened -D_FORTIFY_SOURCE=2 "calls of libc are checked" '__[a-z]+_chk' undefined
	hardened -fcf-protection "control flow is protected" endbr pads
fi
# A caller cannot choose the size of a stack frame: that needs alloca or a variable-length array.
check "no alloca and no variable-length arrays" sh -c '
	! grep -rnE "\<alloca *\(" "$srcdir/src" &&
	for file in "$srcdir"/src/*.c "$srcdir"/src/*/*.c; do
		$CC -std=gnu11 -D_GNU_SOURCE -I"$srcdir/include" -I"$srcdir/src" -Wvla -Werror \
			-fsyntax-only "$file" || exit 1
	done'
summary
