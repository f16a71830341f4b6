// SPDX-License-Identifier: GPL-2.0
/* guest_clock.c - what time is it in the guest? */
#include "lib/clock.h"
#include "lib/loop.h"
#include "reader/guest_clock.h"

void guest_clock_begin(struct guest_clock *c, uint32_t interval_ms)
{
	*c = (struct guest_clock) {
		.interval_ms = interval_ms,
		.left = CLOCK_FIRST_QUESTIONS,
		.best = { .error_ns = UINT64_MAX },
	};
}

static void ask(struct guest_clock *c, struct shm *m, uint64_t now)
{
	c->seq++;
	c->waiting = true;
	c->asked_ms = now;
	c->real_ns = realtime_ns();
	c->raw_ns = raw_ns();
	shm_clock_ask(m, c->seq);
}

static void hear(struct guest_clock *c, uint64_t guest_ns)
{
	uint64_t raw = raw_ns(), trip = raw - c->raw_ns;

	c->waiting = false;
	if (c->left)
		c->left--;
	if (trip / 2 >= c->best.error_ns)
		return;
	c->best = (struct ivr_store_clock) {
		.guest_ns = guest_ns,
		.realtime_ns = c->real_ns + trip / 2,
		.raw_ns = c->raw_ns + trip / 2,
		.error_ns = trip / 2 + 1,
	};
}

static bool finish(struct guest_clock *c, uint64_t now)
{
	c->last = c->best;
	c->best.error_ns = UINT64_MAX;
	c->left = 1;
	c->next_ms = now + c->interval_ms;
	return true;
}

bool guest_clock_step(struct guest_clock *c, struct shm *m, uint64_t now,
		      bool *ring)
{
	uint64_t guest_ns;

	if (c->waiting && shm_clock_answer(m, c->seq, &guest_ns))
		hear(c, guest_ns);
	if (c->waiting && now - c->asked_ms < CLOCK_PATIENCE_MS)
		return false;
	if (!c->waiting && !c->left)
		return finish(c, now);
	if (now < c->next_ms)
		return false;
	ask(c, m, now);
	*ring = true;
	return false;
}
