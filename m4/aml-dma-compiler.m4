# SPDX-License-Identifier: BSD-3-Clause
# Compiler and linker flags of the library and its programs.

# AML_DMA_PTHREAD
# Checks that a program compiles and links with -pthread. If not, configure fails.
AC_DEFUN([AML_DMA_PTHREAD],
[AML_DMA_IF_LINKS([$CC takes -pthread], [-pthread], [], [],
	[AC_MSG_ERROR([POSIX threads are needed])])])

# AML_DMA_WARNINGS
# Checks whether the compiler supports the C dialect, and which warnings. Adds --enable-werror.
# Sets AML_CFLAGS.
AC_DEFUN([AML_DMA_WARNINGS],
[AC_ARG_ENABLE([werror],
	[AS_HELP_STRING([--enable-werror], [treat the compiler's warnings as errors])],
	[], [enable_werror=no])
AML_CFLAGS=
AML_DMA_APPEND_CFLAGS([AML_CFLAGS],
	[-std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
	-Wthread-safety])
AS_IF([test "$enable_werror" = yes], [AS_VAR_APPEND([AML_CFLAGS], [" -Werror"])])
AC_SUBST([AML_CFLAGS])])

# AML_DMA_HARDEN
# Checks which hardening flags the tools take. The flags limit the harm of bugs in the library and
# in programs that use it. Sets HARDEN_CFLAGS and HARDEN_LDFLAGS.
AC_DEFUN([AML_DMA_HARDEN],
[HARDEN_CFLAGS=
AML_DMA_APPEND_CFLAGS([HARDEN_CFLAGS],
	["-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2" -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection])
AC_SUBST([HARDEN_CFLAGS])
# -z nodelete keeps the library loaded after dlclose(): an engine's workers still run its code.
HARDEN_LDFLAGS=
AML_DMA_APPEND_LDFLAGS([HARDEN_LDFLAGS],
	[-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,nodelete])
AC_SUBST([HARDEN_LDFLAGS])])

# AML_DMA_VERSION_SCRIPT
# Checks whether the linker takes a version script. Sets the conditional VERSION_SCRIPT.
AC_DEFUN([AML_DMA_VERSION_SCRIPT],
[echo 'TEST { global: main; local: *; };' >conftest.map
AML_DMA_IF_LINKS([the linker takes --version-script], [],
	[-Wl,--version-script=conftest.map])
rm -f conftest.map
AM_CONDITIONAL([VERSION_SCRIPT], [test "$aml_dma_links" = yes])])

# AML_DMA_SDT
# Checks for sys/sdt.h, the header of static probes (Debian: systemtap-sdt-dev). Sets SDT_CPPFLAGS,
# which is empty if the header is missing.
AC_DEFUN([AML_DMA_SDT],
[SDT_CPPFLAGS=
AC_CHECK_HEADER([sys/sdt.h], [SDT_CPPFLAGS=-DHAVE_SYS_SDT_H])
AC_SUBST([SDT_CPPFLAGS])])
