/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Windows. Memory that is allocated for a window is shared by the processes of a host, unless a
 * method is forced: MPI_Win_allocate_shared() over those processes. A window of all processes is
 * made of the same memory if there are other hosts. Other memory has a window of all processes
 * only. Each window is in a passive epoch for its whole life.
 *
 * Each step that can fail in one process is followed by an agreement, so that all undo it.
 */
#include <stdint.h>
#include <stdlib.h>

#include <aml/dma/mpi.h>
#include <aml/utils/error.h>

#include "codes.h"
#include "guard.h"
#include "window.h"

#define WINDOW_ALIGNMENT ((size_t)64)

int window_check_model(MPI_Comm comm)
{
	int bytes = 0, found = 0, size = 0, *model = NULL;
	void *memory;
	MPI_Win win;
	int err = mpi_code(MPI_Comm_size(comm, &size));

	if (err != AML_SUCCESS)
		return err;
	/* Open MPI makes no other window for one process. */
	if (size == 1)
		err = MPI_Win_allocate_shared(sizeof(bytes), 1, MPI_INFO_NULL, comm,
					      (void *)&memory, &win);
	else
		err = MPI_Win_create(&bytes, sizeof(bytes), 1, MPI_INFO_NULL, comm, &win);
	err = mpi_code(err);
	if (err != AML_SUCCESS)
		return err;
	err = mpi_code(MPI_Win_get_attr(win, MPI_WIN_MODEL, &model, &found));
	if (err == AML_SUCCESS && (!found || *model != MPI_WIN_UNIFIED))
		err = -AML_ENOTSUP;
	(void)MPI_Win_free(&win);
	return err;
}

int window_synchronise(struct mpi_engine *engine)
{
	int err = AML_SUCCESS;

	for (const struct aml_dma_mpi_window *win = engine->windows; win != NULL; win = win->next) {
		if (win->win != MPI_WIN_NULL && err == AML_SUCCESS)
			err = mpi_code(MPI_Win_sync(win->win));
		if (win->shared != MPI_WIN_NULL && err == AML_SUCCESS)
			err = mpi_code(MPI_Win_sync(win->shared));
	}
	return err;
}

static struct aml_dma_mpi_window *window_new(struct mpi_engine *engine)
{
	struct aml_dma_mpi_window *win = calloc(1, sizeof(*win));

	if (win == NULL)
		return NULL;
	win->engine = engine;
	win->win = MPI_WIN_NULL;
	win->shared = MPI_WIN_NULL;
	win->sizes = calloc((size_t)engine->size, sizeof(*win->sizes));
	win->addresses = calloc((size_t)engine->size, sizeof(*win->addresses));
	if (win->sizes != NULL && win->addresses != NULL)
		return win;
	free(win->sizes);
	free(win->addresses);
	free(win);
	return NULL;
}

/* Release what MPI has of a window. Collective if that is anything. */
static void window_release_parts(struct aml_dma_mpi_window *win)
{
	if (win->win != MPI_WIN_NULL) {
		(void)MPI_Win_unlock_all(win->win);
		(void)MPI_Win_free(&win->win);
	}
	if (win->shared != MPI_WIN_NULL) {
		(void)MPI_Win_unlock_all(win->shared);
		(void)MPI_Win_free(&win->shared);
	}
	win->win = MPI_WIN_NULL;
	win->shared = MPI_WIN_NULL;
}

/* Release a window; NULL is allowed. Collective if MPI has a part of it. */
static void window_release(struct aml_dma_mpi_window *win)
{
	if (win == NULL)
		return;
	window_release_parts(win);
	free(win->memory);
	free(win->sizes);
	free(win->addresses);
	free(win);
}

/* May processes of a host share memory? Not if a method is forced that needs MPI. */
static bool window_shares(const struct mpi_engine *engine)
{
	return engine->forced == MPI_METHOD_AUTO || engine->forced == MPI_METHOD_SHARED;
}

/* Begin the epoch of a new window, which stays even if that fails. */
static int epoch_begin(MPI_Win win)
{
	int err = mpi_code(MPI_Win_set_errhandler(win, MPI_ERRORS_RETURN));

	return err == AML_SUCCESS ? mpi_code(MPI_Win_lock_all(MPI_MODE_NOCHECK, win)) : err;
}

/* The first multiple of WINDOW_ALIGNMENT in memory that is so much larger. Pages have one each. */
static char *align_part(char *memory)
{
	return memory + (0 - (uintptr_t)memory) % WINDOW_ALIGNMENT;
}

/* Store the sizes and, of those that are shared, the addresses of the parts. */
static int window_find_parts(struct aml_dma_mpi_window *win, size_t bytes)
{
	const struct mpi_engine *engine = win->engine;
	const uint64_t own = bytes;
	uint64_t *sizes = calloc((size_t)engine->size, sizeof(*sizes));
	int err = mpi_agree(engine->comm, sizes != NULL ? AML_SUCCESS : -AML_ENOMEM);

	if (err == AML_SUCCESS)
		err = mpi_code(
			MPI_Allgather(&own, 1, MPI_UINT64_T, sizes, 1, MPI_UINT64_T, engine->comm));
	for (int i = 0; i < engine->size && err == AML_SUCCESS; i++) {
		MPI_Aint size;
		int unit;

		win->sizes[i] = (size_t)sizes[i];
		if (win->shared == MPI_WIN_NULL || engine->node_ranks[i] == MPI_UNDEFINED)
			continue;
		err = mpi_code(MPI_Win_shared_query(win->shared, engine->node_ranks[i], &size,
						    &unit, (void *)&win->addresses[i]));
		win->addresses[i] = align_part(win->addresses[i]);
	}
	free(sizes);
	return err;
}

/* Make the window of all processes, and the tables. Collective. */
static int window_complete(struct aml_dma_mpi_window *win, size_t bytes)
{
	struct mpi_engine *engine = win->engine;
	int node_size, err;

	err = mpi_code(MPI_Comm_size(engine->node, &node_size));
	/* Is memory of another host reached through this window, or memory that is not shared? */
	err = mpi_agree(engine->comm, err);
	if (err != AML_SUCCESS)
		return err;
	if ((win->shared == MPI_WIN_NULL || node_size < engine->size) &&
	    !(engine->size == 1 && window_shares(engine))) {
		err = mpi_code(MPI_Win_create(win->own, (MPI_Aint)bytes, 1, MPI_INFO_NULL,
					      engine->comm, &win->win));
		if (err == AML_SUCCESS)
			err = epoch_begin(win->win);
		err = mpi_agree(engine->comm, err);
		if (err != AML_SUCCESS)
			return err;
	}
	err = window_find_parts(win, bytes);
	if (window_shares(engine))
		win->addresses[engine->rank] = win->own;
	return mpi_agree(engine->comm, err);
}

/* Allocate memory that the processes of a host share. Collective over these. */
static int allocate_shared(struct aml_dma_mpi_window *win, size_t bytes)
{
	MPI_Info info;
	int err = mpi_code(MPI_Info_create(&info));

	if (err != AML_SUCCESS)
		return err;
	/* Each part may begin at a page of its own. */
	err = mpi_code(MPI_Info_set(info, "alloc_shared_noncontig", "true"));
	if (err == AML_SUCCESS)
		err = mpi_code(MPI_Win_allocate_shared((MPI_Aint)bytes, 1, info, win->engine->node,
						       (void *)&win->own, &win->shared));
	(void)MPI_Info_free(&info);
	if (err != AML_SUCCESS) {
		win->shared = MPI_WIN_NULL;
		return err;
	}
	return epoch_begin(win->shared);
}

/* Allocate the memory of a window: shared if that is possible in each process. Collective. */
static int window_allocate(struct aml_dma_mpi_window *win, size_t bytes)
{
	if (window_shares(win->engine)) {
		int err = allocate_shared(win, bytes + WINDOW_ALIGNMENT);

		if (err == AML_SUCCESS)
			win->own = align_part(win->own);
		if (mpi_agree(win->engine->comm, err) == AML_SUCCESS)
			return AML_SUCCESS;
		window_release_parts(win);
	}
	if (posix_memalign(&win->memory, WINDOW_ALIGNMENT, bytes > 0 ? bytes : 1) != 0)
		win->memory = NULL;
	win->own = win->memory;
	return mpi_agree(win->engine->comm, win->own != NULL ? AML_SUCCESS : -AML_ENOMEM);
}

/*
 * Make a window of memory of the program's, or of memory that is allocated. `valid` is the code of
 * the arguments. Collective.
 */
static int window_make(struct mpi_engine *engine, int valid, void *own, bool allocates,
		       size_t bytes, struct aml_dma_mpi_window **out)
{
	struct aml_dma_mpi_window *win = NULL;
	int err = engine_may_call(engine);

	if (err != AML_SUCCESS)
		return err;
	if (valid == AML_SUCCESS)
		win = window_new(engine);
	err = mpi_agree(engine->comm, valid != AML_SUCCESS ? valid
				      : win == NULL        ? -AML_ENOMEM
							   : AML_SUCCESS);
	if (err == AML_SUCCESS) {
		win->own = own;
		if (allocates)
			err = window_allocate(win, bytes);
	}
	if (err == AML_SUCCESS)
		err = window_complete(win, bytes);
	if (err != AML_SUCCESS) {
		window_release(win);
		return err;
	}
	win->next = engine->windows;
	engine->windows = win;
	*out = win;
	return AML_SUCCESS;
}

/* The same. Functions of MPI may be cancellation points. */
static int window_open(struct mpi_engine *engine, int valid, void *own, bool allocates,
		       size_t bytes, struct aml_dma_mpi_window **out)
{
	int err, cancel_state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	err = window_make(engine, valid, own, allocates, bytes, out);
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}

int aml_dma_mpi_window_allocate(struct aml_dma *dma, size_t bytes, void **ptr,
				struct aml_dma_mpi_window **win)
{
	struct mpi_engine *engine = engine_of(dma);
	struct aml_dma_mpi_window *made;
	int err;

	if (engine == NULL)
		return -AML_EINVAL;
	err = ptr == NULL || win == NULL || bytes > PTRDIFF_MAX - WINDOW_ALIGNMENT ? -AML_EINVAL
										   : AML_SUCCESS;
	err = window_open(engine, err, NULL, true, bytes, &made);
	if (err != AML_SUCCESS)
		return err;
	*ptr = made->own;
	*win = made;
	return AML_SUCCESS;
}

int aml_dma_mpi_window_create(struct aml_dma *dma, void *ptr, size_t bytes,
			      struct aml_dma_mpi_window **win)
{
	struct mpi_engine *engine = engine_of(dma);

	if (engine == NULL)
		return -AML_EINVAL;
	return window_open(engine,
			   win == NULL || (ptr == NULL && bytes > 0) || bytes > PTRDIFF_MAX
				   ? -AML_EINVAL
				   : AML_SUCCESS,
			   ptr, false, bytes, win);
}

static int window_close(struct aml_dma_mpi_window *win)
{
	struct mpi_engine *engine = win->engine;
	struct aml_dma_mpi_window **at;
	int err = engine_may_call(engine);

	if (err != AML_SUCCESS)
		return err;
	lock_acquire(&engine->lock);
	err = win->unfinished > 0 ? -AML_EBUSY : AML_SUCCESS;
	lock_release(&engine->lock);
	err = mpi_agree(engine->comm, err);
	if (err != AML_SUCCESS)
		return err;
	for (at = &engine->windows; *at != win; at = &(*at)->next)
		;
	*at = win->next;
	window_release(win);
	return AML_SUCCESS;
}

int aml_dma_mpi_window_free(struct aml_dma_mpi_window **win)
{
	int err, cancel_state;

	if (win == NULL || *win == NULL)
		return -AML_EINVAL;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	err = window_close(*win);
	pthread_setcancelstate(cancel_state, NULL);
	if (err == AML_SUCCESS)
		*win = NULL;
	return err;
}
