/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernels: the innermost loops that move bytes. Each instruction set has a table of its own.
 * The tables for this machine are selected when the library is loaded (kernels.c).
 *
 * Kernels take any alignment. Those to memory store past the caches where they write whole lines of
 * the destination. That affects the speed only.
 */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/* Tiles take elements of 1 << 0 to 1 << (KERNEL_SIZES - 1) bytes. */
enum { KERNEL_SIZES = 5 };

/* A tile takes so many bytes of each source row. */
enum { TILE_BYTES = 16 };

/* memcpy() past the caches. */
typedef void (*stream_fn)(char *dst, const char *src, size_t size);

/*
 * Transposes na source rows, `src_step` apart, of `n * TILE_BYTES` contiguous bytes each, to
 * `n * TILE_BYTES / size` destination rows, `dst_step` apart, of na elements each. `na` is at least
 * `width / size`. The last elements may be moved twice. `n` may be 0.
 */
typedef void (*tile_fn)(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			size_t n, size_t na);

/* Interleaved elements have at most so many components. A shuffle makes so many bytes at once. */
enum { COMPONENTS_MAX = 8, SHUFFLE_BYTES = 16 };

/*
 * How SHUFFLE_BYTES are made of as many of each of n vectors: byte b of vector j is byte
 * `from[j][i][b]` of the one vector i for which that is less than SHUFFLE_BYTES.
 */
struct shuffle {
	_Alignas(16) unsigned char from[COMPONENTS_MAX][COMPONENTS_MAX][SHUFFLE_BYTES];
};

/*
 * Moves interleaved elements of n components to planes, `step` apart, or back. A block is
 * SHUFFLE_BYTES of each plane. `blocks` is a multiple of `width / SHUFFLE_BYTES`.
 */
typedef void (*interleave_fn)(char *dst, const char *src, ptrdiff_t step, size_t n, size_t blocks,
			      const struct shuffle *shuffle);

/*
 * An instruction set has a name and a width. Any other member may be NULL: the portable kernel
 * takes its place. A set with kernels that stream has a drain.
 */
struct kernels {
	const char *name; /* as in AML_DMA_ISA */
	size_t width;     /* the bytes of a destination row that a tile writes */
	stream_fn stream;
	void (*drain)(void); /* makes streamed bytes visible before what is stored after */
	/* By log2 of the element size: for what the caches hold, and for memory. */
	tile_fn near[KERNEL_SIZES], far[KERNEL_SIZES];
	/* From the first cache to memory; na is a multiple of width / size. */
	tile_fn staged[KERNEL_SIZES];
	interleave_fn split, join; /* both or none; NULL in the portable set, too */
};

extern const struct kernels kernels_portable;
#ifdef __x86_64__
extern const struct kernels kernels_sse2, kernels_avx2, kernels_avx512;
#endif

/* Fills `table` with the members of `set`, and with the portable kernels where these are NULL. */
void kernels_fill(struct kernels *table, const struct kernels *set);

/* Only kernels.c writes these. Read them by kernels() and kernels_narrow(). */
extern const struct kernels *kernels_selected __attribute__((visibility("hidden")));
extern const struct kernels *kernels_selected_narrow __attribute__((visibility("hidden")));

/* The fastest kernels that the machine has and AML_DMA_ISA allows. Any thread may call it. */
static inline const struct kernels *kernels(void)
{
	return kernels_selected;
}

/* The kernels with the smallest tiles, of kernels() and the slower sets. Any thread may call it. */
static inline const struct kernels *kernels_narrow(void)
{
	return kernels_selected_narrow;
}

#endif /* KERNELS_KERNELS_H */
