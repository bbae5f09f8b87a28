#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The files for tools that are not run here have no errors of syntax and name the version of the
# tree: the recipes for Spack and conda, the files for GitHub's and GitLab's runners, CITATION.cff.
# What is YAML is read if Python has PyYAML.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/languages/lib.sh
. "$srcdir/tests/languages/lib.sh"
of_the_sources

have_python sys || skip "no Python 3.9 or later"
version=$(sed -n 's/^#define AML_VERSION_STRING "\(.*\)"$/\1/p' "$srcdir/include/aml/utils/version.h")

python_compiles()
{
	"$python" -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$1"
}

# names FILE KEY VALUE: the file says KEY: VALUE, perhaps in quotes.
names()
{
	grep -Eq "^ *(- )?$2: *[\"']?$3[\"']?\$" "$1"
}

# The recipe for conda is a template. Its expressions are put in quotes, its selectors are comments.
is_yaml()
{
	sed 's/{{[^}]*}}/expression/g' "$1" >"$work/file.yaml" &&
		"$python" -c '
import sys, yaml
tree = yaml.safe_load(open(sys.argv[1]))
assert isinstance(tree, dict) and tree, tree' "$work/file.yaml"
}

check "Spack's recipe is Python" python_compiles "$srcdir/contrib/spack/package.py"
check "conda's script is a script" sh -n "$srcdir/contrib/conda/build.sh"
check "conda's recipe names the version" names "$srcdir/contrib/conda/meta.yaml" version "$version"
check "CITATION.cff names the version" names "$srcdir/CITATION.cff" version "$version"
check "GitHub's file runs .ci/run" names "$srcdir/.github/workflows/ci.yml" run .ci/run
check "GitLab's file runs .ci/run" grep -q '^ *- .ci/run$' "$srcdir/.gitlab-ci.yml"
if have_python yaml; then
	for file in contrib/conda/meta.yaml CITATION.cff .github/workflows/ci.yml .gitlab-ci.yml; do
		check "$file is YAML" is_yaml "$srcdir/$file"
	done
else
	echo "no PyYAML (Debian: python3-yaml): it is not tested what is YAML"
fi

summary
