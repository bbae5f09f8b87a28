#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The shared library is hardened as configure found that it can be: read off the built object.
# Contract: INIT-8.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

library=$builddir/.libs/libaml-dma.so
if [ ! -f "$library" ] || ! command -v readelf >/dev/null; then
	echo "skipped: there is no shared library, or no readelf"
	exit 77
fi
readelf --wide --program-headers --dynamic --notes "$library" >"$work/elf"
# The note that the linker leaves depends on the C library's start files; the landing pads do not.
$OBJDUMP -d "$library" | grep -m 3 endbr >"$work/pads"
$NM -D --undefined-only "$library" >"$work/undefined"
# An instrumented library calls the sanitizer's functions in the place of the hardened ones.
case "$CFLAGS" in *-fsanitize*) instrumented=yes ;; *) instrumented=no ;; esac

# hardened FLAG WHAT PATTERN FILE: where configure chose FLAG, FILE has PATTERN.
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
# A frame whose size a caller chooses would show as an alloca or a variable array.
check "no alloca and no variable arrays" sh -c '
	! grep -rnE "\<alloca *\(" "$srcdir/src" &&
	for file in "$srcdir"/src/*.c "$srcdir"/src/*/*.c; do
		$CC -std=gnu11 -D_GNU_SOURCE -I"$srcdir/include" -I"$srcdir/src" -Wvla -Werror \
			-fsyntax-only "$file" || exit 1
	done'
summary
