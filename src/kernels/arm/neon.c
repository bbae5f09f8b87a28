/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels for aarch64 with NEON, which every aarch64 CPU with floating point has. */
#include "kernels/kernels.h"

#ifdef KERNELS_HAVE_NEON
#include <arm_neon.h>
#include <string.h>

#include "kernels/count.h"
#include "machine/caches.h"

#define ISA_NAME "neon"
#define ISA(name) neon_##name
#define TARGET
#define WIDTH 16
#define VEC uint8x16_t
#define LOAD(p) vld1q_u8((const uint8_t *)(p))
#define STORE(p, v) vst1q_u8((uint8_t *)(p), v)
#define LOAD_ROWS(p, step) ((void)(step), LOAD(p))

/*
 * The instruction that stores past the caches takes two registers, so a single vector is stored as
 * two halves. No built-in function for it exists in both gcc and clang.
 */
static inline void neon_stream_vector(char *p, uint8x16_t v)
{
	__asm__("stnp %d1, %d2, %0"
		: "=Q"(*(char(*)[WIDTH])p)
		: "w"(vget_low_u8(v)), "w"(vget_high_u8(v)));
}
#define STREAM neon_stream_vector
#include "kernels/vector/vector.inc"

/* The halves of v and w, interleaved as elements of `bits` bits. */
#define ZIP(half, bits, v, w)     \
	vreinterpretq_u8_u##bits( \
		half##q_u##bits(vreinterpretq_u##bits##_u8(v), vreinterpretq_u##bits##_u8(w)))

#define VECTORS 16
#define LOW_1 vzip1q_u8
#define HIGH_1 vzip2q_u8
#define LOW_2(v, w) ZIP(vzip1, 16, v, w)
#define HIGH_2(v, w) ZIP(vzip2, 16, v, w)
#define LOW_4(v, w) ZIP(vzip1, 32, v, w)
#define HIGH_4(v, w) ZIP(vzip2, 32, v, w)
#define LOW_8(v, w) ZIP(vzip1, 64, v, w)
#define HIGH_8(v, w) ZIP(vzip2, 64, v, w)
#define SET_LANE(v, lane, p) ((void)(v), (void)(lane), LOAD(p))
#include "kernels/vector/transpose.inc"

static inline void neon_stream_pair(char *p, uint8x16_t v, uint8x16_t w)
{
	__asm__("stnp %q1, %q2, %0" : "=Q"(*(char(*)[2 * WIDTH]) p) : "w"(v), "w"(w));
}
#define STREAM_PAIR neon_stream_pair

/* Streamed stores are ordered like all others: by release stores, and here for any later store. */
#define DRAIN() __asm__ volatile("dmb ishst" : : : "memory")
#include "kernels/vector/stream.inc"

#define XOR veorq_u8
#define OR vorrq_u8
#define IS_ZERO(v) (vmaxvq_u8(v) == 0)
#include "kernels/vector/equal.inc"

#include "kernels/vector/rows.inc"

#define SPLAT_1(p) vdupq_n_u8((uint8_t) * (p))
#define SPLAT_2(p) vreinterpretq_u8_u16(vdupq_n_u16(repeat_load_2(p)))
#define SPLAT_4(p) vreinterpretq_u8_u32(vdupq_n_u32(repeat_load_4(p)))
#define SPLAT_8(p) vreinterpretq_u8_u64(vdupq_n_u64(repeat_load_8(p)))
#define SPLAT_16(p) LOAD(p)
#define LOOK_UP vqtbl1q_u8
#define LANES(low, high) vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(low), vcreate_u64(high)))
#include "kernels/vector/repeat.inc"

#include "kernels/vector/pad.inc"

#define VEC16 VEC
#define LOAD16 LOAD
#define STORE16 STORE
#define OR16 vorrq_u8
#define LOOK_UP vqtbl1q_u8
#define WINDOW_OF(from, w) vsubq_u8(from, vdupq_n_u8((uint8_t)(16 * (w))))
#include "kernels/vector/shuffle.inc"

#include "kernels/vector/stepped_cells.inc"

/* The shuffles of windows of 16 bytes. */
struct neon_stepped_masks {
	uint8x16_t from[STEPPED_WINDOWS_MAX];
};

/* Where the bytes of a vector are in the source. */
static inline uint8x16_t neon_stepped_find(const struct stepped_cell *cell, ptrdiff_t step)
{
	uint8_t at[WIDTH];

	for (size_t i = 0; i < WIDTH; i++) {
		size_t n = i / cell->bytes, in = i % cell->bytes;

		at[i] = (uint8_t)(n * (size_t)step + in / cell->size * (size_t)cell->step +
				  in % cell->size);
	}
	return LOAD(at);
}

static inline void neon_stepped_prepare(struct neon_stepped_masks *m, uint8x16_t at,
					ptrdiff_t begin)
{
	at = vsubq_u8(at, vdupq_n_u8((uint8_t)begin));
	for (unsigned w = 0; w < STEPPED_WINDOWS_MAX; w++)
		m->from[w] = vsubq_u8(at, vdupq_n_u8((uint8_t)(16 * w)));
}

#define STEPPED(name) neon_stepped_bytes_##name
#define STEPPED_NAME " of bytes"
#define STEPPED_WINDOWS 0x1e
#define STEPPED_WIDTH WIDTH
#define STEPPED_PIECE WIDTH
#define STEPPED_VEC VEC
#define STEPPED_STORE STORE
#define STEPPED_LOAD(p, apart) LOAD(p)
#define STEPPED_MASKS struct neon_stepped_masks
#define STEPPED_FIND neon_stepped_find
#define STEPPED_PREPARE(m, at, one, two, cell, step) neon_stepped_prepare(m, at, one)
#define STEPPED_TAKE(v, m) vqtbl1q_u8(v, (m)->from[0])
#define STEPPED_ADD(out, v, m, w) vorrq_u8(out, vqtbl1q_u8(v, (m)->from[w]))
#define STEPPED_END(out, m) (out)
#include "kernels/vector/stepped.inc"

static void neon_stepped(char *dst, const char *src, size_t size, const struct kernel_loop *loops,
			 size_t count)
{
	struct stepped_cell cell;

	if (neon_stepped_take_cell(&cell, size, loops)) {
		loops++;
		count--;
	}
	neon_stepped_bytes_rows_of(dst, src, &cell, WIDTH / cell.bytes, loops, count);
}

const struct kernels kernels_neon = {
	.name = ISA_NAME,
	.width = WIDTH,
	.stream = neon_stream,
	.drain = neon_drain,
	.rows = neon_rows,
	.looped = neon_looped,
	.equal = neon_equal,
	.repeat = neon_repeat,
	.pad = neon_pad,
	.near = {neon_near_1, neon_near_2, neon_near_4, neon_near_8, neon_near_16},
	.far = {neon_far_1, neon_far_2, neon_far_4, neon_far_8, neon_far_16},
	.staged = {neon_staged_1, neon_staged_2, neon_staged_4, neon_staged_8, neon_staged_16},
	.listed = {neon_listed_1, neon_listed_2, neon_listed_4, neon_listed_8, neon_listed_16},
	.planes = {neon_planes_1, neon_planes_2, neon_planes_4, neon_planes_8, neon_planes_16},
	.shuffle = neon_shuffle,
	.joint = neon_joint,
	.shuffle_width = SHUFFLE_WIDTH_MIN,
	.stepped = neon_stepped,
	.stepped_vectors = {{16, 16}, {16, 16}, {16, 16}},
};

#undef ZIP
#include "kernels/vector/vector_end.inc"
#endif
