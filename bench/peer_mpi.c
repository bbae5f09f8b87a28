/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MPI packs the elements that a derived datatype describes into contiguous memory, in the order
 * of the datatype, and unpacks them from there. So one side must be dense. The datatype describes
 * the other side, with its dimensions in their order on the dense side.
 *
 * Packing needs an initialised MPI. If MPI cannot be initialised, for example because a helper
 * program is missing, MPI ends the process. So a child process tries the initialisation first.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <mpi.h>

#include "peers.h"

struct mpi_copy {
	MPI_Datatype type;
	void *dst;
	const void *src;
	int bytes;
	int unpacks;
};

#define TRIAL_SECONDS 20

static void finalize(void)
{
	MPI_Finalize();
}

/* Options of Open MPI for a single process: no daemon, no network, no memory hooks. */
static void set_alone(void)
{
	setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
	setenv("OMPI_MCA_btl", "self", 0);
	setenv("OMPI_MCA_pml", "ob1", 0);
	setenv("OMPI_MCA_memory", "^patcher", 0);
}

/* True if MPI can be initialised. A child that hangs is killed. */
static int try_in_child(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL || MPI_Init(NULL, NULL) != 0)
			_exit(1);
		MPI_Finalize();
		_exit(0);
	}
	if (child < 0)
		return 0;
	for (int i = 0; i < TRIAL_SECONDS * 100; i++) {
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return 0;
}

static int initialised(void)
{
	static int state = -1;

	if (state >= 0)
		return state;
	set_alone();
	state = try_in_child() && MPI_Init(NULL, NULL) == MPI_SUCCESS;
	if (state)
		atexit(finalize);
	return state;
}

/* The datatype of one side: nested dimensions, the first one innermost. */
static MPI_Datatype describe(const struct bench_shape *shape, const ptrdiff_t *step)
{
	MPI_Datatype type, outer;

	MPI_Type_contiguous((int)shape->element_size, MPI_BYTE, &type);
	for (size_t i = 0; i < shape->ndims; i++) {
		MPI_Type_create_hvector((int)shape->dims[i], 1, (MPI_Aint)step[i], type, &outer);
		MPI_Type_free(&type);
		type = outer;
	}
	MPI_Type_commit(&type);
	return type;
}

static void *prepare(const struct bench_shape *shape, void *dst, void *src, unsigned threads)
{
	struct bench_shape to = shape_sorted(shape), back = shape_back(shape),
			   from = shape_sorted(&back);
	int packs = shape_is_dense(&to, to.dst_step),
	    unpacks = shape_is_dense(&from, from.dst_step);
	struct mpi_copy *plan;

	(void)threads;
	if ((!packs && !unpacks) || shape_payload(shape) > INT_MAX || !initialised())
		return NULL;
	plan = calloc(1, sizeof(*plan));
	if (plan == NULL)
		return NULL;
	plan->type = packs ? describe(&to, to.src_step) : describe(&from, from.src_step);
	plan->unpacks = !packs;
	plan->dst = dst;
	plan->src = src;
	plan->bytes = (int)shape_payload(shape);
	return plan;
}

static int run(void *arg)
{
	const struct mpi_copy *plan = arg;
	int position = 0;

	if (plan->unpacks)
		return MPI_Unpack(plan->src, plan->bytes, &position, plan->dst, 1, plan->type,
				  MPI_COMM_SELF);
	return MPI_Pack(plan->src, 1, plan->type, plan->dst, plan->bytes, &position, MPI_COMM_SELF);
}

static void release(void *arg)
{
	struct mpi_copy *plan = arg;

	MPI_Type_free(&plan->type);
	free(plan);
}

const struct copy_peer peer_mpi = {
	.name = "MPI_Pack",
	.prepare = prepare,
	.run = run,
	.release = release,
};
