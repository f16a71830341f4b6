/* SPDX-License-Identifier: GPL-2.0 */
/* clock_mono.h - given with -include to ring.c: the clock that LTTng uses */
#ifndef CLOCK_MONO_H
#define CLOCK_MONO_H

#include <time.h>
#include <linux/types.h>

static inline __u64 clock_mono(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

#define ivr_clock() clock_mono()

#endif
