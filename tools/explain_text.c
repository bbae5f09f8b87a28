/* SPDX-License-Identifier: BSD-3-Clause */
/* Text of aml-dma explain, see explain_text.h. */
#include "explain_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "copy/run.h"
#include "plan/boxes.h"

enum { BOXES_PRINTED_MAX = 8 };

static const double NS_PER_SECOND = 1e9, BYTES_PER_GB = 1e9;

/* Print a number of bytes, and a shorter form of a large one. */
static void print_bytes(uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes / 1024;
	unsigned unit = 0;

	printf("%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
	if (bytes < 1024)
		return;
	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(*units)) {
		value /= 1024;
		unit++;
	}
	printf(" (%.4g %s)", value, units[unit]);
}

static void print_side(const char *name, const struct explain_side *side)
{
	printf("%-12s %s, in ", name, side->text);
	print_bytes(side->parsed.bytes);
	puts(" of memory");
}

static void print_loops(const char *indent, const char *name, const struct copy_plan *plan,
			uint8_t from, uint8_t to)
{
	printf("%s%-10s innermost first:    extent  destination step  source step\n", indent, name);
	for (uint8_t i = from; i < to; i++)
		printf("%s%32zu  %16td  %11td\n", indent, plan->loops[i].extent,
		       plan->loops[i].dst_step, plan->loops[i].src_step);
}

static void print_runs(const char *indent, const struct copy_plan *plan)
{
	printf("%s%-10s %zu byte%s, contiguous on both sides\n", indent, "runs", plan->run.bytes,
	       plan->run.bytes == 1 ? "" : "s");
}

static void print_padded(const char *indent, const struct copy_plan *plan)
{
	const struct copy_padded_dim *dims = copy_const_padded(plan)->dims;

	printf("%s%-10s innermost first:    extent  of the source     from\n", indent, "loops");
	for (uint8_t i = 0; i < plan->nloops; i++)
		printf("%s%32zu  %13zu  %7zu\n", indent, dims[i].extent, dims[i].count,
		       dims[i].from);
}

static void print_pace(uint8_t side, const union copy_pace *pace, int width)
{
	if (side == COPY_SIDE_ADDRESS)
		printf("  %*td", width, pace->step);
	else
		printf("  %*s", width, "asked");
}

static void print_dims(const char *indent, const struct copy_plan *plan)
{
	const struct copy_dim *dims = copy_const_dims(plan);

	printf("%s%-10s innermost first:    extent  destination step  source step\n", indent,
	       "loops");
	for (uint8_t i = 0; i < plan->nloops; i++) {
		printf("%s%32zu", indent, dims[i].extent);
		print_pace(plan->sides.dst, &dims[i].dst, 16);
		print_pace(plan->sides.src, &dims[i].src, 11);
		puts("");
	}
	printf("%s%-10s layouts are asked for the address of each element of %zu bytes\n", indent,
	       "elements", plan->elements.bytes);
}

static void print_facts(const char *indent, const struct plan_facts *facts)
{
	static const struct {
		const char *choice, *words;
	} choices[] = {{"learnt", "the fastest that was learnt"},
		       {"forced", "forced by AML_DMA_TUNE"},
		       {"first", "the first choice for this CPU"}};

	if (facts->method != NULL)
		printf("%s%-10s %s: %s\n", indent, "method", facts->method, facts->method_in_words);
	for (size_t i = 0; facts->choice != NULL && i < sizeof(choices) / sizeof(*choices); i++)
		if (strcmp(choices[i].choice, facts->choice) == 0)
			printf("%s%-10s %s, %s: %s\n", indent, "variant", facts->variant,
			       facts->streams ? "past the caches" : "through the caches",
			       choices[i].words);
	if (facts->kernel_set != NULL)
		printf("%s%-10s %s, of the set %s\n", indent, "kernel", facts->kernel,
		       facts->kernel_set);
	else if (facts->kernel != NULL)
		printf("%s%-10s %s of C\n", indent, "kernel", facts->kernel);
}

static void print_boxes(const struct copy_plan *plan);

static void print_plan(const char *indent, const struct copy_plan *plan,
		       const struct plan_facts *facts)
{
	print_facts(indent, facts);
	switch ((enum copy_kind)plan->kind) {
	case COPY_EMPTY:
		break;
	case COPY_FLAT:
		print_runs(indent, plan);
		break;
	case COPY_STRIDED:
	case COPY_TRANSPOSE:
		print_loops(indent, "loops", plan, 0, plan->nloops);
		print_runs(indent, plan);
		break;
	case COPY_WALK:
		print_loops(indent, "written", plan, 0, plan->walk.dst_loops);
		print_loops(indent, "read", plan, plan->walk.dst_loops, plan->nloops);
		print_runs(indent, plan);
		break;
	case COPY_BOXES:
		print_boxes(plan);
		break;
	case COPY_PADDED:
		print_padded(indent, plan);
		print_runs(indent, plan);
		break;
	case COPY_DEREF:
		print_dims(indent, plan);
		break;
	}
}

static void print_boxes(const struct copy_plan *plan)
{
	const struct copy_plan *box = NULL;
	struct plan_facts facts;
	union copy_plan_room room;

	for (size_t i = 0; i < plan->boxes.count && i < BOXES_PRINTED_MAX; i++) {
		box = copy_next_box(plan, box);
		copy_take_box(plan, box, &room);
		plan_facts_find(&facts, &room.plan);
		printf("  box %zu of %zu: %s, %s, ", i + 1, plan->boxes.count, facts.kind,
		       box->src_is_neutral ? "neutral elements" : "elements of the target");
		print_bytes(facts.payload_bytes);
		puts("");
		print_plan("    ", &room.plan, &facts);
	}
	if (plan->boxes.count > BOXES_PRINTED_MAX)
		printf("  and %zu more boxes: see --json\n", plan->boxes.count - BOXES_PRINTED_MAX);
}

static void print_parts(const struct plan_facts *facts)
{
	if (facts->parts <= 1) {
		puts("parts        1: one thread copies it");
		return;
	}
	printf("parts        %u, of ", facts->parts);
	if (facts->smallest_bytes != facts->largest_bytes) {
		print_bytes(facts->smallest_bytes);
		printf(" to ");
	}
	print_bytes(facts->largest_bytes);
	puts(facts->variant != NULL ? "; each chooses its variant again" : "");
}

/* The threads that may copy parts at the same time. */
static double threads_of(const struct explain_data *data)
{
	size_t threads = data->workers > 0 ? data->workers : 1;

	return (double)(threads < data->facts.parts ? threads : data->facts.parts);
}

static double rate_of(const struct explain_data *data, uint64_t ns)
{
	return (double)data->facts.payload_bytes / BYTES_PER_GB * NS_PER_SECOND / (double)ns;
}

static void print_rate(const struct explain_data *data)
{
	const struct plan_facts *facts = &data->facts;

	if (facts->learnt_rate > 0)
		printf("rate         about %.3g GB/s: learnt, %.3g GB/s by each of %.0f threads, %" PRIu32
		       " samples\n",
		       facts->learnt_rate / BYTES_PER_GB * threads_of(data),
		       facts->learnt_rate / BYTES_PER_GB, threads_of(data), facts->learnt_samples);
	if (data->measured)
		printf("rate         %.3g GB/s, best %.3g: measured now, %u copies, %zu workers%s\n",
		       rate_of(data, data->rate.median_ns), rate_of(data, data->rate.best_ns),
		       data->rate.copies, data->workers,
		       data->right       ? "; the result is right"
		       : !data->compared ? "; the result was not compared"
					 : "; THE RESULT IS WRONG");
	if (facts->learnt_rate <= 0 && !data->measured)
		puts("rate         unknown: nothing was learnt about such copies; see --measure");
}

void explain_text_print(const struct explain_data *data)
{
	const struct copy_plan *plan = &data->room.plan;

	print_side("source", &data->src);
	print_side("destination", &data->dst);
	if (data->permutes) {
		printf("%-12s", "permuted");
		for (size_t i = 0; i < aml_layout_ndims(data->dst.layout); i++)
			printf("%c%zu", i == 0 ? ' ' : ',', data->permutation[i]);
		puts("");
	}
	printf("plan         %s, ", data->facts.kind);
	print_bytes(data->facts.payload_bytes);
	puts("");
	if (!data->permutes &&
	    aml_layout_order(data->dst.layout) != aml_layout_order(data->src.layout))
		puts("note         the orders differ: elements of equal native coordinates match, so "
		     "this does not transpose");
	print_plan("  ", plan, &data->facts);
	print_parts(&data->facts);
	printf("stack        at most %d bytes", COPY_STACK_BYTES);
	if (data->measured && data->rate.stack_bytes > 0)
		printf("; this copy takes %zu", data->rate.stack_bytes);
	puts("");
	print_rate(data);
}
