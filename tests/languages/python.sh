#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The Python package: its tests with NumPy, if there is one, and without; a wheel, built and
# installed without the network.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/languages/lib.sh
. "$srcdir/tests/languages/lib.sh"

use_python_package

# tests_pass: all tests, with Python's own checks.
tests_pass()
{
	limited "$python" -X dev -X faulthandler "$srcdir/tests/languages/test_aml_dma.py"
}

compiles()
{
	"$python" -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$1"
}

check "the bench compiles" compiles "$srcdir/python/bench.py"
if have_python numpy; then
	check "the tests with NumPy pass" tests_pass
else
	have_python sys
	echo "no NumPy: its tests are skipped"
fi
AML_TEST_NUMPY=no
export AML_TEST_NUMPY
check "the tests without NumPy pass" tests_pass

# Everything from here on goes to folders of this test. pip must neither use the network nor write
# into the home folder.
make_wheel()
{
	cp -R "$srcdir/python" "$work/python" && chmod -R u+w "$work/python" &&
		limited "$python" -m pip --isolated wheel --no-build-isolation --no-deps --no-index \
			--no-cache-dir --disable-pip-version-check -w "$work/dist" "$work/python"
}

install_wheel()
{
	limited "$python" -m pip --isolated install --no-deps --no-index --no-cache-dir \
		--disable-pip-version-check --root-user-action=ignore \
		--target "$work/site" "$work/dist"/aml_dma-*.whl
}

# The installed package works, and has the library's version in its metadata.
installed_works()
{
	(cd "$work" && PYTHONPATH=$work/site "$python" -c '
import importlib.metadata, sys
import aml_dma
assert aml_dma.__file__.startswith(sys.argv[1]), aml_dma.__file__
assert importlib.metadata.version("aml-dma") == aml_dma.library_version
memory = bytearray(5)
aml_dma.copy_async(memory, b"wheel").wait()
assert memory == b"wheel"' "$work/site")
}

# only_ours: the wheel has the files of the package, and nothing else but its metadata.
only_ours()
{
	(cd "$srcdir/python" && ls aml_dma/*.py aml_dma/py.typed) | sort >"$work/ours"
	(cd "$work/site" && ls aml_dma/*.py aml_dma/py.typed) | sort >"$work/theirs"
	diff "$work/ours" "$work/theirs"
}

if have_python 'setuptools, wheel, pip'; then
	HOME=$work
	export HOME
	check "a wheel is built" make_wheel
	check "the wheel is installed" install_wheel
	check "the wheel is complete" only_ours
	check "the installed package works" installed_works
else
	echo "no setuptools, wheel and pip: the wheel is not tested"
fi

summary
