/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stencil in three dimensions. The processes have blocks of a grid, in a grid of processes with
 * periodic borders, and put the faces of their blocks into the halos of their neighbours. The
 * result is compared with one process's, which each process computes for itself, without the
 * library.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ranks.h"

#define GRID 12 /* points in each dimension */
#define STEPS 4

struct halo_block {
	int process_grid[3], at[3]; /* the grid of processes, and this one's place in it */
	size_t dims[3], with_halo[3];
	struct aml_dma_mpi_window *win;
	double *cells; /* this process's part: the block with a halo of one point */
};

/* The value of a point at the start. */
static double initial(size_t x, size_t y, size_t z)
{
	return (double)((x * 31 + y * 17 + z * 7) % 23);
}

static double average(double self, double a, double b, double c, double d, double e, double f)
{
	return self / 2 + (a + b + c + d + e + f) / 12;
}

static size_t cell(const size_t *dims, size_t x, size_t y, size_t z)
{
	return (x * dims[1] + y) * dims[2] + z;
}

/* The whole grid, by one process. */
static void compute_whole(double *grid)
{
	static double before[GRID * GRID * GRID];
	const size_t dims[3] = {GRID, GRID, GRID};
	const size_t up = 1, down = GRID - 1;

	for (size_t i = 0; i < (size_t)GRID * GRID * GRID; i++)
		grid[i] = initial(i / (GRID * GRID), i / GRID % GRID, i % GRID);
	for (int step = 0; step < STEPS; step++) {
		memcpy(before, grid, sizeof(before));
		for (size_t x = 0; x < GRID; x++)
			for (size_t y = 0; y < GRID; y++)
				for (size_t z = 0; z < GRID; z++)
					grid[cell(dims, x, y, z)] = average(
						before[cell(dims, x, y, z)],
						before[cell(dims, (x + up) % GRID, y, z)],
						before[cell(dims, (x + down) % GRID, y, z)],
						before[cell(dims, x, (y + up) % GRID, z)],
						before[cell(dims, x, (y + down) % GRID, z)],
						before[cell(dims, x, y, (z + up) % GRID)],
						before[cell(dims, x, y, (z + down) % GRID)]);
	}
}

/* The rank of a neighbour: in dimension d, one up or down. */
static int neighbour(const struct halo_block *b, int d, int way)
{
	int at[3] = {b->at[0], b->at[1], b->at[2]};

	at[d] = (at[d] + way + b->process_grid[d]) % b->process_grid[d];
	return (at[0] * b->process_grid[1] + at[1]) * b->process_grid[2] + at[2];
}

/* Make the layout of a face, `where` planes from the start of dimension d, without the halo's
 * edges. */
static struct aml_layout *face(struct aml_layout *whole, const struct halo_block *b, int d,
			       size_t where)
{
	size_t offsets[3] = {1, 1, 1}, dims[3] = {b->dims[0], b->dims[1], b->dims[2]};
	struct aml_layout *layout = NULL;

	offsets[d] = where;
	dims[d] = 1;
	CHECK_OK(aml_layout_slice(whole, &layout, offsets, dims, NULL));
	return layout;
}

/* Put the faces of the block to the halos of the six neighbours. */
static void exchange(struct halo_block *b, struct aml_layout *whole)
{
	struct aml_dma_request *reqs[6];

	for (int i = 0; i < 6; i++) {
		const int d = i / 2, way = i % 2 == 0 ? 1 : -1;
		struct aml_layout *there = NULL, *from, *to;

		CHECK_OK(aml_layout_mpi_create(&there, b->win, neighbour(b, d, way), whole,
					       b->cells));
		from = face(whole, b, d, way > 0 ? b->dims[d] : 1);
		to = face(there, b, d, way > 0 ? 0 : b->dims[d] + 1);
		CHECK_OK(aml_dma_async_copy(engine, &reqs[i], to, from));
		aml_layout_destroy(&from);
		aml_layout_destroy(&to);
		aml_layout_destroy(&there);
	}
	CHECK_OK(aml_dma_wait_all(engine, 6, reqs, NULL));
}

static void compute_block(struct halo_block *b, double *next)
{
	const size_t *w = b->with_halo;

	for (size_t x = 1; x <= b->dims[0]; x++)
		for (size_t y = 1; y <= b->dims[1]; y++)
			for (size_t z = 1; z <= b->dims[2]; z++)
				next[cell(w, x, y, z)] = average(b->cells[cell(w, x, y, z)],
								 b->cells[cell(w, x + 1, y, z)],
								 b->cells[cell(w, x - 1, y, z)],
								 b->cells[cell(w, x, y + 1, z)],
								 b->cells[cell(w, x, y - 1, z)],
								 b->cells[cell(w, x, y, z + 1)],
								 b->cells[cell(w, x, y, z - 1)]);
}

static void set_up_block(struct halo_block *b)
{
	void *ptr = NULL;
	size_t n;

	memset(b->process_grid, 0, sizeof(b->process_grid));
	MPI_Dims_create(ranks, 3, b->process_grid);
	b->at[0] = rank / (b->process_grid[1] * b->process_grid[2]);
	b->at[1] = rank / b->process_grid[2] % b->process_grid[1];
	b->at[2] = rank % b->process_grid[2];
	for (int d = 0; d < 3; d++) {
		b->dims[d] = GRID / (size_t)b->process_grid[d];
		b->with_halo[d] = b->dims[d] + 2;
	}
	n = b->with_halo[0] * b->with_halo[1] * b->with_halo[2];
	CHECK_OK(aml_dma_mpi_window_allocate(engine, n * sizeof(double), &ptr, &b->win));
	b->cells = ptr;
}

/* The point of the grid at a point of the block. */
static size_t global(const struct halo_block *b, int d, size_t i)
{
	return (size_t)b->at[d] * b->dims[d] + i - 1;
}

/* Contract: MPI-7. */
START_TEST(a_stencil_gives_the_result_of_one_process)
{
	static double whole_grid[GRID * GRID * GRID];
	const size_t dims[3] = {GRID, GRID, GRID};
	struct aml_layout *whole = NULL;
	struct halo_block b;
	double *next;
	size_t wrong = 0;

	compute_whole(whole_grid);
	set_up_block(&b);
	next = calloc(b.with_halo[0] * b.with_halo[1] * b.with_halo[2], sizeof(double));
	CHECK_OK(aml_layout_dense_create(&whole, b.cells, AML_LAYOUT_ORDER_C, sizeof(double), 3,
					 b.with_halo, NULL, NULL));
	for (size_t x = 1; x <= b.dims[0]; x++)
		for (size_t y = 1; y <= b.dims[1]; y++)
			for (size_t z = 1; z <= b.dims[2]; z++)
				b.cells[cell(b.with_halo, x, y, z)] = initial(
					global(&b, 0, x), global(&b, 1, y), global(&b, 2, z));
	for (int step = 0; step < STEPS && next != NULL; step++) {
		/* Nobody puts into a halo before its owner has read it. */
		meet();
		exchange(&b, whole);
		meet();
		compute_block(&b, next);
		for (size_t x = 1; x <= b.dims[0]; x++)
			for (size_t y = 1; y <= b.dims[1]; y++)
				memcpy(&b.cells[cell(b.with_halo, x, y, 1)],
				       &next[cell(b.with_halo, x, y, 1)],
				       b.dims[2] * sizeof(double));
	}
	for (size_t x = 1; x <= b.dims[0]; x++)
		for (size_t y = 1; y <= b.dims[1]; y++)
			for (size_t z = 1; z <= b.dims[2]; z++)
				wrong += b.cells[cell(b.with_halo, x, y, z)] <
						 whole_grid[cell(dims, global(&b, 0, x),
								 global(&b, 1, y),
								 global(&b, 2, z))] ||
					 b.cells[cell(b.with_halo, x, y, z)] >
						 whole_grid[cell(dims, global(&b, 0, x),
								 global(&b, 1, y),
								 global(&b, 2, z))];
	CHECK(wrong == 0);
	aml_layout_destroy(&whole);
	free(next);
	meet();
	CHECK_OK(aml_dma_mpi_window_free(&b.win));
}
END_TEST

SUITE("mpi_halo", a_stencil_gives_the_result_of_one_process)
