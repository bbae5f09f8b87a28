/* SPDX-License-Identifier: BSD-3-Clause */
/* Creates and destroys engines. */
#include <stdlib.h>

#include <aml/dma/completion.h>
#include <aml/dma/mpi.h>
#include <aml/utils/error.h>

#include "codes.h"
#include "fork.h"
#include "guard.h"
#include "request.h"
#include "window.h"

/* Free an engine, and what it has of MPI. Collective if it has communicators. */
static void engine_free(struct mpi_engine *engine)
{
	if (engine == NULL)
		return;
	if (engine->node != MPI_COMM_NULL)
		(void)MPI_Comm_free(&engine->node);
	if (engine->comm != MPI_COMM_NULL)
		(void)MPI_Comm_free(&engine->comm);
	free(engine->node_ranks);
	stage_pool_destroy(&engine->stages);
	pthread_cond_destroy(&engine->changed);
	pthread_mutex_destroy(&engine->lock.mutex);
	free(engine);
}

/* Make an engine without what it has of MPI. NULL: out of memory. */
static struct mpi_engine *engine_new(struct aml_dma *local)
{
	struct mpi_engine *engine = calloc(1, sizeof(*engine));
	pthread_condattr_t attr;

	if (engine == NULL)
		return NULL;
	engine->dma.ops = &mpi_engine_ops;
	engine->dma.data = (struct aml_dma_data *)engine;
	engine->local = local;
	engine->comm = MPI_COMM_NULL;
	engine->node = MPI_COMM_NULL;
	engine->lock = (struct lock)LOCK_INITIALIZER;
	if (pthread_condattr_init(&attr) != 0) {
		free(engine);
		return NULL;
	}
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&engine->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	stage_pool_make(&engine->stages);
	engine->main = pthread_self();
	/* With no request, the calls tell only whether the engine has the operations. */
	engine->posts = aml_dma_post(local, 0, NULL, NULL) == AML_SUCCESS;
	engine->waits_for_some =
		aml_dma_wait_some(local, 0, NULL, 0, 0, NULL, NULL, NULL) == AML_SUCCESS;
	return engine;
}

/* Duplicate a communicator. Errors are returned, whatever the handler of `comm` is. */
static int duplicate_comm(MPI_Comm comm, MPI_Comm *out)
{
	MPI_Errhandler handler;
	int err, code;

	if (MPI_Comm_get_errhandler(comm, &handler) != MPI_SUCCESS)
		return -AML_FAILURE;
	(void)MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
	code = MPI_Comm_dup(comm, out);
	(void)MPI_Comm_set_errhandler(comm, handler);
	(void)MPI_Errhandler_free(&handler);
	err = mpi_code(code);
	if (err != AML_SUCCESS)
		*out = MPI_COMM_NULL;
	else
		(void)MPI_Comm_set_errhandler(*out, MPI_ERRORS_RETURN);
	return err;
}

/* Find which processes are on this host. Collective. */
static int find_node(struct mpi_engine *engine)
{
	MPI_Group all, node;
	int err = mpi_code(MPI_Comm_split_type(engine->comm, MPI_COMM_TYPE_SHARED, engine->rank,
					       MPI_INFO_NULL, &engine->node));

	if (err != AML_SUCCESS)
		return err;
	(void)MPI_Comm_set_errhandler(engine->node, MPI_ERRORS_RETURN);
	err = mpi_code(MPI_Comm_group(engine->comm, &all));
	if (err != AML_SUCCESS)
		return err;
	err = mpi_code(MPI_Comm_group(engine->node, &node));
	for (int i = 0; i < engine->size && err == AML_SUCCESS; i++)
		err = mpi_code(MPI_Group_translate_ranks(all, 1, &i, node, &engine->node_ranks[i]));
	(void)MPI_Group_free(&node);
	(void)MPI_Group_free(&all);
	return err;
}

/* Do all processes force the same method? Collective. */
static int agree_on_method(struct mpi_engine *engine)
{
	const int own = mpi_method_read(&engine->forced) ? (int)engine->forced : -1;
	int mine[2] = {own, -own}, least[2];
	int err = mpi_code(MPI_Allreduce(mine, least, 2, MPI_INT, MPI_MIN, engine->comm));

	if (err == AML_SUCCESS && (least[0] < 0 || least[0] != -least[1]))
		err = -AML_EINVAL;
	return err;
}

/* Set up what an engine has of MPI, with a communicator that is its own. Collective. */
static int engine_set_up(struct mpi_engine *engine, MPI_Comm comm)
{
	int err;

	engine->comm = comm;
	err = mpi_code(MPI_Comm_rank(comm, &engine->rank));
	if (err == AML_SUCCESS)
		err = mpi_code(MPI_Comm_size(comm, &engine->size));
	if (err == AML_SUCCESS) {
		engine->node_ranks = calloc((size_t)engine->size, sizeof(*engine->node_ranks));
		if (engine->node_ranks == NULL)
			err = -AML_ENOMEM;
	}
	if (err == AML_SUCCESS && !fork_watch())
		err = -AML_ENOMEM;
	err = mpi_agree(comm, err);
	if (err == AML_SUCCESS)
		err = agree_on_method(engine);
	if (err == AML_SUCCESS)
		err = mpi_agree(comm, find_node(engine));
	if (err == AML_SUCCESS)
		err = mpi_agree(comm, window_check_model(comm));
	return err;
}

/* Check what keeps this process from taking part. Stores the level of thread support. */
static int check_process(MPI_Comm comm, int *level)
{
	int running = 0, ended = 1, is_main = 0, is_inter = 0;

	if (comm == MPI_COMM_NULL || MPI_Initialized(&running) != MPI_SUCCESS || !running ||
	    MPI_Finalized(&ended) != MPI_SUCCESS || ended)
		return -AML_EINVAL;
	if (fork_is_child())
		return -AML_EPERM;
	if (MPI_Query_thread(level) != MPI_SUCCESS || MPI_Is_thread_main(&is_main) != MPI_SUCCESS)
		return -AML_FAILURE;
	if (*level < MPI_THREAD_SERIALIZED && !is_main)
		return -AML_EPERM;
	if (MPI_Comm_test_inter(comm, &is_inter) != MPI_SUCCESS || is_inter)
		return -AML_EINVAL;
	return AML_SUCCESS;
}

static int engine_create(struct aml_dma **dma, MPI_Comm comm, struct aml_dma *local)
{
	struct mpi_engine *engine = NULL;
	MPI_Comm own;
	int level, err = check_process(comm, &level);

	if (err != AML_SUCCESS)
		return err;
	err = duplicate_comm(comm, &own);
	if (err != AML_SUCCESS)
		return err;
	if (dma == NULL || local == NULL || local->ops == NULL || local->data == NULL)
		err = -AML_EINVAL;
	else if ((engine = engine_new(local)) == NULL)
		err = -AML_ENOMEM;
	err = mpi_agree(own, err);
	if (err != AML_SUCCESS) {
		engine_free(engine);
		(void)MPI_Comm_free(&own);
		return err;
	}
	engine->level = level;
	err = engine_set_up(engine, own);
	if (err != AML_SUCCESS)
		engine_free(engine);
	else
		*dma = &engine->dma;
	return err;
}

int aml_dma_mpi_create(struct aml_dma **dma, MPI_Comm comm, struct aml_dma *local)
{
	int err, cancel_state;

	/* Functions of MPI may be cancellation points. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	err = engine_create(dma, comm, local);
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}

static int engine_destroy(struct mpi_engine *engine)
{
	int err = engine_may_call(engine);

	if (err != AML_SUCCESS)
		return err;
	err = mpi_agree(engine->comm, engine->windows != NULL || engine_is_inside(engine)
					      ? -AML_EBUSY
					      : AML_SUCCESS);
	if (err != AML_SUCCESS)
		return err;
	requests_end(engine);
	engine_free(engine);
	return AML_SUCCESS;
}

int aml_dma_mpi_destroy(struct aml_dma **dma)
{
	struct mpi_engine *engine = dma != NULL ? engine_of(*dma) : NULL;
	int err, cancel_state;

	if (engine == NULL)
		return -AML_EINVAL;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	err = engine_destroy(engine);
	pthread_setcancelstate(cancel_state, NULL);
	if (err == AML_SUCCESS)
		*dma = NULL;
	return err;
}

int aml_dma_mpi_thread_level(const struct aml_dma *dma)
{
	const struct mpi_engine *engine = engine_of(dma);

	return engine != NULL ? engine->level : -AML_EINVAL;
}

static int engine_progress(struct mpi_engine *engine)
{
	int arrived, err = engine_may_call(engine);

	if (err == AML_SUCCESS)
		err = mpi_code(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, engine->comm, &arrived,
					  MPI_STATUS_IGNORE));
	if (err != AML_SUCCESS)
		return err;
	requests_advance(engine);
	return window_synchronise(engine);
}

int aml_dma_mpi_progress(struct aml_dma *dma)
{
	struct mpi_engine *engine = engine_of(dma);
	int err, cancel_state;

	if (engine == NULL)
		return -AML_EINVAL;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	err = engine_progress(engine);
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}
