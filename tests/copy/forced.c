/* SPDX-License-Identifier: BSD-3-Clause */
/* Forces variants. */
#include "forced.h"
#include "plan/choose.h"

unsigned forced_variants(void)
{
	return VARIANTS - 1;
}

void forced_set(unsigned variant)
{
	struct choice_rules rules = {.off = false};

	rules.forced[copy_variants[variant].kind] = (uint8_t)variant;
	copy_set_choice_rules(&rules);
}

unsigned long forced_runs(unsigned variant)
{
	return __atomic_load_n(&copy_variant_runs[variant], __ATOMIC_RELAXED);
}

const char *forced_name(unsigned variant)
{
	return copy_variants[variant].name;
}

const char *forced_kind(unsigned variant)
{
	return copy_kind_name(copy_variants[variant].kind);
}
