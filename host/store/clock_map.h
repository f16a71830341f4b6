/* SPDX-License-Identifier: GPL-2.0 */
/*
 * clock_map.h - guest time and wall time
 *
 * DOC: Black-out
 *
 * The guest's clock stands still while the guest is stopped. So the distance
 * from it to the wall clock grows by exactly the time in which no guest ran,
 * and the black-out of a migration is the difference of that distance between
 * the first leg on the new host and the last on the old. Each distance is as
 * good as the round trip in which it was taken; the sum of both errors is the
 * bound. What the wall clocks of two hosts differ by is not in it and cannot be
 * known here.
 */
#ifndef IVR_STORE_CLOCK_MAP_H
#define IVR_STORE_CLOCK_MAP_H

#include "store/store_read.h"

/**
 * struct clock_offset - wall time minus guest time
 * @ns: the difference
 * @error_ns: it is right within +- this
 */
struct clock_offset {
	int64_t ns;
	uint64_t error_ns;
};

/* Host clocks drift, so only so many entries next to a switch-over count. */
#define CLOCK_NEAR 4

/**
 * clock_best() - the offset of a leg with the smallest error
 * @l: leg
 * @first: look at the first entries of the leg if > 0, the last if < 0, all
 *	if 0
 * @o: filled in
 *
 * Return: 0, or -ENODATA if the leg has no entry that makes sense
 */
int clock_best(const struct leg *l, int first, struct clock_offset *o);

/**
 * clock_wall() - wall time of a moment of guest time
 * @l: leg in which it was
 * @guest_ns: guest time
 * @wall_ns: set to host CLOCK_REALTIME then, by the last entry before
 *
 * Return: 0, or -ENODATA if the leg has no entry that makes sense
 */
int clock_wall(const struct leg *l, uint64_t guest_ns, uint64_t *wall_ns);

/**
 * clock_blackout() - how long no guest ran between two legs
 * @from: earlier leg
 * @to: the one after it, in another QEMU
 * @o: @o->ns is the time
 *
 * Return: 0, -ENODATA if it was not measured, -ERANGE if the result is below
 * minus its error, i.e. the two hosts' clocks disagree
 */
int clock_blackout(const struct leg *from, const struct leg *to,
		   struct clock_offset *o);

#endif
