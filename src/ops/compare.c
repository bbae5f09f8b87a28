/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Comparisons of rows of elements. Equal rows take one kernel. Only the elements of other rows
 * are looked at one by one.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "ops/compare.h"

/* Count the elements that differ from number `i` on. The size is a constant if it is small. */
__attribute__((always_inline)) static inline size_t count_differences(const struct compare_row *row,
								      size_t i, size_t bytes)
{
	size_t count = 0;

	for (; i < row->n; i++)
		count += memcmp(row->dst + i * bytes, row->src + i * bytes, bytes) != 0;
	return count;
}

static size_t count_from(const struct compare_row *row, size_t i)
{
	switch (row->bytes) {
	case 1:
		return count_differences(row, i, 1);
	case 2:
		return count_differences(row, i, 2);
	case 4:
		return count_differences(row, i, 4);
	case 8:
		return count_differences(row, i, 8);
	default:
		return count_differences(row, i, row->bytes);
	}
}

static bool elements_differ(const struct compare_row *row, size_t i)
{
	return memcmp(row->dst + i * row->bytes, row->src + i * row->bytes, row->bytes) != 0;
}

/* Return the number of the first element of a row that differs, in the order of the layouts. */
static size_t first_difference(const struct compare_row *row)
{
	size_t i = 0, last = row->n - 1;
	/* If the linear numbers descend along the row, the last difference is the first one. */
	bool descends = row->linear + row->step * last < row->linear;

	while (!elements_differ(row, descends ? last - i : i))
		i++;
	return row->linear + row->step * (descends ? last - i : i);
}

void compare_row(struct compare_tally *tally, const struct compare_row *row)
{
	tally->done += row->n;
	if (kernels()->equal(row->dst, 0, row->src, 0, row->n * row->bytes, 1))
		return;
	tally->count += count_from(row, 0);
	tally->first = min(tally->first, first_difference(row));
}

/*
 * Set a number, which is SIZE_MAX at first, to the minimum of it and another one. The number is not
 * loaded, because checkers such as helgrind take a plain load for a data race.
 */
static void lower(size_t *number, size_t other)
{
	size_t present = SIZE_MAX;

	while (other < present && !__atomic_compare_exchange_n(number, &present, other, false,
							       __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

int compare_add(struct compare_context *context, const struct compare_tally *tally)
{
	if (tally->count > 0) {
		__atomic_fetch_add(&context->count, tally->count, __ATOMIC_RELAXED);
		lower(&context->first, tally->first);
	}
	__atomic_fetch_add(&context->done, tally->done, __ATOMIC_RELAXED);
	return tally->count > 0 && context->out == NULL ? -AML_FAILURE : AML_SUCCESS;
}

int compare_end(struct copy_plan *plan, int code)
{
	struct compare_context *context = &op_context_of(plan)->compare;
	struct aml_dma_linux_difference *out = context->out;
	const struct copy_dim *dims = copy_const_dims(plan);
	size_t rest = context->first;

	if (code != AML_SUCCESS || out == NULL ||
	    context->done != copy_plan_payload(plan) / plan->elements.bytes)
		return code;
	memset(out->coords, 0, sizeof(out->coords));
	out->count = context->count;
	for (uint8_t i = 0; i < plan->nloops && context->count > 0; i++) {
		out->coords[i] = rest % dims[i].extent;
		rest /= dims[i].extent;
	}
	return AML_SUCCESS;
}
