/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The types that the parts of the benchmark share: cases, settings and results.
 *
 * A case is a piece of work that several contestants do: engines of the library, and other code
 * to compare them with. One contestant is the yardstick. The run function of a case measures all
 * contestants in turns, and adds one row per contestant to the results. The reports (report.h)
 * print the rows.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "shape.h"

#define NAME_SIZE 80
#define ABOUT_SIZE 128
#define NOTE_SIZE 200
#define ROWS_MAX 64

/* The pages of the buffers. */
enum pages {
	PAGES_DEFAULT, /* as the system gives them */
	PAGES_4K,      /* never huge pages */
	PAGES_THP,     /* huge pages are requested */
};

/* How long to measure a contestant. Times are in nanoseconds. */
struct effort {
	double turn_ns;   /* the least time of a turn; short operations are repeated */
	double long_ns;   /* an operation that takes longer has no warm-up */
	double budget_ns; /* after this time, and `fewest` turns, a contestant makes no more */
	unsigned fewest;
};

/* The effort of cases with few contests: careful. */
#define EFFORT_CAREFUL                                                        \
	(struct effort)                                                       \
	{                                                                     \
		.turn_ns = 1e6, .long_ns = 1e8, .budget_ns = 2e9, .fewest = 3 \
	}

/* The options of the user that determine how to measure. */
struct settings {
	unsigned workers;     /* of the larger engine; the other engine has one worker */
	unsigned repetitions; /* of each contestant */
	bool quick;           /* tiny sizes, one repetition: tests the benchmark itself */
	bool brief;           /* only the engines and their yardstick */
	enum pages pages;
	struct effort effort;
	unsigned long long seed;            /* of generated problems */
	size_t first_problem, last_problem; /* of a suite, counted from 1; 0: the first, the last */
	bool repetitions_given;             /* by the user: suites use them, too */
};

/* How a target is compared with a measurement. */
enum sense {
	NO_TARGET,
	FASTER, /* the yardstick's time divided by the contestant's is at least `value` */
	SLOWER, /* the contestant's time divided by the yardstick's is at most `value` */
	BELOW,  /* the measured value itself is at most `value` */
};

struct target {
	enum sense sense;
	double value;
};

/* The unit of `best` and `median`. */
enum unit { NANOSECONDS, BYTES, PERCENT };

enum verdict { NOT_JUDGED, MET, MISSED };

/* A row: the result of one contestant in one case. */
struct result {
	char contestant[NAME_SIZE];
	char isa[NAME_SIZE]; /* AML_DMA_ISA; "auto" if unset; empty if not an engine */
	unsigned workers;    /* 0: none */
	enum unit unit;
	double best, median;   /* of one operation, or of one of its requests */
	double payload;        /* bytes that one operation copies; 0: the case measures requests */
	double p50, p99, p999; /* latencies in nanoseconds; 0: not measured */
	char yardstick[NAME_SIZE];
	double ratio; /* 0: no yardstick; see enum sense */
	double again; /* of a second measurement, which counts if it is better; 0: none */
	struct target target;
	enum verdict verdict;
};

struct reports;

struct results {
	struct result rows[ROWS_MAX];
	size_t count;
	char note[NOTE_SIZE];    /* why the case was skipped or failed, or a remark */
	struct reports *reports; /* where a suite reports its problems; see reports.h */
};

/* How a case ended. */
enum outcome {
	DONE,
	SKIPPED, /* this machine cannot run the case; the note gives the reason */
	FAILED,  /* the note gives the reason; of a suite, some problems may have run */
};

/* The code that a copy is compared with. */
enum yardstick { BY_MEMCPY, BY_ROWS, BY_LOOPS };

struct suite_goals;

struct bench_case {
	char name[NAME_SIZE];
	char about[ABOUT_SIZE];
	bool on_request;  /* runs only if selected by name */
	bool isa_matters; /* the kernels' instruction set may change the result */
	enum outcome (*run)(const struct bench_case *c, const struct settings *settings,
			    struct results *out);
	struct target target;
	double one_worker; /* the fraction of the target that an engine of one worker must reach */
	/* Only for copies. */
	struct bench_shape shape;
	enum yardstick yardstick;
	/* Only for requests. */
	size_t count;                    /* requests at a time */
	int (*operation)(void *entrant); /* of an engine, if cases share a `run` */
	int (*other)(void *entrant);     /* of the engine that is the yardstick */
	size_t size;                     /* bytes of each */
	unsigned posters;                /* threads that post */
	unsigned workers;                /* for cases that vary the number of workers */
	/* Only for suites. */
	const struct suite_goals *goals; /* NULL: none besides the needs of the problems */
};

struct case_list {
	struct bench_case *cases;
	size_t count, room;
};

/* Append a copy of `c` to the list. If out of memory, print a message and exit. */
void case_list_add(struct case_list *list, const struct bench_case *c);

/* Append the cases of a group. */
void add_queue_cases(struct case_list *list, const struct settings *settings);
void add_memory_cases(struct case_list *list, const struct settings *settings);
void add_copy_cases(struct case_list *list, const struct settings *settings);
void add_layout_cases(struct case_list *list, const struct settings *settings);
void add_sweep_cases(struct case_list *list, const struct settings *settings);
void add_scaling_cases(struct case_list *list, const struct settings *settings);
void add_completion_cases(struct case_list *list, const struct settings *settings);
void add_asleep_cases(struct case_list *list, const struct settings *settings);
void add_permutation_cases(struct case_list *list, const struct settings *settings);
void add_random_cases(struct case_list *list, const struct settings *settings);
void add_tiny_cases(struct case_list *list, const struct settings *settings);
void add_operator_cases(struct case_list *list, const struct settings *settings);
void add_compare_cases(struct case_list *list, const struct settings *settings);
void add_number_cases(struct case_list *list, const struct settings *settings);
void add_steps_cases(struct case_list *list, const struct settings *settings);
void add_shapes_cases(struct case_list *list, const struct settings *settings);
void add_first_cases(struct case_list *list, const struct settings *settings);
void add_large_cases(struct case_list *list, const struct settings *settings);
void add_multiplex_cases(struct case_list *list, const struct settings *settings);

/* The results. */

/*
 * Add a row, zero except for the contestant's name. The pointer is valid until the next case. If
 * the table is full, the new row overwrites the last one.
 */
struct result *results_add(struct results *results, const char *contestant);

/* Set the note, formatted as by printf(). */
__attribute__((format(printf, 2, 3))) void results_note(struct results *results, const char *format,
							...);

/* Set the note "out of memory". Returns FAILED. */
enum outcome results_no_memory(struct results *results);

/* Compute the ratio and the verdict of a row. `yardstick` NULL: no yardstick. */
void result_judge(struct result *row, const struct result *yardstick, struct target target);

/* The target of an engine with `workers` workers. */
struct target target_for(const struct bench_case *c, unsigned workers);

/* Write the name of an engine as a contestant. */
void engine_name(char name[NAME_SIZE], unsigned workers);

/* Set the fields of a row that only engines have. */
void result_is_engine(struct result *row, unsigned workers);

/* Copy a string into an array of `size` bytes, truncated if needed. */
void copy_text(char *to, size_t size, const char *from);

#endif /* BENCH_H */
