/* SPDX-License-Identifier: BSD-3-Clause */
/* The attributes of a new engine: their check, and the choice of what they leave open. */
#include "dma/linux_attr.h"

#include <errno.h>

#include <aml/utils/error.h>

#include "async/queue_worker.h"
#include "machine/cpus.h"
#include "util/environment.h"
#include "util/versioned.h"

/* The size of the structure in the first version that has it. */
enum { ATTR_BYTES_MIN = offsetof(struct aml_dma_linux_attr, stack_size) + sizeof(size_t) };

/*
 * Choose the number of workers: from the environment or, without the variable, from the CPUs.
 * `cpus`: the set that the workers are to have, or NULL.
 */
static int choose_num_threads(size_t *n, const struct affinity *cpus)
{
	const char *text = environment_get("AML_DMA_NUM_THREADS");
	size_t value = 0, usable;
	int err;

	if (text == NULL) {
		if (cpus == NULL) {
			*n = machine_cpus();
			return AML_SUCCESS;
		}
		err = queue_count_cpus(cpus, &usable);
		if (err == AML_SUCCESS)
			*n = machine_quota_cpus(usable);
		return err;
	}
	if (*text == '\0')
		return -AML_EINVAL;
	for (; *text != '\0'; text++)
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (size_t)(*text - '0'), &value))
			return -AML_EINVAL;
	*n = value;
	return AML_SUCCESS;
}

/* Copy the set of CPUs, or read the mask of the calling thread if workers are pinned to it. */
static int read_cpus(struct affinity *cpus, const struct aml_dma_linux_attr *attr)
{
	int code = 0;

	if (attr->cpus != NULL)
		code = affinity_copy(cpus, attr->cpus, attr->cpus_size);
	else if (attr->flags & AML_DMA_LINUX_PIN)
		code = affinity_read(cpus);
	return code == 0 ? AML_SUCCESS : code == ENOMEM ? -AML_ENOMEM : -AML_EINVAL;
}

/* Choose the number of workers. Check the CPUs even if no worker will. */
static int count_workers(struct queue_attr *queue)
{
	size_t usable;
	int err = AML_SUCCESS;

	if (queue->num_threads == AML_DMA_LINUX_THREADS_AUTO)
		err = choose_num_threads(&queue->num_threads, queue->cpus);
	if (err == AML_SUCCESS && queue->num_threads == 0 && queue->cpus != NULL)
		err = queue_count_cpus(queue->cpus, &usable);
	return err;
}

int linux_attr_read(struct linux_attr *attr, const struct aml_dma_linux_attr *given)
{
	static const struct aml_dma_linux_attr defaults = AML_DMA_LINUX_ATTR_INIT;
	struct aml_dma_linux_attr known;
	int err;

	if (given == NULL)
		given = &defaults;
	err = versioned_check(given, ATTR_BYTES_MIN, sizeof(known));
	if (err != AML_SUCCESS)
		return err;
	versioned_read(&known, sizeof(known), given);
	if ((known.flags & ~(unsigned)AML_DMA_LINUX_PIN) != 0 || known.reserved != 0)
		return -AML_EINVAL;
	*attr = (struct linux_attr){
		.queue = {.num_threads = known.num_threads,
			  .pin = known.flags & AML_DMA_LINUX_PIN,
			  .name = known.name,
			  .stack_bytes = known.stack_size,
			  .unfinished_max = known.max_unfinished},
	};
	err = read_cpus(&attr->cpus, &known);
	if (err != AML_SUCCESS)
		return err;
	if (attr->cpus.cpus != NULL)
		attr->queue.cpus = &attr->cpus;
	err = count_workers(&attr->queue);
	if (err != AML_SUCCESS)
		affinity_release(&attr->cpus);
	return err;
}

void linux_attr_release(struct linux_attr *attr)
{
	affinity_release(&attr->cpus);
}
