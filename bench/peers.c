/* SPDX-License-Identifier: BSD-3-Clause */
/* The other libraries that configure found. */
#include "peers.h"

struct peer_options peer_options;

const struct copy_peer *const copy_peers[] = {
#ifdef BENCH_FFTW
	&peer_fftw,
#endif
#ifdef BENCH_MPI
	&peer_mpi,
#endif
#ifdef BENCH_ONEDNN
	&peer_onednn,
#endif
#ifdef BENCH_HPTT
	&peer_hptt,
#endif
	NULL};

const struct copy_peer *const sum_peers[] = {
#ifdef BENCH_OPENBLAS
	&peer_openblas,
#endif
	NULL};

const struct copy_peer *const scaled_sum_peers[] = {
#ifdef BENCH_HPTT
	&peer_hptt_scaled,
#endif
	NULL};

const struct task_peer *const task_peers[] = {
#ifdef BENCH_TBB
	&peer_tbb,
#endif
#ifdef BENCH_OPENMP
	&peer_openmp,
#endif
#ifdef BENCH_GLIB
	&peer_glib,
#endif
#ifdef BENCH_UV
	&peer_uv,
#endif
	NULL};
