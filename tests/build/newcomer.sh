#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The newcomer's walk: in a minimal Debian system with git and nothing else, clone the tree and do
# what README.md and the guide say: install, compile and start the first program, a layout and an
# operator of one's own, look at a trace, and the first programs in C++, with CMake, in Python and
# in Fortran. Each command must stand in the document, word for word; only `sudo` is left out,
# because the walk is root's. For `make check-long`: this downloads some hundred megabytes.
# It needs a checkout, whose last commit is cloned.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/guide_lib.sh
. "$srcdir/tests/build/guide_lib.sh"
# shellcheck source=tests/build/system_lib.sh
. "$srcdir/tests/build/system_lib.sh"

skip()
{
	echo "skipped: $1"
	exit 77
}

! why=$(system_lacks) || skip "$why"
git -C "$srcdir" rev-parse HEAD >/dev/null 2>&1 || skip "not in a checkout of git"
guide=usr/local/share/doc/libaml-dma/guide

# Hardlinks and alternates would lead out of the system.
bring_the_tree()
{
	git clone --quiet --bare --no-hardlinks "$srcdir" "$system/srv/libaml-dma.git"
}

# says DOCUMENT COMMAND: the document, a file in the system, has the command.
says()
{
	grep -qF -- "$2" "$system/$1" || {
		echo "$1 does not say: $2"
		return 1
	}
}

# walk DOCUMENT FOLDER COMMAND: do what the document says.
walk()
{
	says "$1" "$3" && inside "$2" "$(echo "$3" | sed 's/sudo //g')"
}

# block DOCUMENT KIND: the first fenced block of this kind.
block()
{
	awk -v fence="^\`\`\`$2[ \t]*\$" '$0 ~ fence { inside = 1; next } /^```/ && inside { exit } inside' \
		"$system/$1"
}

# ./quickstart ends with the next steps, which go to the file root/next.
quickstart()
{
	walk root/libaml-dma/README.md libaml-dma ./quickstart >"$work/quickstart" 2>&1 &&
		sed -n '/^Next:/,$p' "$work/quickstart" >"$system/root/next" && [ -s "$system/root/next" ]
}

# prints_as_documented COMMAND: README.md's first program prints what README.md says.
prints_as_documented()
{
	inside first "$1" >"$work/printed" 2>&1
	block root/libaml-dma/README.md text | diff - "$work/printed"
}

# packages DOCUMENT PACKAGE…: install what the document names.
packages()
{
	document=$1
	shift
	for package; do
		says "$document" "\`$package\`" || return
	done
	inside . "apt-get install -q -y --no-install-recommends $*"
}

# Everything after these steps needs them.
must()
{
	check "$@"
	[ "$failures" -eq 0 ] || summary
}

must "a system with git is made" make_system git
must "the tree is brought" bring_the_tree
must "git clone" inside . 'git clone --quiet /srv/libaml-dma.git'
must "./quickstart, and its next steps" quickstart
must "install" walk root/next libaml-dma 'sudo make -C build install && sudo ldconfig'

mkdir "$system/root/first"
block root/libaml-dma/README.md c >"$system/root/first/first.c"
check "compile and run an example" walk root/next libaml-dma \
	'cc doc/examples/01-hello.c $(pkg-config --cflags --libs aml-dma) && ./a.out'
check "compile and start it as README.md says" walk root/libaml-dma/README.md first \
	'cc first.c $(pkg-config --cflags --libs aml-dma) && ./a.out'
check "it prints what README.md says" prints_as_documented ./a.out

# Operators and layouts of one's own: the programs of the chapter, as installed.
make_programs "$system/$guide/custom.md" "$system/root/own"
for title in "$system/root/own"/*.title; do
	name=$(basename "$title" .title)
	check "own: $(cat "$title")" inside own \
		"cc $name.c \$(pkg-config --cflags --libs aml-dma) -o $name && ./$name"
done

# A trace of the first program.
record()
{
	says "$guide/tracing.md" 'AML_DMA_TRACE=trace.json ./program' &&
		inside first 'AML_DMA_TRACE=trace.json ./a.out' &&
		grep -q '"name":"strided"' "$system/root/first/trace.json"
}
check "record a trace" record
check "look at it" walk "$guide/tracing.md" first 'aml-dma trace trace.json --svg trace.svg'
check "it has the workers" grep -q 'aml-dma/0' "$system/root/first/trace.svg"

# C++: the program of the chapter, with the blocks that follow it inside.
chapter=$guide/languages.md
mkdir "$system/root/cxx" "$system/root/cmake" "$system/root/python" "$system/root/fortran"
language_blocks "$system/$chapter" cpp 2 >"$work/statements"
block "$chapter" cpp | sed "/Statements of the section/r $work/statements" \
	>"$system/root/cxx/program.cc"
check "C++" walk "$chapter" cxx \
	'c++ program.cc $(pkg-config --cflags --libs aml-dma) && ./a.out'

cp "$system/root/first/first.c" "$system/root/cmake"
cat >"$system/root/cmake/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.13)
project(first C)
find_package(aml-dma)
add_executable(first first.c)
target_link_libraries(first aml-dma::aml-dma)
END
with_cmake()
{
	says root/libaml-dma/README.md 'find_package(aml-dma)' &&
		says root/libaml-dma/README.md 'aml-dma::aml-dma' &&
		inside cmake 'apt-get install -q -y --no-install-recommends cmake &&
			cmake -S . -B build && cmake --build build && build/first'
}
check "CMake" with_cmake

# Python: the package from the tree, in an environment of one's own.
language_blocks "$system/$chapter" python >"$system/root/python/program.py"
install_python_package()
{
	for line in 'python3 -m venv --system-site-packages env && . env/bin/activate' \
		'pip wheel --no-build-isolation --no-deps --no-index -w dist ./python' \
		'pip install --no-index dist/aml_dma-*.whl'; do
		says "$chapter" "$line" || return
		echo "$line"
	done >"$work/lines" && inside libaml-dma "$(cat "$work/lines")"
}
check "what Python needs" packages "$chapter" python3-venv python3-setuptools python3-wheel
check "the Python package" install_python_package
check "Python" inside libaml-dma '. env/bin/activate && python ../python/program.py'

language_blocks "$system/$chapter" fortran >"$system/root/fortran/program.f90"
check "Fortran" walk "$chapter" fortran \
	'gfortran $(pkg-config --variable=fortrandir aml-dma)/aml_dma.f90 program.f90 $(pkg-config --libs aml-dma)'
check "the program in Fortran runs" inside fortran ./a.out

summary
