/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pipeline of chained requests: read a frame, transpose it, compute with it.
 *
 *     04-pipeline FRAMES.raw
 *     PROGRAM | 04-pipeline -
 *
 * reads frames of 256 x 128 bytes from a file or from standard input, until the end, and prints the
 * brightest column of each frame. Each frame takes three requests:
 *
 *     read ──▶ transpose ──▶ find the brightest row of the transposed frame ──▶ callback
 *
 * Each request starts when the one before it has finished, and needs no thread that waits for it.
 * The reads of all frames form a chain of their own, because a descriptor has one position. So one
 * frame is read while others are transposed and computed with.
 *
 * At the end of the input, the read fails. The requests behind it then do not run, and the callback
 * gets the code of the failed read.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <fcntl.h>
#include <stdbool.h>

enum { WIDTH = 256, HEIGHT = 128, FRAMES_IN_FLIGHT = 4 };

/* How the input ended. */
enum input_end { INPUT_OPEN, INPUT_COMPLETE, INPUT_TRUNCATED, INPUT_FAILED };

/* The input. The reads form a chain, so no two threads use it at once. */
struct input {
	int fd;
	enum input_end end;
	int error; /* errno of the failed read */
};

/* A place for one frame. It is used again once the frame's callback was called. */
struct frame_slot {
	struct input *input;
	unsigned char frame[HEIGHT][WIDTH], columns[WIDTH][HEIGHT];
	struct aml_layout *from, *to; /* both HEIGHT x WIDTH */
	struct aml_dma_request *done; /* the last request of the frame */
	int number, brightest;
	int code; /* of the frame, from the callback */
};

/* The operators. Both get the slot of the frame as their argument. */

/* Read one frame. -AML_FAILURE: there is no further frame. */
static int read_frame(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct frame_slot *slot = arg;
	struct input *input = slot->input;
	unsigned char *bytes = &slot->frame[0][0];
	size_t have = 0;

	(void)dst;
	(void)src;
	if (input->end != INPUT_OPEN)
		return -AML_FAILURE;
	while (have < sizeof(slot->frame)) {
		ssize_t n = read(input->fd, bytes + have, sizeof(slot->frame) - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			input->error = errno;
			input->end = INPUT_FAILED;
			return -AML_FAILURE;
		}
		if (n == 0) {
			input->end = have == 0 ? INPUT_COMPLETE : INPUT_TRUNCATED;
			return -AML_FAILURE;
		}
		have += (size_t)n;
	}
	return AML_SUCCESS;
}

/* Find the brightest column of a frame. In the transposed frame, a column is contiguous. */
static int find_brightest(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct frame_slot *slot = arg;
	long most = -1;

	(void)dst;
	(void)src;
	for (int x = 0; x < WIDTH; x++) {
		long sum = 0;

		for (int y = 0; y < HEIGHT; y++)
			sum += slot->columns[x][y];
		if (sum > most) {
			most = sum;
			slot->brightest = x;
		}
	}
	return AML_SUCCESS;
}

/* The callback: the last request of the frame has finished, or did not run. */
static void frame_done(int result, void *arg)
{
	struct frame_slot *slot = arg;

	slot->code = result;
}

/*
 * Post the three requests of a frame. `*last_read` is the read of the frame before, or NULL. It is
 * replaced by the read of this frame. The transposition needs no handle: it is detached.
 */
static int post_frame(struct frame_slot *slot, struct aml_dma_request **last_read)
{
	struct aml_dma_post_attr posts[3] = {AML_DMA_POST_ATTR_INIT, AML_DMA_POST_ATTR_INIT,
					     AML_DMA_POST_ATTR_INIT};
	struct aml_dma_request *reqs[3];
	int err;

	posts[0].op = read_frame;
	posts[0].op_arg = slot;
	posts[0].after = last_read;
	posts[0].nafter = 1;
	posts[1].dest = slot->to;
	posts[1].src = slot->from;
	posts[1].flags = AML_DMA_POST_CHAIN | AML_DMA_POST_DETACH;
	posts[2].op = find_brightest;
	posts[2].op_arg = slot;
	posts[2].flags = AML_DMA_POST_CHAIN;
	posts[2].callback = frame_done;
	posts[2].callback_arg = slot;
	err = aml_dma_post(aml_dma_linux, 3, posts, reqs);
	if (err != AML_SUCCESS)
		return err;
	/* Once it was named in `after`, the handle of the last read is no longer needed. */
	if (*last_read != NULL)
		(void)aml_dma_wait(aml_dma_linux, last_read);
	*last_read = reqs[0];
	slot->done = reqs[2];
	return AML_SUCCESS;
}

/* Wait for the frame in a slot, and print the result. True: it was a frame. */
static bool finish_frame(struct frame_slot *slot)
{
	if (slot->done == NULL)
		return false;
	(void)aml_dma_wait(aml_dma_linux, &slot->done);
	if (slot->code != AML_SUCCESS)
		return false;
	printf("frame %d: column %d\n", slot->number, slot->brightest);
	return true;
}

/* Keep FRAMES_IN_FLIGHT frames in flight until the input ends. */
static int run_pipeline(struct frame_slot *slots)
{
	struct aml_dma_request *last_read = NULL;
	bool more = true;
	int err = AML_SUCCESS, number = 0;

	while (more && err == AML_SUCCESS) {
		struct frame_slot *slot = &slots[number % FRAMES_IN_FLIGHT];

		more = number < FRAMES_IN_FLIGHT || finish_frame(slot);
		if (!more)
			break;
		slot->number = number++;
		err = post_frame(slot, &last_read);
	}
	/* The frames that are still in flight, oldest first. At the end of the input, none is. */
	for (int i = 0; i < FRAMES_IN_FLIGHT; i++)
		(void)finish_frame(&slots[(number + i) % FRAMES_IN_FLIGHT]);
	if (last_read != NULL)
		(void)aml_dma_wait(aml_dma_linux, &last_read);
	return err;
}

/* Make the two layouts of a slot: the same coordinates, in row-major and column-major order. */
static int make_slot(struct frame_slot *slot, struct input *input)
{
	const size_t dims[] = {HEIGHT, WIDTH}, stride[] = {1, HEIGHT}, pitch[] = {1, 1};
	int err;

	slot->input = input;
	err = aml_layout_dense_create(&slot->from, slot->frame, AML_LAYOUT_ORDER_C, 1, 2, dims,
				      NULL, NULL);
	if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&slot->to, slot->columns, AML_LAYOUT_ORDER_C, 1, 2,
					      dims, stride, pitch);
	return err;
}

/* Report how the input ended. Return the exit status. */
static int report_end(const char *file, const struct input *input, int err)
{
	if (err != AML_SUCCESS)
		fprintf(stderr, "04-pipeline: a frame cannot be posted: %s\n", aml_strerror(err));
	else if (input->end == INPUT_FAILED)
		fprintf(stderr, "04-pipeline: %s cannot be read: %s\n", file,
			strerror(input->error));
	else if (input->end == INPUT_TRUNCATED)
		fprintf(stderr, "04-pipeline: %s ends within a frame: frames have %d bytes\n", file,
			WIDTH * HEIGHT);
	else if (fflush(stdout) != 0 || ferror(stdout))
		fprintf(stderr, "04-pipeline: standard output cannot be written: %s\n",
			strerror(errno));
	else
		return EXIT_SUCCESS;
	return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	static struct frame_slot slots[FRAMES_IN_FLIGHT];
	struct input input = {0};
	int err, status;

	if (argc != 2) {
		fprintf(stderr, "usage: 04-pipeline FRAMES.raw (- is standard input)\n");
		return EXIT_FAILURE;
	}
	input.fd = strcmp(argv[1], "-") == 0 ? STDIN_FILENO : open(argv[1], O_RDONLY);
	if (input.fd < 0) {
		fprintf(stderr, "04-pipeline: %s cannot be opened: %s\n", argv[1], strerror(errno));
		return EXIT_FAILURE;
	}
	err = aml_init(&argc, &argv);
	if (err != AML_SUCCESS) {
		fprintf(stderr, "04-pipeline: aml_init: %s; is AML_DMA_NUM_THREADS a number?\n",
			aml_strerror(err));
		return EXIT_FAILURE;
	}
	for (int i = 0; i < FRAMES_IN_FLIGHT && err == AML_SUCCESS; i++)
		err = make_slot(&slots[i], &input);
	if (err == AML_SUCCESS)
		err = run_pipeline(slots);
	status = report_end(argv[1], &input, err);
	for (int i = 0; i < FRAMES_IN_FLIGHT; i++) {
		aml_layout_destroy(&slots[i].from);
		aml_layout_destroy(&slots[i].to);
	}
	aml_finalize();
	close(input.fd);
	return status;
}
