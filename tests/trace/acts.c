/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that makes the traces for tests/build/trace.sh:
 *
 *     acts ACT WORKERS [ARGUMENT]
 *
 * Each act is a function below, whose comment describes the resulting trace. The program exits with
 * 1 if a call fails unexpectedly.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Exit unless the condition holds. Conditions must hold even if the trace cannot be written. */
#define NEED(condition)                                                               \
	do {                                                                          \
		if (!(condition)) {                                                   \
			fprintf(stderr, "acts: line %d: %s\n", __LINE__, #condition); \
			exit(EXIT_FAILURE);                                           \
		}                                                                     \
	} while (0)

static struct aml_dma *dma;

static struct aml_layout *bytes_of(void *address)
{
	return address;
}

/* Post a flat copy of the n bytes at `room` to the n bytes after them. */
static int post_flat(struct aml_dma_request **req, char *room, size_t n)
{
	return aml_dma_async_copy_custom(dma, req, bytes_of(room + n), bytes_of(room),
					 aml_dma_linux_memcpy_op, (void *)n);
}

/* Make synchronous copies of 64 bytes. */
static void copy_small(int times)
{
	char small[128] = {0};

	for (int i = 0; i < times; i++)
		NEED(aml_dma_copy_custom(dma, bytes_of(small + 64), bytes_of(small),
					 aml_dma_linux_memcpy_op, (void *)64) == 0);
}

/* The memory of the layouts. */
static int cells[9001];

static struct aml_layout *ints_at(int *at, size_t n, const size_t *dims, const size_t *stride)
{
	struct aml_layout *layout;
	size_t pitch[] = {1, 1};

	NEED(aml_layout_dense_create(&layout, at, AML_LAYOUT_ORDER_COLUMN_MAJOR, sizeof(int), n,
				     dims, stride, stride ? pitch : NULL) == 0);
	return layout;
}

static void *asked(const struct aml_layout_data *data, const size_t *coords)
{
	return aml_layout_column_deref(data, coords);
}

static int nothing(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	(void)arg;
	return 0;
}

static int failing(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	(void)arg;
	return -AML_EDOM;
}

/* Run an operator synchronously and asynchronously. */
static void run_twice(struct aml_layout *dst, struct aml_layout *src, aml_dma_operator op,
		      void *arg)
{
	struct aml_dma_request *req;

	NEED(aml_dma_copy_custom(dma, dst, src, op, arg) == 0);
	NEED(aml_dma_async_copy_custom(dma, &req, dst, src, op, arg) == 0);
	NEED(aml_dma_wait(dma, &req) == 0);
}

/* Make a synchronous and an asynchronous copy. */
static void copy_twice(struct aml_layout *dst, struct aml_layout *src, aml_dma_operator op)
{
	run_twice(dst, src, op, NULL);
}

/*
 * Two requests of each kind, and a third request with an operator, which fails. The copies have 480
 * or 783 elements: those of few elements are strided, whatever their shape.
 */
static void act_kinds(void)
{
	const size_t gap[] = {2}, rows[] = {5, 110}, more[] = {3, 80};
	const size_t flat[] = {480}, none[] = {0}, two[] = {20, 24}, other[] = {24, 20};
	struct aml_layout *a = ints_at(cells, 1, flat, NULL),
			  *b = ints_at(cells + 500, 1, flat, NULL);
	struct aml_layout *spread = ints_at(cells + 1000, 1, flat, gap);
	struct aml_layout *c = ints_at(cells + 2000, 2, two, NULL);
	struct aml_layout *turned = ints_at(cells + 2500, 2, two, (const size_t[]){24, 1});
	struct aml_layout *d = ints_at(cells + 3000, 2, two, rows);
	struct aml_layout *e = ints_at(cells + 6000, 2, other, more), *walked, *padded;
	struct aml_layout *empty = ints_at(cells, 1, none, NULL);
	struct aml_layout *large = ints_at(cells + 8000, 2, (const size_t[]){27, 29}, NULL);
	struct aml_layout_ops ops = *b->ops;
	struct aml_dma_request *req;

	copy_twice(a, b, NULL);
	copy_twice(a, spread, NULL);
	copy_twice(c, turned, NULL);
	NEED(aml_layout_reshape_create(&walked, e, AML_LAYOUT_ORDER_COLUMN_MAJOR, 2, two) == 0);
	copy_twice(d, walked, NULL);
	NEED(aml_layout_pad_create(&padded, AML_LAYOUT_ORDER_COLUMN_MAJOR, c,
				   (const size_t[]){27, 29}, &cells[9000]) == 0);
	copy_twice(large, padded, NULL);
	copy_twice(empty, empty, NULL);
	ops.deref_native = asked;
	b->ops = &ops;
	copy_twice(a, b, NULL);
	copy_twice(a, b, nothing);
	NEED(aml_dma_async_copy_custom(dma, &req, a, b, failing, NULL) == 0);
	NEED(aml_dma_wait(dma, &req) == -AML_EDOM);
	aml_layout_destroy(&b);
	aml_layout_destroy(&a);
	aml_layout_destroy(&spread);
	aml_layout_destroy(&turned);
	aml_layout_destroy(&d);
	aml_layout_destroy(&walked);
	aml_layout_destroy(&padded);
	aml_layout_destroy(&empty);
	aml_layout_destroy(&large);
}

/* Two requests by each of the operators of aml/dma/operators.h, of 480 ints. */
static void act_operators(void)
{
	const size_t two[] = {20, 24}, other[] = {24, 20};
	size_t swap[] = {1, 0};
	struct aml_layout *a = ints_at(cells, 2, two, NULL);
	struct aml_layout *b = ints_at(cells + 500, 2, two, NULL);
	struct aml_layout *c = ints_at(cells + 1000, 2, other, NULL);
	struct aml_dma_linux_convert_arg types = {AML_DMA_F32, AML_DMA_I32};
	struct aml_dma_linux_reduce_arg sum = {AML_DMA_I32, AML_DMA_REDUCE_SUM, NULL, NULL};

	run_twice(c, a, aml_dma_linux_transform, swap);
	copy_twice(b, a, aml_dma_linux_copy_user);
	copy_twice(b, a, aml_dma_linux_compare);
	copy_twice(b, bytes_of(cells), aml_dma_linux_fill);
	run_twice(b, a, aml_dma_linux_convert, &types);
	run_twice(b, a, aml_dma_linux_reduce, &sum);
	aml_layout_destroy(&a);
	aml_layout_destroy(&b);
	aml_layout_destroy(&c);
}

/* An argument for layout parameters that the operator ignores. */
static struct aml_layout any;

/* An operator that posts to its own engine and waits, `arg` levels deep. */
static int nest(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct aml_dma_request *reqs[2];
	intptr_t depth = (intptr_t)arg;

	(void)dst;
	(void)src;
	if (depth == 0)
		return 0;
	for (int i = 0; i < 2; i++)
		if (aml_dma_async_copy_custom(dma, &reqs[i], &any, &any, nest, (void *)(depth - 1)))
			return -AML_FAILURE;
	if (aml_dma_wait(dma, &reqs[1]) || aml_dma_wait(dma, &reqs[0]))
		return -AML_FAILURE;
	return aml_dma_copy_custom(dma, &any, &any, nest, (void *)(depth - 1));
}

/* 4 × 40 requests: each operator makes three requests with a depth that is one less. */
static void act_nested(void)
{
	for (int i = 0; i < 4; i++)
		NEED(aml_dma_async_copy_custom(dma, NULL, &any, &any, nest, (void *)3) == 0);
	NEED(aml_dma_barrier(dma) == 0);
}

/*
 * Five requests with labels: a plain one, on a copy and on an operator; one with characters that
 * JSON escapes; one of 100 bytes; and an empty one.
 */
static void act_labels(void)
{
	static char from[8], to[8];
	char long_label[101];
	const char *labels[] = {"tile 7", "tile 7", "a \"b\" \\ \n", long_label, ""};
	struct aml_dma_post_attr posts[5];

	memset(long_label, 'x', 100);
	long_label[100] = '\0';
	for (size_t i = 0; i < 5; i++) {
		posts[i] = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
		posts[i].label = labels[i];
		if (i > 0) {
			posts[i].op = nothing;
			continue;
		}
		posts[i].dest = bytes_of(to);
		posts[i].src = bytes_of(from);
		posts[i].op = aml_dma_linux_memcpy_op;
		posts[i].op_arg = (void *)sizeof(from);
	}
	NEED(aml_dma_post(dma, 5, posts, NULL) == 0);
	NEED(aml_dma_barrier(dma) == 0);
}

static sem_t held, let_go;

static int hold(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	(void)arg;
	sem_post(&held);
	while (sem_wait(&let_go) != 0)
		continue;
	return 0;
}

/*
 * 10 cancelled requests, which never started, and 10 finished ones. Also one request for each
 * worker, which keeps the worker busy.
 */
static void cancel_half(int workers)
{
	static char small[20][128];
	struct aml_dma_request *reqs[20];

	sem_init(&held, 0, 0);
	sem_init(&let_go, 0, 0);
	for (int i = 0; i < workers; i++)
		NEED(aml_dma_async_copy_custom(dma, NULL, &any, &any, hold, NULL) == 0);
	for (int i = 0; i < workers; i++)
		NEED(sem_wait(&held) == 0);
	for (int i = 0; i < 20; i++)
		NEED(post_flat(&reqs[i], small[i], 64) == 0);
	for (int i = 0; i < 20; i += 2)
		NEED(aml_dma_cancel(dma, &reqs[i]) == 0);
	for (int i = 0; i < workers; i++)
		sem_post(&let_go);
	for (int i = 1; i < 20; i += 2)
		NEED(aml_dma_wait(dma, &reqs[i]) == 0);
}

enum { LARGE = 8 << 20, PARTS = 16 };

/* 8 requests of 16 parts, then 8 requests that are cancelled in any state. */
static void act_divisible(void)
{
	char *room = calloc(2, LARGE);

	NEED(room != NULL);
	for (int i = 0; i < 8; i++) {
		NEED(post_flat(NULL, room, LARGE) == 0);
		NEED(aml_dma_barrier(dma) == 0);
	}
	for (int i = 0; i < 8; i++) {
		struct aml_dma_request *req;

		NEED(post_flat(&req, room, LARGE) == 0);
		for (int k = 0; k < i; k++)
			sched_yield();
		NEED(aml_dma_cancel(dma, &req) == 0);
	}
	free(room);
}

static void *copy_in_thread(void *arg)
{
	copy_small((int)(intptr_t)arg);
	return NULL;
}

/* 4 × 100 requests from the program's own threads. */
static void act_threads(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&threads[i], NULL, copy_in_thread, (void *)100) == 0);
	for (int i = 0; i < 4; i++)
		NEED(pthread_join(threads[i], NULL) == 0);
}

/* 5000 requests, more than the buffer of the trace holds. */
static void act_many(void)
{
	copy_small(5000);
}

/* At least the first of 5000 requests. The last ones are lost. */
static void act_killed(void)
{
	copy_small(5000);
	raise(SIGKILL);
}

/* 500 requests without a handle. The program does not wait for them. */
static void act_exit(void)
{
	static char small[500][128];

	for (int i = 0; i < 500; i++)
		NEED(post_flat(NULL, small[i], 64) == 0);
	exit(EXIT_SUCCESS);
}

static void *copy_for_ever(void *arg)
{
	for (;;)
		copy_small(1);
	return arg;
}

/* At least 300 requests. Threads continue to copy while the program ends. */
static void act_running(void)
{
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		NEED(pthread_create(&thread, NULL, copy_for_ever, NULL) == 0);
	copy_small(300);
	exit(EXIT_SUCCESS);
}

/* 30 requests of the parent. Requests of the child are not in the trace. Both end normally. */
static void act_fork(void)
{
	static char small[128];
	int status;
	pid_t child;

	copy_small(10);
	NEED(post_flat(NULL, small, 64) == 0);
	child = fork();
	NEED(child >= 0);
	copy_small(child == 0 ? 5000 : 9);
	if (child == 0) {
		struct aml_dma *other = NULL;

		NEED(aml_dma_linux_create(&other, 0) == 0);
		NEED(aml_dma_linux_destroy(&other) == 0);
		aml_finalize();
		exit(EXIT_SUCCESS);
	}
	NEED(waitpid(child, &status, 0) == child && status == 0);
	copy_small(10);
}

/*
 * Only the requests that were written before the program closed the descriptor of the trace. The
 * third argument is the program's own file, which must contain only the program's own lines.
 */
static void act_closed(const char *path)
{
	copy_small(2000);
	for (int i = 3; i < 64; i++)
		close(i);
	for (int i = 3; i < 64; i++)
		NEED(open(path, O_CREAT | O_WRONLY | O_APPEND, 0666) == i);
	NEED(write(3, "mine\n", 5) == 5);
	copy_small(2000);
}

/* Any number of requests. The file is truncated while a thread of the program writes to it. */
static void act_truncated(const char *path)
{
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, copy_for_ever, NULL) == 0);
	for (int i = 0; i < 2000; i++) {
		NEED(truncate(path, 0) == 0);
		copy_small(10);
	}
	exit(EXIT_SUCCESS);
}

/* From here on, let a system call fail if the bits `mask` of its argument `arg` equal `value`. */
static void refuse(int call, int arg, unsigned mask, unsigned value)
{
	const unsigned low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (unsigned)offsetof(struct seccomp_data, args) + 8 * (unsigned)arg + low),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {sizeof(rules) / sizeof(*rules), rules};

	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	NEED(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* From here on, refuse the call of this name as the library uses it. */
static void refuse_by_name(const char *name)
{
	if (strcmp(name, "open") == 0)
		refuse(SYS_openat, 2, O_ACCMODE, O_RDWR);
	if (strcmp(name, "mmap") == 0)
		refuse(SYS_mmap, 3, MAP_TYPE, MAP_SHARED);
	if (strcmp(name, "process_vm_readv") == 0)
		refuse(SYS_process_vm_readv, 0, 0, 0);
}

/* 3 requests before main(). */
__attribute__((constructor)) static void early(void)
{
	if (getenv("ACTS_EARLY") == NULL)
		return;
	NEED(aml_init(NULL, NULL) == 0);
	dma = aml_dma_linux;
	copy_small(3);
	NEED(aml_finalize() == 0);
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*act)(void);
	} acts[] = {{"kinds", act_kinds},     {"operators", act_operators},
		    {"nested", act_nested},   {"divisible", act_divisible},
		    {"threads", act_threads}, {"many", act_many},
		    {"killed", act_killed},   {"exit", act_exit},
		    {"running", act_running}, {"fork", act_fork},
		    {"labels", act_labels}};

	NEED(argc >= 3);
	NEED(setenv("AML_DMA_NUM_THREADS", argv[2], 1) == 0);
	if (strcmp(argv[1], "refused") == 0 && argc == 4)
		refuse_by_name(argv[3]);
	NEED(aml_init(NULL, NULL) == 0);
	dma = aml_dma_linux;
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		if (strcmp(argv[1], acts[i].name) == 0)
			acts[i].act();
	if (strcmp(argv[1], "cancel") == 0)
		cancel_half(atoi(argv[2]));
	if (strcmp(argv[1], "closed") == 0 && argc == 4)
		act_closed(argv[3]);
	if (strcmp(argv[1], "truncated") == 0 && argc == 4)
		act_truncated(argv[3]);
	if (strcmp(argv[1], "refused") == 0)
		act_many();
	if (strcmp(argv[1], "print") == 0) {
		copy_small(100);
		NEED(aml_dma_fprintf(stdout, "", dma) == 0);
		/* Write before aml_finalize() ends the trace. Standard output may be closed. */
		(void)fflush(stdout);
	}
	return aml_finalize() ? EXIT_FAILURE : EXIT_SUCCESS;
}
