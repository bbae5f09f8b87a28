/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carries out puts and gets.
 *
 * A transfer is *direct* if MPI gets the addresses of the local elements, or *staged*: each section
 * of it passes through a contiguous buffer, in the order of the remote memory. Either way, a
 * section moves by one of these: one call for each run, one call with derived datatypes, or, in a
 * staged get of elements that lie close together, one call for all bytes from the first element to
 * the last. A put never writes a byte between elements.
 *
 * The sections of a put are issued one after the other, and completed together at the end; a stage
 * is used again when MPI no longer reads it. Each section of a get is completed before it is
 * unpacked.
 *
 * A transfer owns its copy of the local layout, its datatypes and its stages. What MPI may still
 * read or write is flushed before it is given back, also after an error.
 */
#include <stdlib.h>

#include <aml/dma/linux.h>
#include <aml/layout/native.h>
#include <aml/layout/steps.h>
#include <aml/utils/error.h>

#include "codes.h"
#include "move.h"
#include "runs.h"
#include "shape.h"
#include "transfer.h"

/*
 * Runs of this size or more are transferred one by one, and of this size if the remote side is
 * contiguous: a call costs as much as copying some thousand bytes.
 */
#define ROW_BYTES_MIN ((size_t)16 << 10)
#define ROW_OF_WHOLE_BYTES_MIN ((size_t)64 << 10)
/* Up to this many bytes between two runs, a get reads them too, instead of a call for each run. */
#define GET_GAP_BYTES_MAX ((size_t)2 << 10)
/* Transfers up to this many bytes, and direct ones, begin in the posting call. */
#define BEGIN_BYTES_MAX ((size_t)64 << 10)

/* How the bytes of a section move. */
enum transfer_way { WAY_ROWS, WAY_DATATYPE, WAY_SPAN };

enum transfer_phase { PHASE_ISSUE, PHASE_LAND, PHASE_DONE };

/* A stage that is in use. */
struct transfer_stage {
	void *memory;
	size_t bytes;
	bool busy; /* MPI may read it */
};

struct mpi_transfer {
	/* Constant. */
	struct mpi_engine *engine;
	struct aml_dma_mpi_window *window;
	int rank;
	bool is_put;
	bool staged;
	enum transfer_way way;
	struct aml_layout *local; /* the axes of the shape name its native dimensions */
	bool owns_local;
	size_t ndims; /* of local */
	struct far_shape shape;

	/* Changed by the thread that advances the transfer. */
	enum transfer_phase phase;
	int result;
	bool pending; /* MPI has something to flush */
	struct shape_cut cut;
	struct far_shape section;          /* the present one */
	size_t from[AML_LAYOUT_NDIMS_MAX]; /* where it begins on each axis */
	struct transfer_stage stages[2];
	unsigned turn; /* the next stage */
};

/* Make a steps layout whose native dimensions are the axes of the shape. */
static int describe_local(struct mpi_transfer *t)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX];
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
	const size_t n = t->shape.n > 0 ? t->shape.n : 1;

	dims[0] = 1;
	steps[0] = (ptrdiff_t)t->shape.element_size;
	for (size_t i = 0; i < t->shape.n; i++) {
		dims[i] = t->shape.axes[i].extent;
		steps[i] = t->shape.axes[i].near;
		/* The only element of an own destination that is written twice. */
		if (!t->is_put && steps[i] == 0)
			return -AML_EINVAL;
		t->shape.axes[i].dim = i;
		t->shape.axes[i].reversed = false;
	}
	t->ndims = n;
	t->owns_local = true;
	return aml_layout_steps_create(&t->local, t->shape.near, AML_LAYOUT_ORDER_FORTRAN,
				       t->shape.element_size, n, dims, steps);
}

/* Keep a layout without the fast path: a duplicate, or the layout itself if it has none. */
static int keep_local(struct mpi_transfer *t, struct aml_layout *local)
{
	int err = aml_layout_duplicate(local, &t->local, NULL);

	t->owns_local = err == AML_SUCCESS;
	if (err == -AML_ENOTSUP) {
		t->local = local;
		err = AML_SUCCESS;
	}
	return err;
}

/* Ask a layout for its fast path. Returns -AML_ENOTSUP if it has none. */
static int ask_steps(const struct aml_layout *local, struct near_steps *near)
{
	near->base = NULL;
	for (size_t i = 0; i < AML_LAYOUT_NDIMS_MAX; i++)
		near->steps[i] = 0;
	if (!layout_has_fast_path(local) ||
	    local->ops->steps_native(local->data, &near->base, near->steps) != AML_SUCCESS)
		return -AML_ENOTSUP;
	return near->base != NULL ? AML_SUCCESS : -AML_EINVAL;
}

/* Choose how a staged section moves if its elements over there are not contiguous. */
static enum transfer_way choose_scattered(const struct mpi_transfer *t,
					  const struct far_shape *packed, enum mpi_method forced)
{
	const size_t bytes = shape_bytes(packed);
	struct far_runs runs;

	runs_make(&runs, packed);
	if (forced == MPI_METHOD_ROWS || runs.n == 0)
		return WAY_ROWS;
	if (forced == MPI_METHOD_DATATYPE)
		return WAY_DATATYPE;
	if (!t->is_put && shape_span(packed) > bytes &&
	    (shape_span(packed) - bytes) / (bytes / runs.run) <= GET_GAP_BYTES_MAX)
		return WAY_SPAN;
	return runs.run >= ROW_BYTES_MIN ? WAY_ROWS : WAY_DATATYPE;
}

/* Give the axes of a shape the local steps of a stage, in which the elements are contiguous. */
static void shape_stage(struct far_shape *shape, void *stage)
{
	size_t step = shape->element_size;

	shape->near = stage;
	for (size_t i = 0; i < shape->n; i++) {
		shape->axes[i].near = (ptrdiff_t)step;
		step *= shape->axes[i].extent;
	}
}

/*
 * Can MPI get the addresses of the local elements by a datatype? Open MPI 4.1 takes runs that
 * follow each other backwards for one run.
 */
static bool has_rising_steps(const struct far_shape *shape)
{
	for (size_t i = 0; i < shape->n; i++)
		if (shape->axes[i].near <= 0)
			return false;
	return true;
}

/* Decide by shape, or as the variable says. */
static void choose_way(struct mpi_transfer *t, bool strided)
{
	const enum mpi_method forced = t->engine->forced;
	struct far_shape packed = t->shape;
	struct far_runs runs;
	size_t row;

	shape_stage(&packed, NULL);
	runs_make(&runs, &packed);
	row = runs.n == 0 ? ROW_OF_WHOLE_BYTES_MIN : ROW_BYTES_MIN;
	runs_make(&runs, &t->shape);
	t->staged = !strided || forced == MPI_METHOD_PACK ||
		    (forced == MPI_METHOD_DATATYPE && !has_rising_steps(&t->shape)) ||
		    (forced != MPI_METHOD_ROWS && forced != MPI_METHOD_DATATYPE && runs.n > 0 &&
		     runs.run < row);
	if (!t->staged) {
		t->way = forced == MPI_METHOD_DATATYPE ? WAY_DATATYPE : WAY_ROWS;
		t->cut = (struct shape_cut){.split = t->shape.n};
		return;
	}
	t->way = choose_scattered(t, &packed, forced);
	shape_cut_make(&t->cut, &t->shape, STAGE_BYTES, t->way == WAY_SPAN);
	/* A layout that cannot be sliced has one section. */
	if (t->local->ops->slice_native == NULL)
		t->cut = (struct shape_cut){.split = t->shape.n};
}

int transfer_make(struct mpi_engine *engine, const struct remote_view *far,
		  struct aml_layout *local, bool is_put, struct mpi_transfer **out)
{
	struct mpi_transfer *t = calloc(1, sizeof(*t));
	struct near_steps near;
	int err;

	if (t == NULL)
		return -AML_ENOMEM;
	t->engine = engine;
	t->window = far->window;
	t->rank = far->rank;
	t->is_put = is_put;
	t->ndims = far->ndims;
	err = ask_steps(local, &near);
	if (err == AML_SUCCESS || err == -AML_ENOTSUP)
		shape_make(&t->shape, far->element_size, far->ndims, far->dims, far->at, far->steps,
			   err == AML_SUCCESS ? &near : NULL);
	if (err == AML_SUCCESS)
		err = describe_local(t);
	else if (err == -AML_ENOTSUP)
		err = keep_local(t, local);
	if (err != AML_SUCCESS) {
		free(t);
		return err;
	}
	choose_way(t, t->shape.near != NULL);
	*out = t;
	return AML_SUCCESS;
}

void transfer_destroy(struct mpi_transfer *transfer)
{
	if (transfer == NULL)
		return;
	for (size_t i = 0; i < 2; i++)
		stage_put(&transfer->engine->stages, transfer->stages[i].memory,
			  transfer->stages[i].bytes);
	if (transfer->owns_local)
		aml_layout_destroy(&transfer->local);
	free(transfer);
}

bool transfer_is_long(const struct mpi_transfer *transfer)
{
	return shape_bytes(&transfer->shape) > BEGIN_BYTES_MAX;
}

static int move_section(struct mpi_transfer *t, const struct far_shape *section)
{
	const struct far_target target = {t->window->win, t->rank, t->is_put};
	struct far_runs runs;

	t->pending = true;
	if (t->way == WAY_SPAN)
		return move_run(&target, section->near, section->at, shape_span(section));
	runs_make(&runs, section);
	return t->way == WAY_DATATYPE ? move_types(&target, section, &runs)
				      : move_rows(&target, section, &runs);
}

/* Make the layout of the present section in a stage, with the native dimensions of the local side.
 */
static int stage_layout(const struct mpi_transfer *t, void *stage, struct aml_layout **out)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], step = t->section.element_size;
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
	char *first = stage;

	for (size_t i = 0; i < t->ndims; i++) {
		dims[i] = 1;
		steps[i] = (ptrdiff_t)step;
	}
	for (size_t i = 0; i < t->section.n; i++) {
		const struct shape_axis *axis = &t->section.axes[i];
		const ptrdiff_t own = t->way == WAY_SPAN ? axis->far : (ptrdiff_t)step;

		dims[axis->dim] = axis->extent;
		steps[axis->dim] = axis->reversed ? -own : own;
		if (axis->reversed)
			first += (ptrdiff_t)(axis->extent - 1) * own;
		step *= axis->extent;
	}
	return aml_layout_steps_create(out, first, AML_LAYOUT_ORDER_FORTRAN,
				       t->section.element_size, t->ndims, dims, steps);
}

/* Make the layout of the present section of the local side. */
static int local_section(const struct mpi_transfer *t, struct aml_layout **out)
{
	size_t offsets[AML_LAYOUT_NDIMS_MAX] = {0}, dims[AML_LAYOUT_NDIMS_MAX];

	for (size_t i = 0; i < t->ndims; i++)
		dims[i] = 1;
	for (size_t i = 0; i < t->section.n; i++) {
		const struct shape_axis *axis = &t->section.axes[i];

		dims[axis->dim] = axis->extent;
		offsets[axis->dim] = axis->reversed
					     ? t->shape.axes[i].extent - t->from[i] - axis->extent
					     : t->from[i];
	}
	return aml_layout_slice_native(t->local, out, offsets, dims, NULL);
}

/* Copy between the stage and the present section of the local side. */
static int copy_section(const struct mpi_transfer *t, void *stage, bool packs)
{
	const bool whole = t->cut.split == t->shape.n;
	struct aml_layout *staged, *local = t->local;
	int err = stage_layout(t, stage, &staged);

	if (err != AML_SUCCESS)
		return err;
	if (!whole)
		err = local_section(t, &local);
	if (err == AML_SUCCESS)
		err = aml_dma_linux_copy_generic(packs ? staged : local, packs ? local : staged,
						 NULL);
	if (!whole && err == AML_SUCCESS)
		aml_layout_destroy(&local);
	aml_layout_destroy(&staged);
	return err;
}

/* Take the stage whose turn it is. NULL: out of memory, or an error of MPI, in `*err`. */
static struct transfer_stage *stage_take(struct mpi_transfer *t, size_t bytes, int *err)
{
	struct transfer_stage *stage = &t->stages[t->turn++ % 2];

	*err = AML_SUCCESS;
	if (stage->busy) {
		*err = mpi_code(MPI_Win_flush_local(t->rank, t->window->win));
		t->stages[0].busy = t->stages[1].busy = false;
	}
	if (*err == AML_SUCCESS && stage->memory != NULL && stage->bytes < bytes) {
		stage_put(&t->engine->stages, stage->memory, stage->bytes);
		stage->memory = NULL;
	}
	if (*err == AML_SUCCESS && stage->memory == NULL) {
		stage->memory = stage_get(&t->engine->stages, bytes);
		stage->bytes = bytes;
		if (stage->memory == NULL)
			*err = -AML_ENOMEM;
	}
	return *err == AML_SUCCESS ? stage : NULL;
}

/* Issue the next section. */
static int issue_section(struct mpi_transfer *t)
{
	struct far_shape staged;
	struct transfer_stage *stage;
	int err;

	if (!t->staged)
		return move_section(t, &t->section);
	stage = stage_take(
		t, t->way == WAY_SPAN ? shape_span(&t->section) : shape_bytes(&t->section), &err);
	if (stage == NULL)
		return err;
	if (t->is_put)
		err = copy_section(t, stage->memory, true);
	if (err != AML_SUCCESS)
		return err;
	staged = t->section;
	shape_stage(&staged, stage->memory);
	stage->busy = true;
	return move_section(t, &staged);
}

/* Wait until what was issued has been done, and unpack a staged get. */
static int land_section(struct mpi_transfer *t)
{
	int err = mpi_code(MPI_Win_flush(t->rank, t->window->win));

	t->pending = false;
	t->stages[0].busy = t->stages[1].busy = false;
	if (err == AML_SUCCESS && t->staged && !t->is_put)
		err = copy_section(t, t->stages[(t->turn - 1) % 2].memory, false);
	return err;
}

static void transfer_end(struct mpi_transfer *t, int result)
{
	if (t->pending)
		(void)MPI_Win_flush(t->rank, t->window->win);
	t->pending = false;
	t->result = result;
	t->phase = PHASE_DONE;
}

bool transfer_advance(struct mpi_transfer *transfer)
{
	struct mpi_transfer *t = transfer;
	int err = AML_SUCCESS;

	if (t->phase == PHASE_LAND) {
		err = land_section(t);
		t->phase = PHASE_ISSUE;
		if (err != AML_SUCCESS || t->cut.done)
			transfer_end(t, err);
	} else if (t->phase == PHASE_ISSUE) {
		(void)shape_next(&t->cut, &t->shape, &t->section, t->from);
		err = issue_section(t);
		if (err != AML_SUCCESS)
			transfer_end(t, err);
		else if (!t->is_put || t->cut.done)
			t->phase = PHASE_LAND;
	}
	return t->phase == PHASE_DONE;
}

void transfer_cancel(struct mpi_transfer *transfer)
{
	transfer_end(transfer, -AML_FAILURE);
}

int transfer_result(const struct mpi_transfer *transfer)
{
	return transfer->result;
}

int transfer_run(struct aml_layout *dst, const struct aml_layout *src, void *transfer)
{
	(void)dst;
	(void)src;
	while (!transfer_advance(transfer))
		;
	return transfer_result(transfer);
}
