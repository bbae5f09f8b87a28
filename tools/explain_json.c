/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON of aml-dma explain, see explain_json.h. */
#include "explain_json.h"

#include <aml/layout/native.h>
#include <aml/utils/error.h>

#include "copy/run.h"
#include "json.h"
#include "plan/boxes.h"

enum { EXPLAIN_SCHEMA = 1 };

static void json_side(struct json_writer *json, const char *key, const struct explain_side *side)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = aml_layout_ndims(side->layout);
	bool row = aml_layout_order(side->layout) == AML_LAYOUT_ORDER_ROW_MAJOR;

	json_object(json, key);
	json_text(json, "layout", side->text);
	json_text(json, "order", row ? "row" : "column");
	json_number(json, "element_bytes", aml_layout_element_size(side->layout));
	json_array(json, "extents");
	if (aml_layout_dims(side->layout, dims) == AML_SUCCESS)
		for (size_t i = 0; i < ndims; i++)
			json_number(json, NULL, dims[i]);
	json_close(json);
	json_number(json, "memory_bytes", side->parsed.bytes);
	json_close(json);
}

static void json_loops(struct json_writer *json, const char *key, const struct copy_plan *plan,
		       uint8_t from, uint8_t to)
{
	json_array(json, key);
	for (uint8_t i = from; i < to; i++) {
		json_object(json, NULL);
		json_number(json, "extent", plan->loops[i].extent);
		json_signed(json, "destination_step_bytes", plan->loops[i].dst_step);
		json_signed(json, "source_step_bytes", plan->loops[i].src_step);
		json_close(json);
	}
	json_close(json);
}

static void json_padded(struct json_writer *json, const struct copy_plan *plan)
{
	const struct copy_padded_dim *dims = copy_const_padded(plan)->dims;

	json_array(json, "dimensions");
	for (uint8_t i = 0; i < plan->nloops; i++) {
		json_object(json, NULL);
		json_number(json, "extent", dims[i].extent);
		json_number(json, "source_from", dims[i].from);
		json_number(json, "source_extent", dims[i].count);
		json_signed(json, "destination_step_bytes", dims[i].dst_step);
		json_signed(json, "source_step_bytes", dims[i].src_step);
		json_close(json);
	}
	json_close(json);
}

/* A side that is asked for each address has no steps. */
static void json_pace(struct json_writer *json, const char *key, uint8_t side,
		      const union copy_pace *pace)
{
	if (side == COPY_SIDE_ADDRESS)
		json_signed(json, key, pace->step);
	else
		json_null(json, key);
}

static void json_dims(struct json_writer *json, const struct copy_plan *plan)
{
	const struct copy_dim *dims = copy_const_dims(plan);

	json_array(json, "dimensions");
	for (uint8_t i = 0; i < plan->nloops; i++) {
		json_object(json, NULL);
		json_number(json, "extent", dims[i].extent);
		json_pace(json, "destination_step_bytes", plan->sides.dst, &dims[i].dst);
		json_pace(json, "source_step_bytes", plan->sides.src, &dims[i].src);
		json_close(json);
	}
	json_close(json);
}

static void json_facts(struct json_writer *json, const struct plan_facts *facts)
{
	json_text(json, "kind", facts->kind);
	json_number(json, "payload_bytes", facts->payload_bytes);
	json_text(json, "method", facts->method);
	json_text(json, "variant", facts->variant);
	json_text(json, "choice", facts->choice);
	json_flag(json, "streams", facts->streams);
	json_text(json, "kernel", facts->kernel);
	json_text(json, "kernel_set", facts->kernel_set);
}

static void json_boxes(struct json_writer *json, const struct copy_plan *plan);

/* The members of a plan. */
static void json_plan(struct json_writer *json, const struct copy_plan *plan,
		      const struct plan_facts *facts)
{
	json_facts(json, facts);
	switch ((enum copy_kind)plan->kind) {
	case COPY_EMPTY:
		break;
	case COPY_FLAT:
	case COPY_STRIDED:
	case COPY_TRANSPOSE:
		json_number(json, "run_bytes", plan->run.bytes);
		json_loops(json, "loops", plan, 0, plan->nloops);
		break;
	case COPY_WALK:
		json_number(json, "run_bytes", plan->run.bytes);
		json_loops(json, "destination_loops", plan, 0, plan->walk.dst_loops);
		json_loops(json, "source_loops", plan, plan->walk.dst_loops, plan->nloops);
		break;
	case COPY_BOXES:
		json_boxes(json, plan);
		break;
	case COPY_PADDED:
		json_number(json, "run_bytes", plan->run.bytes);
		json_padded(json, plan);
		break;
	case COPY_DEREF:
		json_number(json, "run_bytes", plan->elements.bytes);
		json_dims(json, plan);
		break;
	}
}

/* A box is a plan of its own, but never one of boxes. */
static void json_boxes(struct json_writer *json, const struct copy_plan *plan)
{
	const struct copy_plan *box = NULL;
	struct plan_facts facts;
	union copy_plan_room room;

	json_array(json, "boxes");
	for (size_t i = 0; i < plan->boxes.count; i++) {
		box = copy_next_box(plan, box);
		copy_take_box(plan, box, &room);
		plan_facts_find(&facts, &room.plan);
		json_object(json, NULL);
		json_flag(json, "neutral", box->src_is_neutral);
		json_plan(json, &room.plan, &facts);
		json_close(json);
	}
	json_close(json);
}

static void json_rate(struct json_writer *json, const struct explain_data *data)
{
	const struct plan_facts *facts = &data->facts;
	const double second = 1e9;

	json_object(json, "learnt");
	if (facts->learnt_rate > 0)
		json_real(json, "bytes_per_second_per_worker", facts->learnt_rate);
	else
		json_null(json, "bytes_per_second_per_worker");
	json_number(json, "samples", facts->learnt_samples);
	json_close(json);
	if (!data->measured) {
		json_null(json, "measured");
		return;
	}
	json_object(json, "measured");
	json_number(json, "copies", data->rate.copies);
	json_number(json, "best_ns", data->rate.best_ns);
	json_number(json, "median_ns", data->rate.median_ns);
	json_real(json, "best_bytes_per_second",
		  (double)facts->payload_bytes * second / (double)data->rate.best_ns);
	json_real(json, "median_bytes_per_second",
		  (double)facts->payload_bytes * second / (double)data->rate.median_ns);
	if (data->compared)
		json_flag(json, "right", data->right);
	else
		json_null(json, "right");
	json_close(json);
}

bool explain_json_print(const struct explain_data *data)
{
	size_t ndims = aml_layout_ndims(data->dst.layout);
	struct json_writer json;

	json_begin(&json, stdout, "explain", EXPLAIN_SCHEMA);
	json_side(&json, "source", &data->src);
	json_side(&json, "destination", &data->dst);
	if (data->permutes) {
		json_array(&json, "permutation");
		for (size_t i = 0; i < ndims; i++)
			json_number(&json, NULL, data->permutation[i]);
		json_close(&json);
	} else {
		json_null(&json, "permutation");
	}
	json_object(&json, "plan");
	json_plan(&json, &data->room.plan, &data->facts);
	json_close(&json);
	json_object(&json, "parts");
	json_number(&json, "count", data->facts.parts);
	json_number(&json, "smallest_bytes", data->facts.smallest_bytes);
	json_number(&json, "largest_bytes", data->facts.largest_bytes);
	json_close(&json);
	json_object(&json, "stack");
	json_number(&json, "limit_bytes", COPY_STACK_BYTES);
	if (data->measured && data->rate.stack_bytes > 0)
		json_number(&json, "measured_bytes", data->rate.stack_bytes);
	else
		json_null(&json, "measured_bytes");
	json_close(&json);
	json_number(&json, "workers", data->workers);
	json_rate(&json, data);
	return json_end(&json);
}
