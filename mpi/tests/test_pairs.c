/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated pairs of layouts, one in this process and one in another, copied either way and
 * compared with an oracle: each element on its own, by the formula of steps layouts. AML_TEST_SEED
 * changes the cases, AML_TEST_LONG multiplies them.
 *
 * In each case, all processes put into or get from parts of the next process at the same time. The
 * processes draw the same cases, so that each can check its own part.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ranks.h"

#define PART ((size_t)3 << 20)
#define CASES 90
#define DIMS_MAX 5

/* A side of a pair, in native order. */
struct pair_side {
	size_t at; /* the offset of element 0 in the memory */
	ptrdiff_t steps[DIMS_MAX];
};

struct pair_case {
	size_t ndims, element_size, dims[DIMS_MAX];
	struct pair_side far, near;
	bool is_put, is_remote_reshaped;
};

static uint64_t state;

static size_t draw(size_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(state >> 33) % n;
}

/* Draw a place for elements without overlap: nested steps in a random order of the dimensions. */
static bool draw_side(const struct pair_case *c, struct pair_side *side, bool reverses)
{
	size_t order[DIMS_MAX], step = c->element_size, below = 0, above = c->element_size;

	for (size_t i = 0; i < c->ndims; i++) {
		size_t j = draw(i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	if (draw(2) == 0)
		for (size_t i = 0; i < c->ndims; i++)
			order[i] = i;
	for (size_t i = 0; i < c->ndims; i++) {
		const size_t dim = order[i];

		/* A gap, often none. */
		if (draw(3) == 0)
			step += c->element_size * draw(4) + (draw(4) == 0 ? draw(8) : 0);
		side->steps[dim] = (ptrdiff_t)step;
		if (reverses && draw(5) == 0) {
			side->steps[dim] = -(ptrdiff_t)step;
			below += (c->dims[dim] - 1) * step;
		} else {
			above += (c->dims[dim] - 1) * step;
		}
		step *= c->dims[dim];
	}
	side->at = below + draw(9);
	return side->at + above <= PART;
}

/* Some cases have several stages, see mpi/stage.h. */
static void draw_case(struct pair_case *c, unsigned number)
{
	const bool is_large = number % 8 == 5;
	static const size_t sizes[] = {1, 2, 3, 4, 8, 8, 8, 16, 24, 64};
	size_t bytes, most;

	do {
		c->ndims = 1 + draw(DIMS_MAX);
		c->element_size = is_large ? 16 : sizes[draw(sizeof(sizes) / sizeof(*sizes))];
		most = (size_t)1 << (is_large ? 20 : 6 + draw(11));
		bytes = c->element_size;
		for (size_t i = 0; i < c->ndims; i++) {
			size_t room = most / bytes > 0 ? most / bytes : 1;

			c->dims[i] = 1 + draw(i + 1 == c->ndims ? room : room > 40 ? 40 : room);
			bytes *= c->dims[i];
		}
		c->is_put = draw(2) == 0;
	} while (!draw_side(c, &c->far, true) || !draw_side(c, &c->near, true));
}

/* The byte k of the element with this number: the same on both sides after a copy. */
static unsigned char value(size_t element, size_t k, int of, unsigned round)
{
	return (unsigned char)(element * 37 + k * 5 + (size_t)of * 11 + round * 13 + 1);
}

/* The offset of the element with this number. */
static size_t place(const struct pair_case *c, const struct pair_side *side, size_t element)
{
	size_t at = side->at;

	for (size_t i = 0; i < c->ndims; i++) {
		at += element % c->dims[i] * (size_t)side->steps[i];
		element /= c->dims[i];
	}
	return at;
}

static size_t count(const struct pair_case *c)
{
	size_t n = 1;

	for (size_t i = 0; i < c->ndims; i++)
		n *= c->dims[i];
	return n;
}

static void store(const struct pair_case *c, const struct pair_side *side, unsigned char *memory,
		  int of, unsigned round)
{
	for (size_t e = 0; e < count(c); e++)
		for (size_t k = 0; k < c->element_size; k++)
			memory[place(c, side, e) + k] = value(e, k, of, round);
}

static struct aml_layout *side_layout(const struct pair_case *c, const struct pair_side *side,
				      unsigned char *memory)
{
	struct aml_layout *layout = NULL;

	CHECK_OK(aml_layout_steps_create(&layout, memory + side->at, AML_LAYOUT_ORDER_FORTRAN,
					 c->element_size, c->ndims, c->dims, side->steps));
	return layout;
}

/* A layout without the fast path, so that it cannot be described by steps. */
static struct aml_layout *side_by_deref(struct aml_layout *layout, struct aml_layout_ops *ops)
{
	*ops = *layout->ops;
	ops->steps_native = NULL;
	layout->ops = ops;
	return layout;
}

static void copy_case(const struct pair_case *c, unsigned number, struct aml_dma_mpi_window *win,
		      unsigned char *part, unsigned char *own, unsigned char *expected)
{
	const int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
	unsigned char *target = c->is_put ? part : own;
	struct aml_layout *near = side_layout(c, &c->near, own), *far = NULL, *shape;
	struct aml_layout_ops ops;

	memset(part, 0x55, PART);
	memset(own, 0x55, PART);
	memset(expected, 0x55, PART);
	if (c->is_put)
		store(c, &c->near, own, rank, number);
	else
		store(c, &c->far, part, rank, number);
	store(c, c->is_put ? &c->far : &c->near, expected, c->is_put ? previous : next, number);
	shape = side_layout(c, &c->far, part);
	CHECK_OK(aml_layout_mpi_create(&far, win, next, shape, NULL));
	if (number % 7 == 3)
		near = side_by_deref(near, &ops);
	meet();
	CHECK_OK(aml_dma_copy(engine, c->is_put ? far : near, c->is_put ? near : far));
	meet();
	if (memcmp(target, expected, PART) != 0) {
		size_t i = 0;

		while (target[i] == expected[i])
			i++;
		printf("case %u: %s, byte %zu is %d, not %d; %zu dims of %zu bytes:", number,
		       c->is_put ? "put" : "get", i, target[i], expected[i], c->ndims,
		       c->element_size);
		for (i = 0; i < c->ndims; i++)
			printf(" %zu (far %td, near %td)", c->dims[i], c->far.steps[i],
			       c->near.steps[i]);
		printf("\n");
		check_failed(__FILE__, __LINE__, "the elements are the expected ones");
	}
	aml_layout_destroy(&near);
	aml_layout_destroy(&far);
	aml_layout_destroy(&shape);
}

static void run_cases(struct aml_dma_mpi_window *win, unsigned char *part, unsigned cases)
{
	const char *seed = getenv("AML_TEST_SEED");
	unsigned char *own = malloc(PART), *expected = malloc(PART);
	struct pair_case c;

	state = seed != NULL ? strtoull(seed, NULL, 10) : 7;
	cases = getenv("AML_TEST_LONG") != NULL ? 10 * cases : cases;
	for (unsigned i = 0; i < cases && own != NULL && expected != NULL; i++) {
		draw_case(&c, i);
		copy_case(&c, i, win, part, own, expected);
	}
	free(own);
	free(expected);
}

/* Contract: MPI-8. */
START_TEST(pairs_are_copied_to_and_from_an_allocated_window)
{
	struct aml_dma_mpi_window *win;
	void *part = NULL;

	CHECK_OK(aml_dma_mpi_window_allocate(engine, PART, &part, &win));
	run_cases(win, part, CASES);
	CHECK_OK(aml_dma_mpi_window_free(&win));
}
END_TEST

/* Contract: MPI-8. */
START_TEST(pairs_are_copied_to_and_from_the_programs_memory)
{
	struct aml_dma_mpi_window *win;
	unsigned char *part = malloc(PART);

	CHECK_OK(aml_dma_mpi_window_create(engine, part, PART, &win));
	run_cases(win, part, CASES / 3);
	CHECK_OK(aml_dma_mpi_window_free(&win));
	free(part);
}
END_TEST

SUITE("mpi_pairs", pairs_are_copied_to_and_from_an_allocated_window,
      pairs_are_copied_to_and_from_the_programs_memory)
