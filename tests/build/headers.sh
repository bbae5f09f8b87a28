#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Each public header compiles by itself and when included twice, in each promised language, and in
# programs that define an old _POSIX_C_SOURCE first. So do the initialisers of structures.
# Contract: NAME-1, NAME-7.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

# The variables hold several words each.
# shellcheck disable=SC2086
compiles()
{
	"$@" $CPPFLAGS -I"$srcdir/include" -Wall -Wextra -Wpedantic -Werror -fsyntax-only
}

if command -v "${CXX%% *}" >/dev/null 2>&1; then
	have_cxx=yes
else
	have_cxx=no
	echo "no C++ compiler: the headers are tested as C only"
fi

for path in $(cd "$srcdir/include" && find . -name '*.h' | sort); do
	header=${path#./}
	printf '#include <%s>\n#include <%s>\nextern int not_empty;\n' "$header" "$header" \
		>"$work/alone.c"
	cp "$work/alone.c" "$work/alone.cc"
	for posix in -UNOTHING -D_POSIX_C_SOURCE=199309L; do
		for std in c99 c11 gnu11; do
			# shellcheck disable=SC2086
			check "$header as $std $posix" compiles $CC -std=$std $posix "$work/alone.c"
		done
		[ $have_cxx = yes ] || continue
		for std in c++11 c++17; do
			# shellcheck disable=SC2086
			check "$header as $std $posix" compiles $CXX -std=$std $posix "$work/alone.cc"
		done
	done
done

# Programs written for AML include only aml.h, and use names of these standard headers. The test
# uses at least one name of each header.
cat >"$work/names.c" <<'END'
#include <aml.h>
int names(pthread_mutex_t *mutex, sem_t *sem, const char *format, ...);
int names(pthread_mutex_t *mutex, sem_t *sem, const char *format, ...)
{
	va_list args;
	uint64_t number = 0;

	assert(mutex != NULL);
	errno = 0;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("%" PRIu64 "\n", number);
	return pthread_mutex_lock(mutex) + sem_wait(sem) + (int)offsetof(struct aml_layout, data) +
	       atoi(format) + (int)strlen(format) + strcasecmp(format, "") +
	       munmap(NULL, PROT_READ | PROT_WRITE) + (int)getpid() + aml_init(NULL, NULL);
}
END
cp "$work/names.c" "$work/names.cc"
for std in c99 c11 gnu11; do
	check "the standard headers' names as $std" compiles $CC -std=$std "$work/names.c"
done
if [ $have_cxx = yes ]; then
	# shellcheck disable=SC2086
	check "the standard headers' names as c++17" compiles $CXX -std=c++17 "$work/names.cc"
fi

# Each initialiser of a structure that begins with its size has a value for every member.
for path in $(cd "$srcdir/include" && find . -name '*.h' | sort); do
	sed -n 's/^#define \(AML_[A-Z0-9_]*\)_INIT\([^A-Z0-9_].*\)\{0,1\}$/\1/p' "$srcdir/include/$path" |
		while read -r owner; do
			echo "#include <${path#./}>"
			echo "extern const struct $(echo "$owner" | tr '[:upper:]' '[:lower:]') of_$owner;"
			echo "const struct $(echo "$owner" | tr '[:upper:]' '[:lower:]') of_$owner = ${owner}_INIT;"
		done
done >"$work/init.c"
check "there are initialisers" grep -q AML_DMA_LINUX_ATTR_INIT "$work/init.c"
cp "$work/init.c" "$work/init.cc"
for std in c99 c11 gnu11; do
	# shellcheck disable=SC2086
	check "the initialisers as $std" compiles $CC -std=$std "$work/init.c"
done
if [ $have_cxx = yes ]; then
	for std in c++11 c++17; do
		# shellcheck disable=SC2086
		check "the initialisers as $std" compiles $CXX -std=$std "$work/init.cc"
	done
fi

summary
