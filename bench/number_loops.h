/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plain loops over numbers that a program would write, compiled for this machine as loops.c is.
 * Source and destination do not overlap.
 */
#ifndef NUMBER_LOOPS_H
#define NUMBER_LOOPS_H

#include <stddef.h>
#include <stdint.h>

/* Convert or add `n` contiguous numbers. */
typedef void (*number_loop_fn)(void *dst, const void *src, size_t n);

/* A float as a bfloat16, rounded to the nearest, ties to even. A NaN becomes a quiet one. */
uint16_t bfloat16_of(float number);

void number_loop_f64_f32(void *dst, const void *src, size_t n);
void number_loop_f32_bf16(void *dst, const void *src, size_t n);
void number_loop_i32_f32(void *dst, const void *src, size_t n);
/* Numbers within the range only. */
void number_loop_f32_i32(void *dst, const void *src, size_t n);

/* dst[i] += src[i] */
void number_loop_sum_f32(void *dst, const void *src, size_t n);
void number_loop_sum_f64(void *dst, const void *src, size_t n);

/* dst[i] = SCALE_SOURCE * src[i] + SCALE_DESTINATION * dst[i], see peers.h. */
void number_loop_scaled_f32(void *dst, const void *src, size_t n);
void number_loop_scaled_f64(void *dst, const void *src, size_t n);

#endif /* NUMBER_LOOPS_H */
