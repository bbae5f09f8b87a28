/* SPDX-License-Identifier: BSD-3-Clause */
/* What the copies need to know of the machine. */
#ifndef COPY_MACHINE_H
#define COPY_MACHINE_H

#include <stddef.h>

#include "copy/kernels.h"

struct machine {
	const struct kernels *kernels; /* the fastest, or what AML_DMA_ISA allows */
	const struct kernels *narrow;  /* of these, the ones with the smallest tiles */
	size_t cache;                  /* the size of the last-level cache in bytes */
	size_t sets, ways;             /* of the first data cache */
};

/* Found out when the library is loaded. */
extern struct machine machine_found __attribute__((visibility("hidden")));

static inline const struct machine *machine(void)
{
	return &machine_found;
}

#endif /* COPY_MACHINE_H */
