/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the bench share: a case, what was asked for, and what came out.
 *
 * A case is a piece of work that several contestants do: engines of the library, and whatever
 * there is to compare them with. One of them is the yardstick. A case's run function measures
 * all of them, interleaved, and adds a row per contestant to the results; what becomes of the
 * rows is the reports' affair (report.h).
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "shape.h"

#define NAME_SIZE 80
#define ABOUT_SIZE 128
#define NOTE_SIZE 200
#define ROWS_MAX 32

/* What the user asked for, as far as it concerns how to measure. */
struct settings {
	unsigned workers;     /* of the larger engine; another one always has one worker */
	unsigned repetitions; /* of each contestant */
	bool quick;      /* tiny sizes, one repetition: a test of the bench, not of the machine */
	bool brief;      /* the engines and their yardstick only */
	bool huge_pages; /* ask for huge pages */
};

/* What a contestant has to reach. */
enum sense {
	NO_TARGET,
	FASTER, /* the yardstick's time divided by its own is at least `value` */
	SLOWER, /* its own time divided by the yardstick's is at most `value` */
	BELOW,  /* what was measured is at most `value` by itself */
};

struct target {
	enum sense sense;
	double value;
};

/* What stands in `best` and `median`. */
enum unit { NANOSECONDS, BYTES, PERCENT };

enum verdict { NOT_JUDGED, MET, MISSED };

/* A row: one contestant in one case. */
struct result {
	char contestant[NAME_SIZE];
	char isa[NAME_SIZE]; /* what AML_DMA_ISA said; "auto" without it, empty for others' code */
	unsigned workers;    /* 0 if it has none */
	enum unit unit;
	double best, median;   /* of one operation, or of one request in it */
	double payload;        /* bytes that one operation copies; 0: a matter of requests */
	double p50, p99, p999; /* latencies in nanoseconds; 0: not measured */
	char yardstick[NAME_SIZE];
	double ratio; /* 0: no yardstick; see enum sense */
	struct target target;
	enum verdict verdict;
};

struct results {
	struct result rows[ROWS_MAX];
	size_t count;
	char note[NOTE_SIZE]; /* why the case was skipped or failed, or what to know of it */
};

/* How a case ended. */
enum outcome {
	DONE,
	SKIPPED, /* this machine cannot run it; the note says why */
	FAILED,  /* something is wrong; the note says what */
};

/* What a copy is compared with. */
enum yardstick { BY_MEMCPY, BY_ROWS, BY_LOOPS };

struct bench_case {
	char name[NAME_SIZE];
	char about[ABOUT_SIZE];
	bool on_request;  /* runs only if it is picked by name */
	bool isa_matters; /* the kernels' instruction set may change the result */
	enum outcome (*run)(const struct bench_case *c, const struct settings *settings,
			    struct results *out);
	struct target target;
	double one_worker; /* the part of the target that an engine of one worker must reach */
	/* Of copies. */
	struct shape shape;
	enum yardstick yardstick;
	/* Of requests. */
	size_t count;     /* requests at a time */
	size_t size;      /* bytes of each */
	unsigned posters; /* threads that post */
	unsigned workers; /* where the case is one of many numbers of workers */
};

struct case_list {
	struct bench_case *cases;
	size_t count, room;
};

/* Add a copy of `c` to the list. The process ends with a message if there is no memory. */
void case_list_add(struct case_list *list, const struct bench_case *c);

/* Add the cases of a group. */
void add_queue_cases(struct case_list *list, const struct settings *settings);
void add_memory_cases(struct case_list *list, const struct settings *settings);
void add_copy_cases(struct case_list *list, const struct settings *settings);
void add_layout_cases(struct case_list *list, const struct settings *settings);
void add_sweep_cases(struct case_list *list, const struct settings *settings);
void add_scaling_cases(struct case_list *list, const struct settings *settings);
void add_asleep_cases(struct case_list *list, const struct settings *settings);

/* The results. */

/*
 * Add a row, zeroed but for the contestant's name. Its place is valid until the next case; a
 * row too many is overwritten by the next.
 */
struct result *results_add(struct results *results, const char *contestant);

/* Set the note, as printf does. */
__attribute__((format(printf, 2, 3))) void results_note(struct results *results, const char *format,
							...);

/* The note "no memory", for a case that failed so. */
enum outcome results_no_memory(struct results *results);

/* Compute the ratio to a yardstick and the verdict. `yardstick` NULL: there is none. */
void result_judge(struct result *row, const struct result *yardstick, struct target target);

/* The target of an engine with so many workers. */
struct target target_for(const struct bench_case *c, unsigned workers);

/* The name of an engine as a contestant. */
void engine_name(char name[NAME_SIZE], unsigned workers);

/* Mark a row as an engine's. */
void result_is_engine(struct result *row, unsigned workers);

/* Copy a string into an array of `size`, cut to fit. */
void copy_text(char *to, size_t size, const char *from);

#endif /* BENCH_H */
