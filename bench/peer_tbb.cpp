// SPDX-License-Identifier: BSD-3-Clause
// TBB's task_group, in an arena with as many threads as the engine has workers, including the
// calling thread. This file is linked into a C program, so no exception may leave a function that
// the C program calls.
#include <cstring>
#include <memory>
#include <new>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include "peers.h"

namespace
{

std::unique_ptr<tbb::global_control> control;
std::unique_ptr<tbb::task_arena> arena;

int start(unsigned workers, size_t)
try {
	control.reset(new tbb::global_control(tbb::global_control::max_allowed_parallelism,
					      workers > 1 ? workers : 1));
	arena.reset(new tbb::task_arena(static_cast<int>(workers)));
	arena->initialize();
	return 0;
} catch (...) {
	return -1;
}

void one_by_one(const task_copies *copies)
{
	arena->execute([copies] {
		tbb::task_group group;
		for (size_t i = 0; i < copies->count; i++) {
			const size_t at = i % TASK_PLACES * TASK_BYTES;
			char *dst = copies->dst + at;
			const char *src = copies->src + at;
			group.run([dst, src] { std::memcpy(dst, src, TASK_BYTES); });
			group.wait();
		}
	});
}

void burst(const task_copies *copies)
{
	arena->execute([copies] {
		tbb::task_group group;
		for (size_t i = 0; i < copies->count; i++) {
			char *dst = copies->dst + i * TASK_BYTES;
			const char *src = copies->src + i * TASK_BYTES;
			group.run([dst, src] { std::memcpy(dst, src, TASK_BYTES); });
		}
		group.wait();
	});
}

void stop()
{
	arena.reset();
	control.reset();
}

} // namespace

extern "C" {
extern const task_peer peer_tbb = {PEER_TBB, start, one_by_one, burst, stop};
}
