/* SPDX-License-Identifier: BSD-3-Clause */
/* Timed copies, see copy_rate.h. */
#include "copy_rate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <aml/dma.h>
#include <aml/dma/linux.h>
#include <aml/layout/native.h>
#include <aml/utils/error.h>

#include "progress.h"
#include "util/clock.h"

enum {
	COPIES_MIN = 3,
	COPIES_MAX = 1000,
	RATE_TIME_NS = 500000000,
	CHECKED_ELEMENTS_MAX = 1 << 22,
	RATE_STACK_BYTES = 1 << 20,
	STACK_PATTERN = 0xa5,
};

static int compare_times(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return (a > b) - (a < b);
}

/* Copy, and time it. The first copy touches the memory. */
static int time_copies(struct aml_dma *dma, struct copy_rate *rate, uint64_t *times,
		       struct aml_layout *dst, struct aml_layout *src)
{
	uint64_t began = clock_ns(), start;
	int err = aml_dma_copy(dma, dst, src);

	rate->copies = 0;
	for (start = began; err == AML_SUCCESS && rate->copies < COPIES_MAX;) {
		if (rate->copies >= COPIES_MIN && clock_ns() - start > RATE_TIME_NS)
			break;
		progress_show(rate->copies, COPIES_MIN, "measuring");
		began = clock_ns();
		err = aml_dma_copy(dma, dst, src);
		times[rate->copies++] = clock_ns() - began;
	}
	progress_remove();
	return err;
}

/* A copy by a thread of its own. */
struct stack_copy {
	struct aml_layout *dst, *src;
	const unsigned char *top; /* the address of the thread's own frame */
};

static void *copy_on_stack(void *arg)
{
	struct stack_copy *copy = arg;

	copy->top = __builtin_frame_address(0);
	(void)aml_dma_linux_copy_generic(copy->dst, copy->src, NULL);
	return NULL;
}

/* The stack that a copy by the calling thread takes. 0: it cannot be measured. */
static size_t measure_stack(struct aml_layout *dst, struct aml_layout *src)
{
	struct stack_copy copy = {.dst = dst, .src = src};
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
		    pthread_create(&thread, &attr, copy_on_stack, &copy) == 0)
			pthread_join(thread, NULL);
		pthread_attr_destroy(&attr);
	}
	while (untouched < RATE_STACK_BYTES && stack[untouched] == STACK_PATTERN)
		untouched++;
	untouched = copy.top != NULL ? (size_t)(copy.top - stack) - untouched : 0;
	munmap(stack, RATE_STACK_BYTES);
	return untouched;
}

int copy_rate_measure(struct copy_rate *rate, size_t workers, struct aml_layout *dst,
		      struct aml_layout *src)
{
	uint64_t *times = calloc(COPIES_MAX, sizeof(*times));
	struct aml_dma *dma = NULL;
	int err = times != NULL ? aml_dma_linux_create(&dma, workers) : -AML_ENOMEM, end;

	if (err == AML_SUCCESS) {
		err = time_copies(dma, rate, times, dst, src);
		end = aml_dma_linux_destroy(&dma);
		err = err == AML_SUCCESS ? end : err;
	}
	if (err == AML_SUCCESS) {
		qsort(times, rate->copies, sizeof(*times), compare_times);
		rate->best_ns = times[0];
		rate->median_ns = times[rate->copies / 2];
		rate->stack_bytes = measure_stack(dst, src);
	}
	free(times);
	return err;
}

bool copy_rate_is_right(const struct aml_layout *dst, const struct aml_layout *src)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], coords[AML_LAYOUT_NDIMS_MAX], count = 1, distance;
	size_t ndims = aml_layout_ndims(dst), size = aml_layout_element_size(dst);

	if (aml_layout_dims_native(dst, dims) != AML_SUCCESS)
		return false;
	for (size_t i = 0; i < ndims; i++)
		count *= dims[i];
	/* Odd, so that it has no factor in common with the usual extents. */
	distance = count <= CHECKED_ELEMENTS_MAX ? 1 : count / CHECKED_ELEMENTS_MAX | 1;
	for (size_t at = 0; at < count; at += distance) {
		for (size_t i = 0, rest = at; i < ndims; rest /= dims[i], i++)
			coords[i] = rest % dims[i];
		if (memcmp(aml_layout_deref_native(dst, coords),
			   aml_layout_deref_native(src, coords), size) != 0)
			return false;
	}
	return true;
}
