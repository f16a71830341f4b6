// SPDX-License-Identifier: GPL-2.0
/* quiesce.c - keep the guest cheap to move, in rounds */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "reader/quiesce.h"
#include "reader/waiters.h"

static const char *const op_names[] = IVR_OP_NAMES;

IVR_STATIC_ASSERT(sizeof(op_names) / sizeof(op_names[0]) == IVR_OPS);

/* Steps return whether there may be pages to take. */
static bool begin_step(struct quiesce *q, uint64_t now, bool *ring);
static bool asked_step(struct quiesce *q, uint64_t now, bool *ring);
static bool taking_step(struct quiesce *q, uint64_t now, bool *ring);
static bool waiting_step(struct quiesce *q, uint64_t now, bool *ring);
static bool frozen_step(struct quiesce *q, uint64_t now, bool *ring);
static bool resuming_step(struct quiesce *q, uint64_t now, bool *ring);

/**
 * struct quiesce_row - what a state is
 * @name: for people
 * @late: what is said if the order's lease ends in it; NULL: it may end there
 * @rings: a bell may have been lost: ring again at each tick
 * @step: what is done in it
 */
struct quiesce_row {
	const char *name;
	const char *late;
	bool rings;
	bool (*step)(struct quiesce *q, uint64_t now, bool *ring);
};

/* clang-format off */
static const struct quiesce_row table[] = {
	[QUIESCE_NONE]	   = { "none", NULL, false, begin_step },
	[QUIESCE_ASKED]	   = { "asked", "the guest has not accepted", true,
			       asked_step },
	[QUIESCE_TAKING]   = { "taking", "pages are not all in the store",
			       false, taking_step },
	[QUIESCE_WAITING]  = { "waiting", "the guest has not answered", true,
			       waiting_step },
	[QUIESCE_FROZEN]   = { "frozen", NULL, false, frozen_step },
	[QUIESCE_RESUMING] = { "resuming", NULL, true, resuming_step },
};
/* clang-format on */

IVR_STATIC_ASSERT(sizeof(table) / sizeof(table[0]) == QUIESCE_STATES);

static void quiesce_set(struct quiesce *q, enum quiesce_state to)
{
	if (q->state != to)
		debug("VM %s: quiesce: %s -> %s", q->vm, table[q->state].name,
		      table[to].name);
	q->state = to;
}

void quiesce_begin(struct quiesce *q)
{
	quiesce_set(q, QUIESCE_NONE);
	q->op = IVR_OP_NONE;
	q->round = 0;
	q->frozen_ns = 0;
	q->held = false;
}

bool quiesce_active(const struct quiesce *q)
{
	return q->op || q->state != QUIESCE_NONE;
}

bool quiesce_rings(const struct quiesce *q)
{
	return q->put && table[q->state].rings;
}

static void tell(struct quiesce *q, const char *event, const char *why)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "op", op_names[q->op]);
	json_put_u64(o, "round", q->round);
	if (why)
		json_put_text(o, "reason", why);
	event_log_put(q->events, event, o);
}

/* Normal draining goes on; whoever waited for a mere drain gets a FLUSH */
static void unfreeze(struct quiesce *q)
{
	drain_free(q->drain);
	q->frozen_ns = 0;
	q->held = false;
	waiters_requeue(q->ctl);
}

/* The order is over, and the guest has nothing that it must be told */
static void end_order(struct quiesce *q, const char *why)
{
	info("VM %s: %s ended in round %llu: %s", q->vm, op_names[q->op],
	     (unsigned long long)q->round, why);
	tell(q, "resumed", why);
	waiters_refuse_if(q->ctl, CTL_DRAINING, true, why);
	waiters_refuse_if(q->ctl, CTL_QUEUED, true, why);
	unfreeze(q);
	q->op = IVR_OP_NONE;
	quiesce_set(q, QUIESCE_NONE);
}

/*
 * The order is over, and the guest is told. The reader stays frozen until it
 * knows that the guest goes on: it may have been stopped meanwhile, to go on
 * elsewhere.
 */
static void begin_resume(struct quiesce *q, const char *why, uint64_t now)
{
	if (q->op) {
		info("VM %s: %s ends after %llu rounds: %s", q->vm,
		     op_names[q->op], (unsigned long long)q->round, why);
		tell(q, "resumed", why);
	}
	waiters_refuse_if(q->ctl, CTL_DRAINING, true, why);
	waiters_refuse_if(q->ctl, CTL_QUEUED, true, why);
	q->held = false;
	q->op = IVR_OP_NONE;
	q->put = false;
	q->asked_ms = now;
	quiesce_set(q, QUIESCE_RESUMING);
}

static uint32_t round_lease(const struct quiesce *q, uint64_t now)
{
	uint64_t left = q->until_ms > now ? q->until_ms - now : 0;

	if (left < QUIESCE_LEASE_MIN_MS)
		return QUIESCE_LEASE_MIN_MS;
	return left < IVR_LEASE_MAX_MS ? left : IVR_LEASE_MAX_MS;
}

/* The window may be full before the guest accepts: rather an overlap than a loss */
static bool thaw_if_short(struct quiesce *q)
{
	if (!q->drain->held || !drain_half_full(q->drain))
		return false;
	drain_free(q->drain);
	q->frozen_ns = 0;
	return true;
}

static bool begin_round(struct quiesce *q, uint64_t now, bool *ring)
{
	int ret = fault_point("reader-quiesce-put");

	if (ret) {
		end_order(q, strerror(-ret));
		return true;
	}
	flush_yield(q->flush, q->ctl);
	q->round++;
	q->asked_ms = now;
	q->lease_ms = round_lease(q, now);
	request_put(q->req, q->drain->shm, q->op,
		    IVR_LEASE(q->lease_ms, q->window));
	q->put = true;
	waiters_serve(q->ctl);
	quiesce_set(q, QUIESCE_ASKED);
	*ring = true;
	return thaw_if_short(q);
}

static bool begin_step(struct quiesce *q, uint64_t now, bool *ring)
{
	return q->op ? begin_round(q, now, ring) : false;
}

static const char *status_text(int64_t status, char *buf, size_t len)
{
	switch (status) {
	case -ECANCELED:
		return "the guest gave the round up for something newer";
	case -ETIME:
		return "the guest's lease ended first";
	case -ENOSYS:
		return "the guest's module is too old for this";
	case -ENOMEM:
		return "the guest has not enough memory";
	}
	snprintf(buf, len, "the guest refuses: status %lld", (long long)status);
	return buf;
}

/* Did the guest refuse the round? Then the order has ended */
static bool refused(struct quiesce *q)
{
	int64_t status;
	char buf[64];

	if (!request_answered(q->req, q->drain->shm, &status))
		return false;
	if (!status && request_accepted(q->req, q->drain->shm))
		return false;
	end_order(q, status ? status_text(status, buf, sizeof(buf)) :
			      "the guest answered what it has not accepted");
	return true;
}

/* Has the guest ended its state by itself? */
static bool guest_resumed(const struct quiesce *q)
{
	uint32_t state = shm_state(q->drain->shm);

	return state == IVR_GUEST_ATTACHED || state == IVR_GUEST_CALLING;
}

static bool asked_step(struct quiesce *q, uint64_t now, bool *ring)
{
	if (refused(q))
		return true;
	if (!request_accepted(q->req, q->drain->shm)) {
		/* Its whole ring is in use again: nothing to be gained. */
		if (!q->drain->held || !guest_resumed(q))
			return false;
		drain_free(q->drain);
		q->frozen_ns = 0;
		return true;
	}
	drain_aim(q->drain);
	drain_hold(q->drain);
	quiesce_set(q, QUIESCE_TAKING);
	return true;
}

static bool taking_step(struct quiesce *q, uint64_t now, bool *ring)
{
	int64_t status;

	if (request_answered(q->req, q->drain->shm, &status) && status)
		return refused(q);
	if (!drain_reached(q->drain))
		return false;
	if (fault_point("reader-quiesce-freeze"))
		return true;
	shm_freeze(q->drain->shm, q->req->word);
	drain_arm(q->drain);
	quiesce_set(q, QUIESCE_WAITING);
	*ring = true;
	return false;
}

static bool waiting_step(struct quiesce *q, uint64_t now, bool *ring)
{
	int64_t status;

	if (refused(q))
		return true;
	if (!request_answered(q->req, q->drain->shm, &status))
		return false;
	/* The segment has changed with the answer, and so do the wake words. */
	drain_arm(q->drain);
	q->frozen_ns = realtime_ns();
	quiesce_set(q, QUIESCE_FROZEN);
	if (q->round == 1) {
		info("VM %s: %s: drained and frozen", q->vm, op_names[q->op]);
		tell(q, "quiesced", NULL);
	} else {
		debug("VM %s: %s: round %llu", q->vm, op_names[q->op],
		      (unsigned long long)q->round);
		if (q->events->verbose)
			tell(q, "round", NULL);
	}
	waiters_confirm(q->ctl, q->drain);
	return false;
}

/* Half of the window may be full, or a third of the guest's lease is over */
static bool round_is_due(const struct quiesce *q, uint64_t now)
{
	return q->op == IVR_OP_QUIESCE &&
	       (now - q->asked_ms >= q->lease_ms / 3 ||
		drain_half_full(q->drain));
}

static bool frozen_step(struct quiesce *q, uint64_t now, bool *ring)
{
	if (q->held)
		return false;
	if (guest_resumed(q) && q->op == IVR_OP_SPILL) {
		end_order(q, "the guest resumed by itself");
		return true;
	}
	if (waiters_any(q->ctl, CTL_QUEUED) || round_is_due(q, now) ||
	    guest_resumed(q))
		return begin_round(q, now, ring);
	return false;
}

static bool put_resume(struct quiesce *q)
{
	if (fault_point("reader-resume-put"))
		return false;
	request_put(q->req, q->drain->shm, IVR_OP_RESUME, 0);
	return true;
}

static bool resuming_step(struct quiesce *q, uint64_t now, bool *ring)
{
	int64_t status;
	char buf[64];

	if (!q->put) {
		q->put = put_resume(q);
		*ring = true;
	}
	if (q->put && request_answered(q->req, q->drain->shm, &status)) {
		waiters_resumed(q->ctl,
				status ? status_text(status, buf, sizeof(buf)) :
					 NULL);
		unfreeze(q);
	} else if (guest_resumed(q)) {
		waiters_resumed(q->ctl, NULL);
		unfreeze(q);
	} else if (q->op) {
		/* It needs not wait: its number is higher. */
		waiters_resumed(q->ctl, "there is a new order");
	} else {
		if (now - q->asked_ms >= RESUME_PATIENCE_MS)
			waiters_resumed(
				q->ctl,
				"the guest has not answered; its lease will end");
		return false;
	}
	quiesce_set(q, QUIESCE_NONE);
	return true;
}

/* Return: is the order over, and in the midst of a round? */
static const char *overdue(const struct quiesce *q, uint64_t now)
{
	if (!q->op || q->held || now < q->until_ms)
		return NULL;
	return table[q->state].late ? table[q->state].late :
				      "the lease is over";
}

bool quiesce_step(struct quiesce *q, uint64_t now, bool *ring)
{
	const char *why = overdue(q, now);

	if (why && q->state == QUIESCE_NONE)
		end_order(q, why);
	else if (why && q->state != QUIESCE_RESUMING)
		begin_resume(q, why, now);
	return table[q->state].step(q, now, ring) || why;
}

void quiesce_order(struct quiesce *q, struct ctl_client *c, uint32_t op,
		   uint32_t lease_ms, uint32_t window, uint64_t now)
{
	if (!q->op)
		q->round = 0;
	if (!q->op || q->op != op)
		info("VM %s: %s for %u ms", q->vm, op_names[op], lease_ms);
	q->op = op;
	q->window = window;
	q->until_ms = now + lease_ms;
	q->held = false;
	c->wait = CTL_QUEUED;
	c->order = true;
	c->deadline_ms = WAITERS_NO_DEADLINE;
}

void quiesce_resume(struct quiesce *q, struct ctl_client *c, uint64_t now)
{
	if (!quiesce_active(q)) {
		waiters_reply(c, "resumed", NULL);
		return;
	}
	c->wait = CTL_RESUMING;
	c->order = false;
	c->deadline_ms = WAITERS_NO_DEADLINE;
	if (q->state != QUIESCE_RESUMING || q->op)
		begin_resume(q, "resumed by request", now);
}

void quiesce_farewell(struct quiesce *q)
{
	if (q->op && q->state != QUIESCE_NONE)
		put_resume(q);
}

struct json_object *quiesce_status(const struct quiesce *q, uint64_t now)
{
	struct json_object *o = json_object_new_object();
	uint64_t left = q->op && q->until_ms > now ? q->until_ms - now : 0;

	json_put_text(o, "state", table[q->state].name);
	json_put_text(o, "op", op_names[q->op]);
	json_put_u64(o, "round", q->round);
	json_put_u64(o, "lease_ms", left);
	json_put_u64(o, "frozen_since", q->frozen_ns);
	json_object_object_add(o, "window", json_object_new_int64(q->window));
	return o;
}
