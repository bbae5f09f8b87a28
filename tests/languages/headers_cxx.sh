#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The C headers compile without a warning as C++11 to C++23, by each C++ compiler of the machine,
# also with -Wconversion: all of them together in each standard, and each by itself in the oldest
# and the newest standard. A C++ program that uses what they define inline runs.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/languages/lib.sh
. "$srcdir/tests/languages/lib.sh"

need_cxx

headers=$(cd "$srcdir/include" && find . -name '*.h' | sed 's,^\./,,' | sort)
for header in $headers; do
	echo "#include <$header>"
done >"$work/all.cc"
# Includes again in the other order, and the macros that take arguments or have values.
cat "$work/all.cc" >"$work/order.cc"
{
	sort -r "$work/order.cc"
	cat <<'END_OF_MACROS'
int use_macros(struct aml_dma *, struct aml_layout *, struct aml_layout *);
int use_macros(struct aml_dma *dma, struct aml_layout *dst, struct aml_layout *src)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	struct aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;
	struct aml_dma_request *req = NULL;
	std::size_t threads = AML_DMA_LINUX_THREADS_AUTO;
	std::uint64_t deadline = AML_DMA_NO_DEADLINE;
	int err = aml_dma_copy(dma, dst, src) + aml_dma_async_copy(dma, &req, dst, src);

	if (AML_LAYOUT_ORDER(AML_LAYOUT_ORDER_C | 8) != AML_LAYOUT_ORDER_ROW_MAJOR)
		err = -AML_EINVAL;
	post.flags = AML_DMA_POST_CHAIN | AML_DMA_POST_AFTER_ALL | AML_DMA_POST_ALWAYS |
		     AML_DMA_POST_DETACH | AML_DMA_POST_REAP;
	attr.flags = AML_DMA_LINUX_PIN;
	return stats.size + attr.size + post.size + threads + deadline > 0 ? err : -1;
}
END_OF_MACROS
} >>"$work/all.cc"
sed -i '1i #include <cstddef>\n#include <cstdint>' "$work/all.cc"

for cxx in $cxx_compilers; do
	for std in $(cxx_standards "$cxx" 11 14 17 20 23); do
		check "all headers as $std by $cxx" cxx_checks "$cxx" -std="$std" "$work/all.cc"
	done
	for std in $(cxx_standards "$cxx" 11 23); do
		for header in $headers; do
			printf '#include <%s>\n#include <%s>\n' "$header" "$header" >"$work/alone.cc"
			check "$header as $std by $cxx" \
				cxx_checks "$cxx" -std="$std" "$work/alone.cc"
		done
	done
done

# Names with C linkage, thread-local variables and initialisers also link and run.
cat >"$work/program.cc" <<'END_OF_PROGRAM'
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>

int main()
{
	double from[3][2] = {{1, 2}, {3, 4}, {5, 6}}, to[3][2] = {};
	const size_t dims[] = {3, 2};
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct aml_layout *src = nullptr, *dst = nullptr;
	struct aml_dma_request *request = nullptr;
	struct aml_dma *dma = nullptr;

	attr.num_threads = 1;
	if (aml_dma_linux_create_attr(&dma, &attr) != AML_SUCCESS ||
	    aml_layout_dense_create(&src, from, AML_LAYOUT_ORDER_C, sizeof(double), 2, dims,
				    nullptr, nullptr) != AML_SUCCESS ||
	    aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_C, sizeof(double), 2, dims, nullptr,
				    nullptr) != AML_SUCCESS)
		return 1;
	if (aml_dma_async_copy(dma, &request, dst, src) != AML_SUCCESS ||
	    aml_dma_wait(dma, &request) != AML_SUCCESS)
		return 2;
	aml_errno = 0;
	if (aml_layout_rawptr(nullptr) != nullptr || aml_errno != AML_EINVAL)
		return 3;
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
	if (aml_dma_linux_destroy(&dma) != AML_SUCCESS)
		return 4;
	return memcmp(from, to, sizeof(from)) == 0 ? 0 : 5;
}
END_OF_PROGRAM
for cxx in $cxx_compilers; do
	can_link_cxx "$cxx" || continue
	check "a program in C++11 by $cxx links" \
		link_cxx "$cxx" "$work/program" -std=c++11 "$work/program.cc"
	check "the program by $cxx runs" limited "$work/program"
done

summary
