#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A program opens the library with dlopen(), closes it while an engine exists, and opens it again.
# Contract: INIT-8.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

library=$builddir/.libs/libaml-dma.so
case "$CFLAGS" in *-fsanitize*) library= ;; esac
if [ ! -f "$library" ]; then
	echo "skipped: there is no shared library, or it was built with a sanitizer"
	exit 77
fi
cat >"$work/unload.c" <<'END'
#include <dlfcn.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*copy_fn)(void *, void *, void *, void *, void *);

/* Open the library and copy. Then close it, after aml_finalize() if `end` is set. */
static int use(const char *path, int end)
{
	char from[64] = {1}, to[64] = {0};
	void *library = dlopen(path, RTLD_NOW), **dma;
	int (*init)(int *, char ***), (*finalize)(void);
	copy_fn copy;

	if (library == NULL)
		return 1;
	*(void **)&init = dlsym(library, "aml_init");
	*(void **)&finalize = dlsym(library, "aml_finalize");
	*(void **)&copy = dlsym(library, "aml_dma_copy_custom");
	dma = dlsym(library, "aml_dma_linux");
	if (init(NULL, NULL) != 0)
		return 2;
	if (copy(*dma, to, from, dlsym(library, "aml_dma_linux_memcpy_op"), (void *)64) != 0 ||
	    to[0] != 1)
		return 3;
	while (end && finalize() == 0)
		;
	return dlclose(library);
}

int main(int argc, char *argv[])
{
	int status = 0, result = 0;

	for (int i = 0; i < 20 && argc == 3 && result == 0; i++) {
		result = use(argv[1], argv[2][0] == 'e' || i % 2);
		if (fork() == 0)
			_exit(0);
		if (wait(&status) < 0 || status != 0)
			return 4;
	}
	return result;
}
END
# The variables hold several words each.
# shellcheck disable=SC2086
check "a program that opens the library" $CC -D_GNU_SOURCE $CPPFLAGS $CFLAGS $LDFLAGS \
	-o "$work/unload" "$work/unload.c" -ldl -pthread
check "closed after aml_finalize" env AML_DMA_NUM_THREADS=2 "$work/unload" "$library" end
check "closed with an engine at work" env AML_DMA_NUM_THREADS=2 "$work/unload" "$library" leave
check "closed with a trace" env AML_DMA_NUM_THREADS=2 AML_DMA_TRACE="$work/trace.json" \
	"$work/unload" "$library" leave
summary
