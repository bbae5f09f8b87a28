/* SPDX-License-Identifier: BSD-3-Clause */
/* The generic interface of layouts: its checks, and the arguments that reach the operators. */
#include <limits.h>

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "sizes.h"
#include "suite.h"

/* More dimensions than a layout may have. */
#define PROBE_NDIMS 70

/* A layout that records the calls of its operators. */
struct probe {
	struct aml_layout layout;
	struct aml_layout_ops ops;
	/* The answers of its operators. dims is in user order. */
	size_t ndims, dims[PROBE_NDIMS], element_size;
	int order;
	/* The result of its operators. reshape, slice and duplicate also store `made`. */
	int result;
	struct aml_layout *made;
	void *address;
	/* The number of calls, except calls of the operators with answers, and the arguments. */
	int calls;
	size_t got_coords[PROBE_NDIMS], got_offsets[PROBE_NDIMS], got_dims[PROBE_NDIMS],
		got_strides[PROBE_NDIMS], got_ndims;
	const struct aml_layout *got_layout;
	void *got_ptr;
	FILE *got_stream;
	char got_prefix[16];
	/* The name of the operator that was called last. */
	const char *got_operator;
};

static struct probe *probe_of(const struct aml_layout_data *data)
{
	return (struct probe *)data;
}

static void called(struct probe *probe, const char *name)
{
	probe->calls++;
	probe->got_operator = name;
}

static void *probe_deref(const struct aml_layout_data *data, const size_t *coords)
{
	struct probe *probe = probe_of(data);

	called(probe, "deref");
	memcpy(probe->got_coords, coords, probe->ndims * sizeof(*coords));
	return probe->address;
}

static void *probe_deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	struct probe *probe = probe_of(data);

	called(probe, "deref_native");
	memcpy(probe->got_coords, coords, probe->ndims * sizeof(*coords));
	return probe->address;
}

static void *probe_rawptr(const struct aml_layout_data *data)
{
	called(probe_of(data), "rawptr");
	return probe_of(data)->address;
}

static int probe_order(const struct aml_layout_data *data)
{
	return probe_of(data)->order;
}

static int probe_dims(const struct aml_layout_data *data, size_t *dims)
{
	struct probe *probe = probe_of(data);

	memcpy(dims, probe->dims, probe->ndims * sizeof(*dims));
	return AML_SUCCESS;
}

static int probe_dims_native(const struct aml_layout_data *data, size_t *dims)
{
	struct probe *probe = probe_of(data);

	for (size_t i = 0; i < probe->ndims; i++)
		dims[i] = probe->dims[probe->ndims - 1 - i];
	return AML_SUCCESS;
}

static size_t probe_ndims(const struct aml_layout_data *data)
{
	return probe_of(data)->ndims;
}

static size_t probe_element_size(const struct aml_layout_data *data)
{
	return probe_of(data)->element_size;
}

static int store(struct probe *probe, struct aml_layout **output)
{
	if (probe->result == AML_SUCCESS)
		*output = probe->made;
	return probe->result;
}

static int probe_reshape(const struct aml_layout_data *data, struct aml_layout **output,
			 const size_t ndims, const size_t *dims)
{
	struct probe *probe = probe_of(data);

	called(probe, "reshape");
	probe->got_ndims = ndims;
	memcpy(probe->got_dims, dims, ndims * sizeof(*dims));
	return store(probe, output);
}

static int note_slice(struct probe *probe, struct aml_layout **output, const size_t *offsets,
		      const size_t *dims, const size_t *strides)
{
	memcpy(probe->got_offsets, offsets, probe->ndims * sizeof(*offsets));
	memcpy(probe->got_dims, dims, probe->ndims * sizeof(*dims));
	memcpy(probe->got_strides, strides, probe->ndims * sizeof(*strides));
	return store(probe, output);
}

static int probe_slice(const struct aml_layout_data *data, struct aml_layout **output,
		       const size_t *offsets, const size_t *dims, const size_t *strides)
{
	called(probe_of(data), "slice");
	return note_slice(probe_of(data), output, offsets, dims, strides);
}

static int probe_slice_native(const struct aml_layout_data *data, struct aml_layout **output,
			      const size_t *offsets, const size_t *dims, const size_t *strides)
{
	called(probe_of(data), "slice_native");
	return note_slice(probe_of(data), output, offsets, dims, strides);
}

static int probe_fprintf(const struct aml_layout_data *data, FILE *stream, const char *prefix)
{
	struct probe *probe = probe_of(data);

	called(probe, "fprintf");
	probe->got_stream = stream;
	snprintf(probe->got_prefix, sizeof(probe->got_prefix), "%s", prefix);
	return probe->result;
}

static int probe_duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	struct probe *probe = probe_of(layout->data);

	called(probe, "duplicate");
	probe->got_layout = layout;
	probe->got_ptr = ptr;
	return store(probe, output);
}

static void probe_destroy(struct aml_layout *layout)
{
	called(probe_of(layout->data), "destroy");
	probe_of(layout->data)->got_layout = layout;
}

/* A row-major layout of 4 × 3 × 5 in user order. */
static void probe_init(struct probe *probe)
{
	static struct aml_layout made;
	static char address;

	memset(probe, 0, sizeof(*probe));
	probe->layout.ops = &probe->ops;
	probe->layout.data = (struct aml_layout_data *)probe;
	probe->ops = (struct aml_layout_ops){
		.deref = probe_deref,
		.deref_native = probe_deref_native,
		.rawptr = probe_rawptr,
		.order = probe_order,
		.dims = probe_dims,
		.dims_native = probe_dims_native,
		.ndims = probe_ndims,
		.element_size = probe_element_size,
		.reshape = probe_reshape,
		.slice = probe_slice,
		.slice_native = probe_slice_native,
		.fprintf = probe_fprintf,
		.duplicate = probe_duplicate,
		.destroy = probe_destroy,
	};
	probe->ndims = 3;
	probe->dims[0] = 4;
	probe->dims[1] = 3;
	probe->dims[2] = 5;
	probe->element_size = 8;
	probe->order = AML_LAYOUT_ORDER_ROW_MAJOR;
	probe->made = &made;
	probe->address = &address;
}

#define assert_null_errno(expression, code)        \
	do {                                       \
		aml_errno = 0;                     \
		ck_assert_ptr_null(expression);    \
		ck_assert_int_eq(aml_errno, code); \
	} while (0)

#define assert_zero_errno(expression, code)        \
	do {                                       \
		aml_errno = 0;                     \
		ck_assert_uint_eq(expression, 0);  \
		ck_assert_int_eq(aml_errno, code); \
	} while (0)

#define assert_array(array, ...)                                   \
	do {                                                       \
		const size_t wanted_[] = {__VA_ARGS__};            \
		ck_assert_mem_eq(array, wanted_, sizeof(wanted_)); \
	} while (0)

/* The value of an output before a call that must not change it. */
static struct aml_layout *const untouched = (struct aml_layout *)&untouched;

START_TEST(queries_return_what_the_operators_tell)
{
	struct probe probe;
	size_t dims[3];

	probe_init(&probe);
	ck_assert_uint_eq(aml_layout_ndims(&probe.layout), 3);
	ck_assert_uint_eq(aml_layout_element_size(&probe.layout), 8);
	ck_assert_int_eq(aml_layout_order(&probe.layout), AML_LAYOUT_ORDER_C);
	probe.order = AML_LAYOUT_ORDER_FORTRAN;
	ck_assert_int_eq(aml_layout_order(&probe.layout), AML_LAYOUT_ORDER_FORTRAN);
	ck_assert_int_eq(aml_layout_dims(&probe.layout, dims), AML_SUCCESS);
	assert_array(dims, 4, 3, 5);
	ck_assert_int_eq(aml_layout_dims_native(&probe.layout, dims), AML_SUCCESS);
	assert_array(dims, 5, 3, 4);
	ck_assert_ptr_eq(aml_layout_rawptr(&probe.layout), probe.address);
	ck_assert_str_eq(probe.got_operator, "rawptr");
}
END_TEST

/* Contract: LAYOUT-8. */
START_TEST(deref_hands_coordinates_on_unchanged)
{
	struct probe probe;

	probe_init(&probe);
	ck_assert_ptr_eq(aml_layout_deref(&probe.layout, (size_t[]){3, 2, 4}), probe.address);
	ck_assert_str_eq(probe.got_operator, "deref");
	assert_array(probe.got_coords, 3, 2, 4);
	ck_assert_ptr_eq(aml_layout_deref_native(&probe.layout, (size_t[]){4, 2, 3}),
			 probe.address);
	ck_assert_str_eq(probe.got_operator, "deref_native");
	assert_array(probe.got_coords, 4, 2, 3);
	ck_assert_ptr_eq(aml_layout_deref_safe(&probe.layout, (size_t[]){1, 0, 2}), probe.address);
	ck_assert_str_eq(probe.got_operator, "deref");
	assert_array(probe.got_coords, 1, 0, 2);
}
END_TEST

/* Contract: LAYOUT-8. */
START_TEST(deref_safe_refuses_a_coordinate_out_of_bounds)
{
	static const size_t bad[][3] = {
		{4, 0, 0},        {0, 3, 0},        {0, 0, 5},
		{SIZE_MAX, 0, 0}, {0, SIZE_MAX, 0}, {3, 2, SIZE_MAX},
	};
	struct probe probe;

	probe_init(&probe);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_null_errno(aml_layout_deref_safe(&probe.layout, bad[i]), AML_EINVAL);
	ck_assert_int_eq(probe.calls, 0);
	ck_assert_ptr_eq(aml_layout_deref_safe(&probe.layout, (size_t[]){3, 2, 4}), probe.address);
}
END_TEST

/* Contract: LAYOUT-8. */
START_TEST(deref_safe_finds_nothing_in_an_empty_layout)
{
	struct probe probe;

	probe_init(&probe);
	probe.dims[1] = 0;
	assert_null_errno(aml_layout_deref_safe(&probe.layout, (size_t[]){0, 0, 0}), AML_EINVAL);
	ck_assert_int_eq(probe.calls, 0);
}
END_TEST

/* Contract: ERROR-3. */
START_TEST(null_arguments_are_refused)
{
	struct aml_layout *out = untouched;
	size_t some[3] = {1, 1, 1};
	struct probe probe;
	FILE *null = fopen("/dev/null", "w");

	probe_init(&probe);
	assert_null_errno(aml_layout_deref(NULL, some), AML_EINVAL);
	assert_null_errno(aml_layout_deref(&probe.layout, NULL), AML_EINVAL);
	assert_null_errno(aml_layout_deref_safe(NULL, some), AML_EINVAL);
	assert_null_errno(aml_layout_deref_safe(&probe.layout, NULL), AML_EINVAL);
	assert_null_errno(aml_layout_deref_native(NULL, some), AML_EINVAL);
	assert_null_errno(aml_layout_deref_native(&probe.layout, NULL), AML_EINVAL);
	assert_null_errno(aml_layout_rawptr(NULL), AML_EINVAL);
	assert_zero_errno(aml_layout_ndims(NULL), AML_EINVAL);
	assert_zero_errno(aml_layout_element_size(NULL), AML_EINVAL);
	ck_assert_int_eq(aml_layout_order(NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dims(NULL, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dims(&probe.layout, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dims_native(NULL, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dims_native(&probe.layout, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(NULL, &out, 3, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, NULL, 1, (size_t[]){60}), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 3, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(NULL, &out, some, some, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(&probe.layout, NULL, some, some, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, some, NULL, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice_native(NULL, &out, some, some, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice_native(&probe.layout, NULL, some, some, some),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice_native(&probe.layout, &out, some, NULL, some),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_fprintf(NULL, "", &probe.layout), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_fprintf(null, "", NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_duplicate(NULL, &out, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_duplicate(&probe.layout, NULL, NULL), -AML_EINVAL);
	ck_assert_ptr_eq(out, untouched);
	ck_assert_int_eq(probe.calls, 0);
	fclose(null);
}
END_TEST

/* Contract: ERROR-4. */
START_TEST(a_layout_without_a_table_is_refused)
{
	struct aml_layout bare = {NULL, NULL}, *out = untouched;
	size_t some[] = {1, 1, 1};
	FILE *null = fopen("/dev/null", "w");
	int neutral = 0;

	assert_null_errno(aml_layout_deref(&bare, some), AML_EINVAL);
	assert_null_errno(aml_layout_deref_safe(&bare, some), AML_EINVAL);
	assert_null_errno(aml_layout_deref_native(&bare, some), AML_EINVAL);
	assert_null_errno(aml_layout_rawptr(&bare), AML_EINVAL);
	assert_zero_errno(aml_layout_ndims(&bare), AML_EINVAL);
	assert_zero_errno(aml_layout_element_size(&bare), AML_EINVAL);
	ck_assert_int_eq(aml_layout_order(&bare), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dims(&bare, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dims_native(&bare, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(&bare, &out, 3, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(&bare, &out, some, some, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice_native(&bare, &out, some, some, some), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_fprintf(null, "", &bare), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_duplicate(&bare, &out, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_pad_create(&out, 0, &bare, some, &neutral), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape_create(&out, &bare, 0, 3, some), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_generic(&bare, &bare, NULL), -AML_EINVAL);
	ck_assert_ptr_eq(out, untouched);
	fclose(null);
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(a_lacking_operator_is_enotsup)
{
	struct aml_layout *out = untouched;
	size_t some[3] = {1, 1, 1}, whole[3] = {60, 1, 1};
	struct probe probe;
	FILE *null = fopen("/dev/null", "w");

	probe_init(&probe);
	memset(&probe.ops, 0, sizeof(probe.ops));
	assert_null_errno(aml_layout_deref(&probe.layout, some), AML_ENOTSUP);
	assert_null_errno(aml_layout_deref_safe(&probe.layout, some), AML_ENOTSUP);
	assert_null_errno(aml_layout_deref_native(&probe.layout, some), AML_ENOTSUP);
	assert_null_errno(aml_layout_rawptr(&probe.layout), AML_ENOTSUP);
	assert_zero_errno(aml_layout_ndims(&probe.layout), AML_ENOTSUP);
	assert_zero_errno(aml_layout_element_size(&probe.layout), AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_order(&probe.layout), -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_dims(&probe.layout, some), -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_dims_native(&probe.layout, some), -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 3, whole), -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, NULL, some, NULL), -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_slice_native(&probe.layout, &out, NULL, some, NULL),
			 -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_fprintf(null, "", &probe.layout), -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_duplicate(&probe.layout, &out, NULL), -AML_ENOTSUP);
	ck_assert_ptr_eq(out, untouched);
	assert_array(some, 1, 1, 1);
	fclose(null);
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(each_operator_is_missed_alone)
{
	struct aml_layout *out = untouched;
	size_t some[3] = {1, 1, 1}, whole[3] = {60, 1, 1};
	struct probe probe;

	probe_init(&probe);
	probe.ops.deref = NULL;
	assert_null_errno(aml_layout_deref(&probe.layout, some), AML_ENOTSUP);
	assert_null_errno(aml_layout_deref_safe(&probe.layout, some), AML_ENOTSUP);
	ck_assert_ptr_nonnull(aml_layout_deref_native(&probe.layout, some));

	probe_init(&probe);
	probe.ops.deref_native = NULL;
	assert_null_errno(aml_layout_deref_native(&probe.layout, some), AML_ENOTSUP);
	ck_assert_ptr_nonnull(aml_layout_deref(&probe.layout, some));

	probe_init(&probe);
	probe.ops.dims = NULL;
	ck_assert_int_eq(aml_layout_dims(&probe.layout, some), -AML_ENOTSUP);
	assert_null_errno(aml_layout_deref_safe(&probe.layout, some), AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, NULL, some, NULL), -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_slice_native(&probe.layout, &out, NULL, some, NULL),
			 AML_SUCCESS);

	probe_init(&probe);
	out = untouched;
	probe.ops.dims_native = NULL;
	ck_assert_int_eq(aml_layout_dims_native(&probe.layout, some), -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_slice_native(&probe.layout, &out, NULL, some, NULL),
			 -AML_ENOTSUP);
	ck_assert_ptr_eq(out, untouched);
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, NULL, some, NULL), AML_SUCCESS);

	probe_init(&probe);
	out = untouched;
	probe.ops.dims = NULL;
	probe.ops.dims_native = NULL;
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 3, whole), -AML_ENOTSUP);

	probe_init(&probe);
	probe.ops.ndims = NULL;
	assert_zero_errno(aml_layout_ndims(&probe.layout), AML_ENOTSUP);
	assert_null_errno(aml_layout_deref_safe(&probe.layout, some), AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, NULL, some, NULL), -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_slice_native(&probe.layout, &out, NULL, some, NULL),
			 -AML_ENOTSUP);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 3, whole), -AML_ENOTSUP);

	probe_init(&probe);
	probe.ops.reshape = NULL;
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 3, whole), -AML_ENOTSUP);

	probe_init(&probe);
	probe.ops.slice = NULL;
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, NULL, some, NULL), -AML_ENOTSUP);

	probe_init(&probe);
	probe.ops.slice_native = NULL;
	ck_assert_int_eq(aml_layout_slice_native(&probe.layout, &out, NULL, some, NULL),
			 -AML_ENOTSUP);
	ck_assert_int_eq(probe.calls, 0);
	ck_assert_ptr_eq(out, untouched);
}
END_TEST

START_TEST(slice_hands_on_its_arguments)
{
	struct aml_layout *out = NULL;
	struct probe probe;

	probe_init(&probe);
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, (size_t[]){1, 0, 2},
					  (size_t[]){2, 3, 2}, (size_t[]){2, 1, 2}),
			 AML_SUCCESS);
	ck_assert_ptr_eq(out, probe.made);
	ck_assert_str_eq(probe.got_operator, "slice");
	ck_assert_int_eq(probe.calls, 1);
	assert_array(probe.got_offsets, 1, 0, 2);
	assert_array(probe.got_dims, 2, 3, 2);
	assert_array(probe.got_strides, 2, 1, 2);

	probe_init(&probe);
	out = NULL;
	ck_assert_int_eq(aml_layout_slice_native(&probe.layout, &out, (size_t[]){2, 0, 1},
						 (size_t[]){2, 3, 2}, (size_t[]){2, 1, 2}),
			 AML_SUCCESS);
	ck_assert_ptr_eq(out, probe.made);
	ck_assert_str_eq(probe.got_operator, "slice_native");
	assert_array(probe.got_offsets, 2, 0, 1);
	assert_array(probe.got_dims, 2, 3, 2);
	assert_array(probe.got_strides, 2, 1, 2);
}
END_TEST

/* Contract: LAYOUT-9. */
START_TEST(the_slice_operator_sees_offsets_and_strides_where_there_are_none)
{
	struct aml_layout *out = NULL;
	struct probe probe;

	probe_init(&probe);
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, NULL, (size_t[]){4, 3, 5}, NULL),
			 AML_SUCCESS);
	assert_array(probe.got_offsets, 0, 0, 0);
	assert_array(probe.got_strides, 1, 1, 1);

	probe_init(&probe);
	ck_assert_int_eq(
		aml_layout_slice_native(&probe.layout, &out, NULL, (size_t[]){5, 3, 4}, NULL),
		AML_SUCCESS);
	assert_array(probe.got_offsets, 0, 0, 0);
	assert_array(probe.got_strides, 1, 1, 1);
}
END_TEST

/* Offsets, extents and strides in user order of a layout of 4 × 3 × 5. */
struct slicing {
	size_t offsets[3], dims[3], strides[3];
};

static int slice(struct probe *probe, struct aml_layout **out, const struct slicing *s)
{
	return aml_layout_slice(&probe->layout, out, s->offsets, s->dims, s->strides);
}

static int slice_native(struct probe *probe, struct aml_layout **out, const struct slicing *s)
{
	struct slicing native;

	for (size_t i = 0; i < 3; i++) {
		native.offsets[i] = s->offsets[2 - i];
		native.dims[i] = s->dims[2 - i];
		native.strides[i] = s->strides[2 - i];
	}
	return aml_layout_slice_native(&probe->layout, out, native.offsets, native.dims,
				       native.strides);
}

/* Contract: LAYOUT-9. */
START_TEST(a_slice_that_does_not_fit_never_reaches_the_operator)
{
	static const struct slicing bad[] = {
		/* One past the end, in each dimension. */
		{{0, 0, 0}, {5, 1, 1}, {1, 1, 1}},
		{{0, 0, 0}, {1, 4, 1}, {1, 1, 1}},
		{{0, 0, 0}, {1, 1, 6}, {1, 1, 1}},
		{{4, 0, 0}, {1, 1, 1}, {1, 1, 1}},
		{{0, 3, 0}, {1, 1, 1}, {1, 1, 1}},
		{{0, 0, 5}, {1, 1, 1}, {1, 1, 1}},
		{{1, 0, 0}, {4, 1, 1}, {1, 1, 1}},
		/* One past the end because of the stride. */
		{{0, 0, 0}, {2, 1, 1}, {4, 1, 1}},
		{{1, 0, 0}, {2, 1, 1}, {3, 1, 1}},
		{{0, 0, 0}, {1, 1, 3}, {1, 1, 3}},
		{{0, 0, 1}, {1, 1, 3}, {1, 1, 2}},
		/* A stride of 0 at an offset past the end. */
		{{4, 0, 0}, {2, 1, 1}, {0, 1, 1}},
		/* Sums and products that wrap around. */
		{{SIZE_MAX, 0, 0}, {1, 1, 1}, {1, 1, 1}},
		{{SIZE_MAX, 0, 0}, {2, 1, 1}, {1, 1, 1}},
		{{SIZE_MAX - 1, 0, 0}, {3, 1, 1}, {1, 1, 1}},
		{{1, 0, 0}, {2, 1, 1}, {SIZE_MAX, 1, 1}},
		{{0, 0, 0}, {3, 1, 1}, {SIZE_MAX / 2 + 1, 1, 1}},
		{{2, 0, 0}, {3, 1, 1}, {SIZE_MAX, 1, 1}},
		{{0, 0, 0}, {SIZE_MAX, 1, 1}, {1, 1, 1}},
		{{0, 0, 0}, {SIZE_MAX, 1, 1}, {SIZE_MAX, 1, 1}},
		{{0, 0, 0}, {SIZE_MAX / 2 + 2, 1, 1}, {2, 1, 1}},
		{{1, 0, 0}, {SIZE_MAX, 1, 1}, {1, 1, 1}},
	};
	struct aml_layout *out = untouched;
	struct probe probe;

	probe_init(&probe);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(slice(&probe, &out, &bad[i]) == -AML_EINVAL, "slice %zu", i);
		ck_assert_msg(slice_native(&probe, &out, &bad[i]) == -AML_EINVAL,
			      "slice %zu, native", i);
	}
	ck_assert_int_eq(probe.calls, 0);
	ck_assert_ptr_eq(out, untouched);
}
END_TEST

START_TEST(a_slice_that_fits_reaches_the_operator)
{
	static const struct slicing good[] = {
		{{0, 0, 0}, {4, 3, 5}, {1, 1, 1}},
		{{3, 2, 4}, {1, 1, 1}, {1, 1, 1}},
		{{1, 0, 0}, {2, 2, 3}, {2, 2, 2}},
		/* The stride of a single element has no effect. */
		{{3, 2, 4}, {1, 1, 1}, {SIZE_MAX, SIZE_MAX, SIZE_MAX}},
		/* The same element, any number of times. */
		{{3, 2, 4}, {100, 1, 1}, {0, 0, 0}},
	};
	struct aml_layout *out;
	struct probe probe;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		probe_init(&probe);
		out = NULL;
		ck_assert_msg(slice(&probe, &out, &good[i]) == AML_SUCCESS, "slice %zu", i);
		ck_assert_ptr_eq(out, probe.made);
		out = NULL;
		ck_assert_msg(slice_native(&probe, &out, &good[i]) == AML_SUCCESS,
			      "slice %zu, native", i);
		ck_assert_ptr_eq(out, probe.made);
		ck_assert_int_eq(probe.calls, 2);
	}
}
END_TEST

START_TEST(an_empty_slice_has_no_element_and_fits)
{
	static const struct slicing empty[] = {
		{{0, 0, 0}, {0, 3, 5}, {1, 1, 1}},
		{{4, 0, 0}, {0, 1, 1}, {1, 1, 1}},
		{{SIZE_MAX, 0, 0}, {0, 1, 1}, {SIZE_MAX, 1, 1}},
		{{0, 0, 9}, {4, 0, 1}, {1, 1, 1}},
		{{9, 9, 9}, {9, 9, 0}, {9, 9, 9}},
	};
	struct aml_layout *out = NULL;
	struct probe probe;

	probe_init(&probe);
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++) {
		ck_assert_msg(slice(&probe, &out, &empty[i]) == AML_SUCCESS, "slice %zu", i);
		ck_assert_msg(slice_native(&probe, &out, &empty[i]) == AML_SUCCESS,
			      "slice %zu, native", i);
	}
}
END_TEST

START_TEST(an_empty_layout_has_no_slice_but_empty_ones)
{
	struct aml_layout *out = untouched;
	struct probe probe;

	probe_init(&probe);
	probe.dims[1] = 0;
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, NULL, (size_t[]){1, 1, 1}, NULL),
			 -AML_EINVAL);
	ck_assert_ptr_eq(out, untouched);
	ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, NULL, (size_t[]){1, 0, 1}, NULL),
			 AML_SUCCESS);
}
END_TEST

START_TEST(reshape_hands_on_its_arguments)
{
	struct aml_layout *out = NULL;
	struct probe probe;

	probe_init(&probe);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 2, (size_t[]){6, 10}),
			 AML_SUCCESS);
	ck_assert_ptr_eq(out, probe.made);
	ck_assert_str_eq(probe.got_operator, "reshape");
	ck_assert_uint_eq(probe.got_ndims, 2);
	assert_array(probe.got_dims, 6, 10);
}
END_TEST

/* Contract: LAYOUT-10. */
START_TEST(a_reshape_to_another_number_of_elements_never_reaches_the_operator)
{
	/* 3 × INVERSE is 1 in 64 bits. */
	const size_t inverse = (size_t)UINT64_C(0xaaaaaaaaaaaaaaab);
	struct aml_layout *out = untouched;
	struct probe probe;

	probe_init(&probe);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 1, (size_t[]){59}), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 2, (size_t[]){60, 2}),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 2, (size_t[]){60, 0}),
			 -AML_EINVAL);
	/* The product wraps around to 60. */
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 3, (size_t[]){3, inverse, 60}),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 3, (size_t[]){60, inverse, 3}),
			 -AML_EINVAL);
	/* The product wraps around to 0. */
	probe.dims[0] = 0;
	ck_assert_int_eq(
		aml_layout_reshape(&probe.layout, &out, 2, (size_t[]){SIZE_ROOT, SIZE_ROOT}),
		-AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 1, (size_t[]){1}), -AML_EINVAL);
	ck_assert_int_eq(probe.calls, 0);
	ck_assert_ptr_eq(out, untouched);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 2, (size_t[]){0, 7}), AML_SUCCESS);
}
END_TEST

/* Contract: LAYOUT-1. */
START_TEST(a_reshape_to_0_or_65_dimensions_never_reaches_the_operator)
{
	size_t dims[65] = {60, 1};
	struct aml_layout *out = untouched;
	struct probe probe;

	for (size_t i = 1; i < 65; i++)
		dims[i] = 1;
	probe_init(&probe);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 0, dims), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 65, dims), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, SIZE_MAX, dims), -AML_EINVAL);
	ck_assert_int_eq(probe.calls, 0);
	ck_assert_ptr_eq(out, untouched);
	ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 64, dims), AML_SUCCESS);
}
END_TEST

/* Contract: LAYOUT-1. */
START_TEST(a_layout_that_tells_of_0_or_65_dimensions_is_refused)
{
	static const size_t lies[] = {0, 65, SIZE_MAX};
	static const size_t ones[PROBE_NDIMS] = {1};
	struct aml_layout *out = untouched;
	struct probe probe;

	for (size_t i = 0; i < 3; i++) {
		probe_init(&probe);
		probe.ndims = lies[i];
		assert_null_errno(aml_layout_deref_safe(&probe.layout, ones), AML_EINVAL);
		ck_assert_int_eq(aml_layout_slice(&probe.layout, &out, NULL, ones, NULL),
				 -AML_EINVAL);
		ck_assert_int_eq(aml_layout_slice_native(&probe.layout, &out, NULL, ones, NULL),
				 -AML_EINVAL);
		ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 1, ones), -AML_EINVAL);
		ck_assert_int_eq(probe.calls, 0);
	}
	ck_assert_ptr_eq(out, untouched);
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(an_operators_error_is_handed_on)
{
	static const int codes[] = {-AML_FAILURE, -AML_ENOMEM, -AML_EPERM};
	struct aml_layout *out = untouched;
	struct probe probe;

	for (size_t i = 0; i < 3; i++) {
		probe_init(&probe);
		probe.result = codes[i];
		ck_assert_int_eq(aml_layout_reshape(&probe.layout, &out, 1, (size_t[]){60}),
				 codes[i]);
		ck_assert_int_eq(
			aml_layout_slice(&probe.layout, &out, NULL, (size_t[]){1, 1, 1}, NULL),
			codes[i]);
		ck_assert_int_eq(aml_layout_slice_native(&probe.layout, &out, NULL,
							 (size_t[]){1, 1, 1}, NULL),
				 codes[i]);
		ck_assert_int_eq(aml_layout_duplicate(&probe.layout, &out, NULL), codes[i]);
		ck_assert_int_eq(aml_layout_fprintf(stderr, "", &probe.layout), codes[i]);
		ck_assert_int_eq(probe.calls, 5);
	}
	ck_assert_ptr_eq(out, untouched);
}
END_TEST

START_TEST(the_fprintf_operator_sees_a_prefix_where_there_is_none)
{
	struct probe probe;

	probe_init(&probe);
	ck_assert_int_eq(aml_layout_fprintf(stderr, "> ", &probe.layout), AML_SUCCESS);
	ck_assert_ptr_eq(probe.got_stream, stderr);
	ck_assert_str_eq(probe.got_prefix, "> ");
	ck_assert_int_eq(aml_layout_fprintf(stdout, NULL, &probe.layout), AML_SUCCESS);
	ck_assert_ptr_eq(probe.got_stream, stdout);
	ck_assert_str_eq(probe.got_prefix, "");
}
END_TEST

START_TEST(duplicate_hands_on_its_arguments)
{
	struct aml_layout *out = NULL;
	struct probe probe;

	probe_init(&probe);
	ck_assert_int_eq(aml_layout_duplicate(&probe.layout, &out, &probe), AML_SUCCESS);
	ck_assert_ptr_eq(out, probe.made);
	ck_assert_ptr_eq(probe.got_layout, &probe.layout);
	ck_assert_ptr_eq(probe.got_ptr, &probe);
	ck_assert_int_eq(aml_layout_duplicate(&probe.layout, &out, NULL), AML_SUCCESS);
	ck_assert_ptr_null(probe.got_ptr);
}
END_TEST

/* Contract: OWN-4. */
START_TEST(destroy_calls_the_operator_once_and_stores_null)
{
	struct aml_layout *layout;
	struct probe probe;

	probe_init(&probe);
	layout = &probe.layout;
	aml_layout_destroy(&layout);
	ck_assert_ptr_null(layout);
	ck_assert_int_eq(probe.calls, 1);
	ck_assert_str_eq(probe.got_operator, "destroy");
	ck_assert_ptr_eq(probe.got_layout, &probe.layout);
	aml_layout_destroy(&layout);
	ck_assert_int_eq(probe.calls, 1);
}
END_TEST

/* Contract: OWN-4. */
START_TEST(destroy_of_nothing_does_nothing)
{
	struct aml_layout *layout = NULL;

	aml_layout_destroy(NULL);
	aml_layout_destroy(&layout);
	ck_assert_ptr_null(layout);
}
END_TEST

/* Contract: OWN-4. */
START_TEST(a_layout_without_destroy_is_freed)
{
	struct probe *probe = malloc(sizeof(*probe));
	struct aml_layout *layout = &probe->layout;

	/* AddressSanitizer and valgrind report a leak if the layout is not freed. */
	probe_init(probe);
	probe->ops.destroy = NULL;
	aml_layout_destroy(&layout);
	ck_assert_ptr_null(layout);
}
END_TEST

/* Contract: ERROR-1. */
START_TEST(success_leaves_aml_errno_alone)
{
	struct aml_layout *out = NULL;
	size_t dims[3];
	struct probe probe;

	probe_init(&probe);
	aml_errno = AML_EDOM;
	aml_layout_deref(&probe.layout, (size_t[]){0, 0, 0});
	aml_layout_deref_native(&probe.layout, (size_t[]){0, 0, 0});
	aml_layout_deref_safe(&probe.layout, (size_t[]){0, 0, 0});
	aml_layout_rawptr(&probe.layout);
	aml_layout_ndims(&probe.layout);
	aml_layout_element_size(&probe.layout);
	aml_layout_order(&probe.layout);
	aml_layout_dims(&probe.layout, dims);
	aml_layout_dims_native(&probe.layout, dims);
	aml_layout_slice(&probe.layout, &out, NULL, (size_t[]){1, 1, 1}, NULL);
	aml_layout_reshape(&probe.layout, &out, 1, (size_t[]){60});
	aml_layout_duplicate(&probe.layout, &out, NULL);
	ck_assert_int_eq(aml_errno, AML_EDOM);
}
END_TEST

static void *fail_elsewhere(void *seen)
{
	*(int *)seen = aml_errno;
	aml_layout_rawptr(NULL);
	return NULL;
}

/* Contract: ERROR-1. */
START_TEST(aml_errno_is_the_threads_own)
{
	pthread_t thread;
	int seen = -1;

	aml_errno = AML_EDOM;
	ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &seen), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(seen, 0);
	ck_assert_int_eq(aml_errno, AML_EDOM);
}
END_TEST

SUITE("layout/layout", queries_return_what_the_operators_tell, deref_hands_coordinates_on_unchanged,
      deref_safe_refuses_a_coordinate_out_of_bounds, deref_safe_finds_nothing_in_an_empty_layout,
      null_arguments_are_refused, a_layout_without_a_table_is_refused,
      a_lacking_operator_is_enotsup, each_operator_is_missed_alone, slice_hands_on_its_arguments,
      the_slice_operator_sees_offsets_and_strides_where_there_are_none,
      a_slice_that_does_not_fit_never_reaches_the_operator, a_slice_that_fits_reaches_the_operator,
      an_empty_slice_has_no_element_and_fits, an_empty_layout_has_no_slice_but_empty_ones,
      reshape_hands_on_its_arguments,
      a_reshape_to_another_number_of_elements_never_reaches_the_operator,
      a_reshape_to_0_or_65_dimensions_never_reaches_the_operator,
      a_layout_that_tells_of_0_or_65_dimensions_is_refused, an_operators_error_is_handed_on,
      the_fprintf_operator_sees_a_prefix_where_there_is_none, duplicate_hands_on_its_arguments,
      destroy_calls_the_operator_once_and_stores_null, destroy_of_nothing_does_nothing,
      a_layout_without_destroy_is_freed, success_leaves_aml_errno_alone,
      aml_errno_is_the_threads_own)
