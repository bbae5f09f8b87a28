/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reductions and comparisons: a heap of sand that topples, on a table cut into blocks.
 *
 *     15-sandpile [GRAINS]
 *
 * All grains lie on one cell in the middle of the table. In each step, each cell gives a quarter of
 * its grains to each of its four neighbours, and keeps the rest of the division. What falls over
 * the edge of the table is lost. The steps end when no cell changes.
 *
 * The table has BLOCKS x BLOCKS blocks. Each block has its own array, with a border of one cell,
 * the halo, which collects what falls to the neighbours. A step has three stages:
 *
 *     - each block computes its next state, and what falls into its halo: an operator of the
 * program;
 *     - aml_dma_linux_reduce() adds each halo to the edge of the neighbour: first the rows, then
 * the columns;
 *     - aml_dma_linux_compare() counts the cells of each block that have changed.
 *
 * Two reductions of the same element must not run at the same time. A row and a column of a block
 * have one cell in common. So the columns are added after all rows: a barrier is between them.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <ctype.h>
#include <stdint.h>

enum { BLOCKS = 3, SIDE = 9, ROW = SIDE + 2, GRAINS_MAX = 5000 };
enum { NORTH, SOUTH, WEST, EAST, SIDES };

/* A block. The state of step t is in cells[t % 2]. */
struct sand_block {
	uint32_t cells[2][ROW][ROW];
	struct aml_layout *inside[2]; /* without the halo */
	struct aml_layout *edge[2][SIDES], *halo[2][SIDES];
	struct aml_dma_linux_difference changed; /* by the last step */
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "15-sandpile: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* The operator: compute the next state of a block. Both pointers are casts of states. */
static int topple_block(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	uint32_t(*new)[ROW] = (uint32_t(*)[ROW])(void *)dst;
	const uint32_t(*old)[ROW] = (const uint32_t(*)[ROW])(const void *)src;

	(void)arg;
	memset(new, 0, sizeof(uint32_t[ROW][ROW]));
	for (size_t y = 1; y <= SIDE; y++)
		for (size_t x = 1; x <= SIDE; x++) {
			const uint32_t quarter = old[y][x] / 4;

			new[y][x] += old[y][x] % 4;
			new[y - 1][x] += quarter;
			new[y + 1][x] += quarter;
			new[y][x - 1] += quarter;
			new[y][x + 1] += quarter;
		}
	return AML_SUCCESS;
}

/* Post the computations of a step, without handles. */
static int post_toppling(struct sand_block *blocks, size_t now, size_t next)
{
	int err = AML_SUCCESS;

	for (size_t i = 0; i < BLOCKS * BLOCKS && err == AML_SUCCESS; i++)
		err = aml_dma_async_copy_custom(
			aml_dma_linux, NULL, (struct aml_layout *)(void *)blocks[i].cells[next],
			(struct aml_layout *)(void *)blocks[i].cells[now], topple_block, NULL);
	return err;
}

/* Return the neighbour of a block on one side, or NULL at the edge of the table. */
static struct sand_block *neighbour_of(struct sand_block *blocks, size_t i, int side)
{
	const size_t y = i / BLOCKS, x = i % BLOCKS;

	switch (side) {
	case NORTH:
		return y == 0 ? NULL : &blocks[i - BLOCKS];
	case SOUTH:
		return y + 1 == BLOCKS ? NULL : &blocks[i + BLOCKS];
	case WEST:
		return x == 0 ? NULL : &blocks[i - 1];
	default:
		return x + 1 == BLOCKS ? NULL : &blocks[i + 1];
	}
}

/*
 * Post the sums of the halos on two sides of all blocks. The northern halo of a block belongs to
 * the southern edge of its northern neighbour.
 */
static int post_sums(struct sand_block *blocks, size_t state, int first_side)
{
	/* A posted reduction has copied it. */
	struct aml_dma_linux_reduce_arg sum = {.type = AML_DMA_U32,
					       .operation = AML_DMA_REDUCE_SUM};
	int err = AML_SUCCESS;

	for (size_t i = 0; i < BLOCKS * BLOCKS; i++)
		for (int side = first_side; side < first_side + 2 && err == AML_SUCCESS; side++) {
			struct sand_block *to = neighbour_of(blocks, i, side);

			if (to == NULL)
				continue;
			err = aml_dma_async_copy_custom(
				aml_dma_linux, NULL, to->edge[state][side ^ 1],
				blocks[i].halo[state][side], aml_dma_linux_reduce, &sum);
		}
	return err;
}

/* Post the comparisons of both states. Each result must stay until the barrier. */
static int post_comparisons(struct sand_block *blocks)
{
	int err = AML_SUCCESS;

	for (size_t i = 0; i < BLOCKS * BLOCKS && err == AML_SUCCESS; i++) {
		blocks[i].changed = (struct aml_dma_linux_difference)AML_DMA_LINUX_DIFFERENCE_INIT;
		err = aml_dma_async_copy_custom(aml_dma_linux, NULL, blocks[i].inside[0],
						blocks[i].inside[1], aml_dma_linux_compare,
						&blocks[i].changed);
	}
	return err;
}

/* Wait for all requests of a stage, also if one of them could not be posted. */
static int end_stage(int posted)
{
	int waited = aml_dma_barrier(aml_dma_linux);

	return posted != AML_SUCCESS ? posted : waited;
}

/* Make one step, and count the cells that have changed. */
static int make_step(struct sand_block *blocks, size_t step, uint64_t *changed)
{
	const size_t now = step % 2, next = (step + 1) % 2;
	int err = end_stage(post_toppling(blocks, now, next));

	if (err == AML_SUCCESS)
		err = end_stage(post_sums(blocks, next, NORTH));
	if (err == AML_SUCCESS)
		err = end_stage(post_sums(blocks, next, WEST));
	if (err == AML_SUCCESS)
		err = end_stage(post_comparisons(blocks));
	*changed = 0;
	for (size_t i = 0; i < BLOCKS * BLOCKS && err == AML_SUCCESS; i++)
		*changed += blocks[i].changed.count;
	return err;
}

/* Make the layout of a part of a state, from (y, x) on. */
static int make_part(struct aml_layout **part, uint32_t cells[ROW][ROW], size_t y, size_t x,
		     const size_t *dims)
{
	const size_t pitch[] = {ROW, ROW};

	return aml_layout_dense_create(part, &cells[y][x], AML_LAYOUT_ORDER_C, sizeof(uint32_t), 2,
				       dims, NULL, pitch);
}

/* Make the layouts of one state of a block. */
static int make_layouts(struct sand_block *block, size_t state)
{
	static const size_t all[] = {SIDE, SIDE}, row[] = {1, SIDE}, column[] = {SIDE, 1};
	static const size_t edge_y[SIDES] = {1, SIDE, 1, 1}, edge_x[SIDES] = {1, 1, 1, SIDE};
	static const size_t halo_y[SIDES] = {0, SIDE + 1, 1, 1},
			    halo_x[SIDES] = {1, 1, 0, SIDE + 1};
	uint32_t(*cells)[ROW] = block->cells[state];
	int err = make_part(&block->inside[state], cells, 1, 1, all);

	for (int side = 0; side < SIDES && err == AML_SUCCESS; side++) {
		const size_t *dims = side == NORTH || side == SOUTH ? row : column;

		err = make_part(&block->edge[state][side], cells, edge_y[side], edge_x[side], dims);
		if (err == AML_SUCCESS)
			err = make_part(&block->halo[state][side], cells, halo_y[side],
					halo_x[side], dims);
	}
	return err;
}

static void free_layouts(struct sand_block *block)
{
	for (size_t state = 0; state < 2; state++) {
		aml_layout_destroy(&block->inside[state]);
		for (int side = 0; side < SIDES; side++) {
			aml_layout_destroy(&block->edge[state][side]);
			aml_layout_destroy(&block->halo[state][side]);
		}
	}
}

/* The last two states are equal: cells of 0 to 3 grains. */
static void print_table(struct sand_block *blocks, size_t steps)
{
	printf("after %zu steps:\n", steps);
	for (size_t y = 0; y < BLOCKS * SIDE; y++) {
		for (size_t x = 0; x < BLOCKS * SIDE; x++) {
			const struct sand_block *block = &blocks[y / SIDE * BLOCKS + x / SIDE];

			putchar(" .o#"[block->cells[0][y % SIDE + 1][x % SIDE + 1] % 4]);
		}
		putchar('\n');
	}
}

/* Make steps until nothing changes. Return the exit status. */
static int run_table(uint32_t grains)
{
	static struct sand_block blocks[BLOCKS * BLOCKS];
	uint64_t changed = 1;
	size_t steps = 0;
	int err = AML_SUCCESS;

	for (size_t i = 0; i < BLOCKS * BLOCKS * 2 && err == AML_SUCCESS; i++)
		err = make_layouts(&blocks[i / 2], i % 2);
	blocks[BLOCKS / 2 * (BLOCKS + 1)].cells[0][SIDE / 2 + 1][SIDE / 2 + 1] = grains;
	while (err == AML_SUCCESS && changed > 0) {
		err = make_step(blocks, steps, &changed);
		steps += changed > 0;
	}
	for (size_t i = 0; i < BLOCKS * BLOCKS; i++)
		free_layouts(&blocks[i]);
	if (err != AML_SUCCESS)
		return fail("a request failed", aml_strerror(err));
	print_table(blocks, steps);
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	const char *text = argc > 1 ? argv[1] : "1000";
	char *end = NULL;
	unsigned long grains =
		isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : GRAINS_MAX + 1;
	int err, status;

	if (argc > 2 || grains > GRAINS_MAX || *end != '\0')
		return fail("usage", "15-sandpile [GRAINS], a number from 0 to 5000");
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "15-sandpile: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	status = run_table((uint32_t)grains);
	aml_finalize();
	if (status == EXIT_SUCCESS && (fflush(stdout) != 0 || ferror(stdout)))
		return fail("standard output cannot be written", strerror(errno));
	return status;
}
