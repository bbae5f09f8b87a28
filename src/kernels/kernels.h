/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernels: the innermost loops that copy bytes. Each instruction set has its own table.
 * kernels.c selects the tables for this machine when the library is loaded.
 *
 * Kernels accept any alignment. Kernels for memory stream the whole lines that they write.
 * Streaming affects only the speed.
 */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/* The number of element sizes of tile kernels: 1 << 0 to 1 << (KERNEL_SIZES - 1) bytes. */
enum { KERNEL_SIZES = 5 };

/* The number of sets for rows of different lengths: kernels_for_rows(). */
enum { KERNEL_WIDTHS = 3 };

/* The bytes of each source row in a tile. */
enum { TILE_BYTES = 16 };

/* Copies like memcpy(), but streams. */
typedef void (*stream_fn)(char *dst, const char *src, size_t size);

/*
 * Transposes `na` source rows to `n * TILE_BYTES / size` destination rows. A source row has
 * `n * TILE_BYTES` contiguous bytes. A destination row has `na` contiguous elements of `size`
 * bytes. Rows are `src_step` and `dst_step` bytes apart. `na` is at least `width / size`. `n` can
 * be 0. A kernel may copy the last elements twice.
 */
typedef void (*tile_fn)(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			size_t n, size_t na);

/*
 * Transposes `na` source rows to `nb` destination rows. Element b of source row a is at
 * `src + src_at[a] + b * size`. It becomes element a of destination row b, at
 * `dst + dst_at[b] + a * size`. `nb` is at least TILE_BYTES / size.
 *
 * `na` is at least `width / size`. If `masks` is set, `na` can be less. `src_at` then has
 * `width / size` members, and those from `na` on repeat the address of a row.
 */
typedef void (*listed_fn)(char *dst, const ptrdiff_t *dst_at, const char *src,
			  const ptrdiff_t *src_at, size_t nb, size_t na);

/* The maximum number of components of interleaved elements, and the bytes of a shuffle's vector. */
enum { INTERLEAVED_COMPONENTS_MAX = 8, SHUFFLE_BYTES = 16 };

/*
 * How to make n vectors of SHUFFLE_BYTES from n others. For each byte b of new vector j, there is
 * one old vector i with `from[j][i][b]` less than SHUFFLE_BYTES. That number is the index of the
 * byte in old vector i.
 */
struct shuffle {
	_Alignas(16) unsigned char from[INTERLEAVED_COMPONENTS_MAX][INTERLEAVED_COMPONENTS_MAX]
				       [SHUFFLE_BYTES];
};

/*
 * Copies interleaved elements of n components to n separate arrays, `step` bytes apart, or back. A
 * block is SHUFFLE_BYTES of each array. `blocks` is a multiple of `width / SHUFFLE_BYTES`.
 */
typedef void (*interleave_fn)(char *dst, const char *src, ptrdiff_t step, size_t n, size_t blocks,
			      const struct shuffle *shuffle);

/*
 * The kernels of an instruction set. `name` and `width` are required. If another member is NULL,
 * the portable kernel replaces it. A set with kernels that stream has a `drain`.
 */
struct kernels {
	const char *name; /* as in AML_DMA_ISA */
	size_t width;     /* the bytes of a destination row in a tile */
	stream_fn stream;
	void (*drain)(void); /* orders streamed bytes before later stores */
	/* By log2 of the element size: for data in the caches, and for data in memory. */
	tile_fn near[KERNEL_SIZES], far[KERNEL_SIZES];
	/* From the first-level cache to memory. `na` is a multiple of `width / size`. */
	tile_fn staged[KERNEL_SIZES];
	/* For data in the caches. */
	listed_fn listed[KERNEL_SIZES];
	bool masks;                /* `listed` accepts few rows */
	interleave_fn split, join; /* both or neither; the portable set has neither */
};

extern const struct kernels kernels_portable;
#ifdef __x86_64__
extern const struct kernels kernels_sse2, kernels_avx2, kernels_avx512;
#endif
#if defined(__aarch64__) && defined(__ARM_NEON) && !defined(__ARM_BIG_ENDIAN)
#define KERNELS_HAVE_NEON
extern const struct kernels kernels_neon;
#endif

/* Fills `table` with the members of `set`. Portable kernels replace members that are NULL. */
void kernels_fill(struct kernels *table, const struct kernels *set);

/* Only kernels.c writes these. Read them with kernels() and kernels_narrow(). */
extern const struct kernels *kernels_selected __attribute__((visibility("hidden")));
extern const struct kernels *kernels_selected_narrow __attribute__((visibility("hidden")));
extern const struct kernels *kernels_selected_for[KERNEL_WIDTHS]
	__attribute__((visibility("hidden")));

/* The fastest kernels that the machine supports and AML_DMA_ISA allows. Thread-safe. */
static inline const struct kernels *kernels(void)
{
	return kernels_selected;
}

/* The set with the narrowest tiles among kernels() and the slower sets. Thread-safe. */
static inline const struct kernels *kernels_narrow(void)
{
	return kernels_selected_narrow;
}

/*
 * The set with the widest `listed` kernels for rows of `bytes` bytes. If there is none, because the
 * rows are too short, the narrowest set. Thread-safe.
 */
static inline const struct kernels *kernels_for_rows(size_t bytes)
{
	return kernels_selected_for[bytes < 32 ? 0 : bytes == 32 ? 1 : 2];
}

#endif /* KERNELS_KERNELS_H */
