/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a fuzz target on inputs without a fuzzer. The inputs are the files and the folders that the
 * command line names; by default, the target's corpus in the tree. Each input runs once for each
 * variant of the target, in a process of its own with a time limit. The last line of the output has
 * the form of Check's programs.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bytes.h"

#define SECONDS 20
/* Longer than any input in the corpus. */
#define INPUT_MAX 65536

static unsigned checks, failures;
static const char *self;

/* Run the target on one file, in this process. */
static void feed(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX), *exact;
	FILE *stream = fopen(path, "rb");
	const char *stretch = getenv("CK_TIMEOUT_MULTIPLIER");
	size_t size;

	if (stream == NULL || data == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size = fread(data, 1, INPUT_MAX, stream);
	fclose(stream);
	/* A block of the exact size, so that a sanitizer detects reads beyond the input. */
	exact = malloc(size > 0 ? size : 1);
	if (exact == NULL)
		exit(EXIT_FAILURE);
	memcpy(exact, data, size);
	free(data);
	alarm(SECONDS * (stretch != NULL && atoi(stretch) > 0 ? (unsigned)atoi(stretch) : 1));
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

/* Start this program again for one file, in the emulator AML_TEST_RUNNER if there is one. */
static void feed_anew(const char *path)
{
	const char *runner = getenv("AML_TEST_RUNNER");

	if (runner != NULL)
		execlp(runner, runner, self, "--feed", path, (char *)NULL);
	else
		execl("/proc/self/exe", self, "--feed", path, (char *)NULL);
	perror(self);
	_exit(EXIT_FAILURE);
}

static void replay_variant(const char *path, const char *name, const char *value)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		/* The library reads its environment when it is loaded. */
		setenv(name, value, 1);
		feed_anew(path);
	}
	checks++;
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			child = -1;
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return;
	failures++;
	printf("FAILED: %s with %s=%s", path, name, value);
	if (child > 0 && WIFSIGNALED(status))
		printf(": signal %d", WTERMSIG(status));
	putchar('\n');
}

static void replay(const char *path)
{
	for (const char *const *variant = fuzz_variants; *variant != NULL; variant += 2)
		replay_variant(path, variant[0], variant[1]);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Run the files of a folder, in the order of their names. */
static void replay_folder(const char *path)
{
	struct dirent *entry;
	char **names = NULL;
	size_t n = 0;
	DIR *dir = opendir(path);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		size_t room = strlen(path) + strlen(entry->d_name) + 2;
		char **more = realloc(names, (n + 1) * sizeof(*names)), *name = malloc(room);

		if (more == NULL || name == NULL)
			exit(EXIT_FAILURE);
		names = more;
		snprintf(name, room, "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			names[n++] = name;
		else
			free(name);
	}
	if (dir != NULL)
		closedir(dir);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		replay(names[i]);
		free(names[i]);
	}
	free(names);
}

static void replay_path(const char *path)
{
	struct stat about;

	if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
		replay_folder(path);
	else
		replay(path);
}

int main(int argc, char *argv[])
{
	const char *tree = getenv("srcdir");
	char path[4096];

	self = argv[0];
	if (argc == 3 && strcmp(argv[1], "--feed") == 0) {
		feed(argv[2]);
		return EXIT_SUCCESS;
	}
	for (int i = 1; i < argc; i++)
		replay_path(argv[i]);
	if (argc == 1) {
		snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", tree ? tree : ".",
			 fuzz_target);
		replay_path(path);
	}
	printf("%u%%: Checks: %u, Failures: %u, Errors: 0\n",
	       checks ? 100 * (checks - failures) / checks : 0, checks, failures);
	return checks > 0 && failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
