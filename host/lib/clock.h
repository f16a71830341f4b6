/* SPDX-License-Identifier: GPL-2.0 */
/* clock.h - the host's clocks, in the units that deadlines and records have */
#ifndef IVR_LIB_CLOCK_H
#define IVR_LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/** now_ms() - CLOCK_MONOTONIC in milliseconds, for deadlines */
static inline uint64_t now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/** ms_until() - milliseconds left to a moment of now_ms(), 0 if it is past */
static inline uint32_t ms_until(uint64_t deadline)
{
	uint64_t now = now_ms();

	return deadline > now ? deadline - now : 0;
}

/** realtime_ns() - CLOCK_REALTIME in nanoseconds, for records */
static inline uint64_t realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

/** raw_ns() - CLOCK_MONOTONIC_RAW in nanoseconds */
static inline uint64_t raw_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_RAW);
}

#endif
