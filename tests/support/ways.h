/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways to run an operator of aml/dma/operators.h: as a function, or by an engine with 0, 1 or 2
 * workers, synchronously, with a handle, without one, or by aml_dma_post().
 */
#ifndef TESTS_SUPPORT_WAYS_H
#define TESTS_SUPPORT_WAYS_H

#include <aml.h>
#include <stddef.h>

#include "sample.h"

enum run_way { CALL, COPY, ASYNC, NO_HANDLE, POST, WAYS };

/* An operator to run. */
struct ways_run {
	enum run_way way;
	struct aml_dma *dma;
	struct aml_layout *dst, *src;
	aml_dma_operator op;
	void *arg;
	/* Samples whose layouts are destroyed once the operator is posted, or NULL. */
	struct sample *gone[2];
	/* What is overwritten once the operator is posted, because it was copied. */
	struct {
		void *at;
		size_t size;
	} copied[4];
};

/* Run an operator. Returns the code of the posting call, or the result of the request. */
int ways_run(struct ways_run *run);

/* Engines with 0, 1 and 2 workers. */
extern struct aml_dma *engines[3];

void engines_up(void);
void engines_down(void);

/* Expect a code from each way to run an operator. */
void ways_expect(int wanted, struct aml_layout *dst, struct aml_layout *src, aml_dma_operator op,
		 void *arg);

/*
 * Expect -AML_ENOTSUP from each way to run an operator with a layout that lacks one of the
 * operations that each layout has, on either side. `arg` is that of a valid call.
 */
void ways_expect_lacking(struct aml_layout *dst, struct aml_layout *src, aml_dma_operator op,
			 void *arg);

/* Contiguous numbers, all of them positive, and what an operator makes of them. */
struct ways_numbers {
	void *from, *to;
	size_t from_size, to_size;
	const void *wanted;
	size_t count;
};

/*
 * Expect -AML_FAILURE from each way to run an operator if one element of either side has no
 * address; also, that each element of the destination is 0, as before, or what it must become.
 */
void ways_expect_holes(const struct ways_numbers *numbers, aml_dma_operator op, void *arg);

/* An address as an operator's source. */
struct aml_layout *ways_value(void *address);

#endif /* TESTS_SUPPORT_WAYS_H */
