/* SPDX-License-Identifier: GPL-2.0 */
/* clock.h - the two clocks of ivring-watch */
#ifndef IVR_WATCH_CLOCK_H
#define IVR_WATCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/** wall_ns() - for records */
static inline uint64_t wall_ns(void)
{
	return clock_now(CLOCK_REALTIME);
}

/** mono_ms() - for deadlines */
static inline uint64_t mono_ms(void)
{
	return clock_now(CLOCK_MONOTONIC) / 1000000;
}

#endif
