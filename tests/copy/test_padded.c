/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of pads over dense layouts: small ones, which are copied row by row, and larger ones,
 * which are split into boxes. Some are posted; the layouts then go before the copies run.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/pad.h>

#include "made.h"
#include "pads.h"
#include "suite.h"

/* Contract: COPY-7. */
START_TEST(pads_match_the_oracle)
{
	struct aml_dma *dma = NULL;
	struct rng rng = {0};

	ck_assert_int_eq(aml_dma_linux_create(&dma, 2), AML_SUCCESS);
	while (rng_next_case(&rng, 3000))
		pads_run(dma, &rng, rng_chance(&rng, 80) ? 40 : 1500);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Contract: COPY-7. */
START_TEST(a_posted_pad_needs_no_layouts)
{
	enum { WIDTH = 7, HEIGHT = 5 };
	const size_t dims[] = {WIDTH, HEIGHT}, inner[] = {WIDTH - 2, HEIGHT - 2},
		     offsets[] = {1, 1};
	static int from[(WIDTH - 2) * (HEIGHT - 2)], to[WIDTH * HEIGHT];
	struct aml_dma_request *req = NULL;
	struct aml_layout *dst, *src = NULL;
	struct aml_dma *dma = NULL;
	int neutral = -3;

	for (int i = 0; i < (WIDTH - 2) * (HEIGHT - 2); i++)
		from[i] = i;
	/* Without workers, the copy runs in the wait. */
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	dst = new_dense(to, AML_LAYOUT_ORDER_COLUMN_MAJOR, sizeof(int), 2, dims, NULL, NULL);
	ck_assert_int_eq(aml_layout_pad_create_at(&src, AML_LAYOUT_ORDER_COLUMN_MAJOR,
						  new_dense(from, AML_LAYOUT_ORDER_COLUMN_MAJOR,
							    sizeof(int), 2, inner, NULL, NULL),
						  dims, &neutral, offsets),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), AML_SUCCESS);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	neutral = 0;
	ck_assert_int_eq(aml_dma_wait(dma, &req), AML_SUCCESS);
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		int x = i % WIDTH, y = i / WIDTH;
		bool inside = x > 0 && x < WIDTH - 1 && y > 0 && y < HEIGHT - 1;

		ck_assert_int_eq(to[i], inside ? (y - 1) * (WIDTH - 2) + x - 1 : -3);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

SUITE("copy/padded", pads_match_the_oracle, a_posted_pad_needs_no_layouts)
