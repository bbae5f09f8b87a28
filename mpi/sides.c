/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds and checks the sides of puts and gets. Calls no function of MPI. */
#include <string.h>

#include <aml/dma/linux.h>
#include <aml/layout/native.h>
#include <aml/utils/error.h>

#include "guard.h"
#include "sides.h"

/* Ask a layout that is not remote for its shape. */
static int ask_local(const struct aml_layout *layout, size_t *ndims, size_t *dims, size_t *size)
{
	int err;

	if (layout->ops == NULL)
		return -AML_EINVAL;
	if (layout->ops->ndims == NULL || layout->ops->dims_native == NULL ||
	    layout->ops->element_size == NULL || layout->ops->deref_native == NULL)
		return -AML_ENOTSUP;
	*ndims = aml_layout_ndims(layout);
	*size = aml_layout_element_size(layout);
	if (*ndims < 1 || *ndims > AML_LAYOUT_NDIMS_MAX)
		return -AML_EINVAL;
	memset(dims, 0, *ndims * sizeof(*dims));
	err = aml_layout_dims_native(layout, dims);
	return err;
}

/* Is a layout, whose extents are known, one dimension of elements without gaps? */
static bool is_contiguous_1d(const struct aml_layout *layout, const struct remote_view *far)
{
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX] = {0};
	void *base = NULL;

	if (far->ndims != 1 || (far->dims[0] > 1 && far->steps[0] != (ptrdiff_t)far->element_size))
		return false;
	return layout_has_fast_path(layout) &&
	       layout->ops->steps_native(layout->data, &base, steps) == AML_SUCCESS &&
	       (far->dims[0] < 2 || steps[0] == (ptrdiff_t)far->element_size);
}

/* Check that the two sides of a put or get match. */
static int check_sides(struct request_sides *sides, aml_dma_operator op)
{
	size_t ndims, size, dims[AML_LAYOUT_NDIMS_MAX];
	const struct remote_view *far = &sides->far;
	const struct aml_layout *local = sides->local;
	int err = ask_local(local, &ndims, dims, &size);

	if (err != AML_SUCCESS)
		return err;
	if (ndims != far->ndims || size != far->element_size ||
	    memcmp(dims, far->dims, ndims * sizeof(*dims)) != 0)
		return -AML_EINVAL;
	sides->empty = false;
	for (size_t i = 0; i < ndims; i++)
		sides->empty |= dims[i] == 0;
	if (op == aml_dma_linux_copy_1D && !is_contiguous_1d(local, far))
		return -AML_EINVAL;
	if (sides->empty)
		return AML_SUCCESS;
	for (size_t i = 0; i < ndims; i++)
		if (dims[i] > 1 && far->steps[i] == 0)
			return -AML_EINVAL;
	if (local->ops->steps_native == NULL && local->ops->rawptr != NULL &&
	    local->ops->rawptr(local->data) == NULL)
		return -AML_EINVAL;
	return AML_SUCCESS;
}

bool sides_are_copied(aml_dma_operator op)
{
	return op == NULL || op == aml_dma_linux_copy_generic || op == aml_dma_linux_copy_1D;
}

int sides_find(const struct mpi_engine *engine, struct aml_layout *dest, struct aml_layout *src,
	       aml_dma_operator op, struct request_sides *sides)
{
	const bool is_put = layout_is_remote(dest);
	int err;

	if (is_put && layout_is_remote(src))
		return -AML_ENOTSUP;
	sides->is_put = is_put;
	sides->local = is_put ? src : dest;
	layout_remote_view(is_put ? dest : src, &sides->far);
	if (sides->far.window->engine != engine)
		return -AML_EINVAL;
	err = check_sides(sides, op);
	return err == AML_SUCCESS ? engine_may_call(engine) : err;
}
