/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of what was learnt, and its print.
 *
 * The file is text. Its first two lines name the format and the machine. Each further line is a
 * class: its kind, its two numbers in hexadecimal, its uses, and for each variant that was timed
 * NAME=COST/SAMPLES.
 *
 * There is no lock: a fork never finds one held. If two threads want to write the file at the same
 * time, one of them does. Only the process that has read the file writes it: a forked child knows
 * by its process ID that it is another.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aml/utils/version.h>

#include "kernels/kernels.h"
#include "machine/caches.h"
#include "machine/model.h"
#include "plan/class.h"
#include "plan/learnt.h"
#include "plan/tune.h"
#include "plan/variant.h"
#include "util/environment.h"

enum { LEARNT_LINE_BYTES = 1024 };

/* What became of the file. */
enum learnt_state {
	LEARNT_NO_FILE, /* none was named */
	LEARNT_NEW,     /* it does not exist yet */
	LEARNT_READ,
	LEARNT_BROKEN,
	LEARNT_FOREIGN,
	LEARNT_ALIEN, /* the file is something else, and stays */
	LEARNT_WRITTEN,
	LEARNT_UNWRITABLE,
};

static const char learnt_format[] = "aml-dma-tune 1\n";
enum { LEARNT_NAME_BYTES = 13 }; /* of the format, without its version */

static unsigned engines; /* atomic */
static bool was_read;    /* atomic: an engine has read the file */
static bool is_writing;  /* atomic */
static unsigned state;   /* atomic: enum learnt_state */
static int owner;        /* atomic: the ID of the process that has read the file */

/* The second line of the file: what a cost depends on, apart from the class. */
static void describe_machine(char line[LEARNT_LINE_BYTES])
{
	char model[MACHINE_MODEL_BYTES];

	machine_model(model);
	(void)snprintf(line, LEARNT_LINE_BYTES, "machine %s %s last=%zu cpus=%ld library=%s\n",
		       model, kernels()->name, caches()->last_bytes, sysconf(_SC_NPROCESSORS_ONLN),
		       AML_VERSION_STRING);
}

/* Parse a number in base `base` that ends at a character of `stops`. *text moves to that place. */
static bool parse_number(const char **text, int base, const char *stops, uint32_t *number)
{
	unsigned long long value;
	char *end;

	if (strchr("0123456789abcdef", **text) == NULL || **text == '\0')
		return false;
	errno = 0;
	value = strtoull(*text, &end, base);
	if (errno != 0 || value > UINT32_MAX || strchr(stops, *end) == NULL)
		return false;
	*number = (uint32_t)value;
	*text = end;
	return true;
}

/* Parse " NAME=COST/SAMPLES". */
static bool parse_cost(const char **text, uint8_t kind, struct tune_record *record)
{
	size_t length = strcspn(*text + 1, "= \n");
	unsigned variant = copy_variant_named(kind, *text + 1, length);
	struct tune_cost *cost;

	if (**text != ' ' || variant == VARIANT_NONE || (*text)[1 + length] != '=')
		return false;
	cost = &record->costs[variant - copy_first_variant[kind]];
	*text += length + 2;
	if (!parse_number(text, 10, "/", &cost->cost) || cost->cost == 0 ||
	    cost->cost > TUNE_COST_MAX)
		return false;
	++*text;
	return parse_number(text, 10, " \n", &cost->samples);
}

static bool parse_record(const char *line, struct tune_record *record)
{
	size_t length = strcspn(line, " ");
	uint8_t kind;

	memset(record, 0, sizeof(*record));
	if (line[length] != ' ')
		return false;
	line += length + 1;
	if (!parse_number(&line, 16, " ", &record->class.words[0]) || *line++ != ' ' ||
	    !parse_number(&line, 16, " ", &record->class.words[1]) || *line++ != ' ' ||
	    !parse_number(&line, 10, " \n", &record->uses))
		return false;
	kind = tune_class_kind(&record->class);
	if (kind >= VARIANT_KINDS || copy_first_variant[kind] == VARIANT_NONE)
		return false;
	while (*line == ' ')
		if (!parse_cost(&line, kind, record))
			return false;
	return strcmp(line, "\n") == 0;
}

/* Read the lines of a file. -1: it is broken. Else the number of its classes. */
static int read_records(FILE *file, struct tune_record *records, bool *foreign)
{
	char line[LEARNT_LINE_BYTES], machine[LEARNT_LINE_BYTES];
	int n = 0;

	describe_machine(machine);
	if (fgets(line, sizeof(line), file) == NULL || strcmp(line, learnt_format) != 0 ||
	    fgets(line, sizeof(line), file) == NULL || strncmp(line, "machine ", 8) != 0)
		return -1;
	*foreign = strcmp(line, machine) != 0;
	if (*foreign)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (n == TUNE_SLOTS || !parse_record(line, &records[n]))
			return -1;
		n++;
	}
	return ferror(file) ? -1 : n;
}

bool learnt_may_replace(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	char name[LEARNT_NAME_BYTES];
	struct stat status;
	ssize_t n = -1;

	if (fd < 0)
		return errno == ENOENT;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		n = read(fd, name, sizeof(name));
	(void)close(fd);
	return n == 0 || (n == sizeof(name) && memcmp(name, learnt_format, sizeof(name)) == 0);
}

bool learnt_load(const char *path, bool *foreign)
{
	struct tune_record records[TUNE_SLOTS];
	/* A pipe would block, without O_NONBLOCK. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), n = -1;
	struct stat status;
	FILE *file;

	*foreign = false;
	if (fd < 0)
		return false;
	file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "r") : NULL;
	if (file == NULL) {
		(void)close(fd);
		return false;
	}
	n = read_records(file, records, foreign);
	(void)fclose(file);
	for (int i = 0; i < n; i++)
		tune_add(&records[i]);
	return n >= 0;
}

static void write_records(FILE *file)
{
	char machine[LEARNT_LINE_BYTES];
	struct tune_record record;

	describe_machine(machine);
	(void)fputs(learnt_format, file);
	(void)fputs(machine, file);
	for (unsigned slot = 0; slot < TUNE_SLOTS; slot++) {
		unsigned first;
		uint8_t kind;

		if (!tune_read(slot, &record))
			continue;
		kind = tune_class_kind(&record.class);
		first = copy_first_variant[kind];
		(void)fprintf(file, "%s %" PRIx32 " %" PRIx32 " %" PRIu32, copy_kind_name(kind),
			      record.class.words[0], record.class.words[1], record.uses);
		for (unsigned i = 0; i < TUNE_VARIANTS_MAX && first + i < VARIANTS; i++)
			if (record.costs[i].cost > 0)
				(void)fprintf(file, " %s=%" PRIu32 "/%" PRIu32,
					      copy_variants[first + i].name, record.costs[i].cost,
					      record.costs[i].samples);
		(void)fputc('\n', file);
	}
}

bool learnt_save(const char *path)
{
	char temporary[PATH_MAX];
	bool written;
	FILE *file;
	int fd;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= sizeof(temporary))
		return false;
	if (!learnt_may_replace(path))
		return false;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return false;
	file = fdopen(fd, "w");
	if (file == NULL) {
		(void)close(fd);
		(void)unlink(temporary);
		return false;
	}
	write_records(file);
	written = !ferror(file);
	written = fclose(file) == 0 && written && rename(temporary, path) == 0;
	if (!written)
		(void)unlink(temporary);
	return written;
}

static const char *file_named(void)
{
	const char *path = environment_get("AML_DMA_TUNE_FILE");

	return path != NULL && *path != '\0' ? path : NULL;
}

static void set_state(enum learnt_state new)
{
	(void)__atomic_exchange_n(&state, new, __ATOMIC_RELAXED);
}

void learnt_begin(void)
{
	const char *path = file_named();
	bool foreign;

	(void)__atomic_fetch_add(&engines, 1, __ATOMIC_RELAXED);
	if (path == NULL || __atomic_exchange_n(&was_read, true, __ATOMIC_RELAXED))
		return;
	(void)__atomic_exchange_n(&owner, (int)getpid(), __ATOMIC_RELAXED);
	if (access(path, F_OK) != 0)
		set_state(LEARNT_NEW);
	else if (learnt_load(path, &foreign))
		set_state(LEARNT_READ);
	else if (!learnt_may_replace(path))
		set_state(LEARNT_ALIEN);
	else
		set_state(foreign ? LEARNT_FOREIGN : LEARNT_BROKEN);
}

/* Write the file if this process may. */
static void write_learnt(void)
{
	const char *path = file_named();
	int error = errno;

	if (path == NULL || __atomic_load_n(&owner, __ATOMIC_RELAXED) != (int)getpid() ||
	    !__atomic_load_n(&was_read, __ATOMIC_RELAXED) ||
	    __atomic_exchange_n(&is_writing, true, __ATOMIC_RELAXED))
		return;
	set_state(learnt_save(path) ? LEARNT_WRITTEN : LEARNT_UNWRITABLE);
	(void)__atomic_exchange_n(&is_writing, false, __ATOMIC_RELAXED);
	errno = error;
}

void learnt_end(void)
{
	if (__atomic_fetch_sub(&engines, 1, __ATOMIC_RELAXED) == 1)
		write_learnt();
}

/* At exit: engines may still exist. Without any, the last one has written the file. */
__attribute__((destructor)) static void write_learnt_at_exit(void)
{
	if (__atomic_load_n(&engines, __ATOMIC_RELAXED) > 0)
		write_learnt();
}

unsigned learnt_fastest(const struct tune_record *record)
{
	const struct tune_cost *costs = record->costs;
	unsigned best = TUNE_VARIANTS_MAX;

	for (unsigned i = 0; i < TUNE_VARIANTS_MAX; i++)
		if (costs[i].cost > 0 &&
		    (best == TUNE_VARIANTS_MAX || costs[i].cost < costs[best].cost))
			best = i;
	return best == TUNE_VARIANTS_MAX
		       ? VARIANT_NONE
		       : copy_first_variant[tune_class_kind(&record->class)] + best;
}

/* Print a class: its best variant, and the rate of each variant that was timed. */
static bool print_record(FILE *stream, const char *prefix, const struct tune_record *record)
{
	uint8_t kind = tune_class_kind(&record->class);
	unsigned best = learnt_fastest(record), first = copy_first_variant[kind];
	char text[TUNE_CLASS_TEXT_BYTES];
	bool ok;

	if (best == VARIANT_NONE)
		return true;
	tune_class_text(&record->class, text);
	ok = fprintf(stream, "%s  %s of %s: %s;", prefix, copy_kind_name(kind), text,
		     copy_variants[best].name) >= 0;
	for (unsigned i = 0; ok && i < TUNE_VARIANTS_MAX && first + i < VARIANTS; i++)
		if (record->costs[i].cost > 0)
			ok = fprintf(stream, " %s %.2f GB/s", copy_variants[first + i].name,
				     1024e3 / record->costs[i].cost) >= 0;
	return ok && fputc('\n', stream) != EOF;
}

bool learnt_print(FILE *stream, const char *prefix)
{
	static const char *const texts[] = {
		[LEARNT_NEW] = "is new",
		[LEARNT_READ] = "was read",
		[LEARNT_BROKEN] = "is ignored: it cannot be read, or is broken",
		[LEARNT_FOREIGN] = "is ignored: it is from another machine or version",
		[LEARNT_ALIEN] = "is ignored, and not replaced: it is not a tuning file",
		[LEARNT_WRITTEN] = "was written",
		[LEARNT_UNWRITABLE] = "was not written",
	};
	unsigned now = __atomic_load_n(&state, __ATOMIC_RELAXED);
	struct tune_record record;
	bool ok = true;

	if (now != LEARNT_NO_FILE)
		ok = fprintf(stream, "%s  tuning file: %s\n", prefix, texts[now]) >= 0;
	for (unsigned slot = 0; ok && slot < TUNE_SLOTS; slot++)
		if (tune_read(slot, &record))
			ok = print_record(stream, prefix, &record);
	return ok;
}
