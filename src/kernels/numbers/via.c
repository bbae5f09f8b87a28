/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for numbers that work in steps. */
#include "kernels/numbers/via.h"

/* The numbers in a buffer. */
enum { VIA_NUMBERS = 256 };

void numbers_convert_via(void *dst, const void *src, size_t n, const struct numbers_via *via)
{
	_Alignas(64) char between[8 * VIA_NUMBERS];
	const char *from = src;
	char *to = dst;

	while (n > 0) {
		size_t part = n < VIA_NUMBERS ? n : VIA_NUMBERS;

		via->first(between, from, part);
		via->second(to, between, part);
		from += part * via->src_bytes;
		to += part * via->dst_bytes;
		n -= part;
	}
}

void numbers_reduce_via(void *dst, const void *src, size_t n, const void *alpha, const void *beta,
			const struct numbers_reduce_via *via)
{
	_Alignas(64) float left[VIA_NUMBERS], right[VIA_NUMBERS];
	float factors[2] = {0, 0};
	const char *from = src;
	char *to = dst;

	if (alpha != NULL)
		via->widen(&factors[0], alpha, 1);
	if (beta != NULL)
		via->widen(&factors[1], beta, 1);
	while (n > 0) {
		size_t part = n < VIA_NUMBERS ? n : VIA_NUMBERS;

		if (!via->overwrites)
			via->widen(left, to, part);
		via->widen(right, from, part);
		via->reduce(left, right, part, &factors[0], &factors[1]);
		via->narrow(to, left, part);
		from += part * 2;
		to += part * 2;
		n -= part;
	}
}
