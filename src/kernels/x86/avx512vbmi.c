/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernels for x86-64 with AVX-512 VBMI, which shuffles the bytes of a whole vector. The other
 * kernels are those of AVX-512.
 */
#ifdef __x86_64__
#include <immintrin.h>

#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

#define ISA_NAME "avx512vbmi"
#define ISA(name) avx512vbmi_##name
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx2")))
#define WIDTH 64
#define VEC __m512i
#define LOAD(p) _mm512_loadu_si512(p)
#define STORE(p, v) _mm512_storeu_si512(p, v)
#define STREAM(p, v) _mm512_stream_si512((void *)(p), v)
#define LOAD_ROWS(p, step)
#include "kernels/vector/vector.inc"

/* Which masks of a vector are not all bits? Or are its stores aligned, and streamed? */
enum vbmi_masks { VBMI_NO_MASKS, VBMI_STREAM, VBMI_STORE_MASK, VBMI_BOTH_MASKS };

/* The bytes of a vector that a window has. The highest bit of SHUFFLE_NONE is set. */
INLINE __mmask64 avx512vbmi_taken(__m512i from)
{
	return _knot_mask64(_mm512_movepi8_mask(from));
}

INLINE void avx512vbmi_put(char *dst, __m512i out, __mmask64 store, enum vbmi_masks masks)
{
	if (masks == VBMI_NO_MASKS)
		STORE(dst, out);
	else if (masks == VBMI_STREAM)
		STREAM(dst, out);
	else
		_mm512_mask_storeu_epi8(dst, store, out);
}

/* `windows` and `masks` are constants, so that the shuffles stay in registers. */
INLINE void avx512vbmi_shuffle_rows(const struct shuffle_vector *v, char *dst, const char *src,
				    const struct shuffle_units *u, unsigned windows,
				    enum vbmi_masks masks)
{
	/* Local copies: a store to `dst` could change the members of *v for all the compiler knows.
	 */
	const char *window[8];
	__m512i from[8];
	__mmask64 taken[8], load = v->load, store = v->store;
	ptrdiff_t dst_step = u->dst_step, src_step = u->src_step;

	UNROLL for (unsigned w = 0; w < windows; w++)
	{
		from[w] = _mm512_load_si512(v->from[w]);
		taken[w] = avx512vbmi_taken(from[w]);
		window[w] = src + v->src[w];
	}
	for (size_t row = 0; row < u->rows; row++) {
		char *to = dst + v->dst + (ptrdiff_t)row * u->dst_row;
		ptrdiff_t at = (ptrdiff_t)row * u->src_row;

		for (size_t n = u->n; n > 0; n--, at += src_step, to += dst_step) {
			__m512i out = masks == VBMI_BOTH_MASKS
					      ? _mm512_maskz_loadu_epi8(load, window[0] + at)
					      : LOAD(window[0] + at);

			/* A byte that no window has is not stored. */
			out = _mm512_permutexvar_epi8(from[0], out);
			UNROLL for (unsigned w = 1; w < windows; w++) out =
				_mm512_mask_permutexvar_epi8(out, taken[w], from[w],
							     LOAD(window[w] + at));
			avx512vbmi_put(to, out, store, masks);
		}
	}
}

/* Any number of windows. */
INLINE void avx512vbmi_shuffle_many(const struct shuffle_vector *v, char *dst, ptrdiff_t dst_step,
				    const char *src, ptrdiff_t src_step, size_t n)
{
	dst += v->dst;
	for (size_t i = 0; i < n; i++) {
		__m512i out = _mm512_setzero_si512();

		for (unsigned w = 0; w < v->windows; w++) {
			__m512i from = _mm512_load_si512(v->from[w]);
			const char *s = src + (ptrdiff_t)i * src_step + v->src[w];

			out = _mm512_mask_permutexvar_epi8(out, avx512vbmi_taken(from), from,
							   LOAD(s));
		}
		avx512vbmi_put(dst + (ptrdiff_t)i * dst_step, out, v->store, VBMI_STORE_MASK);
	}
}

#define WINDOWS(k)                                                 \
	case k:                                                    \
		avx512vbmi_shuffle_rows(v, dst, src, u, k, masks); \
		break;

/* Any number of windows. `masks` is a constant. */
INLINE void avx512vbmi_shuffle_vector(const struct shuffle_vector *v, char *dst, const char *src,
				      const struct shuffle_units *u, enum vbmi_masks masks)
{
	switch (v->windows) {
		WINDOWS(1)
		WINDOWS(2)
		WINDOWS(3)
		WINDOWS(4)
		WINDOWS(5)
		WINDOWS(6)
		WINDOWS(7)
		WINDOWS(8)
	default:
		for (size_t row = 0; row < u->rows; row++)
			avx512vbmi_shuffle_many(v, dst + (ptrdiff_t)row * u->dst_row, u->dst_step,
						src + (ptrdiff_t)row * u->src_row, u->src_step,
						u->n);
	}
}

TARGET static void avx512vbmi_shuffle(const struct shuffle_vector *v, size_t vectors, char *dst,
				      const char *src, const struct shuffle_units *u, bool stream)
{
	size_t steps = (size_t)u->dst_step | (u->rows > 1 ? (size_t)u->dst_row : 0);

	for (; vectors > 0; vectors--, v++) {
		bool whole = v->store == UINT64_MAX;
		bool aligned = (((size_t)dst + (size_t)v->dst) | steps) % WIDTH == 0;

		COUNT(v->load != UINT64_MAX, ISA_NAME, "shuffle, masked load");
		COUNT(v->load == UINT64_MAX && whole, ISA_NAME, "shuffle");
		COUNT(v->load == UINT64_MAX && !whole, ISA_NAME, "shuffle, masked store");
		COUNT(v->load == UINT64_MAX && whole && stream && aligned, ISA_NAME,
		      "streamed shuffle");
		COUNT(v->windows > 8, ISA_NAME, "shuffle of many windows");
		if (v->load != UINT64_MAX)
			avx512vbmi_shuffle_rows(v, dst, src, u, 1, VBMI_BOTH_MASKS);
		else if (!whole)
			avx512vbmi_shuffle_vector(v, dst, src, u, VBMI_STORE_MASK);
		else if (stream && aligned)
			avx512vbmi_shuffle_vector(v, dst, src, u, VBMI_STREAM);
		else
			avx512vbmi_shuffle_vector(v, dst, src, u, VBMI_NO_MASKS);
	}
}

#undef WINDOWS

/* The shuffles of a joint vector. */
struct avx512vbmi_joint_masks {
	__m512i from;
	__mmask64 high; /* the bytes of windows 2 and 3 */
};

INLINE void avx512vbmi_joint_prepare(struct avx512vbmi_joint_masks *m, const unsigned char *from,
				     unsigned windows)
{
	(void)windows;
	m->from = _mm512_load_si512(from);
	m->high = _mm512_movepi8_mask(m->from);
}

/* A shuffle of two windows looks at 7 bits, a shuffle of one at 6. */
INLINE __m512i avx512vbmi_joint_make(const __m512i *in, unsigned windows,
				     const struct avx512vbmi_joint_masks *m)
{
	__m512i out;

	if (windows == 1)
		return _mm512_permutexvar_epi8(m->from, in[0]);
	out = _mm512_permutex2var_epi8(in[0], m->from, in[1]);
	if (windows == 3)
		return _mm512_mask_permutexvar_epi8(out, m->high, m->from, in[2]);
	if (windows == 4)
		return _mm512_mask_mov_epi8(out, m->high,
					    _mm512_permutex2var_epi8(in[2], m->from, in[3]));
	return out;
}

#define JOINT_WIDTH WIDTH
#define JOINT_VEC VEC
#define JOINT_LOAD LOAD
#define JOINT_MAKE avx512vbmi_joint_make
#define JOINT_MASKS struct avx512vbmi_joint_masks
#define JOINT_PREPARE avx512vbmi_joint_prepare
#define JOINT_STREAM STREAM
#define JOINT_STORE STORE
#include "kernels/vector/joint.inc"

/* The smallest of 64 offsets, which are not negative. */
INLINE int32_t avx512vbmi_least(const __m512i *at)
{
	__m512i least = _mm512_min_epi16(at[0], at[1]);
	__m256i half = _mm256_min_epi16(_mm512_castsi512_si256(least),
					_mm512_extracti64x4_epi64(least, 1));
	__m128i lane =
		_mm_min_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));

	return _mm_extract_epi16(_mm_minpos_epu16(lane), 0);
}

/* Half of the bytes of a vector: their source offsets, and which of them are stored. */
struct vbmi_half {
	__m512i at;
	__mmask32 left;
};

/* The bytes from `dst` on, in the destination of the unit. */
INLINE struct vbmi_half avx512vbmi_half(const struct near_unit *unit, __m512i dst)
{
	__m512i at = _mm512_set1_epi16((short)unit->src_begin);
	__mmask32 left = UINT32_MAX;

	for (unsigned i = 0; i < unit->loops; i++) {
		const struct near_loop *loop = &unit->loop[i];
		__m512i n = _mm512_mulhi_epu16(_mm512_add_epi16(dst, dst),
					       _mm512_set1_epi16((short)loop->factor));

		n = _mm512_srl_epi16(n, _mm_cvtsi32_si128(loop->shift));
		left &= _mm512_cmplt_epu16_mask(n, _mm512_set1_epi16((short)loop->extent));
		dst = _mm512_sub_epi16(
			dst, _mm512_mullo_epi16(n, _mm512_set1_epi16((short)loop->dst_step)));
		at = _mm512_add_epi16(
			at, _mm512_mullo_epi16(n, _mm512_set1_epi16((short)loop->src_step)));
	}
	left &= _mm512_cmplt_epu16_mask(dst, _mm512_set1_epi16((short)unit->bytes));
	at = _mm512_add_epi16(at, dst);
	return (struct vbmi_half){_mm512_mask_mov_epi16(_mm512_set1_epi16(INT16_MAX), left, at),
				  left};
}

/* Byte b of half h is byte 32 * h + b of a vector. */
static const int16_t vbmi_bytes[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
				       11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
				       22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

/* Where a window that has the byte at `first` begins: see lay_fn. */
INLINE int32_t avx512vbmi_window(int32_t first, int32_t last, int32_t grid)
{
	int32_t begin = grid >= 0 ? ((first + grid) & -WIDTH) - grid : first;

	begin = begin > last ? last : begin;
	return begin < 0 ? 0 : begin;
}

/*
 * On a grid, the next window is tried first, because finding the first byte that is left takes
 * longer than all else.
 */
TARGET static unsigned avx512vbmi_lay(struct shuffle_vector *v, const struct near_unit *unit,
				      int32_t last, int32_t grid)
{
	const __m512i none = _mm512_set1_epi16(INT16_MAX), width = _mm512_set1_epi16(WIDTH);
	const __m512i dst = _mm512_add_epi16(LOAD(vbmi_bytes), _mm512_set1_epi16((short)v->dst));
	struct vbmi_half low = avx512vbmi_half(unit, dst);
	struct vbmi_half high =
		avx512vbmi_half(unit, _mm512_add_epi16(dst, _mm512_set1_epi16(WIDTH / 2)));
	__m512i at[2] = {low.at, high.at}, offset[2];
	__mmask64 left = _mm512_kunpackd(high.left, low.left);
	int32_t begin = avx512vbmi_window(avx512vbmi_least(at), last, grid);
	unsigned w = 0;

	COUNT(grid < 0, ISA_NAME, "windows anywhere");
	COUNT(grid >= 0, ISA_NAME, "windows on a grid");
	v->store = left;
	while (left != 0) {
		__mmask32 in[2];
		__mmask64 taken;
		__m512i from;

		for (int i = 0; i < 2; i++) {
			offset[i] = _mm512_sub_epi16(at[i], _mm512_set1_epi16((short)begin));
			in[i] = _mm512_cmplt_epu16_mask(offset[i], width);
			at[i] = _mm512_mask_mov_epi16(at[i], in[i], none);
		}
		taken = _mm512_kunpackd(in[1], in[0]);
		if (taken == 0) {
			begin = avx512vbmi_window(avx512vbmi_least(at), last, grid);
			continue;
		}
		if (w == SHUFFLE_WINDOWS_MAX)
			return w + 1;
		left &= ~taken;
		from = _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(offset[0])),
					  _mm512_cvtepi16_epi8(offset[1]), 1);
		from = _mm512_mask_mov_epi8(_mm512_set1_epi8((char)SHUFFLE_NONE), taken, from);
		_mm512_store_si512(v->from[w], from);
		v->src[w++] = begin;
		if (left != 0)
			begin = avx512vbmi_window(grid >= 0 ? begin + WIDTH : avx512vbmi_least(at),
						  last, grid);
	}
	return w;
}

#include "kernels/x86/stepped.inc"

const struct kernels kernels_avx512vbmi = {
	.name = ISA_NAME,
	.base = &kernels_avx512,
	.width = WIDTH,
	.shuffle = avx512vbmi_shuffle,
	.joint = avx512vbmi_joint,
	.shuffle_width = WIDTH,
	.shuffle_masks = true,
	.lay = avx512vbmi_lay,
	.stepped = avx512vbmi_stepped,
	.stepped_vectors = {{WIDTH, WIDTH}, {WIDTH, WIDTH}, {WIDTH, WIDTH}},
};

#include "kernels/vector/vector_end.inc"
#endif
