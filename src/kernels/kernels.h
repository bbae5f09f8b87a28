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
#include <stdint.h>

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

/* A loop: `n` iterations, which are these bytes apart. `n` is at least 1. */
struct kernel_loop {
	size_t n;
	ptrdiff_t dst_step, src_step;
};

/* The most loops that a kernel has. */
enum { KERNEL_LOOPS_MAX = 8 };

/*
 * Transposes small planes of `na` rows and `nb` columns: element b of source row a is at
 * `src + a * src_step + b * size`, and becomes element a of the destination row at
 * `dst + b * dst_step`. There is a plane for each place of the `count` loops around it, up to
 * KERNEL_LOOPS_MAX. `nb` is at least TILE_BYTES / size. `na` is at least `width / size`. If `masks`
 * is set, and elements have 4 bytes or more, it can be less: more than half of that.
 */
typedef void (*planes_fn)(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			  size_t nb, size_t na, const struct kernel_loop *loops, size_t count);

/*
 * The widths of a shuffle's vector: one of two. The windows that a vector may be made of, and the
 * mark of a byte that a window does not have.
 */
enum {
	SHUFFLE_WIDTH_MIN = 16,
	SHUFFLE_WIDTH_MAX = 64,
	SHUFFLE_WINDOWS_MAX = 16,
	SHUFFLE_NONE = 0x80,
};

/*
 * How to make a vector of `shuffle_width` bytes. Window w is the bytes from `src[w]` on, as many as
 * a vector has. Byte b of the vector is byte `from[w][b]` of window w if that is not SHUFFLE_NONE.
 * Each byte that is stored comes from one window. The rest of each `from[w]` is not used.
 */
struct shuffle_vector {
	_Alignas(64) unsigned char from[SHUFFLE_WINDOWS_MAX][SHUFFLE_WIDTH_MAX];
	ptrdiff_t src[SHUFFLE_WINDOWS_MAX]; /* from the source address of the unit */
	ptrdiff_t dst;                      /* from the destination address of the unit */
	uint64_t store;                     /* bit b: byte b is stored */
	/*
	 * Bit b: byte b of a window may be read. If a byte may not be read, there is only one
	 * window.
	 */
	uint64_t load;
	unsigned windows; /* at least 1 */
};

/* The units of a shuffle: `rows` rows of n units. The addresses are this many bytes apart. */
struct shuffle_units {
	size_t n;                     /* can be 0 */
	ptrdiff_t dst_step, src_step; /* of the units of a row */
	size_t rows;                  /* at least 1 */
	ptrdiff_t dst_row, src_row;   /* of the rows */
};

/*
 * Makes vectors for units whose addresses begin with `dst` and `src`. Each vector is made for all
 * units before the next vector, so that its shuffles stay in registers. `vectors` is at least 1.
 * `stream` allows the kernel to stream vectors that are whole lines. A kernel without masks ignores
 * it.
 */
typedef void (*shuffle_fn)(const struct shuffle_vector *v, size_t vectors, char *dst,
			   const char *src, const struct shuffle_units *units, bool stream);

/* The vectors that are made jointly, and the windows of each of them. */
enum {
	JOINT_VECTORS_MIN = 2,
	JOINT_VECTORS_MAX = 4,
	JOINT_WINDOWS_MAX = 4,     /* that all vectors share */
	JOINT_OWN_WINDOWS_MAX = 2, /* of each vector of its own */
};

/*
 * How to make several vectors of `shuffle_width` bytes jointly. Window w of vector v begins at
 * `src[v] + window[w]`. Byte b of vector v is byte `from[v][b] % shuffle_width` of its window
 * `from[v][b] / shuffle_width`. All bytes are stored, and all bytes of windows may be read.
 */
struct shuffle_joint {
	_Alignas(64) unsigned char from[JOINT_VECTORS_MAX][SHUFFLE_WIDTH_MAX];
	ptrdiff_t src[JOINT_VECTORS_MAX];    /* from the source address of the unit */
	ptrdiff_t dst[JOINT_VECTORS_MAX];    /* from the destination address of the unit */
	ptrdiff_t window[JOINT_WINDOWS_MAX]; /* the first is 0 */
	unsigned vectors, windows;           /* at least JOINT_VECTORS_MIN, and 1 */
	bool shared;                         /* all vectors have the same `src` */
};

/*
 * Makes vectors jointly: all vectors of a unit before the next unit, so that windows that they
 * share are loaded once, and contiguous units are stored in order. Otherwise like a shuffle.
 */
typedef void (*joint_fn)(const struct shuffle_joint *j, char *dst, const char *src,
			 const struct shuffle_units *units, bool stream);

/*
 * The elements of a unit whose offsets from the first byte of a side all have 15 bits, and the
 * loops around them, the outermost first. For i of 15 bits, i / dst_step is
 * (2 * i * factor >> 16) >> shift.
 */
enum { NEAR_LOOPS_MAX = 4 };

struct near_unit {
	uint16_t bytes;     /* of an element */
	uint16_t src_begin; /* from the lowest source byte to the first element */
	unsigned loops;
	struct near_loop {
		uint16_t dst_step, extent, factor, shift;
		uint16_t src_step; /* modulo 2 to the power of 16, because it may be negative */
	} loop[NEAR_LOOPS_MAX];
};

/*
 * Makes the vector of `shuffle_width` bytes at `v->dst`: sets `from`, `src` and `store`. `src` is
 * an offset from the lowest source byte. A window begins at the first byte that is not covered; if
 * `grid` is not negative, at the last multiple of the width up to there, counted from `grid` bytes
 * before offset 0. But it begins between 0 and `last`. Returns the number of windows, or
 * SHUFFLE_WINDOWS_MAX + 1 if there are more than that.
 */
typedef unsigned (*lay_fn)(struct shuffle_vector *v, const struct near_unit *unit, int32_t last,
			   int32_t grid);

/* The sizes of the runs that rows() copies. */
enum { ROWS_BYTES_MIN = 17, ROWS_BYTES_MAX = 256 };

/*
 * Whether `rows` rows of `bytes` bytes, `dst_step` and `src_step` bytes apart, are equal on both
 * sides. `rows` can be 0.
 */
typedef bool (*equal_fn)(const char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			 size_t bytes, size_t rows);

/* The sizes of the elements of repeat(). Powers of two up to the second are the fastest. */
enum { REPEAT_BYTES_MAX = 256, SPLAT_BYTES_MAX = 16 };

/*
 * Copies n runs of `size` bytes, from ROWS_BYTES_MIN to ROWS_BYTES_MAX, `dst_step` and `src_step`
 * bytes apart. n is at least 1.
 */
typedef void (*rows_fn)(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			size_t size, size_t n);

/* The sizes of the runs that looped() copies. */
enum { LOOPED_BYTES_MIN = 3, LOOPED_BYTES_MAX = 2048 };

/*
 * Copies runs of `size` bytes in `count` nested loops, the innermost first. `size` is from
 * LOOPED_BYTES_MIN to LOOPED_BYTES_MAX, and `count` from 1 to KERNEL_LOOPS_MAX.
 */
typedef void (*looped_fn)(char *dst, const char *src, size_t size, const struct kernel_loop *loops,
			  size_t count);

/*
 * What stepped() copies: elements, or cells of a few elements, up to the first size; a row of at
 * least the second size; and windows for each piece of a vector.
 */
enum { STEPPED_BYTES_MAX = 32, STEPPED_ROW_BYTES_MIN = 64, STEPPED_WINDOWS_MAX = 4 };

/*
 * The bytes of a vector of stepped(), and of a window of the source. A set has these by log2 of the
 * unit of a copy: the largest power of two up to 4 that divides the size of an element, and the
 * steps of its rows and cells.
 */
enum { STEPPED_UNITS = 3 };

struct stepped_vectors {
	uint8_t width, window;
};

/*
 * Copies elements of `size` bytes in `count` nested loops, the innermost first. If the innermost
 * loop has fewer than STEPPED_ROW_BYTES_MIN bytes, its elements are a cell, and the loop around it
 * is the row; otherwise a cell is an element. A row is contiguous in the destination, and has at
 * least STEPPED_ROW_BYTES_MIN bytes. A cell is not longer than a vector. A
 * vector has as many cells as fit, and consists of pieces that are as long as a window. In the
 * source, the cells of a piece span at most STEPPED_WINDOWS_MAX windows. Without `shuffle_masks`,
 * the cells of a row that are before those of its last vector are at least twice as long in the
 * source as these windows. Steps may be negative; that of the row is not 0. Bytes between elements
 * may be read. `count` is from 1 to KERNEL_LOOPS_MAX.
 */
typedef void (*stepped_fn)(char *dst, const char *src, size_t size, const struct kernel_loop *loops,
			   size_t count);

/*
 * Fills n rows with copies of an element of `size` bytes, up to REPEAT_BYTES_MAX: each row with
 * `count` copies of its own element. Rows are `dst_step` bytes apart, and their elements `src_step`
 * bytes. `count` and n are at least 1.
 */
typedef void (*repeat_fn)(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			  size_t size, size_t count, size_t n);

/*
 * A row of a padded copy: `front` neutral bytes, `run` bytes of the source, and neutral bytes up to
 * `bytes`. `neutral` is the neutral element again and again: all sizes are multiples of its size.
 */
struct padded_row {
	size_t bytes, front, run, size; /* `size`: of an element, a power of two up to 16 */
	const char *neutral;            /* PADDED_NEUTRAL_BYTES */
};

enum { PADDED_NEUTRAL_BYTES = 16 };

/*
 * Writes n padded rows, `dst_step` bytes apart, from runs that are `src_step` bytes apart. The
 * steps are not negative. n can be 0. `row->bytes` is at least 1, `row->run` can be 0.
 */
typedef void (*pad_fn)(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
		       const struct padded_row *row, size_t n);

/*
 * The kernels of an instruction set. `name` and `width` are required. If another member is NULL,
 * the kernel of `base` replaces it, or the portable kernel if `base` is NULL or has none. A set
 * with kernels that stream has a `drain`.
 */
struct kernels {
	const char *name;           /* as in AML_DMA_ISA */
	const struct kernels *base; /* a set that this set extends; NULL: the portable set */
	size_t width;               /* the bytes of a destination row in a tile */
	stream_fn stream;
	void (*drain)(void); /* orders streamed bytes before later stores */
	rows_fn rows;
	looped_fn looped;
	equal_fn equal;
	repeat_fn repeat;
	pad_fn pad;
	/* By log2 of the element size: for data in the caches, and for data in memory. */
	tile_fn near[KERNEL_SIZES], far[KERNEL_SIZES];
	/* From the first-level cache to memory. `na` is a multiple of `width / size`. */
	tile_fn staged[KERNEL_SIZES];
	/* For data in the caches. */
	listed_fn listed[KERNEL_SIZES];
	planes_fn planes[KERNEL_SIZES];
	bool masks; /* `listed` and `planes` accept few rows */
	/*
	 * All or none; the portable set has none. Without `shuffle_masks`, callers set all bits of
	 * `load`, and the bits of `store` of all bytes.
	 */
	shuffle_fn shuffle;
	joint_fn joint;
	size_t shuffle_width; /* SHUFFLE_WIDTH_MIN or SHUFFLE_WIDTH_MAX */
	bool shuffle_masks;
	lay_fn lay;         /* NULL: src/copy/near.c has its own */
	stepped_fn stepped; /* NULL: none */
	struct stepped_vectors stepped_vectors[STEPPED_UNITS];
};

extern const struct kernels kernels_portable;
#ifdef __x86_64__
extern const struct kernels kernels_sse2, kernels_avx2, kernels_avx512, kernels_avx512vbmi;
#endif
#if defined(__aarch64__) && defined(__ARM_NEON) && !defined(__ARM_BIG_ENDIAN)
#define KERNELS_HAVE_NEON
extern const struct kernels kernels_neon;
#endif

/* The most sets that a machine supports. */
enum { KERNEL_SETS_MAX = 5 };

/* Lists the sets that the machine supports, the fastest first. Returns their number. */
size_t kernels_list(const struct kernels *list[KERNEL_SETS_MAX]);

/* Fills `table` with the members of `set`, of its bases, and of the portable set. */
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
