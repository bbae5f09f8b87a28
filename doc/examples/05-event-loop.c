/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One thread that serves a pipe and copies at once, by epoll and the completion queue.
 *
 *     PROGRAM | 05-event-loop
 *
 * reads lines from standard input. A line has the width and the height of a picture, in bytes: the
 * program makes a picture of that size, posts its transposition, and continues with the next line.
 * When a transposition has finished, its completion is on the engine's completion queue, and the
 * engine's descriptor becomes readable. The program then checks the picture and prints a line. So
 * a large picture delays neither the reading nor the small pictures behind it.
 *
 * The thread sleeps in one place, epoll_wait(), for both descriptors.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <stdbool.h>
#include <sys/epoll.h>

enum { SIDE_MAX = 4096, JOBS_MAX = 64, LINE_MAX_BYTES = 64 };

/* A picture that is being transposed. */
struct picture_job {
	size_t width, height;
	unsigned char *bytes, *transposed; /* one allocation */
	struct picture_job *next;          /* not in use */
};

/* The state of the program. */
struct event_loop {
	int epoll, copies; /* descriptors; `copies` is that of the engine */
	bool input_ended;
	char line[LINE_MAX_BYTES]; /* the part of the next line that was read */
	size_t length;
	struct picture_job jobs[JOBS_MAX], *unused;
	size_t running;
	bool paused;     /* all jobs are in use: standard input is not watched */
	bool no_workers; /* the loop itself must run the copies */
	int status;
};

/* Print on stderr what went wrong. The program ends with a failure, but finishes its work first. */
__attribute__((format(printf, 2, 3))) static void complain(struct event_loop *loop,
							   const char *format, ...)
{
	va_list args;

	fputs("05-event-loop: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	loop->status = EXIT_FAILURE;
}

static void free_job(struct event_loop *loop, struct picture_job *job)
{
	free(job->bytes);
	job->next = loop->unused;
	loop->unused = job;
}

/* The byte of every picture at this place. */
static unsigned char byte_at(size_t x, size_t y)
{
	return (unsigned char)(x * 7 + y * 31);
}

/* Post the transposition of a picture. Its completion has the address of the job as its tag. */
static int post_job(struct picture_job *job)
{
	const size_t dims[] = {job->height, job->width};
	const size_t stride[] = {1, job->height}, pitch[] = {1, 1};
	struct aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;
	int err;

	err = aml_layout_dense_create(&post.src, job->bytes, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL,
				      NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&post.dest, job->transposed, AML_LAYOUT_ORDER_C, 1, 2,
					      dims, stride, pitch);
	post.flags = AML_DMA_POST_REAP;
	post.tag = (uintptr_t)job;
	if (err == AML_SUCCESS)
		err = aml_dma_post(aml_dma_linux, 1, &post, NULL);
	/* The posted request needs the bytes, but not the layouts. */
	aml_layout_destroy(&post.dest);
	aml_layout_destroy(&post.src);
	return err;
}

/* Watch standard input, or stop watching it. 0, or -1 with errno. */
static int watch_input(struct event_loop *loop, bool watch)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = STDIN_FILENO};

	loop->paused = !watch;
	return epoll_ctl(loop->epoll, watch ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, STDIN_FILENO, &event);
}

/* Read no more lines. */
static void end_input(struct event_loop *loop)
{
	loop->input_ended = true;
	(void)watch_input(loop, false);
}

/* Handle one line: make a picture, and post its transposition. There is an unused job. */
static void handle_line(struct event_loop *loop, const char *line)
{
	struct picture_job *job = loop->unused;
	size_t size;
	int err, end = 0;

	if (sscanf(line, "%zu %zu %n", &job->width, &job->height, &end) != 2 || line[end] != '\0' ||
	    job->width - 1 >= SIDE_MAX || job->height - 1 >= SIDE_MAX) {
		complain(loop, "a line is \"%s\"; it must have a width and a height of 1 to %d",
			 line, SIDE_MAX);
		return;
	}
	size = job->width * job->height;
	job->bytes = malloc(2 * size);
	if (job->bytes == NULL) {
		complain(loop, "no memory for a picture of %zu x %zu", job->width, job->height);
		return;
	}
	job->transposed = job->bytes + size;
	for (size_t y = 0; y < job->height; y++)
		for (size_t x = 0; x < job->width; x++)
			job->bytes[y * job->width + x] = byte_at(x, y);
	loop->unused = job->next;
	err = post_job(job);
	if (err != AML_SUCCESS) {
		complain(loop, "a picture of %zu x %zu cannot be posted: %s", job->width,
			 job->height, aml_strerror(err));
		free_job(loop, job);
		return;
	}
	if (++loop->running == JOBS_MAX)
		(void)watch_input(loop, false);
}

/* Handle the complete lines that were read, as long as there are unused jobs. */
static void handle_lines(struct event_loop *loop)
{
	char *end;

	while (loop->unused != NULL && (end = memchr(loop->line, '\n', loop->length)) != NULL) {
		*end = '\0';
		handle_line(loop, loop->line);
		loop->length -= (size_t)(end + 1 - loop->line);
		memmove(loop->line, end + 1, loop->length);
	}
	if (loop->length == sizeof(loop->line) && loop->unused != NULL) {
		complain(loop, "a line has more than %zu bytes", sizeof(loop->line) - 1);
		end_input(loop);
	}
}

/* Standard input is readable, or has ended. */
static void handle_input(struct event_loop *loop)
{
	ssize_t n =
		read(STDIN_FILENO, loop->line + loop->length, sizeof(loop->line) - loop->length);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0)
		complain(loop, "standard input cannot be read: %s", strerror(errno));
	if (n <= 0) {
		end_input(loop);
		if (loop->length > 0)
			complain(loop, "standard input ends within a line");
		return;
	}
	loop->length += (size_t)n;
	handle_lines(loop);
}

/* A transposition has finished: check the picture, and print a line. */
static void finish_job(struct event_loop *loop, struct picture_job *job, int result)
{
	size_t wrong = 0;

	if (result != AML_SUCCESS)
		complain(loop, "a picture of %zu x %zu: %s", job->width, job->height,
			 aml_strerror(result));
	for (size_t x = 0; x < job->width; x++)
		for (size_t y = 0; y < job->height; y++)
			wrong += job->transposed[x * job->height + y] != byte_at(x, y);
	if (wrong > 0)
		complain(loop, "a picture of %zu x %zu has %zu wrong bytes", job->width,
			 job->height, wrong);
	printf("%zu x %zu\n", job->width, job->height);
	loop->running--;
	free_job(loop, job);
}

/*
 * The engine's descriptor is readable. Read it first, then take all completions: one that comes
 * after aml_dma_reap() makes the descriptor readable again.
 */
static void handle_completions(struct event_loop *loop)
{
	struct aml_dma_completion completions[16];
	uint64_t added;
	size_t count;

	if (read(loop->copies, &added, sizeof(added)) < 0 && errno != EAGAIN)
		complain(loop, "the engine's descriptor cannot be read: %s", strerror(errno));
	do {
		count = 0;
		(void)aml_dma_reap(aml_dma_linux, 16, completions, 0, AML_DMA_NO_DEADLINE, &count);
		for (size_t i = 0; i < count; i++)
			finish_job(loop, (struct picture_job *)(uintptr_t)completions[i].tag,
				   completions[i].result);
	} while (count == 16);
	if (loop->paused && !loop->input_ended) {
		(void)watch_input(loop, true);
		handle_lines(loop);
	}
}

/*
 * Sleep until one of the descriptors is readable, until the input and all copies have ended. An
 * engine without workers (AML_DMA_NUM_THREADS=0) makes progress here, a copy or a part at a time.
 */
static void run_loop(struct event_loop *loop)
{
	while (!loop->input_ended || loop->running > 0) {
		struct epoll_event events[2];
		bool busy = loop->no_workers && loop->running > 0;
		int n = epoll_wait(loop->epoll, events, 2, busy ? 0 : -1);

		if (busy)
			(void)aml_dma_progress(aml_dma_linux, 1, NULL);

		if (n < 0 && errno != EINTR) {
			complain(loop, "epoll_wait: %s", strerror(errno));
			return;
		}
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == loop->copies)
				handle_completions(loop);
			else if (!loop->input_ended && !loop->paused)
				handle_input(loop);
		}
	}
}

/* Make the descriptor that watches both others. */
static bool open_loop(struct event_loop *loop)
{
	struct epoll_event copies = {.events = EPOLLIN};
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;

	loop->no_workers = aml_dma_linux_statistics(aml_dma_linux, &stats) == AML_SUCCESS &&
			   stats.workers == 0;
	loop->copies = aml_dma_linux_eventfd(aml_dma_linux);
	if (loop->copies < 0) {
		complain(loop, "the engine has no descriptor: %s", aml_strerror(loop->copies));
		return false;
	}
	copies.data.fd = loop->copies;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->copies, &copies) != 0) {
		complain(loop, "epoll: %s", strerror(errno));
		return false;
	}
	if (watch_input(loop, true) != 0) {
		complain(loop,
			 "standard input cannot be watched: %s; it must be a pipe, a socket "
			 "or a terminal",
			 strerror(errno));
		return false;
	}
	for (size_t i = 0; i < JOBS_MAX; i++) {
		loop->jobs[i].next = loop->unused;
		loop->unused = &loop->jobs[i];
	}
	return true;
}

int main(int argc, char *argv[])
{
	static struct event_loop loop = {.epoll = -1, .status = EXIT_SUCCESS};
	int err;

	if (argc != 1) {
		fprintf(stderr, "usage: PROGRAM | 05-event-loop\n");
		return EXIT_FAILURE;
	}
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "05-event-loop: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	if (open_loop(&loop))
		run_loop(&loop);
	if (fflush(stdout) != 0 || ferror(stdout))
		complain(&loop, "standard output cannot be written: %s", strerror(errno));
	if (loop.epoll >= 0)
		close(loop.epoll);
	aml_finalize();
	return loop.status;
}
