/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The oracle of numbers. Every number is unpacked to a sign, an integer of 128 bits and a power of
 * two. Sums and products of two numbers are exact in this form, or lack only bits far below the
 * last one that matters: one flag stands for these. The result is rounded once when it is packed.
 */
#include "numbers.h"

#include <string.h>

#include <aml/dma/operators.h>

#include "suite.h"

/* What a type looks like. */
struct exact_format {
	const char *name;
	unsigned bytes;
	bool is_float, is_signed;
	/* Of a floating-point type: the significand's bits, with the hidden one. */
	int precision;
	/* The exponent of the last bit of the smallest number. */
	int lowest;
};

static const struct exact_format formats[EXACT_TYPES] = {
	[AML_DMA_I8] = {"i8", 1, false, true, 0, 0},
	[AML_DMA_I16] = {"i16", 2, false, true, 0, 0},
	[AML_DMA_I32] = {"i32", 4, false, true, 0, 0},
	[AML_DMA_I64] = {"i64", 8, false, true, 0, 0},
	[AML_DMA_U8] = {"u8", 1, false, false, 0, 0},
	[AML_DMA_U16] = {"u16", 2, false, false, 0, 0},
	[AML_DMA_U32] = {"u32", 4, false, false, 0, 0},
	[AML_DMA_U64] = {"u64", 8, false, false, 0, 0},
	[AML_DMA_F16] = {"f16", 2, true, true, 11, -24},
	[AML_DMA_BF16] = {"bf16", 2, true, true, 8, -133},
	[AML_DMA_F32] = {"f32", 4, true, true, 24, -149},
	[AML_DMA_F64] = {"f64", 8, true, true, 53, -1074},
};

/* A magnitude of 128 bits. */
struct exact_wide {
	uint64_t high, low;
};

/* An unpacked number: magnitude * 2^exponent, and perhaps a little more. */
struct exact_number {
	enum { EXACT_FINITE, EXACT_INFINITE, EXACT_NAN } kind;
	bool negative;
	struct exact_wide magnitude;
	int exponent;
	/* The number is larger than that by less than 2^exponent. */
	bool more;
};

size_t exact_bytes(int type)
{
	return formats[type].bytes;
}

bool exact_is_float(int type)
{
	return formats[type].is_float;
}

const char *exact_name(int type)
{
	return formats[type].name;
}

const char *exact_operation_name(int operation)
{
	static const char *const names[] = {"sum", "prod", "min", "max",
					    "and", "or",   "xor", "axpby"};

	return names[operation];
}

bool exact_has_operation(int type, int operation)
{
	return !exact_is_float(type) ||
	       (operation != AML_DMA_REDUCE_AND && operation != AML_DMA_REDUCE_OR &&
		operation != AML_DMA_REDUCE_XOR);
}

uint64_t exact_load(int type, const void *at)
{
	uint8_t one;
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (exact_bytes(type)) {
	case 1:
		memcpy(&one, at, sizeof(one));
		return one;
	case 2:
		memcpy(&two, at, sizeof(two));
		return two;
	case 4:
		memcpy(&four, at, sizeof(four));
		return four;
	default:
		memcpy(&eight, at, sizeof(eight));
		return eight;
	}
}

void exact_store(int type, void *at, uint64_t bits)
{
	uint8_t one = (uint8_t)bits;
	uint16_t two = (uint16_t)bits;
	uint32_t four = (uint32_t)bits;

	switch (exact_bytes(type)) {
	case 1:
		memcpy(at, &one, sizeof(one));
		break;
	case 2:
		memcpy(at, &two, sizeof(two));
		break;
	case 4:
		memcpy(at, &four, sizeof(four));
		break;
	default:
		memcpy(at, &bits, sizeof(bits));
		break;
	}
}

/* The lowest `n` bits set, for n up to 64. */
static uint64_t low_bits(unsigned n)
{
	return n == 0 ? 0 : UINT64_MAX >> (64 - n);
}

static uint64_t all_bits(int type)
{
	return low_bits(8 * formats[type].bytes);
}

static uint64_t sign_bit(int type)
{
	return all_bits(type) ^ (all_bits(type) >> 1);
}

/* The bits of a positive infinity. */
static uint64_t infinity_bits(int type)
{
	return (all_bits(type) >> 1) & ~low_bits((unsigned)formats[type].precision - 1);
}

/* The bit that is set in a quiet NaN. */
static uint64_t quiet_bit(int type)
{
	return UINT64_C(1) << (formats[type].precision - 2);
}

static bool is_nan(int type, uint64_t bits)
{
	return exact_is_float(type) && (bits & ~sign_bit(type)) > infinity_bits(type);
}

bool exact_is_zero(int type, uint64_t bits)
{
	return (exact_is_float(type) ? bits & ~sign_bit(type) : bits) == 0;
}

static bool wide_is_zero(struct exact_wide a)
{
	return a.high == 0 && a.low == 0;
}

static struct exact_wide wide_up(struct exact_wide a, int n)
{
	if (n >= 128)
		return (struct exact_wide){0, 0};
	if (n >= 64)
		return (struct exact_wide){a.low << (n - 64), 0};
	if (n == 0)
		return a;
	return (struct exact_wide){a.high << n | a.low >> (64 - n), a.low << n};
}

static struct exact_wide wide_down(struct exact_wide a, int n)
{
	if (n >= 128)
		return (struct exact_wide){0, 0};
	if (n >= 64)
		return (struct exact_wide){0, a.high >> (n - 64)};
	if (n == 0)
		return a;
	return (struct exact_wide){a.high >> n, a.low >> n | a.high << (64 - n)};
}

/* Whether one of the lowest n bits is set. */
static bool wide_drops(struct exact_wide a, int n)
{
	struct exact_wide kept = wide_up(wide_down(a, n), n);

	return kept.high != a.high || kept.low != a.low;
}

static struct exact_wide wide_sum(struct exact_wide a, struct exact_wide b)
{
	struct exact_wide sum = {a.high + b.high, a.low + b.low};

	sum.high += sum.low < a.low;
	return sum;
}

static struct exact_wide wide_difference(struct exact_wide a, struct exact_wide b)
{
	struct exact_wide difference = {a.high - b.high, a.low - b.low};

	difference.high -= a.low < b.low;
	return difference;
}

static bool wide_below(struct exact_wide a, struct exact_wide b)
{
	return a.high != b.high ? a.high < b.high : a.low < b.low;
}

static struct exact_wide wide_product(uint64_t a, uint64_t b)
{
	uint64_t a1 = a >> 32, a0 = a & UINT32_MAX, b1 = b >> 32, b0 = b & UINT32_MAX;
	struct exact_wide product = {a1 * b1, a0 * b0};

	product = wide_sum(product, wide_up((struct exact_wide){0, a1 * b0}, 32));
	return wide_sum(product, wide_up((struct exact_wide){0, a0 * b1}, 32));
}

/* The number of the highest bit that is set, of a number that is not 0. */
static int wide_top(struct exact_wide a)
{
	return a.high ? 127 - __builtin_clzll(a.high) : 63 - __builtin_clzll(a.low);
}

static struct exact_number unpack(int type, uint64_t bits)
{
	const struct exact_format *format = &formats[type];
	struct exact_number number = {.kind = EXACT_FINITE};
	uint64_t rest, fraction, biased;

	number.negative = format->is_signed && (bits & sign_bit(type));
	if (!format->is_float) {
		number.magnitude.low = number.negative ? (0 - bits) & all_bits(type) : bits;
		return number;
	}
	rest = bits & ~sign_bit(type);
	if (rest >= infinity_bits(type)) {
		number.kind = rest == infinity_bits(type) ? EXACT_INFINITE : EXACT_NAN;
		return number;
	}
	fraction = rest & low_bits((unsigned)format->precision - 1);
	biased = rest >> (format->precision - 1);
	number.magnitude.low = fraction;
	number.exponent = format->lowest;
	if (biased > 0) {
		number.magnitude.low += UINT64_C(1) << (format->precision - 1);
		number.exponent += (int)biased - 1;
	}
	return number;
}

/* Drop the fraction, and take the nearest integer of the type. */
static uint64_t pack_integer(int type, const struct exact_number *number)
{
	bool is_signed = formats[type].is_signed;
	uint64_t most = is_signed ? all_bits(type) >> 1 : all_bits(type);
	struct exact_wide whole = number->magnitude;

	if (number->kind == EXACT_NAN)
		return 0;
	if (number->negative)
		most = is_signed ? most + 1 : 0;
	if (number->kind == EXACT_FINITE && wide_is_zero(whole))
		return 0;
	/* Beyond 2^64, every type is at its limit. */
	if (number->kind == EXACT_INFINITE || wide_top(whole) + number->exponent >= 64)
		whole = (struct exact_wide){1, 0};
	else if (number->exponent >= 0)
		whole = wide_up(whole, number->exponent);
	else
		whole = wide_down(whole, -number->exponent);
	if (whole.high > 0 || whole.low > most)
		whole.low = most;
	return (number->negative ? 0 - whole.low : whole.low) & all_bits(type);
}

/* Round to the nearest number of the type; to the even one if two are as near. */
static uint64_t pack_float(int type, const struct exact_number *number)
{
	const struct exact_format *format = &formats[type];
	uint64_t sign = number->negative ? sign_bit(type) : 0, bits;
	int last, shift;

	if (number->kind == EXACT_NAN)
		return infinity_bits(type) | quiet_bit(type);
	if (number->kind == EXACT_INFINITE)
		return sign | infinity_bits(type);
	if (wide_is_zero(number->magnitude))
		return sign;
	/* The exponent of the last bit that the result has. */
	last = number->exponent + wide_top(number->magnitude) - (format->precision - 1);
	last = last < format->lowest ? format->lowest : last;
	shift = last - number->exponent;
	if (shift <= 0) {
		bits = wide_up(number->magnitude, -shift).low;
	} else {
		bool half = wide_down(number->magnitude, shift - 1).low & 1;
		bool rest = number->more || wide_drops(number->magnitude, shift - 1);

		bits = wide_down(number->magnitude, shift).low;
		bits += half && (rest || (bits & 1));
	}
	/* More than any type's exponents. */
	if (last - format->lowest > 2045)
		return sign | infinity_bits(type);
	/* The hidden bit, if it is there, adds 1 to the exponent; so does a carry. */
	bits += (uint64_t)(last - format->lowest) << (format->precision - 1);
	return sign | (bits < infinity_bits(type) ? bits : infinity_bits(type));
}

static uint64_t pack(int type, const struct exact_number *number)
{
	return formats[type].is_float ? pack_float(type, number) : pack_integer(type, number);
}

uint64_t exact_convert(int dst_type, int src_type, uint64_t src)
{
	struct exact_number number = unpack(src_type, src);

	return pack(dst_type, &number);
}

static const struct exact_number not_a_number = {.kind = EXACT_NAN};

/*
 * The sum of two finite numbers that are not 0. `a` has the larger exponent. Neither has more than
 * 53 bits.
 */
static struct exact_number finite_sum(struct exact_number a, struct exact_number b)
{
	int shift = a.exponent - b.exponent;
	bool dropped;

	/* Use the room above the 53 bits for the bits of the smaller number. */
	a.magnitude = wide_up(a.magnitude, 64);
	a.exponent -= 64;
	if (shift <= 64) {
		b.magnitude = wide_up(b.magnitude, 64 - shift);
		dropped = false;
	} else {
		dropped = wide_drops(b.magnitude, shift - 64);
		b.magnitude = wide_down(b.magnitude, shift - 64);
	}
	a.more = dropped;
	if (a.negative == b.negative) {
		a.magnitude = wide_sum(a.magnitude, b.magnitude);
		return a;
	}
	if (wide_below(a.magnitude, b.magnitude)) {
		a.magnitude = wide_difference(b.magnitude, a.magnitude);
		a.negative = b.negative;
		return a;
	}
	a.magnitude = wide_difference(a.magnitude, b.magnitude);
	/* The dropped bits would have been subtracted, too. */
	if (dropped)
		a.magnitude = wide_difference(a.magnitude, (struct exact_wide){0, 1});
	if (wide_is_zero(a.magnitude))
		a.negative = false;
	return a;
}

static struct exact_number number_sum(struct exact_number a, struct exact_number b)
{
	if (a.kind == EXACT_NAN || b.kind == EXACT_NAN)
		return not_a_number;
	if (a.kind == EXACT_INFINITE && b.kind == EXACT_INFINITE)
		return a.negative == b.negative ? a : not_a_number;
	if (a.kind == EXACT_INFINITE || b.kind == EXACT_INFINITE)
		return a.kind == EXACT_INFINITE ? a : b;
	if (wide_is_zero(a.magnitude) && wide_is_zero(b.magnitude)) {
		a.negative = a.negative && b.negative;
		return a;
	}
	if (wide_is_zero(a.magnitude) || wide_is_zero(b.magnitude))
		return wide_is_zero(a.magnitude) ? b : a;
	return a.exponent >= b.exponent ? finite_sum(a, b) : finite_sum(b, a);
}

static struct exact_number number_product(struct exact_number a, struct exact_number b)
{
	struct exact_number product = {.kind = EXACT_FINITE, .negative = a.negative != b.negative};
	bool zero = (a.kind == EXACT_FINITE && wide_is_zero(a.magnitude)) ||
		    (b.kind == EXACT_FINITE && wide_is_zero(b.magnitude));

	if (a.kind == EXACT_NAN || b.kind == EXACT_NAN)
		return not_a_number;
	if (a.kind == EXACT_INFINITE || b.kind == EXACT_INFINITE) {
		product.kind = zero ? EXACT_NAN : EXACT_INFINITE;
		return product;
	}
	product.magnitude = wide_product(a.magnitude.low, b.magnitude.low);
	product.exponent = a.exponent + b.exponent;
	return product;
}

/* The sum and the product of two numbers of a floating-point type, rounded to the type. */
static uint64_t float_sum(int type, uint64_t a, uint64_t b)
{
	struct exact_number sum = number_sum(unpack(type, a), unpack(type, b));

	return pack(type, &sum);
}

static uint64_t float_product(int type, uint64_t a, uint64_t b)
{
	struct exact_number product = number_product(unpack(type, a), unpack(type, b));

	return pack(type, &product);
}

/* The bits, or their complement, as an unsigned number that is ordered as the numbers are. */
static uint64_t rank(int type, uint64_t bits)
{
	if (!formats[type].is_signed)
		return bits;
	if (!formats[type].is_float)
		return bits ^ sign_bit(type);
	return bits & sign_bit(type) ? all_bits(type) - bits : bits + sign_bit(type);
}

static uint64_t extremum(int type, bool larger, uint64_t a, uint64_t b)
{
	if (is_nan(type, a) && is_nan(type, b))
		return infinity_bits(type) | quiet_bit(type);
	if (is_nan(type, a) || is_nan(type, b))
		return is_nan(type, a) ? b : a;
	return (rank(type, a) > rank(type, b)) == larger ? a : b;
}

/* Sums and products of a floating-point type are computed in this type. */
static int computed_in(int type)
{
	return type == AML_DMA_F64 ? AML_DMA_F64 : AML_DMA_F32;
}

static uint64_t float_reduce(int type, int operation, uint64_t dst, uint64_t src, uint64_t alpha,
			     uint64_t beta)
{
	int in = computed_in(type);
	uint64_t d = exact_convert(in, type, dst), s = exact_convert(in, type, src), result;

	if (operation == AML_DMA_REDUCE_SUM)
		return exact_convert(type, in, float_sum(in, d, s));
	if (operation == AML_DMA_REDUCE_PROD)
		return exact_convert(type, in, float_product(in, d, s));
	result = float_product(in, exact_convert(in, type, alpha), s);
	if (!exact_is_zero(type, beta))
		result = float_sum(in, result, float_product(in, exact_convert(in, type, beta), d));
	return exact_convert(type, in, result);
}

uint64_t exact_reduce(int type, int operation, uint64_t dst, uint64_t src, uint64_t alpha,
		      uint64_t beta)
{
	switch (operation) {
	case AML_DMA_REDUCE_MIN:
	case AML_DMA_REDUCE_MAX:
		return extremum(type, operation == AML_DMA_REDUCE_MAX, dst, src);
	case AML_DMA_REDUCE_AND:
		return dst & src;
	case AML_DMA_REDUCE_OR:
		return dst | src;
	case AML_DMA_REDUCE_XOR:
		return dst ^ src;
	default:
		break;
	}
	if (exact_is_float(type))
		return float_reduce(type, operation, dst, src, alpha, beta);
	if (operation == AML_DMA_REDUCE_SUM)
		return (dst + src) & all_bits(type);
	if (operation == AML_DMA_REDUCE_PROD)
		return (dst * src) & all_bits(type);
	return (alpha * src + beta * dst) & all_bits(type);
}

bool exact_same(int type, uint64_t wanted, uint64_t got)
{
	if (is_nan(type, wanted))
		return is_nan(type, got) && (got & quiet_bit(type));
	return wanted == got;
}

bool exact_settle(int type, void *wanted, const void *got)
{
	uint64_t bits = exact_load(type, got);

	if (!exact_same(type, exact_load(type, wanted), bits))
		return false;
	exact_store(type, wanted, bits);
	return true;
}

/* The edges of a type, and their number. */
struct exact_list {
	int type;
	size_t n;
	uint64_t *edges;
};

static void add_edge(struct exact_list *list, uint64_t bits)
{
	bits &= all_bits(list->type);
	for (size_t i = 0; i < list->n; i++)
		if (list->edges[i] == bits)
			return;
	if (list->n == EXACT_EDGES_MAX)
		ck_abort_msg("too many edges");
	list->edges[list->n++] = bits;
}

/* The number of the type that is nearest to this one, and the two beside it, with both signs. */
static void add_near(struct exact_list *list, uint64_t magnitude, int exponent)
{
	struct exact_number number = {.magnitude = {0, magnitude}, .exponent = exponent};

	for (int negative = 0; negative < 2; negative++) {
		uint64_t bits;

		number.negative = negative;
		bits = pack(list->type, &number);
		add_edge(list, bits);
		add_edge(list, bits + 1);
		add_edge(list, bits - 1);
	}
}

/* Where another type's numbers end, and halfway between two of them. */
static void add_limits(struct exact_list *list, int type)
{
	const struct exact_format *format = &formats[type];
	int p = format->precision, top;

	if (!format->is_float) {
		int bits = 8 * (int)format->bytes - format->is_signed;

		add_near(list, 1, bits);
		add_near(list, low_bits((unsigned)bits), 0);
		/* Less than half a unit, half a unit, and more than that below the limit. */
		if (bits < 62) {
			add_near(list, (UINT64_C(4) << bits) - 3, -2);
			add_near(list, (UINT64_C(2) << bits) - 1, -1);
			add_near(list, (UINT64_C(2) << bits) + 1, -1);
		}
		return;
	}
	/* The exponent of the last bit of the largest number. */
	top = format->lowest + (int)(infinity_bits(type) >> (p - 1)) - 2;
	/* The largest number, and halfway to what would be the next one. */
	add_near(list, low_bits((unsigned)p), top);
	add_near(list, low_bits((unsigned)p + 1), top - 1);
	add_near(list, 1, top + p);
	/* The smallest numbers, and halfway between them. */
	for (uint64_t halves = 1; halves < 6; halves++)
		add_near(list, halves, format->lowest - 1);
	/* The smallest number with a hidden bit, and halfway to the one below it. */
	add_near(list, 1, format->lowest + p - 1);
	add_near(list, low_bits((unsigned)p), format->lowest - 1);
	/* At 1, and where the last bit is worth 1 and 2: even and odd numbers, and halfway. */
	for (uint64_t halves = 0; halves < 5; halves++) {
		add_near(list, (UINT64_C(1) << p) + halves, -p);
		add_near(list, (UINT64_C(1) << p) + halves, -1);
		add_near(list, (UINT64_C(1) << p) + halves, 0);
		/* Where an integer of 32 or 64 bits has all other bits below those. */
		for (int bits = 31; bits <= 64; bits += bits == 32 ? 31 : 1)
			if (bits > p + 1)
				add_near(list, (UINT64_C(1) << p) + halves, bits - p - 1);
	}
}

size_t exact_edges(int type, uint64_t *edges)
{
	struct exact_list list = {type, 0, edges};

	add_edge(&list, 0);
	add_near(&list, 0, 0);
	for (uint64_t halves = 0; halves < 8; halves++)
		add_near(&list, halves, -1);
	if (exact_is_float(type)) {
		uint64_t infinity = infinity_bits(type), quiet = quiet_bit(type);

		for (int negative = 0; negative < 2; negative++) {
			uint64_t sign = negative ? sign_bit(type) : 0;

			add_edge(&list, sign | infinity);
			add_edge(&list, sign | infinity | quiet);
			add_edge(&list, sign | infinity | 1);
			add_edge(&list, sign | infinity | quiet >> 1);
			add_edge(&list, sign | infinity | quiet | (quiet - 1));
			add_edge(&list, sign | infinity | (quiet - 1));
		}
	}
	for (int other = 0; other < EXACT_TYPES; other++)
		add_limits(&list, other);
	return list.n;
}

uint64_t exact_random(int type, struct rng *rng)
{
	static uint64_t edges[EXACT_TYPES][EXACT_EDGES_MAX];
	static size_t counts[EXACT_TYPES];
	uint64_t word = rng_next(rng);
	int other = (int)rng_below(rng, EXACT_TYPES);

	switch (rng_below(rng, 4)) {
	case 0:
		if (counts[type] == 0)
			counts[type] = exact_edges(type, edges[type]);
		return edges[type][word % counts[type]];
	case 1:
		/* A small integer. */
		return exact_convert(type, AML_DMA_I64, word % 200 - 100);
	case 2:
		/* A number that another type has, if it is not beyond the range. */
		return exact_convert(type, other, word & all_bits(other));
	default:
		return word & all_bits(type);
	}
}
