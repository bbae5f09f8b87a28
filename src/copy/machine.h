/* SPDX-License-Identifier: BSD-3-Clause */
/* What the copies need to know of the machine. */
#ifndef COPY_MACHINE_H
#define COPY_MACHINE_H

#include "copy/kernels.h"

struct machine {
	const struct kernels *kernels; /* the fastest, or what AML_DMA_ISA allows */
	const struct kernels *narrow;  /* of these, the ones with the smallest tiles */
};

/* Found out when the library is loaded. */
extern struct machine machine_found __attribute__((visibility("hidden")));

static inline const struct machine *machine(void)
{
	return &machine_found;
}

#endif /* COPY_MACHINE_H */
