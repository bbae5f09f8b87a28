/* SPDX-License-Identifier: BSD-3-Clause */
/* The generic interface of schedulers: check the arguments, then call the scheduler. */
#include <aml/utils/async.h>
#include <aml/utils/error.h>

int aml_sched_submit_task(struct aml_sched *sched, struct aml_task *task)
{
	if (sched == NULL || sched->ops == NULL || task == NULL || task->fn == NULL)
		return -AML_EINVAL;
	if (sched->ops->submit == NULL)
		return -AML_ENOTSUP;
	return sched->ops->submit(sched->data, task);
}

int aml_sched_wait_task(struct aml_sched *sched, struct aml_task *task)
{
	if (sched == NULL || sched->ops == NULL || task == NULL)
		return -AML_EINVAL;
	if (sched->ops->wait == NULL)
		return -AML_ENOTSUP;
	return sched->ops->wait(sched->data, task);
}

struct aml_task *aml_sched_wait_any(struct aml_sched *sched)
{
	if (sched == NULL || sched->ops == NULL) {
		aml_errno = AML_EINVAL;
		return NULL;
	}
	if (sched->ops->wait_any == NULL) {
		aml_errno = AML_ENOTSUP;
		return NULL;
	}
	return sched->ops->wait_any(sched->data);
}
