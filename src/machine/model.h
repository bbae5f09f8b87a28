/* SPDX-License-Identifier: BSD-3-Clause */
/* The model of the CPU. */
#ifndef MACHINE_MODEL_H
#define MACHINE_MODEL_H

#include <stdbool.h>

enum { MACHINE_MODEL_BYTES = 48 };

/* Is the CPU made by AMD, or is its design AMD's? Thread-safe. */
bool machine_is_amd(void);

/*
 * Write the vendor, family, model and stepping of the CPU: a word. CPUs with the same word are
 * equally fast. "unknown" if the system does not say.
 */
void machine_model(char text[MACHINE_MODEL_BYTES]);

#endif /* MACHINE_MODEL_H */
