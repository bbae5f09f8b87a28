/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernels: what moves bytes in the inner loops, once per instruction set. A table of them
 * is picked when the library is loaded (machine.c).
 *
 * Kernels take any alignment. Those to memory store past the caches where the destination's lines
 * are written whole; it changes the speed only.
 */
#ifndef COPY_KERNELS_H
#define COPY_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/* Element sizes with kernels of their own: 1 << 0 to 1 << (KERNEL_SIZES - 1) bytes. */
enum { KERNEL_SIZES = 5 };

/* A tile takes so many bytes of each source row. */
enum { TILE_BYTES = 16 };

/* memcpy() past the caches. */
typedef void (*stream_fn)(char *dst, const char *src, size_t size);

/*
 * Transpose: na source rows, `src_step` apart, of `n * TILE_BYTES` contiguous bytes each, to
 * `n * TILE_BYTES / size` destination rows, `dst_step` apart, of na elements each. `na` is at least
 * `width / size`; the last elements may be moved twice. `n` may be 0.
 */
typedef void (*tile_fn)(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			size_t n, size_t na);

/* The largest number of components of interleaved elements that these take. */
enum { COMPONENTS_MAX = 8 };

/*
 * How 16 bytes are made of 16 bytes of each of n vectors: byte b of vector j is byte
 * `from[j][i][b]` of the one vector i for which that is less than 16.
 */
struct shuffle {
	_Alignas(16) unsigned char from[COMPONENTS_MAX][COMPONENTS_MAX][16];
};

/*
 * Interleaved elements of n components to planes, `step` apart, and back. A block is 16 bytes of
 * each plane; `blocks` is a multiple of `width / 16`.
 */
typedef void (*interleave_fn)(char *dst, const char *src, ptrdiff_t step, size_t n, size_t blocks,
			      const struct shuffle *shuffle);

struct kernels {
	const char *name;
	size_t width; /* the bytes of a destination row that a tile writes */
	stream_fn stream;
	void (*drain)(void); /* make what was streamed visible before what is stored after */
	/* By log2 of the element size: for what the caches hold, and for memory. */
	tile_fn near[KERNEL_SIZES], far[KERNEL_SIZES];
	/* From the first cache to memory; na is a multiple of width / size. */
	tile_fn staged[KERNEL_SIZES];
	interleave_fn split, join; /* or NULL */
};

extern const struct kernels kernels_portable;
#ifdef __x86_64__
extern const struct kernels kernels_sse2, kernels_avx2, kernels_avx512;
#endif

#endif /* COPY_KERNELS_H */
