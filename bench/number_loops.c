/* SPDX-License-Identifier: BSD-3-Clause */
/* Plain loops over numbers, see number_loops.h. */
#include <string.h>

#include "number_loops.h"
#include "peers.h"

static uint16_t round_to_bfloat16(float number)
{
	uint32_t bits;

	memcpy(&bits, &number, sizeof(bits));
	if ((bits & 0x7fffffffu) > 0x7f800000u)
		return (uint16_t)(bits >> 16 | 0x40u);
	return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

uint16_t bfloat16_of(float number)
{
	return round_to_bfloat16(number);
}

void number_loop_f64_f32(void *dst, const void *src, size_t n)
{
	float *restrict to = dst;
	const double *restrict from = src;

	for (size_t i = 0; i < n; i++)
		to[i] = (float)from[i];
}

void number_loop_f32_bf16(void *dst, const void *src, size_t n)
{
	uint16_t *restrict to = dst;
	const float *restrict from = src;

	for (size_t i = 0; i < n; i++)
		to[i] = round_to_bfloat16(from[i]);
}

void number_loop_i32_f32(void *dst, const void *src, size_t n)
{
	float *restrict to = dst;
	const int32_t *restrict from = src;

	for (size_t i = 0; i < n; i++)
		to[i] = (float)from[i];
}

void number_loop_f32_i32(void *dst, const void *src, size_t n)
{
	int32_t *restrict to = dst;
	const float *restrict from = src;

	for (size_t i = 0; i < n; i++)
		to[i] = (int32_t)from[i];
}

void number_loop_sum_f32(void *dst, const void *src, size_t n)
{
	float *restrict to = dst;
	const float *restrict from = src;

	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

void number_loop_sum_f64(void *dst, const void *src, size_t n)
{
	double *restrict to = dst;
	const double *restrict from = src;

	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

void number_loop_scaled_f32(void *dst, const void *src, size_t n)
{
	const float alpha = SCALE_SOURCE, beta = SCALE_DESTINATION;
	float *restrict to = dst;
	const float *restrict from = src;

	for (size_t i = 0; i < n; i++)
		to[i] = alpha * from[i] + beta * to[i];
}

void number_loop_scaled_f64(void *dst, const void *src, size_t n)
{
	const double alpha = SCALE_SOURCE, beta = SCALE_DESTINATION;
	double *restrict to = dst;
	const double *restrict from = src;

	for (size_t i = 0; i < n; i++)
		to[i] = alpha * from[i] + beta * to[i];
}
