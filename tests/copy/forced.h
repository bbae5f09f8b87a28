/* SPDX-License-Identifier: BSD-3-Clause */
/* The variants of the test build of the library, apart from test programs with a struct shape. */
#ifndef TESTS_COPY_FORCED_H
#define TESTS_COPY_FORCED_H

/* The number of variants. They are numbered from 1 on. */
unsigned forced_variants(void);

/* Force a variant for all copies of its kind, and no other variant. */
void forced_set(unsigned variant);

/* How often plans and parts of a variant ran. */
unsigned long forced_runs(unsigned variant);

/* The name of a variant and of its kind. */
const char *forced_name(unsigned variant);
const char *forced_kind(unsigned variant);

#endif /* TESTS_COPY_FORCED_H */
