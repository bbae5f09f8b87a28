/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is learnt holds for a class of copies: of one kind, of similar extents, with both sides
 * beginning at a line, or not. malloc() returns large memory 16 bytes behind the beginning of a
 * page. So most copies are there twice, with this distance and without one.
 */
#include "tuning_shapes.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "machine/caches.h"

enum {
	MALLOC_AT_BYTES = 16,
	FLAT_BYTES_MAX = 128 << 20,
	FLAT_SIZES = 4, /* below four times the size from which copies stream */
	ROW_BYTES = 1 << 10,
	BATCH = 64,
};

static const size_t small_bytes = 4 << 20, medium_bytes = 16 << 20, large_bytes = 64 << 20;

struct shape_list {
	struct tuning_shape *shapes;
	size_t count;
};

/* The extent of each of `n` equal dimensions with `elements` elements together: a multiple of 8. */
static size_t extent_of(double elements, unsigned n)
{
	return (size_t)(pow(elements, 1.0 / n) / 8 + 1e-6) * 8;
}

/*
 * Add a copy of elements of `element_bytes` bytes. `dst_keys` and `src_keys` describe the memory
 * beside the extents, which both sides have.
 */
static void add_shape(struct shape_list *list, const char *extents, size_t element_bytes,
		      const char *dst_keys, const char *src_keys, const char *permute, size_t at)
{
	struct tuning_shape *shape = &list->shapes[list->count];

	if (list->count == TUNING_SHAPES_MAX)
		return;
	list->count++;
	(void)snprintf(shape->src, sizeof(shape->src), "%s:%zu%s/at=%zu", extents, element_bytes,
		       src_keys, at);
	(void)snprintf(shape->dst, sizeof(shape->dst), "%s:%zu%s/at=%zu", extents, element_bytes,
		       dst_keys, at);
	(void)snprintf(shape->permute, sizeof(shape->permute), "%s", permute);
}

/* Add a copy with both distances. */
static void add_both(struct shape_list *list, const char *extents, size_t element_bytes,
		     const char *permute)
{
	add_shape(list, extents, element_bytes, "", "", permute, MALLOC_AT_BYTES);
	add_shape(list, extents, element_bytes, "", "", permute, 0);
}

/* Around the size from which copies are expected to stream, it is learnt whether they should. */
static void add_flat(struct shape_list *list)
{
	size_t bytes = caches()->stream_bytes / 4;
	char extents[TUNING_TEXT_BYTES / 2];

	for (unsigned i = 0; i < FLAT_SIZES && bytes <= FLAT_BYTES_MAX; i++, bytes *= 2) {
		(void)snprintf(extents, sizeof(extents), "%zu", bytes);
		add_both(list, extents, 1, "");
	}
}

static void add_matrix(struct shape_list *list, size_t n, size_t element_bytes)
{
	char extents[TUNING_TEXT_BYTES / 2];

	(void)snprintf(extents, sizeof(extents), "%zux%zu", n, n);
	add_both(list, extents, element_bytes, "1,0");
}

/* Reversed tensors of 3 and 4 dimensions, a batch of matrices, and rows in another order. */
static void add_tensors(struct shape_list *list, size_t bytes, size_t element_bytes)
{
	double elements = (double)bytes / (double)element_bytes;
	size_t n = extent_of(elements, 3), m = extent_of(elements, 4),
	       side = extent_of(elements / BATCH, 2), row = ROW_BYTES / element_bytes,
	       rows = extent_of(elements / (double)row, 2);
	char extents[TUNING_TEXT_BYTES / 2];

	(void)snprintf(extents, sizeof(extents), "%zux%zux%zu", n, n, n);
	add_both(list, extents, element_bytes, "2,1,0");
	if (bytes > medium_bytes)
		return;
	(void)snprintf(extents, sizeof(extents), "%zux%zux%zux%zu", m, m, m, m);
	add_both(list, extents, element_bytes, "3,2,1,0");
	(void)snprintf(extents, sizeof(extents), "%dx%zux%zu", BATCH, side, side);
	add_both(list, extents, element_bytes, "0,2,1");
	(void)snprintf(extents, sizeof(extents), "%zux%zux%zu", rows, rows, row);
	add_both(list, extents, element_bytes, "1,0,2");
}

/* Rows of a block, from a larger array to contiguous memory and back. */
static void add_blocks(struct shape_list *list, size_t bytes)
{
	size_t rows = bytes / ROW_BYTES;
	char extents[TUNING_TEXT_BYTES / 4], pitch[TUNING_TEXT_BYTES / 4];

	(void)snprintf(extents, sizeof(extents), "%zux%d", rows, ROW_BYTES / 8);
	(void)snprintf(pitch, sizeof(pitch), "/pitch=%zu,%d", rows, ROW_BYTES / 4);
	add_shape(list, extents, 8, "", pitch, "", MALLOC_AT_BYTES);
	add_shape(list, extents, 8, pitch, "", "", MALLOC_AT_BYTES);
}

size_t tuning_shapes_list(struct tuning_shape shapes[TUNING_SHAPES_MAX])
{
	struct shape_list list = {.shapes = shapes};

	add_flat(&list);
	for (size_t element_bytes = 4; element_bytes <= 8; element_bytes *= 2) {
		for (size_t n = 1024; n <= 4096; n *= 2)
			add_matrix(&list, n, element_bytes);
		add_tensors(&list, medium_bytes, element_bytes);
		add_tensors(&list, large_bytes, element_bytes);
	}
	add_matrix(&list, 4096, 2);
	add_matrix(&list, 1024, 16);
	add_blocks(&list, small_bytes);
	add_blocks(&list, medium_bytes);
	add_blocks(&list, large_bytes);
	return list.count;
}
