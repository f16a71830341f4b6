// SPDX-License-Identifier: GPL-2.0
/* clock_map.c - guest time and wall time */
#include <errno.h>

#include "lib/array.h"
#include "store/clock_map.h"

/* Half of all numbers, so that no difference of two can overflow. */
#define NS_MAX (UINT64_MAX / 4)

int clock_best(const struct leg *l, int first, struct clock_offset *o)
{
	size_t n = l->clocks.n, from = 0;
	bool any = false;
	size_t i;

	if (first && n > CLOCK_NEAR) {
		from = first < 0 ? n - CLOCK_NEAR : 0;
		n = from + CLOCK_NEAR;
	}
	for (i = from; i < n; i++) {
		const struct ivr_store_clock *c = leg_clock(l, i);

		if (c->guest_ns > NS_MAX || c->realtime_ns > NS_MAX ||
		    c->error_ns > NS_MAX || (any && c->error_ns > o->error_ns))
			continue;
		o->ns = (int64_t)c->realtime_ns - (int64_t)c->guest_ns;
		o->error_ns = c->error_ns;
		any = true;
	}
	return any ? 0 : -ENODATA;
}

int clock_wall(const struct leg *l, uint64_t guest_ns, uint64_t *wall_ns)
{
	const struct ivr_store_clock *c;
	size_t lo = 0, hi = l->clocks.n;

	if (!hi)
		return -ENODATA;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (leg_clock(l, mid)->guest_ns <= guest_ns)
			lo = mid;
		else
			hi = mid;
	}
	c = leg_clock(l, lo);
	if (c->guest_ns > NS_MAX || c->realtime_ns > NS_MAX)
		return -ENODATA;
	*wall_ns = guest_ns + (c->realtime_ns - c->guest_ns);
	return 0;
}

int clock_blackout(const struct leg *from, const struct leg *to,
		   struct clock_offset *o)
{
	struct clock_offset a, b;

	if (clock_best(from, -1, &a) || clock_best(to, 1, &b))
		return -ENODATA;
	o->ns = b.ns - a.ns;
	o->error_ns = a.error_ns + b.error_ns;
	return o->ns < -(int64_t)o->error_ns ? -ERANGE : 0;
}
