// SPDX-License-Identifier: GPL-2.0
/* drain_targets.c - how far the rings are to be drained, and when to wake us */
#include "reader/drain.h"

/* Pages that fill half of what the ring uses now */
static uint64_t half_of(const struct drain *d, const struct drain_ring *r)
{
	struct ivr_ring_ctl c;
	uint32_t span = r->place.slots;

	if (shm_ring_ctl(d->shm, &r->place, &c) && c.seg_span &&
	    c.seg_span < span)
		span = c.seg_span;
	return span > 1 ? span / 2 : 1;
}

static uint64_t wake_of(const struct drain *d, const struct drain_ring *r)
{
	if (d->conf->poll)
		return IVR_WAKE_NEVER;
	return r->pos + (d->held ? half_of(d, r) - 1 : d->conf->batch);
}

bool drain_arm(struct drain *d)
{
	bool passed = false;
	uint32_t i;

	for (i = 0; i <= d->nrings; i++) {
		struct drain_ring *r = &d->rings[i];
		uint64_t wake = wake_of(d, r);

		if (r->wake == wake)
			continue;
		r->wake = wake;
		shm_set_wake(d->shm, &r->place, wake);
	}
	/* Pairs with the guest's barrier between its head and our wake. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (i = 0; i <= d->nrings && !d->conf->poll; i++) {
		const struct drain_ring *r = &d->rings[i];

		/* Who holds the drain looks himself (drain_half_full()). */
		if (!r->rests && !d->held &&
		    shm_head(d->shm, &r->place) > r->wake)
			passed = true;
	}
	return passed;
}

void drain_aim(struct drain *d)
{
	uint32_t i;

	for (i = 0; i <= d->nrings; i++)
		d->rings[i].target = shm_head(d->shm, &d->rings[i].place);
}

void drain_give_up(struct drain *d)
{
	uint32_t i;

	for (i = 0; i <= d->nrings; i++)
		d->rings[i].target = d->rings[i].pos;
}

void drain_hold(struct drain *d)
{
	uint32_t i;

	for (i = 0; i <= d->nrings; i++)
		d->rings[i].limit = d->rings[i].target;
	d->held = true;
}

void drain_free(struct drain *d)
{
	d->held = false;
}

bool drain_half_full(const struct drain *d)
{
	uint32_t i;

	for (i = 0; i <= d->nrings; i++) {
		const struct drain_ring *r = &d->rings[i];
		uint64_t head = shm_head(d->shm, &r->place);

		if (head > r->pos && head - r->pos >= half_of(d, r))
			return true;
	}
	return false;
}

bool drain_reached(const struct drain *d)
{
	uint32_t i;

	for (i = 0; i <= d->nrings; i++)
		if (d->rings[i].pos < d->rings[i].target)
			return false;
	return true;
}
