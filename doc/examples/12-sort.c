/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scheduler without copies: sort lines with tasks.
 *
 *     12-sort [WORKERS] <INPUT >OUTPUT
 *
 * A task is a function with an input and an output, which the caller owns. A scheduler runs tasks
 * in its workers. The program submits a task for each part of the lines, which sorts the part. Then
 * it takes tasks as they finish, whichever is first, and submits a task that merges two sorted
 * parts, until one part is left.
 *
 * An engine runs its requests on such a scheduler. Use one directly for work that is no copy.
 *
 * Read the program upwards from main(), which is at the end.
 */
#include <aml.h>
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>

enum { PARTS = 8, WORKERS_MAX = 64 };

/* Some of the lines. The array belongs to the part. */
struct line_part {
	char **lines;
	size_t n;
};

/* A task, and its input and output. A merge has two inputs. */
struct sort_job {
	struct aml_task task;
	struct line_part in[2], out;
	bool out_of_memory;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "12-sort: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The functions of tasks. Input and output are the job, cast. */

static void sort_one_part(struct aml_task_in *in, struct aml_task_out *out)
{
	struct sort_job *job = (struct sort_job *)in;

	(void)out;
	qsort(job->in[0].lines, job->in[0].n, sizeof(char *), compare_lines);
	job->out = job->in[0];
}

static void merge_parts(struct aml_task_in *in, struct aml_task_out *out)
{
	struct sort_job *job = (struct sort_job *)in;
	const struct line_part *a = &job->in[0], *b = &job->in[1];
	size_t i = 0, k = 0, n = a->n + b->n;
	char **merged = malloc((n + 1) * sizeof(char *));

	(void)out;
	job->out_of_memory = merged == NULL;
	for (size_t at = 0; merged != NULL && at < n; at++) {
		bool first =
			k == b->n || (i < a->n && compare_lines(&a->lines[i], &b->lines[k]) <= 0);

		merged[at] = first ? a->lines[i++] : b->lines[k++];
	}
	free(a->lines);
	free(b->lines);
	job->out = (struct line_part){merged, merged == NULL ? 0 : n};
}

/* Submit a job: fill in the four public members of its task. The job must stay where it is. */
static int submit_job(struct aml_sched *sched, struct sort_job *job, aml_task_work work)
{
	job->task.in = (struct aml_task_in *)job;
	job->task.out = (struct aml_task_out *)job;
	job->task.fn = work;
	job->task.data = job; /* For us: aml_sched_wait_any() returns the task. */
	return aml_sched_submit_task(sched, &job->task);
}

/* Divide the lines into jobs, and submit them. Returns the number of submitted jobs. */
static size_t submit_parts(struct aml_sched *sched, struct sort_job *jobs, char **lines, size_t n)
{
	size_t submitted = 0;

	for (size_t i = 0; i < PARTS; i++) {
		struct line_part *part = &jobs[i].in[0];
		size_t first = n * i / PARTS;

		part->n = n * (i + 1) / PARTS - first;
		part->lines = malloc((part->n + 1) * sizeof(char *));
		if (part->lines == NULL)
			return submitted;
		if (part->n > 0)
			memcpy(part->lines, lines + first, part->n * sizeof(char *));
		if (submit_job(sched, &jobs[i], sort_one_part) != AML_SUCCESS)
			return submitted;
		submitted++;
	}
	return submitted;
}

/*
 * Merge parts as they come: `waiting` is a job whose part waits for another one.
 * aml_sched_wait_any() returns NULL when no task is left. Returns false if out of memory.
 */
static bool merge_as_they_come(struct aml_sched *sched, struct sort_job *jobs, size_t njobs,
			       struct line_part *sorted)
{
	struct sort_job *waiting = NULL;
	struct aml_task *task;
	bool ok = true;

	while ((task = aml_sched_wait_any(sched)) != NULL) {
		struct sort_job *done = task->data, *merge;

		ok = ok && !done->out_of_memory;
		if (waiting == NULL) {
			waiting = done;
			continue;
		}
		merge = &jobs[njobs++];
		merge->in[0] = waiting->out;
		merge->in[1] = done->out;
		waiting = NULL;
		ok = submit_job(sched, merge, merge_parts) == AML_SUCCESS && ok;
	}
	if (waiting != NULL)
		*sorted = waiting->out;
	return ok;
}

/* Sort the lines into a part. Returns false if out of memory. */
static bool sort_lines(size_t workers, char **lines, size_t n, struct line_part *sorted)
{
	struct aml_sched *sched = aml_queue_sched_create(workers);
	/* Each merge makes one part of two: there is one merge less than there are parts. */
	struct sort_job *jobs = calloc(2 * PARTS, sizeof(*jobs));
	size_t submitted = 0;
	bool ok = false;

	if (sched != NULL && jobs != NULL) {
		submitted = submit_parts(sched, jobs, lines, n);
		ok = merge_as_they_come(sched, jobs, submitted, sorted) && submitted == PARTS;
	}
	aml_queue_sched_destroy(&sched);
	free(jobs);
	return ok;
}

/* Read the lines of the input into an array, which grows. Returns the number of lines. */
static size_t read_lines(char ***lines)
{
	size_t n = 0, room = 0, size = 0;
	char *line = NULL;

	while (getline(&line, &size, stdin) != -1) {
		if (n == room) {
			size_t more = room == 0 ? 1024 : 2 * room;
			char **grown = realloc(*lines, more * sizeof(char *));

			if (grown == NULL)
				break;
			*lines = grown;
			room = more;
		}
		line[strcspn(line, "\n")] = '\0';
		(*lines)[n++] = line;
		line = NULL;
		size = 0;
	}
	free(line);
	return n;
}

int main(int argc, char *argv[])
{
	const char *text = argc > 1 ? argv[1] : "2";
	char *end, **lines = NULL;
	unsigned long workers = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : ULONG_MAX;
	struct line_part sorted = {NULL, 0};
	size_t n;
	bool ok;

	if (argc > 2 || workers > WORKERS_MAX || *end != '\0')
		return fail("usage", "12-sort [WORKERS] <INPUT >OUTPUT, a number from 0 to 64");
	n = read_lines(&lines);
	ok = feof(stdin) && sort_lines(workers, lines, n, &sorted);
	for (size_t i = 0; ok && i < sorted.n; i++)
		puts(sorted.lines[i]);
	free(sorted.lines);
	for (size_t i = 0; i < n; i++)
		free(lines[i]);
	free(lines);
	if (ferror(stdin))
		return fail("standard input cannot be read", strerror(errno));
	if (!ok)
		return fail("sorting", "out of memory");
	if (fflush(stdout) != 0 || ferror(stdout))
		return fail("standard output cannot be written", strerror(errno));
	return EXIT_SUCCESS;
}
