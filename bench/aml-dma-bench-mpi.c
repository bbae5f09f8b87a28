/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures puts and gets between two processes, and the ways to do the same by MPI. Run it by
 *
 *     mpiexec -n 2 bench/aml-dma-bench-mpi
 *
 * Rank 0 puts and gets; rank 1 has the other side, and takes part only if the contestant needs
 * that. All contestants of a problem are measured in turns, between two barriers, and compared by
 * the medians of their times. After the rounds, what the engine copied is compared with the source.
 */
#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/mpi.h>
#include <aml/layout/dense.h>

/* A scattered side: rows of `run` bytes, `step` bytes apart. */
struct mpi_shape {
	const char *name;
	size_t run, step;
};

static struct mpi_shape mpi_shapes[] = {
	{"rows of 32 KiB", 32 << 10, 64 << 10},
	{"rows of 256 B", 256, 512},
	{"8 of 16 B", 8, 16},
};

static size_t nshapes = sizeof(mpi_shapes) / sizeof(*mpi_shapes);

/* The place of the data on one side. */
struct mpi_side {
	bool scattered;
	char *at;
};

/* A problem: a copy of `rows` rows from rank 0's memory to rank 1's, or back. */
struct mpi_problem {
	const struct mpi_shape *shape;
	size_t rows;
	bool is_put;
	struct mpi_side near, far; /* far.at is known to rank 1 only, or to both if it is shared */
	struct aml_layout *near_layout, *far_layout, *twin_layout;
	MPI_Datatype near_type, far_type;
	MPI_Win win; /* for the contestants that use MPI alone */
	char *stage;
};

struct mpi_contestant {
	const char *name;
	void (*run)(const struct mpi_problem *p);
	bool (*can)(const struct mpi_problem *p);
};

enum { CONTESTANTS_MAX = 8, ROUNDS_MAX = 101 };

static int rank;
static struct aml_dma *local, *dma;
static size_t payload = (size_t)16 << 20;
static int rounds = 15;

static void require(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "aml-dma-bench-mpi: %s failed\n", what);
	MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
}

static size_t side_step(const struct mpi_problem *p, const struct mpi_side *side)
{
	return side->scattered ? p->shape->step : p->shape->run;
}

/* Pack and unpack by hand, as a program would: a loop over rows. */
static void gather(char *to, const struct mpi_problem *p, const struct mpi_side *side)
{
	const size_t run = p->shape->run, step = side_step(p, side);

	if (run == 8)
		for (size_t i = 0; i < p->rows; i++)
			memcpy(to + 8 * i, side->at + step * i, 8);
	else
		for (size_t i = 0; i < p->rows; i++)
			memcpy(to + run * i, side->at + step * i, run);
}

static void scatter(const char *from, const struct mpi_problem *p, const struct mpi_side *side)
{
	const size_t run = p->shape->run, step = side_step(p, side);

	if (run == 8)
		for (size_t i = 0; i < p->rows; i++)
			memcpy(side->at + step * i, from + 8 * i, 8);
	else
		for (size_t i = 0; i < p->rows; i++)
			memcpy(side->at + step * i, from + run * i, run);
}

static void run_engine(const struct mpi_problem *p)
{
	if (rank == 0)
		require(aml_dma_copy(dma, p->is_put ? p->far_layout : p->near_layout,
				     p->is_put ? p->near_layout : p->far_layout) == AML_SUCCESS,
			"a copy");
}

/* The same copy within this process. */
static void run_local(const struct mpi_problem *p)
{
	if (rank == 0)
		require(aml_dma_copy(local, p->is_put ? p->twin_layout : p->near_layout,
				     p->is_put ? p->near_layout : p->twin_layout) == AML_SUCCESS,
			"a copy");
}

static void run_rma_types(const struct mpi_problem *p)
{
	if (rank != 0)
		return;
	if (p->is_put)
		MPI_Put(p->near.at, 1, p->near_type, 1, 0, 1, p->far_type, p->win);
	else
		MPI_Get(p->near.at, 1, p->near_type, 1, 0, 1, p->far_type, p->win);
	MPI_Win_flush(1, p->win);
}

static void run_send_types(const struct mpi_problem *p)
{
	const bool sends = (rank == 0) == p->is_put;
	void *at = rank == 0 ? p->near.at : p->far.at;
	const MPI_Datatype type = rank == 0 ? p->near_type : p->far_type;

	if (sends)
		MPI_Send(at, 1, type, 1 - rank, 0, MPI_COMM_WORLD);
	else
		MPI_Recv(at, 1, type, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

/* A contiguous side needs no buffer. */
static void run_pack_send(const struct mpi_problem *p)
{
	const struct mpi_side *side = rank == 0 ? &p->near : &p->far;
	const int bytes = (int)(p->rows * p->shape->run);
	char *buffer = side->scattered ? p->stage : side->at;

	if ((rank == 0) == p->is_put) {
		if (side->scattered)
			gather(buffer, p, side);
		MPI_Send(buffer, bytes, MPI_BYTE, 1 - rank, 0, MPI_COMM_WORLD);
	} else {
		MPI_Recv(buffer, bytes, MPI_BYTE, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		if (side->scattered)
			scatter(buffer, p, side);
	}
}

static void run_pack_rma(const struct mpi_problem *p)
{
	const int bytes = (int)(p->rows * p->shape->run);
	char *buffer = p->near.scattered ? p->stage : p->near.at;

	if (rank != 0)
		return;
	if (p->is_put) {
		if (p->near.scattered)
			gather(buffer, p, &p->near);
		MPI_Put(buffer, bytes, MPI_BYTE, 1, 0, bytes, MPI_BYTE, p->win);
		MPI_Win_flush(1, p->win);
	} else {
		MPI_Get(buffer, bytes, MPI_BYTE, 1, 0, bytes, MPI_BYTE, p->win);
		MPI_Win_flush(1, p->win);
		if (p->near.scattered)
			scatter(buffer, p, &p->near);
	}
}

static bool can_always(const struct mpi_problem *p)
{
	(void)p;
	return true;
}

static bool can_local(const struct mpi_problem *p)
{
	return p->twin_layout != NULL;
}

static bool can_pack_rma(const struct mpi_problem *p)
{
	return !p->far.scattered;
}

/* In the datatypes of windows that are not shared, MPI may need seconds for small elements. */
static bool can_rma_types(const struct mpi_problem *p)
{
	return p->rows <= (size_t)1 << 17 || p->twin_layout != NULL;
}

static const struct mpi_contestant contestants[] = {
	{"engine", run_engine, can_always},
	{"local copy", run_local, can_local},
	{"RMA datatype", run_rma_types, can_rma_types},
	{"send datatype", run_send_types, can_always},
	{"pack, send", run_pack_send, can_always},
	{"pack, RMA", run_pack_rma, can_pack_rma},
};

enum { CONTESTANTS = sizeof(contestants) / sizeof(*contestants) };

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct aml_layout *side_layout(const struct mpi_problem *p, const struct mpi_side *side)
{
	const size_t element = p->shape->run < 8 ? p->shape->run : 8, run = p->shape->run / element;
	const size_t dims[] = {p->rows, run}, pitch[] = {p->rows, side_step(p, side) / element};
	struct aml_layout *layout;

	require(aml_layout_dense_create(&layout, side->at, AML_LAYOUT_ORDER_C, element, 2, dims,
					NULL, pitch) == AML_SUCCESS,
		"a layout");
	return layout;
}

static MPI_Datatype side_type(const struct mpi_problem *p, const struct mpi_side *side)
{
	MPI_Datatype type;

	MPI_Type_create_hvector((int)p->rows, (int)p->shape->run, (MPI_Aint)side_step(p, side),
				MPI_BYTE, &type);
	MPI_Type_commit(&type);
	return type;
}

/* Measure all contestants, and print a line. */
static void measure(const struct mpi_problem *p, const char *place)
{
	static double times[CONTESTANTS][ROUNDS_MAX];
	double median[CONTESTANTS], best = 0;
	const char *winner = "";

	for (int round = -1; round < rounds; round++)
		for (int i = 0; i < CONTESTANTS; i++) {
			const int c = (i + round + CONTESTANTS) % CONTESTANTS;
			double begin;

			if (!contestants[c].can(p))
				continue;
			MPI_Barrier(MPI_COMM_WORLD);
			begin = MPI_Wtime();
			contestants[c].run(p);
			MPI_Barrier(MPI_COMM_WORLD);
			/* The first round warms up. */
			if (round >= 0)
				times[c][round] = MPI_Wtime() - begin;
		}
	if (rank != 0)
		return;
	printf("%s %s %s, here %s, there %s:\n", place, p->is_put ? "put" : "get", p->shape->name,
	       p->near.scattered ? "scattered" : "contiguous",
	       p->far.scattered ? "scattered" : "contiguous");
	for (int c = 0; c < CONTESTANTS; c++) {
		if (!contestants[c].can(p))
			continue;
		qsort(times[c], (size_t)rounds, sizeof(double), compare_doubles);
		median[c] = times[c][rounds / 2];
		printf("    %-14s %9.1f MB/s\n", contestants[c].name,
		       (double)(p->rows * p->shape->run) / median[c] / 1e6);
		if (c > 1 && (best <= 0 || median[c] < best)) {
			best = median[c];
			winner = contestants[c].name;
		}
	}
	printf("    ratio %.2f to %s", best / median[0], winner);
	if (contestants[1].can(p))
		printf(", %.2f to the local copy", median[1] / median[0]);
	printf("\n");
	fflush(stdout);
}

/* Do both sides have the same bytes? Rank 0 asks rank 1 for its side. */
static void verify(const struct mpi_problem *p)
{
	const size_t bytes = p->rows * p->shape->run;
	char *there = malloc(bytes);

	require(there != NULL, "memory");
	if (rank == 1) {
		gather(there, p, &p->far);
		MPI_Send(there, (int)bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD);
	} else {
		MPI_Recv(there, (int)bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		gather(p->stage, p, &p->near);
		require(memcmp(p->stage, there, bytes) == 0, "the comparison of what was copied");
	}
	free(there);
}

/* Fill the source, clear the destination, and let the engine copy: what it does is checked. */
static void check_engine(const struct mpi_problem *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (rank == 0)
			p->near.at[i] = p->is_put ? (char)(i * 7 + i / 255) : 0;
		else
			p->far.at[i] = p->is_put ? 0 : (char)(i * 5 + i / 255);
	}
	MPI_Barrier(MPI_COMM_WORLD);
	run_engine(p);
	MPI_Barrier(MPI_COMM_WORLD);
	require(aml_dma_mpi_progress(dma) == AML_SUCCESS, "progress");
	verify(p);
}

/* Solve a problem in a window whose part is `part`; `twin` is memory like it, or NULL. */
static void solve(struct mpi_problem *p, struct aml_dma_mpi_window *window, char *near, char *part,
		  char *twin, size_t bytes, const char *place)
{
	struct aml_layout *shape;
	struct mpi_side copy = p->far;

	p->near.at = near;
	p->far.at = part;
	p->near_layout = side_layout(p, &p->near);
	shape = side_layout(p, &p->far);
	require(aml_layout_mpi_create(&p->far_layout, window, 1, shape, NULL) == AML_SUCCESS,
		"a remote layout");
	copy.at = twin;
	p->twin_layout = twin != NULL ? side_layout(p, &copy) : NULL;
	p->near_type = side_type(p, &p->near);
	p->far_type = side_type(p, &p->far);
	check_engine(p, bytes);
	measure(p, place);
	MPI_Type_free(&p->near_type);
	MPI_Type_free(&p->far_type);
	aml_layout_destroy(&p->near_layout);
	aml_layout_destroy(&p->far_layout);
	aml_layout_destroy(&p->twin_layout);
	aml_layout_destroy(&shape);
}

static char *new_memory(size_t bytes)
{
	void *memory = NULL;

	require(posix_memalign(&memory, 4096, bytes) == 0, "memory");
	memset(memory, 1, bytes);
	return memory;
}

/* All problems, in shared memory, or in memory of the program's. */
static void solve_all(bool shared)
{
	const size_t bytes = 2 * payload;
	char *near = new_memory(bytes), *stage = new_memory(payload);
	char *twin = shared ? new_memory(bytes) : NULL;
	struct aml_dma_mpi_window *window;
	void *part = shared ? NULL : new_memory(bytes), *mpi_part = NULL;
	MPI_Win win;

	if (shared) {
		require(aml_dma_mpi_window_allocate(dma, bytes, &part, &window) == AML_SUCCESS,
			"a window");
		MPI_Win_allocate_shared((MPI_Aint)bytes, 1, MPI_INFO_NULL, MPI_COMM_WORLD,
					&mpi_part, &win);
	} else {
		require(aml_dma_mpi_window_create(dma, part, bytes, &window) == AML_SUCCESS,
			"a window");
		MPI_Win_create(part, (MPI_Aint)bytes, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
	}
	MPI_Win_lock_all(MPI_MODE_NOCHECK, win);
	for (size_t s = 0; s < nshapes; s++)
		for (int sides = 1; sides < 4; sides++)
			for (int put = 1; put >= 0; put--) {
				struct mpi_problem p = {.shape = &mpi_shapes[s],
							.rows = payload / mpi_shapes[s].run,
							.is_put = put == 1,
							.near.scattered = (sides & 1) != 0,
							.far.scattered = (sides & 2) != 0,
							.win = win,
							.stage = stage};

				solve(&p, window, near, part, twin, bytes,
				      shared ? "shared:" : "apart:");
			}
	MPI_Win_unlock_all(win);
	MPI_Win_free(&win);
	require(aml_dma_mpi_window_free(&window) == AML_SUCCESS, "the end of a window");
	if (!shared)
		free(part);
	free(twin);
	free(stage);
	free(near);
}

static void read_options(int argc, char **argv, size_t *workers, int *places)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0) {
			payload = (size_t)64 << 10;
			rounds = 1;
		} else if (strncmp(argv[i], "--rounds=", 9) == 0) {
			rounds = atoi(argv[i] + 9);
		} else if (strncmp(argv[i], "--mib=", 6) == 0) {
			payload = (size_t)atoi(argv[i] + 6) << 20;
		} else if (strncmp(argv[i], "--workers=", 10) == 0) {
			*workers = (size_t)atoi(argv[i] + 10);
		} else if (strncmp(argv[i], "--row=", 6) == 0) {
			mpi_shapes[0].name = "rows of --row bytes";
			mpi_shapes[0].run = (size_t)atoi(argv[i] + 6);
			mpi_shapes[0].step = 2 * mpi_shapes[0].run;
			nshapes = 1;
		} else if (strcmp(argv[i], "--shared") == 0) {
			*places = 1;
		} else if (strcmp(argv[i], "--apart") == 0) {
			*places = 2;
		} else {
			if (rank == 0)
				printf("usage: mpiexec -n 2 aml-dma-bench-mpi [--quick] [--rounds=N] "
				       "[--mib=N] [--workers=N] [--row=BYTES] [--shared|--apart]\n");
			MPI_Finalize();
			exit(strcmp(argv[i], "--help") == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
		}
	}
	if (rounds < 1 || rounds > ROUNDS_MAX || payload == 0 || payload > (size_t)1 << 30 ||
	    mpi_shapes[0].run == 0 || mpi_shapes[0].run > payload)
		require(false, "an option");
}

int main(int argc, char **argv)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	size_t workers = AML_DMA_LINUX_THREADS_AUTO;
	char version[MPI_MAX_LIBRARY_VERSION_STRING];
	int places = 3, size, length;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	read_options(argc, argv, &workers, &places);
	if (size != 2) {
		if (rank == 0)
			fprintf(stderr, "aml-dma-bench-mpi: it needs 2 processes: mpiexec -n 2\n");
		MPI_Finalize();
		return EXIT_FAILURE;
	}
	attr.num_threads = workers;
	require(aml_dma_linux_create_attr(&local, &attr) == AML_SUCCESS, "an engine");
	require(aml_dma_mpi_create(&dma, MPI_COMM_WORLD, local) == AML_SUCCESS, "the engine");
	MPI_Get_library_version(version, &length);
	version[strcspn(version, ",\n")] = '\0';
	if (rank == 0)
		printf("%s, %zu KiB in each copy, medians of %d rounds\n", version, payload >> 10,
		       rounds);
	if (places & 1)
		solve_all(true);
	if (places & 2)
		solve_all(false);
	require(aml_dma_mpi_destroy(&dma) == AML_SUCCESS, "the end of the engine");
	require(aml_dma_linux_destroy(&local) == AML_SUCCESS, "the end of an engine");
	MPI_Finalize();
	return EXIT_SUCCESS;
}
