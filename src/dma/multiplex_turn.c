/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose turn it is.
 *
 * Turns. Each engine has a credit. For each turn, every engine's credit grows by its weight; the
 * engine with the greatest credit gets the turn, and pays the sum of all weights. The sum of the
 * credits is then 0 again, and each of them is above minus the sum of the weights. After as many
 * turns as that sum, each credit is a multiple of it, so it is 0: the engine has got exactly as
 * many turns as its weight, and the order begins anew. So this holds for any consecutive turns of
 * that number. The order is evenly mixed, and takes no table. A credit stays below COUNT times the
 * sum, which is checked.
 *
 * Turns that led to no request are owed: the engine gets the next one, so that the order of the
 * requests is as if the failed ones had not been.
 *
 * Adaptive weights. The bytes of an engine are counted when they are posted. Its time is that in
 * which at least one of its timed parts was posted and not finished. When each engine has moved
 * MULTIPLEX_ADAPT_BYTES, and then each time all engines together have, the next post first makes
 * the weights proportional to the bytes per time of the engines. What was measured counts half in
 * the next computation.
 */
#include "dma/multiplex_turn.h"

#include <aml/utils/error.h>

#include "plan/part.h"
#include "util/clock.h"

/* The bytes between two computations of the weights. Tests build with fewer. */
#ifndef MULTIPLEX_ADAPT_BYTES
#define MULTIPLEX_ADAPT_BYTES (64 << 20)
#endif

/* The greatest weight that is computed. */
enum { ADAPT_WEIGHT_MAX = 100 };

static size_t greatest_divisor(size_t a, size_t b)
{
	while (b != 0) {
		size_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Compute the shares from the weights. False: they are too large, or all 0. */
static bool compute_shares(struct multiplex *m)
{
	size_t divisor = 0, room;

	m->total = 0;
	for (size_t i = 0; i < m->data.count; i++)
		divisor = greatest_divisor(divisor, m->data.weights[i]);
	if (divisor == 0)
		return false;
	for (size_t i = 0; i < m->data.count; i++) {
		m->shares[i] = m->data.weights[i] / divisor;
		if (__builtin_add_overflow(m->total, m->shares[i], &m->total))
			return false;
	}
	return !__builtin_mul_overflow(m->total, m->data.count, &room) && room <= PTRDIFF_MAX;
}

int multiplex_set_weights(struct multiplex *m, const size_t *weights)
{
	m->adapts = weights == NULL;
	for (size_t i = 0; i < m->data.count; i++)
		m->data.weights[i] = weights != NULL ? weights[i] : 1;
	return compute_shares(m) ? AML_SUCCESS : -AML_EINVAL;
}

/* Return the engine that a turn is owed to. There is one. */
static size_t take_owed_locked(struct multiplex *m) REQUIRES(m)
{
	size_t i = 0;

	while (m->engines[i].owed == 0)
		i++;
	m->engines[i].owed--;
	m->owed--;
	return i;
}

size_t multiplex_take_turn_locked(struct multiplex *m)
{
	size_t best = 0;

	if (m->owed > 0) {
		best = take_owed_locked(m);
	} else {
		for (size_t i = 0; i < m->data.count; i++) {
			m->engines[i].credit += (ptrdiff_t)m->shares[i];
			if (m->engines[i].credit > m->engines[best].credit)
				best = i;
		}
		m->engines[best].credit -= (ptrdiff_t)m->total;
	}
	m->data.index = best;
	m->data.round = m->data.round + 1 < m->total ? m->data.round + 1 : 0;
	return best;
}

void multiplex_owe_turn_locked(struct multiplex *m, size_t engine)
{
	m->engines[engine].owed++;
	m->owed++;
	m->data.round = m->data.round > 0 ? m->data.round - 1 : m->total - 1;
}

size_t multiplex_share_end_locked(const struct multiplex *m, size_t sum)
{
	/* In floating point, because the product of two sizes may be too large. */
	return sum == m->total ? COPY_SHARES_MAX
			       : (size_t)((double)sum / (double)m->total * COPY_SHARES_MAX);
}

/* Return the rate of an engine in bytes per microsecond. 0: it is not known. */
static double rate_of(const struct multiplex_rate *rate)
{
	return rate->busy_ns > 0 ? (double)rate->timed * 1000 / (double)rate->busy_ns : 0;
}

/* Compute the weights from the rates. False: the rate of an engine is not known. */
static bool compute_weights_locked(struct multiplex *m) REQUIRES(m)
{
	double most = 0;

	for (size_t i = 0; i < m->data.count; i++) {
		double rate = rate_of(&m->engines[i].rate);

		if (rate == 0)
			return false;
		most = rate > most ? rate : most;
	}
	for (size_t i = 0; i < m->data.count; i++) {
		struct multiplex_rate *rate = &m->engines[i].rate;
		double weight = rate_of(rate) / most * ADAPT_WEIGHT_MAX + 0.5;

		m->data.weights[i] = weight >= 1 ? (size_t)weight : 1;
		m->engines[i].credit = 0;
		rate->timed /= 2;
		rate->busy_ns /= 2;
	}
	m->data.round = 0;
	return compute_shares(m);
}

void multiplex_adapt_locked(struct multiplex *m)
{
	if (!m->adapts || m->posted < MULTIPLEX_ADAPT_BYTES)
		return;
	for (size_t i = 0; !m->measured && i < m->data.count; i++)
		if (m->engines[i].rate.moved < MULTIPLEX_ADAPT_BYTES)
			return;
	if (compute_weights_locked(m))
		m->measured = true;
	m->posted = 0;
}

/* Add the time since the last event to the time in which the engine has worked. */
static void pass_time(struct multiplex_rate *rate)
{
	uint64_t now = clock_ns();

	if (rate->active > 0)
		rate->busy_ns += now - rate->busy_since;
	rate->busy_since = now;
}

void multiplex_count_post_locked(struct multiplex *m, const struct multiplex_part *part, bool whole)
{
	struct multiplex_engine *engine = &m->engines[part->engine];

	if (whole)
		engine->requests++;
	else
		engine->parts++;
	engine->bytes += part->bytes;
	if (!m->adapts)
		return;
	engine->rate.moved += part->bytes;
	m->posted += part->bytes;
	if (part->timed) {
		pass_time(&engine->rate);
		engine->rate.active++;
	}
}

void multiplex_uncount_post_locked(struct multiplex *m, const struct multiplex_part *part,
				   bool whole)
{
	struct multiplex_engine *engine = &m->engines[part->engine];

	if (whole)
		engine->requests--;
	else
		engine->parts--;
	engine->bytes -= part->bytes;
}

void multiplex_count_finish_locked(struct multiplex *m, struct multiplex_part *part, int code)
{
	struct multiplex_rate *rate = &m->engines[part->engine].rate;

	part->timed = false;
	pass_time(rate);
	rate->active--;
	if (code == AML_SUCCESS)
		rate->timed += part->bytes;
}
