// SPDX-License-Identifier: GPL-2.0
/* flush.c - have the guest close its pages, then take them all */
#include <stdio.h>

#include "lib/fault.h"
#include "reader/flush.h"
#include "reader/waiters.h"

void flush_begin(struct flush *f)
{
	*f = (struct flush) { 0 };
}

void flush_queue(struct ctl_client *c, uint32_t timeout_ms, uint64_t now)
{
	c->wait = CTL_QUEUED;
	c->order = false;
	c->deadline_ms = now + timeout_ms;
}

static void put(struct flush *f, struct request *req, struct ctl *ctl,
		struct drain *d)
{
	if (fault_point("reader-flush-put"))
		return;
	request_put(req, d->shm, IVR_OP_FLUSH, 0);
	f->phase = FLUSH_ASKED;
	waiters_serve(ctl);
}

static void hear(struct flush *f, struct request *req, struct ctl *ctl,
		 struct drain *d)
{
	int64_t status;
	char why[80];

	if (!request_answered(req, d->shm, &status))
		return;
	if (status) {
		snprintf(why, sizeof(why), "the guest refuses: status %lld",
			 (long long)status);
		f->phase = FLUSH_NONE;
		waiters_refuse_if(ctl, CTL_DRAINING, false, why);
		return;
	}
	drain_aim(d);
	f->phase = FLUSH_DRAINING;
}

void flush_step(struct flush *f, struct request *req, struct ctl *ctl,
		struct drain *d, uint64_t now, bool hold, bool *ring)
{
	waiters_expire(ctl, now,
		       f->phase == FLUSH_DRAINING ?
			       "time is up: pages are not all in the store" :
			       "time is up: the guest has not answered");
	if (hold)
		return;
	if (f->phase != FLUSH_NONE && !waiters_any(ctl, CTL_DRAINING))
		f->phase = FLUSH_NONE;
	if (f->phase == FLUSH_NONE && waiters_any(ctl, CTL_QUEUED)) {
		put(f, req, ctl, d);
		*ring = true;
	}
	if (f->phase == FLUSH_ASKED)
		hear(f, req, ctl, d);
	if (f->phase == FLUSH_DRAINING && drain_reached(d)) {
		f->phase = FLUSH_NONE;
		waiters_confirm(ctl, d);
	}
}

void flush_yield(struct flush *f, struct ctl *ctl)
{
	f->phase = FLUSH_NONE;
	waiters_requeue(ctl);
}

void flush_fail(struct flush *f, struct ctl *ctl, const char *why)
{
	f->phase = FLUSH_NONE;
	waiters_refuse_if(ctl, CTL_IDLE, false, why);
}
