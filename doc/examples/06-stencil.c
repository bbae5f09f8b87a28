/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heat that spreads over a plate, in blocks whose halos are exchanged by dependencies instead of
 * barriers.
 *
 *     06-stencil [STEPS]
 *
 * The plate is a torus of BLOCKS x BLOCKS blocks. Each block has its own array, with a border of
 * one element, the halo, for the edges of its four neighbours. In each step, each block
 *
 *     - copies the edges of its neighbours into its halo: two rows and two columns;
 *     - then computes its next state, each element from itself and its four neighbours.
 *
 * A copy of step t from block A to block B starts when A and B have computed step t - 1. The
 * computation of B starts when its four copies have finished. So no block waits for the whole
 * plate, and fast blocks run ahead of slow ones. All requests are posted by one thread, STEPS_AHEAD
 * steps ahead of the step that it waits for.
 *
 * At the end, the program compares the plate with one that a plain loop has computed.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <ctype.h>

enum { BLOCKS = 4, SIDE = 96, ROW = SIDE + 2, STEPS_AHEAD = 4, STEPS_MAX = 10000 };
enum { NORTH, SOUTH, WEST, EAST, SIDES };

/* A block with its halo. The state of step t is in state[t % 2]. */
struct plate_block {
	int state[2][ROW][ROW];
	size_t step; /* the number of steps that were computed */
	/* The edges and the halo of both states, as layouts. */
	struct aml_layout *edge[2][SIDES], *halo[2][SIDES];
	/* The last STEPS_AHEAD steps of the block: its computation and its four copies. */
	struct aml_dma_request *computed[STEPS_AHEAD], *copied[STEPS_AHEAD][SIDES];
};

/* A new element, from the element itself and its four neighbours, in thousandths of a degree. */
static int spread(int self, int north, int south, int west, int east)
{
	return (4 * self + north + south + west + east) / 8;
}

/* The plate at the beginning. */
static int heat_at(size_t y, size_t x)
{
	return (int)((y * 13 + x * 7) % 101) * 1000;
}

/* The operator: compute the next state of a block, whose halo is complete. */
static int compute_block(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct plate_block *block = arg;
	int(*old)[ROW] = block->state[block->step % 2];
	int(*new)[ROW] = block->state[(block->step + 1) % 2];

	(void)dst;
	(void)src;
	for (size_t y = 1; y <= SIDE; y++)
		for (size_t x = 1; x <= SIDE; x++)
			new[y][x] = spread(old[y][x], old[y - 1][x], old[y + 1][x], old[y][x - 1],
					   old[y][x + 1]);
	block->step++;
	return AML_SUCCESS;
}

/* Return the neighbour of block (i, j) on one side. */
static struct plate_block *neighbour(struct plate_block *blocks, size_t i, size_t j, int side)
{
	static const size_t down[SIDES] = {BLOCKS - 1, 1, 0, 0};
	static const size_t right[SIDES] = {0, 0, BLOCKS - 1, 1};

	return &blocks[(i + down[side]) % BLOCKS * BLOCKS + (j + right[side]) % BLOCKS];
}

/* Release the requests of the step of which the handles are to be replaced. */
static int wait_for_step(struct plate_block *block, size_t place)
{
	int err = aml_dma_wait_all(aml_dma_linux, SIDES, block->copied[place], NULL);
	int code = aml_dma_wait_all(aml_dma_linux, 1, &block->computed[place], NULL);

	return err != AML_SUCCESS ? err : code;
}

/*
 * Post the copies of one step into the halo of a block. Each starts when the step before was
 * computed by the block and by the neighbour. In the first step, there is no such request: NULL
 * handles in `after` are skipped.
 */
static int post_copies(struct plate_block *blocks, size_t i, size_t j, size_t step)
{
	struct plate_block *block = &blocks[i * BLOCKS + j];
	const size_t now = step % STEPS_AHEAD, before = (step + STEPS_AHEAD - 1) % STEPS_AHEAD;
	struct aml_dma_post_attr posts[SIDES];
	struct aml_dma_request *after[SIDES][2];

	for (int side = 0; side < SIDES; side++) {
		struct plate_block *from = neighbour(blocks, i, j, side);

		after[side][0] = block->computed[before];
		after[side][1] = from->computed[before];
		posts[side] = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
		posts[side].dest = block->halo[step % 2][side];
		/* The northern halo of a block is the southern edge of its northern neighbour. */
		posts[side].src = from->edge[step % 2][side ^ 1];
		posts[side].after = after[side];
		posts[side].nafter = 2;
	}
	return aml_dma_post(aml_dma_linux, SIDES, posts, block->copied[now]);
}

/*
 * Post the computation of one step, after the four copies of the step into the block. It overwrites
 * the state of the step before, whose edges the neighbours have copied: a copy into this block
 * follows the computation of the neighbour, which follows the neighbour's copies.
 */
static int post_computation(struct plate_block *block, size_t step)
{
	struct aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;

	post.op = compute_block;
	post.op_arg = block;
	post.after = block->copied[step % STEPS_AHEAD];
	post.nafter = SIDES;
	return aml_dma_post(aml_dma_linux, 1, &post, &block->computed[step % STEPS_AHEAD]);
}

/* Post one step of all blocks. The handles of STEPS_AHEAD steps ago make room for the new ones. */
static int post_step(struct plate_block *blocks, size_t step)
{
	int err = AML_SUCCESS;

	for (size_t i = 0; i < BLOCKS * BLOCKS && err == AML_SUCCESS; i++)
		err = wait_for_step(&blocks[i], step % STEPS_AHEAD);
	for (size_t i = 0; i < BLOCKS; i++)
		for (size_t j = 0; j < BLOCKS && err == AML_SUCCESS; j++)
			err = post_copies(blocks, i, j, step);
	for (size_t i = 0; i < BLOCKS * BLOCKS && err == AML_SUCCESS; i++)
		err = post_computation(&blocks[i], step);
	return err;
}

/* Post all steps, and wait for the last ones. */
static int run_steps(struct plate_block *blocks, size_t steps)
{
	int err = AML_SUCCESS;

	for (size_t step = 0; step < steps && err == AML_SUCCESS; step++)
		err = post_step(blocks, step);
	for (size_t place = 0; place < STEPS_AHEAD; place++)
		for (size_t i = 0; i < BLOCKS * BLOCKS; i++) {
			int code = wait_for_step(&blocks[i], place);

			err = err != AML_SUCCESS ? err : code;
		}
	return err;
}

/* Make the layout of one row or column of a state: `n` elements from (y, x) on. */
static int make_line(struct aml_layout **line, int state[ROW][ROW], size_t y, size_t x,
		     size_t stride)
{
	const size_t dims[] = {SIDE}, strides[] = {stride};

	return aml_layout_dense_create(line, &state[y][x], AML_LAYOUT_ORDER_C, sizeof(int), 1, dims,
				       strides, NULL);
}

/* Fill a block, and make the layouts of its edges and of its halo. */
static int make_block(struct plate_block *block, size_t i, size_t j)
{
	static const size_t edge_y[SIDES] = {1, SIDE, 1, 1}, edge_x[SIDES] = {1, 1, 1, SIDE};
	static const size_t halo_y[SIDES] = {0, SIDE + 1, 1, 1},
			    halo_x[SIDES] = {1, 1, 0, SIDE + 1};
	int err = AML_SUCCESS;

	for (size_t y = 0; y < SIDE; y++)
		for (size_t x = 0; x < SIDE; x++)
			block->state[0][y + 1][x + 1] = heat_at(i * SIDE + y, j * SIDE + x);
	for (int s = 0; s < 2; s++)
		for (int side = 0; side < SIDES && err == AML_SUCCESS; side++) {
			size_t stride = side == NORTH || side == SOUTH ? 1 : ROW;

			err = make_line(&block->edge[s][side], block->state[s], edge_y[side],
					edge_x[side], stride);
			if (err == AML_SUCCESS)
				err = make_line(&block->halo[s][side], block->state[s],
						halo_y[side], halo_x[side], stride);
		}
	return err;
}

static void free_layouts(struct plate_block *block)
{
	for (int s = 0; s < 2; s++)
		for (int side = 0; side < SIDES; side++) {
			aml_layout_destroy(&block->edge[s][side]);
			aml_layout_destroy(&block->halo[s][side]);
		}
}

/* Compute the plate by plain loops, and count the elements of the blocks that differ. */
static size_t count_differences(struct plate_block *blocks, size_t steps)
{
	enum { PLATE = BLOCKS * SIDE };
	static int plate[2][PLATE][PLATE];
	size_t differences = 0;

	for (size_t y = 0; y < PLATE; y++)
		for (size_t x = 0; x < PLATE; x++)
			plate[0][y][x] = heat_at(y, x);
	for (size_t step = 0; step < steps; step++) {
		int(*old)[PLATE] = plate[step % 2], (*new)[PLATE] = plate[(step + 1) % 2];

		for (size_t y = 0; y < PLATE; y++)
			for (size_t x = 0; x < PLATE; x++)
				new[y][x] = spread(old[y][x], old[(y + PLATE - 1) % PLATE][x],
						   old[(y + 1) % PLATE][x],
						   old[y][(x + PLATE - 1) % PLATE],
						   old[y][(x + 1) % PLATE]);
	}
	for (size_t y = 0; y < PLATE; y++)
		for (size_t x = 0; x < PLATE; x++) {
			const struct plate_block *block = &blocks[y / SIDE * BLOCKS + x / SIDE];

			differences += block->state[steps % 2][y % SIDE + 1][x % SIDE + 1] !=
				       plate[steps % 2][y][x];
		}
	return differences;
}

/* Compute the steps, compare the result, and report it. Return the exit status. */
static int run_plate(size_t steps)
{
	static struct plate_block blocks[BLOCKS * BLOCKS];
	size_t differences = 0;
	int err = AML_SUCCESS;

	for (size_t i = 0; i < BLOCKS * BLOCKS && err == AML_SUCCESS; i++)
		err = make_block(&blocks[i], i / BLOCKS, i % BLOCKS);
	if (err == AML_SUCCESS)
		err = run_steps(blocks, steps);
	if (err == AML_SUCCESS)
		differences = count_differences(blocks, steps);
	for (size_t i = 0; i < BLOCKS * BLOCKS; i++)
		free_layouts(&blocks[i]);
	if (err != AML_SUCCESS)
		fprintf(stderr, "06-stencil: a request failed: %s\n", aml_strerror(err));
	else if (differences > 0)
		fprintf(stderr, "06-stencil: %zu elements differ from those of a plain loop\n",
			differences);
	else
		printf("%zu steps of %d x %d blocks: as computed by a plain loop\n", steps, BLOCKS,
		       BLOCKS);
	return err == AML_SUCCESS && differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	unsigned long steps = 100;
	char *end = NULL;
	int err, status;

	if (argc > 2) {
		fprintf(stderr, "usage: 06-stencil [STEPS]\n");
		return EXIT_FAILURE;
	}
	if (argc == 2) {
		steps = strtoul(argv[1], &end, 10);
		if (!isdigit((unsigned char)argv[1][0]) || *end != '\0' || steps > STEPS_MAX) {
			fprintf(stderr, "06-stencil: STEPS is a number from 0 to %d, not '%s'\n",
				STEPS_MAX, argv[1]);
			return EXIT_FAILURE;
		}
	}
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "06-stencil: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	status = run_plate(steps);
	aml_finalize();
	if (status == EXIT_SUCCESS && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "06-stencil: standard output cannot be written: %s\n",
			strerror(errno));
		status = EXIT_FAILURE;
	}
	return status;
}
