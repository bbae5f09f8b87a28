/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls of MPI that put and get. Datatypes are freed at once: MPI keeps them as long as it
 * needs. */
#include <limits.h>

#include <aml/utils/error.h>

#include "codes.h"
#include "move.h"

int move_run(const struct far_target *t, char *near, size_t at, size_t bytes)
{
	MPI_Datatype type = MPI_BYTE;
	int count = (int)bytes, err = AML_SUCCESS;

	if (bytes > INT_MAX) {
		err = type_make(bytes, 0, NULL, &type);
		count = 1;
	}
	if (err != AML_SUCCESS)
		return err;
	if (t->is_put)
		err = mpi_code(
			MPI_Put(near, count, type, t->rank, (MPI_Aint)at, count, type, t->win));
	else
		err = mpi_code(
			MPI_Get(near, count, type, t->rank, (MPI_Aint)at, count, type, t->win));
	if (type != MPI_BYTE)
		(void)MPI_Type_free(&type);
	return err;
}

int move_rows(const struct far_target *t, const struct far_shape *section,
	      const struct far_runs *runs)
{
	size_t counts[AML_LAYOUT_NDIMS_MAX] = {0}, at = section->at, i;
	char *near = section->near;

	for (;;) {
		int err = move_run(t, near, at, runs->run);

		if (err != AML_SUCCESS)
			return err;
		for (i = 0; i < runs->n; i++) {
			near += runs->near[i].step;
			at += (size_t)runs->far[i].step;
			if (++counts[i] < runs->far[i].extent)
				break;
			near -= (ptrdiff_t)runs->near[i].extent * runs->near[i].step;
			at -= runs->far[i].extent * (size_t)runs->far[i].step;
			counts[i] = 0;
		}
		if (i == runs->n)
			return AML_SUCCESS;
	}
}

int move_types(const struct far_target *t, const struct far_shape *section,
	       const struct far_runs *runs)
{
	MPI_Datatype near, far;
	int err = type_make(runs->run, runs->n, runs->near, &near);

	if (err != AML_SUCCESS)
		return err;
	err = type_make(runs->run, runs->n, runs->far, &far);
	if (err == AML_SUCCESS) {
		if (t->is_put)
			err = mpi_code(MPI_Put(section->near, 1, near, t->rank,
					       (MPI_Aint)section->at, 1, far, t->win));
		else
			err = mpi_code(MPI_Get(section->near, 1, near, t->rank,
					       (MPI_Aint)section->at, 1, far, t->win));
		(void)MPI_Type_free(&far);
	}
	(void)MPI_Type_free(&near);
	return err;
}
