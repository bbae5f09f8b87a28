/* SPDX-License-Identifier: BSD-3-Clause */
/* Timed copies, see copy_rate.h. */
#include "copy_rate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <aml/dma.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/native.h>
#include <aml/utils/error.h>

#include "progress.h"
#include "util/clock.h"

enum {
	COPIES_MIN = 3,
	COPIES_MAX = 1000,
	RATE_TIME_NS = 500000000,
	CHECKED_ELEMENTS_MAX = 1 << 22,
	RATE_STACK_BYTES = 4 << 20, /* sanitizers enlarge frames */
	STACK_PATTERN = 0xa5,
};

static int compare_times(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return (a > b) - (a < b);
}

/* A copy that is measured. */
struct rated_copy {
	struct aml_layout *dst, *src;
	aml_dma_operator op;
	void *arg;
	const unsigned char *top; /* the address of the frame of its thread */
};

static int rated_copy_run(struct aml_dma *dma, const struct rated_copy *copy)
{
	return aml_dma_copy_custom(dma, copy->dst, copy->src, copy->op, copy->arg);
}

/* Copy, and time it. The first copy touches the memory. */
static int time_copies(struct aml_dma *dma, struct copy_rate *rate, uint64_t *times,
		       const struct rated_copy *copy)
{
	uint64_t began, start;
	int err = rated_copy_run(dma, copy);

	rate->copies = 0;
	for (start = clock_ns(); err == AML_SUCCESS && rate->copies < COPIES_MAX;) {
		if (rate->copies >= COPIES_MIN && clock_ns() - start > RATE_TIME_NS)
			break;
		progress_show(rate->copies < COPIES_MIN ? rate->copies : COPIES_MIN, COPIES_MIN,
			      "measuring");
		began = clock_ns();
		err = rated_copy_run(dma, copy);
		times[rate->copies++] = clock_ns() - began;
	}
	progress_remove();
	return err;
}

static void *copy_on_stack(void *arg)
{
	struct rated_copy *copy = arg;

	copy->top = __builtin_frame_address(0);
	(void)copy->op(copy->dst, copy->src, copy->arg);
	return NULL;
}

/* The stack that a copy by the calling thread takes. 0: it cannot be measured. */
static size_t measure_stack(struct rated_copy *copy)
{
	unsigned char *stack = mmap(NULL, RATE_STACK_BYTES, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t untouched = 0;
	pthread_attr_t attr;
	pthread_t thread;

	if (stack == MAP_FAILED)
		return 0;
	memset(stack, STACK_PATTERN, RATE_STACK_BYTES);
	if (pthread_attr_init(&attr) == 0) {
		if (pthread_attr_setstack(&attr, stack, RATE_STACK_BYTES) == 0 &&
		    pthread_create(&thread, &attr, copy_on_stack, copy) == 0)
			pthread_join(thread, NULL);
		pthread_attr_destroy(&attr);
	}
	while (untouched < RATE_STACK_BYTES && stack[untouched] == STACK_PATTERN)
		untouched++;
	untouched = copy->top != NULL ? (size_t)(copy->top - stack) - untouched : 0;
	munmap(stack, RATE_STACK_BYTES);
	return untouched;
}

int copy_rate_measure(struct copy_rate *rate, size_t workers, struct aml_layout *dst,
		      struct aml_layout *src, const size_t *permutation)
{
	struct rated_copy copy = {.dst = dst, .src = src, .op = aml_dma_linux_copy_generic};
	uint64_t *times = calloc(COPIES_MAX, sizeof(*times));
	struct aml_dma *dma = NULL;
	int err = times != NULL ? aml_dma_linux_create(&dma, workers) : -AML_ENOMEM, end;

	if (permutation != NULL) {
		copy.op = aml_dma_linux_transform;
		/* Operators take anything by one type. This one does not write. */
		copy.arg = (void *)(uintptr_t)permutation;
	}
	if (err == AML_SUCCESS) {
		err = time_copies(dma, rate, times, &copy);
		end = aml_dma_linux_destroy(&dma);
		err = err == AML_SUCCESS ? end : err;
	}
	if (err == AML_SUCCESS) {
		qsort(times, rate->copies, sizeof(*times), compare_times);
		rate->best_ns = times[0];
		rate->median_ns = times[rate->copies / 2];
		rate->stack_bytes = measure_stack(&copy);
	}
	free(times);
	return err;
}

bool copy_rate_is_right(const struct aml_layout *dst, const struct aml_layout *src,
			const size_t *permutation)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], to[AML_LAYOUT_NDIMS_MAX], from[AML_LAYOUT_NDIMS_MAX];
	size_t ndims = aml_layout_ndims(dst), size = aml_layout_element_size(dst), count = 1;
	size_t distance;

	if (aml_layout_dims_native(dst, dims) != AML_SUCCESS)
		return false;
	for (size_t i = 0; i < ndims; i++)
		count *= dims[i];
	/* Odd, so that it has no factor in common with the usual extents. */
	distance = count <= CHECKED_ELEMENTS_MAX ? 1 : count / CHECKED_ELEMENTS_MAX | 1;
	for (size_t at = 0; at < count; at += distance) {
		for (size_t i = 0, rest = at; i < ndims; rest /= dims[i], i++) {
			to[i] = rest % dims[i];
			from[permutation != NULL ? permutation[i] : i] = to[i];
		}
		if (memcmp(aml_layout_deref_native(dst, to), aml_layout_deref_native(src, from),
			   size) != 0)
			return false;
	}
	return true;
}
