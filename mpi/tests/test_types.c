/* SPDX-License-Identifier: BSD-3-Clause */
/* Datatypes of more elements than an int counts: their sizes and extents. One process. */
#include <stdio.h>

#include "ranks.h"

#include "types.h"

#define GIB ((size_t)1 << 30)

static void check_type(size_t run, size_t n, const struct type_loop *loops, MPI_Count size,
		       MPI_Count extent)
{
	MPI_Datatype type;
	MPI_Count found = 0, low = 1;

	CHECK_OK(type_make(run, n, loops, &type));
	MPI_Type_size_x(type, &found);
	if (found != size)
		printf("size %lld, not %lld\n", (long long)found, (long long)size);
	CHECK(found == size);
	MPI_Type_get_true_extent_x(type, &low, &found);
	if (found != extent)
		printf("extent %lld, not %lld\n", (long long)found, (long long)extent);
	CHECK(low == 0 && found == extent);
	MPI_Type_free(&type);
}

/* Contract: MPI-8. */
START_TEST(types_of_any_number_of_bytes)
{
	const struct type_loop row[] = {{5, 16}}, plane[] = {{5, 16}, {3, 100}};
	const struct type_loop tall[] = {{3 * GIB + 5, 4}}, wide[] = {{2, (ptrdiff_t)(6 * GIB)}};

	check_type(7, 0, NULL, 7, 7);
	check_type(8, 1, row, 40, 72);
	check_type(8, 2, plane, 120, 272);
	check_type(5 * GIB + 3, 0, NULL, 5 * GIB + 3, 5 * GIB + 3);
	check_type(4 * GIB, 0, NULL, 4 * GIB, 4 * GIB);
	check_type(2, 1, tall, 6 * GIB + 10, 12 * GIB + 18);
	check_type(5 * GIB + 1, 1, wide, 10 * GIB + 2, 11 * GIB + 1);
}
END_TEST

SUITE("mpi_types", types_of_any_number_of_bytes)
