#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# aml/dma.hpp compiles without a warning as C++17 to C++23 by each C++ compiler of the machine, and
# its test programs run. std::mdspan is the compiler's own if it has one; otherwise the stand-in of
# tests/languages/standin.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/languages/lib.sh
. "$srcdir/tests/languages/lib.sh"

need_cxx
here=$srcdir/tests/languages

does_not()
{
	! "$@"
}

# has_mdspan COMPILER STANDARD: has the compiler a std::mdspan of its own?
has_mdspan()
{
	printf '#include <version>\n#ifndef __cpp_lib_mdspan\n#error none\n#endif\n' \
		>"$work/version.cc"
	"$1" -std="$2" -fsyntax-only "$work/version.cc" 2>/dev/null
}

# mdspan_flags COMPILER STANDARD: the flags with which the test has a std::mdspan.
mdspan_flags()
{
	echo -DMDSPAN
	has_mdspan "$1" "$2" || echo "-D__cpp_lib_mdspan=202207L -isystem $here/standin"
}

# undefined_flags COMPILER: the flags with which undefined behaviour ends a program, if there are any.
undefined_flags()
{
	echo 'int main() { return 0; }' >"$work/undefined.cc"
	flags="-fsanitize=undefined -fno-sanitize-recover=undefined"
	# The variable holds several words.
	# shellcheck disable=SC2086
	"$1" $flags -o "$work/undefined" "$work/undefined.cc" 2>/dev/null && "$work/undefined" &&
		echo "$flags"
}

printf '#include <aml/dma.hpp>\n#include <aml/dma.hpp>\n' >"$work/alone.cc"
cat >"$work/temporary.cc" <<'END_OF_PROGRAM'
#include <aml/dma.hpp>
aml::layout wrong();
aml::layout wrong()
{
	std::error_code ec;
	return aml::layout_of(std::vector<int>(3), ec);
}
END_OF_PROGRAM
sed 's/std::vector<int>(3)/lasting()/; s/^aml::layout wrong();/std::vector<int> \&lasting();\n&/' \
	"$work/temporary.cc" >"$work/lasting.cc"
sed 's/^/#define AML_ABSENT\n/; s/int/std::string/' "$work/lasting.cc" >"$work/strings.cc"

# header_checks: what compiles and what does not by $cxx. The build of the library changes nothing.
header_checks()
{
	[ "${AML_TEST_SOURCES-}" != no ] || return 0
	for std in $(cxx_standards "$cxx" 17 20 23); do
		check "alone as $std by $cxx" cxx_checks "$cxx" -std="$std" "$work/alone.cc"
	done
	std=$(cxx_standards "$cxx" 17)
	check "alone without exceptions by $cxx" \
		cxx_checks "$cxx" -std="$std" -fno-exceptions -fno-rtti "$work/alone.cc"
	check "memory that lasts compiles by $cxx" \
		cxx_checks "$cxx" -std="$std" "$work/lasting.cc"
	check "memory that does not last does not compile by $cxx" \
		does_not cxx_checks "$cxx" -std="$std" "$work/temporary.cc"
	check "elements that own memory do not compile by $cxx" \
		does_not cxx_checks "$cxx" -std="$std" "$work/strings.cc"
}

# The whole test in one standard for each compiler, the header in the others.
for cxx in $cxx_compilers; do
	std=$(cxx_standards "$cxx" 17)
	[ -n "$std" ] || continue
	header_checks
	can_link_cxx "$cxx" || continue
	case $cxx in
	clang*) std=$(cxx_standards "$cxx" 23) ;;
	esac
	# The output holds several words.
	# shellcheck disable=SC2046
	check "the test as $std by $cxx builds" link_cxx "$cxx" "$work/test" -std="$std" \
		$(mdspan_flags "$cxx" "$std") $(undefined_flags "$cxx") "$here/dma_hpp.cc"
	check "the test as $std by $cxx passes" limited "$work/test"
	[ "$cxx" = "${cxx_compilers##* }" ] || continue
	check "the test without exceptions builds" link_cxx "$cxx" "$work/codes" -std=c++17 \
		-fno-exceptions -fno-rtti "$here/dma_hpp_codes.cc"
	check "the test without exceptions passes" limited "$work/codes"
done

[ "$checks" -gt 0 ] || skip "nothing here depends on this build"
summary
