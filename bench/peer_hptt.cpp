// SPDX-License-Identifier: BSD-3-Clause
// HPTT transposes dense arrays and blocks of them. Elements of 4 and 8 bytes are its floats and
// doubles, elements of 16 bytes its double complex numbers. Its planner measures, unless the user
// wants an estimate. This file is linked into a C program, so no exception may leave a function
// that the C program calls.
#include <algorithm>
#include <climits>
#include <complex>
#include <memory>
#include <numeric>
#include <vector>

#include <hptt.h>

#include "peers.h"

namespace
{

struct plan {
	std::shared_ptr<hptt::Transpose<float>> of_float;
	std::shared_ptr<hptt::Transpose<double>> of_double;
	std::shared_ptr<hptt::Transpose<hptt::DoubleComplex>> of_complex;
};

// A side as HPTT describes it: the dimensions, fastest first, and the extents of the array that
// holds them.
struct side {
	std::vector<int> dimensions, outer;
};

// False: the steps are not those of a block of a dense array.
bool describe(const bench_shape *shape, const ptrdiff_t *step, side &side)
{
	const size_t ndims = shape->ndims;

	side.dimensions.resize(ndims);
	side.outer.resize(ndims);
	std::iota(side.dimensions.begin(), side.dimensions.end(), 0);
	std::stable_sort(side.dimensions.begin(), side.dimensions.end(),
			 [step](int a, int b) { return step[a] < step[b]; });
	if (step[side.dimensions[0]] != static_cast<ptrdiff_t>(shape->element_size))
		return false;
	for (size_t i = 0; i < ndims; i++) {
		const size_t extent = shape->dims[side.dimensions[i]];
		const ptrdiff_t here = step[side.dimensions[i]];
		const ptrdiff_t next = i + 1 < ndims ? step[side.dimensions[i + 1]]
						     : here * static_cast<ptrdiff_t>(extent);
		const ptrdiff_t outer = next / here;

		if (next % here != 0 || outer < static_cast<ptrdiff_t>(extent) || outer > INT_MAX)
			return false;
		side.outer[i] = static_cast<int>(outer);
	}
	return true;
}

template <typename number>
std::shared_ptr<hptt::Transpose<number>> plan_for(const bench_shape *shape, const side &to,
						  const side &from, void *dst, void *src,
						  unsigned threads, double alpha, double beta)
{
	const int ndims = static_cast<int>(shape->ndims);
	std::vector<int> extents(shape->ndims), permutation(shape->ndims);

	for (size_t i = 0; i < shape->ndims; i++) {
		const auto at =
			std::find(from.dimensions.begin(), from.dimensions.end(), to.dimensions[i]);

		extents[i] = static_cast<int>(shape->dims[from.dimensions[i]]);
		permutation[i] = static_cast<int>(at - from.dimensions.begin());
	}
	return hptt::create_plan(permutation.data(), ndims, number(alpha),
				 static_cast<number *>(src),
				 extents.data(), from.outer.data(), number(beta),
				 static_cast<number *>(dst), to.outer.data(),
				 peer_options.estimates ? hptt::ESTIMATE : hptt::MEASURE,
				 static_cast<int>(threads));
}

void *prepare_scaled(const bench_shape *shape, void *dst, void *src, unsigned threads, double alpha,
		     double beta)
try {
	side to, from;

	if (!describe(shape, shape->dst_step, to) || !describe(shape, shape->src_step, from))
		return nullptr;
	std::unique_ptr<plan> made(new plan);
	if (shape->element_size == sizeof(float))
		made->of_float = plan_for<float>(shape, to, from, dst, src, threads, alpha, beta);
	else if (shape->element_size == sizeof(double))
		made->of_double = plan_for<double>(shape, to, from, dst, src, threads, alpha, beta);
	else if (shape->element_size == sizeof(hptt::DoubleComplex))
		made->of_complex =
			plan_for<hptt::DoubleComplex>(shape, to, from, dst, src, threads, alpha, beta);
	else
		return nullptr;
	return made.release();
} catch (...) {
	return nullptr;
}

void *prepare(const bench_shape *shape, void *dst, void *src, unsigned threads)
{
	return prepare_scaled(shape, dst, src, threads, 1, 0);
}

void *prepare_sum(const bench_shape *shape, void *dst, void *src, unsigned threads)
{
	return prepare_scaled(shape, dst, src, threads, SCALE_SOURCE, SCALE_DESTINATION);
}

int run(void *arg)
try {
	const plan *made = static_cast<plan *>(arg);

	if (made->of_float)
		made->of_float->execute();
	else if (made->of_double)
		made->of_double->execute();
	else
		made->of_complex->execute();
	return 0;
} catch (...) {
	return -1;
}

void release(void *arg)
{
	delete static_cast<plan *>(arg);
}

} // namespace

extern "C" {
extern const copy_peer peer_hptt = {PEER_HPTT, prepare, run, release};
extern const copy_peer peer_hptt_scaled = {PEER_HPTT, prepare_sum, run, release};
}
