/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine, see machine.h. */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "machine.h"
#include "peers.h"

/* Read the first "model name" of /proc/cpuinfo. */
static void read_processor(char *name, size_t size)
{
	FILE *stream = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, size, "unknown processor");
	if (stream == NULL)
		return;
	while (fgets(line, sizeof(line), stream) != NULL) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) != 0 || colon == NULL)
			continue;
		line[strcspn(line, "\n")] = '\0';
		colon++;
		snprintf(name, size, "%s", colon + strspn(colon, " \t"));
		break;
	}
	fclose(stream);
}

const char *machine_processor(void)
{
	static char name[128];

	if (*name == '\0')
		read_processor(name, sizeof(name));
	return name;
}

int machine_cpu_count(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

/* The number in a file of CPU 0's cache `index`; a suffix K or M scales it. 0: no such file. */
static long cache_number(int index, const char *name)
{
	char path[80];
	long number = 0;
	char unit = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
	stream = fopen(path, "re");
	if (stream == NULL)
		return 0;
	if (fscanf(stream, "%ld%c", &number, &unit) < 1)
		number = 0;
	fclose(stream);
	return number * (unit == 'K' ? 1024 : unit == 'M' ? 1048576 : 1);
}

/* The size of the cache at `level`. `level` 0: the highest level. */
static long cache_size(long level)
{
	long highest = 0, size = 0, at;

	for (int i = 0; (at = cache_number(i, "level")) > 0; i++) {
		if (at == level || (level == 0 && at >= highest)) {
			highest = at;
			size = cache_number(i, "size");
		}
	}
	return size;
}

long machine_l2(void)
{
	return cache_size(2);
}

long machine_last_cache(void)
{
	return cache_size(0);
}

const char *machine_system(void)
{
	static char text[160];
	struct utsname name;

	if (uname(&name) == 0)
		snprintf(text, sizeof(text), "%.40s %.70s %.40s", name.sysname, name.release,
			 name.machine);
	return text;
}

const char *machine_compiler(void)
{
#if defined(__clang__)
	return "clang " __clang_version__;
#elif defined(__GNUC__)
	return "gcc " __VERSION__;
#else
	return "unknown compiler";
#endif
}

const char *machine_peers(void)
{
	static char list[256];
	size_t used = 0;

	if (*list != '\0')
		return list;
	snprintf(list, sizeof(list), "none");
	for (size_t i = 0; copy_peers[i] != NULL && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 used == 0 ? "" : ", ", copy_peers[i]->name);
	for (size_t i = 0; task_peers[i] != NULL && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 used == 0 ? "" : ", ", task_peers[i]->name);
	return list;
}
