/* SPDX-License-Identifier: GPL-2.0 */
/* ring_clock.h - given with -include to ring.c, so that a test is its clock */
#ifndef RING_CLOCK_H
#define RING_CLOCK_H

#include <linux/types.h>

/**
 * test_clock() - the time, as the test has it
 *
 * Called by the ring between loading and exchanging its state: a nested writer
 * that comes in here comes at the worst moment.
 *
 * Return: time stamp
 */
__u64 test_clock(void);

#define ivr_clock() test_clock()

#endif
