/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes datatypes. Each type that was made on the way is freed as soon as it is part of another. */
#include <limits.h>

#include <aml/utils/error.h>

#include "codes.h"
#include "types.h"

/* How many repetitions one type has at most. A product of two of them is no int. */
#define TYPE_REPEATS_MAX ((size_t)1 << 30)

/* Free `inner`, unless it is a type of MPI's own, and keep the first error. */
static int type_free_inner(int err, MPI_Datatype *inner)
{
	int freed = MPI_SUCCESS;

	if (*inner != MPI_BYTE)
		freed = MPI_Type_free(inner);
	return err != AML_SUCCESS ? err : mpi_code(freed);
}

/* Make two types one, of which the second begins at the displacement `at`. */
static int type_join(MPI_Datatype first, MPI_Datatype second, MPI_Aint at, MPI_Datatype *out)
{
	int lengths[2] = {1, 1};
	MPI_Aint places[2] = {0, at};
	MPI_Datatype types[2] = {first, second};

	return mpi_code(MPI_Type_create_struct(2, lengths, places, types, out));
}

/* Repeat a type more often than an int counts. */
static int type_repeat_long(MPI_Datatype inner, size_t count, ptrdiff_t step, MPI_Datatype *out)
{
	const size_t whole = count / TYPE_REPEATS_MAX, rest = count % TYPE_REPEATS_MAX;
	const ptrdiff_t far = (ptrdiff_t)TYPE_REPEATS_MAX * step;
	MPI_Datatype block, blocks, tail;
	int err = mpi_code(MPI_Type_create_hvector((int)TYPE_REPEATS_MAX, 1, step, inner, &block));

	if (err != AML_SUCCESS)
		return err;
	err = mpi_code(MPI_Type_create_hvector((int)whole, 1, far, block, &blocks));
	err = type_free_inner(err, &block);
	if (err != AML_SUCCESS || rest == 0) {
		if (err == AML_SUCCESS)
			*out = blocks;
		return err;
	}
	err = mpi_code(MPI_Type_create_hvector((int)rest, 1, step, inner, &tail));
	if (err == AML_SUCCESS) {
		err = type_join(blocks, tail, (MPI_Aint)((ptrdiff_t)whole * far), out);
		err = type_free_inner(err, &tail);
	}
	return type_free_inner(err, &blocks);
}

static int type_repeat(MPI_Datatype inner, size_t count, ptrdiff_t step, MPI_Datatype *out)
{
	if (count > TYPE_REPEATS_MAX)
		return type_repeat_long(inner, count, step, out);
	return mpi_code(MPI_Type_create_hvector((int)count, 1, step, inner, out));
}

/* Make the type of the runs of the innermost loop, or of the only run. */
static int type_rows(size_t run, size_t n, const struct type_loop *loops, MPI_Datatype *type)
{
	MPI_Datatype bytes;
	int err;

	if (n > 0 && run <= TYPE_REPEATS_MAX && loops->extent <= TYPE_REPEATS_MAX)
		return mpi_code(MPI_Type_create_hvector((int)loops->extent, (int)run, loops->step,
							MPI_BYTE, type));
	if (run <= TYPE_REPEATS_MAX)
		err = mpi_code(MPI_Type_contiguous((int)run, MPI_BYTE, &bytes));
	else
		err = type_repeat_long(MPI_BYTE, run, 1, &bytes);
	if (err != AML_SUCCESS || n == 0) {
		if (err == AML_SUCCESS)
			*type = bytes;
		return err;
	}
	err = type_repeat(bytes, loops->extent, loops->step, type);
	return type_free_inner(err, &bytes);
}

int type_make(size_t run, size_t n, const struct type_loop *loops, MPI_Datatype *type)
{
	MPI_Datatype made, outer;
	int err = type_rows(run, n, loops, &made);

	for (size_t i = 1; i < n && err == AML_SUCCESS; i++) {
		err = type_repeat(made, loops[i].extent, loops[i].step, &outer);
		err = type_free_inner(err, &made);
		made = outer;
	}
	if (err != AML_SUCCESS)
		return err;
	err = mpi_code(MPI_Type_commit(&made));
	if (err != AML_SUCCESS)
		(void)MPI_Type_free(&made);
	else
		*type = made;
	return err;
}
