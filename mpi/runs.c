/* SPDX-License-Identifier: BSD-3-Clause */
/* Merges the axes of a shape that continue each other on both sides. */
#include "runs.h"

void runs_make(struct far_runs *runs, const struct far_shape *shape)
{
	size_t n = 0;

	runs->run = shape->element_size;
	for (size_t i = 0; i < shape->n; i++) {
		const struct shape_axis *axis = &shape->axes[i];

		if (axis->extent == 1)
			continue;
		if (n == 0 && (size_t)axis->far == runs->run && (size_t)axis->near == runs->run) {
			runs->run *= axis->extent;
		} else if (n > 0 &&
			   (size_t)axis->far ==
				   (size_t)runs->far[n - 1].step * runs->far[n - 1].extent &&
			   (size_t)axis->near ==
				   (size_t)runs->near[n - 1].step * runs->near[n - 1].extent) {
			runs->far[n - 1].extent *= axis->extent;
			runs->near[n - 1].extent *= axis->extent;
		} else {
			runs->far[n] = (struct type_loop){axis->extent, axis->far};
			runs->near[n++] = (struct type_loop){axis->extent, axis->near};
		}
	}
	runs->n = n;
}
