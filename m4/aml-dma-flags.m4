# SPDX-License-Identifier: BSD-3-Clause
# Macros that check which flags the compiler and the linker take.

# AML_DMA_IF_LINKS(WHAT, CFLAGS, LDFLAGS, [IF-YES], [IF-NO])
# Checks whether a program compiles and links with CFLAGS and LDFLAGS after the user's flags.
# Reports the check as "checking whether WHAT". Leaves the user's flags unchanged. Sets
# aml_dma_links to yes or no.
AC_DEFUN([AML_DMA_IF_LINKS],
[AC_MSG_CHECKING([whether $1])
aml_dma_users_CFLAGS=$CFLAGS
aml_dma_users_LDFLAGS=$LDFLAGS
CFLAGS="$CFLAGS $2"
LDFLAGS="$LDFLAGS $3"
AC_LINK_IFELSE([AC_LANG_SOURCE([[#include <pthread.h>
#include <stdio.h>
int main(void) { return pthread_equal(pthread_self(), pthread_self()) && puts("") < 0; }]])],
	[aml_dma_links=yes], [aml_dma_links=no])
CFLAGS=$aml_dma_users_CFLAGS
LDFLAGS=$aml_dma_users_LDFLAGS
AC_MSG_RESULT([$aml_dma_links])
AS_IF([test "$aml_dma_links" = yes], [$4], [$5])])

# AML_DMA_APPEND_CFLAGS(VARIABLE, WORDS)
# Checks which of the shell words WORDS the compiler takes without a warning, and appends these to
# VARIABLE. A quoted word holds flags that are checked together. The checks ignore the user's
# _FORTIFY_SOURCE, because it causes a warning in builds without optimisation.
AC_DEFUN([AML_DMA_APPEND_CFLAGS],
[for aml_dma_flag in $2
do
	AML_DMA_IF_LINKS([$CC takes $aml_dma_flag], [-Werror -U_FORTIFY_SOURCE $aml_dma_flag], [],
		[AS_VAR_APPEND([$1], [" $aml_dma_flag"])])
done])

# AML_DMA_APPEND_LDFLAGS(VARIABLE, WORDS)
# Checks which of the shell words WORDS the linker takes, and appends these to VARIABLE.
AC_DEFUN([AML_DMA_APPEND_LDFLAGS],
[for aml_dma_flag in $2
do
	AML_DMA_IF_LINKS([the linker takes $aml_dma_flag], [], [$aml_dma_flag],
		[AS_VAR_APPEND([$1], [" $aml_dma_flag"])])
done])
