/* SPDX-License-Identifier: BSD-3-Clause */
/* The shares of the inner engines in a large copy. */
#include "dma/multiplex_split.h"

#include <stdlib.h>
#include <string.h>

#include <aml/utils/error.h>

#include "dma/multiplex_claim.h"
#include "dma/multiplex_turn.h"
#include "plan/part.h"

/* Give each part its engine and its share by the weights. Returns the number of parts. */
static size_t share_by_weights_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m)
{
	size_t n = 0, sum = 0, before = 0;

	for (size_t i = 0; i < m->data.count; i++) {
		size_t end;

		sum += m->shares[i];
		end = multiplex_share_end_locked(m, sum);
		if (end == before)
			continue;
		r->parts[n].engine = i;
		r->parts[n].from = before;
		r->parts[n].to = end;
		before = end;
		n++;
	}
	return n;
}

/* Make the plans of the `n` parts, in `plans`. Parts that are empty vanish. Returns their number.
 */
static size_t cut_shares(const struct copy_plan *plan, struct multiplex_request *r, size_t n,
			 char *plans)
{
	size_t bytes = copy_plan_size(plan), kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct multiplex_part *part = &r->parts[kept];
		struct copy_plan *share = (struct copy_plan *)(void *)(plans + kept * bytes);

		*part = r->parts[i];
		memcpy(share, plan, bytes);
		if (!copy_plan_share(share, part->from, part->to, COPY_SHARES_MAX))
			continue;
		part->plan = share;
		part->bytes = copy_plan_payload(share);
		kept++;
	}
	return kept;
}

int multiplex_split(struct multiplex *m, const struct copy_plan *plan, struct multiplex_request **r)
{
	size_t bytes, n;

	*r = NULL;
	if (__builtin_mul_overflow(copy_plan_size(plan), m->data.count, &bytes))
		return -AML_ENOMEM;
	*r = multiplex_request_new(m, m->data.count, bytes);
	if (*r == NULL)
		return -AML_ENOMEM;
	multiplex_acquire(m);
	multiplex_adapt_locked(m);
	n = share_by_weights_locked(m, *r);
	multiplex_release(m);
	if (n > 1) {
		(*r)->pub.count = cut_shares(plan, *r, n, multiplex_plans_of(*r));
	} else {
		free(*r);
		*r = NULL;
	}
	return AML_SUCCESS;
}
