/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plans small copies of pads. A large pad is split into boxes (boxes.c), which are copied one after
 * the other. Making the plans of the boxes takes longer than copying a few KiB, so a small pad is
 * copied in the order of the destination: each row has neutral elements, a run of the source, and
 * neutral elements again. Such a plan has only one part.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "layout/dense.h"
#include "layout/kind.h"
#include "plan/padded.h"
#include "plan/part.h"

/* The largest payload. */
enum {
	PADDED_BYTES = 64 << 10,
	PADDED_BYTES_MAX = 4 * COPY_PART <= PADDED_BYTES ? 4 * COPY_PART - 1 : PADDED_BYTES,
};

_Static_assert((int)COPY_NEUTRAL_BYTES == (int)PADDED_NEUTRAL_BYTES, "for the kernel pad()");

/* Are the elements of dimension 0 contiguous, and of a size that COPY_NEUTRAL_BYTES repeat? */
static bool rows_are_runs(const struct aml_layout_dense *d, size_t size)
{
	return d->ptr != NULL && d->cpitch[0] == size && dense_step(d, 0) == size &&
	       size <= COPY_NEUTRAL_BYTES && (size & (size - 1)) == 0;
}

/* `size` is a constant. */
static inline void repeat_element(char *neutral, const void *element, size_t size)
{
	for (size_t b = 0; b < COPY_NEUTRAL_BYTES; b += size)
		memcpy(neutral + b, element, size);
}

static void repeat_neutral(char *neutral, const void *element, size_t size)
{
	if (size == 8)
		repeat_element(neutral, element, 8);
	else if (size == 4)
		repeat_element(neutral, element, 4);
	else if (size == 2)
		repeat_element(neutral, element, 2);
	else if (size == 1)
		repeat_element(neutral, element, 1);
	else
		repeat_element(neutral, element, COPY_NEUTRAL_BYTES);
}

bool copy_plan_padded(union copy_plan_room *room, const struct aml_layout_dense *dst,
		      const struct aml_layout *src)
{
	const struct aml_layout_pad *pad = src->ops != NULL ? layout_pad(src) : NULL;
	const struct aml_layout_dense *from = pad != NULL ? layout_dense(pad->target) : NULL;
	struct copy_plan *plan = &room->plan;
	struct copy_padded_dim *dim = copy_padded(plan)->dims;
	size_t size = dst->cpitch[0], bytes = size;

	if (from == NULL || dst->ndims != pad->ndims || from->ndims != pad->ndims ||
	    pad->element_size != size || !rows_are_runs(dst, size) || !rows_are_runs(from, size))
		return false;
	for (size_t i = 0; i < dst->ndims; i++, dim++) {
		size_t extent = dst->dims[i], offset = pad->offsets[i], step = dense_step(dst, i);

		/* The product was checked when the layout was created. */
		bytes *= extent;
		if (pad->dims[i] != extent || pad->target_dims[i] != from->dims[i] ||
		    offset >= extent || from->dims[i] == 0 || (step == 0 && extent > 1))
			return false;
		dim->extent = extent;
		dim->from = offset;
		dim->count = min(from->dims[i], extent - offset);
		dim->dst_step = (ptrdiff_t)step;
		dim->src_step = (ptrdiff_t)dense_step(from, i);
	}
	if (bytes > PADDED_BYTES_MAX)
		return false;
	copy_plan_start(room, size);
	plan->kind = COPY_PADDED;
	plan->nloops = (uint8_t)dst->ndims;
	plan->run.dst = dst->ptr;
	plan->run.src = from->ptr;
	copy_padded(plan)->payload = bytes;
	repeat_neutral(copy_padded(plan)->neutral, pad->neutral, size);
	return true;
}
