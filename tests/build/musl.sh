#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The library and the examples build with musl, another C library, without a warning, and the
# examples pass their tests. For `make check-long`: this compiles the library once more.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

skip()
{
	echo "skipped: $1"
	exit 77
}

command -v musl-gcc >/dev/null || skip "there is no musl-gcc (Debian: musl-tools)"
[ ! -e "$srcdir/config.status" ] ||
	skip "the source folder is configured, so there can be no other build folder"
unset MAKEFLAGS MFLAGS MAKELEVEL CPPFLAGS LDFLAGS CXX FC
jobs=$(getconf _NPROCESSORS_ONLN)
build=$work/build

# There is no Check for musl, so there are no test programs.
configured()
{
	mkdir "$build" && (cd "$build" && unset CFLAGS &&
		"$srcdir/configure" CC=musl-gcc PKG_CONFIG=false --without-mpi --enable-werror --disable-shared)
}

built()
{
	examples=$(cd "$srcdir" && echo doc/examples/*.c | sed 's/\.c\>//g')
	# The list is several words.
	# shellcheck disable=SC2086
	$MAKE -C "$build" -j "$jobs" all $examples
}

uses_musl()
{
	readelf -l "$build/doc/examples/01-hello" | grep -q 'interpreter: .*musl'
}

# passes TEST: a test of the examples, with these programs.
passes()
{
	mkdir -p "$build/tests/build" && builddir=$build CC=musl-gcc CFLAGS='' CPPFLAGS='' LDFLAGS='' \
		sh "$srcdir/tests/build/$1"
}

# A worker is pinned to a CPU: musl creates threads in another way.
cat >"$work/pinned.c" <<'END'
#include <aml.h>
#include <aml/dma/linux.h>
#include <sched.h>

static int count_cpus(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	cpu_set_t cpus;

	(void)src, (void)arg;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return -AML_FAILURE;
	*(int *)dst = CPU_COUNT(&cpus);
	return AML_SUCCESS;
}

int main(void)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	struct aml_dma_request *request;
	struct aml_dma *dma;
	cpu_set_t before, after, none;
	int count = 0;

	sched_getaffinity(0, sizeof(before), &before);
	attr.num_threads = 1;
	attr.flags = AML_DMA_LINUX_PIN;
	if (aml_dma_linux_create_attr(&dma, &attr) != AML_SUCCESS)
		return 1;
	if (aml_dma_async_copy_custom(dma, &request, (struct aml_layout *)&count,
				      (struct aml_layout *)&count, count_cpus, NULL))
		return 2;
	/* Until the worker has it. */
	while (stats.finished == 0)
		if (aml_dma_linux_statistics(dma, &stats) != AML_SUCCESS)
			return 3;
	if (aml_dma_wait(dma, &request) != AML_SUCCESS || count != 1)
		return 4;
	sched_getaffinity(0, sizeof(after), &after);
	if (!CPU_EQUAL(&before, &after) || aml_dma_linux_destroy(&dma) != AML_SUCCESS)
		return 5;
	CPU_ZERO(&none);
	attr.cpus = &none;
	attr.cpus_size = sizeof(none);
	return aml_dma_linux_create_attr(&dma, &attr) == -AML_EINVAL ? 0 : 6;
}
END
pins()
{
	musl-gcc -D_GNU_SOURCE -Wall -Wextra -Werror -I"$srcdir/include" -o "$work/pinned" \
		"$work/pinned.c" "$build/.libs/libaml-dma.a" -pthread && limited "$work/pinned"
}

check "configure" configured
check "the library and the examples build" built
check "they use musl" uses_musl
check "the first examples" passes examples.sh
check "the examples of requests" passes request_examples.sh
check "the examples of layouts" passes layout_examples.sh
check "the examples of operators" passes operator_examples.sh
check "a pinned worker" pins

summary
