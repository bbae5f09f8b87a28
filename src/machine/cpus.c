/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The number of CPUs that the program may use.
 *
 * A control group may have a CPU quota: the microseconds of CPU time that it may use in each
 * period. The quota also limits all groups within that group. So the smallest quota of the
 * process's group and of the groups around it counts. Groups are folders of a hierarchy. Version 2
 * of control groups has one hierarchy; version 1 has one for each controller. If both are mounted,
 * only one of them has the CPU controller. The files of the other one do not exist.
 *
 * /proc/self/cgroup names the group of the process in each hierarchy. /proc/self/mountinfo names
 * the folders where hierarchies are mounted. A mount may show only a part of its hierarchy, below
 * some root, for example in a container.
 */
#include "machine/cpus.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/affinity.h"
#include "machine/files.h"

/* The value for no quota: no quota has this number of CPUs. */
enum { NO_QUOTA = 0 };

/* A mounted hierarchy: a line of mountinfo. */
struct mount {
	const char *root;    /* the group that is mounted */
	const char *point;   /* the folder where it is mounted */
	const char *type;    /* the type of the file system */
	const char *options; /* of the file system, with the names of controllers */
};

/* Parse a number above 0, without a sign, that ends at `stop`. *text moves behind `stop`. */
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

/* Read n numbers from the first line of a file. False: they are not all there. */
static bool read_numbers(const char *folder, const char *name, size_t *numbers, size_t n)
{
	FILE *file = machine_open_file(folder, name);
	char *line = NULL;
	size_t room = 0;
	bool good;

	if (file == NULL)
		return false;
	good = machine_next_line(file, &line, &room);
	for (const char *at = line; good && n > 0; n--)
		good = take_number(&at, n > 1 ? ' ' : '\0', numbers++);
	free(line);
	(void)fclose(file);
	return good;
}

/* Return the CPUs of a group's own quota, rounded up. "max", or -1 in version 1, is no quota. */
static size_t group_quota(const char *folder, bool unified)
{
	size_t quota[2];

	if (unified ? !read_numbers(folder, "/cpu.max", quota, 2)
		    : !read_numbers(folder, "/cpu.cfs_quota_us", &quota[0], 1) ||
			      !read_numbers(folder, "/cpu.cfs_period_us", &quota[1], 1))
		return NO_QUOTA;
	return quota[0] / quota[1] + (quota[0] % quota[1] != 0);
}

/* Return the lesser of two quotas, or of numbers of CPUs. */
static size_t lesser_quota(size_t a, size_t b)
{
	return a == NO_QUOTA || (b != NO_QUOTA && b < a) ? b : a;
}

/* Return the least quota of the group at `path` below a mount point and of the groups above it. */
static size_t least_quota(const char *point, const char *path, bool unified)
{
	char *folder = machine_join_texts(point, path, "");
	size_t quota = NO_QUOTA, top;

	if (folder == NULL)
		return NO_QUOTA;
	top = strlen(folder) - strlen(path);
	for (;;) {
		quota = lesser_quota(quota, group_quota(folder, unified));
		if (strlen(folder) == top)
			break;
		/* `path` is empty or begins with a slash. */
		*strrchr(folder, '/') = '\0';
	}
	free(folder);
	return quota;
}

/* Report whether a list with commas between its words has the word. */
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

/*
 * Return the path of the process's group in the hierarchy. The caller frees the path. NULL: the
 * process has no group there, or out of memory.
 */
static char *own_group(bool unified)
{
	FILE *file = machine_open_file("", "/proc/self/cgroup");
	char *line = NULL, *group = NULL;
	size_t room = 0;

	if (file == NULL)
		return NULL;
	/* A line is number:controllers:path. In version 2 the controllers are empty. */
	while (group == NULL && machine_next_line(file, &line, &room)) {
		char *controllers = strchr(line, ':'), *path;

		path = controllers != NULL ? strchr(++controllers, ':') : NULL;
		if (path == NULL)
			continue;
		*path++ = '\0';
		if (unified ? *controllers == '\0' : has_word(controllers, "cpu"))
			group = machine_join_texts(path, "", "");
	}
	free(line);
	(void)fclose(file);
	return group;
}

/* Decode characters that mountinfo writes as a backslash and three octal digits. */
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

/* Split a line of mountinfo into its fields. False: it has too few. */
static bool parse_mount(char *line, struct mount *mount)
{
	char *fields[5], *end = strstr(line, " - "), *rest;

	if (end == NULL)
		return false;
	*end = '\0';
	rest = end + 3;
	/* The fields: number, number of the parent, device, root, mount point, and more. */
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

/* Report whether the path contains "/..": it then leads out of a cgroup namespace. */
static bool leads_up(const char *path)
{
	while ((path = strstr(path, "/..")) != NULL) {
		path += 3;
		if (*path == '/' || *path == '\0')
			return true;
	}
	return false;
}

/* Return the path of the group below `root`. NULL: the group is not below `root`. */
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
 * Return the process's quota in the hierarchy, from the mounts that show the process's group. If no
 * mount shows it, as for a process that entered a container from outside, the mount points are the
 * best view of the group.
 */
static size_t hierarchy_quota(bool unified)
{
	char *group = own_group(unified), *line = NULL;
	FILE *file = group != NULL ? machine_open_file("", "/proc/self/mountinfo") : NULL;
	size_t room = 0, within = NO_QUOTA, outside = NO_QUOTA;
	bool found = false;
	struct mount mount;

	while (file != NULL && machine_next_line(file, &line, &room)) {
		const char *path;

		if (!parse_mount(line, &mount) ||
		    strcmp(mount.type, unified ? "cgroup2" : "cgroup") != 0 ||
		    (!unified && !has_word(mount.options, "cpu")))
			continue;
		path = path_within(mount.root, group);
		if (path == NULL) {
			outside = lesser_quota(outside, least_quota(mount.point, "", unified));
		} else {
			within = lesser_quota(within, least_quota(mount.point, path, unified));
			found = true;
		}
	}
	free(line);
	free(group);
	if (file != NULL)
		(void)fclose(file);
	return found ? within : outside;
}

/* Return the number of CPUs in the affinity mask of the calling thread, at least 1. */
static size_t mask_cpus(void)
{
	struct affinity mask;
	size_t count = 0;

	if (affinity_read(&mask) == 0)
		count = affinity_count(&mask);
	affinity_release(&mask);
	return count > 0 ? count : 1;
}

size_t machine_quota_cpus(size_t cpus)
{
	int saved = errno, cancel_state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	cpus = lesser_quota(cpus, lesser_quota(hierarchy_quota(true), hierarchy_quota(false)));
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
	return cpus;
}

size_t machine_cpus(void)
{
	return machine_quota_cpus(mask_cpus());
}
