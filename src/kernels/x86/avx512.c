/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels for x86-64 with AVX-512 (F, BW, DQ, VL). */
#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA_NAME "avx512"
#define ISA(name) avx512_##name
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2")))
#include "kernels/x86/avx512.inc"

#include "kernels/vector/vector.inc"

#include "kernels/vector/transpose.inc"

#define DRAIN _mm_sfence
#include "kernels/vector/stream.inc"

#include "kernels/vector/equal.inc"

#define MASK __mmask64
#define MASK_OF(n) ((__mmask64)UINT64_MAX >> (64 - (n)))
#define MOVE_MASKED(dst, src, mask) \
	_mm512_mask_storeu_epi8(dst, mask, _mm512_maskz_loadu_epi8(mask, src))
#include "kernels/vector/rows.inc"

#define SPLAT_1(p) _mm512_set1_epi8(*(p))
#define SPLAT_2(p) _mm512_set1_epi16((short)repeat_load_2(p))
#define SPLAT_4(p) _mm512_set1_epi32((int)repeat_load_4(p))
#define SPLAT_8(p) _mm512_set1_epi64((long long)repeat_load_8(p))
#define SPLAT_16(p) _mm512_broadcast_i32x4(LOAD_LANE(p))
#define STORE_FIRST(p, v, n) _mm512_mask_storeu_epi8(p, ((__mmask64)1 << (n)) - 1, v)
#define LOOK_UP _mm512_shuffle_epi8
#define LANES(low, high) _mm512_broadcast_i32x4(_mm_set_epi64x((long long)(high), (long long)(low)))
#include "kernels/vector/repeat.inc"
#undef STORE_FIRST

/* The bits from `from` up to, not including, `to` of those from 0 to 63. */
INLINE __mmask64 avx512_bits(ptrdiff_t from, ptrdiff_t to)
{
	from = from > 0 ? from : 0;
	to = to < WIDTH ? to : WIDTH;
	return from < to ? UINT64_MAX << from & UINT64_MAX >> (WIDTH - to) : 0;
}

/* Rows of at most a vector: a load and a store, each under a mask. */
INLINE void avx512_pad_short(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			     const struct padded_row *row, size_t n, __m512i neutral)
{
	__mmask64 run = avx512_bits((ptrdiff_t)row->front, (ptrdiff_t)(row->front + row->run));
	__mmask64 all = avx512_bits(0, (ptrdiff_t)row->bytes);

	for (; n > 0; n--) {
		_mm512_mask_storeu_epi8(dst, all, _mm512_mask_loadu_epi8(neutral, run, src));
		dst += dst_step;
		src += src_step;
	}
}

/* Rows of `count` vectors, a constant. The last one overlaps the one before. */
INLINE void avx512_pad_few(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			   const struct padded_row *row, size_t n, __m512i neutral, int count)
{
	ptrdiff_t front = (ptrdiff_t)row->front, end = front + (ptrdiff_t)row->run, at[4];
	__mmask64 bits[4];

	UNROLL for (int i = 0; i < count; i++)
	{
		at[i] = i + 1 < count ? i * WIDTH : (ptrdiff_t)row->bytes - WIDTH;
		bits[i] = avx512_bits(front - at[i], end - at[i]);
	}
	for (; n > 0; n--) {
		UNROLL for (int i = 0; i < count; i++)
			STORE(dst + at[i], _mm512_mask_loadu_epi8(neutral, bits[i], src + at[i]));
		dst += dst_step;
		src += src_step;
	}
}

#define PAD_FEW(count)                                                                \
	case count:                                                                   \
		avx512_pad_few(dst, dst_step, src, src_step, row, n, neutral, count); \
		return;

/*
 * The vectors of a longer row. They begin at byte `begin`. The run of the source begins in the
 * vector `first`, and ends in the vector `second`. The last vector of the row overlaps the one
 * before.
 */
struct avx512_vectors {
	ptrdiff_t front, end, begin, first, second, last;
	__mmask64 first_bits, second_bits, last_bits; /* that are from the source */
};

INLINE void avx512_cut_row(struct avx512_vectors *v, const struct padded_row *row, ptrdiff_t begin)
{
	v->front = (ptrdiff_t)row->front;
	v->end = v->front + (ptrdiff_t)row->run;
	v->begin = begin;
	v->last = (ptrdiff_t)row->bytes - WIDTH;
	v->first = begin + (v->front > begin ? (v->front - begin) & -WIDTH : 0);
	v->second = begin + (v->end > begin ? (v->end - begin) & -WIDTH : 0);
	v->first_bits = avx512_bits(v->front - v->first, v->end - v->first);
	v->second_bits = avx512_bits(v->front - v->second, v->end - v->second);
	v->last_bits = avx512_bits(v->front - v->last, v->end - v->last);
}

INLINE void avx512_pad_row(char *dst, const char *src, const struct avx512_vectors *v,
			   __m512i neutral)
{
	ptrdiff_t b = v->begin, last = v->last;

	for (; b < v->first && b < last; b += WIDTH)
		STORE(dst + b, neutral);
	if (v->front > b && b < last) {
		STORE(dst + b, _mm512_mask_loadu_epi8(neutral, v->first_bits, src + b));
		b += WIDTH;
	}
	for (; b < v->second && b < last; b += WIDTH)
		STORE(dst + b, LOAD(src + b));
	if (v->end > b && b < last) {
		STORE(dst + b, _mm512_mask_loadu_epi8(neutral, v->second_bits, src + b));
		b += WIDTH;
	}
	for (; b < last; b += WIDTH)
		STORE(dst + b, neutral);
	STORE(dst + last, _mm512_mask_loadu_epi8(neutral, v->last_bits, src + last));
}

/* Rows so long that aligned stores pay: a vector at the start, then vectors that are lines. */
INLINE void avx512_pad_long(char *dst, const char *src, const struct padded_row *row,
			    __m512i neutral)
{
	__mmask64 bits = avx512_bits((ptrdiff_t)row->front, (ptrdiff_t)(row->front + row->run));
	ptrdiff_t before = (ptrdiff_t)(-(size_t)dst & (WIDTH - 1));
	struct avx512_vectors v;

	STORE(dst, _mm512_mask_loadu_epi8(neutral, bits, src));
	/* The neutral vector begins with an element. */
	avx512_cut_row(&v, row, ((size_t)before & (row->size - 1)) == 0 ? before : 0);
	avx512_pad_row(dst, src, &v, neutral);
}

/* Apart, so that the vectors of a row stay in registers. */
TARGET __attribute__((noinline)) static void avx512_pad_any(char *dst, ptrdiff_t dst_step,
							    const char *src, ptrdiff_t src_step,
							    const struct padded_row *row, size_t n,
							    __m512i neutral)
{
	struct avx512_vectors v;

	avx512_cut_row(&v, row, 0);
	for (; n > 0; n--) {
		avx512_pad_row(dst, src, &v, neutral);
		dst += dst_step;
		src += src_step;
	}
}

/* A row without masked loads, which take very long if they reach a page without access. */
INLINE void avx512_pad_apart(char *dst, const char *src, const struct padded_row *row,
			     __m512i neutral)
{
	size_t end = row->front + row->run;

	COUNT(true, ISA_NAME, "pad beside another page");
	if (row->front > 0)
		avx512_repeat_vector(dst, row->front, row->size, neutral);
	memcpy(dst + row->front, src, row->run);
	if (row->bytes > end)
		avx512_repeat_vector(dst + end, row->bytes - end, row->size, neutral);
}

/* Rows from the first to the last one are on these pages. */
struct avx512_pages {
	uintptr_t begin, end;
};

enum { PAD_ALIGNED_BYTES = 1024, PAD_PAGE_BYTES = 4096 };

INLINE struct avx512_pages avx512_pages_of(const char *first, const char *last, size_t run)
{
	return (struct avx512_pages){
		(uintptr_t)first & -(uintptr_t)PAD_PAGE_BYTES,
		((uintptr_t)(last + run - 1) | (PAD_PAGE_BYTES - 1)) + 1,
	};
}

/* Does a row of the destination begin or end beyond these pages of the source? */
INLINE bool avx512_reaches_out(const struct avx512_pages *pages, const char *src,
			       const struct padded_row *row)
{
	uintptr_t begin = (uintptr_t)src - row->front;
	size_t bytes = row->bytes > WIDTH ? row->bytes : WIDTH;

	return begin < pages->begin || begin + bytes > pages->end;
}

/* Rows whose vectors are on pages of the source. `src`: see avx512_pad(). */
INLINE void avx512_pad_rows(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			    const struct padded_row *row, size_t n, __m512i neutral)
{
	bool aligned = row->bytes >= PAD_ALIGNED_BYTES;

	switch ((row->bytes + WIDTH - 1) / WIDTH) {
	case 1:
		avx512_pad_short(dst, dst_step, src, src_step, row, n, neutral);
		return;
		PAD_FEW(2)
		PAD_FEW(3)
		PAD_FEW(4)
	default:
		break;
	}
	for (; n > 0 && aligned; n--) {
		avx512_pad_long(dst, src, row, neutral);
		dst += dst_step;
		src += src_step;
	}
	avx512_pad_any(dst, dst_step, src, src_step, row, n, neutral);
}

TARGET static void avx512_pad(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			      const struct padded_row *row, size_t n)
{
	const __m512i neutral = SPLAT_16(row->neutral);
	struct avx512_pages pages;

	if (n == 0)
		return;
	COUNT(row->bytes <= WIDTH, ISA_NAME, "pad in rows of a vector");
	COUNT(row->bytes > WIDTH && row->bytes <= 4 * WIDTH, ISA_NAME, "pad in rows of few");
	COUNT(row->bytes > 4 * WIDTH && row->bytes < PAD_ALIGNED_BYTES, ISA_NAME, "pad");
	COUNT(row->bytes >= PAD_ALIGNED_BYTES, ISA_NAME, "pad in long rows");
	pages = avx512_pages_of(src, src + (ptrdiff_t)(n - 1) * src_step, row->run);
	for (; n > 0 && avx512_reaches_out(&pages, src, row); n--) {
		avx512_pad_apart(dst, src, row, neutral);
		dst += dst_step;
		src += src_step;
	}
	for (; n > 0; n--) {
		ptrdiff_t last = (ptrdiff_t)(n - 1);

		if (!avx512_reaches_out(&pages, src + last * src_step, row))
			break;
		avx512_pad_apart(dst + last * dst_step, src + last * src_step, row, neutral);
	}
	/* Where a row would begin in the source. Bytes in front of the run are not used. */
	src = (const char *)((uintptr_t)src - row->front);
	avx512_pad_rows(dst, dst_step, src, src_step, row, n, neutral);
}

#undef PAD_FEW

#define VEC16 __m128i
#define LOAD16(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE16(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define OR16 _mm_or_si128
#define LOOK_UP _mm_shuffle_epi8
#define WINDOW_OF(from, w) \
	_mm_adds_epu8(_mm_sub_epi8(from, _mm_set1_epi8((char)(16 * (w)))), _mm_set1_epi8(0x70))
#include "kernels/vector/shuffle.inc"

#include "kernels/x86/stepped_avx2.inc"

const struct kernels kernels_avx512 = {
	.name = ISA_NAME,
	.width = WIDTH,
	.stream = avx512_stream,
	.drain = avx512_drain,
	.rows = avx512_rows,
	.looped = avx512_looped,
	.equal = avx512_equal,
	.repeat = avx512_repeat,
	.pad = avx512_pad,
	.near = {avx512_near_1, avx512_near_2, avx512_near_4, avx512_near_8, avx512_near_16},
	.far = {avx512_far_1, avx512_far_2, avx512_far_4, avx512_far_8, avx512_far_16},
	.staged = {avx512_staged_1, avx512_staged_2, avx512_staged_4, avx512_staged_8,
		   avx512_staged_16},
	.listed = {avx512_listed_1, avx512_listed_2, avx512_listed_4, avx512_listed_8,
		   avx512_listed_16},
	.planes = {avx512_planes_1, avx512_planes_2, avx512_planes_4, avx512_planes_8,
		   avx512_planes_16},
	.masks = true,
	.shuffle = avx512_shuffle,
	.joint = avx512_joint,
	.shuffle_width = SHUFFLE_WIDTH_MIN,
	.stepped = avx512_stepped,
	.stepped_vectors = {{32, 16}, {32, 16}, {32, 32}},
};

#include "kernels/vector/vector_end.inc"
#endif
