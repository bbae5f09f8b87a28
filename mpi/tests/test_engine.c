/* SPDX-License-Identifier: BSD-3-Clause */
/* Engines and windows: life, arguments, and errors that all processes return. */
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ranks.h"

#define MARK ((void *)0x1234)

/* Contract: MPI-1. */
START_TEST(an_argument_that_is_wrong_in_one_process_fails_in_all)
{
	struct aml_dma *dma = MARK;
	const int last = ranks - 1;

	CHECK_CODE(aml_dma_mpi_create(rank == last ? NULL : &dma, MPI_COMM_WORLD, aml_dma_linux),
		   -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_create(&dma, MPI_COMM_WORLD, rank == last ? NULL : aml_dma_linux),
		   -AML_EINVAL);
	CHECK(dma == MARK);
	CHECK_CODE(aml_dma_mpi_create(&dma, MPI_COMM_NULL, aml_dma_linux), -AML_EINVAL);
	CHECK(dma == MARK);
}
END_TEST

/* Contract: MPI-1. */
START_TEST(the_variable_must_be_known_and_agree)
{
	struct aml_dma *dma = MARK;
	char before[32] = "";
	const char *method = getenv("AML_DMA_MPI_METHOD");

	if (method != NULL)
		(void)snprintf(before, sizeof(before), "%s", method);
	setenv("AML_DMA_MPI_METHOD", rank == 0 ? "teleport" : "rows", 1);
	CHECK_CODE(aml_dma_mpi_create(&dma, MPI_COMM_WORLD, aml_dma_linux), -AML_EINVAL);
	setenv("AML_DMA_MPI_METHOD", rank == 0 ? "pack" : "rows", 1);
	if (ranks > 1) {
		CHECK_CODE(aml_dma_mpi_create(&dma, MPI_COMM_WORLD, aml_dma_linux), -AML_EINVAL);
		CHECK(dma == MARK);
	}
	setenv("AML_DMA_MPI_METHOD", before, 1);
}
END_TEST

/* Contract: MPI-1. */
START_TEST(no_error_aborts_although_the_communicator_would)
{
	MPI_Errhandler before, after;
	struct aml_dma *dma = MARK;

	MPI_Comm_get_errhandler(MPI_COMM_WORLD, &before);
	CHECK(before == MPI_ERRORS_ARE_FATAL);
	CHECK_CODE(aml_dma_mpi_create(&dma, MPI_COMM_WORLD, NULL), -AML_EINVAL);
	MPI_Comm_get_errhandler(MPI_COMM_WORLD, &after);
	CHECK(after == MPI_ERRORS_ARE_FATAL);
	MPI_Errhandler_free(&before);
	MPI_Errhandler_free(&after);
}
END_TEST

/* Contract: MPI-2. */
START_TEST(the_communicator_may_be_freed)
{
	struct aml_dma_mpi_window *win;
	struct aml_dma *dma = NULL;
	MPI_Comm comm;
	void *ptr;

	MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &comm);
	CHECK_OK(aml_dma_mpi_create(&dma, comm, aml_dma_linux));
	MPI_Comm_free(&comm);
	CHECK_OK(aml_dma_mpi_window_allocate(dma, 64, &ptr, &win));
	CHECK_OK(aml_dma_mpi_window_free(&win));
	CHECK(win == NULL);
	CHECK_OK(aml_dma_mpi_destroy(&dma));
	CHECK(dma == NULL);
}
END_TEST

/* Contract: MPI-2. */
START_TEST(an_engine_with_windows_is_not_destroyed)
{
	struct aml_dma_mpi_window *win;
	struct aml_dma *dma = NULL;
	void *ptr;

	CHECK_OK(aml_dma_mpi_create(&dma, MPI_COMM_WORLD, aml_dma_linux));
	CHECK_OK(aml_dma_mpi_window_allocate(dma, 64, &ptr, &win));
	CHECK_CODE(aml_dma_mpi_destroy(&dma), -AML_EBUSY);
	CHECK(dma != NULL);
	CHECK_OK(aml_dma_mpi_window_free(&win));
	CHECK_OK(aml_dma_mpi_destroy(&dma));
}
END_TEST

/* Contract: MPI-1. */
START_TEST(wrong_handles_are_refused)
{
	struct aml_dma_mpi_window *win = MARK;
	struct aml_dma *none = NULL;
	void *ptr = MARK;

	CHECK_CODE(aml_dma_mpi_destroy(NULL), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_destroy(&none), -AML_EINVAL);
	none = aml_dma_linux;
	CHECK_CODE(aml_dma_mpi_destroy(&none), -AML_EINVAL);
	CHECK(none == aml_dma_linux);
	CHECK_CODE(aml_dma_mpi_window_allocate(aml_dma_linux, 8, &ptr, &win), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_window_create(NULL, &ptr, 8, &win), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_window_free(NULL), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_thread_level(NULL), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_thread_level(aml_dma_linux), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_progress(aml_dma_linux), -AML_EINVAL);
	CHECK(ptr == MARK && win == MARK);
	win = NULL;
	CHECK_CODE(aml_dma_mpi_window_free(&win), -AML_EINVAL);
}
END_TEST

/* Contract: ERROR-4. */
START_TEST(an_engine_without_data_is_refused)
{
	struct aml_dma bad = {engine->ops, NULL}, *dma = MARK;
	struct aml_dma no_data = {aml_dma_linux->ops, NULL}, no_ops = {NULL, aml_dma_linux->data};
	struct aml_dma_request *request = MARK, *before;
	char byte = 1, to = 0;
	struct aml_layout *a = line_layout(&byte, 1, 1), *b = line_layout(&to, 1, 1);
	int result = 7;
	size_t n = 7;

	CHECK_CODE(aml_dma_async_copy(&bad, &request, b, a), -AML_EINVAL);
	CHECK_CODE(aml_dma_async_copy(&bad, NULL, b, a), -AML_EINVAL);
	CHECK_CODE(aml_dma_copy(&bad, b, a), -AML_EINVAL);
	CHECK_CODE(aml_dma_barrier(&bad), -AML_EINVAL);
	CHECK_CODE(aml_dma_fprintf(stdout, "", &bad), -AML_EINVAL);
	CHECK(request == MARK && to == 0);
	CHECK_OK(aml_dma_async_copy(engine, &request, b, a));
	before = request;
	CHECK_CODE(aml_dma_wait(&bad, &request), -AML_EINVAL);
	CHECK_CODE(aml_dma_test(&bad, &request, &result), -AML_EINVAL);
	CHECK_CODE(aml_dma_wait_until(&bad, &request, 1, &result), -AML_EINVAL);
	CHECK_CODE(aml_dma_wait_any(&bad, 1, &request, &n, &result), -AML_EINVAL);
	CHECK_CODE(aml_dma_wait_all(&bad, 1, &request, &result), -AML_EINVAL);
	CHECK_CODE(aml_dma_wait_some(&bad, 1, &request, 1, 1, &n, &n, &result), -AML_EINVAL);
	CHECK_CODE(aml_dma_barrier_until(&bad, 1, &result), -AML_EINVAL);
	CHECK(request == before && result == 7 && n == 7);
	if (request != NULL)
		CHECK_OK(aml_dma_wait(engine, &request));
	CHECK_CODE(aml_dma_mpi_thread_level(&bad), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_progress(&bad), -AML_EINVAL);
	/* As the engine `local`. */
	CHECK_CODE(aml_dma_mpi_create(&dma, MPI_COMM_WORLD, &no_data), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_create(&dma, MPI_COMM_WORLD, &no_ops), -AML_EINVAL);
	CHECK(dma == MARK);
	aml_layout_destroy(&a);
	aml_layout_destroy(&b);
}
END_TEST

/* Contract: MPI-3. */
START_TEST(windows_fail_in_all_processes)
{
	struct aml_dma_mpi_window *win = MARK;
	void *ptr = MARK;
	const bool odd = rank == ranks - 1;

	CHECK_CODE(aml_dma_mpi_window_allocate(engine, odd ? SIZE_MAX : 8, &ptr, &win),
		   -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_window_allocate(engine, 8, odd ? NULL : &ptr, &win), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_window_create(engine, odd ? NULL : &ptr, 8, &win), -AML_EINVAL);
	CHECK_CODE(aml_dma_mpi_window_create(engine, &ptr, 8, odd ? NULL : &win), -AML_EINVAL);
	CHECK(ptr == MARK && win == MARK);
}
END_TEST

/* Contract: MPI-3. */
START_TEST(parts_have_sizes_of_their_own)
{
	struct aml_dma_mpi_window *allocated, *created;
	size_t bytes = rank % 2 == 0 ? 1000 * (size_t)(rank + 1) : 0;
	static char memory[3000];
	void *ptr = NULL;

	CHECK_OK(aml_dma_mpi_window_allocate(engine, bytes, &ptr, &allocated));
	CHECK((uintptr_t)ptr % 64 == 0);
	if (bytes > 0)
		memset(ptr, rank, bytes);
	CHECK_OK(aml_dma_mpi_window_create(engine, bytes > 0 ? memory : NULL, bytes, &created));
	meet();
	for (int of = 0; of < ranks; of++) {
		size_t there = of % 2 == 0 ? 1000 * (size_t)(of + 1) : 0;
		struct aml_layout *layout;

		layout = line_remote(allocated, of, 0, 1, there);
		aml_layout_destroy(&layout);
		layout = line_remote(created, of, 0, 1, there);
		aml_layout_destroy(&layout);
	}
	CHECK_OK(aml_dma_mpi_window_free(&created));
	CHECK_OK(aml_dma_mpi_window_free(&allocated));
}
END_TEST

/* Contract: MPI-3. */
START_TEST(a_window_that_is_used_is_not_freed)
{
	struct aml_dma_mpi_window *win;
	struct aml_dma_request *request = NULL;
	struct aml_layout *to, *from;
	char byte = 1;
	void *ptr;

	CHECK_OK(aml_dma_mpi_window_allocate(engine, 64, &ptr, &win));
	to = line_remote(win, rank, 0, 1, 1);
	from = line_layout(&byte, 1, 1);
	if (rank == 0)
		CHECK_OK(aml_dma_async_copy(engine, &request, to, from));
	CHECK_CODE(aml_dma_mpi_window_free(&win), -AML_EBUSY);
	CHECK(win != NULL);
	if (rank == 0)
		CHECK_OK(aml_dma_wait(engine, &request));
	CHECK_OK(aml_dma_mpi_window_free(&win));
	/* The layout outlives its window, as long as nobody uses it. */
	aml_layout_destroy(&to);
	aml_layout_destroy(&from);
}
END_TEST

/* Contract: MPI-2. */
START_TEST(the_engine_says_what_it_is)
{
	char text[4096] = "";
	FILE *file = tmpfile();
	size_t length;

	CHECK(aml_dma_mpi_thread_level(engine) == thread_level);
	if (file == NULL)
		return;
	CHECK_OK(aml_dma_fprintf(file, "> ", engine));
	rewind(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	CHECK(strstr(text, "> MPI engine: rank") == text);
#ifdef OPEN_MPI
	CHECK(strstr(text, "Open MPI") != NULL);
#elif defined(MPICH_VERSION)
	CHECK(strstr(text, "MPICH") != NULL);
#endif
	CHECK(strstr(text, "local engine") != NULL);
}
END_TEST

/* Contract: MPI-12. */
START_TEST(a_forked_child_may_only_end)
{
	struct aml_dma_mpi_window *win;
	struct aml_layout *to, *from;
	char byte = 1;
	int status = -1;
	void *ptr;
	pid_t child;

	CHECK_OK(aml_dma_mpi_window_allocate(engine, 64, &ptr, &win));
	to = line_remote(win, rank, 0, 1, 1);
	from = line_layout(&byte, 1, 1);
	child = fork();
	if (child == 0)
		_exit(aml_dma_copy(engine, to, from) == -AML_EPERM &&
				      aml_dma_copy(engine, from, from) == -AML_EPERM &&
				      aml_dma_barrier(engine) == -AML_EPERM &&
				      aml_dma_mpi_progress(engine) == -AML_EPERM &&
				      aml_dma_mpi_window_free(&win) == -AML_EPERM &&
				      aml_dma_mpi_destroy(&engine) == -AML_EPERM
			      ? 0
			      : 1);
	CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
	CHECK_OK(aml_dma_copy(engine, to, from));
	aml_layout_destroy(&to);
	aml_layout_destroy(&from);
	CHECK_OK(aml_dma_mpi_window_free(&win));
}
END_TEST

/* What a child does that was forked while the engine's lock was held. */
static struct aml_dma *forked_engine;
static struct aml_dma_mpi_window *forked_window;
static struct aml_dma_request *forked_request;
static int forked_status;

/* Call what takes the lock of an engine, and what does not, in a forked child. */
static bool calls_end_in_child(void)
{
	struct aml_dma *dma = forked_engine, *other = MARK;
	struct aml_dma_request *request = forked_request;
	struct aml_layout *near, *there = NULL;
	size_t n = 7;
	char byte = 1;
	int result = 7;
	bool good;

	near = line_layout(&byte, 1, 1);
	good = aml_dma_fprintf(stdout, "", dma) == -AML_EPERM &&
	       aml_dma_async_copy(dma, &request, near, near) == -AML_EPERM &&
	       aml_dma_async_copy(dma, NULL, near, near) == -AML_EPERM &&
	       aml_dma_copy(dma, near, near) == -AML_EPERM && aml_dma_barrier(dma) == -AML_EPERM &&
	       aml_dma_barrier_until(dma, 1, &result) == -AML_EPERM &&
	       aml_dma_wait(dma, &request) == -AML_EPERM &&
	       aml_dma_cancel(dma, &request) == -AML_EPERM &&
	       aml_dma_test(dma, &request, &result) == -AML_EPERM &&
	       aml_dma_wait_until(dma, &request, 1, &result) == -AML_EPERM &&
	       aml_dma_wait_any(dma, 1, &request, &n, &result) == -AML_EPERM &&
	       aml_dma_wait_all(dma, 1, &request, NULL) == -AML_EPERM &&
	       aml_dma_wait_some(dma, 1, &request, 1, 1, &n, NULL, NULL) == -AML_EPERM &&
	       aml_dma_wait_some(dma, 0, NULL, 0, 1, &n, NULL, NULL) == -AML_EPERM &&
	       aml_dma_mpi_create(&other, MPI_COMM_WORLD, aml_dma_linux) == -AML_EPERM &&
	       aml_dma_mpi_progress(dma) == -AML_EPERM &&
	       aml_dma_mpi_window_free(&forked_window) == -AML_EPERM &&
	       aml_dma_mpi_destroy(&dma) == -AML_EPERM;
	/* Those that need neither MPI nor the lock work. */
	good = good && aml_dma_mpi_thread_level(dma) == thread_level &&
	       aml_layout_mpi_create(&there, forked_window, 0, near, &byte) == AML_SUCCESS;
	return good && request == forked_request && n == 7 && result == 7 && other == MARK;
}

/* Fork inside of a barrier, which holds the engine's lock when it posts to `local`. */
static int fork_instead_of_post(struct aml_dma_data *data, size_t n,
				const struct aml_dma_post_attr *posts,
				struct aml_dma_request **reqs)
{
	pid_t child = n > 0 ? fork() : -1;

	(void)data;
	(void)posts;
	(void)reqs;
	if (n == 0)
		return AML_SUCCESS;
	if (child == 0) {
		alarm(20);
		_exit(calls_end_in_child() ? 0 : 1);
	}
	if (child < 0 || waitpid(child, &forked_status, 0) != child)
		forked_status = -1;
	return -AML_EBUSY;
}

static int wait_for_semaphore(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	while (sem_wait(arg) != 0)
		;
	return AML_SUCCESS;
}

/* Contract: MPI-12. */
START_TEST(calls_in_a_forked_child_do_not_hang)
{
	struct aml_dma_extension extension = *aml_dma_linux_ops.extension;
	struct aml_dma_ops ops = aml_dma_linux_ops;
	struct aml_dma *real = NULL, local;
	char byte = 1;
	void *ptr = NULL;
	sem_t gate;

	sem_init(&gate, 0, 0);
	extension.post = fork_instead_of_post;
	ops.extension = &extension;
	CHECK_OK(aml_dma_linux_create(&real, 1));
	local = (struct aml_dma){&ops, real->data};
	CHECK_OK(aml_dma_mpi_create(&forked_engine, MPI_COMM_WORLD, &local));
	CHECK_OK(aml_dma_mpi_window_allocate(forked_engine, 64, &ptr, &forked_window));
	CHECK_OK(aml_dma_async_copy_custom(forked_engine, &forked_request,
					   (struct aml_layout *)&byte, (struct aml_layout *)&byte,
					   wait_for_semaphore, &gate));
	forked_status = -1;
	CHECK_CODE(aml_dma_barrier_until(forked_engine, 1, NULL), -AML_EBUSY);
	CHECK(forked_status == 0);
	sem_post(&gate);
	CHECK_OK(aml_dma_wait(forked_engine, &forked_request));
	CHECK_OK(aml_dma_mpi_window_free(&forked_window));
	CHECK_OK(aml_dma_mpi_destroy(&forked_engine));
	CHECK_OK(aml_dma_linux_destroy(&real));
	sem_destroy(&gate);
}
END_TEST

SUITE("mpi_engine", an_argument_that_is_wrong_in_one_process_fails_in_all,
      the_variable_must_be_known_and_agree, no_error_aborts_although_the_communicator_would,
      the_communicator_may_be_freed, an_engine_with_windows_is_not_destroyed,
      wrong_handles_are_refused, an_engine_without_data_is_refused, windows_fail_in_all_processes,
      parts_have_sizes_of_their_own, a_window_that_is_used_is_not_freed, the_engine_says_what_it_is,
      a_forked_child_may_only_end, calls_in_a_forked_child_do_not_hang)
