/* SPDX-License-Identifier: BSD-3-Clause */
/* Gates, jobs, calls in threads, child processes: see gate.h. */
#include "gate.h"

#include <check.h>
#include <dirent.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Abort if the test cannot continue, as without semaphores or threads. */
static void must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "tests: %s failed\n", what);
		abort();
	}
}

static void sem_take(sem_t *sem)
{
	while (sem_wait(sem) != 0)
		must(errno == EINTR, "sem_wait");
}

void gate_init(struct gate *gate)
{
	must(sem_init(&gate->came, 0, 0) == 0, "sem_init");
	must(sem_init(&gate->open, 0, 0) == 0, "sem_init");
}

void gate_destroy(struct gate *gate)
{
	sem_destroy(&gate->came);
	sem_destroy(&gate->open);
}

void gate_pass(struct gate *gate)
{
	sem_post(&gate->came);
	sem_take(&gate->open);
}

void gate_await(struct gate *gate)
{
	sem_take(&gate->came);
}

void gate_open(struct gate *gate)
{
	sem_post(&gate->open);
}

void trail_add(struct trail *trail, char name)
{
	size_t i = atomic_fetch_add(&trail->length, 1);

	must(i < TRAIL_MAX - 1, "a trail long enough");
	trail->text[i] = name;
}

void crowd_enter(struct crowd *crowd)
{
	int now = atomic_fetch_add(&crowd->now, 1) + 1;
	int most = atomic_load(&crowd->most);

	while (now > most && !atomic_compare_exchange_weak(&crowd->most, &most, now))
		;
}

void crowd_leave(struct crowd *crowd)
{
	atomic_fetch_sub(&crowd->now, 1);
}

static int run_job(struct job *job)
{
	int result = job->result;

	if (job->crowd != NULL)
		crowd_enter(job->crowd);
	if (job->trail != NULL)
		trail_add(job->trail, job->name);
	job->runs++;
	job->tid = gettid();
	if (job->gate != NULL)
		gate_pass(job->gate);
	if (job->body != NULL)
		result = job->body(job);
	if (job->crowd != NULL)
		crowd_leave(job->crowd);
	return result;
}

int job_operator(struct aml_layout *dst, const struct aml_layout *src, void *job)
{
	(void)dst;
	(void)src;
	return run_job(job);
}

static void task_work(struct aml_task_in *in, struct aml_task_out *out)
{
	int result = run_job((struct job *)in);

	if (out != NULL)
		*(int *)out = result;
}

struct aml_task job_task(struct job *job, int *out)
{
	struct aml_task task;

	/* Submit must not depend on the previous content of the private members. */
	memset(&task, 0xA5, sizeof(task));
	task.in = (struct aml_task_in *)job;
	task.out = (struct aml_task_out *)out;
	task.fn = task_work;
	task.data = job;
	return task;
}

struct aml_layout any_layout;

int job_post(struct aml_dma *dma, struct aml_dma_request **req, struct job *job)
{
	return aml_dma_async_copy_custom(dma, req, &any_layout, &any_layout, job_operator, job);
}

struct aml_dma_post_attr job_attr(struct job *job)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	attr.op = job_operator;
	attr.op_arg = job;
	return attr;
}

int job_post_after(struct aml_dma *dma, struct aml_dma_request **req, struct job *job,
		   unsigned flags, size_t n, struct aml_dma_request *const *after)
{
	struct aml_dma_post_attr attr = job_attr(job);

	attr.flags = flags;
	attr.nafter = n;
	attr.after = after;
	return aml_dma_post(dma, 1, &attr, req);
}

int job_copy(struct aml_dma *dma, struct job *job)
{
	return aml_dma_copy_custom(dma, &any_layout, &any_layout, job_operator, job);
}

int call_wait(struct call *call)
{
	return aml_dma_wait(call->dma, call->req);
}

int call_cancel(struct call *call)
{
	return aml_dma_cancel(call->dma, call->req);
}

int call_barrier(struct call *call)
{
	return aml_dma_barrier(call->dma);
}

int call_copy(struct call *call)
{
	return job_copy(call->dma, call->job);
}

int call_destroy(struct call *call)
{
	return aml_dma_linux_destroy(&call->dma);
}

int call_wait_task(struct call *call)
{
	return aml_sched_wait_task(call->sched, call->task);
}

int call_wait_any(struct call *call)
{
	call->task = aml_sched_wait_any(call->sched);
	return AML_SUCCESS;
}

int call_destroy_sched(struct call *call)
{
	aml_queue_sched_destroy(&call->sched);
	return AML_SUCCESS;
}

static void *call_main(void *arg)
{
	struct call *call = arg;

	call->tid = gettid();
	sem_post(&call->begun);
	call->result = call->fn(call);
	atomic_store(&call->ended, 1);
	return NULL;
}

void call_begin(struct call *call)
{
	atomic_store(&call->ended, 0);
	must(sem_init(&call->begun, 0, 0) == 0, "sem_init");
	must(pthread_create(&call->thread, NULL, call_main, call) == 0, "pthread_create");
	sem_take(&call->begun);
}

void call_settle(struct call *call)
{
	thread_settle(call->tid);
}

int call_end(struct call *call)
{
	must(pthread_join(call->thread, NULL) == 0, "pthread_join");
	sem_destroy(&call->begun);
	return call->result;
}

/* Read a file of a thread under /proc. Return false if the thread has ended. */
static bool read_of_thread(pid_t tid, const char *file, char *text, size_t room)
{
	char path[64];
	FILE *stream;
	size_t length;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int)tid, file);
	stream = fopen(path, "r");
	if (stream == NULL)
		return false;
	length = fread(text, 1, room - 1, stream);
	fclose(stream);
	text[length] = '\0';
	return length > 0;
}

void thread_settle(pid_t tid)
{
	char stat[512];

	while (read_of_thread(tid, "stat", stat, sizeof(stat))) {
		/* "tid (name) state …". The name may contain any character. */
		const char *end = strrchr(stat, ')');

		if (end == NULL || strchr("SXZ", end[2]) != NULL)
			return;
		sched_yield();
	}
}

size_t threads_named(const char *prefix, pid_t *tids, size_t room)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	size_t n = 0;

	must(dir != NULL, "opendir");
	while ((entry = readdir(dir)) != NULL) {
		pid_t tid = (pid_t)atoi(entry->d_name);
		char name[64];

		if (tid <= 0 || !read_of_thread(tid, "comm", name, sizeof(name)))
			continue;
		if (strncmp(name, prefix, strlen(prefix)) != 0)
			continue;
		if (n < room)
			tids[n] = tid;
		n++;
	}
	closedir(dir);
	return n;
}

void expect_workers(size_t n)
{
	struct gate gate;
	struct job *jobs = calloc(n, sizeof(*jobs));

	ck_assert_ptr_nonnull(jobs);
	gate_init(&gate);
	for (size_t i = 0; i < n; i++) {
		jobs[i].gate = &gate;
		ck_assert_int_eq(job_post(aml_dma_linux, NULL, &jobs[i]), 0);
	}
	for (size_t i = 0; i < n; i++)
		gate_await(&gate);
	/* The joined threads of an earlier engine may stay visible for a moment. */
	while (threads_named("aml-dma/", NULL, 0) != n)
		sched_yield();
	while (!under_sanitizer() && threads_named("", NULL, 0) != n + 1)
		sched_yield();
	for (size_t i = 0; i < n; i++)
		gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(aml_dma_linux), 0);
	gate_destroy(&gate);
	free(jobs);
}

unsigned long thread_switches(pid_t tid)
{
	static const char *const counts[] = {"\nvoluntary_ctxt_switches:",
					     "\nnonvoluntary_ctxt_switches:"};
	char status[4096];
	unsigned long sum = 0;

	must(read_of_thread(tid, "status", status, sizeof(status)), "a thread's status");
	for (size_t i = 0; i < 2; i++) {
		const char *count = strstr(status, counts[i]);

		must(count != NULL, "a thread's count of switches");
		sum += strtoul(count + strlen(counts[i]), NULL, 10);
	}
	return sum;
}

void yield_a_while(void)
{
	for (int i = 0; i < 200; i++)
		sched_yield();
}

/* Defined only in a coverage build. There, _exit() does not write the counts. */
extern void __gcov_dump(void) __attribute__((weak));

int in_child(int (*fn)(void *arg), void *arg)
{
	int *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, value;
	pid_t child;

	must(result != MAP_FAILED, "mmap");
	*result = -9999;
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		*result = fn(arg);
		if (__gcov_dump != NULL)
			__gcov_dump();
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0)
		must(errno == EINTR, "waitpid");
	if (WIFSIGNALED(status))
		value = -10000 - WTERMSIG(status);
	else
		value = WEXITSTATUS(status) != 0 ? -20000 - WEXITSTATUS(status) : *result;
	munmap(result, sizeof(*result));
	return value;
}

/* Defined only in a build with LeakSanitizer. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

bool leaked(void)
{
	return __lsan_do_recoverable_leak_check != NULL && __lsan_do_recoverable_leak_check() != 0;
}
