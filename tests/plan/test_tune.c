/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of what was learnt, with costs that the tests make up; the rules of AML_DMA_TUNE; and
 * the file that AML_DMA_TUNE_FILE names.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "plan/choose.h"
#include "plan/class.h"
#include "plan/learnt.h"
#include "plan/make.h"
#include "plan/part.h"
#include "plan/rules.h"
#include "plan/tune.h"
#include "suite.h"

/* The time of a part of 64 KiB by each variant, in nanoseconds. 0: the variant must not run. */
struct made_up_times {
	uint64_t ns[TUNE_VARIANTS_MAX];
};

enum { PART_BYTES = 64 << 10 };

static struct tune_class class_number(uint32_t n)
{
	return (struct tune_class){{COPY_FLAT | 40 << 3, n}};
}

/* Run `parts` parts of a class, and count how often each variant was chosen. */
static void run_parts(unsigned slot, uint32_t options, unsigned first, unsigned parts,
		      const struct made_up_times *times, unsigned counts[TUNE_VARIANTS_MAX])
{
	memset(counts, 0, TUNE_VARIANTS_MAX * sizeof(*counts));
	for (unsigned i = 0; i < parts; i++) {
		bool checks;
		unsigned variant = tune_choose(slot, options, first, &checks);

		ck_assert_uint_gt(times->ns[variant], 0);
		counts[variant]++;
		tune_report(slot, variant, PART_BYTES, times->ns[variant]);
	}
}

/* Contract: TUNE-1. */
START_TEST(the_fastest_variant_is_learnt)
{
	const struct made_up_times times = {{100, 0, 70, 400}};
	const struct tune_class class = class_number(1);
	unsigned slot = tune_slot(&class), counts[TUNE_VARIANTS_MAX];

	run_parts(slot, 0xd, 0, 256, &times, counts);
	ck_assert_uint_ge(counts[2], 240);
	/* What is far behind is tried once. */
	ck_assert_uint_eq(counts[3], 1);
	ck_assert_uint_eq(tune_best(slot, 0xd, 0), 2);
	ck_assert_uint_eq(tune_best(slot, 0x9, 0), 0);
}
END_TEST

/* Contract: TUNE-1. */
START_TEST(the_first_choice_comes_first)
{
	const struct made_up_times times = {{100, 100, 100}};
	const struct tune_class class = class_number(2);
	unsigned slot = tune_slot(&class), counts[TUNE_VARIANTS_MAX];

	run_parts(slot, 0x7, 1, 2, &times, counts);
	ck_assert_uint_eq(counts[1], 2);
	/* A first choice that does not fit is replaced. */
	ck_assert_uint_eq(tune_best(tune_slot(&(struct tune_class){{9, 9}}), 0x6, 0), 1);
}
END_TEST

/* Contract: TUNE-1. */
START_TEST(a_variant_that_becomes_faster_is_found)
{
	struct made_up_times times = {{100, 120}};
	const struct tune_class class = class_number(3);
	unsigned slot = tune_slot(&class), counts[TUNE_VARIANTS_MAX];

	run_parts(slot, 0x3, 0, 100, &times, counts);
	ck_assert_uint_gt(counts[0], 90);
	times.ns[1] = 50;
	run_parts(slot, 0x3, 0, 1000, &times, counts);
	ck_assert_uint_gt(counts[1], 700);
	/* And one that becomes slower is left. */
	times.ns[1] = 200;
	run_parts(slot, 0x3, 0, 1000, &times, counts);
	ck_assert_uint_gt(counts[0], 700);
}
END_TEST

/* Contract: TUNE-1. */
START_TEST(one_long_time_changes_little)
{
	const struct made_up_times times = {{100, 130}};
	const struct tune_class class = class_number(4);
	unsigned slot = tune_slot(&class), counts[TUNE_VARIANTS_MAX];

	run_parts(slot, 0x3, 0, 100, &times, counts);
	tune_report(slot, 0, PART_BYTES, 1000 * 1000);
	ck_assert_uint_eq(tune_best(slot, 0x3, 1), 0);
	/* No bytes, and times beyond any range, are no costs. */
	tune_report(slot, 0, 0, 1000);
	tune_report(slot, 1, 1, UINT64_MAX);
	ck_assert_uint_eq(tune_best(slot, 0x3, 1), 0);
	tune_report(slot, 1, UINT64_MAX, 0);
}
END_TEST

/* Copies of a class whose time depends on the route. Return how many streamed. */
static unsigned run_copies(unsigned slot, const struct tune_options *options, unsigned copies,
			   uint64_t cached_ns, uint64_t streamed_ns)
{
	unsigned streamed = 0;

	for (unsigned i = 0; i < copies; i++) {
		bool streams = tune_choose_route(slot, options), checks;
		unsigned variant = tune_choose(slot, streams ? options->streamed : options->cached,
					       options->first, &checks);

		streamed += streams;
		tune_report(slot, variant, PART_BYTES, streams ? streamed_ns : cached_ns);
	}
	return streamed;
}

/* Contract: TUNE-1. */
START_TEST(the_route_is_learnt)
{
	const struct tune_options caches_first = {.cached = 1, .streamed = 6, .first = 0};
	const struct tune_options stream_first = {.cached = 1, .streamed = 6, .first = 1};
	const struct tune_class classes[] = {class_number(5), class_number(6), class_number(7)};

	ck_assert_uint_ge(run_copies(tune_slot(&classes[0]), &caches_first, 100, 150, 100), 90);
	ck_assert_uint_le(run_copies(tune_slot(&classes[1]), &stream_first, 100, 100, 150), 10);
	/* A route that takes far longer is tried by one copy. */
	ck_assert_uint_eq(run_copies(tune_slot(&classes[2]), &caches_first, 60, 100, 1000), 1);
}
END_TEST

/* Contract: TUNE-1. */
START_TEST(a_route_that_was_tried_with_cold_memory_is_checked_again)
{
	const struct tune_options options = {.cached = 1, .streamed = 6, .first = 0};
	const struct tune_class class = class_number(9);
	unsigned slot = tune_slot(&class);

	ck_assert_uint_eq(run_copies(slot, &options, 6, 200, 150), 3);
	ck_assert_uint_le(run_copies(slot, &options, 60, 100, 150), 10);
}
END_TEST

START_TEST(the_least_used_class_is_replaced)
{
	unsigned slots[TUNE_SLOTS], slot;
	struct tune_record record;
	struct tune_class class;

	tune_clear();
	for (uint32_t i = 0; i < TUNE_SLOTS; i++) {
		class = class_number(i);
		slots[i] = tune_slot(&class);
		for (uint32_t k = 0; k < i; k++)
			ck_assert_uint_ne(slots[k], slots[i]);
		tune_report(slots[i], 0, PART_BYTES, 1000 + i);
		if (i != 20)
			ck_assert_uint_eq(tune_slot(&class), slots[i]);
	}
	class = class_number(1000);
	slot = tune_slot(&class);
	ck_assert_uint_eq(slot, slots[20]);
	ck_assert(tune_read(slot, &record));
	ck_assert_uint_eq(record.class.words[1], 1000);
	ck_assert_uint_eq(record.costs[0].cost, 0);
	ck_assert_uint_eq(record.costs[0].samples, 0);
	/* The others are still there. */
	for (uint32_t i = 0; i < TUNE_SLOTS; i++) {
		class = class_number(i);
		if (i != 20)
			ck_assert_uint_eq(tune_slot(&class), slots[i]);
	}
	ck_assert(tune_read(slots[3], &record));
	ck_assert_uint_gt(record.costs[0].cost, 0);
}
END_TEST

START_TEST(few_copies_of_one_part_are_timed)
{
	const struct tune_class class = class_number(8);
	unsigned slot = tune_slot(&class), due = 0;

	for (unsigned i = 0; i < 640; i++)
		due += tune_is_due(slot);
	ck_assert_uint_eq(due, 10);
}
END_TEST

/* Contract: ENV-4. */
START_TEST(the_rules_are_parsed)
{
	static const char *const bad[] = {"",
					  ",",
					  "on",
					  "OFF",
					  "flat",
					  "flat=",
					  "flat=none",
					  "flat=stage-once",
					  "flat=stream,",
					  ",flat=stream",
					  "flat=stream,off",
					  "deref=stream",
					  "empty=none",
					  "flat=stream,transpose",
					  "flat =stream",
					  "flat=streams",
					  "fla=stream"};
	struct choice_rules rules;

	ck_assert(tune_rules_parse("off", &rules));
	ck_assert(rules.off);
	ck_assert(tune_rules_parse("flat=stream", &rules));
	ck_assert(!rules.off);
	ck_assert_uint_eq(rules.forced[COPY_FLAT], VARIANT_FLAT_STREAM);
	ck_assert_uint_eq(rules.forced[COPY_STRIDED], VARIANT_NONE);
	ck_assert(tune_rules_parse("transpose=direct,flat=cached", &rules));
	ck_assert_uint_eq(rules.forced[COPY_FLAT], VARIANT_FLAT_CACHED);
	ck_assert_uint_eq(rules.forced[COPY_TRANSPOSE], VARIANT_TRANSPOSE_DIRECT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(!tune_rules_parse(bad[i], &rules), "'%s'", bad[i]);
		ck_assert(!rules.off);
		for (size_t kind = 0; kind < VARIANT_KINDS; kind++)
			ck_assert_uint_eq(rules.forced[kind], VARIANT_NONE);
	}
}
END_TEST

/* Contract: ENV-4. */
START_TEST(a_forced_variant_is_taken)
{
	static char to[1 << 16], from[1 << 16];
	union copy_plan_room room, part;
	struct choice_rules rules;

	for (int stream = 0; stream < 2; stream++) {
		ck_assert(tune_rules_parse(stream ? "flat=stream" : "flat=cached", &rules));
		copy_set_choice_rules(&rules);
		ck_assert_int_eq(copy_plan_bytes(&room, to, from, sizeof(to)), 0);
		ck_assert_int_eq(room.plan.stream, stream);
		ck_assert(!room.plan.timed);
		ck_assert(copy_plan_part(&room.plan, 1, &part));
		ck_assert_uint_eq(part.plan.variant,
				  stream ? VARIANT_FLAT_STREAM : VARIANT_FLAT_CACHED);
		/* Small plans have no variant. */
		ck_assert_int_eq(copy_plan_bytes(&room, to, from, 100), 0);
		ck_assert_uint_eq(room.plan.variant, VARIANT_NONE);
		ck_assert(!room.plan.stream);
	}
	rules = (struct choice_rules){.off = true};
	copy_set_choice_rules(&rules);
	ck_assert_int_eq(copy_plan_bytes(&room, to, from, sizeof(to)), 0);
	ck_assert(room.plan.stream);
	ck_assert(!room.plan.timed);
}
END_TEST

/* Plans that differ in what may matter are of different classes. */
START_TEST(classes_tell_plans_apart)
{
	static _Alignas(64) char memory[64];
	union copy_plan_room room = {.plan = {.kind = COPY_FLAT}};
	struct copy_plan *plan = &room.plan;
	struct tune_class class, other;
	char text[TUNE_CLASS_TEXT_BYTES];

	plan->run.dst = memory;
	plan->run.src = memory;
	class = tune_class_of(plan, 1 << 20);
	ck_assert_uint_eq(tune_class_kind(&class), COPY_FLAT);
	tune_class_text(&class, text);
	ck_assert_str_eq(text, "2^20 B, dst in lines, src in lines");
	other = tune_class_of(plan, 3 << 19);
	ck_assert(memcmp(&class, &other, sizeof(class)) != 0);
	other = tune_class_of(plan, (1 << 20) + 100);
	ck_assert(memcmp(&class, &other, sizeof(class)) == 0);
	plan->run.src = memory + 1;
	other = tune_class_of(plan, 1 << 20);
	ck_assert(memcmp(&class, &other, sizeof(class)) != 0);
	plan->kind = COPY_TRANSPOSE;
	plan->nloops = 2;
	plan->run.bytes = 8;
	plan->loops[0] = (struct copy_loop){512, 8, 4096};
	plan->loops[1] = (struct copy_loop){513, 4096, 8};
	class = tune_class_of(plan, 512 * 512 * 8);
	tune_class_text(&class, text);
	ck_assert_str_eq(text, "2^21 B, elements 2^3 B, loops 2^9 2^9, dst in lines");
	plan->run.bytes = 12;
	other = tune_class_of(plan, 512 * 512 * 8);
	ck_assert(memcmp(&class, &other, sizeof(class)) != 0);
	tune_class_text(&other, text);
	ck_assert_str_eq(text, "2^21 B, elements 2^3+ B, loops 2^9 2^9");
}
END_TEST

static char folder[] = "tune.XXXXXX";
static char path[64];

static int remove_entry(const char *name, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(name);
}

static void remove_folder(void)
{
	ck_assert_int_eq(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void make_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_lt(snprintf(path, sizeof(path), "%s/learnt", folder), (int)sizeof(path));
	tune_clear();
}

static unsigned entries_seen;

static int count_entry(const char *name, const struct stat *status, int type, struct FTW *ftw)
{
	(void)name;
	(void)status;
	(void)type;
	entries_seen += ftw->level > 0;
	return 0;
}

/* The number of files in the folder. */
static unsigned files_in_folder(void)
{
	entries_seen = 0;
	ck_assert_int_eq(nftw(folder, count_entry, 8, FTW_PHYS), 0);
	return entries_seen;
}

/* Learn something about a class. */
static void learn(uint32_t number, uint64_t ns)
{
	const struct tune_class class = class_number(number);

	tune_report(tune_slot(&class), 1, PART_BYTES, ns);
}

/* The cost of what learn() learnt. 0: nothing is known. */
static uint32_t learnt_cost(uint32_t number)
{
	const struct tune_class class = class_number(number);
	struct tune_record record;

	for (unsigned slot = 0; slot < TUNE_SLOTS; slot++)
		if (tune_read(slot, &record) && !memcmp(&record.class, &class, sizeof(class)))
			return record.costs[1].cost;
	return 0;
}

static void write_text(const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* The text of the file. The caller frees it. */
static char *read_text(void)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 16);

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_gt(fread(text, 1, (1 << 16) - 1, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	return text;
}

/* Contract: ENV-5. */
START_TEST(what_was_saved_is_read)
{
	bool foreign;

	make_folder();
	learn(1, 6400);
	learn(2, 12800);
	ck_assert(learnt_save(path));
	/* No temporary stays. */
	ck_assert_uint_eq(files_in_folder(), 1);
	tune_clear();
	ck_assert_uint_eq(learnt_cost(1), 0);
	ck_assert(learnt_load(path, &foreign));
	ck_assert_uint_eq(learnt_cost(1), 6400 * 1000 / (PART_BYTES / 1024));
	ck_assert_uint_eq(learnt_cost(2), 12800 * 1000 / (PART_BYTES / 1024));
	/* What the process has learnt itself stays. */
	tune_clear();
	learn(1, 64);
	ck_assert(learnt_load(path, &foreign));
	ck_assert_uint_eq(learnt_cost(1), 64 * 1000 / (PART_BYTES / 1024));
	remove_folder();
}
END_TEST

/* Contract: ENV-5. */
START_TEST(broken_files_are_ignored)
{
	static const char *const lines[] = {
		"flat",
		"flat 1",
		"flat x 1 1\n",
		"flat 1 1 1",
		"flat 1 1 1 \n",
		"flat 1 1 -1\n",
		"flat 1 1 +1\n",
		"flat 1 1 99999999999\n",
		"flat 0 1 1\n",
		"flat 5 1 1\n",
		"flat 1 1 1 stream\n",
		"flat 1 1 1 stream=\n",
		"flat 1 1 1 stream=0/1\n",
		"flat 1 1 1 stream=1000\n",
		"flat 1 1 1 stream=1000/\n",
		"flat 1 1 1 stream=4294967295/1\n",
		"flat 1 1 1 direct=1000/1\n",
		"flat 1 1 1 stream=1000/1x\n",
		"flat 1 1 1 stream=1000/1",
		"\n",
	};
	char *good;
	size_t length;
	bool foreign;

	make_folder();
	learn(1, 6400);
	ck_assert(learnt_save(path));
	good = read_text();
	length = strlen(good);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		strcpy(good + length, lines[i]);
		write_text(good);
		tune_clear();
		ck_assert_msg(!learnt_load(path, &foreign) && !foreign, "'%s'", lines[i]);
		ck_assert_uint_eq(learnt_cost(1), 0);
	}
	/* A file that is cut within a line is broken. */
	for (size_t cut = length - 1; cut > 0 && good[cut - 1] != '\n'; cut--) {
		good[cut] = '\0';
		write_text(good);
		tune_clear();
		ck_assert(!learnt_load(path, &foreign));
		ck_assert_uint_eq(learnt_cost(1), 0);
	}
	free(good);
	remove_folder();
}
END_TEST

/* Contract: ENV-5. */
START_TEST(a_file_of_another_machine_is_ignored)
{
	char *text, *machine;
	bool foreign;

	make_folder();
	learn(1, 6400);
	ck_assert(learnt_save(path));
	text = read_text();
	machine = strstr(text, "machine ");
	ck_assert_ptr_nonnull(machine);
	machine[8] = machine[8] == 'x' ? 'y' : 'x';
	write_text(text);
	tune_clear();
	ck_assert(!learnt_load(path, &foreign));
	ck_assert(foreign);
	ck_assert_uint_eq(learnt_cost(1), 0);
	free(text);
	remove_folder();
}
END_TEST

/* Contract: ENV-5. */
START_TEST(only_a_regular_file_is_read_or_replaced)
{
	struct stat status;
	char target[80];
	bool foreign;

	make_folder();
	learn(1, 6400);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert(!learnt_load(path, &foreign));
	ck_assert(!learnt_save(path));
	ck_assert_int_eq(lstat(path, &status), 0);
	ck_assert(S_ISFIFO(status.st_mode));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_lt(snprintf(target, sizeof(target), "%s/target", folder), 80);
	ck_assert_int_eq(symlink("target", path), 0);
	ck_assert(!learnt_save(path));
	ck_assert_int_eq(lstat(target, &status), -1);
	ck_assert_uint_eq(files_in_folder(), 1);
	/* A folder that does not exist. */
	ck_assert(!learnt_save("none-such/learnt"));
	ck_assert(!learnt_load("none-such/learnt", &foreign));
	remove_folder();
}
END_TEST

/* Return what aml_dma_fprintf() writes. The caller frees it. */
static char *print_engine(const struct aml_dma *dma)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(aml_dma_fprintf(stream, "# ", dma), 0);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

static void expect_line(const struct aml_dma *dma, const char *line)
{
	char *text = print_engine(dma);

	ck_assert_msg(strstr(text, line) != NULL, "no '%s' in:\n%s", line, text);
	free(text);
}

static void expect_text(const char *wanted)
{
	char *text = read_text();

	ck_assert_str_eq(text, wanted);
	free(text);
}

static void set_file(void)
{
	ck_assert_int_eq(setenv("AML_DMA_TUNE_FILE", path, 1), 0);
}

/* Contract: ENV-5. */
START_TEST(the_last_engine_writes_the_file)
{
	struct aml_dma *one = NULL, *two = NULL;
	struct stat status;
	bool foreign;

	make_folder();
	set_file();
	ck_assert_int_eq(aml_dma_linux_create(&one, 0), 0);
	ck_assert_int_eq(aml_dma_linux_create(&two, 0), 0);
	expect_line(one, "#   tuning file: is new\n");
	learn(1, 6400);
	expect_line(one, "#   flat of 2^20 B: stream; stream 10.24 GB/s\n");
	aml_dma_linux_destroy(&one);
	ck_assert_int_eq(stat(path, &status), -1);
	aml_dma_linux_destroy(&two);
	ck_assert_int_eq(stat(path, &status), 0);
	tune_clear();
	ck_assert(learnt_load(path, &foreign));
	ck_assert_uint_gt(learnt_cost(1), 0);
	remove_folder();
}
END_TEST

/* Contract: ENV-5. */
START_TEST(the_first_engine_reads_the_file)
{
	struct aml_dma *dma = NULL;

	make_folder();
	learn(1, 6400);
	ck_assert(learnt_save(path));
	tune_clear();
	set_file();
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), 0);
	expect_line(dma, "#   tuning file: was read\n");
	ck_assert_uint_gt(learnt_cost(1), 0);
	aml_dma_linux_destroy(&dma);
	remove_folder();
}
END_TEST

/* Contract: ENV-5. */
START_TEST(a_broken_file_is_reported)
{
	struct aml_dma *dma = NULL;
	char *text;

	make_folder();
	write_text("aml-dma-tune 1\nsomething else\n");
	set_file();
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), 0);
	expect_line(dma, "#   tuning file: is ignored: it cannot be read, or is broken\n");
	aml_dma_linux_destroy(&dma);
	/* It is replaced. */
	text = read_text();
	ck_assert_ptr_eq(strstr(text, "something"), NULL);
	free(text);
	remove_folder();
}
END_TEST

/* Contract: ENV-5. */
START_TEST(another_file_is_not_replaced)
{
	static const char *const texts[] = {"something else\n", "aml-dma-tune", "A"};
	struct aml_dma *dma = NULL;

	make_folder();
	set_file();
	learn(1, 6400);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		write_text(texts[i]);
		ck_assert(!learnt_save(path));
		expect_text(texts[i]);
	}
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), 0);
	expect_line(dma,
		    "#   tuning file: is ignored, and not replaced: it is not a tuning file\n");
	aml_dma_linux_destroy(&dma);
	expect_text("A");
	ck_assert_uint_eq(files_in_folder(), 1);
	/* An empty file is. */
	write_text("");
	ck_assert(learnt_save(path));
	remove_folder();
}
END_TEST

static void wait_for_child(pid_t child)
{
	int status;

	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Contract: ENV-5. */
START_TEST(a_forked_child_writes_nothing)
{
	struct aml_dma *dma = NULL;
	pid_t child;

	make_folder();
	set_file();
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), 0);
	learn(1, 6400);
	child = fork();
	if (child == 0) {
		/* At the end of the last engine, and at exit. */
		aml_dma_linux_destroy(&dma);
		(void)aml_dma_linux_create(&dma, 0);
		exit(0);
	}
	wait_for_child(child);
	ck_assert_uint_eq(files_in_folder(), 0);
	aml_dma_linux_destroy(&dma);
	ck_assert_uint_eq(files_in_folder(), 1);
	remove_folder();
}
END_TEST

SUITE("plan/tune", the_fastest_variant_is_learnt, the_first_choice_comes_first,
      a_variant_that_becomes_faster_is_found, one_long_time_changes_little, the_route_is_learnt,
      a_route_that_was_tried_with_cold_memory_is_checked_again, the_least_used_class_is_replaced,
      few_copies_of_one_part_are_timed, the_rules_are_parsed, a_forced_variant_is_taken,
      classes_tell_plans_apart, what_was_saved_is_read, broken_files_are_ignored,
      a_file_of_another_machine_is_ignored, only_a_regular_file_is_read_or_replaced,
      the_last_engine_writes_the_file, the_first_engine_reads_the_file, a_broken_file_is_reported,
      another_file_is_not_replaced, a_forked_child_writes_nothing)
