/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the kernels for numbers include first. The loops are vectorised whatever the
 * flags are, and a product and a sum are never fused, because that would round only once.
 *
 * NUMBERS_TILES   if it is defined before, loops are left to the flags: the file has tiles in
 *                 registers, which a compiler only makes larger.
 * NUMBERS_UNROLL  if it is defined before, loops have four vectors in each iteration, as clang's
 *                 always have. The code is half as large again.
 */
#ifndef KERNELS_NUMBERS_BEGIN_H
#define KERNELS_NUMBERS_BEGIN_H

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
/* Some machines, and some levels of optimisation, have no vectors for some of the loops. */
#pragma clang diagnostic ignored "-Wpass-failed"
/* A destination is the source or does not overlap it: the iterations of a loop are independent. */
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#ifdef NUMBERS_TILES
#pragma GCC optimize("fp-contract=off")
#else
#pragma GCC optimize("O3", "fp-contract=off", "align-loops=32")
#endif
#ifdef NUMBERS_UNROLL
#define INDEPENDENT _Pragma("GCC ivdep") _Pragma("GCC unroll 4")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif
#endif

#include <stdbool.h>
#include <string.h>

#include <aml/dma/operators.h>

#include "kernels/numbers/set.h"
#include "kernels/numbers/via.h"

/* The place of the overwriting AML_DMA_REDUCE_AXPBY in a set. */
enum { NUMBERS_SCALE = AML_DMA_REDUCE_AXPBY + 1 };

#endif /* KERNELS_NUMBERS_BEGIN_H */
