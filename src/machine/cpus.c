/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many CPUs there are for the program.
 *
 * A CPU quota is set for a control group: so many microseconds of CPU time in each period. It
 * holds for all groups within that one, so the least of the process's group and of the groups
 * around it counts. Groups are folders of a hierarchy. There is one of version 2, and of version 1
 * there is one for each controller. Where both are mounted, one of them has the CPU controller; the
 * files of the other are not there.
 *
 * /proc/self/cgroup names the process's group in each hierarchy, and /proc/self/mountinfo has the
 * folders where hierarchies are mounted. A mount may show only a part of its hierarchy, from a root
 * on, as it does in a container.
 */
#include "machine/cpus.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number of CPUs that no quota has. */
enum { NO_QUOTA = 0 };

/* A mounted hierarchy, in a line of mountinfo. */
struct mount {
	const char *root;    /* the group that is mounted */
	const char *point;   /* where */
	const char *type;    /* of file system */
	const char *options; /* of the file system: the names of controllers are among them */
};

/* The folder in the place of "/". Only the library for tests may have another. */
static const char *root_folder(void)
{
#ifdef CPUS_ROOT_ENV
	const char *folder = secure_getenv("AML_TEST_ROOT");

	if (folder != NULL)
		return folder;
#endif
	return "";
}

/* The three texts in one; NULL without memory. Free it. */
static char *join(const char *first, const char *second, const char *third)
{
	size_t size = strlen(first) + strlen(second) + strlen(third) + 1;
	char *text = malloc(size);

	if (text != NULL)
		(void)snprintf(text, size, "%s%s%s", first, second, third);
	return text;
}

/* NULL if it cannot be opened. `name` begins with a slash. */
static FILE *open_file(const char *folder, const char *name)
{
	char *path = join(root_folder(), folder, name);
	FILE *file = path != NULL ? fopen(path, "re") : NULL;

	free(path);
	return file;
}

/* The next line, without its end, in *text, of *room bytes; false behind the last. */
static bool next_line(FILE *file, char **text, size_t *room)
{
	if (getline(text, room, file) < 0)
		return false;
	(*text)[strcspn(*text, "\n")] = '\0';
	return true;
}

/* A number above 0, with no sign, that ends at `stop`. */
static bool take_number(const char **text, char stop, size_t *number)
{
	const char *c = *text;

	*number = 0;
	for (; *c >= '0' && *c <= '9'; c++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, (size_t)(*c - '0'), number))
			return false;
	if (*number == 0 || *c != stop)
		return false;
	*text = c + (stop != '\0');
	return true;
}

/* The numbers in a file's first line; all of them are there, or the return is false. */
static bool read_numbers(const char *folder, const char *name, size_t *numbers, size_t n)
{
	FILE *file = open_file(folder, name);
	char *line = NULL;
	size_t room = 0;
	bool good;

	if (file == NULL)
		return false;
	good = next_line(file, &line, &room);
	for (const char *at = line; good && n > 0; n--)
		good = take_number(&at, n > 1 ? ' ' : '\0', numbers++);
	free(line);
	(void)fclose(file);
	return good;
}

/* The CPUs of a group's own quota, rounded up. No quota is "max", or -1 in version 1. */
static size_t group_quota(const char *folder, bool unified)
{
	size_t quota[2];

	if (unified ? !read_numbers(folder, "/cpu.max", quota, 2)
		    : !read_numbers(folder, "/cpu.cfs_quota_us", &quota[0], 1) ||
			      !read_numbers(folder, "/cpu.cfs_period_us", &quota[1], 1))
		return NO_QUOTA;
	return quota[0] / quota[1] + (quota[0] % quota[1] != 0);
}

static size_t lesser(size_t a, size_t b)
{
	return a == NO_QUOTA || (b != NO_QUOTA && b < a) ? b : a;
}

/* The least quota of the group at `path` below the mount point, and of those up to this point. */
static size_t least_quota(const char *point, const char *path, bool unified)
{
	char *folder = join(point, path, "");
	size_t quota = NO_QUOTA, top;

	if (folder == NULL)
		return NO_QUOTA;
	top = strlen(folder) - strlen(path);
	for (;;) {
		quota = lesser(quota, group_quota(folder, unified));
		if (strlen(folder) == top)
			break;
		/* `path` is empty or begins with a slash. */
		*strrchr(folder, '/') = '\0';
	}
	free(folder);
	return quota;
}

/* Is the word in the list, which has commas between words? */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (;; list++) {
		if (strncmp(list, word, length) == 0 &&
		    (list[length] == ',' || list[length] == '\0'))
			return true;
		list = strchr(list, ',');
		if (list == NULL)
			return false;
	}
}

/* The path of the process's group in the hierarchy; NULL if it has none. Free it. */
static char *own_group(bool unified)
{
	FILE *file = open_file("", "/proc/self/cgroup");
	char *line = NULL, *group = NULL;
	size_t room = 0;

	if (file == NULL)
		return NULL;
	/* number:controllers:path, and no controllers in version 2. */
	while (group == NULL && next_line(file, &line, &room)) {
		char *controllers = strchr(line, ':'), *path;

		path = controllers != NULL ? strchr(++controllers, ':') : NULL;
		if (path == NULL)
			continue;
		*path++ = '\0';
		if (unified ? *controllers == '\0' : has_word(controllers, "cpu"))
			group = join(path, "", "");
	}
	free(line);
	(void)fclose(file);
	return group;
}

/* Put back what mountinfo has as a backslash and three octal digits: spaces and the like. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; to++) {
		unsigned byte = 0, n = 0;

		while (*from == '\\' && n < 3 && from[n + 1] >= '0' && from[n + 1] <= '7')
			byte = 8 * byte + (unsigned)(from[++n] - '0');
		*to = n == 3 ? (char)byte : *from;
		from += n == 3 ? 4 : 1;
	}
	*to = '\0';
}

/* Cut a line of mountinfo into its fields; false if it has too few. */
static bool parse_mount(char *line, struct mount *mount)
{
	char *fields[5], *end = strstr(line, " - "), *rest;

	if (end == NULL)
		return false;
	*end = '\0';
	rest = end + 3;
	/* number, number of the parent, device, root, mount point, and more. */
	for (size_t i = 0; i < 5; i++)
		fields[i] = strsep(&line, " ");
	mount->type = strsep(&rest, " ");
	(void)strsep(&rest, " ");
	if (fields[4] == NULL || rest == NULL)
		return false;
	unescape(fields[3]);
	unescape(fields[4]);
	mount->root = fields[3];
	mount->point = fields[4];
	mount->options = rest;
	return true;
}

/* Does the path lead up somewhere? It does out of a group namespace. */
static bool leads_up(const char *path)
{
	while ((path = strstr(path, "/..")) != NULL) {
		path += 3;
		if (*path == '/' || *path == '\0')
			return true;
	}
	return false;
}

/* The path of the group from `root` on; NULL if it is not within. */
static const char *path_within(const char *root, const char *group)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(group, root, length) != 0)
		return NULL;
	group += length;
	if (strcmp(group, "/") == 0)
		group++;
	return (*group == '/' || *group == '\0') && !leads_up(group) ? group : NULL;
}

/*
 * The process's quota in the hierarchy. A mount that has the process's group says it; else the
 * mount point is what there is to see of that group, as for a process that came into a container
 * from outside.
 */
static size_t hierarchy_quota(bool unified)
{
	char *group = own_group(unified), *line = NULL;
	FILE *file = group != NULL ? open_file("", "/proc/self/mountinfo") : NULL;
	size_t room = 0, within = NO_QUOTA, outside = NO_QUOTA;
	bool found = false;
	struct mount mount;

	while (file != NULL && next_line(file, &line, &room)) {
		const char *path;

		if (!parse_mount(line, &mount) ||
		    strcmp(mount.type, unified ? "cgroup2" : "cgroup") != 0 ||
		    (!unified && !has_word(mount.options, "cpu")))
			continue;
		path = path_within(mount.root, group);
		if (path == NULL) {
			outside = lesser(outside, least_quota(mount.point, "", unified));
		} else {
			within = lesser(within, least_quota(mount.point, path, unified));
			found = true;
		}
	}
	free(line);
	free(group);
	if (file != NULL)
		(void)fclose(file);
	return found ? within : outside;
}

/* The CPUs that the calling thread may run on, at least 1. */
static size_t mask_cpus(void)
{
	for (size_t n = CPU_SETSIZE; n <= 1 << 20; n *= 2) {
		size_t size = CPU_ALLOC_SIZE(n), count = 0;
		cpu_set_t *cpus = CPU_ALLOC(n);
		bool known;

		if (cpus == NULL)
			break;
		known = sched_getaffinity(0, size, cpus) == 0;
		if (known)
			count = (size_t)CPU_COUNT_S(size, cpus);
		CPU_FREE(cpus);
		if (known && count > 0)
			return count;
		if (errno != EINVAL)
			break;
	}
	return 1;
}

size_t machine_cpus(void)
{
	int saved = errno, cancel_state;
	size_t cpus;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	cpus = lesser(mask_cpus(), lesser(hierarchy_quota(true), hierarchy_quota(false)));
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
	return cpus;
}
