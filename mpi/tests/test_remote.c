/* SPDX-License-Identifier: BSD-3-Clause */
/* Remote layouts: what they are, their bounds, and what other engines make of them. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "ranks.h"

#define MARK ((struct aml_layout *)0x1234)
#define PART ((size_t)480)

static struct aml_dma_mpi_window *win;
static unsigned char *part; /* of this process */

static void open_window(void)
{
	part = filled_window(PART, 7, &win);
}

static void close_window(void)
{
	CHECK_OK(aml_dma_mpi_window_free(&win));
}

/* Contract: MPI-4. */
START_TEST(a_remote_layout_has_the_shape_of_its_model)
{
	const size_t dims[] = {3, 5}, pitch[] = {4, 6}, coords[] = {2, 1}, flat[] = {15};
	size_t found[2] = {0};
	struct aml_layout *shape, *remote, *copy, *other;

	open_window();
	for (int order = 0; order < 2; order++) {
		CHECK_OK(aml_layout_dense_create(&shape, part + 8, order, 8, 2, dims, NULL, pitch));
		CHECK_OK(aml_layout_mpi_create(&remote, win, next_rank(), shape, NULL));
		aml_layout_destroy(&shape);
		CHECK_OK(aml_layout_duplicate(remote, &copy, NULL));
		aml_layout_destroy(&remote);
		CHECK(aml_layout_order(copy) == order);
		CHECK(aml_layout_ndims(copy) == 2);
		CHECK(aml_layout_element_size(copy) == 8);
		CHECK_OK(aml_layout_dims(copy, found));
		CHECK(found[0] == 3 && found[1] == 5);
		CHECK_OK(aml_layout_dims_native(copy, found));
		CHECK(found[order] == 3 && found[1 - order] == 5);
		CHECK_CODE(aml_layout_duplicate(copy, &other, part), -AML_ENOTSUP);
		CHECK_OK(aml_layout_slice(copy, &other, coords, (const size_t[]){1, 2},
					  (const size_t[]){1, 2}));
		CHECK_OK(aml_layout_dims(other, found));
		CHECK(found[0] == 1 && found[1] == 2);
		aml_layout_destroy(&other);
		other = MARK;
		CHECK_CODE(aml_layout_slice(copy, &other, coords, dims, NULL), -AML_EINVAL);
		CHECK_CODE(aml_layout_reshape(copy, &other, 1, flat), -AML_EINVAL);
		CHECK(other == MARK);
		aml_layout_destroy(&copy);
	}
	remote = line_remote(win, next_rank(), 0, 8, 15);
	CHECK_OK(aml_layout_reshape(remote, &other, 2, dims));
	CHECK_OK(aml_layout_dims(other, found));
	CHECK(found[0] == 3 && found[1] == 5);
	aml_layout_destroy(&other);
	aml_layout_destroy(&remote);
	close_window();
}
END_TEST

/* Contract: MPI-4. */
START_TEST(elements_are_found_only_in_shared_memory)
{
	const size_t coords[] = {5};
	struct aml_layout *remote;
	unsigned char *at;

	open_window();
	remote = line_remote(win, next_rank(), 16, 4, 20);
	aml_errno = 0;
	at = aml_layout_deref(remote, coords);
	if (method_is_far) {
		CHECK(at == NULL && aml_errno == AML_ENOTSUP);
		aml_errno = 0;
		CHECK(aml_layout_deref_safe(remote, coords) == NULL && aml_errno == AML_ENOTSUP);
		CHECK(aml_layout_deref_native(remote, coords) == NULL);
		CHECK(aml_layout_rawptr(remote) == NULL && aml_errno == AML_ENOTSUP);
	} else {
		CHECK(at != NULL && *at == (unsigned char)(next_rank() * 7 + 36));
		CHECK(aml_layout_deref_safe(remote, coords) == at);
		CHECK(aml_layout_rawptr(remote) == at - 20);
	}
	aml_layout_destroy(&remote);
	meet();
	close_window();
}
END_TEST

/* Contract: MPI-4. */
START_TEST(the_base_is_an_address_of_the_shape_only)
{
	/* No memory lies there. */
	char *base = (char *)(uintptr_t)0x1000;
	struct aml_layout *shape, *remote = NULL;
	unsigned char bytes[4] = {0};
	struct aml_layout *to = line_layout(bytes, 1, 4);

	open_window();
	shape = line_layout(base + 100, 1, 4);
	CHECK_OK(aml_layout_mpi_create(&remote, win, next_rank(), shape, base));
	CHECK_OK(aml_dma_copy(engine, to, remote));
	for (int i = 0; i < 4; i++)
		CHECK(bytes[i] == (unsigned char)(next_rank() * 7 + 100 + i));
	aml_layout_destroy(&remote);
	aml_layout_destroy(&shape);
	aml_layout_destroy(&to);
	meet();
	close_window();
}
END_TEST

/* Expect a code for a steps layout at a displacement of a part. */
static void expect(int code, ptrdiff_t at, size_t dim, ptrdiff_t step)
{
	char *base = (char *)(uintptr_t)0x10000;
	struct aml_layout *shape = NULL, *remote = MARK;

	CHECK_OK(aml_layout_steps_create(&shape, base + at, AML_LAYOUT_ORDER_C, 8, 1, &dim, &step));
	CHECK_CODE(aml_layout_mpi_create(&remote, win, next_rank(), shape, base), code);
	if (code == AML_SUCCESS)
		aml_layout_destroy(&remote);
	else
		CHECK(remote == MARK);
	aml_layout_destroy(&shape);
}

/* Contract: MPI-5. */
START_TEST(elements_lie_within_the_part_of_the_target)
{
	open_window();
	/* One process makes a mistake, and the others continue. */
	if (rank == 0) {
		expect(-AML_EINVAL, PART - 7, 1, 8);
		expect(-AML_EINVAL, PART, 1, 8);
		expect(-AML_EINVAL, -8, 1, 8);
		expect(-AML_EINVAL, 0, PART / 8 + 1, 8);
		expect(-AML_EINVAL, 1, PART / 8, 8);
		expect(-AML_EINVAL, 100, 3, -51);
		expect(-AML_EINVAL, 0, 3, 1 << 20);
	}
	expect(AML_SUCCESS, PART - 8, 1, 8);
	expect(AML_SUCCESS, 0, PART / 8, 8);
	expect(AML_SUCCESS, PART - 8, PART / 8, -8);
	expect(AML_SUCCESS, 100, 3, -50);
	/* An empty layout has no elements, wherever they would be. */
	expect(AML_SUCCESS, 4096, 0, 8);
	meet();
	close_window();
}
END_TEST

/* Contract: MPI-5. */
START_TEST(wrong_arguments_are_refused)
{
	struct aml_layout *shape = line_layout(&rank, 1, 1), *remote = MARK;

	open_window();
	CHECK_CODE(aml_layout_mpi_create(NULL, win, 0, shape, &rank), -AML_EINVAL);
	CHECK_CODE(aml_layout_mpi_create(&remote, NULL, 0, shape, &rank), -AML_EINVAL);
	CHECK_CODE(aml_layout_mpi_create(&remote, win, 0, NULL, &rank), -AML_EINVAL);
	CHECK_CODE(aml_layout_mpi_create(&remote, win, -1, shape, &rank), -AML_EINVAL);
	CHECK_CODE(aml_layout_mpi_create(&remote, win, ranks, shape, &rank), -AML_EINVAL);
	CHECK(remote == MARK);
	aml_layout_destroy(&shape);
	close_window();
}
END_TEST

/* Contract: MPI-5. */
START_TEST(a_shape_needs_the_fast_path_and_is_no_pad)
{
	const size_t four = 4, eight = 8, two[] = {2, 2};
	char neutral = 0;
	struct aml_layout *line, *shape, *remote = MARK;
	struct aml_layout_ops ops;

	open_window();
	line = line_layout(part, 1, 4);
	CHECK_OK(aml_layout_pad_create(&shape, AML_LAYOUT_ORDER_C, line, &eight, &neutral));
	CHECK_CODE(aml_layout_mpi_create(&remote, win, 0, shape, NULL), -AML_ENOTSUP);
	/* The pad owns its target. */
	aml_layout_destroy(&shape);
	line = line_layout(part, 1, 4);
	CHECK_OK(aml_layout_reshape_create(&shape, line, AML_LAYOUT_ORDER_C, 2, two));
	CHECK_CODE(aml_layout_mpi_create(&remote, win, 0, shape, NULL), -AML_ENOTSUP);
	aml_layout_destroy(&shape);
	line = line_layout(part, 1, four);
	ops = *line->ops;
	ops.steps_native = NULL;
	line->ops = &ops;
	CHECK_CODE(aml_layout_mpi_create(&remote, win, 0, line, NULL), -AML_ENOTSUP);
	CHECK(remote == MARK);
	aml_layout_destroy(&line);
	close_window();
}
END_TEST

/* Contract: MPI-6. */
START_TEST(other_engines_take_only_shared_memory)
{
	unsigned char bytes[8] = {0};
	struct aml_layout *to = line_layout(bytes, 1, 8), *remote;
	const int code = method_is_far ? -AML_ENOTSUP : AML_SUCCESS;

	open_window();
	remote = line_remote(win, next_rank(), 3, 1, 8);
	CHECK_CODE(aml_dma_copy(aml_dma_linux, to, remote), code);
	CHECK_CODE(aml_dma_linux_copy_generic(to, remote, NULL), code);
	CHECK(bytes[5] == (method_is_far ? 0 : (unsigned char)(next_rank() * 7 + 8)));
	meet();
	bytes[0] = 99;
	CHECK_CODE(aml_dma_copy(aml_dma_linux, remote, to), code);
	meet();
	CHECK(part[3] == (method_is_far ? (unsigned char)(rank * 7 + 3) : 99));
	aml_layout_destroy(&remote);
	aml_layout_destroy(&to);
	close_window();
}
END_TEST

/* Contract: MPI-4. */
START_TEST(a_remote_layout_is_printed)
{
	char text[1024] = "";
	FILE *file = tmpfile();
	struct aml_layout *remote;
	size_t length;

	if (file == NULL)
		return;
	open_window();
	remote = line_remote(win, 0, 24, 4, 6);
	CHECK_OK(aml_layout_fprintf(file, "> ", remote));
	rewind(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	CHECK(strstr(text, "rank 0, displacement 24") != NULL);
	CHECK(strstr(text, "native dims: 6\n") != NULL);
	CHECK(strstr(text, "native steps: 4\n") != NULL);
	aml_layout_destroy(&remote);
	close_window();
}
END_TEST

SUITE("mpi_remote", a_remote_layout_has_the_shape_of_its_model,
      elements_are_found_only_in_shared_memory, the_base_is_an_address_of_the_shape_only,
      elements_lie_within_the_part_of_the_target, wrong_arguments_are_refused,
      a_shape_needs_the_fast_path_and_is_no_pad, other_engines_take_only_shared_memory,
      a_remote_layout_is_printed)
