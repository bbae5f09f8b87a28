/* SPDX-License-Identifier: BSD-3-Clause */
/* Custom layouts, made of a table of addresses. */
#include "user_layout.h"

#include <stdlib.h>
#include <string.h>

#include "suite.h"

static const struct user_layout *const_data(const struct aml_layout_data *data)
{
	return (const struct user_layout *)data;
}

struct user_layout *user_layout_of(const struct aml_layout *layout)
{
	return (struct user_layout *)layout->data;
}

static void *user_deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	const struct user_layout *user = const_data(data);
	size_t index = 0;

	for (size_t i = user->ndims; i-- > 0;)
		index = index * user->dims[i] + coords[i];
	if (user->calls)
		atomic_fetch_add(&user->calls->deref, 1);
	return index < user->count ? user->cells[index] : NULL;
}

static void *user_deref(const struct aml_layout_data *data, const size_t *coords)
{
	size_t native[USER_NDIMS];

	flip(const_data(data)->order, const_data(data)->ndims, coords, native);
	return user_deref_native(data, native);
}

static int user_order(const struct aml_layout_data *data)
{
	return const_data(data)->order;
}

static int user_dims(const struct aml_layout_data *data, size_t *dims)
{
	const struct user_layout *user = const_data(data);

	flip(user->order, user->ndims, user->dims, dims);
	return user->dims_result;
}

static int user_dims_native(const struct aml_layout_data *data, size_t *dims)
{
	const struct user_layout *user = const_data(data);

	memcpy(dims, user->dims, user->ndims * sizeof(*dims));
	return user->dims_result;
}

static size_t user_ndims(const struct aml_layout_data *data)
{
	return const_data(data)->ndims;
}

static size_t user_element_size(const struct aml_layout_data *data)
{
	return const_data(data)->element_size;
}

static int user_steps_native(const struct aml_layout_data *data, void **base, ptrdiff_t *steps)
{
	const struct user_layout *user = const_data(data);

	if (user->calls)
		atomic_fetch_add(&user->calls->steps, 1);
	if (user->steps_result != AML_SUCCESS)
		return user->steps_result;
	*base = user->base;
	memcpy(steps, user->steps, user->ndims * sizeof(*steps));
	return AML_SUCCESS;
}

static int user_duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	const struct user_layout *user = const_data(layout->data);
	size_t size = sizeof(*user) + user->count * sizeof(*user->cells);
	struct user_layout *copy;

	/* There is no raw pointer to replace. */
	if (ptr)
		return -AML_ENOTSUP;
	if (user->duplicate_result != AML_SUCCESS)
		return user->duplicate_result;
	copy = malloc(size);
	if (!copy)
		return -AML_ENOMEM;
	memcpy(copy, user, size);
	copy->layout.ops = &copy->ops;
	copy->layout.data = (struct aml_layout_data *)copy;
	if (user->calls)
		atomic_fetch_add(&user->calls->duplicate, 1);
	*output = &copy->layout;
	return AML_SUCCESS;
}

static int user_concurrent(const struct aml_layout_data *data)
{
	return const_data(data)->concurrent_result;
}

static void user_destroy(struct aml_layout *layout)
{
	struct user_layout *user = user_layout_of(layout);

	if (user->calls)
		atomic_fetch_add(&user->calls->destroy, 1);
	free(user);
}

struct user_layout *user_layout_create(const struct oracle *oracle, int order, int flags,
				       struct user_calls *calls)
{
	struct user_layout *user;
	size_t neighbour = 1;

	user = calloc(1, sizeof(*user) + oracle->count * sizeof(*user->cells));
	ck_assert_msg(user != NULL, "no memory for a test");
	user->layout.ops = &user->ops;
	user->layout.data = (struct aml_layout_data *)user;
	user->ops = (struct aml_layout_ops){
		.deref = user_deref,
		.deref_native = user_deref_native,
		.order = user_order,
		.dims = user_dims,
		.dims_native = user_dims_native,
		.ndims = user_ndims,
		.element_size = user_element_size,
		.duplicate = flags & USER_DUPLICATE ? user_duplicate : NULL,
		.destroy = flags & USER_FREE ? NULL : user_destroy,
		.steps_native = flags & USER_STEPS ? user_steps_native : NULL,
		.concurrent = flags & USER_CONCURRENT ? user_concurrent : NULL,
	};
	user->concurrent_result = 1;
	user->calls = calls;
	user->order = order;
	user->element_size = oracle->element_size;
	user->ndims = oracle->ndims;
	memcpy(user->dims, oracle->dims, sizeof(oracle->dims));
	user->count = oracle->count;
	for (size_t n = 0; n < oracle->count; n++)
		user->cells[n] = oracle->cells[n].at;
	user->base = oracle->cells[0].at;
	for (size_t i = 0; i < oracle->ndims && oracle->count; i++) {
		if (oracle->dims[i] > 1)
			user->steps[i] = oracle->cells[neighbour].at - oracle->cells[0].at;
		neighbour *= oracle->dims[i];
	}
	return user;
}

struct user_layout *user_layout_with_hole(void *ptr, size_t element_size, size_t n, size_t hole)
{
	struct oracle oracle;
	struct user_layout *made;

	oracle_dense(&oracle, ptr, AML_LAYOUT_ORDER_ROW_MAJOR, element_size, 1, &n, NULL, NULL);
	made = user_layout_create(&oracle, AML_LAYOUT_ORDER_ROW_MAJOR, USER_DUPLICATE, NULL);
	oracle_destroy(&oracle);
	if (hole < n)
		made->cells[hole] = NULL;
	return made;
}

struct user_layout *user_layout_of_int_matrix(int *matrix, size_t rows, size_t columns, int flags,
					      struct user_calls *calls)
{
	const size_t dims[] = {rows, columns};
	struct oracle oracle;
	struct user_layout *made;

	oracle_dense(&oracle, matrix, AML_LAYOUT_ORDER_ROW_MAJOR, sizeof(int), 2, dims, NULL, NULL);
	made = user_layout_create(&oracle, AML_LAYOUT_ORDER_ROW_MAJOR, flags, calls);
	oracle_destroy(&oracle);
	return made;
}
