/* SPDX-License-Identifier: BSD-3-Clause */
/* Extents: their product, their order, and how they are printed. */
#include <aml/utils/error.h>
#include <stdarg.h>

#include "layout/sizes.h"

int layout_count(size_t ndims, const size_t *dims, size_t *count)
{
	size_t n = 1;
	bool overflow = false;

	for (size_t i = 0; i < ndims; i++) {
		if (dims[i] == 0) {
			*count = 0;
			return AML_SUCCESS;
		}
		overflow |= __builtin_mul_overflow(n, dims[i], &n);
	}
	if (overflow)
		return -AML_EINVAL;
	*count = n;
	return AML_SUCCESS;
}

void layout_reorder(int order, size_t n, size_t *to, const size_t *from)
{
	for (size_t i = 0; i < n; i++)
		to[i] = AML_LAYOUT_ORDER(order) == AML_LAYOUT_ORDER_C ? from[n - 1 - i] : from[i];
}

int layout_print_prefix(FILE *stream, const char *prefix)
{
	if (*prefix == '\0')
		return AML_SUCCESS;
	return fprintf(stream, "%s: ", prefix) < 0 ? -AML_FAILURE : AML_SUCCESS;
}

int layout_print_line(FILE *stream, const char *prefix, const char *format, ...)
{
	va_list args;
	int printed;

	if (layout_print_prefix(stream, prefix) != AML_SUCCESS)
		return -AML_FAILURE;
	va_start(args, format);
	printed = vfprintf(stream, format, args);
	va_end(args);
	return printed < 0 || fputc('\n', stream) == EOF ? -AML_FAILURE : AML_SUCCESS;
}

int layout_print_kind(FILE *stream, const char *prefix, const char *kind, int order)
{
	return layout_print_line(stream, prefix, "layout: %s, %s", kind,
				 order == AML_LAYOUT_ORDER_C ? "row-major" : "column-major");
}

int layout_print_sizes(FILE *stream, const char *prefix, const char *label, int order, size_t n,
		       const size_t *sizes)
{
	size_t user[NDIMS_MAX];

	layout_reorder(order, n, user, sizes);
	if (layout_print_prefix(stream, prefix) != AML_SUCCESS || fprintf(stream, "%s:", label) < 0)
		return -AML_FAILURE;
	for (size_t i = 0; i < n; i++)
		if (fprintf(stream, " %zu", user[i]) < 0)
			return -AML_FAILURE;
	return fputc('\n', stream) == EOF ? -AML_FAILURE : AML_SUCCESS;
}
