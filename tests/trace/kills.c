/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ends a program at random moments while its threads copy as fast as they can, and checks each
 * trace with the reader:
 *
 *     kills TRACE READER ROUNDS WORKERS
 *
 * The program is a child process. In every other round it is killed. In the other rounds, a thread
 * that does not write the trace calls _exit(). The size of the file determines the moment, so that
 * the moment is likely to lie within a write. Prints the seed, the rounds with a broken trace, and
 * their number. Exits with 1 if a trace is broken.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "random.h"
#include "tool.h"

#define NEED(condition)                                                                \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "kills: line %d: %s\n", __LINE__, #condition); \
			exit(EXIT_FAILURE);                                            \
		}                                                                      \
	} while (0)

enum { THREADS = 3, SIZE_MAX_KIB = 400, DELAY_MAX_NS = 100000 };

static void *copy_for_ever(void *arg)
{
	char small[128] = {0};

	/* A low priority, so that the thread that waits for the moment gets a CPU. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
	for (;;)
		NEED(aml_dma_copy_custom(aml_dma_linux, (struct aml_layout *)(small + 64),
					 (struct aml_layout *)small, aml_dma_linux_memcpy_op,
					 (void *)64) == 0);
	return arg;
}

/* Return `delay` nanoseconds after the file has reached the size. */
static void await_moment(const char *trace, off_t size, uint64_t delay)
{
	struct stat file;
	uint64_t from;

	while (stat(trace, &file) != 0 || file.st_size < size)
		;
	from = now_ns();
	while (now_ns() - from < delay)
		;
}

static void start_copies(void)
{
	pthread_t thread;

	NEED(aml_init(NULL, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		NEED(pthread_create(&thread, NULL, copy_for_ever, NULL) == 0);
}

static int status_of(pid_t child)
{
	int status;

	NEED(waitpid(child, &status, 0) == child);
	return status;
}

static void end_at(const char *trace, off_t size, uint64_t delay, bool by_exit)
{
	pid_t child = fork();
	int status;

	NEED(child >= 0);
	if (child == 0) {
		/* Kill the child if the parent ends. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		start_copies();
		if (by_exit) {
			await_moment(trace, size, delay);
			_exit(EXIT_SUCCESS);
		}
		for (;;)
			pause();
	}
	if (!by_exit) {
		await_moment(trace, size, delay);
		NEED(kill(child, SIGKILL) == 0);
	}
	status = status_of(child);
	NEED(by_exit ? WIFEXITED(status) && WEXITSTATUS(status) == 0
		     : WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Whether the reader accepts the trace. If not, the reader prints the reason on stderr. */
static bool is_whole(const char *reader, const char *trace)
{
	pid_t child = fork();

	NEED(child >= 0);
	if (child == 0) {
		NEED(freopen("/dev/null", "w", stdout) != NULL);
		execl(reader, reader, trace, (char *)NULL);
		_exit(127);
	}
	return status_of(child) == 0;
}

int main(int argc, char *argv[])
{
	struct rng rng = {0};
	int rounds, broken = 0;

	NEED(argc == 5);
	rounds = atoi(argv[3]);
	NEED(setenv("AML_DMA_TRACE", argv[1], 1) == 0);
	NEED(setenv("AML_DMA_NUM_THREADS", argv[4], 1) == 0);
	for (int i = 0; i < rounds; i++) {
		off_t size;
		uint64_t delay;

		/* If a round takes too long, the alarm ends the program and the child. */
		alarm(100);
		rng_start(&rng, (uint64_t)i);
		if (i == 0) {
			printf("AML_TEST_SEED=%" PRIu64 "\n", rng.seed);
			(void)fflush(stdout);
		}
		size = (off_t)rng_range(&rng, 1, SIZE_MAX_KIB) * 1024;
		delay = rng_chance(&rng, 50) ? 0 : rng_below(&rng, DELAY_MAX_NS);
		NEED(unlink(argv[1]) == 0 || errno == ENOENT);
		end_at(argv[1], size, delay, i % 2 == 1);
		if (!is_whole(argv[2], argv[1])) {
			printf("round %d: broken\n", i);
			(void)fflush(stdout);
			broken++;
		}
	}
	printf("%d of %d broken\n", broken, rounds);
	return broken > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
