/* SPDX-License-Identifier: BSD-3-Clause */
/* The attributes of a new engine. */
#ifndef DMA_LINUX_ATTR_H
#define DMA_LINUX_ATTR_H

#include <aml/dma/linux.h>

#include "async/queue_sched.h"

/* What the attributes say of the engine's scheduler. The owner releases it. */
struct linux_attr {
	struct queue_attr queue;
	struct affinity cpus; /* `queue.cpus` points here, if there is a set */
};

/*
 * Check the attributes, and choose what they leave open. `given` NULL: the defaults. The errors are
 * those of aml_dma_linux_create_attr(); nothing needs to be released then.
 */
int linux_attr_read(struct linux_attr *attr, const struct aml_dma_linux_attr *given);

void linux_attr_release(struct linux_attr *attr);

#endif /* DMA_LINUX_ATTR_H */
