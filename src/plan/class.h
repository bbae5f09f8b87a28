/* SPDX-License-Identifier: BSD-3-Clause */
/* The classes of plans: plans of one class are expected to prefer the same variant. */
#ifndef PLAN_CLASS_H
#define PLAN_CLASS_H

#include <stddef.h>

#include "plan/plan.h"
#include "plan/tune.h"

/* The class of a plan in normal form of `bytes` bytes. */
struct tune_class tune_class_of(const struct copy_plan *plan, uint64_t bytes);

/* The kind of the plans of a class: enum copy_kind. */
uint8_t tune_class_kind(const struct tune_class *class);

enum { TUNE_CLASS_TEXT_BYTES = 96 };

/* Describe a class in words, without its kind. */
void tune_class_text(const struct tune_class *class, char text[TUNE_CLASS_TEXT_BYTES]);

#endif /* PLAN_CLASS_H */
